"""What a run is asked to do: everything, apart from input and model, that its result depends on."""

from __future__ import annotations

from dataclasses import dataclass, field

from mot_nlp.errors import InputError
from mot_nlp.readers import TEXT_NAMES, Columns

SHARD_DOCUMENTS = 2048
"""Rows of a shard; what a kill loses at most, for each process at work."""

TABLE_BY = ("stage", "moment")
"""What the table of a job is by where nothing else is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What decides the rows of a run.

    Attributes:
        columns: Which columns hold text, id and source, and which are kept.
        customer: Speaker label of the customer in transcripts.
        all_segments: One row a segment, unmerged, the none segments too.
        only_english: Set rows aside that are surely in another language.
        mask: Hide personal data in the text of rows, a sign for a character. Ids and kept columns
            stay as they are.
        limit: Most documents that are tagged, None for all.
        sample: Share of rows to take, over 0 and under 1, None for all. Which ones depends on their
            ids alone.

    Raises:
        InputError: A number is out of its range.
    """

    columns: Columns = field(default_factory=Columns)
    customer: str | None = None
    all_segments: bool = False
    only_english: bool = False
    mask: bool = False
    limit: int | None = None
    sample: float | None = None

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise InputError(f"the limit is {self.limit}; allowed: 1 document or more")
        if self.sample is not None and not 0 < self.sample < 1:
            raise InputError(
                f"the sample is {self.sample}; allowed: a share over 0 and under 1, as 0.05"
            )
        texts = {*TEXT_NAMES, *([self.columns.text] if self.columns.text else [])}
        bare = [name for name in self.columns.kept if name in texts]
        if self.mask and bare:
            raise InputError(
                f"the column {bare[0]!r} would be kept as it is, but personal data shall be hidden; only "
                "the text of moments is masked, so leave it out of the kept columns"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOptions(Options):
    """What decides the content of a job's folder.

    Attributes:
        tables: Columns that each table is by.
        shard_documents: Rows that are read, tagged and written together.

    Raises:
        InputError: A number is out of its range.
    """

    tables: tuple[tuple[str, ...], ...] = (TABLE_BY,)
    shard_documents: int = SHARD_DOCUMENTS

    def __post_init__(self) -> None:
        # A dataclass with slots is made anew, so that super() without arguments finds another one.
        Options.__post_init__(self)
        if not 1 <= self.shard_documents <= 100_000:
            raise InputError(
                f"a shard is {self.shard_documents} documents; allowed: 1 to 100,000, as {SHARD_DOCUMENTS}"
            )
