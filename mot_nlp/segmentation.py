"""Customer turns to segments: sentences, and clauses where a sentence turns.

spaCy's English tokenizer knows abbreviations, prices, URLs and emoticons; the rules here say
where a segment ends. They follow how people write feedback, not how books are printed: a new
sentence need not begin with a capital, emojis close a sentence, a line break ends a list item,
and a long stretch without any full stop is cut where a new subject begins.

Every non-space character of a customer turn belongs to exactly one segment.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mot_nlp.records import Segment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.language import Language

    from mot_nlp.records import Document

TURNING = frozenset("but however although whereas yet except".split())
"""Words at which a sentence turns, wherever they stand."""

TURNING_AFTER_COMMA = TURNING | frozenset("though while".split())
"""Words at which it turns behind a comma."""

NOT_TURNING_AFTER = frozenset("nothing anything everything none all no not and or , ( \"".split())
"""Words behind which ``but`` or ``yet`` is no turn: "nothing but", "not yet"."""

COORDINATORS = frozenset("and so then but also n &".split())
SUBJECTS = frozenset(
    "i we you he she it they the my our your his her their its this that these there".split()
)

CLAUSE_WORDS = 3
"""Fewest words on either side of a turn within a sentence."""

RUN_ON_WORDS = 30
"""A stretch with no end mark longer than this is cut where a new subject begins."""

RUN_ON_CLAUSE_WORDS = 7
"""Fewest words on either side of such a cut."""

LARGEST_BLOCK = 5_000
"""Characters tokenised at once; a longer line is cut at white space first."""

_END = re.compile(r"[.!?…‼⁇⁈⁉。！？]+")
_ABBREVIATION = re.compile(
    r"(?i:approx|incl|excl|dept|est|max|min|mins|hrs?|wks?|yrs?|vs|etc|no|nos|tel|ext|ref|fig|st|rd|ave|ft|lbs?|oz|inc|ltd|co|corp|mr|mrs|ms|dr|prof|e\.?g|i\.?e|a\.?m|p\.?m)"
)
_NUMBERING = re.compile(r"\(?(\d{1,3}|[a-zA-Z])[.)]")
_CLOSERS = frozenset(")]}\"'”’»*")
_DASHES = frozenset(("-", "--", "---", "–", "—"))
_ITEM = re.compile(r"\s*([-*•+▪◦‣·✓✔✅❌👍👎]|\(?\d{1,3}[.)]|\(?[a-z]\))\s+")
_BREAK = re.compile(r"\s*(?:\r\n|[\n\r\x0b\x0c\x85\u2028\u2029])\s*")


@lru_cache(maxsize=1)
def _tokenizer() -> Language:
    """spaCy's blank English pipeline, that also parts "great!I" and "late;so"."""
    import spacy
    from spacy.util import compile_infix_regex

    nlp = spacy.blank("en")
    infixes = [*(nlp.Defaults.infixes or ()), r"(?<=[A-Za-z)])[!?;]+(?=[A-Za-z(])"]
    nlp.tokenizer.infix_finditer = compile_infix_regex(infixes).finditer
    nlp.max_length = LARGEST_BLOCK * 2
    return nlp


