"""Macro-F1 against the number of labels: heads fitted to nested parts, scored on one fixed part.

Documents of one group, as an author, are never on both sides. In each repeat the groups that are
learned from come in another order, and each part holds the one before it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.errors import InputError
from training.collate import MISSING, label_indices
from training.evaluate import gold_arrays
from training.evaluation.scoring import WIDTH, counted, entries, macro_f1
from training.evaluation.tallies import Tally
from training.probe import fit_probe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mot_nlp.taxonomy import Taxonomy
    from training.corpus import LabelledDocument

HELD_OUT = 0.25
"""Share of the segments that the curve is measured on and that nothing learns from."""

SIZES = 7
REPEATS = 5
LEAST_SEGMENTS = 100
"""Labelled segments without which there is no curve to speak of."""

_SMALLEST = 16
"""The smallest part has this share of the labels, or ``_LEAST_PART`` segments."""

_LEAST_PART = 20


@dataclass(frozen=True, slots=True)
class Points:
    """What was measured of one head.

    Attributes:
        labels: Labels of the head that were learned from, (repeats, sizes).
        macro_f1: Figures on the part held out, (repeats, sizes).
        draws: The same on documents of that part drawn anew, (draws, repeats, sizes).
        held_out: Labels of the head there.
        total: Labels of the head in all that was given.
    """

    labels: NDArray[np.float64]
    macro_f1: NDArray[np.float64]
    draws: NDArray[np.float64]
    held_out: int
    total: int


def measure(
    documents: Sequence[LabelledDocument],
    vectors: NDArray[np.float32],
    groups: Sequence[str],
    taxonomy: Taxonomy,
    *,
    repeats: int = REPEATS,
    sizes: int = SIZES,
    draws: int = 200,
    seed: int = 13,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, Points]:
    """Measure the curve of every head that has two different labels or more held out.

    Args:
        documents: Labelled documents.
        vectors: Vectors of all their segments, (segments, hidden).
        groups: Group of each document.
        taxonomy: Labels.
        repeats: Orders in which the groups join, 2 or more.
        sizes: Parts of each order.
        draws: Bootstrap replicates of the documents held out.
        seed: Of the orders and draws, and of which groups are held out.
        on_progress: Called with fits done and fits in all.

    Raises:
        InputError: There are too few segments or groups, or no head has two different labels held out.
    """
    lengths = np.array([len(document.segments) for document in documents])
    held = _held_out(groups, lengths, seed)
    _check(lengths, held, groups)
    owners = np.repeat(np.arange(len(documents)), lengths)
    labels = np.array([label_indices(entry, taxonomy) for d in documents for entry in d.labels])
    test = _Test([document for document, out in zip(documents, held, strict=True) if out], taxonomy)
    rng = np.random.default_rng(seed)
    learned: dict[str, list[list[int]]] = {head: [] for head in test.masks}
    for repeat in range(repeats):
        parts = _nested(groups, held, lengths, sizes, rng)
        for head in learned:
            learned[head].append([])
        for size, members in enumerate(parts):
            own = np.isin(owners, members)
            probe = fit_probe(vectors[own], labels[own], taxonomy)
            test.score(probe.scores(vectors[held[owners]]), repeat, size)
            for column, head in enumerate(taxonomy.heads):
                if head in learned:
                    learned[head][-1].append(int((labels[own, column] != MISSING).sum()))
            if on_progress:
                on_progress(repeat * sizes + size + 1, repeats * sizes)
    figures = test.figures(repeats, sizes, draws, seed)
    totals = dict(zip(taxonomy.heads, (labels != MISSING).sum(axis=0).tolist(), strict=True))
    return {
        head: Points(
            labels=np.array(learned[head], float),
            macro_f1=figures[head][0],
            draws=figures[head][1],
            held_out=int(mask.sum()),
            total=totals[head],
        )
        for head, mask in test.masks.items()
    }


class _Test:
    """The part held out, and what was counted on it."""

    def __init__(self, documents: Sequence[LabelledDocument], taxonomy: Taxonomy) -> None:
        self._parts = taxonomy.slices()
        gold = gold_arrays(documents, taxonomy)
        self.masks = {
            head: mask
            for head, mask in counted(gold, taxonomy).items()
            if len({*gold[head][mask].tolist()}) > 1
        }
        if not self.masks:
            raise InputError(
                "no head has two different labels in the part to measure on; label more, or more kinds"
            )
        self._owners = np.repeat(np.arange(len(documents)), [len(d.segments) for d in documents])
        self._gold = {
            head: np.array([taxonomy.heads[head].index(label) for label in gold[head][mask]])
            for head, mask in self.masks.items()
        }
        self._tally = Tally(len(documents))

    def score(self, scores: NDArray[np.float32], repeat: int, size: int) -> None:
        """Count what scores of all segments, (segments, width), are worth."""
        for head, mask in self.masks.items():
            part = self._parts[head]
            labels = part.stop - part.start
            found = scores[mask, part].argmax(axis=1)
            own = entries(self._owners[mask], self._gold[head], found, labels)
            self._tally.add((head, repeat, size), WIDTH * labels, *own)

    def figures(
        self, repeats: int, sizes: int, draws: int, seed: int
    ) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Macro-F1 of each head, (repeats, sizes), and of replicates, (draws, repeats, sizes)."""
        sums, drawn = self._tally.sums(), self._tally.resampled(draws, seed)
        places = [[(repeat, size) for size in range(sizes)] for repeat in range(repeats)]
        return {
            head: (
                np.array([[macro_f1(sums[head, r, s]) for r, s in row] for row in places]),
                np.stack(
                    [
                        np.stack([macro_f1(drawn[head, r, s]) for r, s in row], axis=-1)
                        for row in places
                    ],
                    axis=1,
                ),
            )
            for head in self.masks
        }


