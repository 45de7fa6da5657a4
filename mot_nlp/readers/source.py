"""One file to be read, as it was found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

STANDARD_STREAM = "-"
STANDARD_INPUT = "standard input"

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_PASSWORD = re.compile(r"(?<=://)([^/@:]*):[^/@]*@")


@dataclass(frozen=True, slots=True)
class Source:
    """A file, a URL or standard input. ``size`` and ``version`` tell whether it has changed.

    Attributes:
        name: Its name as shown, without a password.
        path: Path, URL, or ``-`` for standard input.
        format: One of ``kinds.FORMATS``, or ``kinds.PLAIN``.
        compression: ``gzip`` or ``zstd`` by its name, else None; what its first bytes say counts.
        size: Bytes, packed as it is; None if it cannot be told.
        version: Time of the last change in nanoseconds, or what the file system gives for it, as
            an ETag; empty if it cannot be told.
        prefix: What stands before the row number in the ids of rows that have none, so that they
            are unique over files; empty where there is only one file.
        document_id: The id of the document where the whole file is one.
    """

    name: str
    path: str
    format: str
    compression: str | None = None
    size: int | None = None
    version: str = ""
    prefix: str = ""
    document_id: str = ""

    @property
    def is_standard_input(self) -> bool:
        """Whether it can be read but once."""
        return self.path == STANDARD_STREAM


def is_url(path: str | Path) -> bool:
    """Whether ``path`` is a URL, as ``s3://reviews/may.csv``, and no path."""
    return _URL.match(str(path)) is not None


def is_pattern(path: str | Path) -> bool:
    """Whether ``path`` may stand for several files."""
    return any(mark in str(path) for mark in "*?[")


def shown(path: str | Path) -> str:
    """The name that messages give a path: no password, and no bytes that are not text."""
    if str(path) == STANDARD_STREAM:
        return STANDARD_INPUT
    return printable(_PASSWORD.sub(r"\1:***@", str(path)))


def printable(name: str) -> str:
    """``name`` with bytes that are not text, which a file's name may hold, told by their codes."""
    return name.encode("utf-8", "backslashreplace").decode()
