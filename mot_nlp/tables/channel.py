"""From true states to predicted ones, through a model's errors, and back by maximum likelihood.

A state is number 0, no moment, or one of K moments: an answer on each of several axes, the last
of them varying fastest. A moment stays one or is read as none; where it stays one, its axes err
independently of each other, given what is true. So the (1 + K) × (1 + K) matrix of error rates
need never be written out.

Every array has a first axis of draws, so that an estimate and all that shows how sure it is are
worked out at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mot_nlp.tables.misclassification import Axis

ROUNDS = 50
"""Rounds of expectation and maximisation."""

_EVEN = 0.05
"""Share of the first guess that is spread evenly, since a state at zero would stay there."""


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    """Error rates of each draw.

    Attributes:
        kept: Probability that a segment without a moment is read as none, (draws,).
        false: Probability that it is read as each moment, (draws, K).
        lost: Probability that each moment is read as none, (draws, K).
        kernels: For each axis, the probability of each answer, given the true one and that a
            moment is read as a moment; each (draws, k, k), rows adding up to 1.
    """

    kept: NDArray[np.float64]
    false: NDArray[np.float64]
    lost: NDArray[np.float64]
    kernels: tuple[NDArray[np.float64], ...]

    def read(self, states: NDArray[np.float64]) -> NDArray[np.float64]:
        """What is predicted of true states; both (draws, 1 + K)."""
        none, moments = states[:, 0], states[:, 1:]
        predicted = np.empty_like(states)
        predicted[:, 0] = none * self.kept + (moments * self.lost).sum(axis=1)
        predicted[:, 1:] = _through(moments * (1 - self.lost), self.kernels)
        predicted[:, 1:] += none[:, None] * self.false
        return predicted

    def traced(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean weight of what each true state is read as; both (draws, 1 + K)."""
        none, moments = weights[:, 0], weights[:, 1:]
        back = tuple(kernel.swapaxes(1, 2) for kernel in self.kernels)
        mean = np.empty_like(weights)
        mean[:, 0] = none * self.kept + (moments * self.false).sum(axis=1)
        mean[:, 1:] = _through(moments, back) * (1 - self.lost) + none[:, None] * self.lost
        return mean


def channel(axes: Sequence[Axis], rng: np.random.Generator, *, exact: int, drawn: int) -> Channel:
    """Error rates from held-out counts.

    The first draws take the counts as they are. The others draw each count from a gamma distribution
    of that shape, which weights every held-out segment anew: Rubin (1981), "The Bayesian
    Bootstrap", Annals of Statistics 9(1). Segments of one document are not told apart there.

    Args:
        axes: Counts by axis, which agree on how many segments hold a moment.
        rng: What to draw with.
        exact: Number of draws that take the counts as they are, 0 or more.
        drawn: Number of draws around them, 0 or more.
    """

    def weighted(counts: NDArray[np.float64]) -> NDArray[np.float64]:
        around = rng.standard_gamma(np.broadcast_to(counts, (drawn, *counts.shape)))
        return np.concatenate([np.broadcast_to(counts, (exact, *counts.shape)), around])

    kept, false_total, lost_total, moved_total = weighted(np.array(axes[0].totals)).T
    kernels = []
    false = np.ones((exact + drawn, 1))
    odds = _ratio(lost_total, moved_total)[:, None]
    for axis in axes:
        moved, lost = weighted(axis.moved), _shares(weighted(axis.lost))
        kernels.append(_shares(moved))
        false = _outer(false, _shares(weighted(axis.false)))
        # How much commoner an answer is among the moments lost than among those found.
        odds = _outer(odds, _ratio(lost, _shares(moved.sum(axis=2))))
    keeps = kept / (kept + false_total)
    return Channel(keeps, false * (1 - keeps)[:, None], odds / (1 + odds), tuple(kernels))


def most_likely(
    counts: NDArray[np.float64],
    errors: Channel,
    possible: NDArray[np.bool_],
    prior: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The shares of true states that are most likely, given the predicted counts.

    The expectation-maximisation algorithm for counts seen through known error rates: Vardi and Lee
    (1993), "From Image Deblurring to Optimal Investments: Maximum Likelihood Solutions for Positive
    Linear Inverse Problems", Journal of the Royal Statistical Society B 55(3); for classifiers,
    Saerens, Latinne and Decaestecker (2002), "Adjusting the Outputs of a Classifier to New a Priori
    Probabilities", Neural Computation 14(1). The prior is a Dirichlet distribution whose mode is
    what was predicted, Dempster, Laird and Rubin (1977), "Maximum Likelihood from Incomplete Data
    via the EM Algorithm", Journal of the Royal Statistical Society B 39(1), section 3.

    Args:
        counts: Predicted counts, (draws, 1 + K).
        errors: The error rates.
        possible: States that may occur, (1 + K,), all that were counted among them; others get no
            share.
        prior: How many segments the prior weighs as much as, (draws,); 0 for maximum likelihood.

    Returns:
        Shares of each state, (draws, 1 + K), adding up to 1; all zero where nothing was counted.
    """
    size = counts.sum(axis=1, keepdims=True)
    seen = _ratio(counts, size)
    pull = _ratio(prior[:, None], prior[:, None] + size)
    shares = np.where(possible, (1 - _EVEN) * seen + _EVEN * possible / possible.sum(), 0.0)
    for _ in range(ROUNDS):
        expected = shares * errors.traced(_ratio(seen, errors.read(shares)))
        shares = (1 - pull) * _shares(expected) + pull * seen
    return shares


def _through(
    moments: NDArray[np.float64], kernels: Sequence[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Moments passed through the kernel of each axis in turn, (draws, K)."""
    draws, size = moments.shape
    after = size
    for kernel in kernels:
        width = kernel.shape[1]
        after //= width
        # Before, own axis and after: the own one is put last for the product, and back.
        turned = moments.reshape(draws, -1, width, after).swapaxes(2, 3)
        mixed = turned.reshape(draws, -1, width) @ kernel
        moments = mixed.reshape(draws, -1, after, width).swapaxes(2, 3).reshape(draws, size)
    return moments


def _outer(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Products of each draw's entries, those of ``second`` varying fastest."""
    return (first[:, :, None] * second[:, None, :]).reshape(len(first), -1)


def _shares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values over their sum along the last axis, zero where that is."""
    return _ratio(values, values.sum(axis=-1, keepdims=True))


def _ratio(values: NDArray[np.float64], of: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values over ``of``, zero where that is."""
    of = np.broadcast_to(of, values.shape)
    return np.divide(values, of, out=np.zeros_like(values), where=of > 0)
