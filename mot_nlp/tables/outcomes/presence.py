"""Which document has which kind of moment: from rows in DuckDB to a design in NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.errors import InputError
from mot_nlp.tables.cells import fetch, parameters, per_document

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from mot_nlp.tables.grouping import Grouping
    from mot_nlp.tables.store import Store
    from mot_nlp.taxonomy import Taxonomy

MOST_KINDS = 300
"""Kinds of moment at most; a design of more would take gigabytes and tell nothing apart."""

_WORD = 32
"""Kinds whose presence travels in one number, a bit each."""

_KINDS = """
CREATE TEMP TABLE kind AS
WITH {per_document}, cell AS (SELECT DISTINCT {keys} FROM counted)
SELECT *, CAST(row_number() OVER ({order}) - 1 AS INTEGER) AS number FROM cell
"""

# Both sides of the join are text: a doc_id of a frame may be a number where CSV has its digits.
_MENTIONS = """
CREATE TEMP TABLE mention AS
WITH {per_document}
SELECT
    kind.number AS kind,
    CAST(outcome.rowid AS INTEGER) AS document,
    outcome.value IS NOT NULL AS usable,
    CAST(n AS INTEGER) AS n,
    CAST(positive AS INTEGER) AS positive,
    CAST(negative AS INTEGER) AS negative,
    CAST(pivotal AS INTEGER) AS pivotal
FROM per_document
JOIN kind ON {same}
LEFT JOIN outcome ON CAST(per_document.document AS VARCHAR) = outcome.document
"""

_SUMS = """
SELECT
    {keys},
    kind.number,
    CAST(sum(n) AS BIGINT) AS n,
    CAST(sum(positive) AS BIGINT) AS positive,
    CAST(sum(negative) AS BIGINT) AS negative,
    CAST(sum(pivotal) AS BIGINT) AS pivotal
FROM mention JOIN kind ON mention.kind = kind.number
WHERE usable
GROUP BY ALL
ORDER BY kind.number
"""

_PATTERNS = """
SELECT cluster, value AS outcome, {filled}, count(*) AS weight
FROM outcome
LEFT JOIN (SELECT document, {words} FROM mention WHERE usable GROUP BY document) AS met
    ON met.document = outcome.rowid
WHERE value IS NOT NULL
GROUP BY ALL
ORDER BY ALL
"""

_LEFT_OUT = """
SELECT
    (SELECT count(*) FROM outcome),
    (SELECT count(*) FROM outcome WHERE value IS NULL),
    coalesce(sum(n) FILTER (document IS NULL), 0),
    coalesce(sum(n) FILTER (document IS NOT NULL AND NOT usable), 0)
