"""Where rows come from: a DataFrame handed over, or files read in place, as a view of DuckDB."""

from __future__ import annotations

import glob
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from mot_nlp.errors import InputError, ReadError
from mot_nlp.readers import JOB_LEDGER, JOB_MANIFEST
from mot_nlp.transcripts import without_surrogates
from mot_nlp.writers import FORMULA_STARTS, SUFFIXES, undefuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    Rows = pd.DataFrame | str | Path | Sequence[str | Path]
    """Rows of moments or documents, or the path of a file or job of them, or several paths."""

DOCUMENT = "doc_id"
"""The column that names a row's document."""

MOMENT = "moment_id"
"""The column that names a row, unique by construction."""

TEXT_FORMATS = ("csv", "tsv")

_DEFUSED = f"^''([{re.escape(FORMULA_STARTS)}])"
"""Regular expression within an SQL string, hence two apostrophes for one."""

_GUESSED = ("DATE", "TIME", "TIMESTAMP", "UUID")
"""What DuckDB takes texts of JSON for, at the risk of failing on them or changing them."""

_NESTED = ("list", "array", "struct", "map", "union", "blob")
"""Types that cannot be told apart by value in a table; they are taken as text."""


def view_of(
    connection: duckdb.DuckDBPyConnection, view: str, rows: Rows, wanted: set[str]
) -> dict[str, str]:
    """Make a view of rows, and give the SQL of each of its columns.

    Args:
        connection: Where the view is made.
        view: Its name, also what messages call the rows.
        rows: Rows in memory, or files of them.
        wanted: Columns that will be read; of a frame, no others are handed over.

    Raises:
        ReadError: A path is not that of a file of rows.
        InputError: The rows are of another type, or would be counted twice.
    """
    if isinstance(rows, pd.DataFrame):
        return _register(connection, view, rows, wanted)
    paths = paths_of(rows, view)
    for path in paths:
        _check_file(path, view)
    # What was written without a row may not name its columns: then any may be meant.
    full = [path for path in paths if kind_of(path) in (None, "parquet") or path.stat().st_size > 0]
    if not full:
        return _register(connection, view, pd.DataFrame(columns=sorted(wanted)), wanted)
    parts = []
    for number, path in enumerate(full):
        parts.append(f'SELECT * FROM "{view}_{number}"')
        _read(connection, f"{view}_{number}", path)
    connection.execute(f'CREATE VIEW "{view}" AS {" UNION ALL BY NAME ".join(parts)}')
    if len(full) > 1:
        _check_apart(connection, view, len(full))
    return dict(zip(connection.table(view).columns, _columns(connection, view), strict=True))


def paths_of(rows: object, view: str) -> list[Path]:
    """The paths that rows were given as.

    Raises:
        InputError: They are none.
    """
    given = [rows] if isinstance(rows, (str, Path)) else rows
    if not isinstance(given, (list, tuple)) or not all(isinstance(p, (str, Path)) for p in given):
        raise InputError(
            f"the {view} are of type {type(rows).__name__}; give a DataFrame, the path of a file, or a "
            "list of paths"
        )
    return [Path(path) for path in given]


def kind_of(path: Path) -> str | None:
    """The format of a file by its name, None if that tells none."""
    return SUFFIXES.get(path.suffix.lower())


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
    if _has_surrogates([str(path)]):
        raise ReadError(f"the name of the file {str(path)!r} is not UTF-8; rename it")
    if path.is_dir():
        parts_of(path, view)
    elif kind_of(path) is None or not path.is_file():
        raise ReadError(
            f"{path} is not a file of {view}; give the path of a {', '.join(SUFFIXES)} file, or the "
            "folder of a job"
        )


