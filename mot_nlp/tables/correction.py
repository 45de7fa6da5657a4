"""Tables corrected for the model's errors: estimated true moments in place of predicted ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.errors import InputError
from mot_nlp.tables.channel import channel, most_likely
from mot_nlp.tables.figures import t_quantile
from mot_nlp.tables.misclassification import axes
from mot_nlp.tables.several import refuse_several
from mot_nlp.tables.shipped import shipped
from mot_nlp.tables.states import GROUPS, by_stratum, check_rows, counts, head_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from mot_nlp.tables.grouping import Grouping
    from mot_nlp.tables.misclassification import Axis
    from mot_nlp.tables.states import Counts
    from mot_nlp.tables.store import Store
    from mot_nlp.taxonomy import Taxonomy

DRAWS = 300
"""Draws of groups and of held-out segments that the intervals are made from."""

PRIOR = 400
"""Segments in each stratum that what was predicted weighs as much as, against what is estimated.

Undoing errors multiplies noise: in small data what was predicted is the better guess, in large data
the estimate. Weights from 200 to 400 do about best in the simulation of benchmarks/correction.py;
the greater does less harm where its suppositions fail.
"""

_SEED = 20261122


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """Estimated true moments of the cells of a table.

    Attributes:
        sums: The number of true moments, of positive and of negative ones among them, by cell and
            draw, (cells, 2 + draws, 3). Draw 0 is the estimate, drawn towards what was predicted;
            draw 1 is that of maximum likelihood, and the others are such estimates too, from
            other draws of documents and of held-out segments.
    """

    sums: NDArray[np.float64]

    def over(self, group: NDArray[np.int64], size: int) -> Estimate:
        """Sums over groups of cells; ``group`` is the number of each cell's, 0 to ``size`` - 1."""
        sums = np.zeros((size, *self.sums.shape[1:]))
        np.add.at(sums, group, self.sums)
        return Estimate(sums)

    def put_into(self, table: pd.DataFrame, confidence: float) -> pd.DataFrame:
        """A table of these cells with the estimates in place of what was counted.

        The intervals lie around the estimate of maximum likelihood, since what draws the other one
        towards the predictions must not pass for certainty, and are stretched to hold that. Their
        reach on both sides is the standard deviation of the draws times Student's t with
        ``documents`` - 1 degrees of freedom, but no more than ``GROUPS`` - 1.

        Args:
            table: As :func:`mot_nlp.tables.figures.figures` gives it.
            confidence: Level of the intervals, between 0 and 1.

        Returns:
            The table with ``share_low`` and ``share_high`` as last columns.
        """
        n, positive, negative = np.moveaxis(self.sums, 2, 0)
        share = _over(n, n.sum(axis=0))
        up, down = _over(positive, n), _over(negative, n)
        documents = table["documents"].to_numpy(np.float64)
        dof = np.where(documents > 1, np.minimum(documents, GROUPS) - 1, np.nan)
        t = t_quantile((1 + confidence) / 2, dof)
        net_low, net_high = np.clip(_interval(100 * (up - down), t), -100, 100)
        share_low, share_high = np.clip(_interval(share, t), 0, 1)
        return table.assign(
            share=share[:, 0],
            positive=up[:, 0],
            neutral=np.maximum(1 - up[:, 0] - down[:, 0], 0),
            negative=down[:, 0],
            net_sentiment=100 * (up[:, 0] - down[:, 0]),
            net_low=net_low,
            net_high=net_high,
            share_low=share_low,
            share_high=share_high,
        )


