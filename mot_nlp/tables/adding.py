"""Sentiment tables added up: the sums of one part of the moments after another, then the table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from mot_nlp.tables.arguments import check_by, check_columns
from mot_nlp.tables.cells import (
    REQUIRED,
    cells_in_order,
    parameters,
    sums_of_moments,
    sums_of_sums,
)
from mot_nlp.tables.figures import figures
from mot_nlp.tables.grouping import DATE, PERIODS, columns_needed, grouping
from mot_nlp.tables.store import opened
from mot_nlp.tables.table import TABLE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from mot_nlp.taxonomy import Taxonomy

_PARTS = "parts"


def columns_to_keep(by: Sequence[str], columns: Collection[str], taxonomy: Taxonomy) -> list[str]:
    """Columns of the input that a table by ``by`` needs, beside those that moments have anyway."""
    derived = {*taxonomy.rollups, *PERIODS}
    own = [name for name in by if name not in columns and name not in derived]
    dates = [DATE] if needs_dates(by, columns) and DATE not in columns else []
    return [*own, *dates]


def needs_dates(by: Sequence[str], columns: Collection[str]) -> bool:
    """Whether a table takes periods from the column of dates."""
    return any(name in PERIODS and name not in columns for name in by)


def check_table(by: Sequence[str], columns: Sequence[str], taxonomy: Taxonomy) -> None:
    """Refuse a table that moments with these columns could not be put in.

    Raises:
        InputError: ``by`` names a column twice, or one that tables have themselves.
        ColumnError: It names one that does not exist.
    """
    check_by(by, taken=TABLE_COLUMNS)
    check_columns(REQUIRED, by, dict.fromkeys(columns, ""), taxonomy)


def part_sums(moments: pa.Table, by: Sequence[str], taxonomy: Taxonomy) -> pa.Table:
    """The sums of one part of the moments, whose documents no other part has.

    Args:
        moments: Moment rows.
        by: Columns of the table, as :func:`mot_nlp.moment_table` takes them.
        taxonomy: Labels of the model that found the moments.

    Returns:
        A row a cell: ``k0``, ``k1``, … for the columns of ``by``, then what ``added_table`` adds up.

    Raises:
        InputError: A value is not what its column holds.
    """
    wanted = {*REQUIRED, *columns_needed(by, taxonomy)} & {*moments.column_names}
    rows = moments.select(sorted(wanted)).to_pandas()
    with opened(rows, wanted=wanted) as store:
        group = grouping(by, store.columns, taxonomy)
        statement = sums_of_moments(group, store.columns)
        values = _asked_for(parameters(group, taxonomy), statement)
        return store.connection.sql(statement, params=values).to_arrow_table()


def added_table(
    parts: Sequence[Path], by: Sequence[str], taxonomy: Taxonomy, *, confidence: float = 0.95
) -> pd.DataFrame:
    """The table of all parts: what ``moment_table`` would give for their moments together.

    Args:
        parts: Parquet files of what :func:`part_sums` gave; at least one.
        by: The same columns as there.
        taxonomy: The same labels.
        confidence: Level of the interval, between 0 and 1.

    Raises:
        ReadError: A file cannot be read.
    """
    with opened(pd.DataFrame(), wanted=set()) as store:
        relation = store.connection.read_parquet([str(part) for part in parts])
        relation.create_view(_PARTS)
        known = dict.fromkeys(
            [*by, DATE, *(taxonomy.rollups[n].of for n in taxonomy.rollups)], "''"
        )
        group = grouping(by, known, taxonomy)
        values = _asked_for(group.parameters, group.order)
        cells, sums = cells_in_order(store, group, sums_of_sums(group, _PARTS), values)
    return pd.concat([cells, figures(sums, confidence)], axis=1)


def _asked_for(values: Mapping[str, object], statement: str) -> dict[str, object]:
    """The parameters that a statement takes; DuckDB refuses others."""
    return {name: value for name, value in values.items() if re.search(rf"\${name}\b", statement)}
