"""The segmenter: blocks, then spaCy tokens, then sentences, then clauses."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mot_nlp.records import Segment
from mot_nlp.segmentation.blocks import blocks
from mot_nlp.segmentation.clauses import clause_starts
from mot_nlp.segmentation.sentences import sentence_starts
from mot_nlp.segmentation.words import FIRST_SYMBOL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.language import Language

    from mot_nlp.records import Document

LARGEST_VOCABULARY = 200_000
"""Different words that a pipeline remembers (80 MB of them) before a fresh one replaces it."""


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
        for first, last in blocks(text, start, end):
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
        sentences = [0, *sentence_starts(words, spaced), len(words)]
        starts: list[int] = []
        for first, last in pairwise(sentences):
            if first > 0:
                starts.append(first)
            starts.extend(clause_starts(lowered, spaced, first, last))
        return [start + offsets[position] for position in starts]


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
    return any(c.isalnum() or c >= FIRST_SYMBOL for c in text[start:end])


def _stripped(text: str, borders: list[int]) -> Iterator[tuple[int, int]]:
    for start, end in pairwise(borders):
        piece = text[start:end]
        left = len(piece) - len(piece.lstrip())
        right = len(piece.rstrip())
        if right > left:
            yield start + left, start + right
