"""CSV and TSV to rows.

Reading is strict: a stray quote sets its row aside rather than bending what is read. A quote that
never closes swallows the rows after it; where at least three lines were swallowed and four fifths of
them have the cells of a row, they are read again without it.
"""

from __future__ import annotations

import csv
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
    from collections.abc import Iterator, Sequence

    from mot_nlp.readers.decoding import Text
    from mot_nlp.readers.table import Row

_FEWEST_LINES = 3
_JUDGED_LINES = 50
_ENOUGH = 0.8


def delimited_table(text: Text, *, delimiter: str) -> Table:
    """Column names and rows of a CSV or TSV file; empty cells are None.

    Raises:
        ReadError: There is no header, or it is separated by something else.
    """
    csv.field_size_limit(LONGEST_TEXT)
    body = _Body(text, delimiter)
    return Table(body.names, lambda _: body.rows(), passed=body.passed)


class _Body:
    """The rows under a header."""

    def __init__(self, text: Text, delimiter: str) -> None:
        self.passed = Passed()
        self._text = text
        self._delimiter = delimiter
        self._stream = text.lines("")
        self._again: deque[str] = deque()
        self._row: list[str] = []
        self._reader = self._new_reader()
        header = self._header()
        _check_delimiter(header, text.name, delimiter)
        self.names = [name.strip() for name in header]

    def rows(self) -> Iterator[Row]:
        """Rows, numbered from 1; blank lines do not count."""
        number = 0
        line = 1 + len(self._row)
        names, width = self.names, len(self.names)
        while True:
            self._row.clear()
            try:
                cells = next(self._reader, None)
            except csv.Error as error:
                number += 1
                if number > self.passed.rows:
                    yield number, self._rejected(number, _quote_reason(error, line))
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
            elif any(map(has_foreign, cells)):
                yield number, self._rejected(number, self._text.not_text)
            else:
                yield number, {name: cell or None for name, cell in zip(names, cells, strict=True)}

    def _header(self) -> list[str]:
        name = self._text.name
        try:
            header = next((cells for cells in self._reader if cells), None)
        except csv.Error as error:
            raise ReadError(
                f"{name}: the header cannot be read ({error}); mend its quotes"
            ) from error
        if header is None:
            raise ReadError(f"{name} is empty; its first line must name the columns")
        return header

    def _new_reader(self) -> CsvReader:
        return csv.reader(self._lines(), delimiter=self._delimiter, strict=True)

    def _lines(self) -> Iterator[str]:
        """Lines that are to be read again, then those of the file; the row's are remembered."""
        while self._again:
            line = self._again.popleft()
            self._row.append(line)
            yield line
        for line in self._stream:
            self._row.append(line)
            yield line

    def _read_again(self) -> int:
        """Put back the lines that a quote swallowed if they are rows; how many."""
        swallowed = self._row[1:]
        if not self._are_rows(swallowed):
            return 0
        self._again.extendleft(reversed(swallowed))
        self._reader = self._new_reader()
        return len(swallowed)

    def _are_rows(self, lines: Sequence[str]) -> bool:
        width = len(self.names)
        if width == 1 or len(lines) < _FEWEST_LINES:
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
    if len(header) > 1:
        return
    for other, name, cure in (
        (";", "semicolons", "re-save it with commas"),
        ("\t", "tabs", "give --format tsv"),
        (",", "commas", "give --format csv"),
    ):
        if other != delimiter and other in header[0]:
            raise ReadError(f"{where}: the columns are separated by {name}; {cure}")


def _width_reason(cells: Sequence[str], width: int) -> str:
    return (
        f"the row has {len(cells)} cells, the header {width}; "
        "quote cells that hold the separator, double the quotes inside them"
    )


def _quote_reason(error: csv.Error, line: int) -> str:
    came = str(error)
    if "end of data" in came or "field limit" in came:
        return (
            f"a quote in the row that starts at line {line} never closes, so what follows was read as "
            'this row; close it, or double it ("")'
        )
    return f'the row is not CSV ({came}); double the quotes inside a quoted cell ("")'
