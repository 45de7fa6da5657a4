"""Customer turns to segments: sentences, and clauses where a sentence turns.

spaCy's English tokenizer knows abbreviations, prices, URLs and emoticons; the rules here say
where a segment ends. They follow how people write feedback, not how books are printed: a new
sentence need not begin with a capital, emojis close a sentence, a line break ends a list item,
and a long stretch without any full stop is cut where a new subject begins.

Every non-space character of a customer turn belongs to exactly one segment.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mot_nlp.records import Segment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.language import Language

    from mot_nlp.records import Document

TURNING = frozenset(["but", "however", "although", "whereas"])
"""Words at which a sentence turns, wherever they stand."""

TURNING_AFTER_COMMA = TURNING | frozenset(["though", "while", "yet", "except"])
"""Words at which it turns behind a comma."""

NOT_TURNING_AFTER = frozenset(
    ["nothing", "anything", "everything", "none", "all", "no", "not", "and", "or", ",", "(", '"']
)
"""Words behind which ``but`` is no turn: "nothing but", "and however"."""

COORDINATORS = frozenset(["and", "so", "then", "but", "also", "n", "&"])
SUBJECTS = frozenset(
    ["i", "we", "you", "he", "she", "it", "they", "this", "that", "these", "there"]
)
SUBJECTS |= frozenset(["the", "my", "our", "your", "his", "her", "their", "its"])

CLAUSE_WORDS = 3
"""Fewest words on either side of a turn within a sentence."""

RUN_ON_WORDS = 30
"""A stretch with no end mark longer than this is cut where a new subject begins."""

RUN_ON_CLAUSE_WORDS = 7
"""Fewest words on either side of such a cut."""

LARGEST_BLOCK = 5_000
"""Characters tokenised at once; a longer line is cut at white space first."""

LARGEST_VOCABULARY = 200_000
"""Different words that a pipeline remembers (80 MB of them) before a fresh one replaces it."""

_END_MARKS = frozenset(".!?…‼⁇⁈⁉。！？")
_END = re.compile(r"[.!?…‼⁇⁈⁉。！？]+")
_EMOTICON = re.compile(r"[:;=]['’]?-?[()DPp/\\|\[\]3]+|[xX]D+|<3+")
_ABBREVIATION = re.compile(
    r"(?i:approx|incl|excl|dept|est|max|min|mins|hrs?|wks?|yrs?|vs|etc|no|nos|tel|ext|ref|fig|st|rd|ave|ft|lbs?|oz|inc|ltd|co|corp|mr|mrs|ms|dr|prof|e\.?g|i\.?e|a\.?m|p\.?m)"
)
_NUMBERING = re.compile(r"\(?(\d{1,3}|[a-zA-Z])[.)]")
_CLOSERS = frozenset(")]}\"'”’»*")
_LEADING = frozenset(("e.g.", "i.e.", "vs.", "mr.", "mrs.", "ms.", "dr.", "prof.", "st."))
_DASHES = frozenset(("-", "--", "---", "–", "—"))
_JOINERS = frozenset("\u200d\ufe0e\ufe0f")
_FIRST_SYMBOL = "\u2100"
_CUES = TURNING_AFTER_COMMA | COORDINATORS | _DASHES
_ITEM = re.compile(r"\s*([-*•+▪◦‣·✓✔✅❌👍👎]|\(?\d{1,3}[.)]|\(?[a-z]\))\s+")
_BREAK = re.compile(r"[\n\r\x0b\x0c\x85\u2028\u2029]\s*")


def _new_pipeline() -> Language:
    """Blank English pipeline of spaCy whose tokenizer also parts "great!I" and "late;so"."""
    import spacy
    from spacy.util import compile_infix_regex

    nlp = spacy.blank("en")
    infixes = [*(nlp.Defaults.infixes or ()), r"(?<=[A-Za-z)])[!?;]+(?=[A-Za-z(])"]
    tokenizer: Any = nlp.tokenizer
    tokenizer.infix_finditer = compile_infix_regex(infixes).finditer
    return nlp


class Segmenter:
    """Cuts the customer's turns of documents into segments; one thread at a time may use it."""

    def __init__(self) -> None:
        self._nlp = _new_pipeline()

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
        block = text[start:end]
        if len(self._nlp.vocab) > LARGEST_VOCABULARY:
            self._nlp = _new_pipeline()
        doc = self._nlp.make_doc(block)
        # A column of all tokens at once: a Token object each takes longer than the tokenizer.
        offsets, lengths, spaced = doc.to_array(["IDX", "LENGTH", "SPACY"]).T.tolist()
        words = [block[i : i + n] for i, n in zip(offsets, lengths, strict=True)]
        lowered = [word.lower() for word in words]
        sentences = [0, *_sentence_starts(words, spaced), len(words)]
        starts: list[int] = []
        for first, last in pairwise(sentences):
            if first > 0:
                starts.append(first)
            starts.extend(_clause_starts(lowered, spaced, first, last))
        return [start + offsets[position] for position in starts]


