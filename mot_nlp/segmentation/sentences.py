"""Where a sentence ends in feedback: marks, emojis, abbreviations, numbering."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mot_nlp.segmentation.words import (
    CLAUSE_WORDS,
    END,
    END_MARKS,
    FIRST_SYMBOL,
    SUBJECTS,
    has_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_EMOTICON = re.compile(r"[:;=]['’]?-?[()DPp/\\|\[\]3]+|[xX]D+|<3+")
_ABBREVIATION = re.compile(
    r"(?i:approx|incl|excl|dept|est|max|min|mins|hrs?|wks?|yrs?|vs|etc|no|nos|tel|ext|ref|fig|st|rd|ave|ft|lbs?|oz|inc|ltd|co|corp|mr|mrs|ms|dr|prof|e\.?g|i\.?e|a\.?m|p\.?m)"
)
_NUMBERING = re.compile(r"\(?(\d{1,3}|[a-zA-Z])[.)]")
_CLOSERS = frozenset(")]}\"'”’»*")
_LEADING = frozenset(("e.g.", "i.e.", "vs.", "mr.", "mrs.", "ms.", "dr.", "prof.", "st."))
_JOINERS = frozenset("\u200d\ufe0e\ufe0f")


def sentence_starts(words: list[str], spaced: list[int]) -> Iterator[int]:
    """Token positions, after the first, at which a sentence starts."""
    sentence = 0
    # Most tokens neither end in a mark nor are emojis, so they need no closer look.
    marks = [
        position
        for position, word in enumerate(words[:-1])
        if word[-1] in END_MARKS or word[0] >= FIRST_SYMBOL
    ]
    position = 0
    for mark in marks:
        if mark < position or not _ends_sentence(words, spaced, sentence, mark):
            continue
        position = mark + 1
        while position < len(words) and _belongs_to_end(words, spaced, position):
            position += 1
        if position < len(words) and not _is_enclosed(words, mark, position):
            yield position
            sentence = position


def _ends_sentence(words: list[str], spaced: list[int], sentence: int, position: int) -> bool:
    word, following = words[position], words[position + 1]
    if not END.fullmatch(word):
        return _ends_without_mark(words, sentence, position)
    if END.fullmatch(following):
        return True
    if position == sentence or (word == "." and _is_numbering(words, spaced, sentence, position)):
        return False
    if word.startswith((".", "…")) and len(word) > 1 and not spaced[position]:
        return following[0].isupper() and len(following) > 1
    return word != "." or _is_full_stop(words[position - 1], following)


def _is_full_stop(previous: str, following: str) -> bool:
    """Whether a full stop between two words ends a sentence rather than an abbreviation."""
    if previous.lower() in {"no", "nos"} and following[0].isdigit():
        return False
    if following[0].isupper():
        return not (len(previous) == 1 and previous.isupper() and previous != "I")
    return not (_ABBREVIATION.fullmatch(previous) and following[0].isalnum())


def _ends_without_mark(words: list[str], sentence: int, position: int) -> bool:
    """Whether a capital tells that an emoji, or an abbreviation such as "p.m.", ends a sentence."""
    word, following = words[position], words[position + 1]
    if not following[0].isupper():
        return False
    if _is_pictorial(word):
        return has_words(words, sentence, position, CLAUSE_WORDS)
    return word[-1] == "." and following.lower() in SUBJECTS and word.lower() not in _LEADING


def _is_enclosed(words: list[str], mark: int, position: int) -> bool:
    """Whether the sentence goes on behind a mark in quotes or brackets: (great!) and so on."""
    return (
        words[mark] != "."
        and words[position][0].islower()
        and any(word in _CLOSERS for word in words[mark + 1 : position])
    )


def _is_numbering(words: list[str], spaced: list[int], sentence: int, position: int) -> bool:
    """Whether the full stop at ``position`` belongs to "1." or "b." at the sentence's start."""
    return (
        position == sentence + 1
        and bool(spaced[position])
        and _NUMBERING.fullmatch(words[sentence] + ".") is not None
    )


def _belongs_to_end(words: list[str], spaced: list[int], position: int) -> bool:
    """Whether a token behind an end mark still closes the sentence: more marks, quotes, emojis."""
    word = words[position]
    if END.fullmatch(word):
        return True
    if word in _CLOSERS:
        return not spaced[position - 1]
    return _is_pictorial(word) or _EMOTICON.fullmatch(word) is not None


def _is_pictorial(word: str) -> bool:
    """Whether a token is emojis or symbols rather than words, prices, quotes or white space."""
    return word in _JOINERS or all(c >= FIRST_SYMBOL and not c.isalnum() for c in word)
