"""Documents dealt into folds, and the scores that each got from models which had not seen it."""

from __future__ import annotations

import json
import logging
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from mot_nlp.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mot_nlp.taxonomy import Taxonomy
    from training.corpus import LabelledDocument

logger = logging.getLogger(__name__)

OOF = "oof.npz"


def deal_folds(
    documents: Sequence[LabelledDocument],
    groups: Sequence[str],
    taxonomy: Taxonomy,
    *,
    folds: int,
    seed: int,
) -> NDArray[np.int64]:
    """Fold of each document: groups stay together, and labels are spread as evenly as that allows.

    Args:
        documents: Labelled documents.
        groups: Name of each one's group.
        taxonomy: Heads; a segment counts by its label of the first that has one.
        folds: Folds to deal; as many as there are groups where those are fewer.
        seed: Decides between equal ways.

    Raises:
        InputError: There are fewer than two groups.
    """
    found = len(set(groups))
    if found < 2:
        raise InputError(
            f"{len(documents):,} documents are {found} group, which cannot be dealt into folds; "
            "label more documents or group by another key"
        )
    if found < folds:
        logger.warning("only %d groups, so %d folds instead of %d", found, found, folds)
    dealer = StratifiedGroupKFold(min(folds, found), shuffle=True, random_state=seed)
    sizes = [len(document.segments) for document in documents]
    owners = np.repeat(np.arange(len(documents)), sizes)
    kinds = _kinds(documents, taxonomy, least=dealer.n_splits)
    out = np.zeros(len(documents), dtype=np.int64)
    splits = dealer.split(np.zeros(len(owners)), kinds, np.repeat(np.array(groups), sizes))
    for fold, (_, held_out) in enumerate(splits):
        out[owners[held_out]] = fold
    return out


def _kinds(
    documents: Sequence[LabelledDocument], taxonomy: Taxonomy, *, least: int
) -> NDArray[np.str_]:
    """What each segment counts as; labels too rare for every fold count as the commonest."""
    kinds = [
        next((f"{head} {labels[head]}" for head in taxonomy.heads if head in labels), "")
        for document in documents
        for labels in document.labels
    ]
    counts = Counter(kinds)
    [(common, _)] = counts.most_common(1)
    return np.array([kind if counts[kind] >= least else common for kind in kinds])


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """Scores of segments by models that had not seen their document.

    Attributes:
        scores: Raw scores, (segments, width).
        labels: Label indices, (segments, heads), ``MISSING`` where not given.
        documents: Id of each segment's document.
        segments: Number of each segment in its document, from 1.
        folds: Fold of each segment.
        heads: Labels of each head, in output order.
    """

    scores: NDArray[np.float32]
    labels: NDArray[np.int64]
    documents: NDArray[np.str_]
    segments: NDArray[np.int64]
    folds: NDArray[np.int64]
    heads: Mapping[str, Sequence[str]]

    @classmethod
    def of(
        cls,
        documents: Sequence[LabelledDocument],
        labels: NDArray[np.int64],
        scores: NDArray[np.floating],
        folds: NDArray[np.int64],
        taxonomy: Taxonomy,
    ) -> OutOfFold:
        """Scores of documents, (segments, width), with the fold of each document."""
        sizes = [len(document.segments) for document in documents]
        return cls(
            scores=scores.astype(np.float32),
            labels=labels,
            documents=np.repeat(np.array([document.id for document in documents]), sizes),
            segments=np.concatenate([np.arange(1, size + 1) for size in sizes]),
            folds=np.repeat(folds, sizes),
            heads={name: list(head.labels) for name, head in taxonomy.heads.items()},
        )

    def write(self, path: Path) -> None:
        """Write them, without pickle; whole or not at all."""
        beside = path.with_name(f"{path.stem}.part.npz")
        np.savez_compressed(
            beside, scores=self.scores, labels=self.labels, documents=self.documents,
            segments=self.segments, folds=self.folds, heads=np.array(json.dumps(self.heads)),
        )  # fmt: skip
        beside.replace(path)

    @classmethod
    def read(cls, path: Path) -> OutOfFold:
        """Read what :meth:`write` wrote.

        Raises:
            InputError: There is no such file, or it holds something else.
        """
        try:
            with np.load(path, allow_pickle=False) as table:
                held = {name: table[name] for name in table.files}
            return cls(**held | {"heads": json.loads(str(held["heads"]))})
        except FileNotFoundError:
            raise InputError(
                f"no out-of-fold scores at {path}; fit with the preset quick or thorough"
            ) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path} holds no out-of-fold scores ({error}); fit again") from error