FROM mention
"""


@dataclass(frozen=True, slots=True)
class Presence:
    """Documents with an outcome, and which kinds of moment each has.

    Documents with the same moments, outcome and cluster are one row, with their number as its
    weight; nothing that is computed from sums over documents is lost by that.

    Attributes:
        kinds: The ``by`` columns of each kind, in order; K rows.
        sums: ``n``, ``positive``, ``negative`` and ``pivotal`` moments of each kind; K rows.
        present: Whether the documents of a row have a moment of the kind at all; (R, K).
        positive: Whether they have a positive one; (R, K).
        negative: Whether they have a negative one; (R, K).
        outcome: Outcome of the documents of a row; (R,).
        weight: How many documents a row stands for; (R,).
        cluster: Number of the cluster that a row is of, ascending from 0 without a gap, or None
            where each document stands for itself; (R,).
        without_outcome: Documents without an outcome, which are in no row.
        moments_without_outcome: Their moments.
        unknown_moments: Moments that are of no document.
    """

    kinds: pd.DataFrame
    sums: pd.DataFrame
    present: NDArray[np.bool_]
    positive: NDArray[np.bool_]
    negative: NDArray[np.bool_]
    outcome: NDArray[np.float64]
    weight: NDArray[np.float64]
    cluster: NDArray[np.int64] | None
    without_outcome: int
    moments_without_outcome: int
    unknown_moments: int

    @property
    def documents(self) -> int:
        """Number of documents with an outcome."""
        return int(self.weight.sum())


def read_presence(store: Store, by: Grouping, taxonomy: Taxonomy, *, clustered: bool) -> Presence:
    """Join moments to the table ``outcome`` and count.

    Raises:
        InputError: There are too many kinds, or no moment is of any of the documents.
    """
    _join(store, by, taxonomy)
    without_outcome, moments_without_outcome, unknown_moments = _left_out(store)
    keys = ", ".join(f"kind.{key}" for key in by.keys)
    sums = fetch(store, _SUMS.format(keys=keys), {})
    numbers = sums.pop("number").to_numpy(np.int64)
    patterns = _patterns(store, int(numbers.max(initial=0)) // _WORD + 1)
    width = len(by.names)
    return Presence(
        kinds=sums.iloc[:, :width].set_axis(list(by.names), axis=1),
        sums=sums.iloc[:, width:],
        present=_bits(patterns, "present", numbers),
        positive=_bits(patterns, "positive", numbers),
        negative=_bits(patterns, "negative", numbers),
        outcome=patterns["outcome"].to_numpy(np.float64),
        weight=patterns["weight"].to_numpy(np.float64),
        cluster=np.unique(patterns["cluster"], return_inverse=True)[1] if clustered else None,
        without_outcome=without_outcome,
        moments_without_outcome=moments_without_outcome,
        unknown_moments=unknown_moments,
    )


def _join(store: Store, by: Grouping, taxonomy: Taxonomy) -> None:
    """Make the tables ``kind`` and ``mention``, the latter a row a kind and document."""
    counted = per_document(by, store.columns)
    values = parameters(by, taxonomy)
    kinds = _KINDS.format(per_document=counted, keys=", ".join(by.keys), order=by.order)
    store.connection.execute(kinds, values)
    count = store.connection.execute("SELECT count(*) FROM kind").fetchall()[0][0]
    if count > MOST_KINDS:
        raise InputError(
            f"{', '.join(by.names)} make {count} kinds of moment; drivers takes at most {MOST_KINDS}. "
            "Give columns of fewer values"
        )
    same = " AND ".join(f"per_document.{key} IS NOT DISTINCT FROM kind.{key}" for key in by.keys)
    mentions = _MENTIONS.format(per_document=counted, same=same)
    # DuckDB refuses values that a statement does not name; only the order of kinds names some.
    used = {name: value for name, value in values.items() if f"${name}" in mentions}
    store.connection.execute(mentions, used)


def _left_out(store: Store) -> tuple[int, int, int]:
    """Documents without an outcome, their moments, and moments of no document."""
    documents, without_outcome, unknown, unused = (
        int(count) for count in store.connection.execute(_LEFT_OUT).fetchall()[0]
    )
    known = store.connection.execute("SELECT 1 FROM mention WHERE document IS NOT NULL LIMIT 1")
    if documents and unknown and known.fetchone() is None:
        raise InputError(
            "no moment has the doc_id of a document; give the documents that the moments were found in"
        )
    return without_outcome, unused, unknown


def _patterns(store: Store, count: int) -> pd.DataFrame:
    """Different documents and how many there are of each, with ``count`` words of bits a sign."""
    words, filled = [], []
    for word in range(count):
        for name, having in (("present", "n"), ("positive", "positive"), ("negative", "negative")):
            words.append(
                f"bit_or(CAST(1 AS UBIGINT) << (kind % {_WORD})) "
                f"FILTER (kind // {_WORD} = {word} AND {having} > 0) AS {name}_{word}"
            )
            filled.append(f"coalesce({name}_{word}, 0) AS {name}_{word}")
    return fetch(store, _PATTERNS.format(words=", ".join(words), filled=", ".join(filled)), {})


def _bits(patterns: pd.DataFrame, name: str, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each pattern has the bit of each kind; (R, K)."""
    out = np.empty((len(patterns), len(numbers)), dtype=bool)
    for column, number in enumerate(numbers):
        word = patterns[f"{name}_{number // _WORD}"].to_numpy(np.uint64)
        out[:, column] = (word >> np.uint64(number % _WORD)) & np.uint64(1)
    return out
