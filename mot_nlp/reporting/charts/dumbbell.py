"""Dumbbells: two groups or two periods, moment by moment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import altair as alt

from mot_nlp.reporting.charts.columns import by_columns
from mot_nlp.reporting.charts.data import rows as rows_of
from mot_nlp.reporting.charts.expressions import (
    BETWEEN,
    interval,
    is_known,
    label,
    signed,
    words,
)
from mot_nlp.reporting.charts.frame import Width, layered
from mot_nlp.reporting.charts.marks import emphasised, known, nothing, pixel, zero_line
from mot_nlp.reporting.charts.orders import labels
from mot_nlp.reporting.charts.theme import LINE_COLOURS, NEUTRAL, WIDTH, net_axis, ordered

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

PAIR = ("group", "against")
"""Columns that name the two which are compared."""

DRAWN = (*PAIR, "value", "value_against", "difference", "low", "high", "q_value", "note", "words")

SEVERAL = {"group": "named at the left", "against": "compared against"}
"""What the legend calls groups where there are several."""

CLEAR = 0.05
"""Largest q-value, the share of false findings one accepts, of a clear difference."""

UNTESTED = 0.4
"""Opacity of a difference that was not tested."""

HIGHER, LOWER, UNCLEAR = "clearly higher", "clearly lower", "not clear"
COLOURS = (*LINE_COLOURS[:2], NEUTRAL)

DESCRIPTION = (
    "Dumbbells: the values of two groups or periods, a tick for the one compared against and a "
    "dot for the other. A pale bar is the interval of the difference, laid off from the tick."
)

_STEP = 30
_TICK = "M-0.15,-1H0.15V1H-0.15Z"
_VERDICT = (
    f"{is_known('q_value')} && datum.q_value <= {CLEAR} ? "
    f"datum.difference > 0 ? '{HIGHER}' : '{LOWER}' : '{UNCLEAR}'"
)


def dumbbells(
    compare: pd.DataFrame, *, measure: str | None = None, width: Width = WIDTH
) -> alt.LayerChart:
    """Draw two groups or periods beside each other, moment by moment.

    A tick marks the value compared against, a dot the other, a pale bar the interval of their
    difference laid off from the tick: where it holds the tick, nothing is shown to differ. The
    difference and its interval are told at the right, or why there is none. Differences with a
    q-value up to ``CLEAR`` are coloured and bold.

    Args:
        compare: What :func:`mot_nlp.tables.compare` returned.
        measure: What it compared: ``net_sentiment``, or a share in percent. None for what its
            ``attrs`` say, and ``net_sentiment`` without them.
        width: Width of the picture in pixels, or ``"container"``.

    Raises:
        ColumnError: The table lacks a column that is drawn.
    """
    names = by_columns(compare, "group", DRAWN, made_by="compare")
    varied = [name for name in PAIR if len(labels(compare, [name])) > 1]
    shown: Sequence[str] = varied if names or varied else PAIR
    if measure is None:
        measure = str(compare.attrs.get("measure", "net_sentiment"))
    is_net = measure == "net_sentiment"
    digits = 0 if is_net else 1
    figure = f"{signed('datum.difference', digits)} + {interval('low', 'high', digits)}"
    rows = alt.Chart().transform_calculate(
        label=_label(names, shown), verdict=_VERDICT,
        figure=f"{is_known('low')} ? {figure} : {is_known('note')} ? datum.note : ''",
        least=f"max(datum.value_against + datum.low, {-100 if is_net else 0})",
        most="min(datum.value_against + datum.high, 100)",
    )  # fmt: skip
    axis = alt.Axis(title=None, grid=False)
    order = _order(compare, names, shown)
    y = alt.Y("label:N", scale=ordered(order), sort=None, axis=axis)
    value_axis = net_axis() if is_net else alt.Axis(title=f"{words(measure)} (%)", tickCount=5)
    value, value_against, least = (
        alt.X(f"{name}:Q", axis=value_axis) for name in ("value", "value_against", "least")
    )
    colour, side = _colour(), _side(compare)
    firmness = alt.when(is_known("low")).then(alt.value(1)).otherwise(alt.value(UNTESTED))
    layers = [
        zero_line("x"),
        known("low")
        .mark_bar(height=10, opacity=0.22, aria=False)
        .encode(y, least, alt.X2("most"), colour),
        alt.Chart()
        .mark_rule(strokeWidth=2.5, aria=False)
        .encode(y, value_against, alt.X2("value"), colour, opacity=firmness),
        alt.Chart()
        .transform_calculate(side="'against'")
        .mark_point(filled=True, size=150, aria=False)
        .encode(y, value_against, colour, side, opacity=firmness),
        alt.Chart()
        .transform_calculate(side="'group'")
        .mark_point(filled=True, size=120)
        .encode(y, value, colour, side, opacity=firmness, tooltip="words:N", description="words:N"),
        *emphasised(
            alt.Chart(),
            f"datum.verdict !== '{UNCLEAR}'",
            {"align": "left", "aria": False},
            {"y": y, "x": pixel("width + 10"), "text": "figure:N"},
        ),
        nothing(),
    ]
    height = _STEP * max(len(order), 2)
    return layered(rows, layers, compare, width=width, height=height, description=DESCRIPTION)


def _label(names: Sequence[str], pair: Sequence[str]) -> str:
    """The expression of a row's label: its ``by`` values, then who is compared with whom."""
    said = {"group": label(["group"]), "against": f"'against ' + {label(['against'])}"}
    parts = [label(names)] if names else []
    if pair:
        parts.append(" + ' ' + ".join(said[name] for name in pair))
    return f" + '{BETWEEN}' + ".join(parts)


def _order(compare: pd.DataFrame, names: Sequence[str], pair: Sequence[str]) -> list[str]:
    """What :func:`_label` makes of each row, each once and in their order."""
    found = []
    for row in rows_of(compare[[*names, *pair]]):
        said = {name: words(row[name]) for name in (*names, *pair)}
        if "against" in pair:
            said["against"] = f"against {said['against']}"
        who = [" ".join(said[name] for name in pair)] if pair else []
        found.append(BETWEEN.join([*(said[name] for name in names), *who]))
    return list(dict.fromkeys(found))


def _colour() -> alt.Color:
    scale = alt.Scale(domain=[HIGHER, LOWER, UNCLEAR], range=list(COLOURS))
    legend = alt.Legend(title=None, columns=1, symbolType="square", symbolOpacity=1)
    return alt.Color("verdict:N", scale=scale, legend=legend)


def _side(compare: pd.DataFrame) -> alt.Shape:
    """A dot for the group and a tick for what it is against, by name where there is one of each."""
    given = {name: labels(compare, [name]) for name in PAIR}
    called = {name: own[0] if len(own) == 1 else SEVERAL[name] for name, own in given.items()}
    scale = alt.Scale(domain=list(PAIR), range=["circle", _TICK])
    legend = alt.Legend(
        title=None, columns=1, labelExpr=f"{json.dumps(called)}[datum.label]",
        symbolFillColor=NEUTRAL, symbolStrokeColor=NEUTRAL, symbolOpacity=1,
    )  # fmt: skip
    return alt.Shape("side:N", scale=scale, legend=legend)
