"""The difference of two groups that may have documents in common: its interval and its test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mot_nlp.tables.figures import t_quantile
from mot_nlp.tables.pairs import NOTHING, PRODUCTS, cross_products, squares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mot_nlp.tables.pairs import Pairs

    Floats = NDArray[np.float64]

REST = -1
"""Stands for all other groups of a cell taken together."""

_ADDITIVE = ["n", "part", "whole", "part_part", "part_whole", "whole_whole", "moment_squares"]
_SIDE = ["n", "documents", "clusters", *_ADDITIVE[1:]]
_BOTH = ["clusters", *PRODUCTS]


@dataclass(frozen=True, slots=True)
class Contrast:
    """Comparisons, a row each, in the same order in every table.

    Attributes:
        rows: ``cell``, ``group`` and ``other``, which may be :data:`REST`.
        one: Sums of the group, as in :class:`mot_nlp.tables.pairs.Pairs`.
        two: Sums of what it is compared with.
        both: Sums over documents that stand in both, first factor of the group.
    """

    rows: pd.DataFrame
    one: pd.DataFrame
    two: pd.DataFrame
    both: pd.DataFrame


@dataclass(frozen=True, slots=True)
class _Moved:
    """By what documents move the two ratios, times each ``whole``: sums of squares and products."""

    one: Floats
    two: Floats
    both: Floats


def of_two(pairs: Pairs, chosen: Sequence[tuple[int, int]]) -> Contrast:
    """Groups with one other group each, in every cell that has both."""
    couples = pd.DataFrame(chosen, columns=["group", "other"], dtype=np.int64)
    first = pairs.sums[["cell", "group"]].merge(couples, on="group")
    second = pairs.sums[["cell", "group"]].rename(columns={"group": "other"})
    rows = first.merge(second, on=["cell", "other"])
    rows = rows.sort_values(["cell", "group", "other"], ignore_index=True)
    sums = pairs.sums[["cell", "group", *_SIDE]]
    one = rows[["cell", "group"]].merge(sums, how="left")
    two = rows[["cell", "other"]].merge(sums.rename(columns={"group": "other"}), how="left")
    both = rows.merge(pairs.shared, how="left", on=["cell", "group", "other"]).fillna(0.0)
    return Contrast(rows, one[_SIDE], two[_SIDE], both[_BOTH])


def of_rest(pairs: Pairs, chosen: Sequence[int]) -> Contrast:
    """Groups with all other groups of the cell taken together, where there are others."""
    total = pairs.sums.groupby("cell")[_ADDITIVE].sum().astype(np.float64)
    with_others = pairs.shared.groupby("cell")[list(PRODUCTS)].sum()
    for product in ("part_part", "part_whole", "whole_whole"):
        total[product] += with_others[product].reindex(total.index, fill_value=0.0)
    rows = pairs.sums[pairs.sums["group"].isin(chosen)]
    rows = rows[rows["rest_clusters"] > 0].reset_index(drop=True)
    both = pairs.shared.groupby(["cell", "group"])[list(PRODUCTS)].sum()
    both = rows[["cell", "group"]].merge(both.reset_index(), how="left").fillna(0.0)
    both["clusters"] = rows["clusters"] - rows["alone"]
    # What is left of the products over all groups when those with this group are taken away.
    two = total.loc[rows["cell"]].reset_index(drop=True) - rows[_ADDITIVE]
    two["part_part"] -= 2 * both["part_part"]
    two["part_whole"] -= both["part_whole"] + both["whole_part"]
    two["whole_whole"] -= 2 * both["whole_whole"]
    two["documents"], two["clusters"] = rows["rest_documents"], rows["rest_clusters"]
    return Contrast(
        rows[["cell", "group"]].assign(other=REST), rows[_SIDE], two[_SIDE], both[_BOTH]
    )


def differences(contrast: Contrast, confidence: float) -> pd.DataFrame:
    """The ratio ``part / whole`` of both sides, their difference, its interval and p-value.

    Documents are clusters: a ratio moves with a document by ``(part - ratio * whole) / sum of
    whole``, and the variance of the difference is the sum of squares of what each document moves
    it by, which takes in documents of both sides; each side is stretched by G / (G - 1) for its G
    documents (Cameron and Miller 2015, "A Practitioner's Guide to Cluster-Robust Inference",
    Journal of Human Resources 50(2)). Student's t has the degrees of freedom of Welch (1947, "The
    generalization of 'Student's' problem", Biometrika 34), see :func:`_freedom`.

    A small side whose documents happen to resemble each other has too small a variance of its own.
    The p-value is therefore the larger of two: that of the interval, and that of a test which has
    one ratio and one kind of document on both sides, as the hypothesis of no difference says, see
    :func:`_pooled`. A side that does not vary at all takes its variance from there for its
    interval, too. In small groups the p-value may therefore stay over 1 - ``confidence`` although
    the interval, which covers as often as it says also where there is a difference, leaves 0 out.

    Returns:
        Columns ``value``, ``value_against``, ``difference``, ``half`` (of the interval) and
        ``p_value``, a row a comparison. The last two are NaN where a side has one document only,
        or neither varies.
    """
    one, two, both = contrast.one, contrast.two, contrast.both
    value, against = one["part"] / one["whole"], two["part"] / two["whole"]
    own = _Moved(squares(one, value), squares(two, against), cross_products(both, value, against))
    pooled = _pooled(contrast)
    # A side that does not vary has no product with the other one either.
    filled = _Moved(
        np.where(own.one > 0, own.one, pooled.one),
        np.where(own.two > 0, own.two, pooled.two),
        own.both,
    )
    difference = (value - against).to_numpy()
    error, freedom = _error(contrast, filled)
    p_values = [_p_value(difference, *_error(contrast, moved)) for moved in (filled, pooled)]
    return pd.DataFrame(
        {
            "value": value,
            "value_against": against,
            "difference": difference,
            "half": t_quantile((1 + confidence) / 2, freedom) * error,
            "p_value": np.maximum(*p_values),
        }
    )


def _pooled(contrast: Contrast) -> _Moved:
    """What is expected where both sides have one ratio and documents that vary alike.

    The squares of both sides together are parted by the size of their documents: a document of m
    moments, of which any two correlate by r, counts ``m * (1 + r * (m - 1))`` (the design effect;
    Kish 1965, "Survey Sampling"), with r as both sides together show it.
    """
    one, two = contrast.one, contrast.two
    common = (one["part"] + two["part"]) / (one["whole"] + two["whole"])
    first, second = squares(one, common), squares(two, common)
    total = one + two
    # The squares if no two moments of a document had anything to do with each other.
    apart = total["moment_squares"] - common * total["part"]
    surplus = (first + second - apart) / (apart * (total["whole_whole"] / total["whole"] - 1))
    correlated = surplus.fillna(0.0).clip(0, 1)
    weights = [
        (side["whole"] + correlated * (side["whole_whole"] - side["whole"])).to_numpy()
        for side in (one, two)
    ]
    scale = (first + second) / (weights[0] + weights[1])
    expected = scale * weights[0], scale * weights[1]
    seen = np.sqrt(first * second)
    correlation = cross_products(contrast.both, common, common) / np.where(seen > 0, seen, np.inf)
    return _Moved(*expected, correlation * np.sqrt(expected[0] * expected[1]))


def _error(contrast: Contrast, moved: _Moved) -> tuple[Floats, Floats]:
    """Standard error of the difference, and its degrees of freedom; NaN where there is none."""
    sides = contrast.one, contrast.two
    many_one, many_two = (
        side["clusters"].where(side["clusters"] > 1).to_numpy(np.float64) for side in sides
    )
    per_one, per_two = (
        np.sqrt(many / (many - 1)) / side["whole"].to_numpy()
        for side, many in zip(sides, (many_one, many_two), strict=True)
    )
    first, second = moved.one * per_one**2, moved.two * per_two**2
    limit = np.sqrt(first * second)  # rounding may pass it
    covariance = np.clip(moved.both * per_one * per_two, -limit, limit)
    variance = first + second - 2 * covariance
    variance = np.where(variance > NOTHING * (first + second), variance, np.nan)
    in_both = contrast.both["clusters"].to_numpy(np.float64)
    freedom = _freedom(first, second, covariance, many_one, many_two, in_both)
    return np.sqrt(variance), np.where(np.isnan(variance), np.nan, freedom)


def _freedom(
    first: Floats,
    second: Floats,
    covariance: Floats,
    many_one: Floats,
    many_two: Floats,
    in_both: Floats,
) -> Floats:
    """Degrees of freedom by Satterthwaite's rule, with documents in one side or in both.

    The variance is a sum of three independent ones: of the documents in one side alone, in the
    other alone, and in both, each side's variance spread evenly over its documents. Without
    documents in both it is Welch's formula, with all in both it is that of a paired test.
    """
    part_one, part_two = in_both / many_one, in_both / many_two
    common = np.maximum(part_one * first + part_two * second - 2 * covariance, 0)
    fewer = np.minimum(many_one, many_two)
    paired = np.where(in_both > 0, in_both * (fewer - 1) / fewer, np.inf)
    alone_one, alone_two = (1 - part_one) * first, (1 - part_two) * second
    summed = (alone_one + alone_two + common) ** 2
    parts = (
        alone_one * first / (many_one - 1)
        + alone_two * second / (many_two - 1)
        + common**2 / paired
    )
    return summed / np.where(parts > 0, parts, np.nan)


def _p_value(difference: Floats, error: Floats, freedom: Floats) -> Floats:
    """Of Student's t, on both sides."""
    from scipy.special import stdtr

    return np.asarray(2 * stdtr(freedom, -np.abs(difference) / error))
