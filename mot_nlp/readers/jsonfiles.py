"""JSON files to rows, streamed: a list of objects, one object or several, or JSON Lines.

Where each object ends is found by its brackets, so that a broken one is set aside alone.
"""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import TYPE_CHECKING, TextIO

from mot_nlp.readers.decoding import LONGEST_LINE
from mot_nlp.readers.jsonlines import CLOSING, MARK, OPENING, STRING, lines_table, pieces_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mot_nlp.readers.decoding import Text
    from mot_nlp.readers.table import Table

_CHUNK = 2**16
_BETWEEN = " \t\r\n,\ufeff"
# An object without others in it, which most are, is found far faster whole than by its marks.
_FLAT = re.compile(rf"[{_BETWEEN}]*+(\{{(?:[^\"{{}}\[\]]++|{STRING})*+\}})", re.DOTALL)


def json_table(text: Text) -> Table:
    """Rows of a JSON file."""
    stream = text.lines("\n", longest_line=None)
    head = stream.read(_CHUNK)
    while head and head.isspace():
        head = stream.read(_CHUNK)
    head = head.lstrip()
    is_list = head.startswith("[")
    if not is_list and "\n" not in head:
        head += stream.readline(LONGEST_LINE)
    line, _, _ = head.partition("\n")
    if not is_list and _is_object(line):
        text.longest_line = LONGEST_LINE
        return lines_table(_joined(head, stream), text)
    elements = _Elements(head[1:] if is_list else head, stream, is_list=is_list)
    return pieces_table(elements.pieces(), text, unit="element")


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _joined(head: str, stream: TextIO) -> Iterator[str]:
    """Lines of what was read and of what was not."""
    *lines, last = head.split("\n")
    return chain(lines, (last + rest for rest in [stream.readline()]), stream)


class _Elements:
    """The objects of a stream of JSON as text, and what stands between them."""

    def __init__(self, head: str, stream: TextIO, *, is_list: bool) -> None:
        self._buffer = head
        self._at = 0
        self._stream = stream
        self._is_list = is_list

    def pieces(self) -> Iterator[str | None]:
        """Each element in turn; None, as the last, for one that does not end."""
        while True:
            start, end = self._next()
            between = self._buffer[self._at : start].strip(_BETWEEN)
            if between:
                yield between
            if end < 0:
                if start < len(self._buffer):
                    yield None
                return
            if self._is_list and self._buffer[start] == "]":
                self._is_list = False
            else:
                yield self._buffer[start:end]
            self._at = end

    def _next(self) -> tuple[int, int]:
        """Start and end of the next element; an end of -1 if there is none, or it never ends."""
        start, end = self._span()
        size = _CHUNK
        while end < 0 and len(self._buffer) - self._at <= LONGEST_LINE:
            more = self._stream.read(size)
            if not more:
                break
            self._buffer = self._buffer[self._at :] + more
            self._at = 0
            start, end = self._span()
            size *= 2  # so that a long element is not searched too often
        return start, end

    def _span(self) -> tuple[int, int]:
        flat = _FLAT.match(self._buffer, self._at)
        if flat:
            return flat.span(1)
        depth, start = 0, len(self._buffer)
        for mark in MARK.finditer(self._buffer, self._at):
            sign = mark[0]
            if sign == '"':  # a string that goes on
                break
            if sign in OPENING:
                start = mark.start() if depth == 0 else start
                depth += 1
            elif sign in CLOSING:
                depth -= 1
                if depth <= 0:
                    return min(start, mark.start()), mark.end()
        return start, -1
