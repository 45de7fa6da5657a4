"""Parquet to rows, a row group at a time; what a damaged one holds is set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mot_nlp.errors import ReadError
from mot_nlp.readers.table import Passed, Table
from mot_nlp.records import Rejected

if TYPE_CHECKING:
    import io
    from collections.abc import Collection, Iterator

    from pyarrow import RecordBatch
    from pyarrow.parquet import ParquetFile

    from mot_nlp.readers.table import Row

BATCH_ROWS = 1000
"""Most rows held at once."""

_BATCH_BYTES = 2**24
"""About the most bytes of them, so that long texts come in smaller batches."""

# Columns are read as a stream: a row group of a million rows must not stand in memory.
_BUFFER_BYTES = 2**20


def parquet_table(file: io.BufferedReader, name: str) -> Table:
    """Columns and rows of an open Parquet file.

    Raises:
        ReadError: It is not whole.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        opened = parquet.ParquetFile(
            file, buffer_size=_BUFFER_BYTES, pre_buffer=False, page_checksum_verification=True
        )
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ReadError(f"{name} is not whole Parquet ({_told(error)}); write it again") from error
    names = list(opened.schema_arrow.names)
    body = _Body(opened, names, name)
    return Table(names, body.rows, passed=body.passed)


class _Body:
    """The rows of an open file."""

    def __init__(self, file: ParquetFile, names: list[str], name: str) -> None:
        self.passed = Passed()
        self._file, self._names, self._name = file, names, name

    def rows(self, needed: Collection[str] | None) -> Iterator[Row]:
        """Rows of the columns that are needed, numbered from 1."""
        columns = [name for name in self._names if needed is None or name in needed]
        before = 0
        for group in range(self._file.num_row_groups):
            size = self._file.metadata.row_group(group).num_rows
            if before + size > self.passed.rows:
                yield from self._group(group, columns, before, before + size)
            before += size

    def _group(self, group: int, columns: list[str], before: int, end: int) -> Iterator[Row]:
        import pyarrow as pa

        number = before
        batches = self._file.iter_batches(
            batch_size=self._batch_rows(group),
            row_groups=[group],
            columns=columns,
            use_threads=False,
        )
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError, ValueError) as error:
                reason = (
                    f"rows {number + 1:,} to {end:,} are lost, as row group {group + 1} is damaged "
                    f"({_told(error)}); write the file again"
                )
                yield end, Rejected(self._name, number + 1, "", reason, rows=end - number)
                return
            if batch is None:
                return
            rows = _rows(batch) if number + len(batch) > self.passed.rows else ()
            for offset, cells in enumerate(rows, start=number + 1):
                if offset > self.passed.rows:
                    yield offset, self._checked(offset, cells)
            number += len(batch)

    def _batch_rows(self, group: int) -> int:
        about = self._file.metadata.row_group(group)
        bytes_a_row = max(1, about.total_byte_size // max(1, about.num_rows))
        return max(1, min(BATCH_ROWS, _BATCH_BYTES // bytes_a_row))

    def _checked(self, number: int, cells: dict[str, Any] | str) -> dict[str, Any] | Rejected:
        return Rejected(self._name, number, "", cells) if isinstance(cells, str) else cells


def _rows(batch: RecordBatch) -> list[dict[str, Any] | str]:
    """Rows of a batch; of one that cannot be converted, the reason."""
    try:
        return batch.to_pylist()
    # Dates past the year 9999 and the like are errors of many types.
    except (ValueError, OverflowError, TypeError, LookupError, NotImplementedError) as error:
        if len(batch) > 1:
            return [row for i in range(len(batch)) for row in _rows(batch.slice(i, 1))]
        if isinstance(error, UnicodeDecodeError):
            return ["the row is not UTF-8; re-save the file as UTF-8"]
        return [f"the row cannot be read ({error}); convert its columns to plain types"]


def _told(error: Exception) -> str:
    return " ".join(str(error).split())
