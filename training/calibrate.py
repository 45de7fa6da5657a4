"""Honest confidences: a temperature per head, and how far confidence is from accuracy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize_scalar

from mot_nlp.decoding import softmax
from training.collate import MISSING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mot_nlp.taxonomy import Taxonomy

_BOUNDS = (0.2, 5.0)

NEVER = 1.01
"""A review threshold that no confidence reaches."""


def expected_calibration_error(
    confidence: NDArray[np.floating], correct: NDArray[np.bool_], *, bins: int = 15
) -> float:
    """Mean gap between confidence and accuracy over equal-width bins (Guo et al. 2017, eq. 3).

    Args:
        confidence: Probability given to the chosen label, 0 to 1, shape (n,).
        correct: Whether that label was right, shape (n,).
        bins: Number of bins of equal width.

    Returns:
        0 (perfect) to 1.

    >>> expected_calibration_error(np.full(4, 0.75), np.array([True, True, True, False]))
    0.0
    """
    if len(confidence) == 0:
        return 0.0
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    believed = np.bincount(bin_of, weights=confidence, minlength=bins)
    true = np.bincount(bin_of, weights=correct.astype(float), minlength=bins)
    return float(np.abs(believed - true).sum() / len(confidence))


def fit_temperature(scores: NDArray[np.floating], gold: NDArray[np.int64]) -> float:
    """Divisor of the scores that makes the gold labels most likely (Guo et al. 2017, sec. 4.2).

    Args:
        scores: Scores of one head, (segments, labels).
        gold: Indices of the right labels, (segments,).

    Returns:
        Between 0.2 and 5; above 1 where the scores were over-confident, 1 where there are none.
    """
    if not len(gold):
        return 1.0
    rows = np.arange(len(gold))

    def loss(log_temperature: float) -> float:
        likelihood = softmax(scores / np.exp(log_temperature))[rows, gold]
        return float(-np.log(np.maximum(likelihood, 1e-12)).mean())

    found = minimize_scalar(loss, bounds=tuple(np.log(_BOUNDS)), method="bounded")
    return round(float(np.exp(found.x)), 4)


def calibrate(
    scores: NDArray[np.floating],
    labels: NDArray[np.int64],
    documents: NDArray[np.int64],
    taxonomy: Taxonomy,
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Temperatures of all heads, and calibration error before and after.

    The error after is cross-fitted: each half of the documents is judged with temperatures
    fitted on the other half.

    Args:
        scores: Raw scores, (segments, width).
        labels: Gold label indices, (segments, heads), ``MISSING`` where not given.
        documents: Number of each segment's document, (segments,).
        taxonomy: Heads and where their scores stand.

    Returns:
        Temperature by head; ``{"before", "after"}`` by head.
    """
    temperatures, errors = {}, {}
    for column, (name, part) in enumerate(taxonomy.slices().items()):
        given = labels[:, column] != MISSING
        own, gold, half = scores[given, part], labels[given, column], documents[given] % 2 == 0
        temperatures[name] = fit_temperature(own, gold)
        crossed = np.ones((len(gold), 1))
        for fold in (half, ~half):
            if fold.any() and (~fold).any():
                crossed[fold] = fit_temperature(own[~fold], gold[~fold])
        errors[name] = {"before": _error(own, gold), "after": _error(own / crossed, gold)}
    return temperatures, errors


def review_threshold(
    confidence: NDArray[np.floating], correct: NDArray[np.bool_], *, target: float = 0.95
) -> dict[str, float]:
    """Least confidence from which on the kept labels are right ``target`` of the time.

    Args:
        confidence: Probability of the chosen label, 0 to 1, (segments,).
        correct: Whether that label was right, (segments,).
        target: Share that must be right, 0 to 1.

    Returns:
        ``threshold`` (``NEVER``, above any confidence, where none reaches the target) and ``kept``,
        the share at or over it.

    >>> review_threshold(np.array([0.9, 0.8, 0.6]), np.array([True, True, False]))
    {'threshold': 0.8, 'kept': 0.6667}
    """
    order = np.argsort(-confidence, kind="stable")
    falling = confidence[order]
    accuracy = np.cumsum(correct[order]) / np.arange(1, len(order) + 1)
    # A threshold keeps all rows of a tie or none, so it can only stand where one ends.
    ends = np.append(falling[1:] < falling[:-1], True)[: len(order)]
    reaching = np.flatnonzero((accuracy >= target) & ends)
    if len(reaching) == 0:
        return {"threshold": NEVER, "kept": 0.0}
    threshold = math.ceil(float(falling[reaching[-1]]) * 1e4) / 1e4
    return {"threshold": threshold, "kept": round(float((confidence >= threshold).mean()), 4)}


def _error(scores: NDArray[np.floating], gold: NDArray[np.int64]) -> float:
    probabilities = softmax(scores)
    correct = probabilities.argmax(axis=1) == gold
    return round(expected_calibration_error(probabilities.max(axis=1), correct), 4)
