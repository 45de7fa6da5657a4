"""The pictures of an evaluation, as SVG that takes the page's colours.

Drawn by Vega-Lite through vl-convert, in the dress of ``mot_nlp.reporting.charts``; ink is
``currentColor``, so that a picture follows a light or a dark page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

import altair as alt
import numpy as np
import pandas as pd
import vl_convert

from mot_nlp.reporting.charts import rows, specification
from mot_nlp.reporting.charts.frame import layered, panels
from mot_nlp.reporting.charts.marks import known, once
from mot_nlp.reporting.charts.theme import (
    INK,
    LINE_COLOURS,
    NET_COLOURS,
    ON_COLOUR,
    QUIET,
    ordered,
)
from mot_nlp.reporting.numbers import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from training.evaluation.data import Calibration, HeadFigures, SliceFigures
    from training.evaluation.differences import Difference
    from training.evaluation.estimates import Estimate

WIDTH = 640
DOTS_WIDTH = 520
"""Narrow enough to be read when a small screen shrinks it."""
SQUARE = 300
_STEP = 26
_CELL = 34
_FAINT = 0.02
"""Share of a gold label under which a confusion has no colour."""
_SHARES = NET_COLOURS[2:]
_MISSES = NET_COLOURS[2::-1]
"""Colours of a confusion, all so light that ``ON_COLOUR`` can be read on them."""
_LETTER = 7.4
"""Pixels of a letter in the widest of the faces that a page may fall back to; a picture is laid out
before it is known in which one it will be read."""
_LONGEST_LABEL = 180


def svg(chart: alt.TopLevelMixin, table: pd.DataFrame, *, description: str) -> str:
    """A chart as an SVG element to stand in a page.

    Args:
        chart: A chart of this module's table.
        table: Its rows.
        description: What a screen reader says in place of the picture.
    """
    spec = specification(chart)
    spec["data"] = spec["data"] | {"values": rows(table)}
    # One sentence describes the whole; hundreds of marks that a screen reader walks through do not.
    for part in ("mark", "text", "rule", "axis", "header"):
        spec["config"][part] = spec["config"].get(part, {}) | {"aria": False}
    drawn = str(vl_convert.vegalite_to_svg(spec))
    return drawn.replace("<svg ", f'<svg role="img" aria-label={quoteattr(description)} ', 1)


def heads_chart(heads: Sequence[HeadFigures]) -> str:
    """Macro-F1 of each head with its interval."""
    table = _frame((words(head.head), head.macro_f1) for head in heads)
    told = "; ".join(
        f"{name} {value:.2f}" for name, value in zip(table.label, table.value, strict=True)
    )
    return svg(
        _dots(table, "macro-F1", domain=(0, 1)),
        table,
        description=f"Macro-F1 of each head with its interval: {told}.",
    )  # fmt: skip


def labels_chart(head: HeadFigures) -> str:
    """F1 of each label of a head that the gold holds."""
    table = _frame(
        (f"{words(label.label)} ({label.n:,})", label.f1) for label in head.labels if label.f1
    )
    return svg(
        _dots(table, "F1", domain=(0, 1)),
        table,
        description=f"F1 of each label of {words(head.head)} with its interval; in brackets the "
        "number of gold segments. The table beside it has the figures.",
    )


def confusion_chart(head: HeadFigures) -> str:
    """Gold labels down, predicted labels across; colour is the share of the gold label."""
    names = [words(label.label) for label in head.labels]
    cells = []
    for gold, counts in zip(names, head.confusion, strict=True):
        total = sum(counts)
        for found, n in zip(names, counts, strict=True):
            if n:
                cells.append((gold, found, n, n / total, gold == found))
    table = pd.DataFrame(cells, columns=["gold", "found", "n", "share", "right"])
    place = (
        alt.X(
            "found:N", scale=ordered(names, gap=0.04), sort=None,
            axis=alt.Axis(title="read as", orient="top", labelAngle=-40, labelAlign="left",
                          labelBaseline="middle", labelOverlap=False, grid=False),
        ),
        alt.Y(
            "gold:N", scale=ordered(names, gap=0.04), sort=None,
            axis=_label_axis(names, title="gold label"),
        ),
    )  # fmt: skip
    number = alt.Text("n:Q", format=",")
    felt, faint = (
        alt.Chart().transform_filter(f"datum.share {sign} {_FAINT}") for sign in (">=", "<")
    )
    layers = [
        _rectangles(felt.transform_filter("datum.right"), _SHARES, 1.0, place),
        _rectangles(felt.transform_filter("!datum.right"), _MISSES, 0.4, place),
        felt.mark_text(color=ON_COLOUR, fontSize=11).encode(*place, text=number),
        faint.mark_text(fontSize=11, opacity=QUIET).encode(*place, text=number),
    ]
    chart = layered(
        alt.Chart(), layers, table, width=min(WIDTH, 180 + 60 * len(names)),
        height=_CELL * len(names), description="",
    ).resolve_scale(fill="independent")  # fmt: skip
    return svg(
        chart,
        table,
        description=f"Confusion of {words(head.head)}: gold labels down, what they were read as "
        "across, with the number of segments. The most frequent confusions are told in words below.",
    )


def _rectangles(
    cells: alt.Chart, colours: Sequence[str], most: float, place: tuple[alt.X, alt.Y]
) -> alt.Chart:
    stops = [most * step / (len(colours) - 1) for step in range(len(colours))]
    scale = alt.Scale(domain=stops, range=list(colours), clamp=True)
    fill = alt.Fill("share:Q", scale=scale, legend=None)
    drawn: alt.Chart = cells.mark_rect(cornerRadius=2).encode(*place, fill=fill)
    return drawn


def reliability_chart(head: str, calibration: Calibration) -> str:
    """Accuracy against confidence; on the diagonal confidences are honest."""
    table = pd.DataFrame(
        [
            (entry.confidence, entry.accuracy.value, entry.accuracy.low, entry.accuracy.high)
            for entry in calibration.bins
        ],
        columns=["confidence", "value", "low", "high"],
    )
    least = min(0.9, *table[["confidence", "value", "low"]].min().dropna())
    scale = alt.Scale(domain=[max(0.0, round(least - 0.05, 1)), 1], nice=False)
    axis: dict[str, Any] = {"tickCount": 5, "format": ".1f", "labelFlush": False}
    across = alt.X("confidence:Q", scale=scale, axis=alt.Axis(title="mean confidence", **axis))
    up = alt.Y("value:Q", scale=scale, axis=alt.Axis(title="share right", **axis))
    ends = [{"confidence": end, "value": end} for end in scale["domain"]]
    layers = [
        alt.Chart(alt.Data(values=ends)).mark_line(
            color=INK, opacity=0.55, strokeDash=[4, 3], strokeWidth=1
        ).encode(across, up),
        known("low").mark_rule(color=LINE_COLOURS[0], strokeWidth=1.5).encode(
            across, y=alt.Y("low:Q", scale=scale), y2="high:Q"
        ),
        alt.Chart().mark_line(color=LINE_COLOURS[0], strokeWidth=1.5, opacity=0.6).encode(across, up),
        alt.Chart().mark_point(color=LINE_COLOURS[0], filled=True, size=45, opacity=1).encode(across, up),
    ]  # fmt: skip
    chart = layered(alt.Chart(), layers, table, width=SQUARE, height=SQUARE - 60, description="")
    return svg(
        chart,
        table,
        description=f"Reliability of {words(head)}: share right against mean confidence in "
        f"{len(table)} groups of equal size. Calibration error {calibration.ece:.3f}; mean "
        f"confidence {calibration.confidence:.2f}, share right {calibration.accuracy:.2f}.",
    )


def slices_chart(key: str, entries: Sequence[SliceFigures], heads: Sequence[str]) -> str:
    """Macro-F1 of each head on the slices of one key, beside the whole."""
    cells = [
        (f"{entry.value} ({entry.segments:,})", words(head.head), head.macro_f1.value,
         head.macro_f1.low, head.macro_f1.high, head.overall, head.low)
        for entry in entries for head in entry.heads if not head.few
    ]  # fmt: skip
    table = pd.DataFrame(
        cells, columns=["label", "head", "value", "low", "high", "overall", "below"]
    )
    order = list(dict.fromkeys(table["label"]))
    shown = [words(head) for head in heads if words(head) in set(table["head"])]
    down = alt.Y("label:N", scale=ordered(order), sort=None, axis=_label_axis(order))
    scale = alt.Scale(domain=[0, 1])
    layers = [
        alt.Chart().mark_tick(color=INK, opacity=0.7, thickness=2, size=16).encode(
            alt.X("overall:Q", scale=scale), down
        ),
        known("low").mark_rule(strokeWidth=2).encode(
            alt.X("low:Q", scale=scale, axis=_figure_axis("macro-F1", ticks=3, flush=True)), down,
            x2="high:Q", color=_below(),
        ),
        alt.Chart().mark_point(filled=True, size=50, opacity=1).encode(
            alt.X("value:Q", scale=scale), down, color=_below(), shape=_below_shape()
        ),
    ]  # fmt: skip
    chart = panels(
        known("value"), layers, table, "head", shown, title="", width=WIDTH + 120,
        height=max(2, len(order)) * 22, description="",
    ).resolve_axis(x="independent")  # fmt: skip
    return svg(
        chart,
        table,
        description=f"Macro-F1 by {words(key)} with intervals, a panel for each head; a bar marks "
        "the figure of all segments. The table has the figures.",
    )


def differences_chart(entries: Sequence[Difference], *, title: str) -> str:
    """Differences of macro-F1 or F1 in points, with their intervals and a line at zero."""
    table = _frame((f"{words(entry.name)} ({entry.n:,})", entry.difference) for entry in entries)
    for column in ("value", "low", "high"):
        table[column] = 100 * table[column]
    table["below"] = [entry.difference.below(0) for entry in entries]
    reach = max(
        1.0, 1.05 * float(np.nanmax(np.abs(table[["value", "low", "high"]].to_numpy(float))))
    )
    told = ", ".join(f"{entry.name} {100 * entry.difference.value:+.1f}" for entry in entries)
    chart = _dots(table, "points, new − old", domain=(-reach, reach), zero=True)
    return svg(chart, table, description=f"{title}, in points, new minus old: {told}.")


def _frame(figures: Iterable[tuple[str, Estimate | None]]) -> pd.DataFrame:
    known = [(label, found.value, found.low, found.high) for label, found in figures if found]
    table = pd.DataFrame(known, columns=["label", "value", "low", "high"])
    return table.astype({"value": float, "low": float, "high": float}).assign(below=False)


def _dots(
    table: pd.DataFrame, title: str, *, domain: tuple[float, float], zero: bool = False
) -> alt.LayerChart:
    """A dot a row, with its interval."""
    order = table["label"].tolist()
    down = alt.Y("label:N", scale=ordered(order), sort=None, axis=_label_axis(order))
    scale = alt.Scale(domain=list(domain), nice=False)
    axis = _figure_axis(title, ticks=6)
    layers = [
        known("low").mark_rule(strokeWidth=2).encode(
            alt.X("low:Q", scale=scale, axis=axis), down, x2="high:Q", color=_below()
        ),
        alt.Chart().mark_point(filled=True, size=70, opacity=1).encode(
            alt.X("value:Q", scale=scale), down, color=_below(), shape=_below_shape()
        ),
    ]  # fmt: skip
    if zero:
        layers.insert(
            0, once().mark_rule(opacity=0.55).encode(x=alt.XDatum(0, type="quantitative"))
        )
    return layered(
        alt.Chart(),
        layers,
        table,
        width=DOTS_WIDTH,
        height=max(2, len(order)) * _STEP,
        description="",
    )


def _label_axis(labels: Sequence[str], *, title: str | None = None) -> alt.Axis:
    """Labels beside the rows, with room for the longest in whatever face it is read."""
    longest = max((len(label) for label in labels), default=0)
    return alt.Axis(
        title=title, grid=False, labelLimit=_LONGEST_LABEL,
        minExtent=min(_LETTER * longest, 1.15 * _LONGEST_LABEL) + 6,
    )  # fmt: skip


def _figure_axis(title: str, *, ticks: int, flush: bool = False) -> alt.Axis:
    """An axis of figures; ``flush`` keeps its last labels inside, away from the next panel's."""
    return alt.Axis(title=title, tickCount=ticks, labelFlush=flush)


def _below() -> alt.Color:
    """Orange for what lies below, which a diamond tells as well."""
    scale = alt.Scale(domain=[False, True], range=[LINE_COLOURS[0], LINE_COLOURS[1]])
    return alt.Color("below:N", scale=scale, legend=None)


def _below_shape() -> alt.Shape:
    scale = alt.Scale(domain=[False, True], range=["circle", "diamond"])
    return alt.Shape("below:N", scale=scale, legend=None)
