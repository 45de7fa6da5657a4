"""From sums to figures: shares, net sentiment and its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

ALIKE = 1e-9
"""Spread, as a part of its largest value, under which documents count as alike: rounding error."""


def t_quantile(probability: float, dof: ArrayLike) -> NDArray[np.float64]:
    """Quantile of Student's t at each of ``dof`` degrees of freedom; NaN gives NaN."""
    from scipy.special import stdtrit  # a quarter of a second to import, so only when needed

    return np.asarray(stdtrit(np.asarray(dof, dtype=np.float64), probability))


def net_interval(
    sums: pd.DataFrame, confidence: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Net sentiment (-1 to 1) of each cell with both ends of its interval.

    The interval is cluster-robust, see :func:`mot_nlp.tables.table.moment_table`. Where all
    documents of a cell have the same net sentiment, nothing tells how far others would stray; then
    the share of documents that do is at most ``1 - ((1 - confidence) / 2)**(1 / G)``, Clopper and
    Pearson's bound for none in G, and each of them might lie at either end of the scale.
    """
    n, positive, negative, documents, net_net, net_n, n_n = (
        sums[name].to_numpy(np.float64)
        for name in ("n", "positive", "negative", "documents", "net_net", "net_n", "n_n")
    )
    net = (positive - negative) / n
    # The sum over documents of (net_d - n_d * net)**2, multiplied out; rounding may pass zero.
    spread = np.maximum(net_net - 2 * net * net_n + net**2 * n_n, 0)
    dof = np.where(documents > 1, documents - 1, np.nan)
    half = t_quantile((1 + confidence) / 2, dof) * np.sqrt(spread * documents / dof) / n
    strays = 1 - ((1 - confidence) / 2) ** (1 / np.where(documents > 1, documents, np.nan))
    alike = spread <= ALIKE * n_n
    low = np.where(alike, net - strays * (net + 1), net - half)
    high = np.where(alike, net + strays * (1 - net), net + half)
    return net, np.maximum(low, -1), np.minimum(high, 1)


def figures(sums: pd.DataFrame, confidence: float, *, of: ArrayLike | None = None) -> pd.DataFrame:
    """The figures of each cell, from its sums.

    Args:
        sums: As :func:`mot_nlp.tables.cells.cell_sums` gives them.
        confidence: Level of the interval, between 0 and 1.
        of: Number of moments that each ``share`` is a share of; the sum over all cells if None.
    """
    n = sums["n"].to_numpy(np.float64)
    net, low, high = net_interval(sums, confidence)
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
            "net_low": 100 * low,
            "net_high": 100 * high,
            "mean_score": sums["score"] / np.where(scored > 0, scored, np.nan),
            "pivotal_share": sums["pivotal"] / n,
        }
    )
