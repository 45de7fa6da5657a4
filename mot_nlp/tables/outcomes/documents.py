"""Documents and their outcomes, as a table in DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mot_nlp.errors import ColumnError, InputError

if TYPE_CHECKING:
    from mot_nlp.tables.sources import Rows
    from mot_nlp.tables.store import Store

# Through text, so that one reading serves frames, Parquet and CSV, which has no types. Documents
# that name no cluster are one each.
_OUTCOME = """
CREATE TEMP TABLE outcome AS
SELECT
    document,
    text,
    CASE
        WHEN text IN ('true', 'yes', 'y') THEN 1
        WHEN text IN ('false', 'no', 'n') THEN 0
        ELSE nullif(TRY_CAST(text AS DOUBLE), 'nan'::DOUBLE)
    END AS value,
    {cluster} AS cluster
FROM (
    SELECT
        CAST({doc_id} AS VARCHAR) AS document,
        nullif(lower(trim(CAST({outcome} AS VARCHAR))), '') AS text,
        nullif(trim(CAST({group} AS VARCHAR)), '') AS own
    FROM documents
)
"""
_CLUSTER = "dense_rank() OVER (ORDER BY own, CASE WHEN own IS NULL THEN document END)"

_WORDS = "text IN ('true', 'yes', 'y', 'false', 'no', 'n')"
_TOO_FAR = 1e15
"""Whole numbers are exact up to here, and squares far from overflowing."""


def read_documents(store: Store, documents: Rows, outcome: str, cluster: str | None) -> None:
    """Make the table ``outcome``: document (text), value (a number or missing) and cluster (a number).

    Raises:
        ColumnError: The documents lack a column.
        ReadError: The file cannot be read.
        InputError: A document has no id or stands twice, or an outcome is no number.
    """
    needed = ["doc_id", outcome, *([cluster] if cluster is not None else [])]
    columns = store.add("documents", documents, wanted=set(needed))
    missing = [name for name in dict.fromkeys(needed) if name not in columns]
    if missing:
        raise ColumnError(
            f"the documents lack the columns {', '.join(missing)}, which drivers needs; they have "
            f"{', '.join(columns) or 'none'}. Give one row a document, with doc_id and the outcome",
            missing=missing,
            known=columns,
            rows="documents",
        )
    store.connection.execute(
        _OUTCOME.format(
            doc_id=columns["doc_id"],
            outcome=columns[outcome],
            group="NULL" if cluster is None else columns[cluster],
            cluster="0" if cluster is None else _CLUSTER,
        )
    )
    _check_ids(store)
    _check_values(store, outcome)


def _check_ids(store: Store) -> None:
    """Refuse documents that cannot be told apart: their moments would count twice."""
    row = store.connection.execute(
        "SELECT document, count(*) FROM outcome GROUP BY document "
        "HAVING count(*) > 1 OR document IS NULL ORDER BY document NULLS FIRST LIMIT 1"
    ).fetchone()
    if row is None:
        return
    document, count = row
    if document is None:
        raise InputError(f"{count} of the documents have no doc_id; give each its own")
    raise InputError(
        f"doc_id {document!r} stands {count} times in the documents; give one row a document"
    )


def _check_values(store: Store, outcome: str) -> None:
    """Refuse outcomes that are neither missing nor a number nor yes or no."""
    strange, word, number = store.connection.execute(
        f"""
        SELECT
            min(text) FILTER (value IS NULL AND TRY_CAST(text AS DOUBLE) IS NULL OR abs(value) > $far),
            min(text) FILTER ({_WORDS}),
            min(text) FILTER (NOT {_WORDS} AND value NOT IN (0, 1))
        FROM outcome
        WHERE text IS NOT NULL
        """,
        {"far": _TOO_FAR},
    ).fetchall()[0]
    if strange is not None:
        raise InputError(
            f"the outcome {outcome} holds {strange!r}; it takes numbers from -1e15 to 1e15, yes or no "
            "and true or false. Leave missing ones empty"
        )
    if word is not None and number is not None:
        raise InputError(
            f"the outcome {outcome} holds both {word!r} and {number!r}; make it numbers, or yes and no"
        )
