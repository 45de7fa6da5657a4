"""A bounded sample of documents of either side: the lengths of their moments, and their words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mot_nlp.monitoring.measures import TEXT, has_stage
from mot_nlp.tables.cells import fetch

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from mot_nlp.tables.store import Store
    from mot_nlp.taxonomy import Taxonomy

MOST_DOCUMENTS = 10_000
"""Documents of a side; of more, those whose ids have the lowest hashes."""

MOST_MOMENTS = 100_000
"""Moments of a side; of documents with more, fewer are drawn, the last of them whole."""

MOST_CHARACTERS = 5_000
"""Characters of a document's moments that words are counted in."""

_WORD = r"\p{L}[\p{L}\p{M}\p{N}''’]*"

# Ids as text, so that the same documents are drawn of whatever file; a hash, so that each document
# is drawn, and is in one half or the other, whatever else is there.
_DRAWN = """
CREATE TEMP TABLE drawn AS
WITH texts AS (
    SELECT coalesce(CAST({document} AS VARCHAR), '') AS document, CAST({text} AS VARCHAR) AS text
    FROM moments
    WHERE {condition} AND {text} IS NOT NULL
), first AS (
    SELECT document, count(*) AS n FROM texts GROUP BY document ORDER BY md5(document) LIMIT {most}
), chosen AS (
    SELECT
        document,
        row_number() OVER (ORDER BY md5(document)) - 1 AS number,
        sum(n) OVER (ORDER BY md5(document)) - n AS before
    FROM first
    QUALIFY before < {most_moments}
)
SELECT number, md5('half ' || document) < '8' AS is_first_half, text
FROM texts
JOIN chosen USING (document)
"""

_HALVES = "SELECT number, any_value(is_first_half) AS is_first FROM drawn GROUP BY ALL ORDER BY ALL"

_LENGTHS = "SELECT number, CAST(length(text) AS DOUBLE) AS length FROM drawn ORDER BY ALL"

_WORDS = """
WITH joined AS (
    SELECT number, left(string_agg(text, ' ' ORDER BY md5(text)), {most}) AS text
    FROM drawn
    GROUP BY number
), words AS (
    SELECT number, unnest(regexp_extract_all(lower(text), '{word}')) AS word FROM joined
)
SELECT number, word, CAST(count(*) AS DOUBLE) AS times FROM words GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """Documents of both sides, numbered from 0, those of the reference first.

    Attributes:
        is_new: Whether a document is new, shape (documents,).
        is_first_half: Whether it is in the first of two random halves of its side.
        lengths: Characters of each moment, shape (moments,).
        owners: Number of its document, shape (moments,).
        vocabulary: Every word that stands in a document, shape (words,).
        counts: How often each stands in each document, shape (documents, words).
    """

    is_new: NDArray[np.bool_]
    is_first_half: NDArray[np.bool_]
    lengths: NDArray[np.float64]
    owners: NDArray[np.int64]
    vocabulary: NDArray[np.object_]
    counts: csr_matrix

    @property
    def has_both(self) -> bool:
        """Whether both sides have a document."""
        return bool(self.is_new.any() and not self.is_new.all())


def draw(reference: Store, new: Store, taxonomy: Taxonomy) -> Sample:
    """Draw documents of both sides whose moments have texts.

    Args:
        reference: The moments of the reference, with a column of texts.
        new: The same of what is new.
        taxonomy: Tells segments without a moment, which are left out.
    """
    from scipy.sparse import csr_matrix

    for store in (reference, new):
        columns = store.columns
        condition = has_stage(columns, taxonomy)
        store.connection.execute(
            _DRAWN.format(
                document=columns["doc_id"],
                text=columns[TEXT],
                condition=condition,
                most=MOST_DOCUMENTS,
                most_moments=MOST_MOMENTS,
            )
        )
    halves, lengths, words = (
        [fetch(store, statement, {}) for store in (reference, new)]
        for statement in (_HALVES, _LENGTHS, _WORDS.format(most=MOST_CHARACTERS, word=_WORD))
    )
    starts = (0, len(halves[0]))
    owners, speakers = (
        np.concatenate(
            [t["number"].to_numpy(np.int64) + s for t, s in zip(tables, starts, strict=True)]
        )
        for tables in (lengths, words)
    )
    codes, vocabulary = pd.factorize(pd.concat([table["word"] for table in words]), sort=True)
    is_new = np.repeat([False, True], [len(table) for table in halves])
    times = np.concatenate([table["times"].to_numpy(np.float64) for table in words])
    return Sample(
        is_new=is_new,
        is_first_half=np.concatenate([table["is_first"].to_numpy(np.bool_) for table in halves]),
        lengths=np.concatenate([table["length"].to_numpy(np.float64) for table in lengths]),
        owners=owners,
        vocabulary=np.asarray(vocabulary, object),
        counts=csr_matrix((times, (speakers, codes)), shape=(len(is_new), len(vocabulary))),
    )
