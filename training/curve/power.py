"""The inverse power law that learning curves follow: ``a − b · n^(−c)``.

With n labels, a is where the curve would end, b how far below it one label stands, and c how fast the
gap closes. The form is that of Cortes et al. 1993 and, for text classifiers, Figueroa et al. 2012
(doi:10.1186/1472-6947-12-8), who extrapolate by it as is done here.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import OptimizeWarning, curve_fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

SLOWEST, FASTEST = 0.05, 2.0
"""Bounds of c: slower, a curve is a straight line on a logarithmic axis; faster, a step."""

_EVALUATIONS = 2000


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """A fitted law.

    Attributes:
        limit: a, from 0 to 1.
        gap: How far below it the curve stands at ``unit`` labels, 0 to 1.
        speed: c, from ``SLOWEST`` to ``FASTEST``.
        unit: Labels that ``gap`` refers to; b is ``gap · unit^c``.
    """

    limit: float
    gap: float
    speed: float
    unit: float

    def __call__(self, labels: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Figures for numbers of labels, in the shape of these.

        >>> PowerLaw(limit=0.8, gap=0.4, speed=0.5, unit=100)(400.0).item()
        0.6
        """
        return np.asarray(self.limit - self.gap * (np.asarray(labels) / self.unit) ** -self.speed)


def fit_power_law(labels: NDArray[np.float64], figures: NDArray[np.float64]) -> PowerLaw | None:
    """Least squares, with the law kept between 0 and 1 and rising.

    Args:
        labels: Numbers of labels, over 0, (sizes,).
        figures: What was reached with them, 0 to 1, (sizes,).

    Returns:
        None where no law can be fitted: under three sizes, or a figure is not known.
    """
    if len(labels) < 3 or not np.isfinite(figures).all():
        return None
    unit = float(labels.min())
    start = np.clip([figures.max() + 0.05, np.ptp(figures) + 0.05, 0.5], 1e-3, 0.999)

    def law(n: NDArray[np.float64], limit: float, gap: float, speed: float) -> NDArray[np.float64]:
        return PowerLaw(limit, gap, speed, 1.0)(n)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizeWarning)  # its covariance is not used
            found, _ = curve_fit(
                law, labels / unit, figures, p0=start,
                bounds=([0, 0, SLOWEST], [1, 1, FASTEST]), max_nfev=_EVALUATIONS,
            )  # fmt: skip
    except RuntimeError:  # what scipy raises where the fit does not end
        return None
    limit, gap, speed = map(float, found)
    return PowerLaw(limit, gap, speed, unit)
