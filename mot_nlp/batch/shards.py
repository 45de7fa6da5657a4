"""The input cut into shards: what is tagged, written and recorded together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mot_nlp.records import Document, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mot_nlp.batch.intake import Entry
    from mot_nlp.readers import Position

SHARD_CHARACTERS = 2_000_000
"""A shard is closed early when its documents are this long together; about 500,000 tokens."""


@dataclass(slots=True)
class Shard:
    """Rows that follow each other.

    Attributes:
        number: From 0.
        start: The position before its first row.
        end: The position behind its last row.
        documents: What is tagged.
        rejected: What is set aside.
        kept_ids: Ids of rows set aside that no later row may have.
        left_out: Rows that the sample leaves out.
    """

    number: int
    start: Position
    end: Position
    documents: list[Document] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    kept_ids: list[str] = field(default_factory=list)
    left_out: int = 0

    def add(self, entry: Entry) -> None:
        """Take a row in."""
        self.end = entry.end
        if isinstance(entry.what, Document):
            self.documents.append(entry.what)
        elif isinstance(entry.what, Rejected):
            self.rejected.append(entry.what)
            if entry.takes_id:
                self.kept_ids.append(entry.what.doc_id)
        else:
            self.left_out += 1


def shards(entries: Iterable[Entry], *, start: Position, number: int, size: int) -> Iterator[Shard]:
    """Cut rows into shards, which depend on nothing but the rows and where they start.

    Args:
        entries: The rows from ``start`` on.
        start: The position behind the shard before.
        number: Of the first shard.
        size: Documents and rejected rows of a shard.

    Yields:
        The shards in order. If there is no row, one without any, so that a job always has a part;
        that too only where ``number`` is 0.
    """
    shard = Shard(number, start, start)
    characters = count = 0
    for entry in entries:
        shard.add(entry)
        count += entry.what is not None
        if isinstance(entry.what, Document):
            characters += len(entry.what.text)
        if count >= size or characters >= SHARD_CHARACTERS:
            yield shard
            shard = Shard(shard.number + 1, shard.end, shard.end)
            characters = count = 0
    if count or shard.left_out or shard.number == 0:
        yield shard
