"""What ``mot drift`` shows: the verdict, then what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from mot_nlp.cli.console import plain
from mot_nlp.cli.fitting import Column, Fitted
from mot_nlp.cli.tabling import NOTHING, count, label_columns, level, rows_of, with_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from rich.console import RenderableType

    from mot_nlp.cli.tabling import Row
    from mot_nlp.monitoring import DriftResult

_COLOURS = {
    "no sign of drift": "green",
    "look closer": "yellow",
    "relabel": "red",
    "not comparable": "red",
}
_NAMES = {
    "confidence": "confidence in {head}",
    "doubt": "{head} in doubt",
    "length": "characters a moment",
    "unknown_words": "words unknown",
    "stability_index": "stability of {head}",
    "length_distance": "distance of lengths",
    "word_distance": "divergence of words",
}
"""What a figure is called; a share is called by its label."""
_FORMS = {
    "share": ("z.1f", 100), "doubt": ("z.1f", 100), "unknown_words": ("z.1f", 100),
    "confidence": ("z.3f", 1), "length": ("z.1f", 1), "length_distance": ("z.1f", 1),
    "stability_index": ("z.3f", 1), "word_distance": ("z.3f", 1),
}  # fmt: skip
"""The format of a kind of figure, and what it is multiplied by."""
_MOST_REASONS = 8
_MOST_WORDS = 12


def render(
    found: DriftResult, names: Sequence[str] = (), *, confidence: float, everything: bool = False
) -> RenderableType:
    """The verdict, then what it rests on, for a terminal.

    Args:
        found: What changed.
        names: Columns that groups were judged by.
        confidence: Level of its intervals.
        everything: Whether figures without a clear change are shown too.
    """
    colour = _COLOURS.get(found.verdict, "")
    parts: list[RenderableType] = [
        Text(""),
        Text(found.verdict.capitalize(), style=f"bold {colour}".strip()),
    ]
    shown = found.reasons if everything else found.reasons[:_MOST_REASONS]
    parts += [plain(f"  {reason}") for reason in shown]
    if more := len(found.reasons) - len(shown):
        parts.append(Text(f"  and {more:,} more; --all shows them", style="dim"))
    parts += [Text(""), plain(found.advice)]
    parts += [plain(f"note: {note}", "yellow") for note in found.notes]
    parts.append(Text(""))
    if names:
        parts.append(_groups(rows_of(found.groups), names))
    table = found.figures if everything else found.figures[found.figures["clear"]]
    parts.append(_figures(found, rows_of(table), confidence))
    return Group(*parts)


def _figures(found: DriftResult, rows: Sequence[Row], confidence: float) -> RenderableType:
    """The figures in a table where there are some, and beneath it what else there is to know."""
    sizes = " and ".join(
        f"{documents:,} documents ({moments:,} moments)"
        for documents, moments in zip(found.documents, found.moments, strict=True)
    )
    title = plain(f"Reference and new: {sizes}")
    below = [plain(line, "dim") for line in _below(found, rows, confidence)]
    if rows:
        strong = [row["clear"] is True for row in rows]
        return Fitted(title, _columns(rows, confidence), strong=strong, below=below)
    return Group(title, *below, Text(""))


def _columns(rows: Sequence[Row], confidence: float) -> list[Column]:
    return [
        Column(Text("what"), [plain(_called(row)) for row in rows], is_label=True),
        Column(Text("reference"), [_figure(row, "reference") for row in rows], rank=2),
        Column(Text("new"), [_figure(row, "new") for row in rows], rank=1),
        Column(Text(f"change [{level(confidence)}]"), [_change(row) for row in rows]),
        Column(Text("q  "), [_q(row) for row in rows], rank=3),
    ]


def to_read(found: DriftResult, confidence: float) -> pd.DataFrame:
    """The figures as they are shown, each in its unit, for a format that is read and not computed with."""
    import pandas as pd

    columns = _columns(rows_of(found.figures), confidence)
    return pd.DataFrame(
        {
            column.title.plain.strip(): [cell.plain.strip() for cell in column.cells]
            for column in columns
        }
    )


def _below(found: DriftResult, rows: Sequence[Row], confidence: float) -> list[str]:
    from mot_nlp.monitoring.result import DISTANCES

    lines = []
    if not any(row["clear"] for row in rows):
        lines.append(f"No change is clear: no q-value is {1 - confidence:.6g} or less.")
    if len(rows) < len(found.figures):
        lines.append(f"--all shows all {len(found.figures):,} figures")
    if any(row["kind"] in ("share", "doubt", "unknown_words") for row in rows):
        lines.append("shares are in %")
    if any(row["kind"] in DISTANCES for row in rows):
        lines.append(
            "stability, distance, divergence: reference is what two samples of the same feedback differ "
            "by; of a stability index, 0.1 more is moderate, 0.25 large"
        )
    if len(found.lengths):
        quantiles = [
            f"{row['quantile']:.0%}: {row['reference']:.0f} → {row['new']:.0f}"
            for row in found.lengths.to_dict("records")
        ]
        lines.append(f"characters of moments, quantiles: {', '.join(quantiles)}")
    if len(found.words):
        lines.append(_words(found))
    return lines


def _words(found: DriftResult) -> str:
    named = [
        f"{row['word']} ({row['share_reference']:.0%} → {row['share_new']:.0%})"
        for row in found.words.head(_MOST_WORDS).to_dict("records")
    ]
    return f"words that stand in more documents: {', '.join(named)}"


def _groups(rows: Sequence[Row], names: Sequence[str]) -> Fitted:
    verdicts = [
        Text(str(row["verdict"]), style=_COLOURS.get(str(row["verdict"]), "")) for row in rows
    ]
    columns = [
        *label_columns(rows, names),
        Column(Text("reference"), [count(row["documents_reference"]) for row in rows], rank=2),
        Column(Text("new"), [count(row["documents_new"]) for row in rows], rank=1),
        Column(Text("verdict"), verdicts),
    ]
    reasons = [
        plain(f"{_group(row, names)}: {row['reasons']}")
        for row in rows
        if row["verdict"] in ("relabel", "look closer")
    ]
    title = f"By {', '.join(names)}, with the documents of either side"
    return Fitted(plain(title), columns, strong=[False] * len(rows), below=reasons)


def _group(row: Row, names: Sequence[str]) -> str:
    return " ".join(column.cells[0].plain or "none" for column in label_columns([row], names))


def _called(row: Row) -> str:
    kind, head, label = (str(row[name]) for name in ("kind", "head", "label"))
    if kind == "share":
        return head if head == "pivotal" else f"{head} {label}"
    return _NAMES[kind].format(head=head)


def _scaled(row: Row) -> tuple[Row, str]:
    """The figures of a row in the unit that they are shown in, and their format."""
    form, scale = _FORMS[str(row["kind"])]
    return {
        name: value * scale if isinstance(value, float) else value for name, value in row.items()
    }, form


def _figure(row: Row, name: str) -> Text:
    scaled, form = _scaled(row)
    return Text(with_interval(scaled, name, form=form))


def _change(row: Row) -> Text:
    scaled, form = _scaled(row)
    return Text(with_interval(scaled, "difference", "low", "high", form=f"+{form}"))


def _q(row: Row) -> Text:
    """The q-value, with a star where the change is clear: not every reader sees what is bold."""
    value = row["q_value"]
    if not isinstance(value, float):
        return Text(f"{NOTHING}  ")
    shown = "<0.001" if value < 0.001 else f"{value:.3f}"
    return Text(f"{shown} {'*' if row['clear'] else ' '}")
