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
"""Cosine similarity of the words of two texts from which they count as the same one."""

RELEVANCE = 0.5
"""Weight of relevance; the rest is the weight of difference from what was chosen before."""

# Steps higher than any marginal relevance: what they are added to goes before all that lacks them.
_NEW_DOCUMENT = 8.0
_FIT = 16.0

_WORD = re.compile(r"\w+(?:'\w+)*")


def compared(texts: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """How similar each pair of texts is, and whether it is nearly the same text.

    A text is the set of its words in lower case. Its similarity to another is the cosine of their
    words, weighted by inverse document frequency among these texts, ``log((n + 1) / texts with the
    word)``, so that what all share says little: Spärck Jones (1972), "A Statistical Interpretation
    of Term Specificity and Its Application in Retrieval", Journal of Documentation 28(1). Without
    the weights a cosine of 0.8 or more makes them nearly the same.

    Args:
        texts: n texts, in any script that parts words.

    Returns:
        Similarities from 0 to 1 and whether they are alike, both n by n. A text without a word is
        similar to none, not even to itself.
    """
    from scipy import sparse  # only whoever chooses texts waits for it

    words = [dict.fromkeys(_WORD.findall(text.lower().replace("’", "'"))) for text in texts]
    vocabulary = {word: place for place, word in enumerate(dict.fromkeys(chain(*words)))}
    column = np.array([vocabulary[word] for word in chain(*words)], dtype=np.int64)
    row = np.repeat(np.arange(len(texts)), [len(own) for own in words])

    def cosines(weight: NDArray[np.float64]) -> NDArray[np.float64]:
        unit = weight / np.sqrt(np.bincount(row, weights=weight**2))[row]
        vectors = sparse.csr_array((unit, (row, column)), shape=(len(texts), len(vocabulary)))
        return np.clip((vectors @ vectors.T).toarray(), 0, 1)

    weighted = cosines(np.log((len(texts) + 1) / np.bincount(column)[column]))
    return weighted, cosines(np.ones(len(column))) >= ALIKE


def centrality(similarity: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much each text resembles the others, as a share of what the most central one does.

    Args:
        similarity: As :func:`compared` gives it, n by n.

    Returns:
        n values from 0 to 1; all 1 where no two texts have a word in common.
    """
    resemblance = similarity.sum(axis=0) - similarity.diagonal()
    most = resemblance.max(initial=0)
    return resemblance / most if most > 0 else np.ones(len(similarity))


def pick(
    relevance: NDArray[np.float64],
    similarity: NDArray[np.float64],
    alike: NDArray[np.bool_],
    k: int,
    *,
    documents: Sequence[str],
    fit: NDArray[np.bool_],
) -> list[int]:
    """Choose texts by maximal marginal relevance.

    Each next text has the greatest ``0.5 * relevance - 0.5 * greatest similarity to one chosen
    before``: Carbonell and Goldstein (1998), "The Use of MMR, Diversity-Based Reranking for
    Reordering Documents and Producing Summaries", SIGIR. Fit texts go before others, and among
    these and those the first of a document before a second one. Texts that are nearly the same are
    never both chosen. The first of equals wins.

    Args:
        relevance: A value for each of n texts, from 0 to 4.
        similarity: As :func:`compared` gives it, n by n.
        alike: Which pairs are nearly the same text, n by n.
        k: How many to choose at most.
        documents: The document of each text.
        fit: Whether each text is fit to be chosen while there are others.

    Returns:
        Positions of the chosen texts, best first; fewer than k where the rest repeats them.
    """
    document = np.array(documents, dtype=object)
    left = np.ones(len(relevance), dtype=np.bool_)
    seen = np.zeros(len(relevance), dtype=np.bool_)
    nearest = np.zeros(len(relevance))
    chosen: list[int] = []
    while len(chosen) < k and left.any():
        gain = RELEVANCE * relevance - (1 - RELEVANCE) * nearest
        gain += _FIT * fit + _NEW_DOCUMENT * ~seen
        best = int(np.where(left, gain, -np.inf).argmax())
        chosen.append(best)
        nearest = np.maximum(nearest, similarity[best])
        seen |= document == document[best]
        left &= ~alike[best]
        left[best] = False
    return chosen
