"""Whether confidences are honest: reliability curve, calibration error, Brier score, review."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from training.calibrate import expected_calibration_error
from training.evaluation.data import Bin, Calibration, Review
from training.evaluation.estimates import estimate
from training.evaluation.scoring import share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.evaluation.tallies import Tally

MOST_BINS = 10
LEAST_IN_BIN = 20
"""Segments a bin should hold; fewer bins are made of fewer segments."""


class Judged(NamedTuple):
    """Segments of one head that count and that the model has labelled.

    Attributes:
        documents: Document of each, (n,).
        confidence: Confidence of its label, 0 to 1, (n,).
        right: Whether that is the gold label, (n,).
        probabilities: Probabilities of all labels, (n, labels).
        gold: Index of the gold label, (n,).
    """

    documents: NDArray[np.int64]
    confidence: NDArray[np.float64]
    right: NDArray[np.bool_]
    probabilities: NDArray[np.float64]
    gold: NDArray[np.int64]


def equal_mass_bins(confidence: NDArray[np.float64], bins: int) -> NDArray[np.int64]:
    """Bin of each confidence, (n,), so that all bins hold about as many.

    Equal confidences stay in one bin, so there may be fewer bins than asked for; they are numbered
    from 0 without gaps.

    Args:
        confidence: Shape (n,).
        bins: Number of bins, 1 or more.
    """
    edges = np.quantile(confidence, np.arange(1, bins) / bins) if len(confidence) else np.empty(0)
    found = np.searchsorted(edges, confidence, side="right")
    return np.unique(found, return_inverse=True)[1].astype(np.int64)


def number_of_bins(segments: int) -> int:
    """Bins for so many segments, 1 to ``MOST_BINS``."""
    return min(MOST_BINS, max(1, segments // LEAST_IN_BIN))


def add_calibration(
    tally: Tally, head: str, judged: Judged, threshold: float | None
) -> NDArray[np.int64]:
    """Count what calibration is made of; returns the bin of each segment."""
    bins = equal_mass_bins(judged.confidence, number_of_bins(len(judged.confidence)))
    many = int(bins.max(initial=-1)) + 1
    right = judged.right
    tally.add(
        ("bins", head),
        2 * many,
        (judged.documents, bins),
        (judged.documents[right], bins[right] + many),
    )
    if threshold is not None:
        kept = judged.confidence >= threshold
        every = np.zeros(len(kept), np.int64)
        tally.add(
            ("review", head),
            3,
            (judged.documents, every),
            (judged.documents[kept], every[kept] + 1),
            (judged.documents[kept & right], every[kept & right] + 2),
        )
    return bins


def calibration(
    judged: Judged,
    bins: NDArray[np.int64],
    counts: tuple[NDArray[np.float64], NDArray[np.float64]],
    review: Review | None,
) -> Calibration | None:
    """Figures of one head; None where nothing was judged.

    Args:
        judged: The segments.
        bins: Bin of each.
        counts: Sums and replicates of the table ``bins``.
        review: What is kept at the review threshold.
    """
    if not len(judged.confidence):
        return None
    (sums, replicates), many = counts, int(bins.max()) + 1
    hit, drawn = share(sums[many:], sums[:many]), share(replicates[:, many:], replicates[:, :many])
    curve = []
    for number in range(many):
        own = judged.confidence[bins == number]
        accuracy = estimate(hit[number], drawn[:, number])
        if accuracy is not None:
            curve.append(
                Bin(float(own.min()), float(own.max()), len(own), float(own.mean()), accuracy)
            )
    return Calibration(
        segments=len(judged.confidence),
        confidence=float(judged.confidence.mean()),
        accuracy=float(judged.right.mean()),
        ece=expected_calibration_error(judged.confidence, judged.right),
        brier=brier_score(judged.probabilities, judged.gold),
        bins=tuple(curve),
        review=review,
    )


def reviewed(
    threshold: float, counts: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> Review | None:
    """Share kept at a threshold, and how much of that is right.

    Args:
        threshold: Least confidence that is kept.
        counts: Sums and replicates of the table ``review``.
    """
    sums, replicates = counts
    kept = estimate(float(share(sums[1], sums[0])), share(replicates[:, 1], replicates[:, 0]))
    right = estimate(float(share(sums[2], sums[1])), share(replicates[:, 2], replicates[:, 1]))
    return None if kept is None else Review(threshold, kept, right)


def brier_score(probabilities: NDArray[np.float64], gold: NDArray[np.int64]) -> float:
    """Mean squared distance of the probabilities from the truth, over all labels (Brier 1950).

    Args:
        probabilities: Shape (n, labels), rows sum to 1.
        gold: Index of the right label, (n,).

    Returns:
        0 (sure and right) to 2 (sure and wrong).

    >>> brier_score(np.array([[0.5, 0.5]]), np.array([0]))
    0.5
    """
    truth = np.eye(probabilities.shape[1])[gold]
    return float(((probabilities - truth) ** 2).sum(axis=1).mean())
