"""Leave-out impact: the mean outcome if the documents with a moment were absent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.tables.figures import t_quantile

if TYPE_CHECKING:
    from mot_nlp.tables.outcomes.presence import Presence
    from mot_nlp.tables.outcomes.sandwich import Floats


def impacts(presence: Presence, confidence: float) -> tuple[Floats, Floats]:
    """Leave-out impact of each kind and half the width of its interval; (K,) each.

    The impact is the mean outcome of documents without the moment less that of all; NaN where
    every document has it. Its variance is that of the jackknife: with each document, or cluster of
    them, removed in turn, ``(G - 1) / G`` times the sum of squares of the changes (Miller 1974, "The
    Jackknife: A Review", Biometrika 61(1)), and the quantile Student's t with G - 1 degrees of
    freedom. NaN where those without the moment are all in one.
    """
    # One unit is removed at a time: a row stands for as many like ones as it has documents.
    units = np.ones(len(presence.weight)) if presence.cluster is None else presence.weight
    times, totals, sums = _per_unit(presence, units)
    count = times.sum()
    impact = np.full(len(presence.kinds), np.nan)
    error = np.full(len(presence.kinds), np.nan)
    for kind, present in enumerate(presence.present.T):
        _, lacking, kept = _per_unit(presence, units * ~present)
        without, whole = times @ lacking, times @ totals
        if without == 0:
            continue
        impact[kind] = times @ kept / without - times @ sums / whole
        if lacking.max() == without:
            continue
        removed = (times @ kept - kept) / (without - lacking) - (times @ sums - sums) / (
            whole - totals
        )
        error[kind] = np.sqrt((count - 1) / count * (times @ (removed - impact[kind]) ** 2))
    dof = count - 1 if count > 1 else np.nan
    return impact, t_quantile((1 + confidence) / 2, dof) * error


def _per_unit(presence: Presence, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """How often each unit occurs, its documents by ``weight``, and the sum of their outcomes."""
    if presence.cluster is None:
        return presence.weight, weight, weight * presence.outcome
    documents = np.bincount(presence.cluster, weight).astype(np.float64)
    sums = np.bincount(presence.cluster, weight * presence.outcome).astype(np.float64)
    return np.ones(len(documents)), documents, sums
