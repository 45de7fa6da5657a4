"""The flow from moment to moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import altair as alt

from mot_nlp.reporting.charts.columns import by_columns
from mot_nlp.reporting.charts.expressions import (
    counted,
    interval,
    is_known,
    label,
    place,
    signed,
)
from mot_nlp.reporting.charts.frame import Width, layered
from mot_nlp.reporting.charts.marks import LINE, nothing, once, pixel, spread
from mot_nlp.reporting.charts.orders import inner_order, labels
from mot_nlp.reporting.charts.theme import (
    INK,
    ON_COLOUR,
    QUIET,
    WIDTH,
    net_legend,
    net_scale,
)

if TYPE_CHECKING:
    import pandas as pd

DRAWN = ("n", "documents", "net_after", "after_low", "after_high")

MOST_RIBBONS = 40
"""Ribbons that can be followed; of more pairs the most frequent are drawn."""

BLANK = "#c4c4ca"
"""Colour of a ribbon whose net sentiment is not known."""

DESCRIPTION = (
    "Flow: how often a moment at the left is followed by one at the right in the same document. The "
    "width of a ribbon is the number of such steps, its colour the net sentiment of the second "
    "moment, from orange at -100 through grey at 0 to blue at 100."
)

_MOST_LOW = 8
"""Bars of a column that fit the low picture."""
_LOW, _HIGH = 360, 560
_GAP = 10
"""Pixels between the bars of neighbours."""
_BAR = 8
_THICK = 14
"""Pixels a ribbon needs to carry its figures."""
_BENDS = 24
"""Straight pieces that a bent edge is made of."""

_TOLD = (
    f"datum.source + ' then ' + datum.target + ': ' + {counted('n', 'step')} + ' in ' + "
    f"{counted('documents', 'document')} + ({is_known('net_after')} ? '; net sentiment after ' + "
    f"{signed('datum.net_after')} + {interval('after_low', 'after_high')} : '')"
)


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two columns of bars: its heading, its field and where it stands."""

    name: Literal["left", "right"]
    heading: str
    field: str
    edges: tuple[str, str]
    beyond: str
    align: Literal["left", "right"]


_LEFT = _Side("left", "from", "source", (f"-{_BAR}", "0"), f"-{_BAR} - 6", "right")
_RIGHT = _Side("right", "to", "target", ("width", f"width + {_BAR}"), f"width + {_BAR} + 6", "left")


