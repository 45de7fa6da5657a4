"""What went wrong, in words: frequent confusions, and the worst segments with their text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.data import Confused, Mistake, WrongLabel
from training.evaluation.excerpts import excerpt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from training.corpus import LabelledDocument
    from training.evaluation.gold import GoldSet
    from training.evaluation.predicting import Prediction

_LEAST_PROBABILITY = 1e-9
"""What a probability of 0 counts as, so that a surprise is finite."""


def most_confused(
    head: str, labels: Sequence[str], counts: NDArray[np.int64], *, most: int = 5
) -> tuple[Confused, ...]:
    """The most frequent confusions of one head.

    Args:
        head: Its name.
        labels: Its labels.
        counts: Confusion, (gold labels, predicted labels).
        most: How many to name.
    """
    wrong = counts * (1 - np.eye(len(labels), dtype=np.int64))
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    pairs = [divmod(int(place), len(labels)) for place in order]
    return tuple(
        Confused(head, labels[gold], labels[found], int(wrong[gold, found]), int(counts[gold].sum()))
        for gold, found in pairs
        if wrong[gold, found]
    )  # fmt: skip


def in_words(confused: Confused) -> str:
    """A confusion as a sentence's part.

    >>> in_words(Confused("stage", "decision", "post_purchase", 41, 120))
    'gold decision read as post_purchase: 41 of 120'
    """
    return f"gold {confused.gold} read as {confused.predicted}: {confused.n:,} of {confused.of:,}"


def worst(
    gold: GoldSet,
    answers: Mapping[str, NDArray[np.int64]],
    found: Mapping[str, NDArray[np.int64]],
    masks: Mapping[str, NDArray[np.bool_]],
    prediction: Prediction,
    *,
    most: int,
) -> tuple[Mistake, ...]:
    """The segments read wrong that the model was surest of.

    Surest is where it held the right labels for least likely: by the sum over the wrong heads of
    −log of the right label's probability. That weighs a wrong answer of two labels and one of
    fifteen alike, which the confidence of the wrong label would not.

    Args:
        gold: The documents.
        answers: Index of the gold label by head, each (segments,).
        found: Index of the predicted label.
        masks: Which segments count.
        prediction: Labels and probabilities.
        most: How many to return.
    """
    surprise = np.zeros(gold.segments)
    wrong = {}
    for head, mask in masks.items():
        known = ~np.isnan(prediction.confidences[head])
        wrong[head] = mask & known & (answers[head] != found[head])
        rows = np.flatnonzero(wrong[head])
        likely = prediction.probabilities[head][rows, answers[head][rows]]
        surprise[rows] -= np.log(np.maximum(likely, _LEAST_PROBABILITY))
    order = np.argsort(-surprise, kind="stable")[:most]
    places = [(document, place) for document in gold.documents for place in _places(document)]
    return tuple(
        Mistake(
            excerpt(document, document.segments[place]),
            _wrong_labels(document.labels[place], row, wrong, prediction),
            float(surprise[row]),
        )
        for row in order[surprise[order] > 0].tolist()
        for document, place in [places[row]]
    )


def _places(document: LabelledDocument) -> range:
    return range(len(document.segments))


def _wrong_labels(
    labels: Mapping[str, str],
    row: int,
    wrong: Mapping[str, NDArray[np.bool_]],
    prediction: Prediction,
) -> tuple[WrongLabel, ...]:
    found = [
        WrongLabel(
            head,
            labels[head],
            str(prediction.labels[head][row]),
            float(prediction.confidences[head][row]),
        )
        for head, mask in wrong.items()
        if mask[row]
    ]
    return tuple(sorted(found, key=lambda entry: -entry.confidence))
