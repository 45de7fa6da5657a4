"""A file of text in one go: the old one stands until the new one is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mot_nlp.errors import OutputError
from mot_nlp.transcripts import without_surrogates
from mot_nlp.writers.base import PART

if TYPE_CHECKING:
    from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a text beside its place first, so that a half-written file never bears the name.

    Args:
        path: The file, in a folder that exists.
        text: What it is to hold; lone surrogates become U+FFFD.

    Raises:
        OutputError: It cannot be written.
    """
    part = path.with_name(path.name + PART)
    try:
        part.write_text(without_surrogates(text), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(
            f"{path} cannot be written ({error.strerror or error}); check the folder's permissions "
            "and free space, or name another place"
        ) from error
