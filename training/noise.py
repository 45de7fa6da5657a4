"""Rough copies of training documents: the same words as people type them in a hurry.

Exports are full of typos, capitals and missing stops; the corpus holds fewer of them than life. Only
what stands in labelled segments is roughened: speakers' names and agents' turns stay.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mot_nlp.records import Segment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.corpus import LabelledDocument

TYPO_RATE = 0.04
"""Share of letters that are mistyped in a document with typos."""
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS = {
    key: row[max(0, place - 1) : place] + row[place + 1 : place + 2]
    for row in _ROWS
    for place, key in enumerate(row)
}
_MARKS = re.compile(r"(?<!\d)[.,;:!?](?!\d)|['’\"]")


def roughened(
    documents: Sequence[LabelledDocument], share: float, *, seed: int
) -> list[LabelledDocument]:
    """The documents, some of them rough.

    Half of these have typos; the others lack stops and capitals, or are in one case only.

    Args:
        documents: Labelled documents.
        share: How many of them are roughened, 0 to 1.
        seed: Seed of which, and how.
    """
    dice = random.Random(seed)
    return [roughen(d, dice) if dice.random() < share else d for d in documents]


def roughen(document: LabelledDocument, dice: random.Random) -> LabelledDocument:
    """One document, roughened; its segments keep their number, order and labels."""
    way = dice.choice((_typos, _typos, _typos, _bare, _lower, _capitals))
    text, segments, last = "", [], 0
    for segment in document.segments:
        text += document.text[last : segment.start]
        before = document.text[segment.start : segment.end]
        after = way(before, dice).strip() or before
        segments.append(Segment(len(text), len(text) + len(after), segment.turn))
        text += after
        last = segment.end
    return replace(document, text=text + document.text[last:], segments=tuple(segments))


def _typos(text: str, dice: random.Random) -> str:
    out = list(text)
    for place, letter in enumerate(text):
        if letter.isalpha() and dice.random() < TYPO_RATE:
            out[place] = _mistyped(letter, dice)
    return "".join(out)


def _mistyped(letter: str, dice: random.Random) -> str:
    """Nothing, the letter twice, or the key beside it."""
    near = _NEIGHBOURS.get(letter.lower(), letter)
    return dice.choice(("", letter * 2, dice.choice(near)))


def _bare(text: str, dice: random.Random) -> str:
    return _MARKS.sub("", _lower(text, dice))


def _lower(text: str, dice: random.Random) -> str:  # noqa: ARG001 - all ways are called alike
    return text.lower()


def _capitals(text: str, dice: random.Random) -> str:  # noqa: ARG001 - all ways are called alike
    return text.upper()
