"""A segment as a reader wants to see it: with some words around it, cut between words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mot_nlp.records import Segment
    from training.corpus import LabelledDocument

AROUND = 160
"""Characters shown before and after a segment."""

LONGEST = 600
"""Characters of a segment that are shown."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A segment and what stands around it.

    Attributes:
        document: Id of its document.
        start: First character there.
        end: End, exclusive.
        before: Words before it.
        text: The segment, of a very long one the beginning.
        after: Words after it.
    """

    document: str
    start: int
    end: int
    before: str
    text: str
    after: str


def excerpt(document: LabelledDocument, segment: Segment) -> Excerpt:
    """The segment with at most ``AROUND`` characters on each side."""
    text = document.text
    return Excerpt(
        document=document.id,
        start=segment.start,
        end=segment.end,
        before=_end(text[: segment.start], AROUND),
        text=_beginning(text[segment.start : segment.end], LONGEST),
        after=_beginning(text[segment.end :], AROUND),
    )


def _beginning(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return (text[:most].rpartition(" ")[0] or text[:most]) + "…"


def _end(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return "…" + (text[-most:].partition(" ")[2] or text[-most:])