def parts_of(folder: Path, view: str) -> list[Path]:
    """The Parquet files of a folder; of a job's folder, its parts of ``moments`` or ``documents``.

    Raises:
        ReadError: There is none, or the job is not done.
    """
    job = folder if (folder / JOB_MANIFEST).is_file() else folder.parent
    if (job / JOB_LEDGER).is_dir():
        raise ReadError(
            f"the job in {job} is not done, and its {view} are not all there; finish it by the same "
            "mot predict command"
        )
    parts = sorted((folder / view if job == folder else folder).glob("[!._]*.parquet"))
    if not parts:
        raise ReadError(f"the folder {folder} holds no Parquet file of {view}; name another")
    return parts


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
    if unwritable := [name for name in used if _has_surrogates([name])]:
        raise InputError(
            f"the column {unwritable[0]!r} of the {view} has a name that no encoding can write; rename it"
        )
    # DuckDB takes neither a frame without a column, for which numbers stand in, nor one that is a
    # reversed view of another.
    connection.register(
        view, _writable(frame[used]) if used else pd.DataFrame({"row": range(len(frame))})
    )
    # DuckDB ignores case and renames what then collides, so its names are taken by position.
    given = zip(used, _columns(connection, view) if used else [], strict=True)
    # Older versions take an object column without a value for whole numbers; text is likelier.
    return dict.fromkeys(names, "") | {
        name: f"CAST({column} AS VARCHAR)" if _is_void(frame[name]) else column
        for name, column in given
    }


def _writable(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy whose texts DuckDB can hold: a lone surrogate becomes U+FFFD, as in written files."""
    out = frame.copy()
    for name, column in frame.items():
        is_category = isinstance(column.dtype, pd.CategoricalDtype)
        values = column.cat.categories if is_category else column
        # Texts that Arrow holds are UTF-8; to look through ten million others takes a second or two.
        may_be = values.dtype == object or getattr(values.dtype, "storage", "") == "python"
        if may_be and _has_surrogates(values.to_numpy()):
            out[name] = column.astype(object).map(_without_surrogates)
    return out


def _has_surrogates(values: Iterable[object]) -> bool:
    """Whether a text among the values cannot be encoded."""
    try:
        for value in values:
            if isinstance(value, str) and not value.isascii():
                value.encode()
    except UnicodeEncodeError:
        return True
    return False


def _without_surrogates(value: object) -> object:
    return without_surrogates(value) if isinstance(value, str) else value


def _is_void(column: pd.Series) -> bool:
    return pd.api.types.is_object_dtype(column) and bool(column.isna().all())


def _read(connection: duckdb.DuckDBPyConnection, view: str, path: Path) -> None:
    """A view of one file, which DuckDB reads itself, a bit at a time."""
    kind = kind_of(path)
    literal = glob.escape(str(path))  # DuckDB takes any path for a pattern
    if path.is_dir():
        parts = [glob.escape(str(part)) for part in parts_of(path, view.rpartition("_")[0])]
        relation = connection.read_parquet(parts, hive_partitioning=False, union_by_name=True)
    elif kind == "parquet":
        relation = connection.read_parquet(literal, hive_partitioning=False)
    elif kind == "jsonl":
        relation = _read_json(connection, literal)
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


def _read_json(connection: duckdb.DuckDBPyConnection, literal: str) -> duckdb.DuckDBPyRelation:
    """Texts stay as they are, also those that look like dates or UUIDs."""
    relation = connection.read_json(
        literal, format="newline_delimited", sample_size=-1, hive_partitioning=False
    )
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    if not any(kind.startswith(_GUESSED) for kind in types.values()):
        return relation
    as_written = {
        name: "VARCHAR" if kind.startswith(_GUESSED) else kind for name, kind in types.items()
    }
    return connection.read_json(
        literal, format="newline_delimited", columns=as_written, hive_partitioning=False
    )


def _undefused(column: str) -> str:
    """A column of CSV without the apostrophe that the writer put before what looks like a formula."""
    return f"regexp_replace({column}, '{_DEFUSED}', '\\1')"


def _columns(connection: duckdb.DuckDBPyConnection, view: str) -> list[str]:
    """The SQL of each column of a view, in order."""
    relation = connection.table(view)
    quoted = [f'"{view}".{_name(name)}' for name in relation.columns]
    return [
        f"CAST({column} AS VARCHAR)" if kind.id in _NESTED else column
        for column, kind in zip(quoted, relation.types, strict=True)
    ]


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
