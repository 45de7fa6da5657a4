"""Sums over documents for pairs of groups: what figures of groups with common documents rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.tables.cells import fetch, parameters, per_document
from mot_nlp.tables.grouping import grouping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from mot_nlp.tables.store import Store
    from mot_nlp.taxonomy import Taxonomy

    Floats = NDArray[np.float64]

MEASURES = {
    "net_sentiment": ("net", "positive + negative"),
    "share": ("n", "n"),
    "pivotal_share": ("pivotal", "pivotal"),
    "negative": ("negative", "negative"),
}
"""What each measure is made of: SQL of the sum over a document's moments of what counts, and of its
square, from the counts of :func:`mot_nlp.tables.cells.per_document`."""

PRODUCTS = ("part_part", "part_whole", "whole_part", "whole_whole")
"""Sums over the documents of two groups; the first factor is of ``group``, the second of ``other``."""


NOTHING = 1e-12
"""Squares this small beside those that they were taken from are nothing but rounding."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Ratios of document sums, ``part / whole``, of groups within cells, and how they hang together.

    Attributes:
        cells: The ``by`` columns, a row a cell, in order.
        groups: The groups of all cells as text, in order.
        sums: A row a cell and group, in order. ``cell`` and ``group`` are positions in the above.
            ``n`` moments stand in ``documents`` documents, ``rest_documents`` documents in the
            other groups of the cell. ``part`` and ``whole`` are sums over documents, of which
            ``clusters`` stand in the group, ``alone`` in no other and ``rest_clusters`` in the
            others; ``part_part``, ``part_whole`` and ``whole_whole`` sum the products of each
            document's own. ``moment_squares`` sums the square of what each moment adds to ``part``.
        shared: A row a cell and ordered pair of groups (``group``, ``other``) with documents in
            common: ``clusters``, their number, and ``PRODUCTS`` over them.
    """

    cells: pd.DataFrame
    groups: tuple[str, ...]
    sums: pd.DataFrame
    shared: pd.DataFrame


_KEYED = """
CREATE TEMP TABLE keyed AS
WITH {per_document}
SELECT {listed} document, n, {part} AS part, {square} AS square
FROM per_document
WHERE {group} IS NOT NULL
"""

_CELLS = """
CREATE TEMP TABLE cells AS
SELECT * EXCLUDE one, row_number() OVER ({order}) - 1 AS cell
FROM (SELECT DISTINCT {listed} 1 AS one FROM keyed)
"""

_GROUPS = """
CREATE TEMP TABLE groups AS
SELECT k0 AS value, CAST(k0 AS VARCHAR) AS name, row_number() OVER ({order}) - 1 AS "group"
FROM (SELECT DISTINCT {group} AS k0 FROM keyed)
"""

# A table and not a view: it is read several times, and its columns no longer depend on by.
_STOOD = """
CREATE TEMP TABLE stood AS
SELECT cell, "group", document, n, part, square
FROM keyed
JOIN groups ON keyed.{group} = groups.value
JOIN cells ON {is_cell}
"""

_OWN = """
WITH own AS (
    SELECT
        cell,
        "group",
        CAST(sum(n) AS BIGINT) AS n,
        count(*) AS documents,
        CAST(sum(part) AS DOUBLE) AS part,
        CAST(sum(n) AS DOUBLE) AS whole,
        CAST(sum(part * part) AS DOUBLE) AS part_part,
        CAST(sum(part * n) AS DOUBLE) AS part_whole,
        CAST(sum(n * n) AS DOUBLE) AS whole_whole,
        CAST(sum(square) AS DOUBLE) AS moment_squares
    FROM {table}
    GROUP BY ALL
), once AS (
    -- Each document under one of its groups, so that the counts of groups add up to documents.
    SELECT cell, min("group") AS "group", count(*) AS stands
    FROM {table}
    GROUP BY cell, document
), counted AS (
    SELECT cell, "group", count(*) AS counted, count_if(stands = 1) AS alone
    FROM once
    GROUP BY ALL
)
SELECT
    own.*,
    documents AS clusters,
    CAST(coalesce(alone, 0) AS BIGINT) AS alone,
    CAST(sum(counted) OVER (PARTITION BY cell) - coalesce(alone, 0) AS BIGINT) AS rest_documents,
    rest_documents AS rest_clusters
FROM own
LEFT JOIN counted USING (cell, "group")
ORDER BY cell, "group"
"""

_SHARED = """
SELECT
    a.cell,
    a."group",
    b."group" AS other,
    count(*) AS clusters,
    CAST(sum(a.part * b.part) AS DOUBLE) AS part_part,
    CAST(sum(a.part * b.n) AS DOUBLE) AS part_whole,
    CAST(sum(a.n * b.part) AS DOUBLE) AS whole_part,
    CAST(sum(a.n * b.n) AS DOUBLE) AS whole_whole
