"""Heads fitted alone, on segment vectors that are computed once: minutes instead of an hour.

Each head begins as it was, where the model at the start has it, and departs from that only as far
as cross-validation over the training part says it pays (:mod:`training.penalised`).
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.special import log_softmax

from training.collate import MISSING, label_indices
from training.evaluate import head_score
from training.losses import class_weights
from training.penalised import Departure, Scale, departures
from training.vectors import segment_vectors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mot_nlp.encoding import WindowEncoder
    from mot_nlp.taxonomy import Taxonomy
    from training.config import HeadsConfig, LossConfig
    from training.corpus import LabelledDocument
    from training.model import MomentModel

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HeadsFit:
    """What came of fitting heads alone.

    Attributes:
        scores: Scores of the training segments by heads that had not seen them, (segments, width).
        penalties: What a departure from the start cost each head; None where it stayed as it was.
    """

    scores: NDArray[np.float64]
    penalties: dict[str, float | None]


def cached_vectors(
    model: MomentModel, documents: Sequence[LabelledDocument], encoder: WindowEncoder, folder: Path
) -> NDArray[np.float32]:
    """Vectors of all segments, (segments, hidden), from a file in ``folder`` if they are there.

    Args:
        model: Its encoder reads the documents.
        documents: Documents with segments.
        encoder: Cuts them into windows.
        folder: An existing folder; the file's name is a hash of all that the vectors depend on.
    """
    path = folder / f"vectors-{_content(model, documents, encoder)[:16]}.npy"
    size = sum(len(document.segments) for document in documents)
    if path.is_file():
        found: NDArray[np.float32] = np.load(path, allow_pickle=False)
        if found.shape == (size, model.heads.in_features):
            return found
    began = time.monotonic()
    vectors = segment_vectors(model, documents, windows=encoder)
    logger.info("read %d segments as vectors in %.0f s", size, time.monotonic() - began)
    beside = path.with_suffix(".part.npy")
    np.save(beside, vectors, allow_pickle=False)
    beside.replace(path)
    return vectors


def _content(
    model: MomentModel, documents: Sequence[LabelledDocument], encoder: WindowEncoder
) -> str:
    """Hash of the encoder's weights and of the windows that it reads."""
    digest = hashlib.sha256(repr(model.config.activation_limit).encode())
    for name, weights in sorted(model.encoder.state_dict().items()):
        digest.update(name.encode())
        digest.update(weights.cpu().numpy().tobytes())
    for windows in encoder.encode([d.text for d in documents], [d.segments for d in documents]):
        for window in windows:
            pieces = [(piece.segment, piece.start, piece.end) for piece in window.pieces]
            digest.update(json.dumps([window.ids, pieces]).encode())
    return digest.hexdigest()


def fit_heads(
    model: MomentModel,
    vectors: NDArray[np.float32],
    documents: Sequence[LabelledDocument],
    folds: NDArray[np.int64],
    carried: Collection[int],
    taxonomy: Taxonomy,
    loss: LossConfig,
    settings: HeadsConfig,
) -> HeadsFit:
    """Fit the heads of a model in place; its encoder stays as it is.

    Args:
        model: The model; rows of its heads that are not carried are emptied first.
        vectors: What its encoder makes of the segments, (segments, hidden).
        documents: Whose segments they are.
        folds: Fold of each document.
        carried: Rows of the heads that the model at the start knew.
        taxonomy: Labels.
        loss: Weights of labels, and smoothing.
        settings: Penalties to try.

    Returns:
        The scores across the folds, and which penalties were chosen.
    """
    _empty_others(model, carried)
    weight, bias = (part.detach().double().numpy().copy() for part in model.heads.parameters())
    scale = Scale.of(vectors)
    scaled, scores = scale.scaled(vectors), vectors @ weight.T + bias
    labels = np.array([label_indices(entry, taxonomy) for d in documents for entry in d.labels])
    owners = np.repeat(np.arange(len(documents)), [len(d.segments) for d in documents])
    penalties = dict[str, float | None]()
    for column, (name, part) in enumerate(taxonomy.slices().items()):
        known = set(range(part.start, part.stop)) <= {*carried}
        head = _Head(scaled, scores[:, part].copy(), labels[:, column], owners, folds, loss)
        fitted = _fit_head(head, settings.penalties, known=known)
        scores[:, part], penalties[name] = fitted.across, fitted.penalty
        if fitted.departure is not None:
            change = fitted.departure.unscaled(scale)
            weight[part] += change.weight
            bias[part] += change.bias
        logger.info("%s: %s", name, fitted.told)
    with torch.no_grad():
        model.heads.weight.copy_(torch.from_numpy(weight))
        model.heads.bias.copy_(torch.from_numpy(bias))
    return HeadsFit(scores, penalties)


