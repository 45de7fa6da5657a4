"""JSON Lines to rows: one object a line."""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import ReadError
from mot_nlp.readers.encodings import has_foreign
from mot_nlp.readers.table import Passed, Table, peek
from mot_nlp.records import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mot_nlp.readers.decoding import Text
    from mot_nlp.readers.table import Row

PEEKED_ROWS = 1000
"""Rows that are looked at to learn which columns there are."""


def json_lines_table(text: Text) -> Table:
    """Rows of a file, a line each, blank ones left out."""
    return lines_table(text.lines("\n"), text)


def lines_table(lines: Iterable[str], text: Text) -> Table:
    """Rows of lines of ``text``."""
    passed = Passed()
    return peeked_table(_rows(lines, text, passed), passed)


def peeked_table(rows: Iterator[Row], passed: Passed) -> Table:
    """A table whose columns are those of its first rows."""
    peeked = peek(rows, PEEKED_ROWS)
    cells = (row for _, row in peeked if not isinstance(row, Rejected))
    names = dict.fromkeys(name for row in cells for name in row)
    return Table(list(names), lambda _: chain(peeked, rows), passed=passed)


def row_of(number: int, value: str, text: Text, *, unit: str) -> Row:
    """The row that a piece of JSON makes.

    Args:
        number: Its number.
        value: The JSON.
        text: What it is from.
        unit: What the piece is, for messages.
    """
    try:
        return number, _object(value, text, unit)
    except (ValueError, RecursionError) as error:
        return number, Rejected(text.name, number, "", _reason(error, unit))


def _rows(lines: Iterable[str], text: Text, passed: Passed) -> Iterator[Row]:
    filled = (line for line in lines if line.strip())
    for number, line in enumerate(filled, start=1):
        if number > passed.rows:
            yield row_of(number, line, text, unit="line")


def _object(value: str, text: Text, unit: str) -> dict[str, Any]:
    if has_foreign(value):
        raise ReadError(text.not_text)
    found = json.loads(value)
    if not isinstance(found, dict):
        raise ReadError(
            f"the {unit} is a JSON {type(found).__name__}, not an object; "
            f'write one {{"id": …, "text": …}} per {unit}'
        )
    return found


def _reason(error: ValueError | RecursionError, unit: str) -> str:
    if isinstance(error, ReadError):
        return str(error)
    came = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
    return f"the {unit} is broken JSON ({came}); write one whole object per {unit}"
