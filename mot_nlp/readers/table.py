"""What every format's reader makes of a file: names of columns, and rows that can be passed over."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from mot_nlp.readers.decoding import LONGEST_TEXT
from mot_nlp.readers.encodings import has_foreign
from mot_nlp.records import Rejected

if TYPE_CHECKING:
    from mot_nlp.readers.columns import Chosen
    from mot_nlp.readers.decoding import Text

Row = tuple[int, Mapping[str, Any] | Rejected]
"""How many rows lie behind with this one, and its cells, or why it is set aside.

That is its own number, but where rows are lost together: then it is that of the last of them.
"""

Rows = Callable[[Collection[str] | None], Iterator[Row]]
"""Rows of an open file, given the columns that are needed, None for all; asked for once."""


@dataclass(slots=True)
class Passed:
    """How far rows are passed over.

    Attributes:
        rows: Rows up to this number are neither parsed nor given. May be raised at any time.
    """

    rows: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """An open file.

    Attributes:
        names: Its columns; of JSON, those of the first rows.
        rows: Gives its rows.
        own: Which columns hold what where the format says so; None where the caller does.
        passed: How far its rows are passed over.
        is_one: Whether the file is one document.
    """

    names: list[str]
    rows: Rows
    own: Chosen | None = None
    passed: Passed = field(default_factory=Passed)
    is_one: bool = False


def peek(rows: Iterator[Row], count: int, *, most: int) -> list[Row]:
    """Take rows until ``count`` of them are sound, ``most`` are taken or none is left."""
    taken: list[Row] = []
    for row in islice(rows, most):
        taken.append(row)
        count -= not isinstance(row[1], Rejected)
        if count == 0:
            break
    return taken


def whole(text: Text) -> str | Rejected:
    """All of a text with its lines ended by newlines, or why it cannot be one document."""
    found = text.lines(None, longest_line=None).read(LONGEST_TEXT + 1)
    if len(found) > LONGEST_TEXT:
        reason = f"the document is longer than {LONGEST_TEXT:,} characters; split it"
        return Rejected(text.name, 1, "", reason)
    return Rejected(text.name, 1, "", text.not_text) if has_foreign(found) else found
