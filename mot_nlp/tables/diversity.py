"""Choosing a few texts of many: relevant ones that do not repeat each other."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ALIKE = 0.8
"""Cosine similarity from which two texts count as the same one."""

RELEVANCE = 0.7
"""Weight of relevance; the rest is that of difference from what was chosen before."""

# Steps higher than any marginal relevance: what they are added to goes before all else.
_NEW_DOCUMENT = 8.0
_FIT = 16.0

_WORD = re.compile(r"\w+(?:['’]\w+)*")


def similarities(texts: Sequence[str]) -> NDArray[np.float64]:
    """Cosine similarity of each pair of texts, as an n by n array of values from 0 to 1.

    Words count once a text, in lower case, by their inverse document frequency among these texts,
    ``log((n + 1) / documents with the word)``: Spärck Jones (1972), "A Statistical Interpretation
    of Term Specificity and Its Application in Retrieval", Journal of Documentation 28(1). What all
    texts share thus says little. A text without a word is similar to none, not even to itself.
    """
    from scipy import sparse  # only whoever chooses texts waits for it

    words = [dict.fromkeys(_WORD.findall(text.lower())) for text in texts]
    vocabulary = {word: place for place, word in enumerate(dict.fromkeys(chain(*words)))}
    column = np.array([vocabulary[word] for word in chain(*words)], dtype=np.int64)
    row = np.repeat(np.arange(len(texts)), [len(own) for own in words])
    weight = np.log((len(texts) + 1) / np.bincount(column)[column])
    weight /= np.sqrt(np.bincount(row, weights=weight**2))[row]
    shape = (len(texts), len(vocabulary))
    vectors = sparse.csr_array((weight, (row, column)), shape=shape)
    return np.clip((vectors @ vectors.T).toarray(), 0, 1)


def centrality(similarity: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much each text resembles the others, as a share of what the most central one does.

    Args:
        similarity: As :func:`similarities` gives it, n by n.

    Returns:
        n values from 0 to 1; all 1 where no two texts have a word in common.
    """
    resemblance = similarity.sum(axis=0) - similarity.diagonal()
    most = resemblance.max(initial=0)
    return resemblance / most if most > 0 else np.ones(len(similarity))


def pick(
    relevance: NDArray[np.float64],
    similarity: NDArray[np.float64],
    k: int,
    *,
    documents: Sequence[str],
    fit: NDArray[np.bool_],
) -> list[int]:
    """Choose texts by maximal marginal relevance.

    Each next text has the greatest ``0.7 * relevance - 0.3 * greatest similarity to one chosen
    before``: Carbonell and Goldstein (1998), "The Use of MMR, Diversity-Based Reranking for
    Reordering Documents and Producing Summaries", SIGIR. Fit texts go before others, and among
    them those of a new document before a second one of the same. Texts that are nearly the same
    are never both chosen. The first of equals wins.

    Args:
        relevance: A value for each of n texts, from 0 to 4.
        similarity: As :func:`similarities` gives it, n by n.
        k: How many to choose at most.
        documents: The document of each text.
        fit: Whether each text is fit to be chosen while there are others.

    Returns:
        Positions of the chosen texts, best first; fewer than k where the rest repeats them.
    """
    document = np.array(documents, dtype=object)
    chosen: list[int] = []
    nearest = np.zeros(len(relevance))
    worth = relevance * RELEVANCE + _FIT * fit + _NEW_DOCUMENT
    while len(chosen) < k:
        gain = np.where(nearest < ALIKE, worth - (1 - RELEVANCE) * nearest, -np.inf)
        best = int(gain.argmax()) if len(gain) else -1
        if best < 0 or gain[best] == -np.inf:
            break
        chosen.append(best)
        nearest = np.maximum(nearest, similarity[best])
        nearest[best] = 1
        if np.count_nonzero(document[chosen] == document[best]) == 1:
            worth -= _NEW_DOCUMENT * (document == document[best])
    return chosen
