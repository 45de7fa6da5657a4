"""Labelled documents and predictions of a known quality, made without a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.records import Segment
from training.corpus import LabelledDocument
from training.evaluation.gold import GoldSet
from training.evaluation.predicting import Prediction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mot_nlp.taxonomy import Taxonomy


def documents(taxonomy: Taxonomy, count: int = 60, *, seed: int = 0, missing: float = 0.0):
    """Documents of one to six segments with labels drawn at random."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        texts = [f"Segment {place} of text {number}." for place in range(rng.integers(1, 7))]
        starts = np.cumsum([0, *(len(text) + 1 for text in texts)])
        labels = tuple(
            {
                name: str(rng.choice(head.labels))
                for name, head in taxonomy.heads.items()
                if rng.random() >= missing
            }
            for _ in texts
        )
        made.append(
            LabelledDocument(
                id=f"d{number}",
                source=("review", "social", "transcript")[number % 3],
                domain=("bank", "travel")[number % 2],
                origin="world",
                text=" ".join(texts),
                segments=tuple(
                    Segment(int(start), int(start) + len(text), 0)
                    for start, text in zip(starts, texts, strict=False)
                ),
                labels=labels,
            )
        )
    return made


def gold_set(taxonomy: Taxonomy, count: int = 60, *, seed: int = 0, missing: float = 0.0):
    """The documents as a gold set."""
    return GoldSet.of("world", documents(taxonomy, count, seed=seed, missing=missing))


def predicted(
    gold: GoldSet,
    taxonomy: Taxonomy,
    wrong: float | Mapping[str, float] = 0.2,
    *,
    seed: int = 1,
    sure: float = 0.0,
    where=None,
) -> Prediction:
    """Predictions that are wrong at a rate, and as sure as they are right.

    Args:
        gold: The documents.
        taxonomy: Their labels.
        wrong: Share of wrong labels, for all heads or by head.
        seed: Of the errors.
        sure: Added to an honest confidence.
        where: Segments (a mask) that are wrong half of the time instead.
    """
    rng = np.random.default_rng(seed)
    given = [labels for document in gold.documents for labels in document.labels]
    labels, confidences, probabilities = {}, {}, {}
    for name, head in taxonomy.heads.items():
        rate = wrong if isinstance(wrong, float) else wrong.get(name, 0.2)
        rates = np.where(where, 0.5, rate) if where is not None else np.full(len(given), rate)
        own = [entry.get(name, head.none) for entry in given]
        answers = np.array(
            [head.index(label if label in head.labels else head.none) for label in own]
        )
        shift = rng.integers(1, len(head.labels), len(given))
        found = np.where(rng.random(len(given)) < rates, answers + shift, answers)
        found %= len(head.labels)
        confidence = np.clip(1 - rates + sure, 0.51, 0.999)
        table = np.repeat((1 - confidence[:, None]) / (len(head.labels) - 1), len(head.labels), 1)
        table[np.arange(len(given)), found] = confidence
        labels[name] = np.array(head.labels)[found]
        confidences[name], probabilities[name] = confidence, table
    return Prediction(labels, confidences, probabilities)
