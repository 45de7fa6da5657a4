"""Fitting: seeded, resumable, on any AutoModel encoder, for the shipped model and for anybody's own."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mot_nlp.taxonomy import read_taxonomy
from training.config import as_toml
from training.corpus import each_alone
from training.cross_validation import Found, search
from training.finetuning import Fitted, Task, fit_once
from training.folds import OOF
from training.manifest import (
    CONFIG,
    FITTED,
    RUN,
    SEARCH,
    claim,
    describe,
    outcome,
    settings_before,
    write_json,
)
from training.model import carried_settings
from training.precision import repeatable, settled
from training.splitting import Split, documents_of, group_of
from training.start import meant, starting_folder
from training.trainer import check_trackers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mot_nlp.taxonomy import Taxonomy
    from training.config import Config
    from training.corpus import LabelledDocument

logger = logging.getLogger(__name__)


def fit(config: Config, out: Path, *, extra: Sequence[Path] = (), resume: bool = True) -> Path:
    """Fit a model and write it to ``out/fitted``.

    An interrupted fit with the same configuration and data goes on where it was: from its last
    checkpoint, and in a search from the last finished fold.

    Args:
        config: What to fit, on what, and how.
        out: Folder for checkpoints, the fitted model and ``run.json``.
        extra: Labelled JSON Lines files to learn from beside those of the configuration.
        resume: Whether to go on from what is in ``out``.

    Returns:
        The folder of the fitted model.

    Raises:
        InputError: Data or encoder cannot be found or read, or ``out`` holds work of a fit with
            another configuration or other data.
    """
    return fit_split(config, gathered(config, extra), out, resume=resume)


def gathered(config: Config, extra: Sequence[Path] = ()) -> Split:
    """The documents that :func:`fit` would fit on, by part."""
    return documents_of(config.data, extra, read_taxonomy(Path(config.model.taxonomy)))


def fit_splits(
    config: Config,
    splits: Mapping[str, Sequence[LabelledDocument]],
    out: Path,
    *,
    extra: Sequence[str] = (),
    resume: bool = True,
) -> Path:
    """Fit a model to documents at hand, as :func:`fit` does.

    Args:
        config: What to fit and how; its data paths are only recorded.
        splits: Documents by ``train`` and ``validation``.
        out: Folder for checkpoints, the fitted model and ``run.json``.
        extra: Names of the files that joined the corpus, for the record.
        resume: Whether to go on from what is in ``out``.
    """
    split = Split(splits, tuple(extra), by=config.data.group)
    return fit_split(config, split, out, resume=resume)


def fit_split(config: Config, split: Split, out: Path, *, resume: bool = True) -> Path:
    """Fit a model to documents in parts, as :func:`fit` does.

    Args:
        config: What to fit and how; its data paths are only recorded.
        split: Documents by part.
        out: Folder for checkpoints, the fitted model and ``run.json``.
        resume: Whether to go on from what is in ``out``.
    """
    began = time.monotonic()
    check_trackers(config.fit.report_to)
    taxonomy = read_taxonomy(Path(config.model.taxonomy))
    start = starting_folder(config.model.encoder)
    config = replace(
        config,
        model=replace(carried_settings(config.model, start), encoder=meant(config.model.encoder)),
        fit=settled(config.fit, settings_before(out, resume=resume)),
    )
    if not config.data.context:
        parts = {name: each_alone(documents) for name, documents in split.parts.items()}
        split = replace(split, parts=parts)
    run = describe(config, split, start)
    checkpoint = claim(out, run, resume=resume)
    (out / CONFIG).write_text(as_toml(config), encoding="utf-8")
    if split.own:
        split.write(out)
    with repeatable(config.fit.threads):
        found = _search(config, split, taxonomy, out) if config.search.folds else None
        config = found.config if found else config
        fitted = fit_once(Task(config, split.parts, split.by, out, start, taxonomy, checkpoint))
    told = fitted.told
    if found:
        found.scores.write(out / OOF)  # over those of the fit itself, which chose by its own folds
        told |= {"trials": [asdict(trial) for trial in found.trials]}
    run |= {"config": asdict(config)} | told
    return _write(fitted, run, Path(config.model.taxonomy), out, began)


def _search(config: Config, split: Split, taxonomy: Taxonomy, out: Path) -> Found:
    train = split.parts["train"]
    groups = [group_of(document, split.by) for document in train]
    return search(config, train, groups, taxonomy, out / SEARCH, partial(_fit_fold, by=split.by))


def _fit_fold(
    config: Config, parts: Mapping[str, Sequence[LabelledDocument]], out: Path, *, by: str
) -> Path:
    return fit_split(config, Split(parts, by=by), out)


def _write(fitted: Fitted, run: dict[str, Any], taxonomy: Path, out: Path, began: float) -> Path:
    """Write the model with all that it needs, and ``run.json`` last."""
    folder = out / FITTED
    fitted.model.save_pretrained(folder)
    fitted.tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    (folder / "taxonomy.toml").write_bytes(taxonomy.read_bytes())
    write_json(run | {"outcome": outcome(folder, began)}, folder / RUN)
    return folder
