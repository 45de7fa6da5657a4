"""The make-or-break map."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import altair as alt

from mot_nlp.reporting.charts.columns import by_columns
from mot_nlp.reporting.charts.expressions import counted, is_known, label, reach, signed
from mot_nlp.reporting.charts.frame import Width, layered
from mot_nlp.reporting.charts.marks import (
    LINE,
    emphasised,
    nothing,
    once,
    pixel,
    spread,
    zero_line,
)
from mot_nlp.reporting.charts.theme import LINE_COLOURS, QUIET, WIDTH, net_axis, share_size

if TYPE_CHECKING:
    import pandas as pd

DRAWN = (
    "documents", "share", "net_sentiment", "impact", "impact_low", "impact_high", "factor", "rank",
)  # fmt: skip

SHAPES = {
    "basic": "square", "performance": "circle", "excitement": "triangle-up",
    "harms": "triangle-down", "helps": "triangle-right", "unclear": "diamond", "untested": "cross",
}  # fmt: skip
"""Shape of each kind of factor."""

CLEAR, UNCLEAR = "clear of zero", "not clear"
"""What the interval of an impact is."""

FOREMOST = 3
"""Ranks whose labels are bold."""

MOST_LABELS = 24
"""Labels that have room; those of the largest impact, either way, come first."""

CORNERS = (
    ("left", "top", ["felt badly,", "yet no harm"]),
    ("right", "top", ["keep"]),
    ("left", "bottom", ["mend first"]),
    ("right", "bottom", ["felt well,", "yet no gain"]),
)
"""What the corners of the map mean."""

_HEIGHT = 420
_USUAL = {"net_sentiment": 100, "impact": 1}
"""How far an axis goes where all is zero, or nothing there."""
_COLOUR = LINE_COLOURS[0]


def make_or_break_map(drivers: pd.DataFrame, *, width: Width = WIDTH) -> alt.LayerChart:
    """Draw how much each kind of moment moves the outcome against how it feels.

    Across stands net sentiment; upwards the impact, turned so that what goes with a better outcome
    is above the line: without its documents the mean would be worse. Upright lines are the
    intervals of the impact, which may run off the map; a dot is hollow where that interval holds
    zero or is not known. The area of a dot is the share of documents, its shape the kind of factor.
    Labels carry the rank, where there is one, and the first ``FOREMOST`` are bold.

    Args:
        drivers: What :func:`mot_nlp.drivers` returned. Name and direction of the outcome are
            those of its ``attrs``; without them it is called outcome, and more of it is better.
        width: Width of the picture in pixels, or ``"container"``.

    Raises:
        ColumnError: The table lacks a column that is drawn.
    """
    names = by_columns(drivers, "n", DRAWN, made_by="drivers")
    outcome = str(drivers.attrs.get("outcome", "outcome")).replace("_", " ")
    rows = _rows(label(names), outcome)
    x = alt.X("net_sentiment:Q", scale=_even("net_sentiment"), axis=net_axis(grid=False))
    up = _up(outcome, better=bool(drivers.attrs.get("higher_is_better", True)))
    y = alt.Y("impact:Q", **up)
    layers = [
        zero_line("x"),
        zero_line("y"),
        *(_corner(*words) for words in CORNERS),
        *_labels(x, y),
        alt.Chart()
        .mark_rule(color=_COLOUR, clip=True, aria=False)
        .encode(x, alt.Y("impact_low:Q", **up), alt.Y2("impact_high"), _strength()),
        alt.Chart()
        .mark_point(opacity=1)
        .encode(x, y, _shape(), _filled(), share_size(), tooltip="told:N", description="told:N"),
        nothing(),
    ]
    description = (
        f"Make-or-break map: how the mean {outcome} would change without the documents of each kind "
        "of moment, against its net sentiment. What goes with a better outcome is above the line."
    )
    return layered(rows, layers, drivers, width=width, height=_HEIGHT, description=description)


def _rows(words: str, outcome: str) -> alt.Chart:
    """Rows that can be placed, with what is derived of their columns."""
    return (
        alt.Chart()
        .transform_filter(f"{is_known('impact')} && {is_known('net_sentiment')}")
        .transform_calculate(
            label=words,
            told=_told(outcome),
            name=f"({is_known('rank')} ? datum.rank + ' ' : '') + datum.label",
            sure=f"datum.impact_low * datum.impact_high > 0 ? '{CLEAR}' : '{UNCLEAR}'",
            gap=f"2 * {_half('impact')} * {LINE} / {_HEIGHT}",
            size="abs(datum.impact)",
        )
    )


def _told(outcome: str) -> str:
    """A row as a sentence."""
    ends = "format(datum.impact_low, '+.2r') + ' to ' + format(datum.impact_high, '+.2r')"
    return (
        f"datum.label + ': without its documents mean ' + {json.dumps(outcome)} + ' would change by "
        f"' + format(datum.impact, '+.2r') + ({is_known('impact_low')} ? ' (' + {ends} + ')' : '') + "
        f"'; net sentiment ' + {signed('datum.net_sentiment')} + '; ' + "
        f"{counted('documents', 'document')} + '; ' + datum.factor + (indexof(['basic', 'performance', 'excitement'], datum.factor) < 0 ? '' : ' factor')"
    )


def _half(column: str) -> str:
    """How far an axis goes to both sides of zero: a fifth beyond the farthest value."""
    least, most = reach([column])
    return f"(1.2 * max(-{least}, {most}) || {_USUAL[column]})"


def _even(column: str, *, reverse: bool = False) -> alt.Scale:
    """A scale with zero in its middle."""
    ends = [alt.ExprRef(f"-{_half(column)}"), alt.ExprRef(_half(column))]
    return alt.Scale(domain=ends, nice=False, reverse=reverse)


def _up(outcome: str, *, better: bool) -> dict[str, Any]:
    """Scale and axis of the impact."""
    axis = alt.Axis(
        title=f"change of mean {outcome} without its documents", grid=False, tickCount=5,
        format="+", labelExpr="datum.value === 0 ? '0' : datum.label",
    )  # fmt: skip
    return {"scale": _even("impact", reverse=better), "axis": axis}


def _corner(across: Any, up: str, lines: list[str]) -> alt.Chart:  # noqa: ANN401
    """What a corner of the map means; lines hang from the first."""
    x = "6" if across == "left" else "width - 6"
    y = "6" if up == "top" else f"height - 6 - {LINE * len(lines)}"
    mark = once().mark_text(
        text=lines, align=across, baseline="top", fontStyle="italic", opacity=QUIET, aria=False
    )
    return mark.encode(x=pixel(x), y=pixel(y))


def _labels(x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Labels in a column at the right, each led to its dot."""
    edge = pixel("width + 6")
    largest = (
        alt.Chart()
        .transform_window(place="row_number()", sort=[alt.SortField("size", "descending")])
        .transform_filter(f"datum.place <= {MOST_LABELS}")
    )
    placed = spread(largest, "impact", "gap")
    foremost = f"{is_known('rank')} && datum.rank <= {FOREMOST}"
    style = {"align": "left", "dx": 4, "aria": False}
    return [
        placed.mark_rule(opacity=0.22, aria=False).encode(x, y, alt.Y2("spread"), x2=edge),
        *emphasised(placed, foremost, style, {"y": "spread:Q", "x": edge, "text": "name:N"}),
    ]


def _shape() -> alt.Shape:
    scale = alt.Scale(domain=list(SHAPES), range=list(SHAPES.values()))
    legend = alt.Legend(
        title="factor", columns=2, symbolFillColor=_COLOUR, symbolStrokeColor=_COLOUR
    )
    return alt.Shape("factor:N", scale=scale, legend=legend)


def _filled() -> alt.Fill:
    """Solid where the interval of the impact is clear of zero."""
    scale = alt.Scale(domain=[CLEAR, UNCLEAR], range=[_COLOUR, f"{_COLOUR}20"])
    legend = alt.Legend(title="impact", columns=1, symbolStrokeColor=_COLOUR)
    return alt.Fill("sure:N", scale=scale, legend=legend)


def _strength() -> alt.StrokeOpacity:
    scale = alt.Scale(domain=[CLEAR, UNCLEAR], range=[0.9, 0.3])
    return alt.StrokeOpacity("sure:O", scale=scale, legend=None)