def estimate(
    store: Store,
    by: Grouping,
    taxonomy: Taxonomy,
    confusion: Mapping[str, ArrayLike] | None = None,
) -> Estimate:
    """Estimate the true moments of each cell of a table, in the table's order.

    Every combination of the ``by`` columns that show no labels is a stratum, estimated by itself.
    Documents are dealt into groups and each draw takes as many groups again with replacement: the
    method of random groups, Wolter (2007), "Introduction to Variance Estimation", chapter 2. All
    strata share the draws of groups and of error rates, so that sums over strata have intervals too.

    Args:
        store: The segments, a row each.
        by: What the table is made by.
        taxonomy: Labels of the model that found the moments.
        confusion: As :func:`mot_nlp.tables.misclassification.axes` takes it; the shipped model's
            if None.

    Raises:
        InputError: The rows are not one a segment, labels do not go together, or the confusion
            does not fit them.
    """
    why = "correct=True takes columns of one label; leave correct out"
    refuse_several(by.names, store.columns, taxonomy, why=why)
    check_rows(store, taxonomy)
    heads = {head for name in by.names if (head := head_of(name, store, taxonomy))}
    known = axes(heads, _or_shipped(confusion, taxonomy), taxonomy)
    rows = counts(store, by, known, taxonomy)
    rng = np.random.default_rng(_SEED)
    taken = rng.multinomial(GROUPS, np.full(GROUPS, 1 / GROUPS), size=DRAWS)
    weights = np.concatenate([np.ones((2, GROUPS)), taken])
    prior = np.where(np.arange(2 + DRAWS) == 0, float(PRIOR), 0.0)
    errors = channel(known, rng, exact=2, drawn=DRAWS)
    # In a table by sentiment every state is a cell, elsewhere those that differ in it alone are one.
    width = 1 if "sentiment" in heads else len(known[-1].labels)
    signs = _signs(known, taxonomy)
    sums = np.zeros((1 + int(rows["cell"][rows["state"] > 0].max(initial=-1)), 2 + DRAWS, 3))
    for stratum in by_stratum(rows):
        cells = _cells(stratum, len(signs), width)
        occurs = cells >= 0
        drawn = weights @ _by_group(stratum, len(signs))
        shares = most_likely(drawn, errors, np.append(True, occurs), prior)
        segments = (drawn.sum(axis=1, keepdims=True) * shares)[:, 1:].T
        np.add.at(sums, cells[occurs], (segments[:, :, None] * signs[:, None])[occurs])
    return Estimate(sums)


def _or_shipped(
    confusion: Mapping[str, ArrayLike] | None, taxonomy: Taxonomy
) -> Mapping[str, ArrayLike]:
    """The confusion given, else the shipped model's, if it has these labels."""
    if confusion is not None:
        return confusion
    manifest = shipped().manifest
    if {name: list(head.labels) for name, head in taxonomy.heads.items()} != manifest.heads:
        raise InputError(
            "the taxonomy is not the shipped model's, whose errors are known; give confusion, the "
            "manifest.confusion of the bundle that found the moments"
        )
    return manifest.confusion


def _signs(known: Sequence[Axis], taxonomy: Taxonomy) -> NDArray[np.float64]:
    """What a segment of each state adds to moments, positive and negative ones, (K, 3)."""
    felt = [taxonomy.signs[label[0]] for label in known[-1].labels]
    signs = np.array([[1, sign > 0, sign < 0] for sign in felt], np.float64)
    return np.tile(signs, (int(np.prod([len(axis.labels) for axis in known[:-1]])), 1))


def _cells(rows: Counts, size: int, width: int) -> NDArray[np.int64]:
    """The cell of each of ``size`` states of moments, those of one cell neighbours ``width`` wide.

    It is -1 where the cell was never predicted in this stratum: the table has no row for it, so
    it is taken not to occur.
    """
    moments = rows["state"] > 0
    cells = np.full(size // width, -1)
    cells[(rows["state"][moments] - 1) // width] = rows["cell"][moments]
    return np.repeat(cells, width)


def _by_group(rows: Counts, size: int) -> NDArray[np.float64]:
    """Segments of a stratum by group of documents and state, (GROUPS, 1 + size)."""
    segments = np.zeros((GROUPS, 1 + size))
    np.add.at(segments, (rows["bucket"], rows["state"]), rows["n"])
    return segments


def _interval(figure: NDArray[np.float64], t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Low and high ends of the interval of each cell's figure, (2, cells).

    Args:
        figure: By cell and draw, as :class:`Estimate` has them.
        t: How many standard deviations it reaches, (cells,).
    """
    estimate, likeliest = figure[:, 0], figure[:, 1]
    reach = t * np.nanstd(figure[:, 2:], axis=1, ddof=1)
    return np.stack(
        [np.minimum(estimate, likeliest - reach), np.maximum(estimate, likeliest + reach)]
    )


def _over(values: NDArray[np.float64], of: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values over ``of``, NaN where that is zero."""
    of = np.broadcast_to(of, values.shape)
    return np.divide(values, of, out=np.full_like(values, np.nan), where=of > 0)
