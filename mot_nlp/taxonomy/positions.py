"""Where things stand in a TOML file: the line of every table, key and item of a list.

``tomllib`` tells values without their places. This scanner reads text that ``tomllib`` has read
before it, so it need not find faults, only its way.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left

Place = tuple[str | int, ...]
"""The way to a value: keys of tables and numbers of list items, as ``("heads", "stage", "labels", 2)``."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACES = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"""+' r"|'''.*?'''+" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'", re.DOTALL
)
_PLAIN = re.compile(r"[^,\]}#\n]*")


def line_numbers(text: str) -> dict[Place, int]:
    r"""The line, from 1, of every table, key and list item of a TOML text.

    Args:
        text: What ``tomllib.loads`` takes without an error.

    Returns:
        Lines by place; the whole text, ``()``, stands in line 1.

    >>> line_numbers('[pairs]\nallowed = [["a", "b"],\n  ["c", "d"]]')[("pairs", "allowed", 1, 0)]
    3
    """
    scanner = _Scanner(text)
    scanner.read()
    return scanner.lines


class _Scanner:
    def __init__(self, text: str) -> None:
        self.lines: dict[Place, int] = {(): 1}
        self._text = text
        self._at = 0
        self._breaks = [found.start() for found in re.finditer("\n", text)]
        self._lists: dict[Place, int] = {}

    def read(self) -> None:
        table: Place = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)

    def _header(self) -> Place:
        """``[a.b]``, or ``[[a.b]]``, which begins another item of a list."""
        start, width = self._at, 2 if self._text.startswith("[[", self._at) else 1
        self._at += width
        table = self._key()
        self._at += width
        if width == 2:
            number = self._lists.get(table, 0)
            self._lists[table] = number + 1
            self._note(table, start)
            table = (*table, number)
        self._note(table, start)
        return table

    def _pair(self, table: Place) -> None:
        start = self._at
        place = (*table, *self._key())
        for width in range(len(table) + 1, len(place) + 1):
            self._note(place[:width], start)
        self._at += 1  # the sign =
        self._skip(_SPACES)
        self._value(place)

    def _key(self) -> Place:
        """Dotted keys up to what ends them."""
        parts: list[str | int] = []
        while True:
            self._skip(_SPACES)
            if self._text[self._at] in "\"'":
                parts.append(tomllib.loads(f"key = {self._take(_STRING)}")["key"])
            else:
                parts.append(self._take(_BARE_KEY))
            self._skip(_SPACES)
            if not self._text.startswith(".", self._at):
                return tuple(parts)
            self._at += 1

    def _value(self, place: Place) -> None:
        opening = self._text[self._at : self._at + 1]
        if opening == "[":
            self._list(place)
        elif opening == "{":
            self._inline_table(place)
        else:
            self._take(_STRING if opening and opening in "\"'" else _PLAIN)

    def _list(self, place: Place) -> None:
        number = 0
        self._at += 1
        self._skip(_BLANK)
        while not self._text.startswith("]", self._at):
            self._note((*place, number), self._at)
            self._value((*place, number))
            number += 1
            self._next()
        self._at += 1

    def _inline_table(self, place: Place) -> None:
        self._at += 1
        self._skip(_BLANK)
        while not self._text.startswith("}", self._at):
            self._pair(place)
            self._next()
        self._at += 1

    def _next(self) -> None:
        """Past the comma, if there is one, to what comes after it."""
        self._skip(_BLANK)
        if self._text.startswith(",", self._at):
            self._at += 1
            self._skip(_BLANK)

    def _note(self, place: Place, at: int) -> None:
        self.lines.setdefault(place, bisect_left(self._breaks, at) + 1)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        self._take(pattern)

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:  # it would never end
            raise ValueError(f"no {pattern.pattern} at {self._at}")
        self._at = found.end()
        return found[0]
