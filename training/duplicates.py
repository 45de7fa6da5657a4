"""Near-duplicates between the parts of a split: texts that would make a test too easy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.corpus import LabelledDocument

SHINGLE = 3
"""Words in a shingle."""

_ROWS = 500


@dataclass(frozen=True, slots=True)
class Pair:
    """Two documents that share most of their shingles; ``overlap`` is their Jaccard index."""

    held_out: str
    train: str
    overlap: float


def near_duplicates(
    held_out: Sequence[LabelledDocument],
    train: Sequence[LabelledDocument],
    *,
    least: float = 0.5,
) -> list[Pair]:
    """Pairs whose sets of three-word shingles overlap, the most alike first.

    Args:
        held_out: Documents of the validation or test part.
        train: Documents of the training part.
        least: Smallest Jaccard index of a pair, 0 to 1.
    """
    if not held_out or not train:
        return []
    vectorizer = HashingVectorizer(
        analyzer="word",
        ngram_range=(SHINGLE, SHINGLE),
        token_pattern=r"\w+",
        binary=True,
        norm=None,
        alternate_sign=False,
        n_features=2**22,
    )
    left = vectorizer.transform(d.text for d in held_out)
    right = vectorizer.transform(d.text for d in train).T.tocsc()
    sizes = np.asarray(right.sum(axis=0)).ravel()
    pairs = []
    for first in range(0, left.shape[0], _ROWS):
        block = left[first : first + _ROWS]
        shared = (block @ right).tocoo()
        union = np.asarray(block.sum(axis=1)).ravel()[shared.row] + sizes[shared.col] - shared.data
        overlap = shared.data / union
        for i in np.flatnonzero(overlap >= least):
            row, column = int(shared.row[i]) + first, int(shared.col[i])
            pairs.append(Pair(held_out[row].id, train[column].id, round(float(overlap[i]), 3)))
    return sorted(pairs, key=lambda pair: -pair.overlap)


def near_duplicates_within(
    documents: Sequence[LabelledDocument], *, least: float = 0.5
) -> list[tuple[str, str, float]]:
    """Pairs of documents of one set, and their overlap, the most alike first."""
    pairs = near_duplicates(documents, documents, least=least)
    return [(p.held_out, p.train, p.overlap) for p in pairs if p.held_out < p.train]
