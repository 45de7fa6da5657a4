"""Penalty–reward contrast: what a moment's failure costs, what its success earns, and its rank."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mot_nlp.tables.figures import t_quantile

if TYPE_CHECKING:
    from mot_nlp.tables.outcomes.estimates import Estimates
    from mot_nlp.tables.outcomes.sandwich import Floats

FACTORS = ("basic", "excitement", "performance", "harms", "helps", "unclear", "untested")
"""What :func:`mot_nlp.tables.outcomes.drivers` calls kinds of moment; it says by which rule."""

PRIOR = 10
"""Moments' worth of the overall pivotal share that is mixed into that of each kind."""


def contrast(estimates: Estimates, confidence: float, *, higher_is_better: bool) -> pd.DataFrame:
    """Penalties and rewards with their intervals, and the kind of factor; K rows."""
    width = float(t_quantile((1 + confidence) / 2, estimates.dof))
    half = _half_widths(estimates, width)
    low, high = estimates.effects - half, estimates.effects + half
    columns: dict[str, object] = {}
    for place, name in enumerate(("penalty", "reward")):
        columns |= {
            name: estimates.effects[:, place],
            f"{name}_low": low[:, place],
            f"{name}_high": high[:, place],
            f"{name}_documents": estimates.having[:, place].astype(np.int64),
        }
    return pd.DataFrame(
        columns | {"factor": _factors(estimates, width, higher_is_better=higher_is_better)}
    )


def _half_widths(estimates: Estimates, width: float) -> Floats:
    """Half the interval of each effect; (K, 2)."""
    return width * _root(np.diagonal(estimates.covariance, axis1=1, axis2=2))


def _factors(estimates: Estimates, width: float, *, higher_is_better: bool) -> pd.Series:
    """What kind of factor each moment is, by the rule that ``drivers`` states."""
    better = 1 if higher_is_better else -1
    harm, gain = (estimates.effects * [-better, better]).T
    harm_width, gain_width = _half_widths(estimates, width).T
    excess = gain - harm  # the sum of reward and penalty, signed so that more is better
    excess_width = width * _root(estimates.covariance.sum(axis=(1, 2)))
    harms, gains = harm > harm_width, gain > gain_width  # NaN compares as False
    kinds = np.select(
        [
            harms & (excess < -excess_width),
            gains & (excess > excess_width),
            harms & gains,
            harms,
            gains,
            np.isfinite(harm_width) | np.isfinite(gain_width),
        ],
        FACTORS[:-1],
        default=FACTORS[-1],
    )
    return pd.Series(kinds.tolist(), dtype=str)


def _root(variance: Floats) -> Floats:
    """Standard errors; rounding may have passed zero where the fit is perfect."""
    return np.sqrt(np.maximum(variance, 0))


def make_or_break(
    estimates: Estimates, sums: pd.DataFrame, confidence: float, *, higher_is_better: bool
) -> pd.DataFrame:
    """Swing times pivotal share of each kind, and the rank by it; K rows.

    The swing is missing where an effect could not be estimated, and the rank also where no interval
    of the two is clear of zero.
    """
    penalty, reward = estimates.effects.T
    swing = (reward - penalty) * (1 if higher_is_better else -1)
    n = sums["n"].to_numpy(np.float64)
    pivotal = sums["pivotal"].to_numpy(np.float64)
    overall = pivotal.sum() / max(n.sum(), 1)
    # Where nothing at all is pivotal, the swing alone tells the kinds apart.
    weight = (pivotal + PRIOR * overall) / (n + PRIOR) if overall > 0 else np.ones_like(n)
    value = pd.Series(swing * weight)
    shown = shown_effects(estimates, confidence) > 0
    rank = value.where(shown).rank(ascending=False, method="first").astype("Int64")
    return pd.DataFrame({"make_or_break": value, "rank": rank})


def shown_effects(estimates: Estimates, confidence: float) -> Floats:
    """The size of the larger effect of each kind that is clear of zero, 0 where none is; (K,)."""
    size = np.abs(estimates.effects)
    half = _half_widths(estimates, float(t_quantile((1 + confidence) / 2, estimates.dof)))
    return np.where(size > half, size, 0.0).max(axis=1)  # NaN compares as False
