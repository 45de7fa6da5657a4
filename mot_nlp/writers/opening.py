"""Which writer a path gets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mot_nlp.errors import OutputError
from mot_nlp.writers.parquet import ParquetWriter
from mot_nlp.writers.text import CsvWriter, JsonLinesWriter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mot_nlp.writers.base import RowWriter

FORMATS = ("parquet", "csv", "tsv", "jsonl")
STANDARD_STREAM = "-"

SUFFIXES = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
"""The format that each file name ending stands for."""


def open_writer(
    path: str | Path,
    columns: Sequence[str],
    *,
    format: str | None = None,  # noqa: A002 - the word of the command line
) -> RowWriter:
    """Open a writer of rows.

    Args:
        path: The file, or ``-`` for standard output. A file that exists is replaced at the end.
        columns: Columns in order.
        format: One of ``FORMATS``; by the suffix if None. Standard output takes csv, its default,
            and jsonl.

    Raises:
        OutputError: The format is unknown, or no file can be written at ``path``.
    """
    kind = _format(path, format)
    target = None if str(path) == STANDARD_STREAM else _checked(Path(path))
    if target is not None and kind == "parquet":
        return ParquetWriter(target, columns)
    if kind == "jsonl":
        return JsonLinesWriter(target, columns)
    return CsvWriter(target, columns, delimiter="\t" if kind == "tsv" else ",")


def _format(path: str | Path, given: str | None) -> str:
    if given is not None and given not in FORMATS:
        raise OutputError(f"{given!r} is not a format; the formats are {', '.join(FORMATS)}")
    if str(path) == STANDARD_STREAM:
        if given not in (None, "csv", "jsonl"):
            raise OutputError(f"standard output takes csv or jsonl, not {given}; name a file")
        return given or "csv"
    kind = given or SUFFIXES.get(Path(path).suffix.lower())
    if kind is None:
        raise OutputError(
            f"cannot tell the format of {path} by its name; the formats are {', '.join(FORMATS)}; "
            "end the name in .parquet, .csv, .tsv or .jsonl, or name one with format=/--format"
        )
    return kind


def _checked(path: Path) -> Path:
    try:
        if path.is_dir():
            raise OutputError(f"{path} is a folder; name a file in it")
        if not path.parent.is_dir():
            raise OutputError(f"there is no folder {path.parent}; create it, or name another")
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}); name another") from error
    return path
