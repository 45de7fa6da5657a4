"""What customers said in their own words, for a cell of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mot_nlp.errors import InputError
from mot_nlp.tables.arguments import check_at_least, check_by, check_columns, names_of
from mot_nlp.tables.cells import fetch
from mot_nlp.tables.diversity import centrality, compared, pick
from mot_nlp.tables.fields import typed
from mot_nlp.tables.filters import condition
from mot_nlp.tables.grouping import columns_needed, grouping
from mot_nlp.tables.several import labels_of, question_shown
from mot_nlp.tables.shipped import or_shipped
from mot_nlp.tables.store import opened
from mot_nlp.taxonomy import HEADS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mot_nlp.tables.sources import Rows
    from mot_nlp.tables.store import Store
    from mot_nlp.taxonomy import Taxonomy

QUOTE_COLUMNS = (
    "kind",
    "rank",
    "doc_id",
    "moment_id",
    "start",
    "end",
    "text",
    "speaker",
    "stage",
    "moment",
    "touchpoint",
    "sentiment",
    "sentiment_score",
    "pivotal",
    "confidence",
)

KINDS = {
    "representative": "confidence",
    "extreme": "confidence * (abs(sentiment_score) + CAST(pivotal AS INTEGER))",
}
"""Kinds of quotes, and how much a row is worth as one, in SQL."""

CANDIDATES = 300
"""Texts of a cell that quotes are chosen from, at most."""

MAX_CELLS = 500
"""Cells that are quoted at once, at most."""

MIN_WORDS = 4
"""Shorter texts are passed over while there are others."""

MAX_CHARACTERS = 400
"""Longer texts are passed over while there are others."""

_CONFIDENCES = tuple(f"{name}_confidence" for name in HEADS)
_FIELDS = QUOTE_COLUMNS[2:-1]
_REQUIRED = (*_FIELDS, *_CONFIDENCES)

# First the best texts, of which only hash and worth are held, then the rows that hold them: most of
# ten million texts never leave the file. Texts that differ in digits alone count once, and ties
# between texts at the last place are broken by hash.
_STATEMENT = """
WITH read AS NOT MATERIALIZED (
    SELECT {select} {fields}, {confidence} AS confidence
    FROM {rows}
    WHERE CAST({stage} AS VARCHAR) IS DISTINCT FROM $none
), kept AS NOT MATERIALIZED (
    SELECT
        *,
        CASE WHEN isfinite({worth}) THEN {worth} ELSE 0 END AS worth,
        length(text) <= {longest} AND length(text) - length(replace(text, ' ', '')) >= {blanks} AS fit,
        hash({listed} regexp_replace(lower(text), '[0-9]+', '', 'g')) AS told
    FROM read
    WHERE {condition}
), texts AS (
    SELECT {listed} told, fit, max(worth) AS worth FROM kept GROUP BY ALL
), best AS (
    SELECT told, worth
    FROM texts
    QUALIFY row_number() OVER (
        PARTITION BY {listed} true ORDER BY fit DESC, worth DESC, told
    ) <= {candidates}
), firsts AS (
    SELECT
        {listed}
        arg_min(
            struct_pack({packed}, worth := kept.worth, fit := fit),
            struct_pack(a := NOT fit, b := doc_id, c := start, d := "end", e := moment_id)
        ) AS first
    FROM kept JOIN best ON kept.told = best.told AND kept.worth = best.worth
    GROUP BY {listed} kept.told
), chosen AS (
    SELECT {listed} unnest(first) FROM firsts
)
SELECT * FROM chosen
{order} fit DESC, worth DESC, doc_id, start, "end", moment_id
LIMIT {limit}
"""


def quotes(
    moments: Rows,
    where: Mapping[str, Any] | None = None,
    k: int = 5,
    *,
    kind: str = "representative",
    by: str | Sequence[str] | None = None,
    taxonomy: Taxonomy | None = None,
) -> pd.DataFrame:
    """Quote moments of a cell: what is typical of it, or what goes furthest.

    Both kinds differ from one another, by maximal marginal relevance over weighted words
    (:func:`mot_nlp.tables.diversity.pick`), and are chosen from the 300 texts of the cell that are
    best by ``confidence`` or by how far they go. The same text is never quoted twice, nor is one
    that is nearly the same, as where only a number differs. Each quote is of another document, and
    has 4 words or more and 400 characters or fewer, unless there are not enough such.

    The same rows give the same quotes, in whatever order they come.

    Args:
        moments: Moment rows, or a file of them in any format that ``predict`` writes, or several
            files.
        where: What is quoted: one value or several for a column of the moments, a roll-up or a
            period, as ``{"touchpoint": "delivery", "month": ["2025-11", "2025-12"]}``. None is
            everything.
        k: Quotes of each cell, 1 to 300.
        kind: ``"representative"`` for moments that resemble many others of their cell and whose
            labels are confident; ``"extreme"`` for those of the greatest
            ``confidence * (|sentiment_score| + 1 if pivotal)``, either way: without the confidence,
            what goes furthest is often only labelled wrongly.
        by: Columns that make cells, 500 at most; None makes one of everything.
        taxonomy: Labels of the model that found the moments; the shipped one's where none is given.

    Returns:
        One row a quote: the ``by`` columns, then, where these do not have it already, ``kind``,
        ``rank`` within the cell from 1, ``doc_id``, ``moment_id``, ``start`` and ``end`` in
        characters of the document's text, ``text``, ``speaker``, ``stage``, ``moment``,
        ``touchpoint``, ``sentiment``, ``sentiment_score`` (-1 to 1), ``pivotal`` and
        ``confidence`` (0 to 1), the product of the confidences of all five labels, which is how
        likely all are right were their errors independent. Cells stand in taxonomy order.

    Raises:
        ColumnError: A column that is needed, or named in ``by`` or ``where``, does not exist.
        ReadError: The file cannot be read.
        InputError: An argument is out of its range, ``where`` asks for a label that does not exist,
            or a value is not what its column holds.
    """
    names = names_of(by)
    if not isinstance(where or {}, Mapping):
        raise InputError(
            f"where is {where!r}; give a column and a value of it, as {{'touchpoint': 'delivery'}}"
        )
    wanted = dict(where or {})
    taxonomy = or_shipped(taxonomy)
    check_at_least("k", k, 1, why="for one quote of each cell, or more")
    check_by(names, taken=("kind", "rank", "confidence"))
    if k > CANDIDATES:
        raise InputError(
            f"k is {k}; give at most {CANDIDATES}, which is what quotes are chosen from"
        )
    if kind not in KINDS:
        raise InputError(f"kind is {kind!r}; give one of {', '.join(KINDS)}")
    every = [*names, *wanted]
    with opened(moments, wanted={*_REQUIRED, *columns_needed(every, taxonomy)}) as store:
        check_columns(_REQUIRED, every, store.columns, taxonomy)
        rows = _candidates(store, names, wanted, kind, taxonomy)
    cells = [part for _, part in rows.groupby(_cells(rows, len(names)), sort=False)]
    if len(cells) > MAX_CELLS:
        raise InputError(
            f"by {', '.join(names)} makes more than {MAX_CELLS} cells to quote; leave a column out "
            "of by, or narrow the moments down with where"
        )
    chosen = [_chosen(cell, k, kind) for cell in cells]
    out = pd.concat(chosen, ignore_index=True) if chosen else _ranked(rows, kind)
    keys = out.iloc[:, : len(names)].set_axis(list(names), axis=1)
    return pd.concat([keys, out[[n for n in QUOTE_COLUMNS if n not in names]]], axis=1)


def _candidates(
    store: Store, names: Sequence[str], where: Mapping[str, Any], kind: str, taxonomy: Taxonomy
) -> pd.DataFrame:
    """The best rows of each cell, by cell: keys, fields of a quote, worth and fitness."""
    cells = grouping(names, store.columns, taxonomy)
    lists = _lists(names, where, store, taxonomy)
    both = grouping([*names, *where], store.columns, taxonomy, expressions=lists)
    keys = both.keys[len(names) :]
    wanted, values = condition(where, keys, store.columns, taxonomy, lists=lists)
    statement = _STATEMENT.format(
        select=both.select,
        rows=both.rows,
        fields=typed(_FIELDS, store.columns),
        packed=", ".join(f'"{name}" := "{name}"' for name in (*_FIELDS, "confidence")),
        confidence=" * ".join(f"CAST({store.columns[name]} AS DOUBLE)" for name in _CONFIDENCES),
        stage=store.columns["stage"],
        worth=KINDS[kind],
        longest=MAX_CHARACTERS,
        blanks=MIN_WORDS - 1,
        listed=cells.listed,
        condition=wanted,
        candidates=CANDIDATES,
        order=f"{cells.order}, " if cells.order else "ORDER BY ",
        limit=MAX_CELLS * CANDIDATES + 1,
    )
    values["none"] = taxonomy.heads["stage"].none
    # What is wanted needs no order, and DuckDB takes no parameter that a statement does not name.
    rolled = {name: of for name, of in both.parameters.items() if not name.startswith("order_")}
    return fetch(store, statement, values | rolled | cells.parameters)


def _lists(
    names: Sequence[str], where: Mapping[str, Any], store: Store, taxonomy: Taxonomy
) -> dict[str, str]:
    """SQL of the labels of what is asked for and holds several, unless cells part these already."""
    shown = {name: question_shown(name, store.columns, taxonomy) for name in (*names, *where)}
    parted = [shown[name] for name in names]
    return {
        name: labels_of(store.columns[question.name])
        for name in where
        if (question := shown[name]) and question.multiple and question not in parted
    }


def _cells(rows: pd.DataFrame, width: int) -> NDArray[np.int64]:
    """Number of each row's cell."""
    keys = list(rows.columns[:width])
    cells = np.zeros(len(rows), dtype=np.int64)
    if keys:
        cells += rows.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    return cells


def _chosen(cell: pd.DataFrame, k: int, kind: str) -> pd.DataFrame:
    """The quotes of one cell, best first."""
    similarity, alike = compared(cell["text"].tolist())
    relevance = cell["worth"].to_numpy(np.float64)
    if kind == "representative":
        relevance = relevance * centrality(similarity)
        relevance /= relevance.max() or 1
    places = pick(
        relevance,
        similarity,
        alike,
        k,
        documents=cell["doc_id"].tolist(),
        fit=cell["fit"].to_numpy(np.bool_),
    )
    return _ranked(cell.iloc[places], kind)


def _ranked(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    return rows.assign(
        kind=pd.Series(kind, index=rows.index, dtype=rows["text"].dtype),
        rank=np.arange(1, len(rows) + 1),
    )
