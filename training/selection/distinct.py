"""Copies told from texts: equal texts by a hash, near-duplicates by the word sequences they share."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer

from training.duplicates import SHINGLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ALIKE = 0.5
"""Least Jaccard index of the word triples of near-duplicates, as in ``training.duplicates``."""

_WORD = re.compile(r"\w+")
_ROWS = 500
_BUCKETS = 2**20
"""Places that triples are hashed to; two texts of 100 words share one by chance in a hundred pairs."""


def text_key(text: str) -> bytes:
    """A key that texts share which differ in case, spaces and punctuation alone.

    Texts without a word share it where they are equal.

    >>> text_key("It broke!") == text_key("it  broke"), text_key("👍") == text_key("👎")
    (True, False)
    """
    words = " ".join(_WORD.findall(text.casefold()))
    return blake2b((words or text.strip()).encode("utf-8", "replace"), digest_size=16).digest()


def distinct(texts: Sequence[str], *, known: Sequence[str] = ()) -> list[int]:
    """Places of the texts that are no near-duplicates of known ones or of earlier ones that stay.

    Texts of under three words have no word triples; they are near-duplicates of none here.

    Args:
        texts: The texts; memory grows with them, not with their pairs.
        known: Texts that are there already.
    """
    vectorizer = HashingVectorizer(
        analyzer="word", ngram_range=(SHINGLE, SHINGLE), token_pattern=r"\w+", binary=True,
        norm=None, alternate_sign=False, n_features=_BUCKETS, dtype=np.float32,
    )  # fmt: skip
    kept: list[int] = []
    there = (
        vectorizer.transform(known) if known else sparse.csr_array((0, _BUCKETS), dtype=np.float32)
    )
    for first in range(0, len(texts), _ROWS):
        block = vectorizer.transform(texts[first : first + _ROWS])
        free = np.flatnonzero(~_meets(block, there))
        own = block[free]
        among = _alike(own, own)
        stays: list[int] = []
        for row in range(len(free)):
            earlier = among.indices[among.indptr[row] : among.indptr[row + 1]]
            if not set(earlier.tolist()) & set(stays):
                stays.append(row)
        kept += (first + free[stays]).tolist()
        there = sparse.vstack([there, own[stays]], format="csr")
    return kept


def _meets(block: sparse.csr_array, there: sparse.csr_array) -> NDArray[np.bool_]:
    """Which rows have a near-duplicate there, (rows,)."""
    if there.shape[0] == 0:
        return np.zeros(block.shape[0], bool)
    found: NDArray[np.bool_] = np.diff(_alike(block, there).indptr) > 0
    return found


def _alike(left: sparse.csr_array, right: sparse.csr_array) -> sparse.csr_array:
    """Pairs of rows that share enough of their triples, as a sparse matrix of ones."""
    shared = (left @ right.T).tocoo()
    sizes = [np.asarray(table.sum(axis=1)).ravel() for table in (left, right)]
    union = sizes[0][shared.row] + sizes[1][shared.col] - shared.data
    near = shared.data / union >= ALIKE
    ones = (np.ones(near.sum(), np.int8), (shared.row[near], shared.col[near]))
    return sparse.csr_array(ones, shape=shared.shape)
