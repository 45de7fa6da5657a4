"""Offsets as files have them to spans of characters, checked against the text.

Tools count differently: characters as Python and newer Label Studio do, UTF-16 units as JavaScript
does, or bytes. What is counted is told by an option and never guessed; where all offsets of a file
would fit another way of counting, a hint says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from mot_nlp.errors import InputError
from training.importing.options import OFFSETS

if TYPE_CHECKING:
    from training.importing.marks import Mark, Span

_ENCODINGS = {"characters": ("utf-32-le", 4), "utf-16": ("utf-16-le", 2), "bytes": ("utf-8", 1)}
"""Encoding that each way of counting counts in, and bytes of one unit of it."""

_CHARACTERS = OFFSETS[0]
_CALLED = {"characters": "characters", "utf-16": "UTF-16 units", "bytes": "UTF-8 bytes"}
_WHITE = re.compile(r"(?:\s|\\[nrt])+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mark stands.

    Attributes:
        span: Its span in characters, without white space at its ends.
        was_trimmed: Whether it had white space there.
        cuts_word: Whether it begins or ends within a word.
    """

    span: Span
    was_trimmed: bool
    cuts_word: bool


@dataclass(slots=True)
class Offsets:
    """Finds marks of one file in their texts, and remembers which ways of counting fit them.

    Attributes:
        counted: What the file's offsets count, one of ``OFFSETS``.
        misfits: Marks that each way of counting does not fit, among those that tell them apart.
        telling: How many marks tell them apart.
    """

    counted: str = _CHARACTERS
    misfits: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OFFSETS, 0))
    telling: int = 0

    def place(self, text: str, mark: Mark) -> Place:
        """Where a mark stands in its text.

        Raises:
            InputError: Nowhere, or other words stand there than it quotes.
        """
        if mark.is_whole or mark.counted:
            return _placed(text, mark, _CHARACTERS)
        if not text.isascii():
            self._compare(text, mark)
        return _placed(text, mark, self.counted)

    def hint(self, file: str) -> str:
        """What else the offsets of the file may count, empty if nothing says so."""
        if not self.misfits[self.counted]:
            return ""
        fitting = [name for name in OFFSETS if not self.misfits[name]]
        if len(fitting) != 1:
            return ""
        return (
            f"{file}: the offsets do not fit as {_CALLED[self.counted]}, but all {self.telling:,} that "
            f"tell them apart fit as {_CALLED[fitting[0]]}; import it again with --offsets {fitting[0]}"
        )

    def _compare(self, text: str, mark: Mark) -> None:
        """Remember which ways of counting fit a mark, if they differ for it."""
        places: dict[str, Place | None] = {}
        for name in OFFSETS:
            try:
                places[name] = _placed(text, mark, name)
            except InputError:
                places[name] = None
        if len({place and place.span for place in places.values()}) == 1:
            return
        self.telling += 1
        for name, place in places.items():
            self.misfits[name] += place is None or place.cuts_word or place.was_trimmed


def _placed(text: str, mark: Mark, counted: str) -> Place:
    start, end = (0, len(text)) if mark.is_whole else _characters(text, mark, counted)
    found = text[start:end]
    if mark.quoted is not None and _words(found) != _words(mark.quoted):
        raise InputError(_differs(text, mark.quoted, found))
    first = start + len(found) - len(found.lstrip())
    last = start + len(found.rstrip())
    if first >= last:
        raise InputError(f"the unit {mark.start}:{mark.end} holds nothing but white space")
    was_trimmed = (first, last) != (start, end) and not mark.is_whole
    return Place((first, last), was_trimmed, _cuts(text, first) or _cuts(text, last))


def _characters(text: str, mark: Mark, counted: str) -> Span:
    """Start and end in characters.

    Raises:
        InputError: They are no whole numbers, or not in the text.
    """
    start, end = (_whole_number(value, mark) for value in (mark.start, mark.end))
    if start >= end:
        raise InputError(f"the unit {start}:{end} ends before it begins, or is empty")
    if counted == _CHARACTERS and start >= 0 and end <= len(text):
        return start, end
    encoding, size = _ENCODINGS[counted]
    data = text.encode(encoding)
    if start < 0 or end * size > len(data):
        raise InputError(
            f"the unit {start}:{end} leaves the text, which has {len(data) // size:,} {_CALLED[counted]}"
        )
    try:
        before = data[: start * size].decode(encoding)
        inside = data[start * size : end * size].decode(encoding)
    except UnicodeDecodeError:
        raise InputError(
            f"the unit {start}:{end} cuts a character in two, counted in {_CALLED[counted]}"
        ) from None
    return len(before), len(before) + len(inside)


def _whole_number(value: object, mark: Mark) -> int:
    """An offset, from text and from the floats of spreadsheets too.

    Raises:
        InputError: It is none.
    """
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise InputError(
        f"the unit has the offsets {mark.start!r} and {mark.end!r}; give whole numbers of "
        "characters from the start of the text"
    )


def _words(text: str) -> str:
    """A text but for white space, which tools show and quote otherwise than it stands."""
    return _WHITE.sub(" ", text).strip()


def _differs(text: str, quoted: str, found: str) -> str:
    at = text.find(quoted) if text.count(quoted) == 1 else -1
    stands = f"; those stand at {at}:{at + len(quoted)}" if at >= 0 else ""
    lines = "; the text has line ends of two characters, which may have been counted as one"
    return (
        f"the offsets hold {found[:60]!r}, but the file quotes {quoted[:60]!r}{stands}"
        f"{lines if chr(13) in text else ''}"
    )


def _cuts(text: str, place: int) -> bool:
    """Whether a place lies within a word; scripts without spaces between words do not tell."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if east_asian_width(before) in "WF" or east_asian_width(after) in "WF":
        return False
    return before.isalnum() and after.isalnum()
