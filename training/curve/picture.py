"""Learning curves as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from mot_nlp.reporting.charts.frame import panels
from mot_nlp.reporting.charts.marks import known
from mot_nlp.reporting.charts.theme import LINE_COLOURS, NEUTRAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.curve.reading import HeadCurve

WIDTH = 720
_HEIGHT = 170


def curves_chart(curves: Sequence[HeadCurve]) -> alt.FacetChart:
    """A panel a head, macro-F1 by number of labels.

    Dots are figures with their range over repeats, the line is the law with its interval, and the rule
    stands at the labels that there are; beyond it nothing was measured.
    """
    table = curves_table(curves)
    x = alt.X("labels:Q", axis=alt.Axis(title=None, tickCount=4, format=",d"))
    y = alt.Y(
        "value:Q", scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(title=None, tickCount=4)
    )

    def of(kind: str) -> alt.Chart:
        return alt.Chart().transform_filter(f"datum.kind === '{kind}'")

    layers = [
        of("course").mark_area(opacity=0.15).encode(
            x, alt.Y("low:Q", scale=alt.Scale(zero=False)), alt.Y2("high")
        ),
        of("total").mark_rule(color=NEUTRAL, strokeDash=[4, 3]).encode(x),
        of("course").mark_line(strokeWidth=2).encode(x, y),
        of("point").mark_rule(color=LINE_COLOURS[1]).encode(
            x, alt.Y("low:Q", scale=alt.Scale(zero=False)), alt.Y2("high")
        ),
        of("point").mark_point(color=LINE_COLOURS[1], filled=True, size=40, opacity=1).encode(x, y),
    ]  # fmt: skip
    chart: alt.FacetChart = panels(
        known("labels"), layers, table, "head", [curve.head for curve in curves],
        title="macro-F1 by number of labels: beyond the last dot it is foretold; dashed, all that there are",
        width=WIDTH, height=_HEIGHT, description=_description(curves),
    ).resolve_scale(x="independent", y="independent")  # fmt: skip
    return chart


def curves_table(curves: Sequence[HeadCurve]) -> pd.DataFrame:
    """What the picture shows: columns ``head, kind, labels, value, low, high``.

    ``kind`` is point, a measured figure with its range over repeats; course, the law with its
    interval; or total, the labels that there are.
    """
    rows: list[tuple[object, ...]] = []
    for curve in curves:
        rows += [(curve.head, "point", p.labels, p.macro_f1, p.least, p.most) for p in curve.points]
        rows += [
            (curve.head, "course", n, found.value, found.low, found.high)
            for n, found in curve.course
        ]
        rows.append((curve.head, "total", float(curve.total), None, None, None))
    table = pd.DataFrame(rows, columns=["head", "kind", "labels", "value", "low", "high"])
    return table.astype({"value": float, "low": float, "high": float})


def _description(curves: Sequence[HeadCurve]) -> str:
    return "Learning curves. " + ". ".join(curve.verdict for curve in curves)
