"""What finished shards left: enough to go on behind them, and to finish the job without another pass."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

from mot_nlp.batch.folder import replacing, writing
from mot_nlp.batch.result import count_reason, share_of_rejected
from mot_nlp.errors import JobError
from mot_nlp.readers import Position
from mot_nlp.records import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from mot_nlp.batch.folder import JobFolder
    from mot_nlp.batch.shards import Shard
    from mot_nlp.batch.tagging import Tagged


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
        encodings: Encoding of each file of the shard that is not UTF-8, as far as is known by then.
        rejected: Rows set aside.
        kept_ids: Ids of rows set aside that no later row may have.
        sha256: Hash of the parts, ``moments`` and ``documents``.
        sizes: Bytes of all files of the shard, by their paths within the folder.
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
    sizes: Mapping[str, int]

    @classmethod
    def of(
        cls,
        shard: Shard,
        tagged: Tagged,
        *,
        job: str,
        encodings: Mapping[str, str],
        sha256: Mapping[str, str],
        sizes: Mapping[str, int],
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
            sizes=sizes,
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
            count_reason(self.rejected, row)
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
        return share_of_rejected(self.rejected, self.documents)


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

    def finished(self) -> list[int]:
        """Numbers of the shards that are finished and whose files are all there, ascending.

        Raises:
            OutputError: The folder cannot be read.
        """
        with writing(self._folder.ledger):
            paths = sorted(self._folder.ledger.glob("*.json"))
        found = (record for path in paths if (record := self._read(path)) is not None)
        return sorted(record.number for record in found if self._is_whole(record))

    def records(self, numbers: Iterable[int]) -> Iterator[Record]:
        """The records of finished shards.

        Raises:
            JobError: One is missing.
        """
        for number in numbers:
            record = self._read(self._folder.record(number))
            if record is None:
                raise JobError(
                    f"the record of shard {number} in {self._folder.ledger} is gone or altered; run the "
                    "same command again, which does what is missing"
                )
            yield record

    def _is_whole(self, record: Record) -> bool:
        for name, size in record.sizes.items():
            path = self._folder.path / name
            if not path.is_file() or path.stat().st_size != size:
                return False
        return True

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
