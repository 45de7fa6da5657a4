"""Rows where DuckDB can count them: a DataFrame handed over, or files read in place."""

from __future__ import annotations

import glob
import re
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from mot_nlp.errors import InputError, ReadError
from mot_nlp.writers import FORMULA_STARTS, SUFFIXES, undefuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Rows = pd.DataFrame | str | Path | Sequence[str | Path]
    """Rows of moments or documents, or the path of a file of them, or the paths of several."""

MEMORY = "400MB"
"""What DuckDB may hold before it turns to disk; a process that tables stays under about 600 MB."""

MOMENTS = "moments"
"""The view that statements read moments from."""

DOCUMENT = "doc_id"
"""The column that names a row's document."""

MOMENT = "moment_id"
"""The column that names a row, unique by construction."""

_DEFUSED = f"^''([{re.escape(FORMULA_STARTS)}])"
"""Regular expression within an SQL string, hence two apostrophes for one."""


@dataclass(frozen=True, slots=True)
class Store:
    """A connection with the rows in it.

    Attributes:
        connection: Holds the view of the rows, and whatever :meth:`add` added.
        columns: SQL of each column of the rows, by its name.
    """

    connection: duckdb.DuckDBPyConnection
    columns: dict[str, str]

    def add(self, view: str, rows: Rows, *, wanted: set[str]) -> dict[str, str]:
        """Make another view, and give the SQL of each of its columns.

        Raises:
            ReadError: The file cannot be read.
            InputError: Rows in memory are not what they should be.
        """
        with _translated(rows, view):
            return _view(self.connection, view, rows, wanted)


@contextmanager
def opened(rows: Rows, *, wanted: set[str], view: str = MOMENTS) -> Iterator[Store]:
    """Rows where DuckDB can count them.

    Args:
        rows: Rows in memory, or files of them.
        wanted: The columns that will be read.
        view: What statements call them.

    Raises:
        ReadError: The file cannot be read, or holds what its columns should not.
        InputError: The same of rows in memory.
    """
    with (
        tempfile.TemporaryDirectory(prefix="mot-nlp-") as spill,
        duckdb.connect(config={"temp_directory": spill, "memory_limit": MEMORY}) as connection,
    ):
        connection.execute("SET TimeZone = 'UTC'")
        # A library does not print. In a notebook without widgets DuckDB draws no bar and refuses.
        with suppress(duckdb.InvalidInputException):
            connection.execute("SET enable_progress_bar = false")
        # Every answer is a set of sums with an ORDER BY of its own.
        connection.execute("SET preserve_insertion_order = false")
        with _translated(rows, view):
            yield Store(connection, _view(connection, view, rows, wanted))


@contextmanager
def _translated(rows: Rows, view: str) -> Iterator[None]:
    """Turn the errors of DuckDB into ours."""
    try:
        yield
    except duckdb.Error as error:
        is_frame = isinstance(rows, pd.DataFrame)
        reason = str(error).splitlines()[0].rstrip(" .")
        raise (InputError if is_frame else ReadError)(
            f"{_called(rows, view)} cannot be tabled: {reason}. See that a file is whole, that scores are "
            "numbers, pivotal true or false and dates YYYY-MM-DD; turn other columns into text"
        ) from error


def _called(rows: Rows, view: str) -> str:
    """What messages call the rows."""
    if isinstance(rows, pd.DataFrame):
        return f"the {view}"
    return ", ".join(map(str, _paths(rows)[:3]))


def _paths(rows: str | Path | Sequence[str | Path]) -> list[Path]:
    return [Path(rows)] if isinstance(rows, (str, Path)) else [Path(path) for path in rows]


def _view(
    connection: duckdb.DuckDBPyConnection, view: str, rows: Rows, wanted: set[str]
) -> dict[str, str]:
    if isinstance(rows, pd.DataFrame):
        return _register(connection, view, rows, wanted)
    paths = _paths(rows)
    for path in paths:
        _check_file(path, view)
    # What was written without a row may not name its columns: then any may be meant.
    full = [path for path in paths if _kind(path) == "parquet" or path.stat().st_size > 0]
    if not full:
        return _register(connection, view, pd.DataFrame(columns=sorted(wanted)), wanted)
    parts = []
    for number, path in enumerate(full):
        parts.append(f'SELECT * FROM "{view}_{number}"')
        _read(connection, f"{view}_{number}", path)
    connection.execute(f'CREATE VIEW "{view}" AS {" UNION ALL BY NAME ".join(parts)}')
    if len(full) > 1:
        _check_apart(connection, view, len(full))
    return {name: _quoted(view, name) for name in connection.table(view).columns}


