"""The spread of true values behind estimates whose errors are known and may hang together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NOTHING = 1e-12
"""What is left of variances this small beside their sum is nothing but rounding."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Estimates of K groups.

    Attributes:
        estimates: One a group, shape (K,).
        covariance: Of their errors, shape (K, K), itself estimated.
        clusters: How many independent pieces each estimate is made of, shape (K,), two or more.
    """

    estimates: Floats
    covariance: Floats
    clusters: Floats

    @property
    def varies(self) -> bool:
        """Whether the differences of the estimates have errors at all, so that chance can be judged."""
        common = float(self.covariance.mean()) * len(self.estimates)
        return float(np.trace(self.covariance)) * (1 - NOTHING) > common


class Spread(NamedTuple):
    """Standard deviation of the true values, its interval, and what is not sampling."""

    value: float
    low: float
    high: float
    beyond_sampling: float
    p_value: float


def spread_of(sample: Sample, confidence: float) -> Spread:
    """Estimate the spread of the groups' true values.

    All of it rests on the weighted sum of squares ``Q(s) = sum of w * (estimate - weighted
    mean)**2`` with ``w = 1 / (u + s**2)``: s is the spread in question and u the sampling variance
    that a group of so many clusters has if clusters vary alike in all groups. Weights made of each
    group's own variance would trust groups most that vary little by chance. Whatever the weights,
    the mean and variance of Q follow from the full covariance of the errors, V.

    - The estimate is the s at which Q equals its mean, 0 if it is less even there: Paule and Mandel
      (1982), "Consensus values and weighting factors", Journal of Research of the National Bureau
      of Standards 87(5), with the mean for general weights (DerSimonian and Kacker 2007,
      "Random-effects model for meta-analysis of clinical trials", Contemporary Clinical Trials 28).
    - The interval holds each s that Q does not contradict, as in Viechtbauer (2007), "Confidence
      intervals for the amount of heterogeneity in meta-analysis", Statistics in Medicine 26, and
      Jackson (2013), Research Synthesis Methods 4, for general weights. But s is here the spread of
      these very groups and not of a population that they were drawn from, so Q follows a
      noncentral distribution (Steiger 2004, "Beyond the F test", Psychological Methods 9), which
      makes the interval narrower than theirs: F, with the scale and degrees of freedom that give
      it the mean and variance of a quadratic form with covariance V, and those of the estimated V
      below (Brunner, Dette and Munk 1997, "Box-type approximations in nonparametric factorial
      designs", Journal of the American Statistical Association 92).
    - The test of no spread is that distribution at s = 0.

    The size of a group's deviation is taken to have nothing to do with how precisely the group is
    known. Where only the least known one deviates, the estimate is too low. An upper end of 0 says
    that the groups differ even less than chance would have it.

    Args:
        sample: Two groups or more, that vary.
        confidence: Probability that the interval covers, between 0 and 1.

    Returns:
        The spread and its interval in the unit of the estimates; ``beyond_sampling``, 1 - (mean of
        Q) / Q at no spread, or 0 (0 to 1; Higgins and Thompson's I squared of 2002); the p-value.
    """
    tail = (1 - confidence) / 2
    at_none = _judge(sample, 0.0)
    return Spread(
        value=_root(sample, lambda judged: 1 - judged.of_mean),
        low=_root(sample, lambda judged: judged.tail - tail),
        high=_root(sample, lambda judged: judged.tail - (1 - tail)),
        beyond_sampling=max(0.0, 1 - 1 / at_none.of_mean) if at_none.of_mean > 0 else 0.0,
        p_value=at_none.tail,
    )


class _Judged(NamedTuple):
    """Q over its mean, and the probability of a Q as great or greater, if the spread is so great."""

    of_mean: float
    tail: float


def _judge(sample: Sample, square: float) -> _Judged:
    """How well the estimates agree with a spread, given squared."""
    own = np.diag(sample.covariance)
    weights = 1 / (np.mean(own * sample.clusters) / sample.clusters + square)
    form = np.diag(weights) - np.outer(weights, weights) / weights.sum()
    # From the mean, so that little is lost to rounding, which may still pass zero.
    apart = sample.estimates - sample.estimates.mean()
    total = max(float(apart @ form @ apart), 0.0)
    # Row by row, as form is a diagonal less an outer product.
    noise = weights[:, None] * (sample.covariance - weights @ sample.covariance / weights.sum())
    mean = float(np.trace(noise))
    scale = float((noise * noise.T).sum()) / mean
    uncertain = float(((np.diag(form) * own) ** 2 / (sample.clusters - 1)).sum())
    above, below = mean / scale, mean**2 / uncertain
    signal = square * float(np.trace(form))
    tail = _beyond(total / mean, above, below, signal / scale)
    return _Judged(total / (mean + signal), tail)


def _beyond(value: float, above: float, below: float, noncentrality: float) -> float:
    """Probability that noncentral F is greater than ``value``."""
    from scipy.special import fdtrc, ncfdtr

    if noncentrality == 0:
        return float(fdtrc(above, below, value))
    under = float(ncfdtr(above, below, noncentrality, value))
    if not np.isnan(under):
        return 1 - under
    # Far out in the tails SciPy sometimes has no answer, where that of Patnaik (1949) will do.
    mean = above + noncentrality
    return float(fdtrc(mean**2 / (mean + noncentrality), below, value * above / mean))


def _root(sample: Sample, rising: Callable[[_Judged], float]) -> float:
    """The least spread at which something that rises with it is no longer negative."""
    from scipy.optimize import brentq

    def at(square: float) -> float:
        return rising(_judge(sample, square))

    if at(0.0) >= 0:
        return 0.0
    top = float(np.var(sample.estimates) + np.mean(np.diag(sample.covariance)))
    while at(top) < 0:
        top *= 4
    return float(np.sqrt(brentq(at, 0.0, top, rtol=1e-10)))
