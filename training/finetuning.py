"""One fit of one model: every weight by the Trainer, or the heads alone."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors.torch import load_file
from transformers import TrainerState, set_seed
from transformers.trainer import TRAINER_STATE_NAME

from mot_nlp.encoding import WindowEncoder
from training.collate import examples, label_indices
from training.distil import start_scores, teacher_scores
from training.folds import OOF, OutOfFold, deal_folds
from training.heads_only import cached_vectors, fit_heads
from training.losses import MultiHeadLoss, stack_labels
from training.manifest import WEIGHTS
from training.model import MomentModel, carried_rows
from training.narrow import SAMPLE, narrow
from training.noise import roughened
from training.precision import repeatable
from training.progress import MEAN, ProgressLine
from training.rounding import round_inputs
from training.splitting import group_of
from training.start import tokenizer_of
from training.trainer import make_trainer, validation_scores, waited

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    from mot_nlp.taxonomy import Taxonomy
    from training.config import Config
    from training.corpus import LabelledDocument


logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """One model to fit.

    Attributes:
        config: What to fit and how, with all decided that was left open.
        parts: Documents by ``train`` and ``validation``.
        by: Key that groups documents; empty for each by itself.
        out: Existing folder for checkpoints, vectors and metrics.
        start: Folder of the encoder or model to start from.
        taxonomy: Labels.
        checkpoint: Where to go on from, if anywhere.
    """

    config: Config
    parts: Mapping[str, Sequence[LabelledDocument]]
    by: str
    out: Path
    start: Path
    taxonomy: Taxonomy
    checkpoint: Path | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted model, its tokenizer, and what to tell of the fit in ``run.json``."""

    model: MomentModel
    tokenizer: Tokenizer
    told: dict[str, Any]


def fit_once(task: Task) -> Fitted:
    """Fit one model, its heads alone or every weight."""
    config = task.config
    set_seed(config.fit.seed)
    model = MomentModel.from_encoder(task.start, task.taxonomy, config.model)
    tokenizer = tokenizer_of(task.start, model, config)
    window_encoder = WindowEncoder(tokenizer, window=model.config.window)
    if config.model.feed_forward:
        train = task.parts["train"]
        sample = train[:: max(1, len(train) // SAMPLE)]
        narrow(model, sample, window_encoder, config.model.feed_forward)
    fit = _fit_heads if config.fit.method == "heads" else _fit_all
    told = fit(task, model, window_encoder)
    return Fitted(model.eval(), tokenizer, told)


def _fit_all(task: Task, model: MomentModel, window_encoder: WindowEncoder) -> dict[str, Any]:
    """Fit every weight by the Trainer, in place."""
    config, parts, taxonomy = task.config, task.parts, task.taxonomy
    soft = _taught(task)
    if config.model.rounding:
        round_inputs(model)
    # Teachers have read the clean texts: what they said of those holds for the rough ones.
    rough = roughened(parts["train"], config.data.rough, seed=config.fit.seed)
    train = examples(rough, window_encoder, taxonomy, soft=soft)
    validation = examples(parts["validation"], window_encoder, taxonomy)
    loss = MultiHeadLoss(taxonomy, stack_labels(train["labels"]), config.loss, config.distil)
    progress = ProgressLine()
    trainer = make_trainer(
        config.fit, task.out, model, (train, validation), window_encoder.padding, loss, taxonomy,
        progress,
    )  # fmt: skip
    state = _rehomed(task.checkpoint) if task.checkpoint else None
    if state and config.fit.patience and waited(state.log_history) >= config.fit.patience:
        # It was killed between its last epoch and its end; the Trainer would fit another epoch.
        model.load_state_dict(load_file(Path(str(state.best_model_checkpoint)) / WEIGHTS))
    else:
        try:
            trainer.train(resume_from_checkpoint=str(task.checkpoint) if task.checkpoint else None)
        finally:
            progress.close()
        state = trainer.state
        if not any(MEAN in entry for entry in state.log_history):
            trainer.evaluate()  # it ended before its first epoch did
    log = [entry for entry in state.log_history if MEAN in entry]
    kept = log[-1]
    if config.fit.patience:
        kept = max(log, key=lambda entry: entry[MEAN])
        logger.info(
            "kept epoch %.3g of the %d fitted, the best on validation", kept["epoch"], len(log)
        )
    scores = {key.removeprefix("eval_"): kept[key] for key in kept if key.startswith("eval_")}
    names = (*taxonomy.heads, "core", "mean")
    return {
        "validation": {name: scores[name] for name in names if name in scores},
        "epoch": kept["epoch"],
        "resumed": task.checkpoint is not None,
        "log": log,
    }


def _taught(task: Task) -> list[NDArray[np.float32]] | None:
    """What teachers say of the training part, if there are any."""
    config, documents = task.config.distil, task.parts["train"]
    if config.teachers:
        return teacher_scores(list(map(Path, config.teachers)), documents, task.taxonomy)
    return start_scores(task.start, documents, task.taxonomy) if config.start else None


def _rehomed(checkpoint: Path) -> TrainerState:
    """A checkpoint's state, whose best checkpoint is where it is now: folders may be moved."""
    path = checkpoint / TRAINER_STATE_NAME
    state = TrainerState.load_from_json(str(path))
    if state.best_model_checkpoint:
        state.best_model_checkpoint = str(
            checkpoint.parent / Path(state.best_model_checkpoint).name
        )
        state.save_to_json(str(path))
    return state


def _fit_heads(task: Task, model: MomentModel, window_encoder: WindowEncoder) -> dict[str, Any]:
    """Fit the heads alone, in place; scores across the folds are written as ``oof.npz``."""
    config, taxonomy, documents = task.config, task.taxonomy, task.parts["train"]
    if config.fit.report_to:
        logger.warning(
            "heads alone are fitted in one go, so there is nothing to report to trackers"
        )
    folds = deal_folds(
        documents,
        [group_of(document, task.by) for document in documents],
        taxonomy,
        folds=config.heads.folds,
        seed=config.fit.seed,
    )
    vectors = cached_vectors(model, documents, window_encoder, task.out)
    carried = carried_rows(task.start, taxonomy)
    with repeatable(1):  # products this small are slower on more threads, by far
        fitted = fit_heads(
            model, vectors, documents, folds, carried, taxonomy, config.loss, config.heads
        )
    labels = _indices(documents, taxonomy)
    OutOfFold.of(documents, labels, fitted.scores, folds, taxonomy).write(task.out / OOF)
    held_out = task.parts["validation"]
    found = cached_vectors(model, held_out, window_encoder, task.out)
    with torch.inference_mode():
        scores = model.heads(torch.from_numpy(found)).numpy()
    return {
        "validation": validation_scores(scores, _indices(held_out, taxonomy), taxonomy),
        "across_folds": validation_scores(fitted.scores, labels, taxonomy),
        "penalties": fitted.penalties,
        "carried": len(carried),
    }


def _indices(documents: Sequence[LabelledDocument], taxonomy: Taxonomy) -> NDArray[np.int64]:
    return np.array([label_indices(labels, taxonomy) for d in documents for labels in d.labels])
