"""The systems that are held against each other."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.retraining import contrastive
from benchmarks.retraining.figures import OURS
from benchmarks.retraining.tasks import Answer
from mot_nlp.decoding import Decoder
from mot_nlp.encoding import WindowEncoder
from mot_nlp.errors import InputError
from mot_nlp.taxonomy import read_taxonomy
from training.checkpoint import load_fitted
from training.config import Config, with_values
from training.evaluate import chosen_arrays, torch_scores
from training.fit import fit_splits
from training.presets import preset

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from benchmarks.retraining.tasks import Task
    from training.corpus import LabelledDocument

VALIDATION = 7
"""Every seventh document of the rows is the validation part of a fit, about the share that ``training fit``
takes if left alone."""

FROM_ENCODER: Mapping[str, Any] = {"epochs": 16.0, "learning_rate": 4e-4}
"""Of the pretrained encoder, which has more to learn than the checkpoint: more passes at a higher rate."""


def unretrained(task: Task) -> dict[str, Answer]:
    """The checkpoint as it is, on the heads whose labels it has."""
    known = read_taxonomy(task.checkpoint / "taxonomy.toml")
    wanted = read_taxonomy(task.taxonomy)
    heads = [
        name
        for name, head in wanted.heads.items()
        if name in known.heads and set(known.heads[name].labels) == set(head.labels)
    ]
    labels = _labelled(task.checkpoint, task.test)
    return {"unretrained": Answer({name: labels[name] for name in heads}, 0.0)}


def retrained(task: Task, *, name: str) -> dict[str, Answer]:
    """The checkpoint fitted to the rows by a preset: all heads at once, segments in their documents."""
    column = OURS if name == "standard" else name
    return {column: _fitted(task, with_values(preset(name), _start(task, task.checkpoint)))}


def pretrained(task: Task) -> dict[str, Answer]:
    """The standard fit from the pretrained encoder: what the checkpoint is worth."""
    values = {"fit": dict(FROM_ENCODER), **_start(task, task.encoder)}
    return {"pretrained": _fitted(task, with_values(preset("standard"), values))}


def _start(task: Task, encoder: Path | str) -> dict[str, Any]:
    return {"model": {"encoder": str(encoder), "taxonomy": str(task.taxonomy)}}


def _fitted(task: Task, config: Config) -> Answer:
    config = with_values(config, {"fit": {"seed": task.seed, "precision": "fp32"}})
    splits = {
        "train": [d for number, d in enumerate(task.rows) if number % VALIDATION],
        "validation": list(task.rows[::VALIDATION]),
    }
    start = time.perf_counter()
    folder = fit_splits(config, splits, task.scratch / "fit", resume=False)
    seconds = time.perf_counter() - start
    return Answer(_labelled(folder, task.test), seconds)


def _labelled(folder: Path, documents: Sequence[LabelledDocument]) -> dict[str, NDArray[np.str_]]:
    """Labels that a fitted model gives to all segments, by head, each (segments,)."""
    model = load_fitted(folder)
    windows = WindowEncoder.from_file(folder / "tokenizer.json", window=model.config.window)
    decoder = Decoder(read_taxonomy(folder / "taxonomy.toml"), {})
    return chosen_arrays(torch_scores(model, windows, documents), decoder)


@dataclass(frozen=True, slots=True)
class System:
    """A way from rows to labels.

    Attributes:
        run: Does it; gives one answer, or several of one fit, by the column they stand in.
        settings: What was chosen by hand, so that runs with other choices are not taken for these.
        learns: Whether it looks at the rows.
        starts: ``checkpoint`` or ``encoder``.
        deals: Of how many deals it is run, the first ones; all if None.
        rows: At which sizes it is run; all if empty.
    """

    run: Callable[[Task], dict[str, Answer]]
    settings: str
    learns: bool
    starts: str
    deals: int | None = None
    rows: tuple[int, ...] = ()

    def runs_at(self, deal: int, rows: int) -> bool:
        """Whether it is run on the deal of this number, from 0, with so many rows."""
        return (self.deals is None or deal < self.deals) and (not self.rows or rows in self.rows)


_OF_NO_ACCOUNT = ("model.encoder", "fit.save_steps")
"""Settings that the runs replace, or that change no weight."""


def _told(name: str) -> str:
    """What a preset sets, in a line."""
    default = Config().values()
    return ", ".join(
        f"{key.partition('.')[2]} {value}"
        for key, value in preset(name).values().items()
        if value != default[key] and key not in _OF_NO_ACCOUNT
    )


SYSTEMS = ("ours", "quick", "unretrained", "setfit", "pretrained")
"""What can be asked for, in the order of the page."""


def named_systems(
    names: Sequence[str],
    *,
    setfit_steps: int = contrastive.STEPS,
    setfit_deals: int | None = None,
    setfit_rows: Sequence[int] = (),
) -> dict[str, System]:
    """Systems by name, in the order of ``SYSTEMS``.

    Args:
        names: Some of ``SYSTEMS``.
        setfit_steps: Steps a head of SetFit.
        setfit_deals: Of how many deals SetFit is run; all if None.
        setfit_rows: At which sizes; all if empty.

    Raises:
        InputError: There is none of a name, or it cannot run here.
    """
    unknown = sorted({*names} - {*SYSTEMS})
    if unknown or not names:
        raise InputError(f"--systems names {unknown or 'nothing'}; allowed: {', '.join(SYSTEMS)}")
    if "setfit" in names:
        contrastive.check_installed()
    settings = f"{setfit_steps} steps a head of {contrastive.BATCH} pairs"
    known = {
        "ours": System(
            partial(retrained, name="standard"),
            _told("standard"),
            learns=True,
            starts="checkpoint",
        ),
        "quick": System(
            partial(retrained, name="quick"), _told("quick"), learns=True, starts="checkpoint"
        ),
        "unretrained": System(unretrained, "", learns=False, starts="checkpoint"),
        "setfit": System(
            partial(contrastive.setfit, steps=setfit_steps),
            settings,
            learns=True,
            starts="encoder",
            deals=setfit_deals,
            rows=tuple(setfit_rows),
        ),
        "pretrained": System(
            pretrained,
            ", ".join(f"{name} {value}" for name, value in FROM_ENCODER.items()),
            learns=True,
            starts="encoder",
        ),
    }
    return {name: known[name] for name in SYSTEMS if name in names}