def _held_out(groups: Sequence[str], lengths: NDArray[np.int64], seed: int) -> NDArray[np.bool_]:
    """Which documents are held out: whole groups, by their names, until there are enough segments."""
    order = sorted(
        {*groups}, key=lambda group: hashlib.sha256(f"curve {seed} {group}".encode()).digest()
    )
    sizes = dict.fromkeys(order, 0)
    for group, length in zip(groups, lengths.tolist(), strict=True):
        sizes[group] += length
    wanted, chosen = HELD_OUT * lengths.sum(), set[str]()
    for group in order:
        if wanted <= 0:
            break
        chosen.add(group)
        wanted -= sizes[group]
    return np.array([group in chosen for group in groups])


def _check(lengths: NDArray[np.int64], held: NDArray[np.bool_], groups: Sequence[str]) -> None:
    segments = int(lengths.sum())
    if segments < LEAST_SEGMENTS:
        raise InputError(
            f"{segments} labelled segments are too few for a curve; it takes {LEAST_SEGMENTS} or more"
        )
    left = len({group for group, out in zip(groups, held, strict=True) if not out})
    if left < SIZES:
        raise InputError(
            f"only {left} groups are left to learn from, which cannot grow in {SIZES} steps; group by a "
            "key with more values, or by document"
        )


def _nested(
    groups: Sequence[str],
    held: NDArray[np.bool_],
    lengths: NDArray[np.int64],
    sizes: int,
    rng: np.random.Generator,
) -> list[NDArray[np.int64]]:
    """Documents to learn from, ever more of them in one random order of their groups.

    The numbers of segments are about evenly spaced on a logarithmic scale; the last part is all.
    """
    names = np.array(groups)
    free = np.unique(names[~held])
    rank = dict(zip(rng.permutation(free).tolist(), range(len(free)), strict=True))
    documents = np.flatnonzero(~held)
    documents = documents[np.argsort([rank[name] for name in names[documents]], kind="stable")]
    ranks = np.array([rank[name] for name in names[documents]])
    grown = np.cumsum(lengths[documents])
    smallest = min(max(grown[-1] / _SMALLEST, _LEAST_PART), grown[-1] / 2)
    wanted = np.geomspace(smallest, grown[-1], sizes)
    # A group joins whole: up to the last document of the group that brings the wanted number.
    lasts = [ranks[min(int(np.searchsorted(grown, n)), len(grown) - 1)] for n in wanted]
    return [documents[ranks <= last] for last in lasts]
