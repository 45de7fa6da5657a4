"""CSV, TSV and JSON Lines."""

from __future__ import annotations

import codecs
import csv
import sys
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, TextIO

from mot_nlp.writers.base import RowWriter
from mot_nlp.writers.values import as_cell, as_json_text, defuse

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path


class TextWriter(RowWriter):
    """Writes UTF-8 to a file or to standard output."""

    def __init__(self, path: Path | None, columns: Sequence[str]) -> None:
        super().__init__(path, columns)
        with self._translated():
            self._stream: TextIO | codecs.StreamWriter = (
                _standard_output()
                if path is None
                else self._part.open("w", encoding="utf-8", newline="")
            )

    def _write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            self._write_cells([row.get(name) for name in self.columns])

    @abstractmethod
    def _write_cells(self, cells: Sequence[Any]) -> None:
        """Write one row."""

    def _finish(self) -> None:
        self._stream.flush()
        self._release()

    def _release(self) -> None:
        if self.path is not None:
            self._stream.close()


JOINT = "|"
"""Between several labels in one cell: what ``Series.str.get_dummies`` of pandas takes them apart by."""


class CsvWriter(TextWriter):
    """CSV or TSV with a header; rows end as RFC 4180 says, text cells that are no numbers are defused.

    Args:
        path: The file, None for standard output.
        columns: Columns in order.
        delimiter: What stands between cells.
        joined: Columns of several labels, which are joined by ``JOINT``.
    """

    def __init__(
        self,
        path: Path | None,
        columns: Sequence[str],
        *,
        delimiter: str = ",",
        joined: Collection[str] = (),
    ) -> None:
        super().__init__(path, columns)
        self._joined = [place for place, name in enumerate(columns) if name in joined]
        self._csv = csv.writer(self._stream, delimiter=delimiter)
        with self._translated():
            self._csv.writerow([defuse(name) for name in columns])

    def _write_cells(self, cells: Sequence[Any]) -> None:
        row = list(cells)
        for place in self._joined:
            row[place] = None if row[place] is None else JOINT.join(row[place])
        self._csv.writerow([as_cell(cell) for cell in row])


class JsonLinesWriter(TextWriter):
    """One JSON object a line."""

    def _write_cells(self, cells: Sequence[Any]) -> None:
        self._stream.write(as_json_text(dict(zip(self.columns, cells, strict=True))) + "\n")


def _standard_output() -> TextIO | codecs.StreamWriter:
    """Standard output as UTF-8 whatever the locale; as it is where it takes text only."""
    sys.stdout.flush()
    buffer = getattr(sys.stdout, "buffer", None)
    return sys.stdout if buffer is None else codecs.getwriter("utf-8")(buffer)
