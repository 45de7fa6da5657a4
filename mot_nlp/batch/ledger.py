"""What finished shards left: enough to go on behind them, and to finish the job without another pass."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

from mot_nlp.batch.folder import replacing, writing
from mot_nlp.readers import Position
from mot_nlp.records import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mot_nlp.batch.folder import JobFolder
    from mot_nlp.batch.shards import Shard
    from mot_nlp.batch.tagging import Tagged


MOST_REASONS = 200
"""Reasons for setting rows aside that are counted one by one; some name a value."""

OTHER_REASONS = "other reasons, see the list of rejected rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is known of a finished shard.

    Attributes:
        number: Of the shard, from 0.
        job: Hash of the manifest that it was made under.
        end: The position behind it.
        documents: Documents tagged.
        moments: Rows written.
        segments: Segments found.
        characters: Length of the texts together.
        left_out: Rows that the sample left out.
        repeated: Documents whose text another one of the shard has.
        labels: For each head, how many moments have which label.
        languages: How many documents are in which language, unknown under an empty text.
        encodings: Encoding of each file that is not UTF-8, as far as is known by then.
        rejected: Rows set aside.
        kept_ids: Ids of rows set aside that no later row may have.
        sha256: Hash of the parts, ``moments`` and ``documents``.
    """

    number: int
    job: str
    end: Position
    documents: int
    moments: int
    segments: int
    characters: int
    left_out: int
    repeated: int
    labels: Mapping[str, Mapping[str, int]]
    languages: Mapping[str, int]
    encodings: Mapping[str, str]
    rejected: tuple[Rejected, ...]
    kept_ids: tuple[str, ...]
    sha256: Mapping[str, str]

    @classmethod
    def of(
        cls,
        shard: Shard,
        tagged: Tagged,
        *,
        job: str,
        encodings: Mapping[str, str],
        sha256: Mapping[str, str],
    ) -> Self:
        """The record of a shard with its rows."""
        return cls(
            number=shard.number,
            job=job,
            end=shard.end,
            documents=len(shard.documents),
            moments=len(tagged.moments["doc_id"]),
            segments=sum(tagged.documents["n_segments"]),
            characters=sum(tagged.documents["n_characters"]),
            left_out=shard.left_out,
            repeated=tagged.repeated,
            labels={name: dict(counts) for name, counts in tagged.labels.items()},
            languages=dict(tagged.languages),
            encodings=dict(encodings),
            rejected=tuple(shard.rejected),
            kept_ids=tuple(shard.kept_ids),
            sha256=sha256,
        )


@dataclass(slots=True)
class Totals:
    """Records added up."""

    documents: int = 0
    moments: int = 0
    segments: int = 0
    characters: int = 0
    left_out: int = 0
    repeated: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    labels: dict[str, Counter[str]] = field(default_factory=dict)
    languages: Counter[str] = field(default_factory=Counter)
    encodings: dict[str, str] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Add a record."""
        for name in ("documents", "moments", "segments", "characters", "left_out", "repeated"):
            setattr(self, name, getattr(self, name) + getattr(record, name))
        for row in record.rejected:
            is_room = row.reason in self.rejected or len(self.rejected) < MOST_REASONS
            self.rejected[row.reason if is_room else OTHER_REASONS] += row.rows
        for name, counts in record.labels.items():
            self.labels.setdefault(name, Counter()).update(counts)
        self.languages.update(record.languages)
        self.encodings.update(record.encodings)

    @property
    def n_rejected(self) -> int:
        """Rows set aside."""
        return self.rejected.total()

    @property
    def rejected_share(self) -> float:
        """Rows set aside as a share of all that were read, 0 to 1."""
        return self.n_rejected / max(self.n_rejected + self.documents, 1)


class Ledger:
    """The records of a job's folder.

    Args:
        folder: The folder.
        job: Hash of the manifest; records of another one do not count.
    """

    def __init__(self, folder: JobFolder, job: str) -> None:
        self._folder = folder
        self._job = job

    def write(self, record: Record) -> None:
        """Record a shard as finished.

        Raises:
            OutputError: It cannot be written.
        """
        text = json.dumps(asdict(record), ensure_ascii=False)
        with replacing(self._folder.record(record.number)) as hidden:
            hidden.write_text(text + "\n", encoding="utf-8")

    def finished(self) -> set[int]:
        """Numbers of the shards that are finished.

        Raises:
            OutputError: The folder cannot be read.
        """
        with writing(self._folder.ledger):
            paths = list(self._folder.ledger.glob("*.json"))
        return {record.number for path in paths if (record := self._read(path)) is not None}

    def records(self, count: int) -> Iterator[Record]:
        """The records of the first shards, in order.

        Args:
            count: How many; all of them are finished.
        """
        for number in range(count):
            record = self._read(self._folder.record(number))
            if record is not None:
                yield record

    def _read(self, path: Path) -> Record | None:
        """A record, None if it is one of another job or was altered."""
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            end = Position(**found.pop("end"))
            rejected = tuple(Rejected(**row) for row in found.pop("rejected"))
            ids = tuple(found.pop("kept_ids"))
            record = Record(**found, end=end, rejected=rejected, kept_ids=ids)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return record if record.job == self._job else None
