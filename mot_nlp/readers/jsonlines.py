"""Pieces of JSON to rows; of JSON Lines, each line is one."""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import ReadError
from mot_nlp.readers.encodings import has_foreign
from mot_nlp.readers.table import Passed, Table
from mot_nlp.records import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mot_nlp.readers.decoding import Text
    from mot_nlp.readers.table import Row

PEEKED_ROWS = 1000
"""Most rows that are looked at to learn which columns there are."""

_PEEKED_CHARACTERS = 2**24
"""About the most characters of them."""

_DEEPEST = 100
"""Most brackets within each other, so that what can be read depends on no caller's stack."""

STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
MARK = re.compile(rf'{STRING}|["{{}}\[\]]', re.DOTALL)
"""A string, a bracket, or the quote of a string that never closes."""

OPENING, CLOSING = frozenset("{["), frozenset("}]")

_ORDER_MARK = "\ufeff"


def json_lines_table(text: Text) -> Table:
    """Rows of a file, a line each, blank ones left out."""
    return lines_table(text.lines("\n"), text)


def lines_table(lines: Iterable[str], text: Text) -> Table:
    """Rows of lines of ``text``."""
    return pieces_table((line for line in lines if line.strip()), text, unit="line")


def pieces_table(pieces: Iterator[str | None], text: Text, *, unit: str) -> Table:
    """Rows of pieces of JSON.

    Args:
        pieces: Each is one object; None, as the last, never ends.
        text: What they are from.
        unit: What a piece is, for messages.
    """
    passed = Passed()
    peeked: list[Row] = []
    size = 0
    numbered = enumerate(pieces, start=1)
    for number, piece in numbered:
        peeked.append(row_of(number, piece, text, unit))
        size += len(piece or "")
        if number == PEEKED_ROWS or size > _PEEKED_CHARACTERS:
            break
    cells = (row for _, row in peeked if not isinstance(row, Rejected))
    names = dict.fromkeys(name for row in cells for name in row)
    rest = (row_of(number, piece, text, unit) for number, piece in numbered if number > passed.rows)
    return Table(list(names), lambda _: chain(peeked, rest), passed=passed)


def row_of(number: int, piece: str | None, text: Text, unit: str) -> Row:
    """The row that a piece of JSON makes."""
    try:
        return number, _object(piece, text, unit)
    except (ValueError, RecursionError) as error:
        return number, Rejected(text.name, number, "", _reason(error, unit))


def _object(piece: str | None, text: Text, unit: str) -> dict[str, Any]:
    if piece is None:
        raise ReadError(
            f"the {unit} never closes, so what follows was read as this one; "
            "close its brackets and quotes"
        )
    if has_foreign(piece):
        raise ReadError(text.not_text)
    if piece.count("[") + piece.count("{") > _DEEPEST and _depth(piece) > _DEEPEST:
        raise ReadError(f"the {unit} has more than {_DEEPEST} brackets in each other; flatten it")
    # A mark stands there where files with one each were joined.
    found = json.loads(piece.removeprefix(_ORDER_MARK))
    if not isinstance(found, dict):
        raise ReadError(
            f"the {unit} is a JSON {type(found).__name__}, not an object; "
            f'write one {{"id": …, "text": …}} per {unit}'
        )
    return found


def _depth(piece: str) -> int:
    depth = deepest = 0
    for mark in MARK.finditer(piece):
        depth += (mark[0] in OPENING) - (mark[0] in CLOSING)
        deepest = max(deepest, depth)
    return deepest


def _reason(error: ValueError | RecursionError, unit: str) -> str:
    if isinstance(error, ReadError):
        return str(error)
    came = error.msg if isinstance(error, json.JSONDecodeError) else "a number has too many digits"
    return f"the {unit} is broken JSON ({came}); write one whole object per {unit}"
