"""The charts of the page: specifications, and the rows of those that no filter acts on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mot_nlp.reporting.charts import (
    dumbbells,
    flow,
    heat_map,
    journey_curve,
    make_or_break_map,
    rows,
    specification,
    trend_lines,
)
from mot_nlp.reporting.prepared import DATE
from mot_nlp.tables.transitions import paths
from mot_nlp.tables.trends import trend

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import altair as alt
    import pandas as pd

    from mot_nlp.reporting.differences import Comparison
    from mot_nlp.reporting.prepared import Prepared
    from mot_nlp.taxonomy import Taxonomy

FREQUENCIES = {"month": "MS", "quarter": "QS", "year": "YS"}


@dataclass(frozen=True, slots=True)
class Pictures:
    """The charts of a page.

    Attributes:
        charts: Vega-Lite specification of each chart, by name.
        rows: Rows of the charts that stay as they are; the page makes those of the others.
    """

    charts: Mapping[str, dict[str, Any]]
    rows: Mapping[str, list[dict[str, Any]]]


def pictures(
    prepared: Prepared,
    tables: Mapping[str, pd.DataFrame],
    drivers: pd.DataFrame | None,
    comparisons: Sequence[Comparison],
    *,
    taxonomy: Taxonomy,
    confidence: float,
) -> Pictures:
    """Draw what there is something to draw of."""
    charts: dict[str, alt.TopLevelMixin] = {
        "journey": journey_curve(tables["stage"], width="container"),
        "heat": heat_map(tables["stage_touchpoint"], width="container"),
        "flow": flow(paths(prepared.path, taxonomy=taxonomy), width="container"),
    }
    fixed: dict[str, list[dict[str, Any]]] = {}
    if prepared.period:
        freq = FREQUENCIES[prepared.period]
        lines = trend(prepared.path, date=DATE, freq=freq, taxonomy=taxonomy, confidence=confidence)
        charts["trend"] = trend_lines(lines, width="container")
    if drivers is not None and len(drivers):
        charts["make_or_break"] = make_or_break_map(drivers, width="container")
        fixed["make_or_break"] = rows(drivers)
    for comparison in comparisons:
        if comparison.kind == "period" and len(comparison.table):
            charts["changes"] = dumbbells(comparison.table, width="container")
            fixed["changes"] = rows(comparison.table)
    return Pictures({name: specification(chart) for name, chart in charts.items()}, fixed)