def flow(paths: pd.DataFrame, *, width: Width = WIDTH) -> alt.LayerChart:
    """Draw which moment follows which.

    Two columns of bars, the moments that steps lead from and those they lead to, as high as the
    number of steps; between them ribbons, coloured by the net sentiment of the moment that comes
    second, ``BLANK`` where that is not known. Ribbons that are thick enough carry their number of
    steps at the left and that net sentiment, with its sign, at the right. Of more than
    ``MOST_RIBBONS`` pairs the most frequent are drawn, and the picture says so; the bars count all
    steps.

    Args:
        paths: What :func:`mot_nlp.paths` returned.
        width: Width of the picture in pixels, or ``"container"``.

    Raises:
        ColumnError: The table lacks a column that is drawn.
    """
    names = by_columns(paths, "n", DRAWN, made_by="paths")
    sources, targets = names[: len(names) // 2], names[len(names) // 2 :]
    left, right = labels(paths, sources), inner_order(paths, sources, targets)
    height = _LOW if max(len(left), len(right)) <= _MOST_LOW else _HIGH
    named = (
        alt.Chart()
        .transform_calculate(source=label(sources), target=label(targets))
        .transform_calculate(told=_TOLD, row=place("source", left), column=place("target", right))
    )
    steps = _placed(named, height)
    drawn = alt.Chart().transform_filter("datum.is_drawn")
    layers = [
        *_ribbons(drawn, height),
        *_figures(drawn),
        *_bars(_LEFT),
        *_bars(_RIGHT),
        _left_out(),
        nothing(),
    ]
    return layered(steps, layers, paths, width=width, height=height, description=DESCRIPTION)


def _placed(steps: alt.Chart, height: int) -> alt.Chart:
    """Steps with the ends of their ribbons: ``left_low`` to ``left_high``, and so at the right.

    They are pixels from the top, as ``thickness`` is. Either column
    is all steps below one another, in its order, with a gap after each bar; where one has fewer
    bars than the other, it stands in the middle.
    """
    row, column = alt.SortField("row"), alt.SortField("column")
    return (
        steps.transform_joinaggregate(
            steps="sum(n)", rows="distinct(source)", columns="distinct(target)"
        )
        .transform_calculate(bars="max(datum.rows, datum.columns)")
        .transform_calculate(
            thickness=f"datum.n * ({height} - {_GAP} * (datum.bars - 1)) / datum.steps"
        )
        .transform_stack(["l0", "l1"], stack="thickness", groupby=[], sort=[row, column])
        .transform_stack(["r0", "r1"], stack="thickness", groupby=[], sort=[column, row])
        .transform_window(row_number="dense_rank()", sort=[row])
        .transform_window(column_number="dense_rank()", sort=[column])
        .transform_window(frequency="row_number()", sort=[alt.SortField("n", "descending")])
        .transform_calculate(
            left=f"{_GAP} * (datum.row_number - 1 + (datum.bars - datum.rows) / 2)",
            right=f"{_GAP} * (datum.column_number - 1 + (datum.bars - datum.columns) / 2)",
        )
        .transform_calculate(
            left_low="datum.l0 + datum.left", left_high="datum.l1 + datum.left",
            right_low="datum.r0 + datum.right", right_high="datum.r1 + datum.right",
            is_drawn=f"datum.frequency <= {MOST_RIBBONS}",
        )
    )  # fmt: skip


def _ribbons(steps: alt.Chart, height: int) -> list[alt.Chart]:
    """Ribbons whose edges leave and arrive level; those without a figure below the others."""
    bent = "datum.part * datum.part * (3 - 2 * datum.part)"
    outlines = (
        steps.transform_calculate(part=f"sequence(0, 1 + 0.5 / {_BENDS}, 1 / {_BENDS})")
        .transform_flatten(["part"])
        .transform_calculate(
            low=f"datum.left_low + (datum.right_low - datum.left_low) * {bent}",
            high=f"datum.left_high + (datum.right_high - datum.left_high) * {bent}",
        )
    )
    legend = net_legend("net sentiment of what follows")
    net = alt.Color("net_after:Q", scale=net_scale(), legend=legend)
    return [
        _areas(outlines.transform_filter(f"!{is_known('net_after')}"), height).encode(
            color=alt.value(BLANK)
        ),
        _areas(outlines.transform_filter(is_known("net_after")), height).encode(net),
    ]


def _areas(outlines: alt.Chart, height: int) -> alt.Chart:
    return outlines.mark_area(
        orient="vertical", stroke=INK, strokeOpacity=0.35, strokeWidth=0.5
    ).encode(
        alt.X("part:Q", axis=None, scale=alt.Scale(domain=[0, 1])),
        alt.Y("low:Q", axis=None, scale=alt.Scale(domain=[0, height], nice=False, reverse=True)),
        alt.Y2("high"),
        detail=["source:N", "target:N"],
        tooltip="told:N",
        description="told:N",
    )  # fmt: skip


def _figures(steps: alt.Chart) -> list[alt.Chart]:
    """What a thick ribbon carries: its steps where it leaves, net sentiment where it arrives."""
    thick = steps.transform_filter(f"datum.thickness >= {_THICK}").transform_calculate(
        left_middle="(datum.left_low + datum.left_high) / 2",
        right_middle="(datum.right_low + datum.right_high) / 2",
        count="format(datum.n, ',')",
        figure=f"{is_known('net_after')} ? {signed('datum.net_after')} : ''",
    )
    text: dict[str, Any] = {"color": ON_COLOUR, "fontSize": 11, "aria": False}
    return [
        thick.mark_text(align="left", **text).encode(
            y="left_middle:Q", x=pixel("6"), text="count:N"
        ),
        thick.mark_text(align="right", fontWeight="bold", **text).encode(
            y="right_middle:Q", x=pixel("width - 6"), text="figure:N"
        ),
    ]


def _bars(side: _Side) -> list[alt.Chart]:
    """A column of bars, their labels with the number of steps, and its heading."""
    bars = alt.Chart().transform_aggregate(
        low=f"min({side.name}_low)", high=f"max({side.name}_high)", n="sum(n)",
        groupby=[side.field],
    ).transform_calculate(
        middle="(datum.low + datum.high) / 2", gap=f"{LINE}",
        name=f"datum.{side.field} + ' ' + format(datum.n, ',')",
    )  # fmt: skip
    start, end = (pixel(edge) for edge in side.edges)
    beyond = pixel(side.beyond)
    heading = once().mark_text(text=side.heading, align=side.align, opacity=QUIET, aria=False)
    return [
        bars.mark_rect(color=INK, opacity=0.75, aria=False).encode(
            alt.Y("low:Q"), alt.Y2("high"), x=start, x2=end
        ),
        spread(bars, "middle", "gap")
        .mark_text(align=side.align, aria=False)
        .encode(y="spread:Q", x=beyond, text="name:N"),
        heading.encode(x=beyond, y=pixel("-14")),
    ]


def _left_out() -> alt.Chart:
    """A sentence under the picture where not all pairs are drawn."""
    words = (
        f"'ribbons: the {MOST_RIBBONS} most frequent of ' + datum.pairs + ' pairs, ' + "
        "format(datum.shown / datum.steps, '.0%') + ' of all steps'"
    )
    return (
        alt.Chart()
        .transform_calculate(shown="datum.is_drawn ? datum.n : 0")
        .transform_aggregate(pairs="count()", shown="sum(shown)", steps="sum(n)")
        .transform_filter(f"datum.pairs > {MOST_RIBBONS}")
        .transform_calculate(words=words)
        .mark_text(baseline="top", opacity=QUIET)
        .encode(x=pixel("width / 2"), y=pixel("height + 10"), text="words:N")
    )
