"""From sums to figures: shares, net sentiment and its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def t_quantile(probability: float, dof: ArrayLike) -> NDArray[np.float64]:
    """Quantile of Student's t at each of ``dof`` degrees of freedom; NaN gives NaN."""
    from scipy.special import stdtrit  # a quarter of a second to import, so only when needed

    return np.asarray(stdtrit(np.asarray(dof, dtype=np.float64), probability))


def half_width(
    sums: pd.DataFrame, confidence: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Net sentiment (-1 to 1) of each cell and half the width of its cluster-robust interval."""
    n, positive, negative, documents, net_net, net_n, n_n = (
        sums[name].to_numpy(np.float64)
        for name in ("n", "positive", "negative", "documents", "net_net", "net_n", "n_n")
    )
    net = (positive - negative) / n
    # The sum over documents of (net_d - n_d * net)**2, multiplied out; rounding may pass zero.
    spread = np.maximum(net_net - 2 * net * net_n + net**2 * n_n, 0)
    dof = np.where(documents > 1, documents - 1, np.nan)
    return net, t_quantile((1 + confidence) / 2, dof) * np.sqrt(spread * documents / dof) / n


def figures(sums: pd.DataFrame, confidence: float, *, of: ArrayLike | None = None) -> pd.DataFrame:
    """The figures of each cell, from its sums.

    Args:
        sums: As :func:`mot_nlp.tables.cells.cell_sums` gives them.
        confidence: Level of the interval, between 0 and 1.
        of: Number of moments that each ``share`` is a share of; that of all cells if None.
    """
    n = sums["n"].to_numpy(np.float64)
    net, half = half_width(sums, confidence)
    whole = np.asarray(n.sum() if of is None else of, dtype=np.float64)
    scored = sums["scored"].to_numpy(np.float64)
    return pd.DataFrame(
        {
            "n": sums["n"],
            "documents": sums["documents"],
            "share": n / np.maximum(whole, 1),
            "positive": sums["positive"] / n,
            "neutral": (n - sums["positive"] - sums["negative"]) / n,
            "negative": sums["negative"] / n,
            "net_sentiment": 100 * net,
            "net_low": np.clip(100 * (net - half), -100, 100),
            "net_high": np.clip(100 * (net + half), -100, 100),
            "mean_score": sums["score"] / np.where(scored > 0, scored, np.nan),
            "pivotal_share": sums["pivotal"] / n,
        }
    )
