"""Settings chosen by cross-validation over the training part.

Every setting is fitted once a fold on the documents of the other folds, so that each document is
scored by a model that has not seen it. The setting with the best mean macro-F1 over all of them is
taken; of equals the quickest.
"""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from mot_nlp.encoding import WindowEncoder
from training.checkpoint import load_fitted
from training.collate import label_indices
from training.evaluate import torch_scores
from training.folds import OutOfFold, deal_folds
from training.trainer import validation_scores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mot_nlp.taxonomy import Taxonomy
    from training.config import Config, SearchConfig
    from training.corpus import LabelledDocument

    Fit = Callable[[Config, dict[str, list[LabelledDocument]], Path], Path]
    """Fits a configuration on parts of documents into a folder; returns that of the fitted model."""

logger = logging.getLogger(__name__)

SCORES = "scores.npy"


@dataclass(frozen=True, slots=True)
class Trial:
    """A setting and how it did on documents that it had not seen.

    Attributes:
        name: What it is called, also its folder.
        settings: Its values of ``[fit]``.
        mean: Mean macro-F1 over the heads that have labels, 0 to 1.
        by_head: Macro-F1 of each of those heads, 0 to 1.
        by_fold: Mean macro-F1 on each fold by itself, 0 to 1: how far chance goes.
    """

    name: str
    settings: dict[str, Any]
    mean: float
    by_head: dict[str, float]
    by_fold: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to.

    Attributes:
        config: The configuration with the chosen setting.
        trials: All that were tried, in their order.
        scores: Those of the chosen setting across the folds.
    """

    config: Config
    trials: tuple[Trial, ...]
    scores: OutOfFold


def search(
    config: Config,
    documents: Sequence[LabelledDocument],
    groups: Sequence[str],
    taxonomy: Taxonomy,
    out: Path,
    fit: Fit,
) -> Found:
    """Try the settings of ``config.search`` and choose one.

    Folds that are finished are kept in ``out``, so that an interrupted search goes on.

    Args:
        config: What to fit and how.
        documents: The training part.
        groups: Name of each document's group; none stands in two folds.
        taxonomy: Labels.
        out: Folder of the search.
        fit: Fits one configuration.

    Raises:
        InputError: The documents cannot be dealt into folds.
    """
    out.mkdir(parents=True, exist_ok=True)
    folds = deal_folds(documents, groups, taxonomy, folds=config.search.folds, seed=config.fit.seed)
    labels = np.array([label_indices(entry, taxonomy) for d in documents for entry in d.labels])
    tried: list[tuple[Trial, NDArray[np.float32]]] = []
    for name, settings in candidates(config.search).items():
        scores = _across(_with(config, settings), documents, folds, taxonomy, out / name, fit)
        trial = _judged(
            name, settings, scores, labels, np.repeat(folds, _sizes(documents)), taxonomy
        )
        logger.info("%s: mean macro-F1 %.3f on documents it had not seen", name, trial.mean)
        tried.append((trial, scores))
    best, scores = max(tried, key=lambda entry: entry[0].mean)
    logger.info("chosen: %s", best.name)
    return Found(
        _with(config, best.settings),
        tuple(trial for trial, _ in tried),
        OutOfFold.of(documents, labels, scores, folds, taxonomy),
    )


def candidates(settings: SearchConfig) -> dict[str, dict[str, Any]]:
    """Settings to try by name, the quickest first.

    Args:
        settings: Values of methods, learning rates and epochs.
    """
    found: dict[str, dict[str, Any]] = {}
    if "heads" in settings.methods:
        found["heads"] = {"method": "heads"}
    if "full" in settings.methods:
        for epochs, rate in product(sorted(settings.epochs), sorted(settings.learning_rates)):
            name = f"full-{epochs:g}-epochs-rate-{rate:g}"
            found[name] = {"method": "full", "epochs": epochs, "learning_rate": rate, "patience": 0}
    return found


def _with(config: Config, settings: dict[str, Any]) -> Config:
    return replace(config, fit=replace(config.fit, **settings))


def _across(
    config: Config,
    documents: Sequence[LabelledDocument],
    folds: NDArray[np.int64],
    taxonomy: Taxonomy,
    out: Path,
    fit: Fit,
) -> NDArray[np.float32]:
    """Scores of all segments across the folds, (segments, width)."""
    own = replace(
        config,
        fit=replace(config.fit, report_to=()),
        search=replace(config.search, folds=0),
    )
    owners = np.repeat(folds, _sizes(documents))
    scores = np.empty((len(owners), taxonomy.width), np.float32)
    count = int(folds.max()) + 1
    for fold in range(count):
        held = [d for d, place in zip(documents, folds, strict=True) if place == fold]
        rest = [d for d, place in zip(documents, folds, strict=True) if place != fold]
        logger.info("%s, fold %d of %d: %d documents", out.name, fold + 1, count, len(rest))
        parts = {"train": rest, "validation": held}
        scores[owners == fold] = _fold_scores(own, parts, out / f"fold-{fold + 1}", fit)
    return scores


def _fold_scores(
    config: Config, parts: dict[str, list[LabelledDocument]], folder: Path, fit: Fit
) -> NDArray[np.float32]:
    """Scores of the held-out documents; read where the fold is finished."""
    path = folder.with_name(f"{folder.name}-{SCORES}")
    if path.is_file():
        found: NDArray[np.float32] = np.load(path, allow_pickle=False)
        return found
    fitted = fit(config, parts, folder)
    model = load_fitted(fitted)
    encoder = WindowEncoder.from_file(fitted / "tokenizer.json", window=model.config.window)
    scores = torch_scores(model, encoder, parts["validation"])
    beside = path.with_suffix(".part.npy")
    np.save(beside, scores, allow_pickle=False)
    beside.replace(path)
    shutil.rmtree(folder)  # its checkpoints are large, and its scores are all that is asked of it
    return scores


def _judged(
    name: str,
    settings: dict[str, Any],
    scores: NDArray[np.float32],
    labels: NDArray[np.int64],
    folds: NDArray[np.int64],
    taxonomy: Taxonomy,
) -> Trial:
    found = validation_scores(scores, labels, taxonomy)
    by_fold = [
        validation_scores(scores[folds == fold], labels[folds == fold], taxonomy)["mean"]
        for fold in np.unique(folds)
    ]
    by_head = {head: found[head] for head in taxonomy.heads if head in found}
    return Trial(name, settings, found["mean"], by_head, tuple(by_fold))


def _sizes(documents: Sequence[LabelledDocument]) -> list[int]:
    return [len(document.segments) for document in documents]
