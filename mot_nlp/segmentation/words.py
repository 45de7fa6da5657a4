"""What both sentences and clauses are told by: end marks, symbols, subjects, counts of words."""

from __future__ import annotations

import re

SUBJECTS = frozenset(
    ["i", "we", "you", "he", "she", "it", "they", "this", "that", "these", "there"]
)
SUBJECTS |= frozenset(["the", "my", "our", "your", "his", "her", "their", "its"])

CLAUSE_WORDS = 3
"""Fewest words on either side of a turn within a sentence."""

END_MARKS = frozenset(".!?…‼⁇⁈⁉。！？")
END = re.compile(r"[.!?…‼⁇⁈⁉。！？]+")
FIRST_SYMBOL = "\u2100"
"""Characters from here on that are no letters or digits are emojis and symbols."""


def has_words(words: list[str], first: int, last: int, fewest: int) -> bool:
    """Whether at least ``fewest`` of the tokens ``first:last`` are words or numbers."""
    for position in range(first, last):
        if words[position][0].isalnum():
            fewest -= 1
            if not fewest:
                return True
    return False
