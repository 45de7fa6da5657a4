"""What kind of file it is: its format and compression by name, what it cannot be by its start."""

from __future__ import annotations

import codecs
from pathlib import PurePosixPath

from mot_nlp.errors import ReadError

FORMATS = ("csv", "tsv", "jsonl", "json", "parquet", "text", "transcript", "vtt", "srt")
"""Formats that may be named."""

PLAIN = "txt"
"""Format of ``.txt`` files until their start tells what is in them, see ``plain.told_by_start``."""

ONE_DOCUMENT = ("transcript", "vtt", "srt", PLAIN)
"""Formats of which a whole file may be one document, named after the file."""

SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".txt": PLAIN,
    ".vtt": "vtt",
    ".srt": "srt",
}
COMPRESSIONS = {".gz": "gzip", ".gzip": "gzip", ".zst": "zstd", ".zstd": "zstd"}

SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".numbers")

# Frames of pzstd have one before them that is passed over.
_ZSTD_PASSED_OVER = b"\x50\x2a\x4d\x18"
_COMPRESSION_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    _ZSTD_PASSED_OVER: "zstd",
}
_PARQUET_MAGIC = b"PAR1"
_MAGIC = (
    (_PARQUET_MAGIC, "Parquet", "give --format parquet"),
    (b"PK\x03\x04", "a ZIP archive or Excel workbook", "unpack it, or save it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook", "save it as CSV"),
    (b"\x1f\x8b", "gzip packed twice", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "zstd packed twice", "unpack it first"),
    (b"\xfd7zXZ", "xz", "unpack it, or pack it with gzip or zstd"),
    (b"BZh", "bzip2", "unpack it, or pack it with gzip or zstd"),
    (b"%PDF", "PDF", "export its text as CSV"),
    (b"SQLite format 3", "an SQLite database", "export a table as CSV"),
    (codecs.BOM_UTF32_LE, "UTF-32 text", "re-save it as UTF-8"),
    (codecs.BOM_UTF32_BE, "UTF-32 text", "re-save it as UTF-8"),
)
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

# The same formats by other words: what is in a .txt is told or named, and lines may be in a .json.
_FAMILIES = ({PLAIN, "text", "transcript"}, {"json", "jsonl"})

# A few NULs are strays in some cells; more, if over 1 % of the start, make a file binary.
_FEW_NULS = 8
_DENSE_NULS = 0.01


def told_by_name(name: str) -> tuple[str | None, str | None]:
    """Format and compression that a file's name ends in, None for what it does not tell."""
    path = PurePosixPath(name.lower())
    compression = COMPRESSIONS.get(path.suffix)
    if compression:
        path = path.with_suffix("")
    return SUFFIXES.get(path.suffix), compression


def without_suffixes(name: str) -> str:
    """``"calls/a"`` of ``"calls/a.vtt.gz"``; endings that tell nothing stay."""
    for known in (COMPRESSIONS, SUFFIXES):
        suffix = PurePosixPath(name).suffix
        if suffix.lower() in known:
            name = name[: -len(suffix)]
    return name


def may_hold(by_name: str, wanted: str) -> bool:
    """Whether a file whose name says ``by_name`` may be in the format ``wanted``."""
    return by_name == wanted or any({by_name, wanted} <= family for family in _FAMILIES)


def check_format(format: str | None) -> None:  # noqa: A002 - the word of the command line
    """Refuse a format that does not exist.

    Raises:
        ReadError: ``format`` is neither None nor one of ``FORMATS``.
    """
    if format is not None and format not in FORMATS:
        raise ReadError(f"{format!r} is not a format; the formats are {', '.join(FORMATS)}")


def compression_of(start: bytes) -> str | None:
    """``gzip``, ``zstd`` or None, by the first bytes of a file."""
    found = (name for magic, name in _COMPRESSION_MAGIC.items() if start.startswith(magic))
    return next(found, None)


def check_start(start: bytes, name: str, *, is_parquet: bool) -> None:
    """Refuse a file that is empty or surely something else.

    Args:
        start: Its first bytes, unpacked.
        name: Its name, for the message.
        is_parquet: Whether it must be Parquet; else it must be text.

    Raises:
        ReadError: It is not what it must be.
    """
    if not start:
        raise ReadError(f"{name} is empty; there is nothing to read")
    if is_parquet:
        packed = compression_of(start)
        if packed:
            raise ReadError(f"{name} is packed with {packed}; unpack it, Parquet is packed inside")
        if not start.startswith(_PARQUET_MAGIC):
            raise ReadError(f"{name} is not Parquet; name its format with format=/--format")
        return
    for magic, looks_like, cure in _MAGIC:
        if start.startswith(magic):
            raise ReadError(f"{name} is not text but looks like {looks_like}; {cure}")
    if not start.startswith(UTF16_MARKS) and _is_binary(start):
        raise ReadError(
            f"{name} holds many NUL bytes, so it is binary or UTF-16 without a byte order mark; "
            "re-save it as UTF-8"
        )


def _is_binary(start: bytes) -> bool:
    """Whether NULs are dense, or one is half of the first character, as in UTF-16."""
    return b"\0" in start[:2] or start.count(b"\0") > max(_FEW_NULS, _DENSE_NULS * len(start))
