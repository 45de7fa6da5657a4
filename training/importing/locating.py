"""Where the segments of rows stand in the whole text of their document."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from mot_nlp.records import is_missing
from mot_nlp.transcripts import without_surrogates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Place = tuple[Any, Any, str | None]
"""Start and end, and the words that should stand there, if that is still to be checked."""


def in_a_row(words: Sequence[str]) -> list[Place | str]:
    """Where each of some words stands when all are joined by a space.

    >>> in_a_row(["It broke.", "Sad."])
    [(0, 9, None), (10, 14, None)]
    """
    places: list[Place | str] = []
    start = 0
    for word in words:
        places.append((start, start + len(word), None))
        start += len(word) + 1
    return places


def located(words: Sequence[str], text: str) -> list[Place | str]:
    """For each segment its place in the whole text, or why it has none.

    Its words must stand in the text just as often as segments have them; these are then taken in
    order. Anything else would be a guess.
    """
    uses = Counter(words)
    used: Counter[str] = Counter()
    places: list[Place | str] = []
    for segment in words:
        starts = _starts(text, segment) if segment else []
        if starts and len(starts) == uses[segment]:
            start = starts[used[segment]]
            used[segment] += 1
            places.append((start, start + len(segment), None))
        else:
            places.append(_lost(segment, starts, uses[segment]))
    return places


def by_offsets(cells: Mapping[str, Any], start: str, end: str, segment: str | None) -> Place | str:
    """The place that columns of offsets tell, still to be checked, or why there is none."""
    if is_missing(cells.get(start)) or is_missing(cells.get(end)):
        return f"the offsets are missing: column {start!r} or {end!r} is empty in this row"
    return cells[start], cells[end], words_in(cells, segment) or None


def words_in(cells: Mapping[str, Any], segment: str | None) -> str:
    """The words of a segment, empty if the row has none."""
    value = cells.get(segment) if segment else None
    return "" if is_missing(value) else without_surrogates(str(value)).strip()


def _starts(text: str, words: str) -> list[int]:
    """Where words stand in a text, without overlaps."""
    starts = []
    at = text.find(words)
    while at >= 0:
        starts.append(at)
        at = text.find(words, at + len(words))
    return starts


def _lost(segment: str, starts: Sequence[int], rows: int) -> str:
    if not segment:
        return "the segment is missing: its cell is empty in this row"
    if not starts:
        return "the segment is not in the whole text, letter for letter; correct one of the two"
    return (
        f"the segment stands {len(starts):,} times in the whole text and in {rows:,} rows, so that its "
        "place is not sure; give offsets with --start and --end"
    )
