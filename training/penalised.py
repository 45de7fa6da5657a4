"""Linear heads fitted to vectors, held back towards the heads that are there.

Multinomial logistic regression whose penalty is on the departure from given weights, as in adapting
a maximum-entropy model with its old weights as the prior's mean (Chelba and Acero 2006). With few
rows the old heads prevail, with many the data. The objective is convex, so that it has one solution,
whatever the seed and wherever the search begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.optimize import minimize
from torch.nn.functional import one_hot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_INTERCEPT = 1e-3
"""Penalty of a departing intercept, so that a label without rows is not driven out altogether."""

_STEPS = 300


@dataclass(frozen=True, slots=True)
class Scale:
    """Vectors moved to mean 0 and divided by one number, so that penalties mean the same for any encoder.

    Attributes:
        mean: Mean vector, (hidden,).
        spread: Root mean square of the entries after that.
    """

    mean: NDArray[np.float64]
    spread: float

    @classmethod
    def of(cls, vectors: NDArray[np.floating]) -> Scale:
        """The scale of these vectors, (segments, hidden)."""
        mean = vectors.mean(axis=0, dtype=np.float64)
        return cls(mean, float(np.sqrt(np.square(vectors - mean).mean())) or 1.0)

    def scaled(self, vectors: NDArray[np.floating]) -> NDArray[np.float64]:
        """The vectors on this scale, (segments, hidden)."""
        return (vectors - self.mean) / self.spread


@dataclass(frozen=True, slots=True)
class Departure:
    """How a head departs from the one it began as, on the scale of the vectors.

    Attributes:
        weight: Added to its weights, (labels, hidden).
        bias: Added to its intercepts, (labels,).
    """

    weight: NDArray[np.float64]
    bias: NDArray[np.float64]

    def scores(
        self, vectors: NDArray[np.float64], before: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """Scores after the departure, (segments, labels).

        Args:
            vectors: Scaled vectors, (segments, hidden).
            before: Scores by the head as it began, (segments, labels).
        """
        return before + vectors @ self.weight.T + self.bias

    def unscaled(self, scale: Scale) -> Departure:
        """What is added to a head that reads vectors as they are."""
        weight = self.weight / scale.spread
        return Departure(weight, self.bias - weight @ scale.mean)


def departures(
    vectors: NDArray[np.float64],
    before: NDArray[np.floating],
    labels: NDArray[np.int64],
    *,
    weights: NDArray[np.float64],
    smoothing: float,
    penalties: Sequence[float],
) -> Iterator[Departure]:
    """The best departure for each penalty, each search beginning where the last one ended.

    Args:
        vectors: Scaled vectors, (segments, hidden).
        before: Scores by the head as it began, (segments, labels).
        labels: Label indices, (segments,).
        weights: How much a segment of each label counts, (labels,).
        smoothing: Share of the target spread evenly over the labels.
        penalties: Half of it times the squared departure is added to the mean loss; falling is
            fastest.
    """
    loss = _Loss(vectors, before, labels, weights, smoothing)
    point = np.zeros(loss.size)
    for penalty in penalties:
        found = minimize(
            loss, point, args=(penalty,), jac=True, method="L-BFGS-B",
            options={"maxiter": _STEPS, "gtol": 1e-5},
        )  # fmt: skip
        point = found.x
        yield loss.departure(point)


class _Loss:
    """Mean weighted cross-entropy and its gradient, computed by torch, in double precision."""

    def __init__(
        self,
        vectors: NDArray[np.float64],
        before: NDArray[np.floating],
        labels: NDArray[np.int64],
        weights: NDArray[np.float64],
        smoothing: float,
    ) -> None:
        count = before.shape[1]
        self.vectors = torch.from_numpy(vectors)
        self.before = torch.from_numpy(before.astype(np.float64))
        chosen = torch.from_numpy(labels)
        self.targets = one_hot(chosen, count).double() * (1 - smoothing) + smoothing / count
        shares = torch.from_numpy(weights)[chosen]
        self.shares = (shares / shares.sum()).unsqueeze(1)
        self.shape = (count, vectors.shape[1] + 1)
        self.size = self.shape[0] * self.shape[1]

    def __call__(
        self, point: NDArray[np.float64], penalty: float
    ) -> tuple[float, NDArray[np.float64]]:
        given = torch.from_numpy(point).view(self.shape)
        weight, bias = given[:, :-1], given[:, -1]
        likely = torch.log_softmax(self.before + self.vectors @ weight.T + bias, dim=1)
        loss = -(self.shares * self.targets * likely).sum()
        loss += penalty / 2 * weight.square().sum() + _INTERCEPT / 2 * bias.square().sum()
        slope = self.shares * (likely.exp() - self.targets)
        gradient = torch.empty(self.shape, dtype=torch.float64)
        gradient[:, :-1] = slope.T @ self.vectors + penalty * weight
        gradient[:, -1] = slope.sum(dim=0) + _INTERCEPT * bias
        return float(loss), gradient.numpy().ravel()

    def departure(self, point: NDArray[np.float64]) -> Departure:
        """What a point of the search stands for."""
        given = point.reshape(self.shape)
        return Departure(given[:, :-1].copy(), given[:, -1].copy())
