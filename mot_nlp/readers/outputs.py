"""What mot-nlp wrote itself, which is no input where a folder or pattern is given."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from mot_nlp.readers.decoding import DAMAGES
from mot_nlp.readers.opening import unpacked
from mot_nlp.readers.source import is_url

if TYPE_CHECKING:
    from collections.abc import Collection

    from mot_nlp.readers.source import Source

JOB_MANIFEST = "manifest.json"
"""File that makes a folder a job's, if ``MOMENTS`` is beside it."""

JOB_LEDGER = "_shards"
"""Folder in a job's folder as long as the job is not done."""

MOMENTS = "moments"
JOB_REJECTED = "rejected.jsonl"
"""File of the rows that a run set aside."""

_LOOKED_AT = 4096
_TABLES = ("csv", "tsv", "jsonl", "parquet")
_FIRST = "doc_id"
_OTHERS = {"moment_id", "n_segments"}
_NAME = re.compile(r"\w+")


def of_jobs(paths: Collection[str]) -> set[str]:
    """Those of the paths, relative to one folder, that lie in the folder of a job."""
    folders = [
        path.removesuffix(JOB_MANIFEST)
        for path in paths
        if PurePosixPath(path).name == JOB_MANIFEST
    ]
    jobs = tuple(
        folder
        for folder in folders
        if any(path.startswith(f"{folder}{MOMENTS}/") for path in paths)
    )
    return {path for path in paths if path.startswith(jobs)}


def is_output(source: Source) -> bool:
    """Whether a file is a list of rejected rows, or a local one of moments or documents."""
    if PurePosixPath(source.path).name == JOB_REJECTED:
        return True
    if is_url(source.path) or source.format not in _TABLES:
        return False
    try:
        names = _parquet_names(source) if source.format == "parquet" else _first_words(source)
    except DAMAGES:
        return False  # what is wrong with it is told when it is read
    return names[:1] == [_FIRST] and not _OTHERS.isdisjoint(names)


def _parquet_names(source: Source) -> list[str]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return list(parquet.read_schema(source.path).names)
    except (pa.ArrowException, ValueError) as error:
        raise OSError(str(error)) from error


def _first_words(source: Source) -> list[str]:
    """Words at the start of a file: the names of a header, or names and values of JSON."""
    with unpacked(source) as file:
        start = file.read1(_LOOKED_AT)
    return _NAME.findall(start.decode("utf-8", "replace"))
