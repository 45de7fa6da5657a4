"""What every format's reader makes of a file: texts, and the labels that people gave in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Span = tuple[int, int]
"""Start and end of a unit in characters of its text, end exclusive."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A label, or several, that somebody gave to a stretch of a text.

    Attributes:
        field: Column, control, question or span group it was given in; empty where the format has
            no such names.
        value: The label or labels as they were written; None where only the borders are told.
        start: Where it begins, as it was written; None, as ``end``, for the whole text.
        end: Where it ends, exclusive.
        quoted: The text that the file says stands there, if it says so.
        counted: Whether the offsets were counted here, in characters.
        denied: Whether it says that the label does not hold.
    """

    field: str
    value: object
    start: object = None
    end: object = None
    quoted: str | None = None
    counted: bool = False
    denied: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether it is about the whole text."""
        return self.start is None and self.end is None


@dataclass(frozen=True, slots=True)
class Annotation:
    """What one person marked in one text; ``annotator`` is empty where the file does not say who."""

    annotator: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """A text and what people marked in it.

    Attributes:
        file: Name of the file it is from.
        row: Its row there, from 1; of several rows the first.
        id: Its name.
        text: The whole text.
        annotations: What each person marked.
        extra: What else its row says and the labelled file keeps.
    """

    file: str
    row: int
    id: str
    text: str
    annotations: tuple[Annotation, ...]
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its labelled units, checked: what becomes a line of the labelled file.

    Attributes:
        file: Name of the file it is from.
        row: Its row there.
        id: Its name.
        text: The whole text.
        units: Labels by head of each unit, by its span, in the order of the text.
        extra: What else its row says and the labelled file keeps.
    """

    file: str
    row: int
    id: str
    text: str
    units: Mapping[Span, dict[str, str]]
    extra: Mapping[str, Any] = field(default_factory=dict)


def overlapping(spans: list[Span]) -> set[Span]:
    """The spans that overlap another one; touching is not overlapping.

    >>> sorted(overlapping([(0, 5), (5, 9), (7, 12)]))
    [(5, 9), (7, 12)]
    """
    found: set[Span] = set()
    furthest: Span | None = None
    for span in sorted(spans):
        if furthest is not None and span[0] < furthest[1]:
            found |= {span, furthest}
        if furthest is None or span[1] > furthest[1]:
            furthest = span
    return found
