"""Moment-level sentiment tables: how many moments, how they feel, and how sure that is.

Moments are counted by DuckDB, straight from a file where one is given: it keeps sums, not
moments, and moves them to disk where they outgrow memory. What follows is NumPy on a row a cell.
"""

from __future__ import annotations

import math
import tempfile
from contextlib import contextmanager
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pandas as pd

from mot_nlp.errors import ColumnError, InputError, ReadError
from mot_nlp.taxonomy import POLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

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

DATE = "date"
"""The kept column that periods are taken from."""

_REQUIRED = ("doc_id", "stage", "sentiment", "sentiment_score", "pivotal")
_COUNTS = ("n", "documents", "share")
_SUFFIXES = (".parquet", ".csv", ".jsonl", ".ndjson")

# Through TIMESTAMPTZ, so that a text, a date and a time with a zone all land on the same UTC day.
_DAY = "CAST(CAST(nullif(trim(CAST({date} AS VARCHAR)), '') AS TIMESTAMPTZ) AS TIMESTAMP)"
_PERIODS = {
    "month": f"strftime({_DAY}, '%Y-%m')",
    "quarter": f"strftime({_DAY}, '%Y-Q') || quarter({_DAY})",
    "year": f"strftime({_DAY}, '%Y')",
}

# Sums per cell and document first: the interval needs each document's own sum. Scores are added
# as decimals, which is exact, so that neither row order nor threads show in the last digit.
_STATEMENT = """
WITH counted AS (
    SELECT
        {keys}
        {doc_id} AS document,
        CAST({sentiment} AS VARCHAR) AS sentiment,
        TRY_CAST(CAST({sentiment_score} AS DOUBLE) AS DECIMAL(18, 9)) AS score,
        CAST({pivotal} AS BOOLEAN) AS pivotal
    FROM moments
    WHERE CAST({stage} AS VARCHAR) IS DISTINCT FROM $none
), per_document AS (
    SELECT
        {names}
        document,
        count(*) AS n,
        count_if(sentiment = $positive) AS positive,
        count_if(sentiment = $negative) AS negative,
        positive - negative AS net,
        count_if(pivotal) AS pivotal,
        sum(score) AS score,
        count(score) AS scored
    FROM counted
    GROUP BY ALL
), per_cell AS (
    SELECT
        {names}
        CAST(sum(n) AS BIGINT) AS n,
        count(*) AS documents,
        CAST(sum(positive) AS DOUBLE) AS positive,
        CAST(sum(negative) AS DOUBLE) AS negative,
        CAST(sum(pivotal) AS DOUBLE) AS pivotal,
        CAST(sum(score) AS DOUBLE) / CAST(sum(scored) AS DOUBLE) AS mean_score,
        CAST(sum(net * net) AS DOUBLE) AS net_net,
        CAST(sum(net * n) AS DOUBLE) AS net_n,
        CAST(sum(n * n) AS DOUBLE) AS n_n
    FROM per_document
    GROUP BY ALL
    HAVING sum(n) > 0
)
SELECT * FROM per_cell {order}
"""


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
        moments: Moment rows, or a ``.parquet``, ``.csv`` or ``.jsonl`` file of them. A CSV has
            no types, so its ``by`` columns stay text.
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
        *_REQUIRED,
        *(taxonomy.rollups[name].of for name in names if name in taxonomy.rollups),
    ]
    wanted = {*needed, *names, *(DATE for name in names if name in _PERIODS)}
    with _opened(moments, wanted=wanted) as (connection, columns):
        _check_columns(needed, names, columns, taxonomy)
        cells, sums = _sums(connection, names, columns, taxonomy)
    table = pd.concat([cells, _figures(sums, confidence)], axis=1)
    if min_n > 1:
        thin = table["n"] < min_n
        table.loc[thin, [name for name in TABLE_COLUMNS if name not in _COUNTS]] = np.nan
        table[THIN] = thin
    return table


