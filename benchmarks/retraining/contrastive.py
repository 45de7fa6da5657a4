"""SetFit on the same rows: for each head the encoder tuned on pairs of segments, then a logistic head.

By default SetFit (Tunstall et al. 2022) learns from all pairs of rows, which are over 320,000 of 800
rows or 20,000 steps a head: hours on a processor. Here ``STEPS`` bound it, the same at every size:
about four minutes a head on one core. The paper's own bound, 20 rounds, is 40 pairs a row: no more
than ``STEPS`` of 100 rows, but nearly seven times them of 800.
"""

from __future__ import annotations

import importlib.util
import logging
import time
from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression

from benchmarks.retraining.tasks import Answer
from mot_nlp.errors import InputError
from mot_nlp.taxonomy import read_taxonomy
from training.checkpoint import resolve_encoder
from training.corpus import each_alone
from training.evaluate import gold_arrays

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from setfit import SetFitModel

    from benchmarks.retraining.tasks import Task

PLAIN, BALANCED = "setfit", "setfit-balanced"
STEPS = 300
"""Steps a head."""

BATCH = 16
"""Pairs a step."""

_MOST_ITERATIONS = 1000


def check_installed() -> None:
    """Make sure that SetFit can be imported, before hours of other fits.

    Raises:
        InputError: It is not installed.
    """
    if importlib.util.find_spec("setfit") is None:
        raise InputError(
            "setfit is not installed; pip install setfit==1.2.0, or leave it out with "
            "--systems ours,unretrained"
        )


def setfit(task: Task, *, steps: int = STEPS) -> dict[str, Answer]:
    """One SetFit model a head; segments are read alone, as SetFit reads texts.

    Args:
        task: What to learn and to label.
        steps: Steps a head.

    Returns:
        ``setfit``, with the logistic head that SetFit fits, and ``setfit-balanced``, with one on the
        same tuned encoder that weighs labels by their rarity, as macro-F1 does. The time of the
        tuning counts for both.
    """
    taxonomy = read_taxonomy(task.taxonomy)
    rows, test = each_alone(task.rows), each_alone(task.test)
    gold, asked = gold_arrays(rows, taxonomy), [document.text for document in test]
    found: dict[str, dict[str, NDArray[np.str_]]] = {PLAIN: {}, BALANCED: {}}
    seconds = {PLAIN: 0.0, BALANCED: 0.0}
    for head, entry in taxonomy.heads.items():
        given = np.flatnonzero(gold[head] != "")
        labels, texts = gold[head][given].tolist(), [rows[number].text for number in given]
        if len(set(labels)) < 2:  # nothing to tell apart
            only = labels[0] if labels else entry.none
            found[PLAIN][head] = found[BALANCED][head] = np.full(len(asked), only)
            continue
        start = time.perf_counter()
        model = _trained(texts, labels, task, steps)
        seconds[PLAIN] += time.perf_counter() - start
        balanced = LogisticRegression(class_weight="balanced", max_iter=_MOST_ITERATIONS)
        balanced.fit(model.encode(texts, show_progress_bar=False), labels)
        seconds[BALANCED] += time.perf_counter() - start
        vectors = model.encode(asked, show_progress_bar=False)
        found[PLAIN][head] = model.model_head.predict(vectors)
        found[BALANCED][head] = balanced.predict(vectors)
    return {name: Answer(found[name], seconds[name]) for name in found}


def _trained(texts: Sequence[str], labels: Sequence[str], task: Task, steps: int) -> SetFitModel:
    """A SetFit model of one head, its encoder tuned and its logistic head fitted."""
    from datasets import Dataset
    from sentence_transformers import SentenceTransformer
    from setfit import SetFitModel, Trainer, TrainingArguments
    from transformers import ProgressCallback

    logging.getLogger("setfit").setLevel(logging.WARNING)  # its import sets it lower
    body = SentenceTransformer(str(resolve_encoder(task.encoder)), device="cpu")
    model = SetFitModel(body, LogisticRegression(max_iter=_MOST_ITERATIONS))
    trainer = Trainer(
        model,
        TrainingArguments(
            output_dir=str(task.scratch),
            num_epochs=1,
            batch_size=BATCH,
            max_steps=steps,
            seed=task.seed,
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            show_progress_bar=False,
        ),
        train_dataset=Dataset.from_dict({"text": list(texts), "label": list(labels)}),
    )
    trainer.remove_callback(ProgressCallback)
    trainer.st_trainer.args.dataloader_pin_memory = False  # it would warn on a processor
    trainer.train()
    return model
