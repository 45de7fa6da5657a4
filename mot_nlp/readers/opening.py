"""Open files: local ones, URLs, standard input; gzip and zstd unpacked while they are read."""

from __future__ import annotations

import gzip
import io
import os
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from mot_nlp.errors import ReadError
from mot_nlp.readers.decoding import START
from mot_nlp.readers.kinds import compression_of
from mot_nlp.readers.remote import open_remote
from mot_nlp.readers.source import is_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import WriteableBuffer

    from mot_nlp.readers.decoding import ByteStream, ReadNotes
    from mot_nlp.readers.source import Source

_LONGEST_MAGIC = 4


@contextmanager
def opened(source: Source) -> Iterator[io.BufferedReader]:
    """The bytes of a file as they are.

    Raises:
        OSError: It cannot be opened.
        ReadError: Its file system is unknown, or, at the end, its size is no longer that which was
            found.
    """
    if source.is_standard_input:
        yield io.BufferedReader(_StandardInput(), START)
    elif is_url(source.path):
        with open_remote(source.path) as remote:
            yield remote
    else:
        with ExitStack() as stack:
            local = stack.enter_context(Path(source.path).open("rb"))
            descriptor = os.dup(local.fileno())  # as pyarrow closes what it reads from
            stack.callback(os.close, descriptor)
            yield local
            _check_unchanged(descriptor, source)


@contextmanager
def unpacked(source: Source, notes: ReadNotes | None = None) -> Iterator[ByteStream]:
    """The bytes of a file, unpacked if its first bytes say that it is packed.

    Args:
        source: The file.
        notes: Where it is noted how far it is read.

    Raises:
        OSError: It cannot be opened.
        ReadError: Its file system is unknown.
    """
    with ExitStack() as stack:
        file = stack.enter_context(opened(source))
        if notes is not None:
            stack.enter_context(notes.following(file))
        compression = compression_of(file.peek(_LONGEST_MAGIC)[:_LONGEST_MAGIC])
        if compression == "gzip":
            yield stack.enter_context(gzip.GzipFile(fileobj=file))
        elif compression == "zstd":
            yield stack.enter_context(_zstd(file))
        else:
            yield file


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Errors of the system as ``ReadError``."""
    try:
        yield
    except OSError as error:
        raise ReadError(
            f"{name} cannot be read ({error.strerror or error}); check its permissions and disk"
        ) from error


def _check_unchanged(descriptor: int, source: Source) -> None:
    size = os.fstat(descriptor).st_size
    if source.size not in (None, size):
        raise ReadError(
            f"{source.name} has {size:,} bytes and had {source.size:,} when it was found, so that "
            "rows may be missing or cut; run again once nothing writes to it"
        )


class _StandardInput(io.RawIOBase):
    """Standard input as it comes, without waiting for more; it stays open when this is closed."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data = cast("io.BufferedReader", sys.stdin.buffer).read1(len(view))
        view[: len(data)] = data
        return len(data)


def _zstd(file: io.BufferedReader) -> Any:  # noqa: ANN401 - pyarrow has no types
    import pyarrow as pa

    return pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd")
