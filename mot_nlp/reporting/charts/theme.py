"""Colours, type and scales: what all charts have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from mot_nlp.reporting.charts.expressions import reach, signed

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 640
"""Pixels that fit the cell of a notebook; also a container's width where there is none."""

INK = "#1b1f24"
"""Text and lines on the background; a page puts its own colour in its place."""

ON_COLOUR = "#101010"
"""Text on a colour of the net scale, in light and in dark."""

NET_STOPS = (-100, -50, 0, 50, 100)
NET_COLOURS = ("#d9730d", "#f3b777", "#eeeeee", "#96c3df", "#3f8fc4")
"""Colours at the stops: orange to blue, which colour-blind readers tell apart, and all so light that
``ON_COLOUR`` keeps a contrast of 4.5 on them. In grey both ends look alike, so a sign says the rest."""

LINE_COLOURS = ("#0072b2", "#d55e00", "#00936b", "#b0589a")
"""Colours of lines, after Okabe and Ito; each has 3 to 1 against white and against black."""

DASHES = ((1, 0), (7, 3), (2, 2), (9, 3, 2, 3))
"""Dashes that tell the lines apart in grey."""

NEUTRAL = "#80808a"
"""What is not to be stressed."""

QUIET = 0.72
"""Opacity of text that steps back."""

SHARE_SIZE = 2000
"""Square pixels of the square around the dot for a share of one."""

NET = "net sentiment"
"""What axes and legends call it."""

_TEXT = {"labelColor": INK, "labelFontSize": 12, "titleColor": INK, "titleFontSize": 12}
_TITLE = {"titleFontWeight": "normal", "titleOpacity": QUIET}

CONFIG: dict[str, Any] = {
    "font": "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
    "view": {"stroke": None, "continuousWidth": WIDTH, "discreteWidth": WIDTH},
    "mark": {"color": LINE_COLOURS[0]},
    "text": {"color": INK, "fontSize": 12},
    "rule": {"color": INK},
    "title": {"color": INK, "fontSize": 15, "anchor": "start", "offset": 12},
    "header": {
        **_TEXT,
        "titleFontWeight": "normal",
        "titleAnchor": "start",
        "labelFontWeight": "bold",
        "labelAnchor": "start",
    },
    "axis": {
        **_TEXT,
        **_TITLE,
        "titlePadding": 8,
        "labelPadding": 6,
        "labelLimit": 200,
        "gridColor": INK,
        "gridOpacity": 0.1,
        "domain": False,
        "ticks": False,
    },
    "legend": {**_TEXT, **_TITLE, "orient": "top", "offset": 20, "symbolStrokeColor": INK},
}
"""Vega-Lite's ``config`` of every chart."""


def net_scale() -> alt.Scale:
    """Net sentiment as colour: the same on every chart, from -100 to 100, grey at zero."""
    return alt.Scale(domain=list(NET_STOPS), range=list(NET_COLOURS), clamp=True)


def net_legend(title: str = NET) -> alt.Legend:
    """The colours of :func:`net_scale`, lying above the picture."""
    return alt.Legend(
        title=title, values=[-100, 0, 100], labelExpr=signed("datum.value"), gradientLength=180,
        gradientThickness=10, direction="horizontal",
    )  # fmt: skip


def spanning(columns: Sequence[str]) -> alt.Scale:
    """A scale that holds all values of columns of the table, and zero."""
    return alt.Scale(domain=[alt.ExprRef(end) for end in reach(columns)], nice=True)


def net_axis(*, title: str | None = NET, grid: bool = True) -> alt.Axis:
    """An axis of net sentiment, with signs."""
    return alt.Axis(
        title=title, labelExpr=signed("datum.value"), labelFlush=False, labelSeparation=8,
        tickCount=5, grid=grid,
    )  # fmt: skip


def share_size() -> alt.Size:
    """A share as the area of a dot."""
    scale = alt.Scale(domain=[0, 1], range=[0, SHARE_SIZE])
    return alt.Size("share:Q", scale=scale, legend=None)


def ordered(order: Sequence[str], *, gap: float | None = None) -> alt.Scale:
    """A scale of labels in a fixed order; in that of the rows where there is none yet.

    Args:
        order: The labels.
        gap: Space between neighbours, as a share of their distance; the usual one if None.
    """
    domain: Any = list(order) or alt.Undefined
    padding: Any = alt.Undefined if gap is None else gap
    return alt.Scale(domain=domain, paddingInner=padding)
