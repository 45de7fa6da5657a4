"""The sums of each cell, in one SQL statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mot_nlp.tables.grouping import Grouping
    from mot_nlp.tables.store import Store
    from mot_nlp.taxonomy import Taxonomy

REQUIRED = ("doc_id", "stage", "sentiment", "sentiment_score", "pivotal")
"""Columns that every table of sentiment reads."""

# A label that is none would otherwise pass for neutral.
_KNOWN = """
CASE
    WHEN {sentiment} IS NULL OR list_contains($sentiments, CAST({sentiment} AS VARCHAR))
    THEN CAST({sentiment} AS VARCHAR)
    ELSE error('the sentiment ' || CAST({sentiment} AS VARCHAR) || ' is none of '
        || list_aggregate($sentiments, 'string_agg', ', '))
END
"""

# Sums per cell and document first: the interval needs each document's own sum. Scores are added
# as decimals, which is exact, so that neither row order nor threads show in the last digit.
_PER_DOCUMENT = """
counted AS (
    SELECT
        {select}
        {doc_id} AS document,
        {is_first} AS is_first,
        {known_sentiment} AS sentiment,
        TRY_CAST(CAST({sentiment_score} AS DOUBLE) AS DECIMAL(18, 9)) AS score,
        CAST({pivotal} AS BOOLEAN) AS pivotal
    FROM {rows}
    WHERE CAST({stage} AS VARCHAR) IS DISTINCT FROM $none
), per_document AS (
    SELECT
        {listed}
        document,
        count(*) AS n,
        count_if(is_first) AS moments,
        count_if(list_contains($positive, sentiment)) AS positive,
        count_if(list_contains($negative, sentiment)) AS negative,
        positive - negative AS net,
        count_if(pivotal) AS pivotal,
        sum(score) AS score,
        count(score) AS scored
    FROM counted
    GROUP BY ALL
)
"""

# Whole numbers and decimals: they add up exactly, in whatever order.
_SUMS = """
SELECT
    {listed}
    CAST(sum(n) AS BIGINT) AS n,
    CAST({documents} AS BIGINT) AS documents,
    CAST(sum(moments) AS BIGINT) AS moments,
    CAST(sum(positive) AS BIGINT) AS positive,
    CAST(sum(negative) AS BIGINT) AS negative,
    CAST(sum(pivotal) AS BIGINT) AS pivotal,
    CAST(sum(score) AS DECIMAL(38, 9)) AS score,
    CAST(sum(scored) AS BIGINT) AS scored,
    CAST(sum({net_net}) AS BIGINT) AS net_net,
    CAST(sum({net_n}) AS BIGINT) AS net_n,
    CAST(sum({n_n}) AS BIGINT) AS n_n
FROM {rows}
GROUP BY ALL
HAVING sum(n) > 0
"""

_IN_ORDER = """
SELECT
    {listed}
    n,
    documents,
    moments,
    CAST(COLUMNS(['positive', 'negative', 'pivotal', 'score', 'scored', 'net_net', 'net_n', 'n_n'])
        AS DOUBLE)
FROM ({sums})
{order}
"""


def per_document(by: Grouping, columns: Mapping[str, str]) -> str:
    """Common table expressions that end in ``per_document``: a row a cell and document.

    Its columns are those of ``by`` (``k0`` …), ``document``, and the counts ``n``, ``positive``,
    ``negative``, ``net``, ``pivotal``, with the sum ``score`` over ``scored`` moments. A sentiment is
    positive where its score is over 0, negative where it is under. Where a moment stands in several
    cells, ``moments`` counts it in the first of them alone. Run it with :func:`parameters`.
    """
    required = {name: columns[name] for name in REQUIRED}
    known = known_sentiment(columns)
    return _PER_DOCUMENT.format(
        select=by.select,
        listed=by.listed,
        rows=by.rows,
        is_first=by.is_first,
        known_sentiment=known,
        **required,
    )


def known_sentiment(columns: Mapping[str, str]) -> str:
    """SQL of a moment's sentiment, which fails on what is no label; takes ``$sentiments``."""
    return _KNOWN.format(sentiment=columns["sentiment"])


def parameters(by: Grouping, taxonomy: Taxonomy) -> dict[str, object]:
    """Values of the parameters of :func:`per_document` and :func:`known_sentiment`."""
    return {
        "negative": list(taxonomy.negative),
        "positive": list(taxonomy.positive),
        "sentiments": list(taxonomy.heads["sentiment"].labels),
        "none": taxonomy.heads["stage"].none,
        **by.parameters,
    }


def sums_of_moments(by: Grouping, columns: Mapping[str, str]) -> str:
    """SQL of the sums of each cell, to be run with :func:`parameters`; in no order.

    Over cells of different documents the sums add up, cell by cell and figure by figure.
    """
    sums = _SUMS.format(
        listed=by.listed, documents="count(*)", net_net="net * net", net_n="net * n", n_n="n * n",
        rows="per_document",
    )  # fmt: skip
    return f"WITH {per_document(by, columns)} {sums}"


def sums_of_sums(by: Grouping, rows: str) -> str:
    """SQL that adds up rows of :func:`sums_of_moments`, of different documents each, in no order."""
    return _SUMS.format(
        listed=by.listed, documents="sum(documents)", net_net="net_net", net_n="net_n", n_n="n_n",
        rows=rows,
    )  # fmt: skip


def cell_sums(store: Store, by: Grouping, taxonomy: Taxonomy) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The ``by`` columns, and the sums that figures are made of; one row a cell, in order."""
    sums = sums_of_moments(by, store.columns)
    return cells_in_order(store, by, sums, parameters(by, taxonomy))


def cells_in_order(
    store: Store, by: Grouping, sums: str, values: Mapping[str, object]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The ``by`` columns and the sums that a statement gives, one row a cell, in order."""
    statement = _IN_ORDER.format(listed=by.listed, sums=sums, order=by.order)
    rows = fetch(store, statement, values)
    width = len(by.names)
    return rows.iloc[:, :width].set_axis(list(by.names), axis=1), rows.iloc[:, width:]


def fetch(store: Store, statement: str, values: Mapping[str, object]) -> pd.DataFrame:
    """Run a statement; text of an empty answer is pandas text, as that of any other is."""
    rows = store.connection.execute(statement, dict(values)).df()
    if rows.empty:  # then DuckDB's text is of type object, whatever pandas takes for text
        rows = rows.astype({name: str for name in rows if pd.api.types.is_object_dtype(rows[name])})
    return rows
