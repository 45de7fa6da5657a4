"""One run at a time on a folder."""

from __future__ import annotations

import json
import os
import platform
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from mot_nlp.batch.folder import writing
from mot_nlp.errors import JobError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mot_nlp.batch.folder import JobFolder


@contextmanager
def locked(folder: JobFolder) -> Iterator[None]:
    """Hold the folder; the system lets go of it when the process ends, however it ends.

    Raises:
        JobError: Another run holds it.
        OutputError: The folder cannot be written.
    """
    lock = FileLock(folder.lock, blocking=False)
    with writing(folder.path):
        folder.path.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout:
            raise JobError(
                f"another run works on {folder.path}{_owner(folder)}; wait for it, or name another folder"
            ) from None
    try:
        with writing(folder.owner):
            folder.owner.write_text(json.dumps(_self()) + "\n", encoding="utf-8")
        yield
    finally:
        folder.owner.unlink(missing_ok=True)
        lock.release()


def _self() -> dict[str, object]:
    began = datetime.now(UTC).isoformat(timespec="seconds")
    return {"pid": os.getpid(), "host": platform.node(), "began": began}


def _owner(folder: JobFolder) -> str:
    try:
        owner = json.loads(folder.owner.read_text(encoding="utf-8"))
        return f" (process {owner['pid']} on {owner['host']}, since {owner['began']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
