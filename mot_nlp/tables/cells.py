"""The sums of each cell, in one SQL statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mot_nlp.taxonomy import POLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from mot_nlp.taxonomy import Taxonomy

DATE = "date"
"""The kept column that periods are taken from."""

REQUIRED = ("doc_id", "stage", "sentiment", "sentiment_score", "pivotal")
# Through TIMESTAMPTZ, so that a text, a date and a time with a zone all land on the same UTC day.
_DAY = "CAST(CAST(nullif(trim(CAST({date} AS VARCHAR)), '') AS TIMESTAMPTZ) AS TIMESTAMP)"
PERIODS = {
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


def cell_sums(
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
        **{name: columns[name] for name in REQUIRED},
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
        return PERIODS[name].format(date=columns[DATE]), values
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
