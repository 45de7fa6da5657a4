"""Labelling in rounds, simulated: heads are fitted, ask for documents, get their labels, and begin again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mot_nlp.decoding import softmax
from training.collate import label_indices
from training.evaluate import quick_scores
from training.probe import fit_probe
from training.selection.judging import normalised_entropy, question_weights
from training.selection.likeness import text_vectors
from training.selection.strategies import TURNS, Field, pick, wanted_labels

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mot_nlp.taxonomy import Taxonomy
    from training.corpus import LabelledDocument
    from training.probe import Probe

RANDOM = "random"
STEP = 10
"""Documents a round, about 50 labelled segments."""
TEST = 400
FEW = 5
"""Examples without which hardly anything is learned of a label."""


@dataclass(frozen=True)
class World:
    """Labelled documents, of which a simulation may ask for the labels.

    Attributes:
        owners: Document of each segment, (segments,).
        vectors: Vectors of the segments, (segments, hidden).
        labels: Their label indices, (segments, heads).
        texts: Texts of documents as vectors, (documents, size).
        taxonomy: Labels.
    """

    owners: NDArray[np.int64]
    vectors: NDArray[np.float32]
    labels: NDArray[np.int64]
    texts: NDArray[np.float32]
    taxonomy: Taxonomy

    @classmethod
    def of(
        cls,
        documents: Sequence[LabelledDocument],
        vectors: NDArray[np.float32],
        taxonomy: Taxonomy,
    ) -> World:
        """The world of documents and vectors of their segments."""
        return cls(
            owners=np.repeat(np.arange(len(documents)), [len(d.segments) for d in documents]),
            vectors=vectors,
            labels=np.array([label_indices(e, taxonomy) for d in documents for e in d.labels]),
            texts=text_vectors((d.text for d in documents), seed=0),
            taxonomy=taxonomy,
        )

    def segments(self, documents: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which segments are of these documents, (segments,)."""
        return np.isin(self.owners, documents)

    def counts(self, documents: NDArray[np.int64]) -> NDArray[np.float64]:
        """Examples of each label in these documents, (width,)."""
        given = self.labels[self.segments(documents)]
        parts = self.taxonomy.slices().values()
        return np.concatenate(
            [
                np.bincount(given[:, column], minlength=part.stop - part.start)
                for column, part in enumerate(parts)
            ]
        ).astype(float)

    def fitted(self, documents: NDArray[np.int64]) -> Probe:
        """Heads that have the labels of these documents."""
        own = self.segments(documents)
        return fit_probe(self.vectors[own], self.labels[own], self.taxonomy)

    def macro_f1(self, probe: Probe, documents: NDArray[np.int64]) -> float:
        """Mean over heads of macro-F1 on these documents."""
        own = self.segments(documents)
        figures = quick_scores(probe.scores(self.vectors[own]), self.labels[own], self.taxonomy)
        return float(np.mean([figures[head] for head in self.taxonomy.heads]))


def chosen(
    world: World,
    probe: Probe,
    labelled: NDArray[np.int64],
    rest: NDArray[np.int64],
    strategy: str,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """The documents of ``rest`` that a strategy asks for next."""
    if strategy == RANDOM:
        return rng.choice(rest, min(STEP, len(rest)), replace=False)
    own, parts = world.segments(rest), world.taxonomy.slices()
    place = np.searchsorted(rest, world.owners[own])
    scores = probe.scores(world.vectors[own])
    tables = {head: softmax(scores[:, part]) for head, part in parts.items()}
    entropy = np.stack([normalised_entropy(table) for table in tables.values()], axis=1)
    doubt = entropy @ question_weights(list(parts))
    likely = np.zeros((len(rest), world.taxonomy.width), np.float32)
    np.maximum.at(likely, place, np.concatenate(list(tables.values()), axis=1).astype(np.float32))
    field = Field(
        doubt=np.bincount(place, doubt, len(rest)) / np.bincount(place, minlength=len(rest)),
        likely=likely,
        vectors=world.texts[rest],
        known=world.texts[labelled],
        wanted=wanted_labels(world.counts(labelled), world.taxonomy, list(parts)),
    )
    return rest[[found.place for found in pick(field, STEP, strategy, rng)]]


def course(world: World, strategy: str, *, rounds: int, seed: int) -> list[tuple[int, float, int]]:
    """Labelled segments, macro-F1, and labels with few examples, after each round of one simulation.

    Documents to test on and the first ``STEP`` labelled ones are the same for all strategies of a seed.
    """
    order = np.random.default_rng(seed).permutation(world.owners[-1] + 1)
    test, labelled, rest = order[:TEST], order[TEST : TEST + STEP], np.sort(order[TEST + STEP :])
    rng = np.random.default_rng(seed)
    points = []
    for _ in range(rounds + 1):
        probe = world.fitted(labelled)
        few = int((world.counts(labelled) < FEW).sum())
        points.append((int(world.segments(labelled).sum()), world.macro_f1(probe, test), few))
        new = chosen(world, probe, labelled, rest, strategy, rng)
        labelled, rest = np.concatenate([labelled, new]), np.setdiff1d(rest, new)
    return points


def kept_course(
    world: World, strategy: str, *, rounds: int, seed: int, cache: Path
) -> list[tuple[int, float, int]]:
    """:func:`course`, from a file in ``cache`` where it was run before."""
    digest = hashlib.sha256(world.vectors.tobytes() + world.labels.tobytes()).hexdigest()
    path = cache / f"{digest[:16]}-{STEP}-{TEST}-{rounds}-{strategy}-{seed}.json"
    if not path.is_file():
        points = course(world, strategy, rounds=rounds, seed=seed)
        cache.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(points) + "\n", encoding="utf-8")
    return [(labels, figure, few) for labels, figure, few in json.loads(path.read_text("utf-8"))]


def simulate(world: World, *, rounds: int, seeds: int, cache: Path) -> pd.DataFrame:
    """Columns ``strategy, seed, round, segments, macro_f1, few``, the labels with few examples."""
    return pd.DataFrame(
        [
            (strategy, seed, number, *point)
            for seed in range(seeds)
            for strategy in (RANDOM, *TURNS)
            for number, point in enumerate(
                kept_course(world, strategy, rounds=rounds, seed=seed, cache=cache)
            )
        ],
        columns=["strategy", "seed", "round", "segments", "macro_f1", "few"],
    )
