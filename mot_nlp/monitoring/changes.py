"""Two tables of sums, compared: by how much each figure differs, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mot_nlp.monitoring.distances import stability
from mot_nlp.monitoring.measures import NAMES, SUMS
from mot_nlp.monitoring.result import (
    CONFIDENCE,
    DOUBT,
    FIGURE_COLUMNS,
    SHARE,
    STABILITY,
    UNKNOWN_WORDS,
)
from mot_nlp.tables.contrasts import Contrast, differences
from mot_nlp.tables.pairs import PRODUCTS, squares
from mot_nlp.tables.qvalues import q_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mot_nlp.monitoring.distances import Distance
    from mot_nlp.taxonomy import Taxonomy

_BOUNDED = (SHARE, CONFIDENCE, DOUBT, UNKNOWN_WORDS)
"""Kinds of figures that lie between 0 and 1."""


def changes(
    reference: pd.DataFrame, new: pd.DataFrame, keys: Sequence[str], *, confidence: float
) -> pd.DataFrame:
    """Compare ratios, those of a document being of a piece.

    The interval and p-value are those of :func:`mot_nlp.tables.contrasts.differences`, for sides
    that have no document in common.

    Args:
        reference: Sums of one side: ``keys``, ``NAMES`` and ``SUMS``.
        new: Sums of the other side.
        keys: Columns of groups.
        confidence: Probability that each interval covers, between 0 and 1.

    Returns:
        A row a group and measure that both sides have, in the columns ``keys`` and, of
        ``FIGURE_COLUMNS``, those up to ``p_value``; without interval and p-value where there are
        fewer than two documents on a side, or none vary.
    """
    both = reference.merge(new, on=[*keys, *NAMES], suffixes=("_old", "_new"))
    old, now = (
        both[[f"{name}_{side}" for name in SUMS]].set_axis(SUMS, axis=1) for side in ("old", "new")
    )
    apart = pd.DataFrame(0.0, index=both.index, columns=["clusters", *PRODUCTS])
    with np.errstate(divide="ignore", invalid="ignore"):  # a side may have nothing at all
        found = differences(Contrast(both[NAMES], now, old, apart), confidence)
    bound = np.where(both["kind"].isin(_BOUNDED), 1.0, np.inf)
    table = both[[*keys, *NAMES]].assign(
        reference=found["value_against"],
        new=found["value"],
        difference=found["difference"],
        low=(found["difference"] - found["half"]).clip(-bound),
        high=(found["difference"] + found["half"]).clip(upper=bound),
        p_value=found["p_value"],
    )
    return table[[*keys, *FIGURE_COLUMNS[:9]]]


def stabilities(
    reference: pd.DataFrame,
    new: pd.DataFrame,
    keys: Sequence[str],
    taxonomy: Taxonomy,
    *,
    confidence: float,
) -> pd.DataFrame:
    """The population stability index of every head, a row a group, in the columns of :func:`changes`.

    A label of a head that takes several is a head of its own, with the answers yes and no.

    Args:
        reference: Sums of one side.
        new: Sums of the other side.
        keys: Columns of groups.
        taxonomy: The heads.
        confidence: Probability that each interval covers, between 0 and 1.
    """
    shares = [side[side["kind"] == SHARE] for side in (reference, new)]
    both = shares[0].merge(shares[1], on=[*keys, *NAMES], suffixes=("_old", "_new"))
    alone = {
        (name, label): head
        for name, question in taxonomy.questions.items()
        if question.multiple
        for label, head in zip(question.labels, question.heads, strict=True)
    }
    both["head"] = [
        alone.get((head, label), head)
        for head, label in zip(both["head"], both["label"], strict=True)
    ]
    rows = []
    for values, own in both.groupby([*keys, "head"], sort=False, dropna=False):
        old, now = (
            own[[f"{name}_{side}" for name in SUMS]].set_axis(SUMS, axis=1)
            for side in ("old", "new")
        )
        if len(own) == 1:  # one answer of two is counted; the other is the rest
            old, now = (pd.concat([side, _rest(side)], ignore_index=True) for side in (old, now))
        noise = (variances(old) + variances(now)).to_numpy()
        parts = (old["part"].to_numpy(), now["part"].to_numpy())
        wholes = (float(old["whole"].iloc[0]), float(now["whole"].iloc[0]))
        distance = stability(parts, wholes, noise, confidence)
        rows.append((*values[:-1], STABILITY, values[-1], "", *told(distance)))
    return pd.DataFrame(rows, columns=[*keys, *FIGURE_COLUMNS[:9]])


def told(distance: Distance) -> tuple[float, ...]:
    """A distance in the columns of figures from ``reference`` to ``p_value``."""
    beyond = max(distance.value - distance.by_chance, 0.0)
    return distance.by_chance, distance.value, beyond, distance.low, distance.high, distance.p_value


def judged(table: pd.DataFrame, *, confidence: float) -> pd.DataFrame:
    """Figures with ``q_value`` over all rows (Benjamini and Hochberg 1995) and ``clear``."""
    out = table.astype(dict.fromkeys(FIGURE_COLUMNS[3:9], np.float64))
    out["q_value"] = q_values(out["p_value"])
    return out.assign(clear=out["q_value"] <= 1 - confidence)


def variances(side: pd.DataFrame) -> pd.Series:
    """Sampling variance of each ratio, documents being drawn and not moments; NaN below two.

    The linearised ratio estimator of cluster samples (Cochran 1977, "Sampling Techniques", 3rd
    edition, chapter 9A), with the factor clusters / (clusters - 1).
    """
    many = side["clusters"].where(side["clusters"] > 1)
    spread = squares(side, side["part"] / side["whole"])
    return pd.Series(spread, side.index) / side["whole"] ** 2 * many / (many - 1)


def _rest(side: pd.DataFrame) -> pd.DataFrame:
    """The moments that were not counted."""
    return side.assign(
        part=side["whole"] - side["part"],
        part_part=side["whole_whole"] - 2 * side["part_whole"] + side["part_part"],
        part_whole=side["whole_whole"] - side["part_whole"],
        moment_squares=side["whole"] - side["part"],
    )
