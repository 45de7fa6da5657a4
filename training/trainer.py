"""The transformers Trainer as this project sets it up: seeded, resumable, stopping when it is time."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from transformers import EarlyStoppingCallback, PrinterCallback, TrainingArguments

from mot_nlp.errors import InputError
from mot_nlp.taxonomy import question_of
from training.collate import Collator
from training.evaluate import quick_scores
from training.optimizer import optimizer
from training.progress import MEAN, MetricsFile, ProgressLine
from training.repeatable import RepeatableTrainer, StepSeed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from datasets import Dataset
    from numpy.typing import NDArray
    from transformers import TrainerCallback, TrainerControl, TrainerState

    from mot_nlp.taxonomy import Taxonomy
    from training.config import FitConfig
    from training.losses import MultiHeadLoss
    from training.model import MomentModel

_LOGGED = 10
"""Steps between entries of loss and rate."""


def check_trackers(names: Iterable[str]) -> None:
    """Check that trackers are installed, before any work is done.

    Raises:
        InputError: One is not.
    """
    for name in names:
        if find_spec(name) is None:
            raise InputError(f"{name} is not installed; pip install {name}, or leave it out")


def make_trainer(
    settings: FitConfig,
    out: Path,
    model: MomentModel,
    data: tuple[Dataset, Dataset],
    padding: int,
    loss: MultiHeadLoss,
    taxonomy: Taxonomy,
    progress: ProgressLine,
) -> RepeatableTrainer:
    """A Trainer that writes its checkpoints and ``metrics.jsonl`` to ``out``.

    Args:
        settings: How to fit, with precision and threads decided.
        out: Folder of the fit.
        model: What is fitted.
        data: Examples of train and validation.
        padding: Id of the padding token.
        loss: What counts as wrong.
        taxonomy: Labels.
        progress: Shows how far it is.
    """
    trainer = RepeatableTrainer(
        model=model,
        args=_arguments(settings, out),
        train_dataset=data[0],
        eval_dataset=data[1],
        data_collator=Collator(padding),
        compute_loss_func=loss,
        compute_metrics=lambda given: validation_scores(
            np.asarray(given.predictions), np.asarray(given.label_ids), taxonomy
        ),
        callbacks=_callbacks(settings, out, progress),
        optimizers=(optimizer(model, settings), None),
    )
    trainer.remove_callback(PrinterCallback)  # ProgressLine speaks in its place
    return trainer


def _arguments(settings: FitConfig, out: Path) -> TrainingArguments:
    keeps_best = settings.patience > 0
    return TrainingArguments(
        output_dir=str(out),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        warmup_steps=settings.warmup,
        weight_decay=settings.weight_decay,
        lr_scheduler_type="linear",
        seed=settings.seed,
        data_seed=settings.seed,
        bf16=settings.precision == "bf16",
        use_cpu=not torch.cuda.is_available(),
        remove_unused_columns=False,
        label_names=["labels"],
        eval_strategy="epoch",
        # To keep the best epoch, every epoch has to be on disk when it is judged.
        save_strategy="epoch" if keeps_best else "steps",
        save_steps=settings.save_steps,
        save_total_limit=2,
        load_best_model_at_end=keeps_best,
        metric_for_best_model=MEAN if keeps_best else None,
        greater_is_better=True if keeps_best else None,
        logging_steps=_LOGGED,
        report_to=list(settings.report_to),
        dataloader_pin_memory=torch.cuda.is_available(),
        disable_tqdm=True,
    )


def _callbacks(settings: FitConfig, out: Path, progress: ProgressLine) -> list[TrainerCallback]:
    callbacks: list[TrainerCallback] = [StepSeed(), MetricsFile(out), progress]
    return [*callbacks, Patience(settings.patience)] if settings.patience else callbacks


class Patience(EarlyStoppingCallback):
    """Stops when validation has not got better for some epochs, also over a restart."""

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **rest: object
    ) -> None:
        """Take up the waiting where an interrupted fit left it."""
        super().on_train_begin(args, state, control, **rest)
        self.early_stopping_patience_counter = waited(state.log_history)


def waited(log: Sequence[Mapping[str, Any]]) -> int:
    """Evaluations since the best one.

    Args:
        log: Entries of the Trainer, some of them evaluations.

    >>> waited([{"eval_mean": 0.4}, {"loss": 1.0}, {"eval_mean": 0.6}, {"eval_mean": 0.6}])
    1
    """
    found = [entry[MEAN] for entry in log if MEAN in entry]
    return len(found) - 1 - int(np.argmax(found)) if found else 0


def validation_scores(
    logits: NDArray[np.floating], labels: NDArray[np.int64], taxonomy: Taxonomy
) -> dict[str, float]:
    """Macro-F1 of each head that has labels, and their ``mean``: what a fit is judged by.

    The heads of a question of several labels count as one in the mean.

    Args:
        logits: Scores, (segments, width).
        labels: Label indices, (segments, heads), ``MISSING`` where not given.
        taxonomy: Heads and where their scores stand.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Mean of empty slice|invalid value")
        scores = quick_scores(logits, labels, taxonomy)
    scores = {name: score for name, score in scores.items() if not np.isnan(score)}
    by_question: dict[str, list[float]] = {}
    for head in taxonomy.heads:
        if head in scores:
            by_question.setdefault(question_of(head), []).append(scores[head])
    means = [float(np.mean(own)) for own in by_question.values()]
    return scores | {"mean": round(float(np.mean(means)), 4) if means else 0.0}
