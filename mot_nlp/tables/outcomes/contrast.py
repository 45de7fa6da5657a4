"""Penalty–reward contrast: what a moment's failure costs, what its success earns, and its rank."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mot_nlp.tables.figures import t_quantile

if TYPE_CHECKING:
    from mot_nlp.tables.outcomes.estimates import Estimates
    from mot_nlp.tables.outcomes.sandwich import Floats

FACTORS = ("basic", "excitement", "performance", "unclear")

PRIOR = 10
"""Moments' worth of the overall pivotal share that is mixed into that of each kind."""


def contrast(estimates: Estimates, confidence: float, *, higher_is_better: bool) -> pd.DataFrame:
    """Penalties and rewards with their intervals, and the kind of factor; K rows."""
    width = t_quantile((1 + confidence) / 2, estimates.dof)
    error = _root(np.diagonal(estimates.covariance, axis1=1, axis2=2))
    low, high = estimates.effects - width * error, estimates.effects + width * error
    columns: dict[str, object] = {}
    for place, name in enumerate(("penalty", "reward")):
        columns |= {
            name: estimates.effects[:, place],
            f"{name}_low": low[:, place],
            f"{name}_high": high[:, place],
            f"{name}_documents": estimates.having[:, place].astype(np.int64),
        }
    return pd.DataFrame(
        columns | {"factor": _factors(estimates, float(width), higher_is_better=higher_is_better)}
    )


def _factors(estimates: Estimates, width: float, *, higher_is_better: bool) -> pd.Series:
    """What kind of factor each moment is, by the rule that ``drivers`` states."""
    better = 1 if higher_is_better else -1
    harm, gain = (estimates.effects * [-better, better]).T
    variance = estimates.covariance
    harm_width, gain_width = (width * _root(variance[:, place, place]) for place in range(2))
    excess = gain - harm  # the sum of reward and penalty, signed so that more is better
    excess_width = width * _root(variance.sum(axis=(1, 2)))
    harms, gains = harm > harm_width, gain > gain_width  # NaN compares as False
    kinds = np.select(
        [
            harms & (excess < -excess_width),
            gains & (excess > excess_width),
            harms & gains & (np.abs(excess) <= excess_width),
        ],
        FACTORS[:3],
        default=FACTORS[3],
    )
    return pd.Series(kinds.tolist(), dtype=str)


def _root(variance: Floats) -> Floats:
    """Standard errors; rounding may have passed zero where the fit is perfect."""
    return np.sqrt(np.maximum(variance, 0))


def make_or_break(
    estimates: Estimates, sums: pd.DataFrame, *, higher_is_better: bool
) -> pd.DataFrame:
    """Swing times pivotal share of each kind, and the rank by it; K rows.

    Missing where an effect could not be estimated.
    """
    penalty, reward = estimates.effects.T
    swing = (reward - penalty) * (1 if higher_is_better else -1)
    n = sums["n"].to_numpy(np.float64)
    pivotal = sums["pivotal"].to_numpy(np.float64)
    overall = pivotal.sum() / max(n.sum(), 1)
    value = pd.Series(swing * (pivotal + PRIOR * overall) / (n + PRIOR))
    rank = value.rank(ascending=False, method="first").astype("Int64")
    return pd.DataFrame({"make_or_break": value, "rank": rank})
