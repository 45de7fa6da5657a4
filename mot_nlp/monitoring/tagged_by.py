"""Which model tagged moments, as far as their files tell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from mot_nlp.readers import JOB_MANIFEST
from mot_nlp.records import TAGGED_BY
from mot_nlp.tables.several import MOMENTS
from mot_nlp.tables.sources import paths_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mot_nlp.bundle import Bundle
    from mot_nlp.tables.sources import Rows


class TaggedBy(NamedTuple):
    """A model, as the manifest of a job or the metadata of a Parquet file name it."""

    name: str
    sha256: str
    precision: str

    def __str__(self) -> str:
        return f"{self.name} in {self.precision} (sha256 {self.sha256[:8]}…)"


def tagged_by(rows: Rows) -> frozenset[TaggedBy]:
    """The models that tagged rows; none where nothing tells, as of frames and CSV."""
    if isinstance(rows, pd.DataFrame):
        return frozenset()
    found = (_of_job(path) or _of_file(path) for path in paths_of(rows, MOMENTS))
    return frozenset(model for model in found if model is not None)


def others(reference: frozenset[TaggedBy], new: frozenset[TaggedBy]) -> str:
    """In words that different models tagged two sides; empty where they did not, or none can tell."""
    if len({model.sha256 for model in reference | new}) < 2:
        return ""
    one, other = (_listed(side) for side in (reference, new))
    return (
        f"The reference was tagged by {one}, the new feedback by {other}: what differs may be the "
        "models and not the feedback."
    )


def doubts(reference: frozenset[TaggedBy], new: frozenset[TaggedBy], bundle: Bundle) -> list[str]:
    """What to know of two sides that may be of one model, in words.

    Args:
        reference: The models that tagged the reference.
        new: Those of what is new.
        bundle: The model that labels and review thresholds are taken from.
    """
    out = []
    both = reference | new
    if bool(reference) != bool(new):
        out.append(
            f"The reference was tagged by {_listed(reference)}, the new feedback by {_listed(new)}; see "
            "that it is the same."
        )
    elif len(used := {model.precision for model in both}) > 1:
        out.append(
            f"The model ran in {' and '.join(sorted(used))}, which alone moves a few labels."
        )
    if both and bundle.sha256 not in {model.sha256 for model in both}:
        names = " or ".join(sorted({model.name for model in both}))
        out.append(
            f"What is in doubt is told by the thresholds of {bundle.manifest.name}, which tagged neither "
            f"side; name {names} (model=, --model)."
        )
    return out


def _listed(side: frozenset[TaggedBy]) -> str:
    return " and ".join(sorted(map(str, side))) or "a model that its file does not tell"


def _of_job(path: Path) -> TaggedBy | None:
    """The model of the job that a path is the folder of, or a part of."""
    jobs = (path, path.parent) if path.is_dir() else (path.parent.parent,)
    for job in jobs:
        try:
            return _read(json.loads((job / JOB_MANIFEST).read_text(encoding="utf-8"))["model"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _of_file(path: Path) -> TaggedBy | None:
    """The model that a Parquet file of a single run says it comes from."""
    from pyarrow import parquet

    if not path.is_file() or path.suffix.lower() != ".parquet":
        return None
    try:
        metadata = parquet.read_metadata(path).metadata or {}
        return _read(json.loads(metadata[TAGGED_BY.encode()]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _read(model: Mapping[str, object]) -> TaggedBy:
    return TaggedBy(*(str(model[name]) for name in TaggedBy._fields))
