"""Likely label errors: labels that a model which never saw them finds hard to believe.

Documents are dealt into folds; each fold is scored by a model fitted on the others: a whole model
(:func:`cross_scores`, hours) or heads on vectors of an encoder that stays as it is
(:func:`quick_scores`, a minute for 800 segments). cleanlab then ranks every label by how far the
scores speak against it (confident learning, Northcutt et al. 2021). What comes out is a list to
read, not a list of corrections: where people and model differ, either may be right.
"""

from __future__ import annotations

import hashlib
import logging
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mot_nlp.decoding import softmax
from mot_nlp.encoding import WindowEncoder
from mot_nlp.errors import InputError
from training.checkpoint import load_fitted
from training.collate import MISSING, label_indices
from training.evaluate import torch_scores
from training.fit import fit_splits
from training.probe import fit_probe
from training.vectors import check_unlearned

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mot_nlp.taxonomy import Taxonomy
    from training.config import Config
    from training.corpus import LabelledDocument

logger = logging.getLogger(__name__)

WARY = 0.003
"""How far quick probes follow the labels, less than probes that predict: they must not learn the
errors. Of 0.0003 to 0.1 it found most (benchmarks/results/flipped.md); weights for rare labels would
make the probabilities, which the ranking rests on, untrue."""

SUSPECT_COLUMNS = (
    "id", "segment", "start", "end", "text", "origin", "head", "given", "suggested",
    "given_probability", "suggested_probability", "quality", "issue",
)  # fmt: skip


def fold_of(document: LabelledDocument, folds: int) -> int:
    """Fold of a document, by its id alone, so that new documents move no old one."""
    return int(hashlib.sha256(f"fold {document.id}".encode()).hexdigest(), 16) % folds


def cross_scores(
    config: Config,
    documents: Sequence[LabelledDocument],
    out: Path,
    taxonomy: Taxonomy,
    *,
    folds: int,
) -> list[NDArray[np.float32]]:
    """Scores of every document's segments by a model that was not fitted on it.

    Args:
        config: How each model is fitted.
        documents: Labelled documents.
        out: Folder for the fits; an interrupted one goes on.
        taxonomy: Labels.
        folds: Number of models, 2 or more.

    Returns:
        For each document, (segments, width).

    Raises:
        InputError: The configuration starts from or learns from a fitted model, which may know the
            documents, or reads segments alone; or a fold would be empty.
    """  # fmt: skip
    check_fair(config)
    sides = _sides(documents, folds)
    scores: list[NDArray[np.float32]] = [np.empty((0, taxonomy.width), np.float32)] * len(documents)
    for fold in range(folds):
        own = [number for number, side in enumerate(sides) if side == fold]
        held = [documents[number] for number in own]
        rest = [d for d, side in zip(documents, sides, strict=True) if side != fold]
        logger.info("fold %d of %d: fitting on %d documents", fold + 1, folds, len(rest))
        fitted = fit_splits(config, {"train": rest, "validation": held}, out / f"fold-{fold + 1}")
        model = load_fitted(fitted)
        encoder = WindowEncoder.from_file(fitted / "tokenizer.json", window=model.config.window)
        found = torch_scores(model, encoder, held)
        ends = np.cumsum([len(d.segments) for d in held])[:-1]
        for number, rows in zip(own, np.split(found, ends), strict=True):
            scores[number] = rows
    return scores


def quick_scores(
    vectors: NDArray[np.float32],
    documents: Sequence[LabelledDocument],
    taxonomy: Taxonomy,
    *,
    folds: int,
) -> list[NDArray[np.float32]]:
    """Scores of every document's segments by heads that were not fitted on it.

    Args:
        vectors: Vectors of all segments, (segments, hidden), as
            :func:`training.vectors.segment_vectors` gives them, of an encoder that has not learned
            these labels.
        documents: Labelled documents.
        taxonomy: Labels.
        folds: Number of probes, 2 or more.

    Returns:
        For each document, (segments, width).

    Raises:
        InputError: A fold would be empty, or there are not as many vectors as segments.
    """
    sizes = [len(document.segments) for document in documents]
    if len(vectors) != sum(sizes):
        raise InputError(f"{len(vectors)} vectors do not go with {sum(sizes)} segments")
    side = np.repeat(_sides(documents, folds), sizes)
    labels = np.array([label_indices(entry, taxonomy) for d in documents for entry in d.labels])
    scores = np.empty((len(vectors), taxonomy.width), np.float32)
    for fold in range(folds):
        held = side == fold
        probe = fit_probe(vectors[~held], labels[~held], taxonomy, strength=WARY, balance=0.0)
        scores[held] = probe.scores(vectors[held])
    return np.split(scores, np.cumsum(sizes)[:-1])


