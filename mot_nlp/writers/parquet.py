"""Parquet, with column types that hold every value of the run.

Moment and document columns have fixed types. A kept column takes the narrowest type that holds
all values so far: bool, integer, float, date, time, or text. When a later value does not fit, the
part written so far is rewritten with a wider type (integers become floats, anything else text), a
row group at a time. So no row is lost, memory stays small, and the type does not depend on where
in the input a value stands; only an integer that was a float meanwhile reads "5.0" as text. Lists
and mappings are JSON text; times with a zone are kept as UTC.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import reduce
from typing import TYPE_CHECKING, Any

from mot_nlp.records import DOCUMENT_COLUMNS, MOMENT_COLUMNS
from mot_nlp.writers.base import PART, RowWriter
from mot_nlp.writers.values import as_text, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter as ArrowWriter

GROUP_ROWS = 10_000
"""Rows in a row group."""

_INTEGERS = ("start", "end", "n_segments", "n_none", "n_moments", "n_characters")
_EXACT_IN_FLOAT = 2**53
_LARGEST = 2**63 - 1


class ParquetWriter(RowWriter):
    """Parquet, compressed with zstd.

    Args:
        path: The file.
        columns: Columns in order.
        kinds: Kinds of columns that are known beforehand: ``bool``, ``integer``, ``float``,
            ``time`` or ``instant`` (a time with a zone).
    """

    def __init__(
        self, path: Path, columns: Sequence[str], *, kinds: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(path, columns)
        self._kinds = _fixed_kinds(self.columns) | dict(kinds or {})
        self._rows: list[Mapping[str, Any]] = []
        self._file: ArrowWriter | None = None
        with self._translated():
            self._part.touch()  # a place that cannot be written is told at once

    def _write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._rows.extend(rows)
        while len(self._rows) >= GROUP_ROWS:
            self._write_group(self._rows[:GROUP_ROWS])
            del self._rows[:GROUP_ROWS]

    def _finish(self) -> None:
        if self._rows or self._file is None:
            self._write_group(self._rows)
            self._rows = []
        self._release()

    def _release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write_group(self, rows: Sequence[Mapping[str, Any]]) -> None:
        cells = {name: [plain(row.get(name)) for row in rows] for name in self.columns}
        kinds = {
            name: reduce(_wider, {_kind(value) for value in values}, self._kinds[name])
            for name, values in cells.items()
        }
        if self._file is None:
            self._kinds = kinds
            self._file = self._opened()
        elif kinds != self._kinds:
            self._file = self._widened(kinds)
        self._append(self._file, cells)

    def _widened(self, kinds: dict[str, str]) -> ArrowWriter:
        """Rewrite what was written with other kinds."""
        from pyarrow import parquet

        self._release()
        narrow = self._part.with_name(self._part.name + PART)
        self._part.replace(narrow)
        try:
            self._kinds = kinds
            self._file = file = self._opened()
            with parquet.ParquetFile(narrow) as written:
                for group in range(written.num_row_groups):
                    self._append(file, written.read_row_group(group).to_pydict())
        finally:
            narrow.unlink()
        return file

    def _opened(self) -> ArrowWriter:
        import pyarrow as pa
        from pyarrow import parquet

        schema = pa.schema([(name, _arrow_type(kind)) for name, kind in self._kinds.items()])
        return parquet.ParquetWriter(self._part, schema, compression="zstd")

    def _append(self, file: ArrowWriter, cells: Mapping[str, list[Any]]) -> None:
        import pyarrow as pa

        arrays = [
            pa.array(_fitted(cells[name], kind), type=_arrow_type(kind))
            for name, kind in self._kinds.items()
        ]
        file.write_table(pa.table(arrays, schema=file.schema), row_group_size=GROUP_ROWS)


def _fixed_kinds(columns: Sequence[str]) -> dict[str, str]:
    """Kinds to start with: those of moment or document rows, nothing known for other tables."""
    kinds = dict.fromkeys(columns, "null")
    for own in (MOMENT_COLUMNS, DOCUMENT_COLUMNS):
        if set(own) <= set(columns):
            kinds.update({name: _own_kind(name) for name in own})
    return kinds


def _own_kind(name: str) -> str:
    if name in _INTEGERS:
        return "integer"
    if name == "pivotal":
        return "bool"
    return "float" if name == "sentiment_score" or name.endswith("_confidence") else "text"


def _kind(value: object) -> str:
    """The narrowest kind of column that holds a plain value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        if abs(value) <= _EXACT_IN_FLOAT:
            return "integer"
        return "long" if abs(value) <= _LARGEST else "text"
    if isinstance(value, float):
        return "float"
    return _date_kind(value) if isinstance(value, date) else "text"


def _date_kind(value: date) -> str:
    if not isinstance(value, datetime):
        return "date"
    if getattr(value, "nanosecond", 0):  # pandas has finer times than the column
        return "text"
    return "time" if value.utcoffset() is None else "instant"


def _wider(kind: str, other: str) -> str:
    """The narrowest kind that holds values of both."""
    if kind == other or other == "null":
        return kind
    if kind == "null":
        return other
    wider = {frozenset(("integer", "float")): "float", frozenset(("integer", "long")): "long"}
    return wider.get(frozenset((kind, other)), "text")


def _fitted(values: list[Any], kind: str) -> list[Any]:
    if kind != "text":
        return values
    return [None if value is None else as_text(value) for value in values]


def _arrow_type(kind: str) -> pa.DataType:
    import pyarrow as pa

    types = {
        "bool": pa.bool_(),
        "integer": pa.int64(),
        "long": pa.int64(),
        "float": pa.float64(),
        "date": pa.date32(),
        "time": pa.timestamp("us"),
        "instant": pa.timestamp("us", tz="UTC"),
    }
    return types.get(kind, pa.string())
