"""CSV and TSV to rows.

CSV is separated by commas, by semicolons if its header has no comma but semicolons, as where Excel
writes numbers with commas, or by what a first line such as ``sep=;`` says.

Reading is strict: a stray quote sets its row aside rather than bending what is read. A quote that
never closes swallows the rows after it; where at least three lines were swallowed and four fifths of
them have the cells of a row, they are read again without it.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from mot_nlp.errors import ReadError
from mot_nlp.readers.decoding import LONGEST_TEXT
from mot_nlp.readers.encodings import has_foreign
from mot_nlp.readers.table import Passed, Table
from mot_nlp.records import Rejected

if TYPE_CHECKING:
    from _csv import Reader as CsvReader
    from collections.abc import Collection, Iterator, Sequence

    from mot_nlp.readers.decoding import Text
    from mot_nlp.readers.table import Row

_SEPARATOR = re.compile(r"sep=(.)", re.IGNORECASE)
"""First line by which Excel is told the separator."""

_SWALLOWED = 2**20
"""Characters of a row at which it is judged whether a quote swallowed the rows after it."""

_OTHERS = {
    ",": [("\t", "tabs", "tsv")],
    "\t": [(";", "semicolons", "csv"), (",", "commas", "csv")],
}
"""What else may separate the columns, and the format that is to be named then, by the separator."""

_FEWEST_CELLS = 2
_FEWEST_LINES = 3
_JUDGED_LINES = 50
_ENOUGH = 0.8
_TOO_LONG = "too long"


def delimited_table(text: Text, *, delimiter: str) -> Table:
    """Column names and rows of a CSV or TSV file; empty cells are None.

    Raises:
        ReadError: There is no header, or it is separated by something else.
    """
    # Of all readers in the process, so it is never lowered; that of this one is in ``_lines``.
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_TEXT))
    body = _Body(text, delimiter)
    return Table(body.names, body.rows, passed=body.passed)


class _Body:
    """The rows under a header."""

    def __init__(self, text: Text, delimiter: str) -> None:
        self.passed = Passed()
        self._text = text
        self._delimiter = delimiter
        self._stream = text.lines("")
        self._again: deque[str] = deque()
        self._row: list[str] = []
        self._size = 0
        self.names: list[str] = []
        self._reader = self._new_reader()
        header = self._header()
        _check_delimiter(header, text.name, self._delimiter)
        self.names = [name.strip() for name in header]

    def rows(self, needed: Collection[str] | None) -> Iterator[Row]:
        """Rows of the columns that are needed, numbered from 1; blank lines do not count."""
        number = 0
        line = 1 + len(self._row)
        width = len(self.names)
        places = [
            (name, place)
            for place, name in enumerate(self.names)
            if needed is None or name in needed
        ]
        while True:
            if self._size > _SWALLOWED:  # a reader keeps the memory of its longest cell
                self._reader = self._new_reader()
            self._row.clear()
            self._size = 0
            try:
                cells = next(self._reader, None)
            except csv.Error as error:
                number += 1
                if number > self.passed.rows:
                    reason = _quote_reason(error, line, len(self._row))
                    yield number, self._rejected(number, reason)
                line += len(self._row) - self._read_again()
                continue
            if cells is None:
                return
            line += len(self._row)
            number += bool(cells)
            if not cells or number <= self.passed.rows:
                continue
            if len(cells) != width:
                yield number, self._rejected(number, _width_reason(cells, width))
            elif any(map(has_foreign, self._row)):
                yield number, self._rejected(number, self._text.not_text)
            else:
                yield number, {name: cells[place] or None for name, place in places}

    def _header(self) -> list[str]:
        self._find_delimiter()
        name = self._text.name
        self._reader = self._new_reader()
        try:
            header = next((cells for cells in self._reader if cells), None)
        except csv.Error as error:
            raise ReadError(
                f"{name}: the header cannot be read ({error}); mend its quotes"
            ) from error
        if header is None:
            raise ReadError(f"{name} is empty; its first line must name the columns")
        return header

    def _find_delimiter(self) -> None:
        """What the first line that is not blank says of the separator; a header is put back."""
        line = next((line for line in self._lines() if line.strip("\r\n")), "")
        told = _SEPARATOR.fullmatch(line.rstrip("\r\n"))
        if told:
            self._delimiter = told[1]
            return
        if self._delimiter == "," and "," not in line and ";" in line:
            is_parted = len(next(csv.reader([line], delimiter=";"))) > 1
            self._delimiter = ";" if is_parted else ","
        if line:
            self._again.append(self._row.pop())

    def _new_reader(self) -> CsvReader:
        return csv.reader(self._lines(), delimiter=self._delimiter, strict=True)

    def _lines(self) -> Iterator[str]:
        """Lines that are to be read again, then those of the file; the row's are remembered.

        Raises:
            csv.Error: The row is too long, or a quote swallowed the rows after it.
        """
        while True:
            line = self._again.popleft() if self._again else next(self._stream, None)
            if line is None:
                return
            self._row.append(line)
            before = self._size
            self._size += len(line)
            if self._size > LONGEST_TEXT or (
                before <= _SWALLOWED < self._size and self._are_rows(self._row[1:])
            ):
                raise csv.Error(_TOO_LONG)
            yield line

    def _read_again(self) -> int:
        """Begin anew, with the lines that a quote swallowed if they are rows; how many those are."""
        self._reader = self._new_reader()
        swallowed = self._row[1:]
        if not self._are_rows(swallowed):
            return 0
        self._again.extendleft(reversed(swallowed))
        return len(swallowed)

    def _are_rows(self, lines: Sequence[str]) -> bool:
        width = len(self.names)
        if width < _FEWEST_CELLS or len(lines) < _FEWEST_LINES:
            return False
        judged = [line for line in islice(lines, _JUDGED_LINES) if line.strip()]
        return sum(self._width(line) == width for line in judged) >= _ENOUGH * len(judged) > 0

    def _width(self, line: str) -> int:
        try:
            return len(next(csv.reader([line], delimiter=self._delimiter, strict=True)))
        except csv.Error:
            return 0

    def _rejected(self, number: int, reason: str) -> Rejected:
        return Rejected(self._text.name, number, "", reason)


def _check_delimiter(header: list[str], where: str, delimiter: str) -> None:
    for other, name, format_ in _OTHERS.get(delimiter, ()):
        if len(header) == 1 and other in header[0]:
            raise ReadError(
                f"{where}: the columns are separated by {name}; give --format {format_}"
            )


def _width_reason(cells: Sequence[str], width: int) -> str:
    return (
        f"the row has {len(cells)} cells, the header {width}; "
        "quote cells that hold the separator, double the quotes inside them"
    )


def _quote_reason(error: csv.Error, line: int, lines: int) -> str:
    came = str(error)
    if came == _TOO_LONG and lines == 1:
        return f"the row is longer than {LONGEST_TEXT:,} characters; split its text"
    if came == _TOO_LONG or "end of data" in came:
        return (
            f"a quote in the row that starts at line {line} never closes, so what follows was read as "
            'this row; close it, or double it ("")'
        )
    return f'the row is not CSV ({came}); double the quotes inside a quoted cell ("")'
