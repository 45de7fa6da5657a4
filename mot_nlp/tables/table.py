"""The sentiment table of moments."""

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
from mot_nlp.tables.cells import REQUIRED, cell_sums
from mot_nlp.tables.correction import estimate
from mot_nlp.tables.figures import figures
from mot_nlp.tables.grouping import columns_needed, grouping
from mot_nlp.tables.shipped import or_shipped
from mot_nlp.tables.states import N_SEGMENTS
from mot_nlp.tables.store import opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mot_nlp.tables.sources import Rows
    from mot_nlp.tables.store import Store
    from mot_nlp.taxonomy import Taxonomy

TABLE_COLUMNS = (
    "n",
    "documents",
    "share",
    "positive",
    "neutral",
    "negative",
    "net_sentiment",
    "net_low",
    "net_high",
    "mean_score",
    "pivotal_share",
)

SHARE_INTERVAL = ("share_low", "share_high")
"""Names of the columns that a corrected table has more."""

THIN = "thin"
"""Name of the column that marks cells with too few moments."""

SUBTOTAL = "subtotal"
"""Name of the column that marks rows which sum over cells."""

ALL = "all"
"""What stands in a ``by`` column that a sub-total sums over."""

_COUNTS = ("n", "documents", "share")


def moment_table(
    moments: Rows,
    by: str | Sequence[str] | None = ("stage", "moment"),
    *,
    min_n: int = 1,
    confidence: float = 0.95,
    subtotals: bool = False,
    correct: bool = False,
    confusion: Mapping[str, list[list[int]]] | None = None,
    taxonomy: Taxonomy | None = None,
) -> pd.DataFrame:
    """Count moments and their sentiment in each cell of ``by``.

    Rows whose stage is the taxonomy's none label are left out. A missing value in a ``by`` column
    makes a cell of its own, shown last. A sentiment counts as positive where its score is over 0 and
    as negative where it is under.

    A moment with several labels of a ``by`` column stands in the cell of each, and one with none of
    them in the cell of a missing value. ``share`` is of all moments then too, so that shares may add up
    to more than 1.

    The interval of the net sentiment takes the moments of one document as a cluster, since they
    are not independent: with y of 1, 0 or -1 a moment, its variance is that of a ratio of document
    sums, ``sum over documents of (sum of (y - mean y))**2 / n**2 * G / (G - 1)`` for G documents,
    and the quantile is Student's t with G - 1 degrees of freedom. See Cameron and Miller (2015),
    "A Practitioner's Guide to Cluster-Robust Inference", Journal of Human Resources 50(2). Where
    all documents of a cell have the same net sentiment, that formula knows no width; the interval is
    then how far the net could move if as many others strayed as Clopper and Pearson's bound for none
    in G allows (1934, Biometrika 26), each to either end of the scale.

    With ``correct``, shares and sentiment are not those predicted but estimates of the true ones,
    from how often the model took each label for each other on held-out segments:
    :func:`mot_nlp.tables.channel.most_likely`. In small data they are drawn towards those predicted.
    The intervals then cover the chance in the choice of documents and of held-out segments. It is
    taken for granted that a true label is misread as often here as there, whatever the rows are
    about, and that labels are misread independently of each other. Where that does not hold it
    does harm, and on real feedback it did: benchmarks/results/correction.md.

    Args:
        moments: Moment rows, or a file of them in any format that ``predict`` writes, or several
            files. A CSV or TSV has no types, so its ``by`` columns stay text; the apostrophe that
            its writer put before what looks like a formula is taken off.
        by: Columns to table by: any column of the moments, those of extra heads too, a roll-up of
            the taxonomy such as ``journey``, or ``week``, ``month``, ``quarter`` or ``year`` of the
            column ``date`` (in UTC). A column of the moments goes before a roll-up or period of the same name. None
            gives one row.
        min_n: Cells with fewer moments keep their counts and lose their figures.
        confidence: Probability that the interval covers, between 0 and 1.
        subtotals: Add a row for each value of the first ``by`` columns over all those after them,
            below the cells it sums, and one for everything, at the end. ``by`` columns are then
            text, ``"all"`` where a row sums over them.
        correct: Estimate true moments. The rows must be one a segment, those without a moment
            included, as ``predict(..., all_segments=True)`` returns them. Every combination of the
            ``by`` columns that show no labels is estimated by itself, so these should not depend
            on what the model found, and should hold some hundred segments at least; a cell that
            was never predicted is taken not to occur.
        confusion: With ``correct``, for each head the counts of held-out segments by true label
            (rows) and predicted label (columns), as a bundle's ``manifest.confusion`` has them;
            those of the shipped model where none are given.
        taxonomy: Labels of the model that found the moments; the shipped one's where none is given.

    Returns:
        One row a cell: the ``by`` columns, then

        - ``n`` moments in ``documents`` documents, ``share`` (0 to 1) of all moments in the table;
        - ``positive``, ``neutral`` and ``negative``, shares of the cell's moments, 0 to 1;
        - ``net_sentiment``, 100 * (positive - negative), from -100 to 100, and its interval
          ``net_low`` to ``net_high``, NaN where there is one document only;
        - ``mean_score``, the mean ``sentiment_score``, from -1 to 1;
        - ``pivotal_share``, 0 to 1;
        - ``share_low`` to ``share_high``, the interval of the share; only with ``correct``, which
          estimates ``share``, the three sentiments and ``net_sentiment`` and leaves ``n``,
          ``documents``, ``mean_score`` and ``pivotal_share`` as counted. Sub-totals add up the
          estimates of their cells;
        - ``subtotal`` (bool), whether the row sums over cells; only with ``subtotals``;
        - ``thin`` (bool), whether n is under ``min_n``; only where ``min_n`` is over 1.

        Labels stand in taxonomy order, labels of another taxonomy after them; other columns
        ascend, numbers written as text by their value.

    Raises:
        ColumnError: A column that is needed or named in ``by`` does not exist.
        ReadError: The file cannot be read.
        InputError: An argument is out of its range, or a value is not what its column holds.
    """
    names = names_of(by)
    taxonomy = or_shipped(taxonomy)
    check_at_least("min_n", min_n, 1, why="to show every cell, or more to blank thin ones")
    check_confidence(confidence)
    check_by(names, taken=(*TABLE_COLUMNS, *SHARE_INTERVAL, THIN, SUBTOTAL))
    if confusion is not None and not correct:
        raise InputError("confusion is only read with correct=True; give both or neither")
    prefixes = [names[:width] for width in reversed(range(len(names)))] if subtotals else []
    wanted = {*REQUIRED, N_SEGMENTS, *columns_needed(names, taxonomy)}
    with opened(moments, wanted=wanted) as store:
        check_columns(REQUIRED, names, store.columns, taxonomy)
        table = _level(store, names, taxonomy, confidence)
        levels = [_level(store, prefix, taxonomy, confidence) for prefix in prefixes]
        if correct:
            found = estimate(store, grouping(names, store.columns, taxonomy), taxonomy, confusion)
            levels = [
                found.over(_group(table, prefix), len(level)).put_into(level, confidence)
                for prefix, level in zip(prefixes, levels, strict=True)
            ]
            table = found.put_into(table, confidence)
    if subtotals:
        table = _with_subtotals(table, levels, names)
    if min_n > 1:
        thin = table["n"] < min_n
        table.loc[thin, [name for name in TABLE_COLUMNS if name not in _COUNTS]] = np.nan
        table[THIN] = thin
    return table


