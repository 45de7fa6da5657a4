"""``run.json``: what a fit is, so that it can be repeated, and what came of it."""

from __future__ import annotations

import json
import logging
import os
import platform
import shutil
import sys
import time
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

import mot_nlp
from mot_nlp.errors import InputError
from mot_nlp.writers.whole import write_whole
from training.checkpoint import first_encoder, fit_name, sha256_of
from training.corpus import fingerprint

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from training.config import Config
    from training.splitting import Split

logger = logging.getLogger(__name__)

RUN = "run.json"
CONFIG = "config.toml"
FITTED = "fitted"
SEARCH = "search"
WEIGHTS = "model.safetensors"
_PACKAGES = ("torch", "transformers", "tokenizers", "numpy", "scipy", "scikit-learn")


def describe(config: Config, split: Split, start: Path) -> dict[str, Any]:
    """What a fit is: two fits of the same description give the same weights on the same machine.

    Args:
        config: What to fit and how, with all decided that was left open.
        split: Documents by part.
        start: Folder of the encoder or model that it starts from.
    """
    folders = {fit_name(Path(config.model.encoder)): start}
    folders |= {fit_name(folder): folder for folder in map(Path, config.distil.teachers)}
    described = {
        "config": asdict(config),
        "extra": list(split.files),
        "data_sha256": {name: fingerprint(list(d)) for name, d in split.parts.items()},
        "split_sha256": split.sha256,
        "documents": {name: len(d) for name, d in split.parts.items()},
        "segments": {
            name: sum(len(d.segments) for d in part) for name, part in split.parts.items()
        },
        "left_out": len(split.left_out),
        "set_aside": len(split.set_aside),
        "taxonomy_sha256": sha256_of(Path(config.model.taxonomy)),
        "first_encoder": first_encoder(config.model.encoder),
        "weights_sha256": {
            name: sha256_of(folder / WEIGHTS)
            for name, folder in folders.items()
            if (folder / WEIGHTS).is_file()
        },
        "versions": {name: version(name) for name in _PACKAGES}
        | {"mot-nlp": mot_nlp.__version__, "python": platform.python_version()},
        "machine": platform.machine(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
    }
    return json.loads(json.dumps(described))  # as it will be read back: lists, not tuples


def settings_before(out: Path, *, resume: bool) -> dict[str, Any] | None:
    """The ``[fit]`` settings that an interrupted fit into this folder was begun with, if any."""
    before = _read(out / RUN) if resume and _holds_work(out) else None
    return before["config"]["fit"] if before else None


def claim(out: Path, run: dict[str, Any], *, resume: bool) -> Path | None:
    """Make a folder this fit's own.

    Args:
        out: Folder of the fit.
        run: Its description.
        resume: Whether to go on from what an interrupted fit left there.

    Returns:
        The checkpoint to go on from, if any.

    Raises:
        InputError: The folder holds work of another fit.
    """
    out.mkdir(parents=True, exist_ok=True)
    if not resume:
        # Left standing, old work would be taken for this fit's should it be interrupted.
        for old in (*out.glob("checkpoint-*"), out / SEARCH):
            shutil.rmtree(old, ignore_errors=True)
    checkpoint = _last_checkpoint(out)
    if _holds_work(out):
        _check_same(out, run)
    if checkpoint:
        logger.info("going on from %s", checkpoint)
    write_json(run, out / RUN)
    return checkpoint


def _holds_work(out: Path) -> bool:
    return (out / SEARCH).is_dir() or any(out.glob("checkpoint-*"))


def _check_same(out: Path, run: dict[str, Any]) -> None:
    before = _read(out / RUN)
    cure = "name another --out, or pass --restart to begin again"
    if before is None:
        raise InputError(f"{out} holds checkpoints but no {RUN} to say of what; {cure}")
    differing = [_difference(key, before.get(key), run[key]) for key in sorted(run)]
    told = ", ".join(filter(None, differing))
    if told:
        raise InputError(f"{out} holds checkpoints of another fit (other {told}); {cure}")


def _difference(key: str, before: Any, now: Any) -> str:  # noqa: ANN401 - JSON
    """The key, and within the configuration the values, if they differ; else empty."""
    if before == now:
        return ""
    if key != "config" or not isinstance(before, dict):
        return key
    told = [
        f"{table}.{name}: {before.get(table, {}).get(name)!r}, now {value!r}"
        for table, values in now.items()
        for name, value in values.items()
        if before.get(table, {}).get(name) != value
    ]
    return f"config, {'; '.join(told)}"


def _last_checkpoint(out: Path) -> Path | None:
    """The last whole checkpoint; half-written ones, of a fit that was killed meanwhile, go."""
    whole = []
    for folder in out.glob("checkpoint-*"):
        # The Trainer writes this file last.
        if _read(folder / "trainer_state.json") is None:
            shutil.rmtree(folder)
        else:
            whole.append(folder)
    return max(whole, key=lambda folder: int(folder.name.rpartition("-")[2]), default=None)


def write_json(table: dict[str, Any], path: Path) -> None:
    """Write a table so that a kill leaves the old file or the new one, no half."""
    write_whole(path, [json.dumps(table, indent=2, ensure_ascii=False), "\n"])


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def outcome(folder: Path, began: float) -> dict[str, Any]:
    """What a fit cost and where, for whoever compares; no part of what it is.

    Args:
        folder: The fitted model.
        began: ``time.monotonic()`` when this process began it.
    """
    return {
        "model_sha256": sha256_of(folder / WEIGHTS),
        "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "seconds": round(time.monotonic() - began, 1),
        "peak_memory_mb": peak_memory(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
    }


def peak_memory() -> int | None:
    """Most memory that this process has held, in megabytes; None where it cannot be told."""
    if sys.platform == "win32":
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6)
