"""A tagged shard to the disk: its parts, what it adds to the tables, and last its record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mot_nlp.batch.ledger import Record
from mot_nlp.batch.parts import arrow_table, document_schema, moment_schema, write_part
from mot_nlp.bundle import file_sha256

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from mot_nlp.batch.folder import JobFolder
    from mot_nlp.batch.ledger import Ledger
    from mot_nlp.batch.manifest import Manifest
    from mot_nlp.batch.shards import Shard
    from mot_nlp.batch.tagging import Tagged
    from mot_nlp.tables.adding import Adder
    from mot_nlp.taxonomy import Question


class Committer:
    """Writes shards in whatever order they come.

    Args:
        folder: The job's folder.
        ledger: Its records.
        manifest: What the job is.
        tables: Columns that each table is by.
        adder: Adds the tables up.
        extras: Questions of the model after the core ones.
    """

    def __init__(
        self,
        folder: JobFolder,
        ledger: Ledger,
        manifest: Manifest,
        tables: tuple[tuple[str, ...], ...],
        adder: Adder,
        extras: Sequence[Question] = (),
    ) -> None:
        self._folder = folder
        self._ledger = ledger
        self._job = manifest.sha256
        self._kinds = manifest.kinds
        self._tables = tables
        self._adder = adder
        self._schemas = moment_schema(manifest.kinds, extras), document_schema(manifest.kinds)

    def commit(self, shard: Shard, tagged: Tagged, encodings: Mapping[str, str]) -> Record:
        """Have a shard finished.

        Args:
            shard: The shard.
            tagged: Its rows.
            encodings: Encodings of the files of the shard, as far as they are known.

        Raises:
            OutputError: It cannot be written.
        """
        moments = arrow_table(tagged.moments, self._schemas[0], self._kinds)
        documents = arrow_table(tagged.documents, self._schemas[1], self._kinds)
        parts = {
            "moments": (self._folder.moments_part(shard.number), moments),
            "documents": (self._folder.documents_part(shard.number), documents),
        }
        for path, rows in parts.values():
            write_part(path, rows)
        sums = self._write_sums(shard.number, moments)
        written = [*(path for path, _ in parts.values()), *sums]
        record = Record.of(
            shard,
            tagged,
            job=self._job,
            encodings=encodings,
            sha256={name: file_sha256(path) for name, (path, _) in parts.items()},
            sizes={self._folder.name_of(path): path.stat().st_size for path in written},
        )
        self._ledger.write(record)
        return record

    def _write_sums(self, number: int, moments: pa.Table) -> list[Path]:
        paths = [self._folder.sums(number, table) for table in range(len(self._tables))]
        for path, by in zip(paths, self._tables, strict=True):
            write_part(path, self._adder.sums(moments, by))
        return paths
