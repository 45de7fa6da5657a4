"""From layers to a chart: rows, size and dress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import altair as alt

from mot_nlp.reporting.charts.data import DATA
from mot_nlp.reporting.charts.data import rows as json_rows
from mot_nlp.reporting.charts.theme import CONFIG, WIDTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

Width = int | Literal["container"]
"""Width of a whole picture in pixels; ``"container"`` is that of the element it stands in."""

PANEL_WIDTH = 150
"""Least width of a panel with the space around it."""

MOST_COLUMNS = 3
"""Panels side by side, where there is room."""

_GAP = 18
_AXIS_WIDTH = 56
_BACKGROUND = "white"


def layered(
    rows: alt.Chart,
    layers: Sequence[alt.Chart],
    table: pd.DataFrame,
    *,
    width: Width,
    height: int,
    description: str,
) -> alt.LayerChart:
    """Layers over one another, fed by the table.

    Args:
        rows: A chart that has the transforms of the table which all layers share.
        layers: Layers without data of their own.
        table: The table they plot.
        width: Width of the picture with its axes and labels.
        height: Height of the plot in pixels.
        description: What a screen reader says about the picture.
    """
    chart = alt.layer(*layers, data=_data(table), transform=rows.transform).properties(
        width=width, height=height, description=description, background=_BACKGROUND,
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )  # fmt: skip
    return chart.configure(**CONFIG)


def panels(
    rows: alt.Chart,
    layers: Sequence[alt.Chart],
    table: pd.DataFrame,
    by: str,
    order: Sequence[str],
    *,
    title: str,
    width: Width,
    height: int,
    description: str,
) -> alt.FacetChart:
    """A small picture for each value of a derived field, with the same axes.

    Args:
        rows: A chart that has the transforms of the table which all panels share.
        layers: Layers without data of their own.
        table: The table they plot.
        by: The field.
        order: Its values.
        title: What the panels show, written above them.
        width: Width of the whole; that of a notebook where it is the container's.
        height: Height of the plot of each panel in pixels.
        description: What a screen reader says about the picture.
    """
    whole = WIDTH if width == "container" else width
    columns = max(1, min(MOST_COLUMNS, whole // PANEL_WIDTH))
    own = (whole - _AXIS_WIDTH) // columns - _GAP
    facet = alt.Facet(f"{by}:N", sort=list(order), header=alt.Header(title=title))
    chart: alt.FacetChart = (
        alt.layer(*layers, data=_data(table))
        .properties(width=own, height=height)
        .facet(facet, columns=columns, spacing=_GAP)
        .properties(transform=rows.transform, description=description, background=_BACKGROUND)
    )
    return chart.configure(**CONFIG)


def _data(table: pd.DataFrame) -> alt.InlineData:
    return alt.InlineData(name=DATA, values=json_rows(table))
