"""Texts as short vectors, near each other where texts share words: no network, no model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import randomized_svd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

SIZE = 64
"""Length of a vector."""

_WORDS = 2**16


def text_vectors(texts: Iterable[str], *, seed: int) -> NDArray[np.float32]:
    """Latent semantic vectors of texts (TF-IDF of hashed words, reduced), (texts, size), of length 1.

    A text without a word is all zeros.

    Args:
        texts: The texts, read once.
        seed: Of the reduction.
    """
    given = list(texts)
    if not given:
        return np.zeros((0, 1), np.float32)
    words = HashingVectorizer(
        token_pattern=r"\w+", n_features=_WORDS, norm=None, alternate_sign=False
    ).transform(given)
    if words.nnz == 0:
        return np.zeros((len(given), 1), np.float32)
    weighted = TfidfTransformer(sublinear_tf=True).fit_transform(words)
    size = min(SIZE, len(given))
    left, values, _ = randomized_svd(weighted, size, random_state=seed)
    vectors: NDArray[np.float32] = normalize(left * values).astype(np.float32)
    return vectors
