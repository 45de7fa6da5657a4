"""The journey curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import altair as alt

from mot_nlp.reporting.charts.columns import by_columns, cells, check_width
from mot_nlp.reporting.charts.expressions import COUNT, FIGURE, TOLD, label
from mot_nlp.reporting.charts.frame import Width, layered
from mot_nlp.reporting.charts.marks import LINE, known, nothing, pixel, zero_line
from mot_nlp.reporting.charts.orders import labels
from mot_nlp.reporting.charts.theme import (
    LINE_COLOURS,
    QUIET,
    WIDTH,
    net_axis,
    ordered,
    share_size,
    spanning,
)

if TYPE_CHECKING:
    import pandas as pd

DRAWN = ("n", "documents", "share", "net_sentiment", "net_low", "net_high")

MOST_ACROSS = 5
"""Labels that fit side by side; more stand below one another."""

DESCRIPTION = (
    "Journey curve: net sentiment of each part of the journey, from -100 to 100, with its interval "
    "as a ribbon. The larger a dot, the larger its share of all moments."
)

_HEIGHT = 300
_STEP = 34


def journey_curve(table: pd.DataFrame, *, width: Width = WIDTH) -> alt.LayerChart:
    """Draw net sentiment along the stages of the journey.

    A line goes through the net sentiment of the rows, in their order, with its interval as a
    ribbon; the area of a dot is the share of all moments. Net sentiment and number of moments are
    told under the labels. Up to ``MOST_ACROSS`` rows stand side by side, more below one another. A
    row that is missing or has no figures breaks the line.

    Args:
        table: A :func:`mot_nlp.tables.moment_table` by one column, such as ``stage``, ``journey``
            or ``touchpoint``.
        width: Width of the picture in pixels, or ``"container"``.

    Raises:
        ColumnError: The table lacks a column that is drawn.
        InputError: It is not by one column.
    """
    names = by_columns(table, "n", DRAWN, made_by="moment_table")
    check_width(names, 1, example="moment_table(moments, by='stage')")
    table = cells(table)
    order = labels(table, names)
    down = len(order) > MOST_ACROSS
    orient: Literal["horizontal", "vertical"] = "horizontal" if down else "vertical"
    rows = alt.Chart().transform_calculate(
        label=label(names), told=TOLD, figure=FIGURE, count=COUNT
    )
    path = alt.Chart().transform_impute("net_sentiment", key="label", keyvals=order, value=None)
    felt = known("net_sentiment")
    place, point, ends = _channels(order, down=down)
    layers = [
        path.mark_area(opacity=0.18, orient=orient, aria=False).encode(place, *ends),
        zero_line("x" if down else "y"),
        felt.mark_rule(color=LINE_COLOURS[0], opacity=0.5, aria=False).encode(place, *ends),
        path.mark_line(strokeWidth=2, orient=orient, aria=False).encode(place, point),
        felt.mark_circle(opacity=1).encode(
            place, point, share_size(), tooltip="told:N", description="told:N"
        ),
        *_figures(place, order, down=down),
        nothing(),
    ]
    height = _STEP * len(order) if down else _HEIGHT
    return layered(rows, layers, table, width=width, height=height, description=DESCRIPTION)


def _channels(
    order: list[str], *, down: bool
) -> tuple[alt.X | alt.Y, alt.X | alt.Y, tuple[alt.X | alt.Y, alt.X2 | alt.Y2]]:
    """Where a row stands, its net sentiment, and the two ends of its interval."""
    scale = spanning(("net_sentiment", "net_low", "net_high"))
    style: dict[str, Any] = {"axis": net_axis(), "scale": scale}
    where: dict[str, Any] = {
        "scale": ordered(order),
        "sort": None,
        "axis": _label_axis(order, down=down),
    }
    if down:
        ends = alt.X("net_low:Q", **style), alt.X2("net_high")
        return alt.Y("label:N", **where), alt.X("net_sentiment:Q", **style), ends
    upright = alt.Y("net_low:Q", **style), alt.Y2("net_high")
    return alt.X("label:N", **where), alt.Y("net_sentiment:Q", **style), upright


def _label_axis(order: list[str], *, down: bool) -> alt.Axis:
    """Labels beside the rows, or a word a line under them."""
    if down:
        return alt.Axis(title=None, grid=False)
    return alt.Axis(
        title=None, grid=False, labelAngle=0, labelOverlap=False,
        labelExpr="split(datum.label, ' ')",
        labelLimit=alt.ExprRef(f"width / {max(len(order), 1)} - 2"),
    )  # fmt: skip


def _figures(place: alt.X | alt.Y, order: list[str], *, down: bool) -> list[alt.Chart]:
    """Net sentiment and number of moments as figures, at the right or under the labels."""
    bold: dict[str, Any] = {"fontWeight": "bold", "aria": False}
    quiet: dict[str, Any] = {"opacity": QUIET, "aria": False}
    rows = alt.Chart()
    if down:
        return [
            rows.mark_text(align="right", **bold).encode(place, x=pixel("width + 42"), text="figure:N"),
            rows.mark_text(align="left", **quiet).encode(place, x=pixel("width + 52"), text="count:N"),
        ]  # fmt: skip
    top = 10 + LINE * max((len(name.split()) for name in order), default=1)
    return [
        rows.mark_text(baseline="top", **bold).encode(place, y=pixel(f"height + {top}"), text="figure:N"),
        rows.mark_text(baseline="top", **quiet).encode(place, y=pixel(f"height + {top + LINE}"), text="count:N"),
    ]  # fmt: skip
