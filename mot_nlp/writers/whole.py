"""A file of text that is there whole or not at all: the old one stands until the new one is written."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from mot_nlp.errors import OutputError
from mot_nlp.transcripts import without_surrogates
from mot_nlp.writers.base import PART

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def write_whole(path: Path, parts: Iterable[str]) -> None:
    """Write a text beside its place first, so that a half-written file never bears the name.

    Args:
        path: The file, in a folder that exists.
        parts: What it is to hold, one after the other; lone surrogates become U+FFFD.

    Raises:
        OutputError: It cannot be written.
    """
    part = path.with_name(path.name + PART)
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(map(without_surrogates, parts))
        part.replace(path)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror or error}); check the folder's permissions "
            "and free space, or name another place"
        ) from error
    finally:
        with suppress(OSError):  # it is gone if all went well, and may never have been
            part.unlink()
