"""The end of a job: tables, rejected rows and summary made of the records of its shards."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mot_nlp.batch.folder import replacing, table_name
from mot_nlp.batch.ledger import Totals
from mot_nlp.errors import JobError, OutputError
from mot_nlp.writers import write_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mot_nlp.batch.folder import JobFolder
    from mot_nlp.batch.ledger import Ledger, Record
    from mot_nlp.batch.manifest import Manifest
    from mot_nlp.batch.result import JobResult
    from mot_nlp.tables.adding import Adder

TABLE_SUFFIXES = (".parquet", ".csv")


def finish(
    folder: JobFolder,
    ledger: Ledger,
    manifest: Manifest,
    adder: Adder,
    result: JobResult,
) -> None:
    """Write what a job has besides its parts; last the manifest, which says that it is done.

    Args:
        folder: The job's folder.
        ledger: The records of its shards, all of them finished.
        manifest: What the job is.
        adder: Adds the tables up.
        result: What came of it.

    Raises:
        OutputError: Something cannot be written.
    """
    tables = [tuple(by) for by in manifest.options["tables"]]
    for number, by in enumerate(tables):
        _write_table(folder, number, by, adder, result.shards)
    with replacing(folder.rejected) as hidden, hidden.open("w", encoding="utf-8") as file:
        for record in ledger.records(range(result.shards)):
            for row in record.rejected:
                file.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
    with replacing(folder.summary) as hidden:
        told = summary(manifest, result)
        hidden.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")
    manifest.write(folder.manifest, shards=list(_shards(ledger.records(range(result.shards)))))
    folder.finish()


def summary(manifest: Manifest, result: JobResult) -> dict[str, Any]:
    """What ``summary.json`` tells; only ``run`` differs from run to run."""
    totals = result.totals
    # Where several labels may hold, their shares are of the moments too, and need not add up to 1.
    labelled = totals.labels.get("stage", Counter()).total()
    return {
        "documents": totals.documents,
        "moments": totals.moments,
        "segments": totals.segments,
        "characters": totals.characters,
        "rows_read": totals.documents + totals.n_rejected + totals.left_out,
        "rows_left_out_by_sample": totals.left_out,
        "rejected": {
            "rows": totals.n_rejected,
            "share": round(totals.rejected_share, 6),
            "reasons": dict(sorted(totals.rejected.items(), key=lambda item: (-item[1], item[0]))),
        },
        "repeated_texts": {
            "documents": totals.repeated,
            "share": round(totals.repeated / max(totals.documents, 1), 6),
        },
        "labels": {name: _shares(counts, labelled) for name, counts in totals.labels.items()},
        "languages": {code or "unknown": n for code, n in sorted(totals.languages.items())},
        "encodings": dict(sorted(totals.encodings.items())),
        "tables": [
            {
                "files": [f"{table_name(number)}{suffix}" for suffix in TABLE_SUFFIXES],
                "by": list(by),
            }
            for number, by in enumerate(manifest.options["tables"])
        ],
        "shards": result.shards,
        "input": manifest.input,
        "model": manifest.model,
        "version": manifest.version,
        "run": {
            "ended": datetime.now(UTC).isoformat(timespec="seconds"),
            "documents": result.this_run,
            "seconds": round(result.seconds, 3),
            "documents_per_second": round(result.this_run / max(result.seconds, 1e-9), 1),
        },
    }


def read_totals(folder: JobFolder) -> tuple[Totals, int]:
    """The counts that ``summary.json`` tells of a job that is done, and its number of shards.

    Raises:
        JobError: It cannot be read.
    """
    try:
        told = json.loads(folder.summary.read_text(encoding="utf-8"))
        totals = Totals(
            documents=told["documents"],
            moments=told["moments"],
            segments=told["segments"],
            characters=told["characters"],
            left_out=told["rows_left_out_by_sample"],
            repeated=told["repeated_texts"]["documents"],
            rejected=Counter(told["rejected"]["reasons"]),
        )
        return totals, int(told["shards"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise JobError(
            f"{folder.summary} cannot be read ({error}), though the job is done; begin anew with --restart"
        ) from error


def _write_table(
    folder: JobFolder, number: int, by: Sequence[str], adder: Adder, shards: int
) -> None:
    table = adder.table([folder.sums(shard, number) for shard in range(shards)], by)
    for suffix in TABLE_SUFFIXES:
        with replacing(folder.table(number, suffix)) as hidden:
            try:
                write_table(table, hidden)
            except OutputError as error:
                # ``replacing`` tells it by the table's own name.
                raise error.__cause__ if isinstance(error.__cause__, OSError) else error from None


def _shares(counts: Mapping[str, int], whole: int) -> dict[str, dict[str, float]]:
    """Counts with their shares of ``whole``, most first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {label: {"n": n, "share": round(n / max(whole, 1), 6)} for label, n in ordered}


def _shards(records: Iterator[Record]) -> Iterator[dict[str, Any]]:
    for record in records:
        yield {
            "number": record.number,
            "documents": record.documents,
            "moments": record.moments,
            "rejected": sum(row.rows for row in record.rejected),
            "sha256": record.sha256,
        }
