"""What a job tells: how it goes, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import signal
    from collections import Counter
    from collections.abc import Sequence
    from pathlib import Path

    from mot_nlp.batch.ledger import Totals
    from mot_nlp.readers import Source
    from mot_nlp.records import Rejected


MOST_REASONS = 200
"""Reasons for setting rows aside that are counted one by one; some name a value."""

OTHER_REASONS = "other reasons, see the list of rejected rows"


def count_reason(reasons: Counter[str], row: Rejected) -> None:
    """Count the reason for which a row was set aside."""
    is_room = row.reason in reasons or len(reasons) < MOST_REASONS
    reasons[row.reason if is_room else OTHER_REASONS] += row.rows


def share_of_rejected(reasons: Counter[str], documents: int) -> float:
    """Rows set aside as a share of these and the documents tagged, 0 to 1."""
    return reasons.total() / max(reasons.total() + documents, 1)


@dataclass(frozen=True, slots=True)
class Progress:
    """How a job goes.

    Attributes:
        documents: Documents tagged so far, those of earlier runs too.
        this_run: Those of this run alone.
        rejected: Rows set aside so far.
        fraction: Part of the input that is done, 0 to 1; None where that cannot be told.
        seconds: Since this run began to tag.
    """

    documents: int
    this_run: int
    rejected: int
    fraction: float | None
    seconds: float

    @property
    def rate(self) -> float:
        """Documents a second, in this run."""
        return self.this_run / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the documents done and the part of the input that they are."""
        if not self.fraction or not self.rate:
            return None
        return self.documents * (1 / self.fraction - 1) / self.rate


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """What came of a job, or of the run that was asked to stop.

    Attributes:
        folder: The job's folder.
        totals: Counts over all finished shards.
        shards: How many shards are finished.
        this_run: Documents that this run tagged.
        seconds: What it took for them.
        stopped_by: The signal that ended the run early; None if the job is done.
        was_done: Whether the job was done before this run.
    """

    folder: Path
    totals: Totals
    shards: int
    this_run: int
    seconds: float
    stopped_by: signal.Signals | None = None
    was_done: bool = False


def read_fraction(sources: Sequence[Source], number: int, offset: int | None) -> float | None:
    """The part of the input that is read, 0 to 1, by bytes as they are stored.

    Args:
        sources: The files.
        number: Of the one that is being read.
        offset: Bytes that lie behind in it; None if it is closed, as it is read whole then.

    Returns:
        None where a size is unknown, as that of standard input.
    """
    sizes = [source.size for source in sources]
    if None in sizes:
        return None
    known = [size or 0 for size in sizes]
    behind = sum(known[:number]) + (sum(known[number : number + 1]) if offset is None else offset)
    return min(behind / max(sum(known), 1), 1.0)
