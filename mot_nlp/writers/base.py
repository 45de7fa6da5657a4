"""What every writer does: take its place only when whole, and speak plainly when it fails."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

from mot_nlp.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

PART = ".part"


class RowWriter(ABC):
    """Writes rows to one file; a context manager.

    Leaving the context closes the writer; leaving it by an exception removes what was written.

    Args:
        path: The file, None for standard output.
        columns: Columns in order; a row's other keys are left out, missing ones are empty.
    """

    def __init__(self, path: Path | None, columns: Sequence[str]) -> None:
        self.path = path
        self.columns = tuple(columns)
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows, in order.

        Raises:
            OutputError: The file cannot be written, or is closed.
        """
        if self._closed:
            raise OutputError(f"{self.path or 'standard output'} is closed; open another writer")
        with self._translated():
            self._write(rows)

    def close(self) -> None:
        """Finish the file and give it its name; a second call does nothing.

        Raises:
            OutputError: The file cannot be written; what was written is removed.
        """
        if self._closed:
            return
        try:
            with self._translated():
                self._finish()
                if self.path is not None:
                    self._part.replace(self.path)
        except BaseException:
            self.abandon()
            raise
        self._closed = True

    def abandon(self) -> None:
        """Remove what was written."""
        if self._closed:
            return
        self._closed = True
        with suppress(OSError):  # a full disk fails once more, but the file goes anyway
            self._release()
        if self.path is not None:
            self._part.unlink(missing_ok=True)

    @abstractmethod
    def _write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows."""

    @abstractmethod
    def _finish(self) -> None:
        """Write what is held back and let go of the file."""

    @abstractmethod
    def _release(self) -> None:
        """Let go of the file, whatever its state."""

    @property
    def _part(self) -> Path:
        if self.path is None:
            raise ValueError("standard output has no part file")
        return self.path.with_name(self.path.name + PART)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the errors of a file into ours; those of standard output pass."""
        try:
            yield
        except OSError as error:
            if self.path is None:
                raise
            raise OutputError(
                f"{self.path} cannot be written ({error.strerror or error}); "
                "check the folder's permissions and free space, or name another file"
            ) from error