def t_quantile(probability: float, dof: ArrayLike) -> NDArray[np.float64]:
    """Quantile of Student's t, exact for 1 and 2 degrees of freedom.

    From 3 it is the normal quantile with four Cornish-Fisher terms (Abramowitz and Stegun 26.7.5),
    too small by at most 0.13 % at a probability of 0.975, 0.8 % at 0.995 and 4.2 % at 0.9995.

    Args:
        probability: Between 0 and 1.
        dof: Degrees of freedom, whole and 1 or more, any shape; NaN gives NaN.

    Returns:
        Quantiles in the shape of ``dof``.
    """
    v = np.asarray(dof, dtype=np.float64)
    x = NormalDist().inv_cdf(probability)
    terms = (
        (x**3 + x) / 4,
        (5 * x**5 + 16 * x**3 + 3 * x) / 96,
        (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
        (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92160,
    )
    expanded = x + sum(term / v**power for power, term in enumerate(terms, start=1))
    one = math.tan(math.pi * (probability - 0.5))
    two = (2 * probability - 1) / math.sqrt(2 * probability * (1 - probability))
    return np.where(v == 1, one, np.where(v == 2, two, expanded))


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
    derived = [*taxonomy.rollups, *(_PERIODS if DATE in columns else ())]
    unknown = [name for name in names if name not in columns and name not in derived]
    if unknown:
        raise ColumnError(
            f"there is no column {', '.join(map(repr, unknown))} to table by; there are "
            f"{', '.join(dict.fromkeys([*columns, *derived]))}"
            + (
                ""
                if DATE in columns
                else f" (and {', '.join(_PERIODS)}, had you kept a column date)"
            )
        )


@contextmanager
def _opened(
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
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES or not path.is_file():
        raise ReadError(
            f"{path} is not a file of moments; give the path of a {', '.join(_SUFFIXES)} file"
        )
    if suffix != ".parquet" and path.stat().st_size == 0:
        # What was written without a row may not name its columns: then any may be meant.
        return _register(connection, pd.DataFrame(columns=sorted(wanted)), wanted)
    if suffix == ".parquet":
        relation = connection.read_parquet(str(path), hive_partitioning=False)
    elif suffix == ".csv":
        relation = connection.read_csv(
            str(path), header=True, delimiter=",", quotechar='"', escapechar='"',
            all_varchar=True, hive_partitioning=False,
        )  # fmt: skip
    else:
        relation = connection.read_json(
            str(path), format="newline_delimited", sample_size=-1, hive_partitioning=False
        )
    relation.create_view("moments")
    return {name: _quoted(name) for name in relation.columns}


def _quoted(name: str) -> str:
    return 'moments."' + name.replace('"', '""') + '"'


def _sums(
    connection: duckdb.DuckDBPyConnection,
    names: Sequence[str],
    columns: Mapping[str, str],
    taxonomy: Taxonomy,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The ``by`` columns, and the sums that figures are made of; one row a cell, in order."""
    values: dict[str, object] = dict(zip(("negative", "positive"), POLES, strict=True))
    values["none"] = taxonomy.heads["stage"].none
    keys, order = "", []
    for number, name in enumerate(names):
        expression, own = _key(name, f"k{number}", columns, taxonomy)
        keys += f"{expression} AS k{number}, "
        order.append(_order(f"k{number}", is_label=f"order_k{number}" in own))
        values |= own
    statement = _STATEMENT.format(
        keys=keys,
        names="".join(f"k{number}, " for number in range(len(names))),
        order=f"ORDER BY {', '.join(order)}" if order else "",
        **{name: columns[name] for name in _REQUIRED},
    )
    rows = connection.execute(statement, values).df()
    if rows.empty:  # then DuckDB's text is of type object, whatever pandas takes for text
        rows = rows.astype({name: str for name in rows if pd.api.types.is_object_dtype(rows[name])})
    return rows.iloc[:, : len(names)].set_axis(list(names), axis=1), rows.iloc[:, len(names) :]


def _key(
    name: str, key: str, columns: Mapping[str, str], taxonomy: Taxonomy
) -> tuple[str, dict[str, list[str]]]:
    """The value of a ``by`` column in SQL, with the lists of labels that its parameters take."""
    if name == "pivotal":  # its column holds true or false and not the head's labels
        return f"CAST({columns[name]} AS BOOLEAN)", {}
    labels = taxonomy.order(name)
    values = {f"order_{key}": list(labels)} if labels else {}
    if name in columns:
        return f"CAST({columns[name]} AS VARCHAR)" if labels else columns[name], values
    if not labels:
        return _PERIODS[name].format(date=columns[DATE]), values
    rollup = taxonomy.rollups[name]
    values |= {f"of_{key}": list(rollup.groups), f"to_{key}": list(rollup.groups.values())}
    label = f"CAST({columns[rollup.of]} AS VARCHAR)"
    # A label that the roll-up does not know stands for itself.
    found = f"list_extract($to_{key}, list_position($of_{key}, {label}))"
    return f"coalesce({found}, {label})", values


def _order(key: str, *, is_label: bool) -> str:
    """Order by the taxonomy, or by number where text is one, and then by the value itself."""
    number = f"TRY_CAST(CAST({key} AS VARCHAR) AS DOUBLE)"
    first = (
        f"list_position($order_{key}, {key})"
        if is_label
        else f"CASE WHEN typeof({key}) = 'VARCHAR' THEN {number} END"
    )
    return f"{first} NULLS LAST, {key} NULLS LAST"


def _figures(sums: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """The ``TABLE_COLUMNS`` of each cell."""
    n = sums["n"].to_numpy(np.float64)
    positive, negative, documents, net_net, net_n, n_n = (
        sums[name].to_numpy(np.float64)
        for name in ("positive", "negative", "documents", "net_net", "net_n", "n_n")
    )
    net = (positive - negative) / n
    # The sum over documents of (net_d - n_d * net)**2, multiplied out; rounding may pass zero.
    spread = np.maximum(net_net - 2 * net * net_n + net**2 * n_n, 0)
    dof = np.where(documents > 1, documents - 1, np.nan)
    half = t_quantile((1 + confidence) / 2, dof) * np.sqrt(spread * documents / dof) / n
    return pd.DataFrame(
        {
            "n": sums["n"],
            "documents": sums["documents"],
            "share": n / max(n.sum(), 1),
            "positive": positive / n,
            "neutral": (n - positive - negative) / n,
            "negative": negative / n,
            "net_sentiment": 100 * net,
            "net_low": np.clip(100 * (net - half), -100, 100),
            "net_high": np.clip(100 * (net + half), -100, 100),
            "mean_score": sums["mean_score"],
            "pivotal_share": sums["pivotal"] / n,
        }
    )
