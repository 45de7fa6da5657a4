"""Counts by document, and what they add up to when documents are drawn anew.

All figures of an evaluation are functions of sums over documents, so the counts of a document are
made once and a bootstrap replicate is a weighted sum of them. Documents are drawn and not segments:
the segments of one document are alike, and drawn alone they would make intervals too narrow (the
cluster bootstrap; Davison and Hinkley 1997, section 3.8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from numpy.typing import NDArray

_BLOCK_WEIGHTS = 2_000_000
"""Weights held at a time, so that memory does not grow with the number of replicates."""


Sums = tuple["NDArray[np.float64]", "NDArray[np.float64]"]
"""Sums of a table, (columns,), and their replicates, (draws, columns)."""


class Tally:
    """Named tables of counts, (documents, columns), and their weighted sums.

    The tables share the draws, so figures of the same replicate may be compared with each other.

    Args:
        documents: Number of documents.
    """

    def __init__(self, documents: int) -> None:
        self.documents = documents
        self._rows: list[NDArray[np.int64]] = []
        self._columns: list[NDArray[np.int64]] = []
        self._places: dict[Hashable, slice] = {}
        self._width = 0

    def add(
        self,
        name: Hashable,
        width: int,
        *entries: tuple[NDArray[np.int64], NDArray[np.int64]],
    ) -> None:
        """Add a table.

        Args:
            name: What to call it; new to the tally.
            width: Its number of columns.
            entries: Pairs of document numbers and column numbers, each of the same shape (n,);
                every pair counts one.
        """
        if name in self._places:
            raise ValueError(f"the tally holds {name!r} already")
        for documents, columns in entries:
            self._rows.append(documents)
            self._columns.append(columns + self._width)
        self._places[name] = slice(self._width, self._width + width)
        self._width += width

    def sums(self) -> dict[Hashable, NDArray[np.float64]]:
        """Sums of each table over all documents, each (columns,)."""
        whole = self._matrix() @ np.ones(self.documents)
        return {name: whole[place] for name, place in self._places.items()}

    def resampled(self, draws: int, seed: int) -> dict[Hashable, NDArray[np.float64]]:
        """Sums of each table over documents drawn with replacement, each (draws, columns).

        Args:
            draws: Number of replicates.
            seed: Of the draws; the same seed and number of documents draw the same documents.
        """
        matrix = self._matrix()
        parts = [(matrix @ weights.T).T for weights in _weights(self.documents, draws, seed)]
        whole = np.concatenate([np.empty((0, self._width)), *parts])
        return {name: whole[:, place] for name, place in self._places.items()}

    def with_replicates(self, draws: int, seed: int) -> dict[Hashable, Sums]:
        """Sums of each table and their replicates.

        Args:
            draws: Number of replicates; there are none of a single document, which drawn again and
                again is always itself.
            seed: Of the draws.
        """
        sums, drawn = self.sums(), self.resampled(draws if self.documents > 1 else 0, seed)
        return {name: (sums[name], drawn[name]) for name in sums}

    def _matrix(self) -> sparse.csr_array:
        """All tables side by side, turned, (columns, documents); equal entries are added up."""
        empty = np.empty(0, np.int64)
        rows = np.concatenate([empty, *self._columns])
        columns = np.concatenate([empty, *self._rows])
        values = np.ones(len(rows))
        return sparse.csr_array((values, (rows, columns)), shape=(self._width, self.documents))


def _weights(documents: int, draws: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """How often each document is drawn, in blocks of replicates, each (replicates, documents)."""
    if documents == 0:
        yield np.empty((draws, 0))
        return
    generator = np.random.default_rng(seed)
    even = np.full(documents, 1 / documents)
    block = max(1, _BLOCK_WEIGHTS // documents)
    for first in range(0, draws, block):
        size = min(block, draws - first)
        yield generator.multinomial(documents, even, size=size).astype(np.float64)
