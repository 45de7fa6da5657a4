"""Inputs to the files that are read: formats told, ids made unique, what is no input left out."""

from __future__ import annotations

import logging
import os
from collections import Counter
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from mot_nlp.errors import ReadError
from mot_nlp.readers.finding import Found, find_files
from mot_nlp.readers.kinds import (
    FORMATS,
    ONE_DOCUMENT,
    SPREADSHEETS,
    check_format,
    may_hold,
    told_by_name,
    without_suffixes,
)
from mot_nlp.readers.outputs import is_output, of_jobs
from mot_nlp.readers.source import STANDARD_STREAM, Source, is_url, shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

logger = logging.getLogger(__name__)

_MOST_LISTED = 3


def expand(
    inputs: str | Path | Sequence[str | Path],
    *,
    format: str | None = None,  # noqa: A002 - the word of the command line
    without: str | Path | None = None,
) -> list[Source]:
    """The files that inputs stand for, in the order given, each once.

    A folder stands for all files in it and below whose names tell a format, sorted by path. Left out
    are those whose name or folder starts with a dot or an underscore, and what mot-nlp wrote: job
    folders, lists of rejected rows, local files of moments or documents. A pattern (``*``, ``?``,
    ``[ab]``, ``**`` for folders of any depth) stands for the files that match, sorted, as far as a
    folder would hold them. A URL, as ``s3://reviews/2025/``, may be any of these.

    Args:
        inputs: Files, folders, patterns, URLs, or ``-`` for standard input.
        format: One of ``FORMATS`` for all files; by their names if None, CSV on standard input. Of a
            folder, only files are taken then whose names may stand for it, as ``.txt`` for text.
        without: A folder that is not looked into, as that of the output.

    Raises:
        ReadError: An input does not exist or stands for no file, or a format cannot be told.
    """
    check_format(format)
    given = [inputs] if isinstance(inputs, (str, os.PathLike)) else list(inputs)
    if not given:
        raise ReadError("no input is given; name files, folders, patterns or URLs")
    found: dict[str, tuple[Found, Source]] = {}
    for path in given:
        for file, source in _taken(path, format, without):
            found.setdefault(_key(file.path), (file, source))
    return _with_ids(list(found.values()))


def one_source(
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002 - the word of the command line
) -> Source:
    """The file at a path or URL, or standard input.

    Raises:
        ReadError: There is no such file or format, or it is a folder.
    """
    check_format(format)
    kind, files = find_files(path)
    if kind == "folder":
        raise ReadError(f"{shown(path)} is a folder; name a file in it")
    if kind == "pattern":
        raise ReadError(f"there is no file {shown(path)}; check the name and the folder")
    (source,) = _with_ids([(file, _named(file, format)) for file in files])
    return source


def _taken(
    given: str | Path,
    format: str | None,  # noqa: A002
    without: str | Path | None,
) -> list[tuple[Found, Source]]:
    """The files that an input stands for, with what is known of them."""
    kind, files = find_files(given)
    if without is not None:
        inside = _key(str(without)) + os.sep
        files = [file for file in files if not _key(file.path).startswith(inside)]
    if kind == "file":
        return [(file, _named(file, format)) for file in files]
    ours = of_jobs([file.relative for file in files]) if kind == "folder" else set()
    taken, unknown = [], []
    for file in files:
        by_name, _ = told_by_name(file.path)
        if kind == "folder" and format and by_name and not may_hold(by_name, format):
            continue
        if by_name is None and (kind == "folder" or format is None):
            unknown.append(file.relative)
        elif file.relative not in ours:
            source = _named(file, format)
            if not is_output(source):
                taken.append((file, source))
    if unknown:
        logger.warning(
            "%s: %d left out, as the name tells no format: %s",
            shown(given),
            len(unknown),
            ", ".join(unknown[:_MOST_LISTED]) + (", …" if len(unknown) > _MOST_LISTED else ""),
        )
    if not taken:
        raise ReadError(
            f"{shown(given)} holds no file to read; hidden files, files whose names tell no format "
            "and what mot-nlp wrote do not count; name files one by one to have them read"
        )
    return taken


def _named(file: Found, format: str | None) -> Source:  # noqa: A002
    """A file that was given by its name.

    Raises:
        ReadError: Its format cannot be told, or not be read from there.
    """
    if file.path == STANDARD_STREAM:
        if format == "parquet":
            raise ReadError("Parquet cannot be read from standard input; save it to a file")
        return _source(file, format or "csv")
    kind = format or told_by_name(file.path)[0]
    if kind is None and PurePosixPath(file.path).suffix.lower() in SPREADSHEETS:
        raise ReadError(
            f"{shown(file.path)} is a spreadsheet; save it as CSV (UTF-8) and give that"
        )
    if kind is None:
        raise ReadError(
            f"cannot tell the format of {shown(file.path)} by its name; the formats are "
            f"{', '.join(FORMATS)}; name one with format=/--format"
        )
    return _source(file, kind)


def _source(file: Found, format: str) -> Source:  # noqa: A002
    compression = told_by_name(file.path)[1]
    return Source(shown(file.path), file.path, format, compression, file.size, file.version)


def _with_ids(found: Sequence[tuple[Found, Source]]) -> list[Source]:
    """Sources with what makes ids unique: paths within the folder given; whole ones if those clash."""
    times = Counter(file.relative for file, _ in found)
    labels = [file.relative if times[file.relative] == 1 else source.name for file, source in found]
    stems = [
        without_suffixes(label) if source.format in ONE_DOCUMENT else label
        for label, (_, source) in zip(labels, found, strict=True)
    ]
    uses = Counter(stems)
    return [
        replace(
            source,
            prefix=f"{label}:" if len(found) > 1 else "",
            document_id=stem if uses[stem] == 1 else label,
        )
        for label, stem, (_, source) in zip(labels, stems, found, strict=True)
    ]


def _key(path: str) -> str:
    """What two ways to name a file share; links are not followed, as they may be meant."""
    return path if is_url(path) or path == STANDARD_STREAM else os.path.abspath(path)  # noqa: PTH100
