"""Parquet, with column types that hold every value of the run.

Moment and document columns have fixed types. A kept column takes the narrowest type that holds
all values so far: bool, integer, float, date, time, or text. When a later value does not fit, the
part written so far is rewritten with a wider type (integers become floats, anything else text), a
row group at a time. So no row is lost, memory stays small, and the type does not depend on where
in the input a value stands; only an integer that was a float meanwhile reads "5.0" as text. Lists
and mappings are JSON text, but for columns that are said to hold labels; times with a zone are kept
as UTC.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

from mot_nlp.writers.base import PART, RowWriter
from mot_nlp.writers.kinds import arrow_type, fitted, fixed_kinds, kind_of, wider
from mot_nlp.writers.values import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pyarrow.parquet import ParquetWriter as ArrowWriter

GROUP_ROWS = 10_000
"""Rows in a row group."""


class ParquetWriter(RowWriter):
    """Parquet, compressed with zstd.

    Args:
        path: The file.
        columns: Columns in order.
        kinds: Kinds of columns that are known beforehand: ``bool``, ``integer``, ``float``,
            ``time``, ``instant`` (a time with a zone) or ``labels`` (a list of texts).
        metadata: What the file says of itself, by key.
    """

    def __init__(
        self,
        path: Path,
        columns: Sequence[str],
        *,
        kinds: Mapping[str, str] | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(path, columns)
        self._metadata = dict(metadata or {})
        self._kinds = fixed_kinds(self.columns) | dict(kinds or {})
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
            name: reduce(wider, {kind_of(value) for value in values}, self._kinds[name])
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

        fields = [(name, arrow_type(kind)) for name, kind in self._kinds.items()]
        schema = pa.schema(fields, metadata=self._metadata)
        return parquet.ParquetWriter(self._part, schema, compression="zstd")

    def _append(self, file: ArrowWriter, cells: Mapping[str, list[Any]]) -> None:
        import pyarrow as pa

        arrays = [
            pa.array(fitted(cells[name], kind), type=arrow_type(kind))
            for name, kind in self._kinds.items()
        ]
        file.write_table(pa.table(arrays, schema=file.schema), row_group_size=GROUP_ROWS)