FROM {table} AS a
JOIN {other} AS b ON a.document IS NOT DISTINCT FROM b.document AND {condition}
GROUP BY ALL
"""


def lay_out(
    store: Store,
    names: Sequence[str],
    between: str,
    measure: str,
    taxonomy: Taxonomy,
    expressions: Mapping[str, str] | None = None,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Make the table ``stood``: a row a cell, group and document.

    Its columns are ``cell`` and ``group`` (numbers), ``document``, ``n`` moments, and ``part`` and
    ``square`` as ``MEASURES`` has them. Moments without a group are left out.

    Args:
        store: The moments.
        names: The ``by`` columns.
        between: Column, roll-up or period that tells groups apart.
        measure: One of ``MEASURES``.
        taxonomy: Labels, and what segments without a moment are called.
        expressions: SQL of names that are no column, roll-up or period of the column ``date``.

    Returns:
        The ``by`` columns, a row a cell, and the groups as text, both in order.
    """
    keys = grouping([*names, between], store.columns, taxonomy, expressions=expressions)
    cells = grouping(names, store.columns, taxonomy, expressions=expressions)
    groups = grouping([between], store.columns, taxonomy, expressions=expressions)
    group = keys.keys[-1]
    per = per_document(keys, store.columns)
    is_cell = "".join(f" AND keyed.{key} IS NOT DISTINCT FROM cells.{key}" for key in cells.keys)
    part, square = MEASURES[measure]
    # A statement takes no parameter that it does not name: the order of cells comes later.
    _make(
        store,
        _KEYED.format(per_document=per, listed=keys.listed, part=part, square=square, group=group),
        {name: value for name, value in parameters(keys, taxonomy).items() if not _orders(name)},
    )
    for statement, of in ((_CELLS, cells), (_GROUPS, groups)):
        _make(
            store,
            statement.format(order=of.order, listed=of.listed, group=group),
            {name: value for name, value in of.parameters.items() if _orders(name)},
        )
    _make(store, _STOOD.format(group=group, is_cell=f"TRUE{is_cell}"))
    _make(store, "DROP TABLE keyed")
    rows = fetch(store, "SELECT * FROM cells ORDER BY cell", {}).drop(columns="cell")
    labels = fetch(store, 'SELECT name FROM groups ORDER BY "group"', {})["name"]
    return rows.set_axis(list(names), axis=1), tuple(labels)


def own_sums(store: Store, table: str) -> pd.DataFrame:
    """The ``sums`` of :class:`Pairs` of a table laid out as ``stood`` is, ``whole`` being all moments."""
    return fetch(store, _OWN.format(table=table), {})


def shared_sums(store: Store, table: str, other: str, *, condition: str) -> pd.DataFrame:
    """The ``shared`` of :class:`Pairs`, rows of ``table`` (a) with those of ``other`` (b)."""
    return fetch(store, _SHARED.format(table=table, other=other, condition=condition), {})


def between_groups(store: Store, table: str, sums: pd.DataFrame) -> pd.DataFrame:
    """The ``shared`` of different groups of one cell; ``sums`` are those of the table."""
    # A join of all documents with themselves is spared where each stands in one group only.
    several = bool((sums["alone"] < sums["clusters"]).any())
    condition = 'a.cell = b.cell AND a."group" <> b."group"' if several else "FALSE"
    return shared_sums(store, table, table, condition=condition)


def rate_pairs(
    store: Store,
    names: Sequence[str],
    between: str,
    measure: str,
    taxonomy: Taxonomy,
    expressions: Mapping[str, str] | None = None,
) -> Pairs:
    """Pairs of a measure that is a mean over the moments of a cell and group.

    Args:
        store: The moments.
        names: The ``by`` columns.
        between: Column, roll-up or period that tells groups apart.
        measure: One of ``MEASURES`` other than ``share``.
        taxonomy: Labels, and what segments without a moment are called.
        expressions: SQL of names that are no column, roll-up or period of the column ``date``.
    """
    cells, groups = lay_out(store, names, between, measure, taxonomy, expressions)
    sums = own_sums(store, "stood")
    return Pairs(cells, groups, sums, between_groups(store, "stood", sums))


def squares(side: pd.DataFrame, ratio: pd.Series) -> Floats:
    """Sum over documents of ``(part - ratio * whole)**2``, multiplied out."""
    size = side["part_part"] + ratio**2 * side["whole_whole"]
    summed = size - 2 * ratio * side["part_whole"]
    return summed.where(summed > NOTHING * size, 0.0).to_numpy()


def cross_products(both: pd.DataFrame, one: ArrayLike, two: ArrayLike) -> Floats:
    """The same over documents of two groups, each group with its own ratio."""
    first, second = np.asarray(one), np.asarray(two)
    return (
        both["part_part"].to_numpy()
        - second * both["part_whole"].to_numpy()
        - first * both["whole_part"].to_numpy()
        + first * second * both["whole_whole"].to_numpy()
    )


def _make(store: Store, statement: str, values: Mapping[str, object] | None = None) -> None:
    store.connection.execute(statement, dict(values or {}))


def _orders(parameter: str) -> bool:
    """Whether a parameter belongs to an ``ORDER BY``."""
    return parameter.startswith("order_")
