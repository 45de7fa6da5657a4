"""The heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from mot_nlp.reporting.charts.columns import by_columns, cells, check_width
from mot_nlp.reporting.charts.expressions import COUNT, FIGURE, TOLD, is_known, label
from mot_nlp.reporting.charts.frame import Width, layered
from mot_nlp.reporting.charts.marks import LINE, known, nothing
from mot_nlp.reporting.charts.orders import inner_order, labels
from mot_nlp.reporting.charts.theme import (
    INK,
    ON_COLOUR,
    QUIET,
    WIDTH,
    net_legend,
    net_scale,
    ordered,
)

if TYPE_CHECKING:
    import pandas as pd

DRAWN = ("n", "documents", "net_sentiment", "net_low", "net_high")

DESCRIPTION = (
    "Heat map: net sentiment and number of moments of each pair, from orange at -100 through grey "
    "at 0 to blue at 100. Cells with too few moments show their number only."
)

MOST_LEVEL = 6
"""Columns whose labels are written level; those of more are turned."""

_STEP = 38


def heat_map(table: pd.DataFrame, *, width: Width = WIDTH) -> alt.LayerChart:
    """Draw net sentiment for each pair of two columns.

    Each cell tells its net sentiment with its sign, which its colour alone would not in grey, and
    the number of its moments. A cell without a figure, because it was thin, has no colour; a pair
    that does not occur has nothing. The column with fewer values stands across.

    Args:
        table: A :func:`mot_nlp.tables.moment_table` by two columns, such as ``("stage",
            "touchpoint")``.
        width: Width of the picture in pixels, or ``"container"``.

    Raises:
        ColumnError: The table lacks a column that is drawn.
        InputError: It is not by two columns.
    """
    names = by_columns(table, "n", DRAWN, made_by="moment_table")
    check_width(names, 2, example="moment_table(moments, by=('stage', 'touchpoint'))")
    table = cells(table)
    orders = {
        names[0]: labels(table, names[:1]),
        names[1]: inner_order(table, names[:1], names[1:]),
    }
    across, down = sorted(names, key=lambda name: len(orders[name]))
    rows = alt.Chart().transform_calculate(
        label=label(names), across=label([across]), down=label([down]), told=TOLD, figure=FIGURE,
        count=COUNT,
    )  # fmt: skip
    place = _places(orders[across], orders[down])
    felt = known("net_sentiment")
    thin = alt.Chart().transform_filter(f"!{is_known('net_sentiment')}")
    text: dict[str, Any] = {"color": ON_COLOUR, "aria": False}
    layers = [
        felt.mark_rect(cornerRadius=2).encode(
            *place,
            alt.Color("net_sentiment:Q", scale=net_scale(), legend=net_legend()),
            tooltip="told:N",
            description="told:N",
        ),
        felt.mark_text(fontWeight="bold", fontSize=13, dy=-6, **text).encode(*place, text="figure:N"),
        felt.mark_text(fontSize=11, dy=9, **text).encode(*place, text="count:N"),
        thin.mark_rect(
            fill=None, stroke=INK, strokeOpacity=0.25, strokeDash=[2, 3], cornerRadius=2, aria=False
        ).encode(*place),
        thin.mark_text(fontSize=11, opacity=QUIET, aria=False).encode(*place, text="count:N"),
        nothing(),
    ]  # fmt: skip
    height = _STEP * max(len(orders[down]), 2)
    return layered(rows, layers, table, width=width, height=height, description=DESCRIPTION)


def _places(across: list[str], down: list[str]) -> tuple[alt.X, alt.Y]:
    """Where a cell stands."""
    above = _level_axis(across) if len(across) <= MOST_LEVEL else _turned_axis()
    beside = alt.Axis(title=None, grid=False)
    return (
        alt.X("across:N", scale=ordered(across, gap=0.03), sort=None, axis=above),
        alt.Y("down:N", scale=ordered(down, gap=0.06), sort=None, axis=beside),
    )


def _level_axis(across: list[str]) -> alt.Axis:
    """Labels above the columns, a word a line, cut where a column is narrower."""
    lines = max((len(label.split()) for label in across), default=1)
    return alt.Axis(
        title=None, grid=False, orient="top", labelAngle=0, labelOverlap=False,
        labelExpr="split(datum.label, ' ')", labelBaseline="top", labelPadding=LINE * lines,
        labelLimit=alt.ExprRef(f"width / {max(len(across), 1)} - 2"),
    )  # fmt: skip


def _turned_axis() -> alt.Axis:
    return alt.Axis(
        title=None, grid=False, orient="top", labelAngle=-40, labelOverlap=False,
        labelAlign="left", labelBaseline="middle",
    )  # fmt: skip
