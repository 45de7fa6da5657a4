"""Plain text to rows: a document a line, or a whole file that is one transcript.

A ``.txt`` file is one transcript if, in its first 64 KiB, the first line names a speaker, at least a
third of the lines that are not blank do, there are two speakers or more but no more than twenty, and
one of them speaks again. Any other holds a document a line. Where a ``.txt`` file starts as WebVTT or
SubRip do, it is read as that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mot_nlp.readers.captions import starts_as
from mot_nlp.readers.columns import TEXT_NAMES, Chosen
from mot_nlp.readers.decoding import START
from mot_nlp.readers.encodings import has_foreign
from mot_nlp.readers.kinds import UTF16_MARKS
from mot_nlp.readers.table import Passed, Table, whole
from mot_nlp.records import Rejected
from mot_nlp.transcripts import parse_turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mot_nlp.readers.decoding import Text
    from mot_nlp.readers.table import Row

_TEXT = TEXT_NAMES[0]
_SOURCE = "source"

_FEWEST_SPEAKERS, _MOST_SPEAKERS = 2, 20
_LEAST_SPOKEN = 1 / 3

_ORDER_MARK = "\ufeff"
_LINE = re.compile(r"[\r\n]+")


def told_by_start(start: bytes) -> str:
    """What a ``.txt`` file holds: ``text``, ``transcript``, ``vtt`` or ``srt``."""
    encoding = "utf-16" if start.startswith(UTF16_MARKS) else "utf-8-sig"
    head = start.decode(encoding, "replace")
    captions = starts_as(head)
    if captions:
        return captions
    if len(start) >= START:  # the last line may be cut
        head = head[: max(head.rfind("\n"), head.rfind("\r")) + 1]
    return "transcript" if _is_transcript(head) else "text"


def lines_table(text: Text) -> Table:
    """A row for every line that is not blank."""
    passed = Passed()
    own = Chosen(texts=(_TEXT,), id=None, id_named=False, source=None, kept=())
    return Table([_TEXT], lambda _: _lines(text, passed), own=own, passed=passed)


def transcript_table(text: Text) -> Table:
    """One row, the whole text, which is a transcript."""
    passed = Passed()
    own = Chosen(texts=(_TEXT,), id=None, id_named=False, source=_SOURCE, kept=())
    return Table(
        [_TEXT, _SOURCE], lambda _: _whole(text, passed), own=own, passed=passed, is_one=True
    )


def _lines(text: Text, passed: Passed) -> Iterator[Row]:
    filled = (line for line in text.lines(None) if line.strip().strip(_ORDER_MARK))
    for number, line in enumerate(filled, start=1):
        if number <= passed.rows:
            continue
        if has_foreign(line):
            yield number, Rejected(text.name, number, "", text.not_text)
        else:
            yield number, {_TEXT: line.rstrip("\n")}


def _whole(text: Text, passed: Passed) -> Iterator[Row]:
    if passed.rows:
        return
    found = whole(text)
    yield 1, found if isinstance(found, Rejected) else {_TEXT: found, _SOURCE: "transcript"}


def _is_transcript(head: str) -> bool:
    turns = parse_turns(head)
    if not turns or not turns[0].speaker:
        return False
    lines = sum(bool(line.strip()) for line in _LINE.split(head))
    speakers = len({turn.speaker.casefold() for turn in turns})
    return (
        _FEWEST_SPEAKERS <= speakers <= _MOST_SPEAKERS
        and len(turns) > speakers
        and len(turns) >= _LEAST_SPOKEN * lines
    )