class Segmenter:
    """Cuts the customer's turns of documents into segments."""

    def __init__(self) -> None:
        self._nlp = _tokenizer()

    def __call__(self, document: Document) -> tuple[Segment, ...]:
        """Segments of all customer turns, in order.

        Returns:
            Segments that do not overlap, stripped of white space, each within one turn.
        """
        segments = []
        for number, turn in enumerate(document.turns):
            if turn.is_customer:
                for start, end in self.spans(document.text, turn.start, turn.end):
                    segments.append(Segment(start, end, number))
        return tuple(segments)

    def spans(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Segments of ``text[start:end]`` as (start, end) offsets into ``text``."""
        for first, last in _blocks(text, start, end):
            borders = [first, *self._borders(text, first, last), last]
            yield from _stripped(text, _merge_wordless(text, borders))

    def _borders(self, text: str, start: int, end: int) -> list[int]:
        """Offsets within a block at which a new segment begins."""
        doc = self._nlp.make_doc(text[start:end])
        words = [token.text for token in doc]
        offsets = [start + token.idx for token in doc]
        spaced = [bool(token.whitespace_) for token in doc]
        sentences = [0, *_sentence_starts(words, spaced), len(words)]
        borders: list[int] = []
        for first, last in zip(sentences, sentences[1:], strict=False):
            if first > 0:
                borders.append(offsets[first])
            borders.extend(offsets[i] for i in _clause_starts(words, spaced, first, last))
        return borders


def _blocks(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Lines, with lines that were only wrapped joined and very long ones cut."""
    begin, position = start, start
    while position < end:
        match = _BREAK.search(text, position, end)
        if match is None:
            break
        position = match.end()
        if not _is_wrapped(text, begin, match.start(), match.end(), end):
            yield from _limited(text, begin, match.start())
            begin = match.end()
    yield from _limited(text, begin, end)


def _is_wrapped(text: str, begin: int, stop: int, resume: int, end: int) -> bool:
    """Whether the break between ``stop`` and ``resume`` only wraps a running sentence.

    It does where a long line without an end mark is followed by a lower-case word.
    """
    if resume >= end or stop <= begin or "\n" in text[stop:resume].strip(" \t").strip("\n"):
        return False
    last_line = text[max(begin, text.rfind("\n", begin, stop) + 1) : stop]
    return (
        len(last_line) >= 50
        and text[resume].islower()
        and not _END.match(text[stop - 1])
        and not _ITEM.match(text, resume)
    )


def _limited(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LARGEST_BLOCK:
        cut = max(text.rfind(" ", start, start + LARGEST_BLOCK), text.rfind("\t", start, start + LARGEST_BLOCK))
        cut = cut if cut > start else start + LARGEST_BLOCK
        yield start, cut
        start = cut
    if start < end:
        yield start, end


def _sentence_starts(words: list[str], spaced: list[bool]) -> Iterator[int]:
    """Token positions, after the first, at which a sentence starts."""
    sentence = 0
    position = 0
    while position < len(words) - 1:
        if not _ends_sentence(words, spaced, sentence, position):
            position += 1
            continue
        position += 1
        while position < len(words) and _belongs_to_end(words, spaced, position):
            position += 1
        if position < len(words):
            yield position
            sentence = position


def _ends_sentence(words: list[str], spaced: list[bool], sentence: int, position: int) -> bool:
    word = words[position]
    if not _END.fullmatch(word):
        return False
    if _END.fullmatch(words[position + 1]):
        return True
    following = words[position + 1]
    if position == sentence or (word == "." and _is_numbering(words, spaced, sentence, position)):
        return False
    if word.startswith((".", "…")) and len(word) > 1 and not spaced[position]:
        return following[0].isupper() and len(following) > 1
    if word != ".":
        return True
    previous = words[position - 1]
    if previous.lower() in {"no", "nos"} and following[0].isdigit():
        return False
    if following[0].isupper():
        return not (len(previous) == 1 and previous.isupper() and previous != "I")
    return not (_ABBREVIATION.fullmatch(previous) and following[0].isalnum())


def _is_numbering(words: list[str], spaced: list[bool], sentence: int, position: int) -> bool:
    """Whether the full stop at ``position`` belongs to "1." or "b." at the sentence's start."""
    return (
        position == sentence + 1
        and spaced[position]
        and _NUMBERING.fullmatch(words[sentence] + ".") is not None
    )


def _belongs_to_end(words: list[str], spaced: list[bool], position: int) -> bool:
    """Whether a token behind an end mark still closes the sentence: more marks, quotes, emojis."""
    word = words[position]
    if _END.fullmatch(word):
        return True
    if word[0] in _CLOSERS and len(word) == 1:
        return not spaced[position - 1]
    return _is_pictorial(word)


def _is_pictorial(word: str) -> bool:
    """Whether a token is emojis or symbols rather than words, numbers or white space."""
    return all(ord(c) > 0x2000 and not c.isalnum() and not c.isspace() for c in word)


def _clause_starts(
    words: list[str], spaced: list[bool], first: int, last: int
) -> Iterator[int]:
    """Token positions inside the sentence ``first:last`` at which a clause turns."""
    clause = first
    for position in range(first + 1, last):
        turn = _turns(words, spaced, position) or _runs_on(words, clause, position, last)
        if turn and _words(words, clause, position) >= CLAUSE_WORDS <= _words(words, position, last):
            yield position
            clause = position


def _turns(words: list[str], spaced: list[bool], position: int) -> bool:
    word, previous = words[position].lower(), words[position - 1].lower()
    if previous == ";":
        return True
    if previous in _DASHES and word not in _DASHES:
        return position > 1 and spaced[position - 1] and spaced[position - 2]
    if previous == ",":
        return word in TURNING_AFTER_COMMA
    return word in TURNING and previous not in NOT_TURNING_AFTER


def _runs_on(words: list[str], clause: int, position: int, last: int) -> bool:
    """Whether a clause without end marks has gone on too long and a new subject begins here."""
    if last - clause <= RUN_ON_WORDS or position + 1 >= last:
        return False
    if words[position].lower() not in COORDINATORS or words[position + 1].lower() not in SUBJECTS:
        return False
    return (
        _words(words, clause, position) >= RUN_ON_CLAUSE_WORDS
        and _words(words, position, last) >= RUN_ON_CLAUSE_WORDS
    )


def _words(words: list[str], first: int, last: int) -> int:
    return sum(1 for word in words[first:last] if word[0].isalnum())


def _merge_wordless(text: str, borders: list[int]) -> list[int]:
    """Drop borders that would leave a segment without a letter, digit or emoji of its own."""
    kept = [borders[0]]
    for border, following in zip(borders[1:-1], borders[2:], strict=True):
        if _has_substance(text, kept[-1], border) and _has_substance(text, border, following):
            kept.append(border)
    return [*kept, borders[-1]]


def _has_substance(text: str, start: int, end: int) -> bool:
    return any(c.isalnum() or ord(c) > 0x2100 for c in text[start:end])


def _stripped(text: str, borders: list[int]) -> Iterator[tuple[int, int]]:
    for start, end in zip(borders, borders[1:], strict=False):
        piece = text[start:end]
        left = len(piece) - len(piece.lstrip())
        right = len(piece.rstrip())
        if right > left:
            yield start + left, start + right