def _sides(documents: Sequence[LabelledDocument], folds: int) -> list[int]:
    """Fold of each document.

    Raises:
        InputError: A fold would be empty.
    """
    sides = [fold_of(document, folds) for document in documents]
    if len({*sides}) < folds:
        raise InputError(
            f"{len(documents)} documents are too few for {folds} folds; take fewer folds, or audit "
            "when more are labelled"
        )
    return sides


def check_fair(config: Config) -> None:
    """Refuse to audit with a model that may know the documents: it would believe their errors.

    Raises:
        InputError: The configuration starts from or learns from a fitted model, or reads segments
            alone.
    """
    check_unlearned(config.model.encoder)
    if config.distil.teachers:
        raise InputError(
            "an audit needs models that have not seen the documents, and teachers may have; name a "
            "configuration without teachers, as training/configs/default.toml"
        )
    if not config.data.context:
        raise InputError("an audit scores segments in context; set data.context = true")


def suspects(
    documents: Sequence[LabelledDocument],
    scores: Sequence[NDArray[np.float32]],
    taxonomy: Taxonomy,
) -> pd.DataFrame:
    """Every given label, the least believable first.

    Args:
        documents: Labelled documents.
        scores: Scores of each document's segments by a model that did not learn from it.
        taxonomy: Labels.

    Returns:
        A row a segment and head in ``SUSPECT_COLUMNS``, without heads whose labels are all alike, as
        nothing speaks for another one: ``quality`` is cleanlab's normalized
        margin (0: surely wrong, 1: surely right), ``issue`` whether confident learning counts it
        among the errors.

    Raises:
        InputError: No head has two different labels.
    """
    from cleanlab.rank import get_label_quality_scores

    rows = _segments(documents)
    flat = np.concatenate(list(scores))
    labels = np.array([label_indices(entry, taxonomy) for d in documents for entry in d.labels])
    tables = []
    for column, (name, part) in enumerate(taxonomy.slices().items()):
        given = np.flatnonzero(labels[:, column] != MISSING)
        gold, likely = labels[given, column], softmax(flat[given, part])
        if len(np.unique(gold)) < 2:
            continue
        names = np.array(taxonomy.heads[name].labels)
        best = likely.argmax(axis=1)
        found = rows.iloc[given].assign(
            head=name,
            given=names[gold],
            suggested=names[best],
            given_probability=np.take_along_axis(likely, gold[:, None], axis=1)[:, 0].round(4),
            suggested_probability=likely.max(axis=1).round(4),
            quality=get_label_quality_scores(gold, likely, method="normalized_margin").round(4),
            issue=_issues(gold, likely),
        )
        tables.append(found)
    if not tables:
        raise InputError(
            "no head has two different labels, so that none can be told from another; audit rows with "
            "more of the labels"
        )
    return pd.concat(tables).sort_values("quality", kind="stable")[list(SUSPECT_COLUMNS)]


def _issues(gold: NDArray[np.int64], likely: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Labels that confident learning counts among the errors."""
    from cleanlab.filter import find_label_issues

    with warnings.catch_warnings():
        # Labels with hardly any example cannot be judged; that is no news to whoever counts them.
        warnings.filterwarnings("ignore", message="May not flag all label issues")
        issues: NDArray[np.bool_] = find_label_issues(gold, likely, filter_by="both", n_jobs=1)
    return issues


def by_origin(suspects: pd.DataFrame) -> pd.DataFrame:
    """Where labels are believed least: a row an origin and head, the least agreement first.

    Args:
        suspects: What :func:`suspects` returned.

    Returns:
        Columns ``origin, head, labels, agreement`` (share of labels that the model would give too)
        and ``issues`` (share that confident learning counts among the errors).
    """
    marked = suspects.assign(agreement=suspects["given"] == suspects["suggested"])
    table = marked.groupby(["origin", "head"], as_index=False).agg(
        labels=("given", "size"), agreement=("agreement", "mean"), issues=("issue", "mean")
    )
    return table.sort_values("agreement", kind="stable").round(4)


def _segments(documents: Sequence[LabelledDocument]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "id": d.id,
                "segment": number,
                "start": segment.start,
                "end": segment.end,
                "text": d.text[segment.start : segment.end],
                "origin": d.origin,
            }
            for d in documents
            for number, segment in enumerate(d.segments, 1)
        ]
    )
