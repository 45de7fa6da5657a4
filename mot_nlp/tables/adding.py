"""Sentiment tables added up: the sums of one part of the moments after another, then the table."""

from __future__ import annotations

import glob
import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

import duckdb
import pandas as pd
import pyarrow as pa

from mot_nlp.errors import InputError, ReadError
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
from mot_nlp.tables.several import MOMENTS
from mot_nlp.tables.store import Store, connected
from mot_nlp.tables.table import TABLE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from mot_nlp.tables.grouping import Grouping
    from mot_nlp.taxonomy import Taxonomy

ROUND = 1000
"""Files that are added up at a time."""

_PARTS, _SUMS = "parts", "sums"


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


class Adder:
    """Adds the moments of one part after another up; a context manager.

    Args:
        taxonomy: Labels of the model that found the moments.
    """

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._connection = self._stack.enter_context(connected())
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def sums(self, moments: pa.Table, by: Sequence[str]) -> pa.Table:
        """The sums of one part of the moments, whose documents no other part has.

        Args:
            moments: Moment rows.
            by: Columns of the table, as :func:`mot_nlp.moment_table` takes them.

        Returns:
            A row a cell: ``k0``, ``k1``, … for the columns of ``by``, then what ``table`` adds up.

        Raises:
            InputError: A value is not what its column holds.
        """
        wanted = {*REQUIRED, *columns_needed(by, self._taxonomy)} & {*moments.column_names}
        rows = moments.select(sorted(wanted))
        columns = {name: f'"{MOMENTS}"."{name.replace(chr(34), chr(34) * 2)}"' for name in wanted}
        group = grouping(by, columns, self._taxonomy)
        statement = sums_of_moments(group, columns)
        values = _asked_for(parameters(group, self._taxonomy), statement)
        self._connection.register(MOMENTS, _plain(rows))
        try:
            return self._connection.sql(statement, params=values).to_arrow_table()
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"a part of the moments cannot be tabled: {reason}") from error
        finally:
            self._connection.unregister(MOMENTS)

    def table(
        self, parts: Sequence[Path], by: Sequence[str], *, confidence: float = 0.95
    ) -> pd.DataFrame:
        """The table of all parts: what ``moment_table`` would give for their moments together.

        Args:
            parts: Parquet files of what :meth:`sums` gave; at least one.
            by: The same columns as there.
            confidence: Level of the interval, between 0 and 1.

        Raises:
            ReadError: A file cannot be read.
        """
        rollups = (self._taxonomy.rollups[name].of for name in self._taxonomy.rollups)
        group = grouping(by, dict.fromkeys([*by, DATE, *rollups], "''"), self._taxonomy)
        store = Store(self._connection, {})
        try:
            for start in range(0, len(parts), ROUND):
                self._add(parts[start : start + ROUND], group, is_first=start == 0)
            values = _asked_for(group.parameters, group.order)
            cells, sums = cells_in_order(store, group, sums_of_sums(group, _SUMS), values)
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise ReadError(
                f"what the shards add to the table cannot be read: {reason}; begin anew with --restart"
            ) from error
        return pd.concat([cells, figures(sums, confidence, of=sums["moments"].sum())], axis=1)

    def _add(self, parts: Sequence[Path], group: Grouping, *, is_first: bool) -> None:
        """Add parts up, so that many files are not open at a time."""
        files = [glob.escape(str(part)) for part in parts]
        self._connection.read_parquet(files, hive_partitioning=False).create_view(_PARTS)
        into = f"CREATE OR REPLACE TABLE {_SUMS} AS" if is_first else f"INSERT INTO {_SUMS}"
        self._connection.execute(f"{into} {sums_of_sums(group, _PARTS)}")
        self._connection.execute(f"DROP VIEW {_PARTS}")


def _plain(rows: pa.Table) -> pa.Table:
    """Rows with text for dictionaries, whose entries differ from part to part."""
    for number, field in enumerate(rows.schema):
        if pa.types.is_dictionary(field.type):
            column = rows.column(number).cast(field.type.value_type)
            rows = rows.set_column(number, field.name, column)
    return rows


def _asked_for(values: Mapping[str, object], statement: str) -> dict[str, object]:
    """The parameters that a statement takes; DuckDB refuses others."""
    return {name: value for name, value in values.items() if re.search(rf"\${name}\b", statement)}
