"""Precision, recall and F1 of sums: what a head's counts add up to, replicate by replicate.

A head's table has three columns a label: segments right, segments of the gold, segments predicted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from training.evaluate import CORE

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from numpy.typing import NDArray

    from mot_nlp.taxonomy import Taxonomy

WIDTH = 3
"""Columns a label."""

ELSEWHERE = -1
"""Index of a label that is not among those asked about."""


def counted(
    gold: Mapping[str, NDArray[np.str_]], taxonomy: Taxonomy
) -> dict[str, NDArray[np.bool_]]:
    """Which segments count for a head: those that bear its label, (segments,).

    Sentiment counts where the gold holds a moment, as in ``training.evaluate.score_labels``.

    Args:
        gold: Labels by head, each (segments,), ``""`` where not given.
        taxonomy: Tells which moment stands for none.
    """
    masks = {head: labels != "" for head, labels in gold.items()}
    if "sentiment" in masks and "moment" in gold:
        masks["sentiment"] &= gold["moment"] != taxonomy.heads["moment"].none
    return masks


def indices(values: NDArray[np.str_], labels: Sequence[str]) -> NDArray[np.int64]:
    """Position of each value among the labels, ``ELSEWHERE`` where it is none of them.

    >>> indices(np.array(["b", "x", "a"]), ["a", "b"]).tolist()
    [1, -1, 0]
    """
    place = {label: number for number, label in enumerate(labels)}
    return np.array([place.get(str(value), ELSEWHERE) for value in values], np.int64)


def entries(
    documents: NDArray[np.int64], gold: NDArray[np.int64], predicted: NDArray[np.int64], labels: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Entries of a head's table, for ``Tally.add``.

    Args:
        documents: Document of each segment that counts, (n,).
        gold: Index of its right label, (n,).
        predicted: Index of its predicted label, (n,); ``ELSEWHERE`` counts as wrong and for none.
        labels: Number of labels.
    """
    right = gold == predicted
    known = predicted != ELSEWHERE
    return [
        (documents[right], gold[right]),
        (documents, gold + labels),
        (documents[known], predicted[known] + 2 * labels),
    ]


def has_core(heads: Container[str]) -> bool:
    """Whether stage, moment and sentiment are all among the heads."""
    return all(head in heads for head in CORE)


def exact_entries(
    documents: NDArray[np.int64],
    gold: Mapping[str, NDArray[np.int64]],
    predicted: Mapping[str, NDArray[np.int64]],
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Entries of a table of two columns: segments that bear all three core labels, those all right.

    Args:
        documents: Document of each segment, (segments,).
        gold: Index of the right label by head, each (segments,); ``ELSEWHERE`` where not given.
        predicted: Index of the predicted label by head.
    """
    given = np.logical_and.reduce([gold[head] != ELSEWHERE for head in CORE])
    right = given & np.logical_and.reduce([gold[head] == predicted[head] for head in CORE])
    zeros = np.zeros(len(documents), np.int64)
    return [(documents[given], zeros[given]), (documents[right], zeros[right] + 1)]


def rates(sums: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """``precision``, ``recall`` and ``f1`` of each label, each (..., labels).

    NaN where the gold has no segment of the label; precision is 0 where nothing was predicted as
    it, as scikit-learn's ``zero_division=0``.

    Args:
        sums: Sums of a head's table, (..., 3 * labels).
    """
    right, gold, predicted = np.split(sums, WIDTH, axis=-1)
    occurs = gold > 0
    return {
        "precision": np.where(occurs, _ratio(right, predicted), np.nan),
        "recall": np.where(occurs, _ratio(right, gold), np.nan),
        "f1": np.where(occurs, _ratio(2 * right, gold + predicted), np.nan),
    }


def macro_f1(
    sums: NDArray[np.float64], among: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Mean F1 over the labels that occur in the gold, (...,); NaN where none does.

    Args:
        sums: Sums of a head's table, (..., 3 * labels).
        among: Labels to take the mean over, (labels,); all if None.
    """
    f1 = rates(sums)["f1"]
    return mean_known(f1 if among is None else f1[..., among])


def accuracy(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of segments that are right, (...,); NaN where there are none."""
    right, gold, _ = np.split(sums, WIDTH, axis=-1)
    return share(right.sum(axis=-1), gold.sum(axis=-1))


def core_mean(by_head: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Mean macro-F1 of stage, moment and sentiment, (...,); NaN where one of them is missing."""
    if not has_core(by_head):
        return np.full_like(next(iter(by_head.values())), np.nan)
    mean: NDArray[np.float64] = np.mean([by_head[head] for head in CORE], axis=0)
    return mean


def mean_known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean along the last axis of what is not NaN; NaN where all is."""
    known = ~np.isnan(values)
    return share(np.where(known, values, 0.0).sum(axis=-1), known.sum(axis=-1))


def share(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    """``part / whole``, NaN where the whole is 0."""
    return np.where(np.asarray(whole) > 0, _ratio(part, whole), np.nan)


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    ratio: NDArray[np.float64] = np.asarray(part) / np.maximum(whole, 1)
    return ratio
