"""Linear probes: heads fitted in seconds on vectors of an encoder that stays as it is.

What a probe knows of a label is what the encoder's vectors already tell; it is the quick way to ask
what labels are worth (label errors, learning curves, what to label next), not a model to ship.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from mot_nlp.errors import InputError
from training.collate import MISSING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mot_nlp.taxonomy import Taxonomy

STRENGTH = 0.01
"""Inverse of the L2 penalty on standardised vectors (scikit-learn's ``C``). Of 0.001, 0.003, 0.01 and
0.03 it gave the best macro-F1 from 80 to 3,000 segments of the corpus, by the shipped and by the
pretrained encoder alike."""

BALANCE = 0.5
"""Power of a label's rarity in its weight: 0 counts every segment once, 1 every label alike."""

_ABSENT = -30.0
"""Score of a label that the probe has not met; its probability rounds to 0."""

_STEPS = 300


@dataclass(frozen=True, slots=True)
class Probe:
    """Linear heads.

    Attributes:
        weights: Shape (hidden, width), in the order of the taxonomy's outputs.
        bias: Shape (width,).
    """

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]

    def scores(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scores of segments, (segments, width); their softmax by head are probabilities.

        Args:
            vectors: Vectors of the encoder that the probe was fitted on, (segments, hidden).
        """
        return (vectors @ self.weights + self.bias).astype(np.float32)


def fit_probe(
    vectors: NDArray[np.float32],
    labels: NDArray[np.int64],
    taxonomy: Taxonomy,
    *,
    strength: float = STRENGTH,
    balance: float = BALANCE,
) -> Probe:
    """Fit a logistic regression a head; the same input gives the same probe.

    A head without any label scores all alike, one that met a single label always gives that one.

    Args:
        vectors: Segment vectors, (segments, hidden).
        labels: Label indices, (segments, heads), ``MISSING`` where not given.
        taxonomy: Heads and labels.
        strength: How far the fit follows the labels, over 0; see ``STRENGTH``.
        balance: How far rare labels count for more, 0 to 1; see ``BALANCE``.

    Raises:
        InputError: There are no segments.
    """
    if not len(vectors):
        raise InputError("there is no labelled segment to learn from; give some labelled documents")
    scaler = StandardScaler().fit(vectors)
    standard = scaler.transform(vectors)
    weights = np.zeros((vectors.shape[1], taxonomy.width))
    bias = np.zeros(taxonomy.width)
    for column, part in enumerate(taxonomy.slices().values()):
        known = labels[:, column] != MISSING
        if known.any():
            weights[:, part], bias[part] = _head(
                standard[known], labels[known, column], part.stop - part.start, strength, balance
            )
    weights /= scaler.scale_[:, None]
    return Probe(weights, bias - scaler.mean_ @ weights)


def _head(
    vectors: NDArray[np.float32],
    labels: NDArray[np.int64],
    width: int,
    strength: float,
    balance: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights, (hidden, width), and bias, (width,), of one head on standardised vectors."""
    weights = np.zeros((vectors.shape[1], width))
    bias = np.full(width, _ABSENT)
    met, counts = np.unique(labels, return_counts=True)
    bias[met] = 0.0
    if len(met) == 1:
        return weights, bias
    rarity = len(labels) / (len(met) * counts)
    model = LogisticRegression(
        C=strength,
        class_weight=dict(zip(met.tolist(), (rarity**balance).tolist(), strict=True)),
        max_iter=_STEPS,
    ).fit(vectors, labels)
    if len(met) == 2:  # one score, for the second label against the first
        weights[:, met[1]], bias[met[1]] = model.coef_[0], model.intercept_[0]
    else:
        weights[:, met], bias[met] = model.coef_.T, model.intercept_
    return weights, bias
