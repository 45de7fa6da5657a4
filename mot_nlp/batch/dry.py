"""A dry run: the first rows read and checked, a few tagged, the whole estimated."""

from __future__ import annotations

import io
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyarrow import parquet

from mot_nlp.batch.kept import KeptColumns
from mot_nlp.batch.parts import arrow_table, document_schema, moment_schema
from mot_nlp.batch.result import count_reason, read_fraction
from mot_nlp.batch.shards import shards
from mot_nlp.readers import Position, ReadNotes, read_positions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mot_nlp.batch.planning import Plan
    from mot_nlp.batch.tagging import Collector
    from mot_nlp.records import Document
    from mot_nlp.tagger import MomentTagger

TAGGED = 20
"""Documents that a dry run tags."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a dry run found.

    Attributes:
        files: Files that would be read.
        documents: Documents that were read.
        moments: Moments in the few that were tagged.
        tagged: How many were tagged.
        rejected: Rows set aside among those read, by reason.
        languages: Languages of the documents read, unknown under an empty text.
        fraction: The part of the input that was read, 0 to 1; None where it cannot be told.
        all_documents: Documents in all, estimated; None where the size of the input is unknown.
        seconds: Time for all of them on the cores that were used; likewise.
        size: Bytes of all parts, at most; likewise.
    """

    files: int
    documents: int
    moments: int
    tagged: int
    rejected: Counter[str]
    languages: Counter[str]
    fraction: float | None
    all_documents: int | None
    seconds: float | None
    size: int | None


def estimate(plan: Plan, tagger: MomentTagger, *, notes: ReadNotes | None = None) -> Estimate:
    """Read the first rows, tag a few of them, and estimate what the job would take.

    Args:
        plan: The job.
        tagger: Its model, on the cores that it would have.
        notes: Where the encodings of files are noted.
    """
    notes, options = notes or ReadNotes(), plan.options
    read = read_positions(plan.sources, options.columns, customer=options.customer, notes=notes)
    first = next(
        shards(
            plan.intake().entries(read),
            start=Position(),
            number=0,
            size=options.shard_documents,
        )
    )
    fraction = read_fraction(plan.sources, first.end.source, notes.offset)
    few = first.documents[:: max(len(first.documents) // TAGGED, 1)][:TAGGED]
    seconds, collector = _timed(plan, tagger, few)
    whole = None
    if fraction:
        whole = round(len(first.documents) / fraction)
        whole = whole if options.limit is None else min(whole, options.limit)
    a_document = sum(len(found.text) for found in first.documents) / max(len(first.documents), 1)
    a_character = seconds / max(sum(len(found.text) for found in few), 1)
    rejected: Counter[str] = Counter()
    for row in first.rejected:
        count_reason(rejected, row)
    return Estimate(
        files=len(plan.sources),
        documents=len(first.documents),
        moments=len(collector.tagged.moments["doc_id"]),
        tagged=len(few),
        rejected=rejected,
        languages=Counter(found.language or "" for found in first.documents),
        fraction=fraction,
        all_documents=whole,
        seconds=None if whole is None else whole * a_document * a_character,
        size=None if whole is None else round(whole * _bytes_of_one(plan, collector, len(few))),
    )


def _timed(plan: Plan, tagger: MomentTagger, few: Sequence[Document]) -> tuple[float, Collector]:
    """The seconds that a few documents take, once the network has seen their lengths."""
    seconds = 0.0
    collector = plan.collector(few)
    for _ in range(2):
        collector = plan.collector(few)
        began = time.perf_counter()
        for results in tagger.batches([collector.distinct()]):
            collector.add(results)
        seconds = time.perf_counter() - began
    return seconds, collector


def _bytes_of_one(plan: Plan, collector: Collector, count: int) -> float:
    """Bytes of a document's rows in Parquet, at most: longer parts are packed better."""
    kept = KeptColumns.of(plan.options.columns.kept, ()).kinds
    tagged, size = collector.tagged, 0
    for columns, schema in (
        (tagged.moments, moment_schema(kept, plan.bundle.taxonomy.extras)),
        (tagged.documents, document_schema(kept)),
    ):
        rows = arrow_table(columns, schema, kept)
        size += _parquet_bytes(rows) - _parquet_bytes(rows.slice(0, 0))
    return size / max(count, 1)


def _parquet_bytes(rows: object) -> int:
    file = io.BytesIO()
    parquet.write_table(rows, file, compression="zstd")
    return file.tell()
