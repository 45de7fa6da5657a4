"""Moments where DuckDB can count them: a DataFrame handed over, or a file read in place."""

from __future__ import annotations

import glob
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from mot_nlp.errors import InputError, ReadError
from mot_nlp.writers import FORMULA_STARTS, SUFFIXES, undefuse

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEFUSED = f"^''([{re.escape(FORMULA_STARTS)}])"
"""Regular expression within an SQL string, hence two apostrophes for one."""


@contextmanager
def opened(
    moments: pd.DataFrame | str | Path, *, wanted: set[str]
) -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[str, str]]]:
    """A connection with the view ``moments``, and the SQL of each of its columns."""
    with (
        tempfile.TemporaryDirectory(prefix="mot-nlp-") as spill,
        duckdb.connect(config={"temp_directory": spill}) as connection,
    ):
        connection.execute("SET TimeZone = 'UTC'")
        try:
            if isinstance(moments, pd.DataFrame):
                yield connection, _register(connection, moments, wanted)
            else:
                yield connection, _read(connection, Path(moments), wanted)
        except duckdb.Error as error:
            is_frame = isinstance(moments, pd.DataFrame)
            reason = str(error).splitlines()[0].rstrip(" .")
            raise (InputError if is_frame else ReadError)(
                f"{'the moments' if is_frame else moments} cannot be tabled: {reason}. See that a "
                "file is whole, that scores are numbers, pivotal true or false and dates "
                "YYYY-MM-DD; turn other columns into text"
            ) from error


def _register(
    connection: duckdb.DuckDBPyConnection, frame: pd.DataFrame, wanted: set[str]
) -> dict[str, str]:
    """Hand over the wanted columns only: others may hold what DuckDB does not know."""
    names = [name for name in list[object](frame.columns) if isinstance(name, str)]
    used = [name for name in names if name in wanted]
    if len(set(used)) < len(used):
        raise InputError(
            f"among the columns {', '.join(used)} of the moments one occurs twice; rename it"
        )
    connection.register("moments", frame[used])
    # DuckDB ignores case and renames what then collides, so its names are taken by position.
    given = zip(used, map(_quoted, connection.table("moments").columns), strict=True)
    # Older versions take an object column without a value for whole numbers; text is likelier.
    return dict.fromkeys(names, "") | {
        name: f"CAST({column} AS VARCHAR)" if _is_void(frame[name]) else column
        for name, column in given
    }


def _is_void(column: pd.Series) -> bool:
    return pd.api.types.is_object_dtype(column) and bool(column.isna().all())


def _read(connection: duckdb.DuckDBPyConnection, path: Path, wanted: set[str]) -> dict[str, str]:
    """Let DuckDB read the file itself, a bit at a time."""
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None or not path.is_file():
        raise ReadError(
            f"{path} is not a file of moments; give the path of a {', '.join(SUFFIXES)} file"
        )
    if kind != "parquet" and path.stat().st_size == 0:
        # What was written without a row may not name its columns: then any may be meant.
        return _register(connection, pd.DataFrame(columns=sorted(wanted)), wanted)
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
    relation.create_view("moments")
    if kind in ("csv", "tsv"):
        return {undefuse(name): _undefused(_quoted(name)) for name in relation.columns}
    return {name: _quoted(name) for name in relation.columns}


def _undefused(column: str) -> str:
    """A column of CSV without the apostrophe that the writer put before what looks like a formula."""
    return f"regexp_replace({column}, '{_DEFUSED}', '\\1')"


def _quoted(name: str) -> str:
    return 'moments."' + name.replace('"', '""') + '"'
