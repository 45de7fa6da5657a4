"""Documents to token windows: tokenise whole, cut at segment borders, batch by equal length.

The encoder sees a document in one pass, so every segment is read in its context. A document
longer than the window is cut between segments; a single segment longer than the window is cut
at white space, and its pieces' scores are averaged by their tokens.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    from mot_nlp.records import Segment

LENGTH_STEP = 16
"""Windows are padded to the next multiple of this: few shapes, little padding."""

CONTEXT_SHARE = 4
"""Where a document needs several windows, context before a segment fills at most 1/4 of one."""

_SPECIAL_NAMES = (("[CLS]", "<s>"), ("[SEP]", "</s>"), ("[PAD]", "<pad>"), ("[UNK]", "<unk>"))


@dataclass(frozen=True, slots=True)
class Piece:
    """Tokens ``start:end`` of a window, which belong to one segment of the document."""

    segment: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Window:
    """What the encoder reads at once: token ids, special tokens included, and whose they are."""

    ids: tuple[int, ...]
    pieces: tuple[Piece, ...]

    @property
    def padded_length(self) -> int:
        """Length after padding, a multiple of ``LENGTH_STEP``."""
        return -(-len(self.ids) // LENGTH_STEP) * LENGTH_STEP


@dataclass(slots=True)
class _Tokens:
    """Tokens of one document: ids, first and last character, and the segment or -1."""

    ids: list[int]
    starts: list[int]
    segments: list[int]


@dataclass(frozen=True, slots=True)
class _Unit:
    """Tokens that stay in one window: context from ``context``, a segment's from ``start``."""

    segment: int
    context: int
    start: int
    end: int


