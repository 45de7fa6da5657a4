"""A figure with its interval, and chances under the hypothesis that nothing differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import false_discovery_control, norm

from mot_nlp.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with a bootstrap interval.

    Attributes:
        value: The figure on the documents as they are.
        low: Lower end of the interval; None where there are too few documents for one.
        high: Upper end.
    """

    value: float
    low: float | None
    high: float | None

    def below(self, limit: float) -> bool:
        """Whether the whole interval lies under ``limit``; without an interval never."""
        return self.high is not None and self.high < limit

    def above(self, limit: float) -> bool:
        """Whether the whole interval lies over ``limit``; without an interval never."""
        return self.low is not None and self.low > limit


def check_draws(bootstrap: int) -> None:
    """Refuse too few replicates.

    Raises:
        InputError: There are under 100, whose 95 % interval rests on two or three of them.
    """
    if bootstrap < 100:
        raise InputError(f"bootstrap is {bootstrap}; allowed: 100 or more, 1,000 do well")


def estimate(
    value: float, replicates: NDArray[np.float64], *, level: float = LEVEL
) -> Estimate | None:
    """A figure and its percentile interval.

    Args:
        value: The figure; NaN where it is not defined.
        replicates: The same figure of each replicate, (draws,); NaN where not defined.
        level: Share of replicates within the interval, 0 to 1.

    Returns:
        None where the figure is not defined.

    >>> estimate(0.5, np.array([0.0, 0.25, 0.5, 0.75, 1.0]), level=0.5)
    Estimate(value=0.5, low=0.25, high=0.75)
    """
    if np.isnan(value):
        return None
    known = replicates[~np.isnan(replicates)]
    if not len(known):
        return Estimate(float(value), None, None)
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(value), float(low), float(high))


def chance(difference: float, replicates: NDArray[np.float64]) -> float | None:
    """Two-sided p value of a difference from zero.

    By the normal approximation with the bootstrap's standard error (Efron and Tibshirani 1993,
    section 12.5), so that small values do not end at one in the number of draws, as shares of
    replicates would.

    Args:
        difference: What was found; NaN where it is not defined.
        replicates: The same of each replicate, (draws,).

    Returns:
        0 to 1; None where it cannot be told.

    >>> chance(0.0, np.zeros(100)), chance(0.3, np.zeros(1))
    (1.0, None)
    """
    known = replicates[~np.isnan(replicates)]
    if np.isnan(difference) or len(known) < 2:
        return None
    error = float(known.std(ddof=1))
    if error == 0:
        return 1.0 if difference == 0 else None
    return float(2 * norm.sf(abs(difference) / error))


def adjusted(chances: Sequence[float | None]) -> list[float | None]:
    """P values adjusted to a false discovery rate (Benjamini and Hochberg 1995); None stays None.

    >>> adjusted([0.01, None, 0.04])
    [0.02, None, 0.04]
    """
    known = [value for value in chances if value is not None]
    if not known:
        return list(chances)
    values = iter(false_discovery_control(known).tolist())
    return [None if value is None else next(values) for value in chances]
