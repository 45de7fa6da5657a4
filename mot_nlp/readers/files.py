"""Files to documents: format, encoding, and what cannot be read at all."""

from __future__ import annotations

import codecs
import io
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO, cast

from mot_nlp.errors import ReadError
from mot_nlp.readers.columns import Columns, kept_names
from mot_nlp.readers.formats import csv_rows, json_rows, parquet_rows
from mot_nlp.readers.rows import documents_from_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mot_nlp.readers.formats import Rows
    from mot_nlp.records import Document, Rejected

FORMATS = ("csv", "tsv", "jsonl", "parquet")
STANDARD_STREAM = "-"

_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_PARQUET_MAGIC = b"PAR1"
_MAGIC = (
    (_PARQUET_MAGIC, "Parquet", "give --format parquet"),
    (b"PK\x03\x04", "a ZIP archive or Excel workbook", "unpack it, or save it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook", "save it as CSV"),
    (b"\x1f\x8b", "gzip", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "zstd", "unpack it first"),
    (b"\xfd7zXZ", "xz", "unpack it first"),
    (b"%PDF", "PDF", "export its text as CSV"),
    (b"SQLite format 3", "an SQLite database", "export a table as CSV"),
    (codecs.BOM_UTF32_LE, "UTF-32 text", "re-save it as UTF-8"),
    (codecs.BOM_UTF32_BE, "UTF-32 text", "re-save it as UTF-8"),
)
_START = 8192

# A few NULs are strays in some cells; more, if over 1 % of the start, make a file binary.
_FEW_NULS = 8
_DENSE_NULS = 0.01


def read_documents(
    path: str | Path,
    columns: Columns,
    *,
    format: str | None = None,  # noqa: A002 - the word of the command line
    customer: str | None = None,
) -> Iterator[Document | Rejected]:
    """Documents of a file, in order, one row at a time; unusable rows come as ``Rejected``.

    Text is UTF-8, or UTF-16 with a byte order mark. Rows are numbered from 1, without the header
    and blank lines. Cells of CSV and TSV are strings, empty ones None; a stray NUL stays in them.

    Args:
        path: The file, or ``-`` for standard input.
        columns: Which columns hold what.
        format: One of ``FORMATS``; by the suffix if None, CSV on standard input.
        customer: In transcripts, the speaker who is the customer.

    Raises:
        ReadError: At the call, there is no such file or format; at the first document, the file
            is not what its format says.
        ColumnError: At the first document, a column does not exist.
    """
    _check_file(path)
    kind = _format(path, format)
    return _documents(path, kind, columns, customer)


def kept_columns(
    path: str | Path,
    columns: Columns,
    *,
    format: str | None = None,  # noqa: A002 - the word of the command line
) -> tuple[str, ...]:
    """The columns of a file that are passed on, checked to exist.

    Standard input is left unread, so its columns are checked with the first document.

    Raises:
        ReadError: The file cannot be read.
        ColumnError: A column that was named does not exist.
    """
    _check_file(path)
    kind = _format(path, format)
    if str(path) == STANDARD_STREAM:
        return columns.kept
    with _translated(path), _rows(path, kind, columns) as (names, _):
        return kept_names(columns, names)


def _documents(
    path: str | Path, kind: str, columns: Columns, customer: str | None
) -> Iterator[Document | Rejected]:
    with _translated(path), _rows(path, kind, columns) as (names, rows):
        yield from documents_from_rows(rows, columns, names, where=_name(path), customer=customer)


def _format(path: str | Path, given: str | None) -> str:
    if given is not None and given not in FORMATS:
        raise ReadError(f"{given!r} is not a format; the formats are {', '.join(FORMATS)}")
    if str(path) == STANDARD_STREAM:
        if given == "parquet":
            raise ReadError("Parquet cannot be read from standard input; save it to a file")
        return given or "csv"
    kind = given or _SUFFIXES.get(Path(path).suffix.lower())
    if kind is None:
        raise ReadError(
            f"cannot tell the format of {path} by its name; the formats are {', '.join(FORMATS)}; "
            "name one with format=/--format"
        )
    return kind


def _check_file(path: str | Path) -> None:
    if str(path) == STANDARD_STREAM:
        return
    with _translated(path):
        if Path(path).is_dir():
            raise ReadError(f"{path} is a folder; name a file in it")
        if not Path(path).exists():
            raise ReadError(f"there is no file {path}; check the name and the folder")
        # Files are opened more than once, and what was read from a pipe is gone.
        if not Path(path).is_file():
            raise ReadError(
                f"{path} is not a regular file but a pipe or device; "
                "pipe it to standard input and give - as the path"
            )


@contextmanager
def _rows(path: str | Path, kind: str, columns: Columns) -> Iterator[Rows]:
    """Names and rows of a file, which is open as long as the context."""
    with _opened(path) as file:
        start = file.peek(_START)[:_START]
        _check_start(start, _name(path), kind)
        if kind == "parquet":
            with _parquet_rows(Path(path), columns) as rows:
                yield rows
            return
        with _decoded(file, start, newline="\n" if kind == "jsonl" else "") as stream:
            if kind == "jsonl":
                yield json_rows(stream, _name(path))
            else:
                delimiter = "\t" if kind == "tsv" else ","
                yield csv_rows(stream, _name(path), delimiter=delimiter)


@contextmanager
def _opened(path: str | Path) -> Iterator[io.BufferedReader]:
    if str(path) != STANDARD_STREAM:
        with Path(path).open("rb") as file:
            yield file
        return
    file = io.BufferedReader(cast("io.RawIOBase", sys.stdin.buffer))
    try:
        yield file
    finally:
        file.detach()  # standard input stays open


@contextmanager
def _decoded(file: BinaryIO, start: bytes, *, newline: str) -> Iterator[TextIO]:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        stream = io.TextIOWrapper(file, encoding="utf-16", errors="replace", newline=newline)
    else:
        stream = io.TextIOWrapper(
            file, encoding="utf-8-sig", errors="surrogateescape", newline=newline
        )
    try:
        yield stream
    finally:
        stream.detach()


@contextmanager
def _parquet_rows(path: Path, columns: Columns) -> Iterator[Rows]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
    except pa.ArrowException as error:
        raise ReadError(f"{path} is not whole Parquet ({error}); write it again") from error
    with file:
        yield parquet_rows(file, columns, path)


def _check_start(start: bytes, name: str, kind: str) -> None:
    if not start:
        raise ReadError(f"{name} is empty; there is nothing to read")
    if kind == "parquet":
        if not start.startswith(_PARQUET_MAGIC):
            raise ReadError(f"{name} is not Parquet; name its format with format=/--format")
        return
    for magic, looks_like, cure in _MAGIC:
        if start.startswith(magic):
            raise ReadError(f"{name} is not text but looks like {looks_like}; {cure}")
    if not start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and _is_binary(start):
        raise ReadError(
            f"{name} holds many NUL bytes, so it is binary or UTF-16 without a byte order mark; "
            "re-save it as UTF-8"
        )


def _is_binary(start: bytes) -> bool:
    """Whether NULs are dense, or one is half of the first character, as in UTF-16."""
    return b"\0" in start[:2] or start.count(b"\0") > max(_FEW_NULS, _DENSE_NULS * len(start))


@contextmanager
def _translated(path: str | Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReadError(
            f"{_name(path)} cannot be read ({error.strerror or error}); check its permissions and disk"
        ) from error


def _name(path: str | Path) -> str:
    return "standard input" if str(path) == STANDARD_STREAM else str(path)
