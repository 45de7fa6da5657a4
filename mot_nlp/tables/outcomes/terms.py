"""What a regression can tell apart: terms with documents enough that no other terms stand in for.

A term is a dummy: negative or positive presence of one kind of moment. Term 2 k is the negative
one of kind k and term 2 k + 1 the positive one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.tables.outcomes.sandwich import gram

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mot_nlp.tables.outcomes.presence import Presence
    from mot_nlp.tables.outcomes.sandwich import Floats

SIGNS = ("negative", "positive")

VIF = 10.0
"""Variance inflation from which a term counts as told by the others: they explain 90 % of it.

See Marquardt (1970), "Generalized Inverses, Ridge Regression, Biased Linear Estimation, and
Nonlinear Estimation", Technometrics 12(3).
"""

FEWEST_CLUSTERS = 10
"""Clusters with documents of a kind, and without, that an interval needs."""

_NOTHING_LEFT = 1e-8
"""Share of a term's variance under which it is a combination of other terms but for rounding."""


def dummies(presence: Presence) -> NDArray[np.bool_]:
    """All terms of all kinds; (R, 2 K)."""
    pairs = np.stack([presence.negative, presence.positive], axis=2)
    return pairs.reshape(len(pairs), 2 * presence.negative.shape[1])


def counts(x: NDArray[np.bool_], weight: Floats) -> Floats:
    """Documents that have each of the columns; (p,)."""
    return np.array([weight[column].sum() for column in x.T])


def separated(
    x: NDArray[np.bool_], outcome: Floats, weight: Floats
) -> dict[int, tuple[bool, float]]:
    """Columns with, or without, which all documents have one outcome of two.

    Returns:
        By column, whether it is the documents with it (or else those without), and their outcome.
    """
    found = {}
    for column, values in enumerate(x.T):
        for side in (True, False):
            rows = values == side
            share = np.average(outcome[rows], weights=weight[rows])
            if share in (0, 1):
                found[column] = (side, float(share))
                break
    return found


def correlations(x: NDArray[np.bool_], weight: Floats) -> Floats:
    """Correlations of the columns, none of which may be constant; (p, p)."""
    products = gram(x, weight) / weight.sum()
    covariance = products[1:, 1:] - np.outer(products[0, 1:], products[0, 1:])
    deviation = np.sqrt(np.diag(covariance))
    return covariance / np.outer(deviation, deviation)


def independent(correlation: Floats) -> list[int]:
    """Columns that span all of them, taken from the first on."""
    kept = []
    remaining = correlation.copy()  # of what the columns kept so far leave of each
    for column in range(len(correlation)):
        own = remaining[column, column]
        if own > _NOTHING_LEFT:
            kept.append(column)
            remaining -= np.outer(remaining[column], remaining[column]) / own
    return kept


def entangled(correlation: Floats) -> dict[int, list[int]]:
    """Columns that the others nearly or wholly tell, and by which of them above all.

    Those are of the greatest partial correlation with it, given all others.
    """
    size = len(correlation)
    # The ridge makes the inverse exist, and leaves inflations below a million as they are.
    inverse = np.linalg.inv(correlation + 1e-9 * np.eye(size))
    inflation = np.diag(inverse)
    partial = np.abs(inverse) / np.sqrt(np.outer(inflation, inflation))
    np.fill_diagonal(partial, 0)
    return {
        column: np.flatnonzero(partial[column] > partial[column].max() - 0.01).tolist()
        for column in np.flatnonzero(inflation > VIF).tolist()
    }


def scarce(x: NDArray[np.bool_], cluster: NDArray[np.int64] | None) -> dict[int, tuple[str, int]]:
    """Columns with, or without, which documents are in too few clusters for an interval.

    Returns:
        By column, "with" or "without", and the number of clusters.
    """
    found: dict[int, tuple[str, int]] = {}
    if cluster is None:
        return found
    for column, values in enumerate(x.T):
        for word, rows in (("without", ~values), ("with", values)):
            count = int(np.count_nonzero(np.bincount(cluster, rows)))
            if count < FEWEST_CLUSTERS:
                found[column] = (word, count)
    return found


def called(term: int, labels: Sequence[str]) -> str:
    """What notes call a term."""
    return f"{SIGNS[term % 2]} moments of {labels[term // 2]}"
