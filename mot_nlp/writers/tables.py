"""A table of pandas to a file that keeps its types."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from mot_nlp.writers.opening import open_writer

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

ROWS = 10_000
"""Rows handed on at a time."""

_KINDS = {"b": "bool", "i": "integer", "u": "integer", "f": "float"}
"""Kinds of the Parquet writer, by kind of dtype."""


def write_table(table: pd.DataFrame, path: str | Path, *, format: str | None = None) -> None:  # noqa: A002 - the word of the command line
    """Write a table; missing figures become empty cells, or null.

    In CSV and TSV, text that a spreadsheet would run is defused; numbers stay numbers. In Parquet
    a column keeps its type, also one without any figure. Markdown is rounded, see
    :mod:`mot_nlp.writers.markdown`.

    Args:
        table: The table; its index is left out.
        path: The file, or ``-`` for standard output. A file that exists is replaced at the end.
        format: One of ``TABLE_FORMATS``; by the suffix if None. Standard output takes csv, its
            default, jsonl and md.

    Raises:
        OutputError: The format is unknown, or no file can be written at ``path``.
    """
    columns = [str(name) for name in table.columns]
    kinds = {name: _kind(dtype) for name, dtype in zip(columns, table.dtypes, strict=True)}
    known = {name: kind for name, kind in kinds.items() if kind is not None}
    with open_writer(path, columns, format=format, table=True, kinds=known) as writer:
        rows = table.itertuples(index=False, name=None)
        while some := list(islice(rows, ROWS)):
            writer.write([dict(zip(columns, row, strict=True)) for row in some])


def _kind(dtype: Any) -> str | None:  # noqa: ANN401 - of NumPy or of pandas
    """The kind of column that holds any value of ``dtype``; None where its values must tell."""
    if dtype.kind == "M":
        return "time" if getattr(dtype, "tz", None) is None else "instant"
    return _KINDS.get(dtype.kind)
