"""Runs of all systems, each kept in a folder, so that a killed benchmark goes on where it was."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from benchmarks.retraining.tasks import Answer, Task
from mot_nlp.errors import InputError
from training.checkpoint import resolve_encoder, sha256_of
from training.corpus import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.retraining.sources import Deal, Source
    from benchmarks.retraining.systems import System

logger = logging.getLogger(__name__)

_WEIGHTS = "model.safetensors"


@dataclass(frozen=True, slots=True)
class Starts:
    """What systems begin with, and where runs are kept.

    Attributes:
        checkpoint: Fitted model.
        encoder: Pretrained encoder, folder or hub id.
        cache: Folder of all runs.
    """

    checkpoint: Path
    encoder: str
    cache: Path

    def weights(self) -> dict[str, str]:
        """SHA-256 of the weights of checkpoint and encoder.

        Raises:
            InputError: One of them has none.
        """
        folders = {"checkpoint": self.checkpoint, "encoder": resolve_encoder(self.encoder)}
        for name, folder in folders.items():
            if not (folder / _WEIGHTS).is_file():
                raise InputError(f"the {name} {folder} has no {_WEIGHTS}; name another folder")
        return {name: sha256_of(folder / _WEIGHTS) for name, folder in folders.items()}


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run.

    Attributes:
        seed: Of the deal.
        size: Rows asked for.
        system: Name of the system.
        answers: What it gave, by column.
        cached: Whether an earlier benchmark had done it.
    """

    seed: int
    size: int
    system: str
    answers: dict[str, Answer]
    cached: bool


def runs(
    source: Source, deals: Sequence[Deal], systems: Mapping[str, System], starts: Starts
) -> Iterator[Run]:
    """Every system on every size of every deal; what was done before is read and not done again.

    A kept run counts if nothing that it rests on has changed: rows, test part, labels, settings,
    weights, threads. A system that does not look at the rows runs once a deal.
    """
    weights = starts.weights()
    for place, dealt in enumerate(deals):
        test = tuple(source.documents[number] for number in dealt.test)
        for size, numbers in dealt.rows.items():
            rows = tuple(source.documents[number] for number in numbers)
            wanted = {n: s for n, s in systems.items() if s.runs_at(place, size)}
            for name, system in wanted.items():
                key = _key(source, rows if system.learns else (), test, system, weights, dealt.seed)
                part = f"rows-{size}" if system.learns else "no-rows"
                folder = starts.cache / _slug(source.name) / f"seed-{dealt.seed}" / part
                found = _read(folder, name, key)
                if found is None:
                    with _scratch(folder, name) as scratch:
                        task = Task(
                            rows, test, source.taxonomy, starts.checkpoint, starts.encoder,
                            dealt.seed, Path(scratch),
                        )  # fmt: skip
                        answers = system.run(task)
                    _write(folder, name, key, answers)
                    yield Run(dealt.seed, size, name, answers, cached=False)
                else:
                    yield Run(dealt.seed, size, name, found, cached=True)


def _scratch(folder: Path, system: str) -> tempfile.TemporaryDirectory[str]:
    """An empty folder for a system's weights; what a killed run of it left is removed."""
    folder.mkdir(parents=True, exist_ok=True)
    prefix = f"scratch-{system}-"
    for old in folder.glob(f"{prefix}*"):
        shutil.rmtree(old)
    return tempfile.TemporaryDirectory(dir=folder, prefix=prefix)


def _slug(name: str) -> str:
    """A folder's name that holds nothing but letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _key(
    source: Source,
    rows: Sequence[Any],
    test: Sequence[Any],
    system: System,
    weights: Mapping[str, str],
    seed: int,
) -> str:
    """SHA-256 over everything that a run rests on."""
    parts = [
        fingerprint(rows),
        fingerprint(test),
        source.taxonomy.read_text(encoding="utf-8"),
        system.settings,
        weights[system.starts],
        (seed, torch.get_num_threads()) if system.learns else None,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _read(folder: Path, system: str, key: str) -> dict[str, Answer] | None:
    """The answers of a kept run; None where there is none, or one of something else."""
    record = folder / f"{system}.json"
    if not record.is_file():
        return None
    kept = json.loads(record.read_text(encoding="utf-8"))
    if kept["key"] != key:
        logger.warning("%s rests on other data, settings or weights; it is done again", record)
        return None
    labels: dict[str, dict[str, Any]] = {column: {} for column in kept["seconds"]}
    with np.load(folder / f"{system}.npz", allow_pickle=False) as arrays:
        for name in arrays.files:
            column, head = name.split(".", maxsplit=1)
            labels[column][head] = arrays[name]
    return {name: Answer(labels[name], seconds) for name, seconds in kept["seconds"].items()}


def _write(folder: Path, system: str, key: str, answers: Mapping[str, Answer]) -> None:
    """Keep a run: the labels first, then the record without which they do not count."""
    arrays: dict[str, Any] = {
        f"{column}.{head}": values
        for column, answer in answers.items()
        for head, values in answer.labels.items()
    }
    record = {"key": key, "seconds": {name: answer.seconds for name, answer in answers.items()}}
    (folder / f"{system}.json").unlink(missing_ok=True)
    np.savez_compressed(folder / f"{system}.npz", **arrays)
    draft = folder / f"{system}.json.part"
    draft.write_text(json.dumps(record) + "\n", encoding="utf-8")
    draft.replace(folder / f"{system}.json")
