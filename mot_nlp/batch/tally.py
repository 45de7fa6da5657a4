"""The counts of a run while it runs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mot_nlp.batch.result import Progress, read_fraction
from mot_nlp.readers import Position

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mot_nlp.batch.ledger import Record
    from mot_nlp.batch.shards import Shard
    from mot_nlp.batch.standing import Standing
    from mot_nlp.readers import ReadNotes, Source


@dataclass(slots=True)
class Tally:
    """Counts of a run.

    Attributes:
        done: Documents of finished shards, those of earlier runs too.
        this_run: Documents of the shards that this run finished.
        in_flight: Documents tagged in shards that are not finished yet.
        read: Documents read, finished or not.
        rejected: Rows set aside in finished shards.
        shards: Shards read, finished or not.
        place: The position behind the last of them.
        began: When the first shard was given to be tagged, by the monotonic clock; None before.
    """

    done: int = 0
    this_run: int = 0
    in_flight: int = 0
    read: int = 0
    rejected: int = 0
    shards: int = 0
    place: Position = Position()  # noqa: RUF009 - it is frozen
    began: float | None = None

    @classmethod
    def behind(cls, stands: Standing) -> Tally:
        """The counts at the start of a run."""
        return cls(
            done=stands.documents,
            read=stands.documents,
            rejected=stands.rejected,
            shards=stands.number,
            place=stands.start,
        )

    @property
    def seconds(self) -> float:
        """Since tagging began."""
        return 0.0 if self.began is None else time.monotonic() - self.began

    def was_read(self, shard: Shard) -> None:
        """Count a shard that was read."""
        self.shards += 1
        self.read += len(shard.documents)
        self.place = shard.end

    def was_finished_before(self, shard: Shard) -> None:
        """Count a shard that an earlier run finished, out of turn."""
        self.done += len(shard.documents)
        self.rejected += sum(row.rows for row in shard.rejected)

    def is_given(self) -> None:
        """Start the clock if this is the first shard to be tagged."""
        if self.began is None:
            self.began = time.monotonic()

    def is_finished(self, record: Record) -> None:
        """Count a shard that is finished."""
        self.done += record.documents
        self.this_run += record.documents
        self.in_flight = max(self.in_flight - record.documents, 0)
        self.rejected += sum(row.rows for row in record.rejected)

    def progress(self, sources: Sequence[Source], notes: ReadNotes) -> Progress:
        """How the run goes."""
        part = read_fraction(sources, self.place.source, notes.offset)
        tagged = self.done + self.in_flight
        return Progress(
            documents=tagged,
            this_run=self.this_run + self.in_flight,
            rejected=self.rejected,
            fraction=part and min(part * tagged / max(self.read, 1), 1.0),
            seconds=self.seconds,
        )
