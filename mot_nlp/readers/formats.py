"""CSV, TSV, JSON Lines and Parquet to numbered rows."""

from __future__ import annotations

import csv
import json
import re
from itertools import chain
from typing import TYPE_CHECKING, Any, TextIO

from mot_nlp.errors import ReadError
from mot_nlp.readers.columns import Columns, choose
from mot_nlp.readers.rows import peek
from mot_nlp.records import Rejected

if TYPE_CHECKING:
    from _csv import Reader as CsvReader
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pyarrow import RecordBatch
    from pyarrow.parquet import ParquetFile

    from mot_nlp.readers.rows import Row

    Rows = tuple[list[str], Iterator[Row]]

PEEKED_LINES = 1000
"""Lines of JSON that are looked at to learn which columns there are."""

BATCH_ROWS = 1000
"""Rows of Parquet held at once."""

_LARGEST_CELL = 2**31 - 1

# Bytes that are not UTF-8, as the decoder's "surrogateescape" leaves them.
_FOREIGN_BYTE = re.compile("[\udc80-\udcff]")
_NOT_UTF8 = "the row is not UTF-8; re-save the file as UTF-8"


def csv_rows(stream: TextIO, where: str, *, delimiter: str) -> Rows:
    """Column names and rows of a CSV or TSV file; empty cells are None.

    Raises:
        ReadError: There is no header, or it is separated by something else.
    """
    csv.field_size_limit(_LARGEST_CELL)
    # Strict, so that a stray quote sets its row aside rather than bending what is read.
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    try:
        header = next((cells for cells in reader if cells), None)
    except csv.Error as error:
        raise ReadError(f"{where}: the header cannot be read ({error}); mend its quotes") from error
    if header is None:
        raise ReadError(f"{where} is empty; its first line must name the columns")
    _check_delimiter(header, where, delimiter)
    names = [name.strip() for name in header]
    return names, _csv_body(reader, names, where)


def _csv_body(reader: CsvReader, names: list[str], where: str) -> Iterator[Row]:
    number = 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            yield Rejected(where, number, "", _quote_reason(str(error), line))
            continue
        if not cells:
            continue
        number += 1
        if len(cells) != len(names):
            reason = (
                f"the row has {len(cells)} cells, the header {len(names)}; "
                "quote cells that hold the separator, double the quotes inside them"
            )
            yield Rejected(where, number, "", reason)
        elif any(map(_FOREIGN_BYTE.search, cells)):
            yield Rejected(where, number, "", _NOT_UTF8)
        else:
            yield number, {name: cell or None for name, cell in zip(names, cells, strict=True)}


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


def _quote_reason(error: str, line: int) -> str:
    if "end of data" in error:
        return (
            f"a quote in the row that starts at line {line} never closes, so everything after it was "
            'read as this row; close it, or double it ("")'
        )
    return f'the row is not CSV ({error}); double the quotes inside a quoted cell ("")'


def json_rows(stream: TextIO, where: str) -> Rows:
    """Column names of the first lines, and all rows, of a JSON Lines file."""
    rows = _json_body(stream, where)
    peeked = peek(rows, PEEKED_LINES)
    names = {name: None for row in peeked if not isinstance(row, Rejected) for name in row[1]}
    return list(names), chain(peeked, rows)


def _json_body(lines: Iterable[str], where: str) -> Iterator[Row]:
    filled = (line for line in lines if line.strip())
    for number, line in enumerate(filled, start=1):
        try:
            yield number, _json_object(line)
        except (ValueError, RecursionError) as error:
            yield Rejected(where, number, "", _json_reason(error))


def _json_object(line: str) -> dict[str, Any]:
    if _FOREIGN_BYTE.search(line):
        raise ReadError(_NOT_UTF8)
    value = json.loads(line)
    if not isinstance(value, dict):
        raise ReadError(
            f"the line is a JSON {type(value).__name__}, not an object; "
            'write one {"id": …, "text": …} a line'
        )
    return value


def _json_reason(error: ValueError | RecursionError) -> str:
    if isinstance(error, ReadError):
        return str(error)
    came = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
    return f"the line is broken JSON ({came}); write one whole object a line"


def parquet_rows(file: ParquetFile, columns: Columns, path: Path) -> Rows:
    """Column names of an open ``pyarrow.parquet.ParquetFile``, and rows of the columns needed.

    Raises:
        ColumnError: A named column does not exist.
    """
    names = list(file.schema_arrow.names)
    chosen = choose(columns, names)
    needed = [name for name in names if name in chosen.used] if chosen.texts else names
    return names, _parquet_body(file, needed, path)


def _parquet_body(file: ParquetFile, needed: list[str], path: Path) -> Iterator[Row]:
    import pyarrow as pa

    number = 0
    try:
        for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=needed):
            for cells in _batch_rows(batch):
                number += 1
                fault = Rejected(str(path), number, "", _NOT_UTF8)
                yield fault if cells is None else (number, cells)
    except pa.ArrowException as error:
        raise ReadError(
            f"{path} is damaged after row {number} ({error}); write it again"
        ) from error


def _batch_rows(batch: RecordBatch) -> list[dict[str, Any] | None]:
    """Rows of a batch, None for one with a string that is not UTF-8."""
    try:
        return batch.to_pylist()
    except UnicodeDecodeError:
        if batch.num_rows == 1:
            return [None]
        return [row for i in range(batch.num_rows) for row in _batch_rows(batch.slice(i, 1))]
