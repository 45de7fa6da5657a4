"""Where a sentence turns: but, however, dashes, semicolons, and run-on stretches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mot_nlp.segmentation.words import CLAUSE_WORDS, SUBJECTS, has_words

if TYPE_CHECKING:
    from collections.abc import Iterator

TURNING = frozenset(["but", "however", "although", "whereas"])
"""Words at which a sentence turns, wherever they stand."""

TURNING_AFTER_COMMA = TURNING | frozenset(["though", "while", "yet", "except"])
"""Words at which it turns behind a comma."""

NOT_TURNING_AFTER = frozenset(
    ["nothing", "anything", "everything", "none", "all", "no", "not", "and", "or", ",", "(", '"']
)
"""Words behind which ``but`` is no turn: "nothing but", "and however"."""

COORDINATORS = frozenset(["and", "so", "then", "but", "also", "n", "&"])

RUN_ON_WORDS = 30
"""A stretch with no end mark longer than this is cut where a new subject begins."""

RUN_ON_CLAUSE_WORDS = 7
"""Fewest words on either side of such a cut."""

_DASHES = frozenset(("-", "--", "---", "–", "—"))
_CUES = TURNING_AFTER_COMMA | COORDINATORS | _DASHES


def clause_starts(lowered: list[str], spaced: list[int], first: int, last: int) -> Iterator[int]:
    """Token positions inside the sentence ``first:last`` at which a clause turns."""
    clause = first
    for position in range(first + 1, last):
        if lowered[position] not in _CUES and lowered[position - 1] != ";":
            continue
        turn = _turns(lowered, spaced, position) or _runs_on(lowered, clause, position, last)
        if (
            turn
            and has_words(lowered, clause, position, CLAUSE_WORDS)
            and has_words(lowered, position, last, CLAUSE_WORDS)
        ):
            yield position
            clause = position


def _turns(lowered: list[str], spaced: list[int], position: int) -> bool:
    word, previous = lowered[position], lowered[position - 1]
    if previous == ";":
        return True
    if word in _DASHES:
        return bool(spaced[position - 1] and spaced[position]) and previous not in _DASHES
    if previous == ",":
        return word in TURNING_AFTER_COMMA
    return word in TURNING and previous not in NOT_TURNING_AFTER


def _runs_on(lowered: list[str], clause: int, position: int, last: int) -> bool:
    """Whether a clause without end marks has gone on too long and a new subject begins here."""
    if last - clause <= RUN_ON_WORDS or position + 1 >= last:
        return False
    if lowered[position] not in COORDINATORS or lowered[position + 1] not in SUBJECTS:
        return False
    return has_words(lowered, clause, position, RUN_ON_CLAUSE_WORDS) and has_words(
        lowered, position, last, RUN_ON_CLAUSE_WORDS
    )
