"""A dump read once: every document judged by the model, the most promising ones kept.

However long the dump, memory holds no more documents than the pool does, and a few hundred that are
being judged.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.records import Rejected
from mot_nlp.tagger import chunks
from training.selection.distinct import text_key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from numpy.typing import NDArray

    from mot_nlp.records import Document
    from training.selection.judging import Judge
    from training.selection.pool import Pool

LONGEST = 50_000
"""Most characters of a document that anyone is asked to label in one piece."""

COPY = "the text of another document"
LABELLED = "labelled already"
UNREADABLE = "cannot be read"
WORDLESS = "nothing to label in it"
TOO_LONG = f"over {LONGEST:,} characters, too long to label in one piece"


@dataclass(slots=True)
class Reading:
    """What reading a dump came to.

    Attributes:
        documents: Documents that the model judged.
        set_aside: Rows that cannot be chosen, by reason.
        expected: Expected number of segments of each label, (width,).
    """

    documents: int = 0
    set_aside: Counter[str] = field(default_factory=Counter)
    expected: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))


def read_candidates(
    entries: Iterable[Document | Rejected],
    judge: Judge,
    pool: Pool,
    *,
    labelled: Collection[bytes] = (),
    on_progress: Callable[[int], None] | None = None,
) -> Reading:
    """Judge documents as they come and keep the most promising in the pool.

    Args:
        entries: Documents, and rows that could not be read.
        judge: The model.
        pool: Where candidates are kept.
        labelled: Keys of texts that are labelled already, by :func:`text_key`.
        on_progress: Called with the number of documents judged, now and then.
    """
    reading = Reading(expected=np.zeros(judge.taxonomy.width))
    for chunk in chunks(_usable(entries, reading, pool, labelled)):
        for candidate, expected in judge(chunk):
            reading.documents += 1
            reading.expected += expected
            key = text_key(candidate.document.text)
            if not candidate.marked:
                reading.set_aside[WORDLESS] += 1
            elif pool.holds(key):
                reading.set_aside[COPY] += 1
            else:
                pool.add(candidate, key)
        if on_progress:
            on_progress(reading.documents)
    return reading


def _usable(
    entries: Iterable[Document | Rejected],
    reading: Reading,
    pool: Pool,
    labelled: Collection[bytes],
) -> Iterator[Document]:
    """Documents that may be chosen; the others are counted."""
    for entry in entries:
        reason = _fault(entry, pool, labelled)
        if isinstance(entry, Rejected) or reason:
            reading.set_aside[reason] += 1
        else:
            yield entry


def _fault(entry: Document | Rejected, pool: Pool, labelled: Collection[bytes]) -> str:
    """Why a row cannot be chosen, empty if it can."""
    if isinstance(entry, Rejected):
        return UNREADABLE
    if len(entry.text) > LONGEST:
        return TOO_LONG
    key = text_key(entry.text)
    if key in labelled:
        return LABELLED
    return COPY if pool.holds(key) else ""
