"""Layers that several charts share, and places for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import altair as alt

from mot_nlp.reporting.charts.data import DATA
from mot_nlp.reporting.charts.expressions import is_known
from mot_nlp.reporting.charts.theme import QUIET

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTHING = "nothing to show"

LINE = 16
"""Pixels from a label to the next."""


def pixel(expression: str) -> dict[str, Any]:
    """A place in pixels, for a channel; the size of the plot is ``width`` by ``height``."""
    return {"value": alt.ExprRef(expression)}


def once() -> alt.Chart:
    """A layer of a single mark, whatever rows the table has."""
    return alt.Chart(alt.sequence(1))


def zero_line(channel: Literal["x", "y"]) -> alt.Chart:
    """The line at zero of a quantitative channel."""
    mark = once().mark_rule(opacity=0.55, aria=False)
    if channel == "x":
        return mark.encode(x=alt.XDatum(0, type="quantitative"))
    return mark.encode(y=alt.YDatum(0, type="quantitative"))


def known(figure: str) -> alt.Chart:
    """A layer of the rows that have a figure."""
    return alt.Chart().transform_filter(is_known(figure))


def nothing() -> alt.Chart:
    """A sentence in the middle of the plot where the table has no rows."""
    return (
        once()
        .transform_filter(f"length(data('{DATA}')) === 0")
        .mark_text(text=NOTHING, baseline="bottom", dy=-6, opacity=QUIET)
        .encode(x=pixel("width / 2"), y=pixel("height / 2"))
    )


def spread(rows: alt.Chart, at: str, gap: str) -> alt.Chart:
    """Places for a column of labels, moved apart no farther than they need to be.

    With labels in order, y_i their places and i their numbers, the nearest places that leave a gap
    g between neighbours are max over j <= i of (y_j - g j) + g i, which only moves labels up, and
    min over j >= i of the same, which only moves them down. The mean of both leaves the gap as
    well, moves nothing that stands alone, and keeps a cluster centred.

    Args:
        rows: A layer.
        at: Field of the place a label should have.
        gap: Field of the gap, in the same units, the same in all rows.

    Returns:
        The layer, with the places in the field ``spread``.
    """
    order: list[alt.SortField | dict[str, str]] = [alt.SortField(at)]
    return (
        rows.transform_window(number="row_number()", sort=order)
        .transform_calculate(pushed=f"datum['{at}'] - datum['{gap}'] * datum.number")
        .transform_window(up="max(pushed)", sort=order, frame=[None, 0])
        .transform_window(down="min(pushed)", sort=order, frame=[0, None])
        .transform_calculate(spread=f"(datum.up + datum.down) / 2 + datum['{gap}'] * datum.number")
    )


def emphasised(
    rows: alt.Chart, when: str, style: Mapping[str, Any], channels: Mapping[str, Any]
) -> list[alt.Chart]:
    """Texts, bold in the rows where an expression holds."""
    return [
        rows.transform_filter(when).mark_text(fontWeight="bold", **style).encode(**channels),
        rows.transform_filter(f"!({when})").mark_text(**style).encode(**channels),
    ]
