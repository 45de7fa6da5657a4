"""Lines and other stretches of text that no segment crosses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mot_nlp.segmentation.words import END

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_BLOCK = 5_000
"""Characters tokenised at once; a longer line is cut behind a sentence or at white space."""

_ITEM = re.compile(r"\s*([-*•+▪◦‣·✓✔✅❌👍👎]|\(?\d{1,3}[.)]|\(?[a-z]\))\s+")
_SENTENCE_END = re.compile(r"[.!?…]\s+(?=[A-Z0-9])")
_BREAK = re.compile(r"[\n\r\x0b\x0c\x85\u2028\u2029]\s*")


def blocks(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Lines, with lines that were only wrapped joined and very long ones cut."""
    begin, position = start, start
    while position < end:
        match = _BREAK.search(text, position, end)
        if match is None:
            break
        stop, position = match.start(), match.end()
        while stop > begin and text[stop - 1].isspace():
            stop -= 1
        if not _is_wrapped(text, begin, stop, position, end):
            yield from _limited(text, begin, stop)
            begin = position
    yield from _limited(text, begin, end)


def _is_wrapped(text: str, begin: int, stop: int, resume: int, end: int) -> bool:
    """Whether the break between ``stop`` and ``resume`` only wraps a running sentence.

    It does where a long line without an end mark is followed by a lower-case word, with no empty
    line between them.
    """
    if resume >= end or stop <= begin or len(text[stop:resume].strip(" \t").splitlines()) > 1:
        return False
    last_line = text[max(begin, text.rfind("\n", begin, stop) + 1) : stop]
    return (
        len(last_line) >= 50
        and text[resume].islower()
        and not END.match(text[stop - 1])
        and not _ITEM.match(text, resume)
    )


def _limited(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a long line behind a sentence, else at white space, else anywhere."""
    while end - start > LARGEST_BLOCK:
        most = start + LARGEST_BLOCK
        ends = [found.end() for found in _SENTENCE_END.finditer(text, start, most)]
        space = max(text.rfind(" ", start, most), text.rfind("\t", start, most))
        cut = ends[-1] if ends else space if space > start else most
        yield start, cut
        start = cut
    if start < end:
        yield start, end
