"""Quotes for the page: what was said, among what the same customer said around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mot_nlp.reporting.numbers import words
from mot_nlp.tables.context import context
from mot_nlp.tables.excerpts import quotes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mot_nlp.taxonomy import Taxonomy

AROUND = 240
"""Characters shown before and after a quote."""

GAP = " […] "
"""What stands for words between two moments that are no moment and so are not in the rows."""


@dataclass(frozen=True, slots=True)
class Quote:
    """One segment in its context.

    Attributes:
        before: What the customer said before it, as far as it is in the rows.
        text: The segment.
        after: What came after it.
        doc_id: Its document.
        span: Its character offsets there, ``start–end``.
        labels: Its stage, moment and touchpoint, as words.
        sentiment: Its sentiment.
        pivotal: Whether it is make-or-break.
    """

    before: str
    text: str
    after: str
    doc_id: str
    span: str
    labels: str
    sentiment: str
    pivotal: bool


def quoted(
    path: Path, touchpoints: Sequence[str], taxonomy: Taxonomy, *, each: int
) -> dict[str, list[Quote]]:
    """Quotes of some touchpoints, ``each`` of every pole of sentiment.

    Args:
        path: File of moments.
        touchpoints: What to quote from, in the order of the answer.
        taxonomy: The labels.
        each: Quotes of a touchpoint and sentiment.
    """
    if not touchpoints:
        return {}
    found = quotes(
        path,
        {"touchpoint": list(touchpoints), "sentiment": ["negative", "positive"]},
        each,
        by=("touchpoint", "sentiment"),
        taxonomy=taxonomy,
    )
    around = context(path, found["doc_id"].unique().tolist())
    neighbours = {doc_id: rows.to_dict("records") for doc_id, rows in around.groupby("doc_id")}
    out: dict[str, list[Quote]] = {name: [] for name in touchpoints}
    for row in found.to_dict("records"):
        out[str(row["touchpoint"])].append(_quote(row, neighbours.get(row["doc_id"], [])))
    return {name: own for name, own in out.items() if own}


def _quote(row: dict[Any, Any], rows: list[dict[Any, Any]]) -> Quote:
    before = [other for other in rows if other["end"] <= row["start"]]
    after = [other for other in rows if other["start"] >= row["end"]]
    return Quote(
        before=_shortened(_running([*before, row])[: -len(row["text"]) or None], from_end=True),
        text=row["text"],
        after=_shortened(_running([row, *after])[len(row["text"]) :], from_end=False),
        doc_id=str(row["doc_id"]),
        span=f"{row['start']}–{row['end']}",
        labels=" · ".join(words(row[name]) for name in ("stage", "moment", "touchpoint")),
        sentiment=str(row["sentiment"]),
        pivotal=bool(row["pivotal"]),
    )


def _running(rows: list[dict[Any, Any]]) -> str:
    """The texts of rows one after another, a sign where words between them are missing."""
    parts: list[str] = []
    for number, row in enumerate(rows):
        if number:
            # One character between two segments is the space that separates sentences.
            parts.append(" " if row["start"] - rows[number - 1]["end"] <= 1 else GAP)
        parts.append(row["text"])
    return "".join(parts)


def _shortened(text: str, *, from_end: bool) -> str:
    """At most ``AROUND`` characters next to the quote, cut between words."""
    if len(text) <= AROUND:
        return text
    if from_end:
        return "…" + text[-AROUND:].partition(" ")[2]
    return text[:AROUND].rpartition(" ")[0] + "…"