class _Head:
    """What one head is fitted on.

    Args:
        vectors: Scaled vectors, (segments, hidden).
        before: Scores at the start, (segments, labels).
        gold: Label indices, (segments,), ``MISSING`` where not given.
        owners: Number of each segment's document, (segments,).
        folds: Fold of each document.
        loss: Weights of labels, and smoothing.
    """

    def __init__(
        self,
        vectors: NDArray[np.float64],
        before: NDArray[np.float64],
        gold: NDArray[np.int64],
        owners: NDArray[np.int64],
        folds: NDArray[np.int64],
        loss: LossConfig,
    ) -> None:
        self.vectors, self.before, self.gold = vectors, before, gold
        self.owners, self.folds = owners, folds[owners]
        self.given = gold != MISSING
        self.smoothing = loss.label_smoothing
        counts = np.bincount(gold[self.given], minlength=before.shape[1])
        self.weights = class_weights(
            counts, power=loss.class_weight_power, cap=loss.class_weight_cap
        )

    def walk(self, rows: NDArray[np.bool_], penalties: Sequence[float]) -> Iterator[Departure]:
        """Departures fitted on these of the segments, a penalty each."""
        own = rows & self.given
        return departures(
            self.vectors[own], self.before[own], self.gold[own],
            weights=self.weights, smoothing=self.smoothing, penalties=penalties,
        )  # fmt: skip

    def across(self, penalties: Sequence[float]) -> Iterator[NDArray[np.float64]]:
        """Scores of all segments by heads fitted on the other folds, a penalty each."""
        sides = [self.folds == fold for fold in np.unique(self.folds)]
        walks = [self.walk(~side, penalties) for side in sides]
        for found in zip(*walks, strict=True):
            scores = np.empty_like(self.before)
            for side, departure in zip(sides, found, strict=True):
                scores[side] = departure.scores(self.vectors[side], self.before[side])
            yield scores

    def losses(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weighted negative log likelihood of the given labels, summed over each document."""
        gold = self.gold[self.given]
        likely = log_softmax(scores[self.given], axis=1)[np.arange(len(gold)), gold]
        weights = -self.weights[gold] * likely
        return np.asarray(np.bincount(self.owners[self.given], weights=weights), np.float64)

    def macro_f1(self, scores: NDArray[np.float64]) -> float:
        """Macro-F1 over the given labels, 0 to 1."""
        return head_score(self.gold[self.given], scores[self.given].argmax(axis=1)).macro_f1


@dataclass(frozen=True, slots=True)
class _Fitted:
    """A head's departure (None: it stays), its penalty, scores across the folds, and words for it."""

    departure: Departure | None
    penalty: float | None
    across: NDArray[np.float64]
    told: str


def _fit_head(head: _Head, penalties: Sequence[float], *, known: bool) -> _Fitted:
    """Choose how far a head departs across the folds, then fit it on all of them."""
    if len(np.unique(head.folds[head.given])) < 2:
        return _Fitted(None, None, head.before, "hardly any label, left as it was")
    falling = sorted(penalties, reverse=True)
    tried: list[tuple[float | None, NDArray[np.float64]]] = [(None, head.before)] if known else []
    losses = [head.losses(scores) for _, scores in tried]
    for penalty, scores in zip(falling, head.across(falling), strict=False):
        tried.append((penalty, scores))
        losses.append(head.losses(scores))
        if _has_risen(losses):
            break
    chosen, across = tried[_least_departure(losses)]
    told = f"macro-F1 {head.macro_f1(across):.3f} across the folds"
    if known:
        told += f", {head.macro_f1(head.before):.3f} at the start"
    if chosen is None:
        return _Fitted(None, None, across, f"left as it was, {told}")
    everywhere = np.ones_like(head.given)
    *_, departure = head.walk(everywhere, falling[: falling.index(chosen) + 1])
    return _Fitted(departure, chosen, across, f"penalty {chosen:g}, {told}")


def _has_risen(losses: Sequence[NDArray[np.float64]]) -> bool:
    """Whether the least loss lies two penalties back, so that smaller ones need not be tried."""
    means = [loss.mean() for loss in losses]
    return len(means) - 1 - int(np.argmin(means)) >= 2


def _least_departure(losses: Sequence[NDArray[np.float64]]) -> int:
    """The first choice within a standard error of the best (Hastie et al. 2009, sec. 7.10).

    The error is that of the difference between the two, over documents: with few rows the best by a
    hair is best by chance, and to depart less is safer.

    Args:
        losses: For each choice its losses by document, those that depart least first.
    """
    best = losses[int(np.argmin([loss.mean() for loss in losses]))]
    excess = [loss - best for loss in losses]
    return next(
        number
        for number, more in enumerate(excess)
        if more.mean() <= more.std() / np.sqrt(len(more))
    )


def _empty_others(model: MomentModel, carried: Collection[int]) -> None:
    """Rows that nothing is known for begin at 0, where the penalty draws them to."""
    fresh = sorted({*range(model.heads.out_features)} - {*carried})
    with torch.no_grad():
        model.heads.weight[fresh] = 0
        model.heads.bias[fresh] = 0
