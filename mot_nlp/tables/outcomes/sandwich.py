"""Sums over documents that robust covariances are made of.

Rows stand for several like documents each, and are taken a block at a time, so that a million of
them take no more memory than their dummies as booleans.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ROWS = 1 << 16
"""Rows that are held as floats at a time."""

_ROUNDING = 1e-8
"""What stands for zero where removing documents would leave nothing to estimate an effect from."""


def blocks(x: NDArray[np.bool_]) -> Iterator[tuple[slice, Floats]]:
    """The rows of ``x`` (R, p) with a constant before them, as floats, a block at a time."""
    for start in range(0, len(x), ROWS):
        part = slice(start, start + ROWS)
        yield part, _with_constant(x[part])


def _with_constant(x: NDArray[np.bool_]) -> Floats:
    return np.column_stack([np.ones(len(x)), x])


def gram(x: NDArray[np.bool_], weight: Floats) -> Floats:
    """Weighted sum of the outer products of rows, with a constant; (p + 1, p + 1)."""
    total = np.zeros((x.shape[1] + 1, x.shape[1] + 1))
    for part, rows in blocks(x):
        total += (rows * weight[part, None]).T @ rows
    return total


def against(x: NDArray[np.bool_], values: Floats) -> Floats:
    """Sum of rows times values, with a constant; (p + 1,)."""
    total = np.zeros(x.shape[1] + 1)
    for part, rows in blocks(x):
        total += values[part] @ rows
    return total


def meat(
    x: NDArray[np.bool_],
    weight: Floats,
    residual: Floats,
    curvature: Floats,
    bread: NDArray[np.floating],
    cluster: NDArray[np.int64] | None,
) -> Floats:
    """What stands between two of ``bread`` in a jackknife covariance; (p + 1, p + 1).

    With residuals e, curvatures k, dummies X of a document or cluster and ``bread`` B, its score
    X'e changes the coefficients by ``B (I - X'kX B)^-1 X'e`` as it is removed: wholly so in least
    squares, to first order in logistic regression. The result is the sum over all of them of the
    outer product of that without the leading B, times (G - 1) / G for G clusters. For single
    documents in least squares that is HC3, where it is customary to leave the last factor out.

    Args:
        x: Dummies of each row; (R, p).
        weight: Documents that a row stands for; (R,).
        residual: Residual of one document of a row; (R,).
        curvature: What a document of a row weighs in ``bread``: 1 in least squares; (R,).
        bread: Inverse of the weighted :func:`gram`; (p + 1, p + 1).
        cluster: Cluster of each row, ascending; (R,).
    """
    if cluster is None:
        shape = [np.einsum("rp,pq,rq->r", r, bread, r, optimize=True) for _, r in blocks(x)]
        remainder = np.maximum(1 - curvature * np.concatenate(shape), _ROUNDING)
        return gram(x, weight * (residual / remainder) ** 2)
    _, starts, sizes = np.unique(cluster, return_index=True, return_counts=True)
    residuals, curvatures = weight * residual, weight * curvature
    total = np.zeros_like(bread, dtype=np.float64)
    for size in np.unique(sizes).tolist():
        alike = starts[sizes == size]
        for part in np.array_split(alike, -(-len(alike) * size // ROWS)):
            rows = part[:, None] + np.arange(size)
            own = _with_constant(x[rows.ravel()]).reshape(*rows.shape, -1)
            changes = _changes(own, residuals[rows], curvatures[rows], bread)
            total += changes.T @ changes
    return total * (len(starts) - 1) / len(starts)


def _changes(
    x: Floats, residual: Floats, curvature: Floats, bread: NDArray[np.floating]
) -> NDArray[np.floating]:
    """``(I - X'kX B)^-1 X'e`` of clusters of m rows each; (clusters, p + 1).

    Args:
        x: Dummies and constant; (clusters, m, p + 1).
        residual: Sum of the residuals of a row's documents; (clusters, m).
        curvature: Sum of their curvatures; (clusters, m).
        bread: Inverse of the weighted gram; (p + 1, p + 1).
    """
    _, size, width = x.shape
    across = x.transpose(0, 2, 1)
    projected = (x.reshape(-1, width) @ bread).reshape(x.shape)
    # The same thing is X' (I - k X B X')^-1 e, which is the smaller system where rows are few.
    if size < width:
        inner = (1 + _ROUNDING) * np.eye(size) - curvature[..., None] * (projected @ across)
        return (across @ np.linalg.solve(inner, residual[..., None]))[..., 0]
    inner = (1 + _ROUNDING) * np.eye(width) - across @ (curvature[..., None] * projected)
    return np.linalg.solve(inner, across @ residual[..., None])[..., 0]
