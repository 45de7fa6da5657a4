"""How even the experience is: the spread of net sentiment over groups beyond what sampling explains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mot_nlp.errors import InputError
from mot_nlp.tables.arguments import (
    check_at_least,
    check_by,
    check_columns,
    check_confidence,
    names_of,
)
from mot_nlp.tables.cells import REQUIRED
from mot_nlp.tables.grouping import columns_needed
from mot_nlp.tables.pairs import cross_products, rate_pairs, squares
from mot_nlp.tables.shipped import or_shipped
from mot_nlp.tables.spread import Sample, spread_of
from mot_nlp.tables.store import opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mot_nlp.tables.pairs import Pairs
    from mot_nlp.tables.sources import Rows
    from mot_nlp.taxonomy import Taxonomy

CONSISTENCY_COLUMNS = (
    "groups",
    "left_out",
    "n",
    "documents",
    "mean_net_sentiment",
    "observed_spread",
    "spread",
    "spread_low",
    "spread_high",
    "beyond_sampling",
    "p_value",
    "lowest",
    "highest",
    "note",
)

MAX_GROUPS = 1_000
"""Groups of one cell, at most: what each pair has in common is a matrix."""


def consistency(
    moments: Rows,
    across: str = "touchpoint",
    by: str | Sequence[str] | None = (),
    *,
    min_n: int = 10,
    confidence: float = 0.95,
    taxonomy: Taxonomy | None = None,
) -> pd.DataFrame:
    """Measure in each cell of ``by`` how much net sentiment really differs between groups.

    Net sentiments of groups differ by chance even where customers feel the same everywhere.
    ``spread`` is what is left when that is taken off: the standard deviation of the net sentiments
    that the groups would have with endless feedback. See :func:`mot_nlp.tables.spread.spread_of`
    for estimate, interval and test, and their sources. The moments of one document are a cluster,
    also where it stands in several groups.

    Moments without a stage or without a value in ``across`` are left out; a missing value in a
    ``by`` column makes a cell of its own, shown last.

    Args:
        moments: Moment rows, or a file of them in any format that ``predict`` writes, or several
            files.
        across: Column, roll-up or period (``week``, ``month``, ``quarter``, ``year`` of the column
            ``date``) whose groups should be alike.
        by: Columns to table by, of the same kinds. None gives one row.
        min_n: Groups with fewer moments in the cell are left out, and so are those of one document.
        confidence: Probability that the interval covers, between 0 and 1.
        taxonomy: Labels of the model that found the moments; the shipped one's where none is given.

    Returns:
        One row a cell: the ``by`` columns, then

        - ``groups`` that count, and those ``left_out``;
        - ``n`` moments in ``documents`` documents, of all groups;
        - ``mean_net_sentiment``, the mean over groups that count of the net sentiment of each, a
          small group as much as a large one, from -100 to 100; that of all moments may differ;
        - ``observed_spread``, the standard deviation of their net sentiments, in points;
        - ``spread``, that of their true net sentiments, and its interval ``spread_low`` to
          ``spread_high``;
        - ``beyond_sampling`` (0 to 1), the part of the differences that sampling does not explain;
        - ``p_value`` of the hypothesis that all groups are alike, 0 to 1;
        - ``lowest`` and ``highest``, the groups with the least and greatest net sentiment, as text;
        - ``note``, empty or why figures are NaN: ``"fewer than two groups"``, or ``"too little
          variation"`` where within no group anything varies, so that chance cannot be judged.

    Raises:
        ColumnError: A column that is needed or named does not exist.
        ReadError: The file cannot be read.
        InputError: An argument is out of its range, ``across`` has over ``MAX_GROUPS`` groups in a
            cell, or a value is not what its column holds.
    """
    names = names_of(by)
    taxonomy = or_shipped(taxonomy)
    check_at_least("min_n", min_n, 1, why="to count every group, or more to leave out thin ones")
    check_confidence(confidence)
    check_by(names, taken=CONSISTENCY_COLUMNS)
    if across in names:
        raise InputError(
            f"across is {across!r}, which by names too; the groups to compare cannot also tell "
            "cells apart, so leave it out of by"
        )
    asked = (*names, across)
    with opened(moments, wanted={*REQUIRED, *columns_needed(asked, taxonomy)}) as store:
        check_columns(REQUIRED, asked, store.columns, taxonomy)
        pairs = rate_pairs(store, names, across, "net_sentiment", taxonomy)
    counts = (pairs.sums["n"] >= min_n) & (pairs.sums["documents"] > 1)
    _check_size(counts.groupby(pairs.sums["cell"]).sum(), across)
    rows = [_row(pairs, cell, counts, confidence) for cell in range(len(pairs.cells))]
    return pd.concat([pairs.cells, _typed(rows)], axis=1)


def _check_size(groups: pd.Series, across: str) -> None:
    """Refuse more groups than a matrix of pairs should hold.

    Raises:
        InputError: There are more.
    """
    most = int(groups.max()) if len(groups) else 0
    if most > MAX_GROUPS:
        raise InputError(
            f"across {across!r} there are {most:,} groups in one cell; at most {MAX_GROUPS:,} are "
            "compared. Give a coarser column, or raise min_n"
        )


def _row(pairs: Pairs, cell: int, counts: pd.Series, confidence: float) -> dict[str, object]:
    """The figures of one cell."""
    here = pairs.sums["cell"] == cell
    whole, sums = pairs.sums[here], pairs.sums[here & counts]
    first = whole.iloc[0]
    row: dict[str, object] = {
        "groups": len(sums),
        "left_out": len(whole) - len(sums),
        "n": whole["n"].sum(),
        "documents": first["rest_documents"] + first["alone"],
        "note": "fewer than two groups",
    }
    if sums.empty:
        return row
    sample = _sample(sums, pairs.shared[pairs.shared["cell"] == cell])
    row["mean_net_sentiment"] = sample.estimates.mean()
    if len(sums) < 2:
        return row
    names = [pairs.groups[group] for group in sums["group"]]
    row |= {
        "observed_spread": sample.estimates.std(ddof=1),
        "lowest": names[int(sample.estimates.argmin())],
        "highest": names[int(sample.estimates.argmax())],
        "note": "too little variation",
    }
    if not sample.varies:
        return row
    found = spread_of(sample, confidence)
    return row | {
        "spread": found.value,
        "spread_low": found.low,
        "spread_high": found.high,
        "beyond_sampling": found.beyond_sampling,
        "p_value": found.p_value,
        "note": "",
    }


def _sample(sums: pd.DataFrame, shared: pd.DataFrame) -> Sample:
    """Net sentiments of groups, in points, with their cluster-robust covariance.

    A document moves the net sentiment of its group by ``(part - ratio * whole) / sum of whole``.
    Covariances are sums over documents of the products of what each moves two groups by, stretched
    by G / (G - 1) for the G documents of a group, which is its square root for each of the two.
    """
    part, whole, clusters = (
        sums[name].to_numpy(np.float64) for name in ("part", "whole", "clusters")
    )
    ratio = part / whole
    products = np.diag(squares(sums, sums["part"] / sums["whole"]))
    place = pd.Series(np.arange(len(sums)), index=sums["group"])
    known = shared[shared["group"].isin(place.index) & shared["other"].isin(place.index)]
    one, two = place[known["group"]].to_numpy(), place[known["other"]].to_numpy()
    products[one, two] = cross_products(known, ratio[one], ratio[two])
    per = 100 * np.sqrt(clusters / (clusters - 1)) / whole
    return Sample(100 * ratio, products * np.outer(per, per), clusters)


def _typed(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Rows as a table with all its columns, of the same types where there are none."""
    table = pd.DataFrame(rows, columns=list(CONSISTENCY_COLUMNS))
    types = dict.fromkeys(CONSISTENCY_COLUMNS, "float64")
    types |= dict.fromkeys(("groups", "left_out", "n", "documents"), "int64")
    types |= dict.fromkeys(("lowest", "highest", "note"), "str")
    return table.astype(types)
