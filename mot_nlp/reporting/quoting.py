"""Quotes for the page: what was said, among what the same customer said around it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mot_nlp.reporting.numbers import words
from mot_nlp.tables.context import context
from mot_nlp.tables.excerpts import quotes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from mot_nlp.taxonomy import Taxonomy

AROUND = 240
"""Characters shown before and after a quote."""

LONGEST = 1_000
"""Characters of a quote that are shown; most have far fewer."""

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
        sentiment: Its sentiment, as words.
        mood: ``positive`` or ``negative``, by the score of its sentiment.
        pivotal: Whether it is make-or-break.
    """

    before: str
    text: str
    after: str
    doc_id: str
    span: str
    labels: str
    sentiment: str
    mood: str
    pivotal: bool


def quoted(
    path: Path, touchpoints: Sequence[str], taxonomy: Taxonomy, *, each: int
) -> dict[str, list[Quote]]:
    """Quotes of some touchpoints, ``each`` of every sentiment that is positive or negative.

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
        {"touchpoint": list(touchpoints), "sentiment": [*taxonomy.negative, *taxonomy.positive]},
        each,
        by=("touchpoint", "sentiment"),
        taxonomy=taxonomy,
    )
    found = _placed(found)
    around = _placed(context(path, found["doc_id"].unique().tolist()))
    neighbours = {doc_id: rows.to_dict("records") for doc_id, rows in around.groupby("doc_id")}
    out: dict[str, list[Quote]] = {name: [] for name in touchpoints}
    for row in found.to_dict("records"):
        mood = "positive" if row["sentiment"] in taxonomy.positive else "negative"
        own = neighbours.get(row["doc_id"], [])
        out[str(row["touchpoint"])].append(_quote(row, own, mood))
    return {name: own for name, own in out.items() if own}


def _placed(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that have a text and a place in their document."""
    kept = rows[rows["text"].str.strip() != ""].dropna(subset=["start", "end"])
    # Beside a missing one pandas makes fractions of whole numbers.
    return kept.astype({"start": "int64", "end": "int64"})


def _quote(row: dict[Any, Any], rows: list[dict[Any, Any]], mood: str) -> Quote:
    before = [other for other in rows if other["end"] <= row["start"]]
    after = [other for other in rows if other["start"] >= row["end"]]
    ahead = "".join(left["text"] + _joint(left, right) for left, right in pairwise([*before, row]))
    behind = "".join(_joint(left, right) + right["text"] for left, right in pairwise([row, *after]))
    return Quote(
        before=_last(ahead),
        text=_whole(row["text"]),
        after=_first(behind, AROUND),
        doc_id=str(row["doc_id"]),
        span=f"{row['start']}–{row['end']}",
        labels=" · ".join(words(row[name]) for name in ("stage", "moment", "touchpoint")),
        sentiment=words(row["sentiment"]),
        mood=mood,
        pivotal=bool(row["pivotal"]),
    )


def _joint(left: dict[Any, Any], right: dict[Any, Any]) -> str:
    """What stands between two moments: a space, or a sign where words are missing."""
    return " " if right["start"] - left["end"] <= 1 else GAP


def _whole(text: str) -> str:
    """A quote; of one that no page has room for the start, and how much is missing."""
    start = _first(text, LONGEST)
    return text if start == text else f"{start} [{len(text):,} characters in all]"


def _first(text: str, most: int) -> str:
    """At most so many characters from the start, cut between words where there are such."""
    if len(text) <= most:
        return text
    return (text[:most].rpartition(" ")[0] or text[:most]) + "…"


def _last(text: str) -> str:
    """At most ``AROUND`` characters from the end, likewise."""
    if len(text) <= AROUND:
        return text
    return "…" + (text[-AROUND:].partition(" ")[2] or text[-AROUND:])
