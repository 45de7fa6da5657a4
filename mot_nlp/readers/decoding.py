"""The text of an open file, and how far it can be read.

Where a file ends before its time, a foreign byte is put there, so that no half row passes for a whole
one; the reason is remembered.
"""

from __future__ import annotations

import io
import logging
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from mot_nlp.readers.encodings import UTF8, UTF16, WESTERN, as_utf8

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    from _typeshed import WriteableBuffer

    class ByteStream(Protocol):
        """What bytes are read from."""

        def read1(self, size: int, /) -> bytes:
            """Up to ``size`` bytes, none at the end."""
            ...


logger = logging.getLogger(__name__)

LONGEST_LINE = 2**26
"""Most bytes of a line; what stands beyond is dropped, as it could fill the memory."""

LONGEST_TEXT = 2**26
"""Most characters of a document's text."""

START = 2**16
"""Bytes at the start of a file that its kind is told by."""

DAMAGES = (OSError, EOFError, zlib.error)
"""What reading bytes may raise."""

_FOREIGN_BYTE = b"\xff"
_LINE_ENDS = (b"\n", b"\r")
_LONGEST_MARK = 4
_SHOWN = {UTF8: "UTF-8", UTF16: "UTF-16", WESTERN: "Windows-1252"}


@dataclass(slots=True)
class ReadNotes:
    """What was found out about files while they were read.

    Attributes:
        encodings: Encoding of each file that is not UTF-8, by the file's name: ``utf-16`` or
            ``cp1252``.
    """

    encodings: dict[str, str] = field(default_factory=dict)
    _file: io.BufferedReader | None = field(default=None, repr=False)

    @contextmanager
    def following(self, file: io.BufferedReader) -> Iterator[None]:
        """Know how far a file is read, as long as the context."""
        self._file = file
        try:
            yield
        finally:
            self._file = None

    @property
    def offset(self) -> int | None:
        """Bytes that lie behind in the file that is being read, packed as it is; None if unknown."""
        try:
            return None if self._file is None else self._file.tell()
        except (OSError, ValueError):  # standard input has no places, a closed file none any more
            return None

    def add(self, name: str, encoding: str) -> None:
        """Note the encoding of a file; say so where it is a guess."""
        if self.encodings.get(name) == encoding:
            return
        self.encodings[name] = encoding
        if encoding == WESTERN:
            logger.warning(
                "%s is not UTF-8; lines that are not are read as Windows-1252 (cp1252); re-save it "
                "as UTF-8 if letters come out wrong",
                name,
            )


class Text:
    """The text of an open file.

    Attributes:
        name: Name of the file.
        start: Its first bytes, up to ``START``.
        encoding: ``utf-8``, ``utf-16`` or ``cp1252``, as far as is known yet.
        longest_line: Bytes after which a line is cut, a foreign byte put there; None for no limit.
    """

    def __init__(
        self, file: ByteStream, name: str, notes: ReadNotes, *, is_live: bool = False
    ) -> None:
        """Read the start.

        Args:
            file: Where bytes come from; a read may end before its time with one of ``DAMAGES``.
            name: Name of the file.
            notes: Where the encoding is noted.
            is_live: Take what is there rather than wait for more, as of standard input.
        """
        self.name = name
        self.encoding = UTF8
        self.longest_line: int | None = None
        self._has_cut = False
        self._notes = notes
        self._blocks = _Blocks(file, is_live=is_live)
        self.start = self._blocks.take()

    @property
    def failure(self) -> str | None:
        """Why the text ended before its time, None if it did not, or not yet."""
        return self._blocks.failure

    @property
    def not_text(self) -> str:
        """Why a row with foreign bytes is set aside."""
        cut = f" or a line is longer than {self.longest_line:,} bytes" if self._has_cut else ""
        return f"the row is not {_SHOWN[self.encoding]}{cut}; re-save the file as UTF-8"

    def lines(self, newline: str | None, *, longest_line: int | None = LONGEST_LINE) -> TextIO:
        """A stream of the text, to be asked for once; foreign bytes are lone surrogates in it.

        Args:
            newline: What ends a line, as in ``open``.
            longest_line: As the attribute, which it sets.
        """
        self.longest_line = longest_line
        buffer = io.BufferedReader(_Joined(self._bounded(self._utf8())), START)
        return io.TextIOWrapper(
            buffer, encoding="utf-8-sig", errors="surrogateescape", newline=newline
        )

    def _utf8(self) -> Iterator[bytes]:
        blocks = iter(self._blocks.take, b"")
        yield from as_utf8(
            self.start, blocks, is_cut=lambda: self.failure is not None, settle=self._settle
        )
        if self.failure is not None:
            yield _FOREIGN_BYTE

    def _bounded(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Blocks of UTF-8 without what lines hold beyond the limit."""
        size = 0
        for block in blocks:
            ends = [end for end in map(block.find, _LINE_ENDS) if end >= 0]
            first = min(ends, default=len(block))
            size += first
            if self.longest_line is not None and size > self.longest_line:
                self._has_cut = True
                yield _FOREIGN_BYTE + block[first:]
            else:
                yield block
            if ends:
                size = len(block) - 1 - max(map(block.rfind, _LINE_ENDS))

    def _settle(self, encoding: str) -> None:
        self.encoding = encoding
        self._notes.add(self.name, encoding)


class _Blocks:
    """Blocks of a file's bytes; damage ends them and is remembered."""

    def __init__(self, file: ByteStream, *, is_live: bool) -> None:
        self.failure: str | None = None
        self._file = file
        self._is_live = is_live

    def take(self) -> bytes:
        """The next bytes, as many as wanted unless they end or the file is live."""
        parts: list[bytes] = []
        missing = START
        while missing and self.failure is None:
            try:
                part = self._file.read1(missing)
            except DAMAGES as error:
                self.failure = _damage(error)
                break
            if not part:
                break
            parts.append(part)
            missing -= len(part)
            if self._is_live and START - missing >= _LONGEST_MARK:
                break
        return b"".join(parts)


class _Joined(io.RawIOBase):
    """Blocks as one stream."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        while not self._ready:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._ready = memoryview(block)
        view = memoryview(buffer).cast("B")
        count = min(len(view), len(self._ready))
        view[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count


def _damage(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read on ({error.strerror}); check its disk and permissions"
    if "CRC" in str(error):
        return f"is damaged ({error}), so that any of its rows may be wrong; write it again"
    return f"is damaged or cut off ({error}); write it again"
