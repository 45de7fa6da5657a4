"""The sentiment table of moments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mot_nlp.errors import ColumnError, InputError
from mot_nlp.tables.cells import DATE, PERIODS, REQUIRED, cell_sums
from mot_nlp.tables.figures import figures
from mot_nlp.tables.store import opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

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

THIN = "thin"
"""Name of the column that marks cells with too few moments."""

_COUNTS = ("n", "documents", "share")


def moment_table(
    moments: pd.DataFrame | str | Path,
    by: Sequence[str] = ("stage", "moment"),
    *,
    taxonomy: Taxonomy,
    min_n: int = 1,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Count moments and their sentiment in each cell of ``by``.

    Rows whose stage is the taxonomy's none label are left out. A missing value in a ``by`` column
    makes a cell of its own, shown last.

    The interval of the net sentiment takes the moments of one document as a cluster, since they
    are not independent: with y of 1, 0 or -1 a moment, its variance is that of a ratio of document
    sums, ``sum over documents of (sum of (y - mean y))**2 / n**2 * G / (G - 1)`` for G documents,
    and the quantile is Student's t with G - 1 degrees of freedom. See Cameron and Miller (2015),
    "A Practitioner's Guide to Cluster-Robust Inference", Journal of Human Resources 50(2). Where
    all moments of a cell feel the same it has no width, which says that nothing varied and not
    that the figure is certain.

    Args:
        moments: Moment rows, or a file of them in any format that ``predict`` writes. A CSV or
            TSV has no types, so its ``by`` columns stay text; the apostrophe that its writer put
            before what looks like a formula is taken off.
        by: Columns to table by: any column of the moments, a roll-up of the taxonomy, or
            ``month``, ``quarter`` or ``year`` of the column ``date`` (in UTC). A column of the
            moments goes before a roll-up or period of the same name. None gives one row.
        taxonomy: Labels of the model that found the moments.
        min_n: Cells with fewer moments keep their counts and lose their figures.
        confidence: Probability that the interval covers, between 0 and 1.

    Returns:
        One row a cell: the ``by`` columns, then

        - ``n`` moments in ``documents`` documents, ``share`` (0 to 1) of all moments in the table;
        - ``positive``, ``neutral`` and ``negative``, shares of the cell's moments, 0 to 1;
        - ``net_sentiment``, 100 * (positive - negative), from -100 to 100, and its interval
          ``net_low`` to ``net_high``, NaN where there is one document only;
        - ``mean_score``, the mean ``sentiment_score``, from -1 to 1;
        - ``pivotal_share``, 0 to 1;
        - ``thin`` (bool), whether n is under ``min_n``; only where ``min_n`` is over 1.

        Labels stand in taxonomy order, labels of another taxonomy after them; other columns
        ascend, numbers written as text by their value.

    Raises:
        ColumnError: A column that is needed or named in ``by`` does not exist.
        ReadError: The file cannot be read.
        InputError: An argument is out of its range, or a value is not what its column holds.
    """
    names = (by,) if isinstance(by, str) else tuple(by)
    _check_arguments(names, min_n=min_n, confidence=confidence)
    needed = [
        *REQUIRED,
        *(taxonomy.rollups[name].of for name in names if name in taxonomy.rollups),
    ]
    wanted = {*needed, *names, *(DATE for name in names if name in PERIODS)}
    with opened(moments, wanted=wanted) as (connection, columns):
        _check_columns(needed, names, columns, taxonomy)
        cells, sums = cell_sums(connection, names, columns, taxonomy)
    table = pd.concat([cells, figures(sums, confidence)], axis=1)
    if min_n > 1:
        thin = table["n"] < min_n
        table.loc[thin, [name for name in TABLE_COLUMNS if name not in _COUNTS]] = np.nan
        table[THIN] = thin
    return table


def _check_arguments(names: Sequence[str], *, min_n: int, confidence: float) -> None:
    if min_n < 1:
        raise InputError(f"min_n is {min_n}; give 1 to show every cell, or more to blank thin ones")
    if not 0 < confidence < 1:
        raise InputError(f"confidence is {confidence}; give a probability between 0 and 1, as 0.95")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"by names {', '.join(twice)} more than once; name each column once")
    taken = [name for name in names if name in (*TABLE_COLUMNS, THIN)]
    if taken:
        raise InputError(
            f"by names {', '.join(taken)}, which the table itself has; rename that column first"
        )


def _check_columns(
    needed: Sequence[str], names: Sequence[str], columns: Mapping[str, str], taxonomy: Taxonomy
) -> None:
    missing = [name for name in dict.fromkeys(needed) if name not in columns]
    if missing:
        raise ColumnError(
            f"the moments lack the columns {', '.join(missing)}, which this table needs; "
            f"they have {', '.join(columns) or 'none'}. Give the rows that predict returned"
        )
    derived = [*taxonomy.rollups, *(PERIODS if DATE in columns else ())]
    unknown = [name for name in names if name not in columns and name not in derived]
    if unknown:
        raise ColumnError(
            f"there is no column {', '.join(map(repr, unknown))} to table by; there are "
            f"{', '.join(dict.fromkeys([*columns, *derived]))}"
            + (
                ""
                if DATE in columns
                else f" (and {', '.join(PERIODS)}, had you kept a column date)"
            )
        )
