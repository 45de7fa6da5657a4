"""Rows where DuckDB can count them: a DataFrame handed over, or files read in place."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from mot_nlp.errors import InputError, ReadError
from mot_nlp.tables.several import MOMENTS
from mot_nlp.tables.sources import TEXT_FORMATS, kind_of, paths_of, view_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mot_nlp.tables.sources import Rows

MEMORY = "400MB"
"""What DuckDB may hold before it turns to disk; a process that tables stays under about 600 MB."""


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
            return view_of(self.connection, view, rows, wanted)


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
    with connected() as connection, _translated(rows, view):
        yield Store(connection, view_of(connection, view, rows, wanted))


@contextmanager
def connected() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty DuckDB with bounded memory, times in UTC, and nothing drawn on the screen."""
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
        yield connection


@contextmanager
def _translated(rows: Rows, view: str) -> Iterator[None]:
    """Turn the errors of DuckDB into ours."""
    try:
        yield
    except (duckdb.Error, UnicodeEncodeError) as error:
        reason = str(error).splitlines()[0].rstrip(" .")
        if isinstance(rows, pd.DataFrame):
            raise InputError(f"the {view} cannot be tabled: {reason}. See that {_CURE}") from error
        paths = paths_of(rows, view)
        named = ", ".join(map(str, paths[:3]))
        whole = "a file is whole"
        if any(kind_of(path) in TEXT_FORMATS for path in paths):
            whole += ", is UTF-8 and has commas (.tsv: tabs) between its cells"
        raise ReadError(
            f"{named} cannot be tabled: {reason}. See that {whole}, that {_CURE}"
        ) from error


_CURE = (
    "scores are numbers, pivotal true or false and dates YYYY-MM-DD; turn other columns into text"
)