def _check_apart(connection: duckdb.DuckDBPyConnection, view: str, files: int) -> None:
    """Refuse a document that stands in two files: two customers would pass for one.

    Raises:
        InputError: One does.
    """
    parts = [f"{view}_{number}" for number in range(files)]
    named = " UNION ALL ".join(
        f'SELECT DISTINCT CAST({DOCUMENT} AS VARCHAR) AS id FROM "{part}" WHERE id IS NOT NULL'
        for part in parts
        if DOCUMENT in connection.table(part).columns
    )
    if not named:
        return
    twice = connection.execute(
        f"SELECT id FROM ({named}) GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT 1"
    ).fetchone()
    if twice:
        raise InputError(
            f"the document {twice[0]!r} stands in more than one of the files, so two customers would "
            "pass for one, or one be counted twice; give each file once, and tag texts together or "
            "with a column of ids that tells them apart"
        )


def _check_file(path: Path, view: str) -> None:
    if _kind(path) is None or not path.is_file():
        raise ReadError(
            f"{path} is not a file of {view}; give the path of a {', '.join(SUFFIXES)} file"
        )


def _kind(path: Path) -> str | None:
    return SUFFIXES.get(path.suffix.lower())


def _register(
    connection: duckdb.DuckDBPyConnection, view: str, frame: pd.DataFrame, wanted: set[str]
) -> dict[str, str]:
    """Hand over the wanted columns only: others may hold what DuckDB does not know."""
    names = [name for name in list[object](frame.columns) if isinstance(name, str)]
    used = [name for name in names if name in wanted]
    if len(set(used)) < len(used):
        raise InputError(
            f"among the columns {', '.join(used)} of the {view} one occurs twice; rename it"
        )
    if MOMENT in names and bool(frame[MOMENT].dropna().duplicated().any()):
        twice = frame.loc[frame[MOMENT].duplicated() & frame[MOMENT].notna(), MOMENT].iloc[0]
        raise InputError(
            f"the moment {twice!r} stands twice in the {view}, as when the results of two runs are put "
            "together whose documents were numbered alike; tag the texts together, or with a column of "
            "ids that tells them apart"
        )
    # DuckDB takes neither a frame without a column, for which numbers stand in, nor one that is a
    # reversed view of another.
    connection.register(
        view, frame[used].copy() if used else pd.DataFrame({"row": range(len(frame))})
    )
    # DuckDB ignores case and renames what then collides, so its names are taken by position.
    own = connection.table(view).columns if used else []
    given = zip(used, (_quoted(view, name) for name in own), strict=True)
    # Older versions take an object column without a value for whole numbers; text is likelier.
    return dict.fromkeys(names, "") | {
        name: f"CAST({column} AS VARCHAR)" if _is_void(frame[name]) else column
        for name, column in given
    }


def _is_void(column: pd.Series) -> bool:
    return pd.api.types.is_object_dtype(column) and bool(column.isna().all())


def _read(connection: duckdb.DuckDBPyConnection, view: str, path: Path) -> None:
    """A view of one file, which DuckDB reads itself, a bit at a time."""
    kind = _kind(path)
    literal = glob.escape(str(path))  # DuckDB takes any path for a pattern
    if kind == "parquet":
        relation = connection.read_parquet(literal, hive_partitioning=False)
    elif kind == "jsonl":
        relation = connection.read_json(
            literal, format="newline_delimited", sample_size=-1, hive_partitioning=False
        )
    else:
        relation = connection.read_csv(
            literal, header=True, delimiter="\t" if kind == "tsv" else ",", quotechar='"',
            escapechar='"', all_varchar=True, hive_partitioning=False,
        )  # fmt: skip
        columns = ", ".join(
            f"{_undefused(_name(name))} AS {_name(undefuse(name))}" for name in relation.columns
        )
        relation = relation.project(columns)
    relation.create_view(view)


def _undefused(column: str) -> str:
    """A column of CSV without the apostrophe that the writer put before what looks like a formula."""
    return f"regexp_replace({column}, '{_DEFUSED}', '\\1')"


def _quoted(view: str, name: str) -> str:
    return f'"{view}".{_name(name)}'


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
