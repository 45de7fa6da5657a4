"""Which writer a path gets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mot_nlp.errors import OutputError
from mot_nlp.writers.kinds import LABELS
from mot_nlp.writers.markdown import MarkdownWriter
from mot_nlp.writers.parquet import ParquetWriter
from mot_nlp.writers.text import CsvWriter, JsonLinesWriter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


MARKDOWN = "md"
TABLE_FORMATS = (*FORMATS, MARKDOWN)
"""Formats that a table may be written in; nothing is read from Markdown."""

_TABLE_SUFFIXES = {".md": MARKDOWN, ".markdown": MARKDOWN}


def open_writer(
    path: str | Path,
    columns: Sequence[str],
    *,
    format: str | None = None,  # noqa: A002 - the word of the command line
    table: bool = False,
    kinds: Mapping[str, str] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> RowWriter:
    """Open a writer of rows.

    Args:
        path: The file, or ``-`` for standard output. A file that exists is replaced at the end.
        columns: Columns in order.
        format: One of ``FORMATS``; by the suffix if None. Standard output takes csv, its default,
            and jsonl.
        table: Whether the rows are a table that people read: then Markdown is a format too.
        kinds: Kinds of columns that Parquet need not find out, as ``ParquetWriter`` takes them; in CSV
            and TSV columns of ``labels`` are joined, in all others lists are JSON.
        metadata: What a Parquet file says of itself, by key; other formats cannot.

    Raises:
        OutputError: The format is unknown, or no file can be written at ``path``.
    """
    kind = _format(path, format, table=table)
    target = None if str(path) == STANDARD_STREAM else _checked(Path(path))
    if target is not None and kind == "parquet":
        return ParquetWriter(target, columns, kinds=kinds, metadata=metadata)
    if kind == "jsonl":
        return JsonLinesWriter(target, columns)
    if kind == MARKDOWN:
        return MarkdownWriter(target, columns)
    joined = [name for name, held in (kinds or {}).items() if held == LABELS]
    return CsvWriter(target, columns, delimiter="\t" if kind == "tsv" else ",", joined=joined)


def _format(path: str | Path, given: str | None, *, table: bool) -> str:
    formats = TABLE_FORMATS if table else FORMATS
    kind = given or _by_name(path)
    if kind == MARKDOWN and not table:
        raise OutputError(
            f"{path}: Markdown holds tables, not rows; write {', '.join(FORMATS)}, and make a "
            "table of that file with mot table"
        )
    if given is not None and given not in formats:
        raise OutputError(f"{given!r} is not a format; the formats are {', '.join(formats)}")
    if kind is None:
        raise OutputError(
            f"cannot tell the format of {path} by its name; the formats are {', '.join(formats)}; "
            "end the name in one of them, as .csv, or name one with format=/--output-format"
        )
    _refuse_in_stream(path, kind, formats)
    return kind


def _by_name(path: str | Path) -> str | None:
    if str(path) == STANDARD_STREAM:
        return "csv"
    return (SUFFIXES | _TABLE_SUFFIXES).get(Path(path).suffix.lower())


def _refuse_in_stream(path: str | Path, kind: str, formats: Sequence[str]) -> None:
    taken = [name for name in ("csv", "jsonl", MARKDOWN) if name in formats]
    if str(path) == STANDARD_STREAM and kind not in taken:
        listed = f"{', '.join(taken[:-1])} or {taken[-1]}"
        raise OutputError(f"standard output takes {listed}, not {kind}; name a file")


def _checked(path: Path) -> Path:
    try:
        if path.is_dir():
            raise OutputError(f"{path} is a folder; name a file in it")
        if not path.parent.is_dir():
            raise OutputError(f"there is no folder {path.parent}; create it, or name another")
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}); name another") from error
    return path
