"""The moments around a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mot_nlp.tables.arguments import check_columns
from mot_nlp.tables.cells import fetch
from mot_nlp.tables.fields import typed
from mot_nlp.tables.shipped import or_shipped
from mot_nlp.tables.store import opened
from mot_nlp.transcripts import without_surrogates

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from mot_nlp.tables.sources import Rows

CONTEXT_COLUMNS = (
    "doc_id",
    "moment_id",
    "start",
    "end",
    "text",
    "stage",
    "moment",
    "touchpoint",
    "sentiment",
)

_STATEMENT = """
SELECT {fields}
FROM moments
WHERE CAST({doc_id} AS VARCHAR) IN (SELECT unnest(CAST($documents AS VARCHAR[])))
ORDER BY doc_id, start, "end", moment_id
"""


def context(moments: Rows, doc_ids: str | Iterable[object]) -> pd.DataFrame:
    """All rows of some documents, to show a quote among its neighbours.

    A file of moments does not hold the whole text of a document, but it does hold all that was
    tagged. Rows whose stage is the none label stand here too, where the rows have such.

    Args:
        moments: Moment rows, or a file of them in any format that ``predict`` writes, or several
            files.
        doc_ids: Documents; those that have no moment give no row.

    Returns:
        One row a moment, by document and then by place: ``doc_id``, ``moment_id``, ``start`` and
        ``end`` in characters of the document's text, ``text``, ``stage``, ``moment``,
        ``touchpoint`` and ``sentiment``.

    Raises:
        ColumnError: A column that is needed does not exist.
        ReadError: The file cannot be read.
        InputError: A value is not what its column holds.
    """
    names = [doc_ids] if isinstance(doc_ids, str) else doc_ids
    documents = [without_surrogates(str(name)) for name in names]
    with opened(moments, wanted=set(CONTEXT_COLUMNS)) as store:
        check_columns(CONTEXT_COLUMNS, (), store.columns, or_shipped(None))
        statement = _STATEMENT.format(
            fields=typed(CONTEXT_COLUMNS, store.columns), doc_id=store.columns["doc_id"]
        )
        return fetch(store, statement, {"documents": documents})
