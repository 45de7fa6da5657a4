"""Blocks of bytes to blocks of UTF-8, once their encoding is told.

Text is UTF-8 with or without a byte order mark, or UTF-16 with one. A file whose bytes are not UTF-8
is judged by the first quarter megabyte from there on. If whole UTF-8 letters outnumber the bytes
that are none, it is UTF-8 and some rows are broken: they are set aside. Otherwise, unless the
foreign bytes are too dense for a Western language, it is Windows-1252, which holds Latin-1: its
lines that are not UTF-8 are read as that, lines that are stay UTF-8.
"""

from __future__ import annotations

import codecs
import re
from itertools import chain
from typing import TYPE_CHECKING, cast

from mot_nlp.readers.kinds import UTF16_MARKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UTF8, UTF16, WESTERN = "utf-8", "utf-16", "cp1252"

_FOREIGN = re.compile("[\udc80-\udcff]")
_HANDLER = "mot_nlp.foreign"

_JUDGED = 2**18
_LONGEST_HELD = 2**20
_LONGEST_LETTER = 4

# Bytes of French or German in Windows-1252 are foreign to 5 % at most, Cyrillic ones to 80 %.
_DENSE = 0.25


def has_foreign(text: str) -> bool:
    """Whether ``text`` holds bytes that fit no encoding, as ``surrogateescape`` decodes them."""
    return not text.isascii() and _FOREIGN.search(text) is not None


def _as_foreign(error: UnicodeError) -> tuple[str, int]:
    return "\udcff", cast("UnicodeDecodeError", error).end


codecs.register_error(_HANDLER, _as_foreign)


def as_utf8(
    start: bytes,
    blocks: Iterator[bytes],
    *,
    is_cut: Callable[[], bool],
    settle: Callable[[str], None],
) -> Iterator[bytes]:
    """Blocks of a file as UTF-8, with foreign bytes where they fit no encoding.

    Args:
        start: The first block.
        blocks: Those after it.
        is_cut: Tells, once there are no more, whether the file ended before its time.
        settle: Told the encoding, where it is not UTF-8, before the first bytes that are not.
    """
    blocks = chain([start], blocks)
    if start.startswith(UTF16_MARKS):
        settle(UTF16)
        yield from _utf16(blocks)
        return
    seen = 0
    for block, is_sound, letters in _sound(blocks):
        seen += letters
        is_half_letter = len(block) < _LONGEST_LETTER and is_cut()
        if is_sound or is_half_letter:
            yield block
            continue
        judged = _judged(block, blocks)
        rest = chain([judged], blocks)
        if _is_western(judged, seen):
            settle(WESTERN)
            yield from _western(rest)
        else:
            yield from rest
        return


def _sound(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool, int]]:
    """Blocks cut at letters, whether they are UTF-8, and about how many letters beyond ASCII."""
    held = b""
    for block in blocks:
        data = held + block
        held = b""
        if data.isascii():
            yield data, True, 0
            continue
        try:
            text, used = codecs.utf_8_decode(data, "strict", False)
        except UnicodeDecodeError:
            yield data, False, 0
            continue
        held = data[used:]
        yield data[:used], True, used - len(text)
    if held:
        yield held, False, 0


def _judged(block: bytes, blocks: Iterator[bytes]) -> bytes:
    parts, size = [block], len(block)
    for part in blocks:
        parts.append(part)
        size += len(part)
        if size >= _JUDGED:
            break
    return b"".join(parts)


def _is_western(data: bytes, seen: int) -> bool:
    """Whether ``data`` is Windows-1252; ``seen`` letters before it are surely UTF-8."""
    if len(data) < _LONGEST_LETTER:  # half a letter at the end, where nothing more tells
        return not seen
    text = data.decode("utf-8", "surrogateescape")
    foreign = len(_FOREIGN.findall(text))
    sound = seen + sum(letter > "\x7f" for letter in text) - foreign
    plain = sum(letter.isascii() and letter.isalpha() for letter in text)
    return sound <= foreign <= _DENSE * (plain + foreign)


def _utf16(blocks: Iterator[bytes]) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-16")(_HANDLER)
    for block in blocks:
        yield decoder.decode(block).encode("utf-8", "surrogateescape")
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogateescape")


def _western(blocks: Iterator[bytes]) -> Iterator[bytes]:
    held = b""
    for block in blocks:
        data = held + block
        end = data.rfind(b"\n") + 1
        if not end and len(data) > _LONGEST_HELD:
            end = len(data)
        held = data[end:]
        yield b"".join(map(_western_line, data[:end].splitlines(keepends=True)))
    yield _western_line(held)


def _western_line(line: bytes) -> bytes:
    try:
        line.decode()
    except UnicodeDecodeError:
        return line.decode(WESTERN, "surrogateescape").encode("utf-8", "surrogateescape")
    return line
