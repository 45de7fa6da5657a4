"""How far apart two distributions are, what chance alone would give, and an interval of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    Floats = NDArray[np.float64]

RESHUFFLES = 200
"""How often documents change sides to see what chance gives; more would move no verdict."""

_BLOCK = 20
"""Reshuffles that are counted at once."""

_HALF = 0.5
"""Added to every count of a stability index, which no label may leave without."""


class Distance(NamedTuple):
    """How far apart two sides are.

    Attributes:
        value: The distance found.
        by_chance: What two samples of the same feedback, as large as these, are apart on average.
        low: Lower end of the interval of what is beyond chance, 0 or more.
        high: Upper end.
        p_value: Probability of such a distance by chance alone.
    """

    value: float
    by_chance: float
    low: float
    high: float
    p_value: float


def stability(
    parts: tuple[Floats, Floats], wholes: tuple[float, float], noise: Floats, confidence: float
) -> Distance:
    """The population stability index: the sum over labels of (new - old) * log(new / old).

    With L the logarithmic mean of two shares that is the sum of (new - old)**2 / L, so chance gives
    the sum of (variance of new - old) / L on average. Divided by that average and times one less
    than the number of labels, it follows chi squared where nothing changed (the first-order
    correction of Rao and Scott 1981, "The Analysis of Categorical Data from Complex Sample
    Surveys", Journal of the American Statistical Association 76(374); for independent rows Yurdakul
    and Naranjo 2020, "Statistical properties of the population stability index", Journal of Risk
    Model Validation 14(4)), and noncentral chi squared where something did, which the interval is
    turned out of.

    Args:
        parts: Moments with each label, of the reference and of what is new, shape (labels,).
        wholes: Moments of either side.
        noise: Sampling variance of each label's change of share, shape (labels,).
        confidence: Probability that the interval covers, between 0 and 1.

    Returns:
        The distance; all NaN where a side has no moments, the last three where chance cannot be told.
    """
    from scipy.special import chdtrc

    seen = (parts[0] + parts[1]) > 0
    freedom = int(seen.sum()) - 1
    nothing = float("nan")
    if not min(wholes):
        return Distance(nothing, nothing, nothing, nothing, nothing)
    old, new = (
        (part[seen] + _HALF) / (whole + _HALF * (freedom + 1))
        for part, whole in zip(parts, wholes, strict=True)
    )
    between = _logarithmic_mean(old, new)
    index = float(((new - old) ** 2 / between).sum())
    expected = float((noise[seen] / between).sum())
    if freedom < 1 or not expected > 0:
        return Distance(index, nothing, nothing, nothing, nothing)
    scale = expected / freedom
    statistic = index / scale
    low, high = (
        scale * _noncentrality(statistic, freedom, tail)
        for tail in ((1 + confidence) / 2, (1 - confidence) / 2)
    )
    return Distance(index, expected, low, high, float(chdtrc(freedom, statistic)))


def _noncentrality(statistic: float, freedom: int, probability: float) -> float:
    """The noncentrality of a chi squared that is at most ``statistic`` with a probability; 0 where none is."""
    from scipy.special import chdtr, chndtrinc

    if chdtr(freedom, statistic) <= probability:
        return 0.0
    return float(chndtrinc(statistic, freedom, probability))


def _logarithmic_mean(one: Floats, other: Floats) -> Floats:
    """(other - one) / log(other / one), of numbers over 0; the number itself where both are alike."""
    alike = np.isclose(one, other, rtol=1e-9)
    ratio = np.where(alike, 2.0, other / one)
    return np.where(alike, one, (other - one) / np.log(ratio))


def length_distance(
    lengths: Floats, documents: NDArray[np.int64], is_new: NDArray[np.bool_], confidence: float
) -> Distance:
    """Wasserstein's distance between the lengths of moments: the area between their distributions.

    Args:
        lengths: Length of each moment, shape (moments,).
        documents: Number of its document, from 0, shape (moments,).
        is_new: Whether a document is new, shape (documents,).
        confidence: Probability that the interval covers, between 0 and 1.
    """
    order = np.argsort(lengths, kind="stable")
    documents = documents[order]
    steps = np.diff(lengths[order], append=lengths[order[-1]])
    sizes = np.bincount(documents, minlength=len(is_new)).astype(np.float64)

    def gaps(sides: NDArray[np.bool_]) -> Floats:
        """Share of new moments up to each length less that of the reference's."""
        chosen = sides[documents]
        new = np.cumsum(chosen) / max(chosen.sum(), 1)
        old = np.cumsum(~chosen) / max((~chosen).sum(), 1)
        return np.asarray(new - old, np.float64)

    def distance(sides: NDArray[np.bool_]) -> float:
        return float(np.abs(gaps(sides)) @ steps)

    # By how much the distance moves with a moment of this length more (its influence).
    signs = np.sign(gaps(is_new)) * steps
    moves = np.cumsum(signs[::-1])[::-1]
    summed = np.bincount(documents, weights=moves, minlength=len(is_new)).astype(np.float64)
    variance = _of_documents(summed[is_new], sizes[is_new])
    variance += _of_documents(summed[~is_new], sizes[~is_new])
    by_chance = np.array([distance(sides) for sides in _reshuffled(is_new)])
    return _against_chance(distance(is_new), by_chance, variance, confidence)