class WindowEncoder:
    """Cuts tokenised documents into windows.

    Args:
        tokenizer: A fast tokenizer with BERT's or RoBERTa's special tokens.
        window: Most tokens in a window, the two special ones included.

    Raises:
        BundleError: The tokenizer lacks a special token.
    """

    def __init__(self, tokenizer: Tokenizer, *, window: int) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        self._capacity = window - 2
        found = [
            next((i for name in names if (i := tokenizer.token_to_id(name)) is not None), None)
            for names in _SPECIAL_NAMES
        ]
        for names, token in zip(_SPECIAL_NAMES, found, strict=True):
            if token is None:
                raise BundleError(f"the tokenizer has neither of the tokens {' and '.join(names)}")
        self.opening, self.closing, self.padding, self.unknown = (int(i or 0) for i in found)

    @classmethod
    def from_file(cls, path: Path, *, window: int) -> WindowEncoder:
        """Read a ``tokenizer.json``."""
        from tokenizers import Tokenizer

        return cls(Tokenizer.from_file(str(path)), window=window)

    def encode(
        self, texts: Sequence[str], segments: Sequence[Sequence[Segment]]
    ) -> list[list[Window]]:
        """Windows of each text; every segment has at least one token in one window.

        Args:
            texts: Document texts, without lone surrogates.
            segments: Segments of each text, ordered and not overlapping.
        """
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [
            self._windows(text, self._assign(encoding.ids, encoding.offsets, spans))
            if spans
            else []
            for text, encoding, spans in zip(texts, encodings, segments, strict=True)
        ]

    def _assign(
        self, ids: list[int], offsets: list[tuple[int, int]], spans: Sequence[Segment]
    ) -> _Tokens:
        """Say of each token whose it is; a segment without a token gets the unknown token."""
        tokens = _Tokens([], [], [])
        position = 0
        for number, span in enumerate(spans):
            while position < len(ids) and offsets[position][0] < span.start:
                tokens.ids.append(ids[position])
                tokens.starts.append(offsets[position][0])
                tokens.segments.append(-1)
                position += 1
            before = len(tokens.ids)
            while position < len(ids) and offsets[position][0] < span.end:
                tokens.ids.append(ids[position])
                tokens.starts.append(offsets[position][0])
                tokens.segments.append(number)
                position += 1
            if len(tokens.ids) == before:
                tokens.ids.append(self.unknown)
                tokens.starts.append(span.start)
                tokens.segments.append(number)
        rest = len(ids) - position
        tokens.ids.extend(ids[position:])
        tokens.starts.extend(start for start, _ in offsets[position:])
        tokens.segments.extend([-1] * rest)
        return tokens

    def _windows(self, text: str, tokens: _Tokens) -> list[Window]:
        if len(tokens.ids) <= self._capacity:
            return [self._window(tokens, list(_whole(tokens)), end=len(tokens.ids))]
        units = list(self._units(text, tokens))
        sizes = [unit.end - unit.context for unit in units]
        return [
            self._window(tokens, units[first:last])
            for first, last in _even_runs(sizes, self._capacity)
        ]

    def _units(self, text: str, tokens: _Tokens) -> Iterator[_Unit]:
        """Segments with the context before them, long ones cut at white space."""
        most_context = self._capacity // CONTEXT_SHARE
        for unit in _whole(tokens):
            start = unit.start
            context = max(unit.context, start - min(most_context, self._capacity // 2))
            while unit.end - start > self._capacity - (start - context):
                if unit.end - start <= self._capacity:
                    context = unit.end - self._capacity
                    break
                cut = _white_space_before(
                    text, tokens, start, start + self._capacity - (start - context)
                )
                yield _Unit(unit.segment, context, start, cut)
                start = context = cut
            yield _Unit(unit.segment, context, start, unit.end)

    def _window(self, tokens: _Tokens, units: list[_Unit], *, end: int | None = None) -> Window:
        ids = [self.opening]
        pieces = []
        for unit in units:
            ids.extend(tokens.ids[unit.context : unit.start])
            pieces.append(Piece(unit.segment, len(ids), len(ids) + unit.end - unit.start))
            ids.extend(tokens.ids[unit.start : unit.end])
        if end is not None:
            ids.extend(tokens.ids[units[-1].end : end])
        return Window((*ids, self.closing), tuple(pieces))


def _whole(tokens: _Tokens) -> Iterator[_Unit]:
    """One unit a segment, with all context before it."""
    context = position = 0
    while position < len(tokens.segments):
        segment = tokens.segments[position]
        start = position
        while position < len(tokens.segments) and tokens.segments[position] == segment:
            position += 1
        if segment >= 0:
            yield _Unit(segment, context, start, position)
            context = position


def _white_space_before(text: str, tokens: _Tokens, start: int, limit: int) -> int:
    """Last token after ``start`` and up to ``limit`` that follows white space, else ``limit``."""
    for cut in range(limit, start, -1):
        if text[tokens.starts[cut] - 1].isspace():
            return cut
    return limit


def _even_runs(sizes: Sequence[int], capacity: int) -> list[tuple[int, int]]:
    """Split ``sizes`` into the fewest runs that fit ``capacity``, about equally full."""
    fewest = len(_runs(sizes, capacity))
    low, high = max(sizes), capacity
    while low < high:
        middle = (low + high) // 2
        if len(_runs(sizes, middle)) > fewest:
            low = middle + 1
        else:
            high = middle
    return _runs(sizes, low)


def _runs(sizes: Sequence[int], capacity: int) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    first = filled = 0
    for position, size in enumerate(sizes):
        if filled + size > capacity and position > first:
            runs.append((first, position))
            first, filled = position, 0
        filled += size
    return [*runs, (first, len(sizes))]


def batches(windows: Sequence[Window], *, token_budget: int) -> list[list[int]]:
    """Positions of windows to infer together.

    Only windows of equal padded length share a batch, so that none sees padding that depends on
    its batch-mates. What is left of a length after its full batches goes in powers of two: OpenVINO
    keeps code for every shape it has met, which would otherwise grow for hours.

    Args:
        windows: Windows in any order.
        token_budget: Most padded tokens in a batch of several windows.

    Returns:
        Batches of positions in ``windows``, short windows first.
    """
    by_length: dict[int, list[int]] = defaultdict(list)
    for position, window in enumerate(windows):
        by_length[window.padded_length].append(position)
    out: list[list[int]] = []
    for length, positions in sorted(by_length.items()):
        most = max(1, token_budget // length)
        start = 0
        while left := len(positions) - start:
            size = most if left >= most else 1 << (left.bit_length() - 1)
            out.append(positions[start : start + size])
            start += size
    return out


def pad(windows: Sequence[Window], padding: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Token ids and attention mask, both (windows, longest padded length)."""
    length = max(window.padded_length for window in windows)
    ids = np.full((len(windows), length), padding, dtype=np.int64)
    mask = np.zeros((len(windows), length), dtype=np.int64)
    for row, window in enumerate(windows):
        ids[row, : len(window.ids)] = window.ids
        mask[row, : len(window.ids)] = 1
    return ids, mask
