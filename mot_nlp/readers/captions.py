"""WebVTT and SubRip to rows: the cues of a file joined to turns, one transcript a file.

A speaker is named by ``<v Name>``, or by ``Name:`` where the cue starts. Cues of one speaker that
follow each other are one turn, as a sentence runs over several; a cue without a name goes on with the
turn before. Tags, comments and styles are left out, and so are the lines that rolling captions
repeat.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from mot_nlp.readers.columns import TURNS, Chosen
from mot_nlp.readers.table import Passed, Table, whole
from mot_nlp.records import Rejected
from mot_nlp.transcripts import parse_turns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mot_nlp.readers.decoding import Text
    from mot_nlp.readers.table import Row

    Piece = tuple[str, str]

_TIME = r"(?:\d+:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}")
_SUBRIP_START = re.compile(rf"\s*\d+[ \t]*\r?\n{_TIMING.pattern}")
_WEBVTT = "WEBVTT"
_COMMENTS = ("NOTE", "STYLE", "REGION", _WEBVTT)

_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^<>]+)>")
_INNER_TIME = re.compile(rf"<{_TIME}>")
# A tag starts with a letter, a slash or a time, so that "5 < 6 > 4" is none.
_TAG = re.compile(r"</?[A-Za-z\d][^<>]*>|</>|\{\\[^{}]*\}")
_ENTITY = re.compile(r"&#?\w+;")
# A dash at the start of a line is another speaker without a name.
_WRAP = re.compile(r"\n(?![-\u2013\u2014]\s)")


def starts_as(head: str) -> str | None:
    """``vtt`` or ``srt`` if a text starts as these do."""
    if head.startswith(_WEBVTT):
        return "vtt"
    return "srt" if _SUBRIP_START.match(head) else None


def captions_table(text: Text, customer: str | None) -> Table:
    """One row, the transcript of a file.

    Args:
        text: WebVTT or SubRip.
        customer: Name of the speaker who is the customer, which is then surely a speaker's.
    """
    own = Chosen(texts=(TURNS,), id=None, id_named=False, source=None, kept=())
    passed = Passed()
    rows = _rows(text, customer, passed)
    return Table([TURNS], lambda _: rows, own=own, passed=passed, is_one=True)


def turns_of(text: str, customer: str | None = None) -> list[dict[str, str]]:
    """The turns of a WebVTT or SubRip text, in order; none if it holds no cue.

    Args:
        text: The text, lines ended by newlines.
        customer: Name of the speaker who is the customer.

    Returns:
        Mappings with ``speaker``, empty where there is no name, and ``text``.
    """
    cues = list(_cues(text.split("\n")))
    if _INNER_TIME.search(text):
        cues = _unrolled(cues)
    pieces = [piece for cue in cues for piece in _pieces(cue)]
    if not any(speaker for speaker, _ in pieces):
        joined = "\n".join(words for _, words in pieces)
        turns = parse_turns(joined, customer=customer)
        pieces = [(turn.speaker, joined[turn.start : turn.end]) for turn in turns]
    return [{"speaker": speaker, "text": words} for speaker, words in _joined(pieces)]


def _rows(text: Text, customer: str | None, passed: Passed) -> Iterator[Row]:
    if passed.rows:
        return
    found = whole(text)
    if isinstance(found, Rejected):
        yield 1, found
        return
    turns = turns_of(found, customer)
    reason = "the file holds no cue, a line of times and the words below it; check its format"
    yield 1, {TURNS: turns} if turns else Rejected(text.name, 1, "", reason)


def _cues(lines: Sequence[str]) -> Iterator[list[str]]:
    """Lines of each cue; what follows a blank line and is neither cue nor comment still counts."""
    cue: list[str] | None = None
    block: list[str] = []
    is_payload = False
    for line in map(str.strip, [*lines, ""]):
        if _TIMING.match(line):
            if block and (block[-1].isdigit() or (not is_payload and len(block) == 1)):
                block.pop()  # the name of the cue that starts here
            if cue is not None:
                yield [*cue, *block]
            cue, block, is_payload = [], [], True
        elif line:
            block.append(line)
        else:
            if cue is not None and (is_payload or not _is_comment(block)):
                cue += block
            block, is_payload = [], False
    if cue is not None:
        yield cue


def _is_comment(block: Sequence[str]) -> bool:
    return bool(block) and block[0].startswith(_COMMENTS)


def _unrolled(cues: Sequence[Sequence[str]]) -> list[list[str]]:
    """Cues without the lines that stood in the one before, as live captions scroll."""
    last = ""
    kept: list[list[str]] = []
    for cue in cues:
        kept.append([])
        for line in cue:
            words = _clean(line)
            if words and words != last:
                kept[-1].append(line)
                last = words
    return kept


def _pieces(cue: Sequence[str]) -> list[Piece]:
    """Speakers, empty where there is no ``<v>``, and their words."""
    before, *voices = _VOICE.split("\n".join(cue))
    named = zip(voices[::2], voices[1::2], strict=True)
    cleaned = [(_clean(name), _clean(words)) for name, words in [("", before), *named]]
    return [piece for piece in cleaned if piece[1]]


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    turns: list[tuple[str, list[str]]] = []
    for speaker, words in pieces:
        if turns and speaker in ("", turns[-1][0]):
            turns[-1][1].append(words)
        else:
            turns.append((speaker, [words]))
    return [(speaker, _WRAP.sub(" ", "\n".join(words))) for speaker, words in turns]


def _clean(words: str) -> str:
    return _ENTITY.sub(lambda match: html.unescape(match[0]), _TAG.sub("", words)).strip()
