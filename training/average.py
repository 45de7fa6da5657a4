"""One model from several fits: the mean of their weights.

Fits that start from the same weights and differ in seed end in the same basin, where the mean is
better than most of them and costs nothing to run (Wortsman et al. 2022, "model soups").
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import torch

from mot_nlp.errors import InputError
from training.checkpoint import load_fitted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SHARED = ("tokenizer.json", "taxonomy.toml")


def average(fits: Sequence[Path], out: Path) -> Path:
    """Write the mean of fitted models.

    Args:
        fits: Folders of fitted models, which differ in nothing but their seed.
        out: Folder of the mean; ``run.json`` is that of the first with all ``seeds``.

    Returns:
        ``out``.

    Raises:
        InputError: There are fewer than two, or they differ in more than their seed.
    """
    if len(fits) < 2:
        raise InputError(f"{len(fits)} fitted model is no set to average; name two or more")
    missing = [path for folder in fits if not (path := folder / "run.json").is_file()]
    if missing:
        raise InputError(f"{missing[0]} is missing; name the folders 'fitted' that fit wrote")
    runs = [json.loads((folder / "run.json").read_text(encoding="utf-8")) for folder in fits]
    for folder, run in zip(fits[1:], runs[1:], strict=True):
        _check_alike(fits[0], runs[0], folder, run)
    model = load_fitted(fits[0])
    weights = [load_fitted(folder).state_dict() for folder in fits]
    model.load_state_dict(
        {name: torch.stack([own[name] for own in weights]).mean(dim=0) for name in weights[0]}
    )
    model.save_pretrained(out)
    for file in _SHARED:
        shutil.copyfile(fits[0] / file, out / file)
    seeds = [seed for run in runs for seed in run.get("seeds", [run["config"]["fit"]["seed"]])]
    (out / "run.json").write_text(
        json.dumps(runs[0] | {"seeds": seeds}, indent=2) + "\n", encoding="utf-8"
    )
    return out


def _check_alike(first: Path, before: dict, other: Path, run: dict) -> None:
    for file in _SHARED:
        if _content(first / file) != _content(other / file):
            raise InputError(f"{file} differs between {first} and {other}")
    for table, values in before["config"].items():
        for key, value in values.items():
            if (table, key) != ("fit", "seed") and run["config"][table][key] != value:
                raise InputError(
                    f"{other} was fitted with {table}.{key} = {run['config'][table][key]!r}, "
                    f"{first} with {value!r}; average fits that differ in their seed alone"
                )
    if run.get("weights_sha256") != before.get("weights_sha256"):
        raise InputError(f"{first} and {other} began from or learned from different weights")
    if run["data_sha256"] != before["data_sha256"]:
        raise InputError(f"{first} and {other} were fitted on different data")


def _content(path: Path) -> object:
    """What a file says, however it is laid out."""
    text = path.read_text(encoding="utf-8")
    return json.loads(text) if path.suffix == ".json" else text
