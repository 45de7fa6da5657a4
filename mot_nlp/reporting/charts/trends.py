"""Trend lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from mot_nlp.reporting.charts.columns import by_columns
from mot_nlp.reporting.charts.expressions import TOLD, is_known, label, reach
from mot_nlp.reporting.charts.frame import Width, layered, panels
from mot_nlp.reporting.charts.marks import LINE, known, nothing, pixel, spread, zero_line
from mot_nlp.reporting.charts.orders import labels
from mot_nlp.reporting.charts.theme import DASHES, LINE_COLOURS, NET, WIDTH, net_axis, spanning

if TYPE_CHECKING:
    import pandas as pd

DRAWN = ("n", "documents", "net_sentiment", "net_low", "net_high")

MOST_LINES = len(LINE_COLOURS)
"""Lines and ribbons that can be followed in one picture; more get a small picture each."""

DESCRIPTION = (
    "Trend lines: net sentiment of each period, from -100 to 100, with its interval as a ribbon. A "
    "line breaks where a period has no figure."
)

_HEIGHT = 320
_PANEL_HEIGHT = 110
_NETS = ("net_sentiment", "net_low", "net_high")


def trend_lines(trend: pd.DataFrame, *, width: Width = WIDTH) -> alt.LayerChart | alt.FacetChart:
    """Draw net sentiment over time.

    Each cell of the table has a line with its interval as a ribbon. Up to ``MOST_LINES`` share a
    picture, told apart by colour, dashes and a label at their end; more get a panel each, with the
    same axes. A period without a figure breaks the line.

    Args:
        trend: What :func:`mot_nlp.tables.trend` returned; ``period`` may also be text that begins
            YYYY, YYYY-MM or YYYY-MM-DD.
        width: Width of the picture in pixels, or ``"container"``. Panels know no container: they
            are laid out for ``WIDTH``, and a narrower page lowers ``columns`` of the specification.

    Returns:
        Layers, or panels of layers where there are many lines.

    Raises:
        ColumnError: The table lacks a column that is drawn.
    """
    names = by_columns(trend, "period", DRAWN, made_by="trend")
    order = labels(trend, names)
    rows = alt.Chart().transform_calculate(
        series=label(names), when="toDate(datum.period)",
        label="(datum.series ? datum.series + ', ' : '') + utcFormat(datum.when, '%-d %b %Y')",
        told=TOLD,
    )  # fmt: skip
    if len(order) > MOST_LINES:
        layers = _lines({}, net_axis(title=None), ticks=4)
        return panels(
            rows, layers, trend, "series", order, title=NET, width=width, height=_PANEL_HEIGHT,
            description=DESCRIPTION,
        )  # fmt: skip
    apart = _apart(order)
    layers = _lines(apart, net_axis(), ticks=8)
    if apart:
        layers += _ends(apart)
    layers.append(nothing())
    return layered(rows, layers, trend, width=width, height=_HEIGHT, description=DESCRIPTION)


def _apart(order: list[str]) -> dict[str, Any]:
    """Colours and dashes, so that several lines are told apart in grey as well."""
    if len(order) < 2:
        return {}
    colours = alt.Scale(domain=order, range=list(LINE_COLOURS[: len(order)]))
    dashes = alt.Scale(domain=order, range=[list(dash) for dash in DASHES[: len(order)]])
    return {
        "color": alt.Color("series:N", scale=colours, legend=None),
        "strokeDash": alt.StrokeDash("series:N", scale=dashes, legend=None),
    }


def _lines(apart: dict[str, Any], axis: alt.Axis, *, ticks: int) -> list[alt.Chart]:
    """Ribbons, lines and dots."""
    scale = spanning(_NETS)
    x = alt.X("when:T", scale=alt.Scale(type="utc"), axis=_time_axis(ticks))
    y = alt.Y("net_sentiment:Q", scale=scale, axis=axis)
    low, high = alt.Y("net_low:Q", scale=scale, axis=axis), alt.Y2("net_high")
    colour = {name: channel for name, channel in apart.items() if name == "color"}
    ribbon = alt.Chart().mark_area(opacity=0.1 if apart else 0.18, aria=False)
    return [
        ribbon.encode(x, low, high, **colour),
        _lone().encode(x, low, high, **colour),
        zero_line("y"),
        alt.Chart().mark_line(strokeWidth=2, aria=False).encode(x, y, **apart),
        known("net_sentiment")
        .mark_circle(size=26, opacity=1)
        .encode(x, y, tooltip="told:N", description="told:N", **colour),
    ]


def _lone() -> alt.Chart:
    """Intervals, seen only where they have no neighbour to make a ribbon with."""
    alone = f"!{is_known('before')} && !{is_known('after')}"
    return (
        alt.Chart().transform_window(
            before="lag(net_low)", after="lead(net_low)", groupby=["series"],
            sort=[alt.SortField("when")],
        )
        .mark_rule(color=LINE_COLOURS[0], aria=False)
        .encode(opacity=alt.when(alone).then(alt.value(0.4)).otherwise(alt.value(0)))
    )  # fmt: skip


def _ends(apart: dict[str, Any]) -> list[alt.Chart]:
    """The name of each line at the right, beside its last figure."""
    least, most = reach(_NETS)
    last = (
        known("net_sentiment")
        .transform_joinaggregate(last="max(when)", groupby=["series"])
        .transform_filter("datum.when === datum.last")
        .transform_calculate(gap=f"({most} - {least}) * {LINE} / {_HEIGHT}")
    )
    placed = spread(last, "net_sentiment", "gap")
    lead = placed.mark_rule(strokeWidth=1.5, aria=False).encode(
        alt.Y("net_sentiment:Q"), alt.Y2("spread"), x=pixel("width + 4"), x2=pixel("width + 28"),
        **apart,
    )  # fmt: skip
    words = placed.mark_text(align="left", fontWeight="bold", aria=False).encode(
        alt.Y("spread:Q"), x=pixel("width + 32"), text="series:N"
    )
    return [lead, words]


def _time_axis(ticks: int) -> alt.Axis:
    """Months by name, days with their number, and the year where it begins.

    Screen readers skip it: each dot tells its date, and without rows there is none to tell.
    """
    month = "utcFormat(datum.value, utcdate(datum.value) === 1 ? '%b' : '%-d %b')"
    year = "datum.index === 0 || utcmonth(datum.value) === 0 ? utcFormat(datum.value, '%Y') : ''"
    return alt.Axis(
        title=None, grid=False, tickCount=ticks, labelExpr=f"[{month}, {year}]", aria=False
    )
