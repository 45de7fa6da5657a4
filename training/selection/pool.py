"""A bounded pool: of a stream of any length, the candidates that some strategy may want."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from training.selection.judging import Candidate

SIZE = 20_000
"""Candidates that are kept."""


class Pool:
    """Keeps the most promising candidates of a stream, each text once.

    Args:
        width: Number of labels.
        size: About how many are kept: half of them at random, a quarter by doubt, a quarter by labels.
        seed: Of the random half.
    """

    def __init__(self, width: int, *, size: int = SIZE, seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)
        self._sample: list[int] = []
        self._places = max(1, size // 2)
        # Heaps of (value, −number): of equal ones the earlier stays.
        self._doubtful: list[tuple[float, int]] = []
        self._labels: list[list[tuple[float, int]]] = [[] for _ in range(width)]
        self._quarter = max(1, size // 4)
        self._of_label = max(1, size // (4 * width))
        self._kept: dict[int, tuple[Candidate, bytes, int]] = {}
        self._keys: set[bytes] = set()
        self._seen = 0

    def holds(self, key: bytes) -> bool:
        """Whether a text is among those kept."""
        return key in self._keys

    def add(self, candidate: Candidate, key: bytes) -> None:
        """Keep a candidate if it is promising; what it displaces goes.

        Args:
            candidate: The candidate.
            key: Its :func:`training.selection.distinct.text_key`, not held yet.
        """
        number = self._seen
        self._seen += 1
        self._kept[number] = (candidate, key, 0)
        self._keys.add(key)
        losers = [self._draw(number)]
        losers.append(_push(self._doubtful, self._quarter, candidate.doubt, number))
        for heap, value in zip(self._labels, candidate.likely.tolist(), strict=True):
            losers.append(_push(heap, self._of_label, value, number))
        self._count(number, len(losers))
        for loser in losers:
            if loser is not None:
                self._count(loser, -1)

    def candidates(self) -> list[Candidate]:
        """What is kept, in the order it came."""
        return [candidate for _, (candidate, _, _) in sorted(self._kept.items())]

    def _draw(self, number: int) -> int | None:
        """Reservoir sampling (Vitter 1985, algorithm R); returns who leaves the sample."""
        if len(self._sample) < self._places:
            self._sample.append(number)
            return None
        place = int(self._rng.integers(number + 1))
        if place >= self._places:
            return number
        loser, self._sample[place] = self._sample[place], number
        return loser

    def _count(self, number: int, change: int) -> None:
        """Count in how many lists a candidate stands; who stands in none goes."""
        candidate, key, lists = self._kept[number]
        if lists + change > 0:
            self._kept[number] = (candidate, key, lists + change)
        else:
            del self._kept[number]
            self._keys.discard(key)


def _push(heap: list[tuple[float, int]], size: int, value: float, number: int) -> int | None:
    """Put a candidate on a heap of the greatest values; returns who falls off, if anyone."""
    if len(heap) < size:
        heapq.heappush(heap, (value, -number))
        return None
    return -heapq.heappushpop(heap, (value, -number))[1]