def _blocks(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Lines, with lines that were only wrapped joined and very long ones cut."""
    begin, position = start, start
    while position < end:
        match = _BREAK.search(text, position, end)
        if match is None:
            break
        stop, position = match.start(), match.end()
        while stop > begin and text[stop - 1].isspace():
            stop -= 1
        if not _is_wrapped(text, begin, stop, position, end):
            yield from _limited(text, begin, stop)
            begin = position
    yield from _limited(text, begin, end)


def _is_wrapped(text: str, begin: int, stop: int, resume: int, end: int) -> bool:
    """Whether the break between ``stop`` and ``resume`` only wraps a running sentence.

    It does where a long line without an end mark is followed by a lower-case word, with no empty
    line between them.
    """
    if resume >= end or stop <= begin or len(text[stop:resume].strip(" \t").splitlines()) > 1:
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
        cut = max(
            text.rfind(" ", start, start + LARGEST_BLOCK),
            text.rfind("\t", start, start + LARGEST_BLOCK),
        )
        cut = cut if cut > start else start + LARGEST_BLOCK
        yield start, cut
        start = cut
    if start < end:
        yield start, end


def _sentence_starts(words: list[str], spaced: list[int]) -> Iterator[int]:
    """Token positions, after the first, at which a sentence starts."""
    sentence = 0
    # Most tokens neither end in a mark nor are emojis, so they need no closer look.
    marks = [
        position
        for position, word in enumerate(words[:-1])
        if word[-1] in _END_MARKS or word[0] >= _FIRST_SYMBOL
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
    if not _END.fullmatch(word):
        return _ends_without_mark(words, sentence, position)
    if _END.fullmatch(following):
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
        return _has_words(words, sentence, position, CLAUSE_WORDS)
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
    if _END.fullmatch(word):
        return True
    if word in _CLOSERS:
        return not spaced[position - 1]
    return _is_pictorial(word) or _EMOTICON.fullmatch(word) is not None


def _is_pictorial(word: str) -> bool:
    """Whether a token is emojis or symbols rather than words, prices, quotes or white space."""
    return word in _JOINERS or all(c >= _FIRST_SYMBOL and not c.isalnum() for c in word)


def _clause_starts(lowered: list[str], spaced: list[int], first: int, last: int) -> Iterator[int]:
    """Token positions inside the sentence ``first:last`` at which a clause turns."""
    clause = first
    for position in range(first + 1, last):
        if lowered[position] not in _CUES and lowered[position - 1] != ";":
            continue
        turn = _turns(lowered, spaced, position) or _runs_on(lowered, clause, position, last)
        if (
            turn
            and _has_words(lowered, clause, position, CLAUSE_WORDS)
            and _has_words(lowered, position, last, CLAUSE_WORDS)
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
    return _has_words(lowered, clause, position, RUN_ON_CLAUSE_WORDS) and _has_words(
        lowered, position, last, RUN_ON_CLAUSE_WORDS
    )


def _has_words(words: list[str], first: int, last: int, fewest: int) -> bool:
    """Whether at least ``fewest`` of the tokens ``first:last`` are words or numbers."""
    for position in range(first, last):
        if words[position][0].isalnum():
            fewest -= 1
            if not fewest:
                return True
    return False


def _merge_wordless(text: str, borders: list[int]) -> list[int]:
    """Drop borders that would leave a segment without a letter, digit or emoji of its own."""
    if len(borders) == 2:
        return borders
    kept = [borders[0]]
    for border, following in pairwise(borders[1:]):
        if _has_substance(text, kept[-1], border) and _has_substance(text, border, following):
            kept.append(border)
    return [*kept, borders[-1]]


def _has_substance(text: str, start: int, end: int) -> bool:
    return any(c.isalnum() or c >= _FIRST_SYMBOL for c in text[start:end])


def _stripped(text: str, borders: list[int]) -> Iterator[tuple[int, int]]:
    for start, end in pairwise(borders):
        piece = text[start:end]
        left = len(piece) - len(piece.lstrip())
        right = len(piece.rstrip())
        if right > left:
            yield start + left, start + right
