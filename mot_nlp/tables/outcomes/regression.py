"""Linear and logistic regression on 0/1 dummies, over rows that stand for several documents each.

What statsmodels computes from one row a document comes here from one row a different document (the
tests hold the two against each other): least squares, the logistic likelihood and the robust
covariances are sums over documents, and like documents add the same to each (Wong et al. 2021, "You
Only Compress Once", arXiv:2102.11297). statsmodels knows no such weights with these covariances.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.tables.outcomes.sandwich import against, blocks, gram, meat

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mot_nlp.tables.outcomes.sandwich import Floats

_STEPS = 50
"""Newton steps at most; eight are usual."""

_STILL = 1e-10
"""Size of the step, in log-odds, at which Newton's method has arrived."""

_ENDLESS = 15.0
"""Log-odds ratio of a dummy beyond which its estimate is on the way to infinity."""


@dataclass(frozen=True, slots=True)
class Design:
    """What is regressed on what.

    Attributes:
        x: Dummies, linearly independent of each other and of a constant; (R, p).
        outcome: Outcome of each row, 0 or 1 for a logistic regression; (R,).
        weight: Documents that a row stands for; (R,).
        cluster: Cluster of each row, ascending, or None where each document is its own; (R,).
    """

    x: NDArray[np.bool_]
    outcome: Floats
    weight: Floats
    cluster: NDArray[np.int64] | None


@dataclass(frozen=True, slots=True)
class Fit:
    """Effects of dummies on the outcome.

    Attributes:
        effects: Change of the mean outcome with each dummy, the others as they are; (p,).
        covariance: Robust covariance of the effects; (p, p).
        documents: Documents that were regressed.
        dof: Degrees of freedom of Student's t for intervals.
        r_squared: Share of the variance explained, 0 to 1; McFadden's for a logistic regression.
    """

    effects: Floats
    covariance: Floats
    documents: int
    dof: float
    r_squared: float


def linear(design: Design) -> Fit:
    """Least squares with a jackknife covariance.

    Without clusters it is HC3, which holds its level in samples under 250 too (Long and Ervin
    2000, "Using Heteroscedasticity Consistent Standard Errors in the Linear Regression Model", The
    American Statistician 54(3)). With clusters it is CV3, which holds it where clusters are few or
    of unequal size and the usual one does not (MacKinnon, Nielsen and Webb 2023, "Fast and Reliable
    Jackknife and Bootstrap Methods for Cluster-Robust Inference", Journal of Applied Econometrics
    38(5)).
    """
    x, outcome, weight = design.x, design.outcome, design.weight
    bread = np.linalg.inv(gram(x, weight))
    coefficients = bread @ against(x, weight * outcome)
    residual = outcome - _line(x, coefficients)
    middle = meat(x, weight, residual, np.ones(len(weight)), bread, design.cluster)
    centred = outcome - np.average(outcome, weights=weight)
    return Fit(
        coefficients[1:],
        (bread @ middle @ bread)[1:, 1:],
        int(weight.sum()),
        _dof(design),
        float(1 - weight @ residual**2 / (weight @ centred**2)),
    )


def _dof(design: Design) -> float:
    """Clusters less one, or documents less parameters."""
    if design.cluster is not None:
        return len(np.unique(design.cluster)) - 1.0
    return float(design.weight.sum()) - design.x.shape[1] - 1


def _line(x: NDArray[np.bool_], coefficients: Floats) -> Floats:
    """The linear predictor of each row; (R,)."""
    return np.concatenate([rows @ coefficients for _, rows in blocks(x)])


def logistic(design: Design) -> Fit | None:
    """Logistic regression by maximum likelihood, as average marginal effects; None without a fit.

    The effect of a dummy is the change of the probability as it goes from 0 to 1, the other
    dummies as they are, averaged over the documents; its covariance follows from that of the
    coefficients by the delta method (Greene 2018, "Econometric Analysis", 8th edition, 17.3). The
    latter is a jackknife too, linearised (CV3L of MacKinnon, Nielsen and Webb 2024, "Cluster-Robust
    Jackknife and Bootstrap Inference for Logistic Regression Models", arXiv:2406.00650).

    There is no fit where the likelihood has no maximum, since some moments together tell the
    outcome of some documents without fail (Albert and Anderson 1984, "On the Existence of Maximum
    Likelihood Estimates in Logistic Regression Models", Biometrika 71(1)).
    """
    from scipy.special import expit, xlogy

    x, outcome, weight = design.x, design.outcome, design.weight
    coefficients = _maximum(design)
    if coefficients is None:
        return None
    line = _line(x, coefficients)
    chance = expit(line)
    curvature = chance * (1 - chance)
    bread = np.linalg.inv(gram(x, weight * curvature))
    middle = meat(x, weight, outcome - chance, curvature, bread, design.cluster)
    effects, slopes = _marginal(design, coefficients, line)
    mean = np.average(outcome, weights=weight)
    best = weight @ (xlogy(outcome, chance) + xlogy(1 - outcome, 1 - chance))
    null = weight.sum() * (xlogy(mean, mean) + xlogy(1 - mean, 1 - mean))
    return Fit(
        effects,
        slopes @ bread @ middle @ bread @ slopes.T,
        int(weight.sum()),
        _dof(design),
        float(1 - best / null),
    )


def _maximum(design: Design) -> Floats | None:
    """Coefficients of greatest likelihood, the constant first, by Newton's method; (p + 1,)."""
    from scipy.special import expit, logit

    x, outcome, weight = design.x, design.outcome, design.weight
    coefficients = np.zeros(x.shape[1] + 1)
    coefficients[0] = logit(np.average(outcome, weights=weight))
    for _ in range(_STEPS):
        chance = expit(_line(x, coefficients))
        curvature = gram(x, weight * chance * (1 - chance))
        step = np.linalg.lstsq(curvature, against(x, weight * (outcome - chance)))[0]
        coefficients += step
        if not np.abs(coefficients[1:]).max(initial=0) < _ENDLESS:
            return None
        if np.abs(step).max() < _STILL:
            return coefficients
    return None


def _marginal(design: Design, coefficients: Floats, line: Floats) -> tuple[Floats, Floats]:
    """Average effect of each dummy (p,) and its derivatives by the coefficients (p, p + 1)."""
    from scipy.special import expit

    x, documents = design.x, design.weight.sum()
    effects = np.empty(x.shape[1])
    slopes = np.empty((x.shape[1], x.shape[1] + 1))
    for term, coefficient in enumerate(coefficients[1:]):
        absent = line - x[:, term] * coefficient
        without, having = expit(absent), expit(absent + coefficient)
        steep = design.weight * having * (1 - having)
        effects[term] = design.weight @ (having - without) / documents
        slopes[term] = against(x, steep - design.weight * without * (1 - without)) / documents
        slopes[term, term + 1] = steep.sum() / documents  # it is 1 there, and 0 without
    return effects, slopes