def _level(
    store: Store, names: Sequence[str], taxonomy: Taxonomy, confidence: float
) -> pd.DataFrame:
    """The table by ``names``."""
    cells, sums = cell_sums(store, grouping(names, store.columns, taxonomy), taxonomy)
    return pd.concat([cells, figures(sums, confidence, of=sums["moments"].sum())], axis=1)


def _with_subtotals(
    cells: pd.DataFrame, levels: Sequence[pd.DataFrame], names: Sequence[str]
) -> pd.DataFrame:
    """Each row of each level put below the cells that it sums.

    Cells are in order of their keys, so those of one sub-total are neighbours, and the rows of a
    level stand in the order of their cells.
    """
    parts = [_texts(cells, names, ())]
    places, depths = [np.arange(len(cells))], [np.zeros(len(cells), np.int64)]
    for depth, level in enumerate(levels, 1):
        prefix = names[: len(names) - depth]
        last = np.flatnonzero(np.diff(_group(cells, prefix), append=len(cells) + 1))
        # What sums over everything comes after what sums over the last of the first column.
        parts.append(_texts(level, prefix, names[len(prefix) :]))
        places.append(last)
        depths.append(np.full(len(level), depth))
    depth_of = np.concatenate(depths)
    table = pd.concat(parts, ignore_index=True)[list(cells.columns)]
    order = np.lexsort((depth_of, np.concatenate(places)))
    return table.assign(**{SUBTOTAL: depth_of > 0}).iloc[order].reset_index(drop=True)


def _group(cells: pd.DataFrame, prefix: Sequence[str]) -> NDArray[np.int64]:
    """For each cell the number of the row that sums over it in the table by ``prefix``."""
    if not prefix:
        return np.zeros(len(cells), np.int64)
    group = cells.groupby(list(prefix), sort=False, dropna=False).ngroup()
    return np.asarray(group, np.int64)


def _texts(rows: pd.DataFrame, kept: Sequence[str], totalled: Sequence[str]) -> pd.DataFrame:
    """Rows with their ``by`` columns as text, ``ALL`` in those that they sum over."""
    out = rows.copy()
    for name in kept:
        out[name] = rows[name].astype(str).where(rows[name].notna())
    for name in totalled:
        out[name] = ALL
    return out
