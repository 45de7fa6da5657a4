"""Sentiment over time, with its gaps."""

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
from mot_nlp.tables.figures import figures
from mot_nlp.tables.grouping import DATE, DAY, columns_needed, grouping
from mot_nlp.tables.periods import LENGTHS, PERIOD, check_date
from mot_nlp.tables.shipped import or_shipped
from mot_nlp.tables.store import opened
from mot_nlp.tables.table import TABLE_COLUMNS, THIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mot_nlp.tables.sources import Rows
    from mot_nlp.taxonomy import Taxonomy

UNDATED = "undated"
"""Key of the table's ``attrs`` that counts the moments without a date."""

MAX_PERIODS = 10_000
"""Periods from the first to the last, at most: 27 years of days."""

MAX_ROWS = 500_000
"""Rows of a table, at most."""


_FIGURES = list(TABLE_COLUMNS[3:])
"""All that is not a count or a share."""

_DAYS = {"D": 1, "W-MON": 7, "MS": 365.25 / 12, "QS": 365.25 / 4, "YS": 365.25}
"""Days of a period on average."""


def trend(
    moments: Rows,
    by: str | Sequence[str] | None = (),
    *,
    date: str = DATE,
    freq: str = "MS",
    min_n: int = 1,
    confidence: float = 0.95,
    taxonomy: Taxonomy | None = None,
) -> pd.DataFrame:
    """Follow moments and their sentiment through time in each cell of ``by``.

    Every cell has a row for every period from the first to the last of the whole data, so that a
    line drawn through its figures breaks where there was nothing. Dates are taken in UTC. Moments
    without a date are left out and counted in ``attrs["undated"]`` of the table, and so are cells
    that have no other moments.

    Figures and intervals are those of :func:`mot_nlp.tables.table.moment_table`, cell by cell: the
    moments of one document are a cluster (Cameron and Miller 2015).

    Args:
        moments: Moment rows, or a file of them in any format that ``predict`` writes, or several
            files.
        by: Columns to table by: any column of the moments, a roll-up of the taxonomy or a period.
            None gives one row a period.
        date: Column that holds dates, times, or texts of them that begin YYYY-MM-DD.
        freq: Length of the periods, as pandas calls it: ``D`` days, ``W-MON`` weeks from Monday,
            ``MS`` months, ``QS`` quarters or ``YS`` years.
        min_n: Rows with fewer moments keep their counts and lose their figures.
        confidence: Probability that the interval covers, between 0 and 1.
        taxonomy: Labels of the model that found the moments; the shipped one's where none is given.

    Returns:
        One row a cell and period: the ``by`` columns, ``period`` (datetime64, its first day), then
        the columns of ``moment_table`` from ``n`` to ``pivotal_share``, and ``thin`` (bool) where
        ``min_n`` is over 1. ``share`` (0 to 1) is of the moments of that period. A period without
        moments has ``n``, ``documents`` and ``share`` 0, and NaN for the figures. Cells stand in
        taxonomy order, periods within them in theirs.

    Raises:
        ColumnError: A column that is needed or named in ``by`` does not exist.
        ReadError: The file cannot be read.
        InputError: An argument is out of its range, a value is not what its column holds, or first
            and last date are too far apart for periods of this length.
    """
    names = names_of(by)
    taxonomy = or_shipped(taxonomy)
    check_at_least("min_n", min_n, 1, why="to show every period, or more to blank thin ones")
    check_confidence(confidence)
    check_by(names, taken=(*TABLE_COLUMNS, PERIOD, THIN))
    if freq not in LENGTHS:
        raise InputError(f"freq is {freq!r}; give one of {', '.join(LENGTHS)}")
    with opened(moments, wanted={*REQUIRED, date, *columns_needed(names, taxonomy)}) as store:
        check_date(date, store.columns)
        check_columns(REQUIRED, names, store.columns, taxonomy)
        start = f"date_trunc('{LENGTHS[freq]}', {DAY.format(date=store.columns[date])})"
        keys = grouping(
            [*names, PERIOD], store.columns, taxonomy, expressions={PERIOD: f"({start})::TIMESTAMP"}
        )
        cells, sums = cell_sums(store, keys, taxonomy)
    cells = cells.astype({PERIOD: "datetime64[us]"})
    dated = cells[PERIOD].notna()
    of = sums["moments"].groupby(cells[PERIOD]).transform("sum")
    table = pd.concat([cells, figures(sums, confidence, of=of)], axis=1)[dated]
    table = _with_gaps(table.reset_index(drop=True), names, freq)
    if min_n > 1:
        table[THIN] = table["n"] < min_n
        table.loc[table[THIN], _FIGURES] = np.nan
    table.attrs[UNDATED] = int(sums.loc[~dated, "n"].sum())
    return table


def _with_gaps(table: pd.DataFrame, names: Sequence[str], freq: str) -> pd.DataFrame:
    """Put in the periods that a cell lacks.

    Args:
        table: Cell by cell, those of one cell together.
        names: Its ``by`` columns.
        freq: Length of its periods.
    """
    if table.empty:
        return table
    cell = np.zeros(len(table), dtype=np.int64)
    if names:
        cell += table.groupby(list(names), sort=False, dropna=False).ngroup().to_numpy()
    firsts = np.flatnonzero(np.diff(cell, prepend=-1))
    periods = _periods(table[PERIOD], freq, len(firsts))
    place = cell * len(periods) + periods.get_indexer(pd.DatetimeIndex(table[PERIOD]))
    rows = table.set_index(place).reindex(np.arange(len(firsts) * len(periods)))
    keys = table.loc[np.repeat(firsts, len(periods)), list(names)].reset_index(drop=True)
    keys[PERIOD] = np.tile(periods.to_numpy(), len(firsts))
    counts = rows[["n", "documents"]].fillna(0).astype(np.int64)
    return pd.concat([keys, counts, rows[["share"]].fillna(0.0), rows[_FIGURES]], axis=1)


def _periods(present: pd.Series, freq: str, cells: int) -> pd.DatetimeIndex:
    """All periods from the first to the last.

    Raises:
        InputError: They are too many to lay out for this number of cells.
    """
    first, last = present.min(), present.max()
    number = int((last - first).days / _DAYS[freq]) + 1
    if number > MAX_PERIODS or number * cells > MAX_ROWS:
        raise InputError(
            f"from {str(first).split()[0]} to {str(last).split()[0]} there are about {number:,} periods of freq "
            f"{freq!r} for {cells:,} cells; at most {MAX_PERIODS:,} periods and {MAX_ROWS:,} rows "
            "are laid out. See that the first and the last date are real, or give a longer freq "
            "or fewer cells"
        )
    return pd.date_range(first, last, freq=freq, unit="us")
