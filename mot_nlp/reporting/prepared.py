"""The moments a report is made of: one compact file, with what the documents know joined on."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from mot_nlp.errors import ColumnError, InputError
from mot_nlp.tables.cells import REQUIRED
from mot_nlp.tables.grouping import DAY, PERIODS
from mot_nlp.tables.store import opened
from mot_nlp.taxonomy import HEADS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mot_nlp.tables.sources import Rows
    from mot_nlp.tables.store import Store

NEEDED = (*REQUIRED, "moment_id", "start", "end", "text", "speaker", "moment", "touchpoint",
          *(f"{name}_confidence" for name in HEADS))  # fmt: skip
"""Columns of moments that a report cannot do without."""

USUAL_FILTERS = ("brand", "source")
"""Columns to filter by where the caller names none and they are there."""

MOST_VALUES = 12
"""Values of a filter that stand for themselves; rarer ones share one entry."""

OTHERS = "(all others)"
MISSING = "(not given)"
PERIOD = "period"
"""Name of the filter of time."""

DATE = "date"
"""What the prepared file calls the column of dates."""

MOST_PERIODS = 36
"""More months than this are told as quarters, more quarters as years."""

LENGTHS = (("month", "M", "%Y-%m"), ("quarter", "Q", "%Y-Q%q"), ("year", "Y", "%Y"))
"""Name of each length of period, the finest first, with pandas' code and how a period is written."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One control of the page.

    Attributes:
        name: The column as the user knows it; ``period`` for time.
        column: Its name in the prepared file.
        values: What it can take, in order; periods in order of time, without gaps.
        starts: ISO date on which each period starts; empty for other filters.
    """

    name: str
    column: str
    values: tuple[str, ...]
    starts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """The prepared file.

    Attributes:
        path: A Parquet file of moments, with a text column for each filter.
        filters: What the page can filter by.
        extras: Columns of extra heads that the moments have.
        period: Length of the periods (``month``, ``quarter``, ``year``), None without dates.
        until: The latest date, None without dates.
    """

    path: Path
    filters: tuple[Filter, ...]
    extras: tuple[str, ...]
    period: str | None
    until: pd.Timestamp | None


@contextmanager
def prepared(
    moments: Rows,
    documents: Rows | None,
    *,
    filters: Sequence[str] | None,
    date: str,
    extras: Sequence[str] = (),
) -> Iterator[Prepared]:
    """Write the prepared file into a temporary folder, which goes with the context.

    Args:
        moments: Moment rows.
        documents: Document rows; they lend columns that the moments lack, such as ``source``.
        filters: Columns to filter by; ``USUAL_FILTERS`` as far as they exist if None.
        date: Column of dates; where there is no ``date`` the report has no periods.
        extras: Columns of extra heads, which are taken where the moments have them.

    Raises:
        ColumnError: A needed or named column does not exist.
    """
    wanted = {*NEEDED, *(USUAL_FILTERS if filters is None else filters), date, *extras}
    with (
        tempfile.TemporaryDirectory(prefix="mot-nlp-report-") as folder,
        opened(moments, wanted=wanted) as store,
    ):
        missing = [name for name in NEEDED if name not in store.columns]
        if missing:
            raise ColumnError(
                f"the moments lack the columns {', '.join(missing)}, which a report needs; give "
                "the rows that predict returned",
                missing=missing,
                rows="moments",
            )
        columns, source = _joined(store, documents, wanted)
        if date != DATE and date not in columns:
            raise ColumnError(
                f"there is no column {date!r} to take dates from; there are {', '.join(columns)}. Keep "
                "it when you tag: predict(..., keep=[...]), mot predict --keep",
                missing=[date],
                known=columns,
            )
        names = [name for name in USUAL_FILTERS if name in columns] if filters is None else filters
        unknown = [name for name in names if name not in columns]
        if unknown:
            raise ColumnError(
                f"there is no column {', '.join(map(repr, unknown))} to filter by; there are "
                f"{', '.join(columns)}",
                missing=unknown,
                known=columns,
            )
        path = Path(folder) / "moments.parquet"
        own = [*NEEDED, *(name for name in extras if name in store.columns)]
        yield _write(store, path, columns, source, own, list(dict.fromkeys(names)), date)


def _joined(store: Store, documents: Rows | None, wanted: set[str]) -> tuple[dict[str, str], str]:
    """SQL of every column there is, and of what they are selected from."""
    if documents is None:
        return store.columns, "moments"
    own = store.add("documents", documents, wanted={"doc_id", *wanted})
    if "doc_id" not in own:
        raise ColumnError(
            "the documents lack the column doc_id; give the rows that predict returned",
            missing=["doc_id"],
            rows="documents",
        )
    lent = {name: sql for name, sql in own.items() if sql and name not in store.columns}
    if not lent:
        return store.columns, "moments"
    given = {name: f"d{number}" for number, name in enumerate(lent)}
    values = ", ".join(f"any_value({lent[name]}) AS {given[name]}" for name in lent)
    source = (
        f"moments LEFT JOIN (SELECT CAST({own['doc_id']} AS VARCHAR) AS id, {values} FROM documents "
        f"GROUP BY ALL) AS lent ON CAST({store.columns['doc_id']} AS VARCHAR) = lent.id"
    )
    return store.columns | {name: f"lent.{given[name]}" for name in lent}, source


def _write(
    store: Store,
    path: Path,
    columns: dict[str, str],
    source: str,
    own: list[str],
    names: list[str],
    date: str,
) -> Prepared:
    """Select everything once, filters folded to their frequent values."""
    selected = {name: columns[name] for name in own}
    filters = []
    parameters: dict[str, object] = {}
    for number, name in enumerate(names):
        column = f"filter_{number}"
        value = f"coalesce(nullif(trim(CAST({columns[name]} AS VARCHAR)), ''), '{MISSING}')"
        values, folded = _frequent(store, value, source)
        selected[column] = (
            f"CASE WHEN list_contains(${column}, {value}) THEN {value} ELSE '{OTHERS}' END"
        )
        parameters[column] = values
        shown = dict.fromkeys([*values, *([OTHERS] if folded else [])])
        filters.append(Filter(name, column, tuple(shown)))
    period, until = None, None
    if columns.get(date):
        selected[DATE] = columns[date]
        period, starts, until = _periods(store, columns[date], source)
        if period:
            column = f"filter_{PERIOD}"
            selected[column] = PERIODS[period].format(date=columns[date])
            filters.append(Filter(PERIOD, column, tuple(starts), tuple(starts.values())))
    listed = ", ".join(f'{sql} AS "{name}"' for name, sql in selected.items())
    # What is written by COPY takes no parameters; a temporary table does, and may go to disk.
    store.connection.execute(
        f"CREATE TEMP TABLE prepared AS SELECT {listed} FROM {source}", parameters
    )
    store.connection.table("prepared").write_parquet(str(path))
    store.connection.execute("DROP TABLE prepared")
    return Prepared(path, tuple(filters), tuple(own[len(NEEDED) :]), period, until)


def _frequent(store: Store, value: str, source: str) -> tuple[list[str], bool]:
    """The most frequent values of a filter, and whether there are more."""
    rows = store.connection.execute(
        f"SELECT {value} AS v, count(*) AS n FROM {source} GROUP BY v ORDER BY n DESC, v "
        f"LIMIT {MOST_VALUES + 1}"
    ).fetchall()
    values = [str(row[0]) for row in rows]
    if len(values) <= MOST_VALUES:
        return sorted(values, key=lambda v: (v == MISSING, v)), False
    return values[: MOST_VALUES - 1], True


def _periods(
    store: Store, date: str, source: str
) -> tuple[str | None, dict[str, str], pd.Timestamp | None]:
    """The finest length of period of which there are not too many; ISO starts; the latest date.

    Periods without a moment are among them, so that a gap stays a gap.
    """
    day = DAY.format(date=date)
    [(first, last)] = store.connection.execute(
        f"SELECT min({day}), max({day}) FROM {source}"
    ).fetchall()
    if first is None:
        return None, {}, None
    for name, code, written in LENGTHS:
        span = pd.period_range(pd.Period(first, code), pd.Period(last, code))
        if len(span) <= MOST_PERIODS:
            starts = [period.start_time.date().isoformat() for period in span]
            return name, dict(zip(span.strftime(written), starts, strict=True)), pd.Timestamp(last)
    raise InputError(
        f"the dates run from {first:%Y-%m-%d} to {last:%Y-%m-%d}, more than {MOST_PERIODS} years; see that "
        "the first and the last are real, or name another column of dates"
    )