def word_distance(counts: csr_matrix, is_new: NDArray[np.bool_], confidence: float) -> Distance:
    """Jensen and Shannon's divergence of two distributions of words, in bits: 0 alike, 1 apart.

    Lin (1991), "Divergence measures based on the Shannon entropy", IEEE Transactions on Information
    Theory 37(1).

    Args:
        counts: How often each word stands in each document, shape (documents, words).
        is_new: Whether a document is new, shape (documents,).
        confidence: Probability that the interval covers, between 0 and 1.
    """
    total = np.asarray(counts.sum(axis=0), np.float64).ravel()
    shuffled = _reshuffled(is_new).T.astype(np.float64)
    by_chance = np.concatenate(
        [
            _divergence(new := counts.T @ block, total[:, None] - new)
            for block in np.array_split(shuffled, RESHUFFLES // _BLOCK, axis=1)
        ]
    )
    new = counts.T @ is_new.astype(np.float64)
    old = total - new
    sizes = np.asarray(counts.sum(axis=1), np.float64).ravel()
    middle = (new / new.sum() + old / old.sum()) / 2
    variance = 0.0
    for side, words in ((is_new, new), (~is_new, old)):
        # The derivative of the divergence by the share of each word on this side.
        share = words / words.sum()
        ratio = np.divide(share, middle, out=np.ones_like(share), where=share > 0)
        moves = np.log2(ratio) / 2
        variance += _of_documents((counts @ moves)[side], sizes[side])
    value = float(_divergence(new[:, None], old[:, None])[0])
    return _against_chance(value, by_chance, variance, confidence)


def _divergence(one: Floats, other: Floats) -> Floats:
    """The divergence of counts, words in rows, a column a pair of distributions."""
    first, second = one / one.sum(axis=0), other / other.sum(axis=0)
    middle = (first + second) / 2
    return np.asarray(_entropy(middle) - (_entropy(first) + _entropy(second)) / 2, np.float64)


def _entropy(shares: Floats) -> Floats:
    from scipy.special import entr

    return np.asarray(entr(shares).sum(axis=0) / np.log(2), np.float64)


def _reshuffled(is_new: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Documents put on other sides, as many on each, always the same: (reshuffles, documents)."""
    return np.random.default_rng(0).permuted(np.tile(is_new, (RESHUFFLES, 1)), axis=1)


def _of_documents(parts: Floats, wholes: Floats) -> float:
    """Sampling variance of the ratio of two sums over documents; NaN below two documents."""
    if len(parts) < 2:
        return float("nan")
    own = parts - wholes * parts.sum() / wholes.sum()
    return float(own @ own / wholes.sum() ** 2 * len(parts) / (len(parts) - 1))


def _against_chance(
    value: float, by_chance: Floats, variance: float, confidence: float
) -> Distance:
    """A distance with what reshuffled documents give, by the moments of which its tail is told.

    A few hundred reshuffles count no small probability, but their mean, spread and skewness are
    known well, and the Pearson type III distribution that has the same stands in for them (Mielke
    and Berry 2007, "Permutation Methods: A Distance Function Approach", 2nd edition). Their spread is
    in the interval too: where two sides hardly differ, ``variance``, of the first order, is all but 0.
    """
    from scipy.stats import norm, pearson3, skew

    mean, spread = float(by_chance.mean()), float(by_chance.std(ddof=1))
    half = float(norm.isf((1 - confidence) / 2)) * float(np.hypot(np.sqrt(variance), spread))
    low, high = (max(value - mean + sign * half, 0.0) for sign in (-1, 1))
    p_value = float("nan")
    if spread > 0:
        p_value = float(pearson3(float(skew(by_chance))).sf((value - mean) / spread))
    return Distance(value, mean, low, high, p_value)
