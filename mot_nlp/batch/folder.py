"""A job's folder: which files make one, and how they get their names.

A file takes its name when it is whole and on the disk: it is written beside its place under a hidden
name, synced, renamed, and the folder synced. A kill at any moment leaves a file whole or absent.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mot_nlp.errors import OutputError
from mot_nlp.readers import JOB_LEDGER, JOB_MANIFEST, JOB_REJECTED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HIDDEN = ".writing-"
_NO_SYNC = (errno.EINVAL, errno.ENOTSUP)
_CURES = {
    errno.ENOSPC: "free space on its disk",
    errno.EDQUOT: "free space, as your quota is used up",
    errno.EACCES: "mend its permissions, or name another folder",
    errno.EPERM: "mend its permissions, or name another folder",
    errno.EROFS: "its disk is read-only: name another folder, or mount it anew",
    errno.ENOTDIR: "a part of its path is a file: name another folder",
}


@dataclass(frozen=True, slots=True)
class JobFolder:
    """The files of a job.

    Attributes:
        path: Its folder.
    """

    path: Path

    @property
    def manifest(self) -> Path:
        """What the job is: input, model, options; at the end its shards too."""
        return self.path / JOB_MANIFEST

    @property
    def rejected(self) -> Path:
        """Rows set aside, one a line."""
        return self.path / JOB_REJECTED

    @property
    def summary(self) -> Path:
        """Counts, shares, throughput, hashes."""
        return self.path / "summary.json"

    @property
    def moments(self) -> Path:
        """Folder of the moments."""
        return self.path / "moments"

    @property
    def documents(self) -> Path:
        """Folder of the documents."""
        return self.path / "documents"

    @property
    def ledger(self) -> Path:
        """Folder of what each finished shard left for the end; gone when the job is done."""
        return self.path / JOB_LEDGER

    @property
    def lock(self) -> Path:
        """Held by the run that works on the folder."""
        return self.path / ".lock"

    @property
    def owner(self) -> Path:
        """Who holds the lock."""
        return self.path / ".owner.json"

    def table(self, number: int, suffix: str) -> Path:
        """A table of the job, from 0; the first is ``table``, the next ``table-2``."""
        return self.path / f"{table_name(number)}{suffix}"

    def moments_part(self, shard: int) -> Path:
        """Moments of a shard."""
        return self.moments / f"part-{shard:05d}.parquet"

    def documents_part(self, shard: int) -> Path:
        """Documents of a shard."""
        return self.documents / f"part-{shard:05d}.parquet"

    def record(self, shard: int) -> Path:
        """What is known of a finished shard; a shard is finished when this file is there."""
        return self.ledger / f"{shard:05d}.json"

    def sums(self, shard: int, table: int) -> Path:
        """What a shard adds to a table."""
        return self.ledger / f"{shard:05d}-{table}.parquet"

    def name_of(self, path: Path) -> str:
        """The path of one of the job's files within the folder."""
        return path.relative_to(self.path).as_posix()

    def make(self) -> None:
        """Create the folders.

        Raises:
            OutputError: They cannot be written.
        """
        with writing(self.path):
            # The ledger first: it makes the folder a job's, should a kill come between.
            for folder in (self.path, self.ledger, self.moments, self.documents):
                folder.mkdir(parents=True, exist_ok=True)

    def clear(self) -> None:
        """Remove the files of a job, and no others.

        Raises:
            OutputError: They cannot be removed.
        """
        with writing(self.path):
            for folder, pattern in self._own():
                for file in folder.glob(pattern):
                    file.unlink()

    def finish(self) -> None:
        """Remove the ledger of a job that is done.

        Raises:
            OutputError: It cannot be removed.
        """
        with writing(self.ledger):
            if self.ledger.is_dir():
                for file in self.ledger.iterdir():
                    file.unlink()
                self.ledger.rmdir()

    def _own(self) -> list[tuple[Path, str]]:
        return [
            (self.path, JOB_MANIFEST),
            (self.path, "summary.json"),
            (self.path, JOB_REJECTED),
            (self.path, "table.parquet"),
            (self.path, "table.csv"),
            (self.path, "table-[0-9]*.parquet"),
            (self.path, "table-[0-9]*.csv"),
            (self.moments, "part-*.parquet"),
            (self.documents, "part-*.parquet"),
            (self.ledger, "*"),
        ]

    def sweep(self) -> None:
        """Remove what a run that was killed was writing.

        Raises:
            OutputError: The folder cannot be written.
        """
        with writing(self.path):
            for folder in (self.path, self.moments, self.documents, self.ledger):
                if folder.is_dir():
                    for stray in folder.glob(f"{_HIDDEN}*"):
                        stray.unlink()


def table_name(number: int) -> str:
    """The name of a table's files without their endings."""
    return f"table-{number + 1}" if number else "table"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """The path to write a file at that takes the place of ``path`` when it is whole.

    Raises:
        OutputError: It cannot be written; what was written is removed.
    """
    hidden = path.with_name(f"{_HIDDEN}{path.name}")
    try:
        with writing(path):
            yield hidden
            sync(hidden)
            hidden.replace(path)
            sync(path.parent)
    except BaseException:
        with suppress(OSError):
            hidden.unlink(missing_ok=True)
        raise


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Errors of the system as ``OutputError``."""
    try:
        yield
    except OSError as error:
        cure = _CURES.get(error.errno or 0, "see that the folder and its disk are sound")
        raise OutputError(
            f"{path} cannot be written ({error.strerror or error}); {cure}. The same command goes on from "
            "what is finished"
        ) from error


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:  # Windows cannot open folders; names are safe there without it
        if path.is_dir():
            return
        raise
    try:
        os.fsync(handle)
    except OSError as error:  # some network drives cannot do it for folders
        if error.errno not in _NO_SYNC or not path.is_dir():
            raise
    finally:
        os.close(handle)
