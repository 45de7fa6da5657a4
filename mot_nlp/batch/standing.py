"""Where a job stands: a new one, one that goes on behind its finished shards, or one that is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import parquet

from mot_nlp.batch.folder import sync, writing
from mot_nlp.batch.manifest import read_manifest
from mot_nlp.errors import JobError, OutputError
from mot_nlp.readers import Position

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from mot_nlp.batch.folder import JobFolder
    from mot_nlp.batch.ledger import Ledger
    from mot_nlp.batch.manifest import Manifest
    from mot_nlp.readers import UsedIds


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a job stands.

    Attributes:
        number: Of the first shard that is not finished.
        start: The position before it.
        documents: Documents tagged in the shards before.
        rejected: Rows set aside in them.
        finished: Numbers of all finished shards; some may be beyond ``number``.
    """

    number: int = 0
    start: Position = Position()  # noqa: RUF009 - it is frozen
    documents: int = 0
    rejected: int = 0
    finished: Collection[int] = frozenset()


def check_place(folder: JobFolder) -> None:
    """Refuse a folder that holds something other than a job.

    Raises:
        OutputError: It does, or it is no folder.
        JobError: It holds a manifest that is none of a job.
    """
    path = folder.path
    with writing(path):
        if path.exists() and not path.is_dir():
            raise OutputError(
                f"{path} is a file, and a job needs a folder; name another, or end the name in .parquet, "
                ".csv, .tsv or .jsonl for a single file"
            )
        if not path.is_dir() or folder.ledger.is_dir():
            return
        is_job = folder.moments.is_dir() and folder.manifest.exists()
        if not is_job and any(not entry.name.startswith(".") for entry in path.iterdir()):
            raise OutputError(
                f"{path} holds other files than those of a job; name a new or an empty folder"
            )
    if is_job:
        read_manifest(folder.manifest)


def stored_manifest(folder: JobFolder, *, restart: bool) -> tuple[Manifest, bool] | None:
    """The manifest of the job in a folder and whether the job is done; None for a new one.

    Args:
        folder: The folder, held by this run.
        restart: Clear it first.

    Raises:
        JobError: Its manifest cannot be read.
        OutputError: It cannot be cleared.
    """
    found = None if restart else read_manifest(folder.manifest)
    if found is None or not found[1]:  # a job that is done has no ledger, and gets none
        folder.make()
    with writing(folder.path):
        if restart:
            # First, so that what is left by a kill meanwhile belongs to no job.
            folder.manifest.unlink(missing_ok=True)
            sync(folder.path)
    if found is None:
        folder.clear()
    folder.sweep()
    return found


def check_same(stored: Manifest, asked: Manifest, folder: JobFolder) -> None:
    """Refuse to go on with another input, model or option.

    Raises:
        JobError: Something differs; the message names it.
    """
    differences = stored.differences(asked)
    differences += [
        f"the input: whether {told['name']} is what it was cannot be told; save it to a file first"
        for told in asked.input
        if not told.get("sha256") and not told.get("version")
    ]
    if differences:
        shown = "; ".join(differences[:3]) + ("; …" if len(differences) > 3 else "")
        raise JobError(
            f"the job in {folder.path} was begun with something else. {shown[0].upper()}{shown[1:]}. Give "
            "that, name another folder, or begin anew with --restart"
        )


def standing(folder: JobFolder, ledger: Ledger, used: UsedIds) -> Standing:
    """Where a job stands, with the ids of its finished documents taken.

    Args:
        folder: The folder.
        ledger: Its records.
        used: Takes the ids of the documents before ``start``.
    """
    finished = frozenset(ledger.finished())
    count = next(number for number in range(len(finished) + 1) if number not in finished)
    start, documents, rejected = Position(), 0, 0
    for record in ledger.records(range(count)):
        start = record.end
        documents += record.documents
        rejected += sum(row.rows for row in record.rejected)
        used.update(_ids(folder.documents_part(record.number)))
        used.update(record.kept_ids)
    return Standing(count, start, documents, rejected, finished)


def _ids(part: Path) -> list[str]:
    try:
        return parquet.read_table(part, columns=["doc_id"])["doc_id"].to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise JobError(
            f"{part} cannot be read ({error}), though its shard is finished; begin anew with --restart"
        ) from error
