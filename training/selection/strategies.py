"""Who comes next: the doubtful, the unlike, those with rare labels, or all of them in turns.

Candidates are drawn, not taken from the top: the hundred most doubtful texts are doubtful for the same
reason, and the likeliest ones of a rare label teach what is known of it. In trials of
benchmarks/selection.py the top of any list did worse than chance, and draws about as well. What was drawn is out of every strategy's
reach, so that any beginning of the result may be labelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import pairwise_distances_argmin_min

from mot_nlp.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mot_nlp.taxonomy import Taxonomy

TURNS: dict[str, tuple[str, ...]] = {
    "mixed": ("uncertainty", "rare", "uncertainty", "diversity", "uncertainty"),
    "uncertainty": ("uncertainty",),
    "diversity": ("diversity",),
    "rare": ("rare",),
}
"""Strategies, and whose turn it is in each: three in five of ``mixed`` go by doubt."""

LIKELY = 0.1
"""Least probability with which a document is taken for a rare label."""

_SHARP = 4
"""Power of doubt in the chance to be drawn; of 1, 2, 4 and 8, 4 and 8 did about as well."""

_RARE = 0.5
"""Share of what its label would have if all labels of its head were equally frequent, under which a
label is rare."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A rare label to look for.

    Attributes:
        column: Its place in the model's outputs.
        head: Its head.
        label: The label.
        count: Labels or, where nothing is labelled, expected labels that there are of it.
        total: Of so many of its head.
    """

    column: int
    head: str
    label: str
    count: float
    total: float


@dataclass(frozen=True, slots=True)
class Field:
    """What strategies choose among, a row a candidate.

    Attributes:
        doubt: How unsure the model is, (candidates,), 0 to 1.
        likely: Greatest probability of each label over the candidate's segments, (candidates, width).
        vectors: Texts as vectors, (candidates, size).
        known: Vectors of what is labelled already, (documents, size).
        wanted: Rare labels, the rarest first.
    """

    doubt: NDArray[np.float64]
    likely: NDArray[np.float32]
    vectors: NDArray[np.float32]
    known: NDArray[np.float32]
    wanted: Sequence[Wanted]


@dataclass(frozen=True, slots=True)
class Pick:
    """A candidate that was chosen.

    Attributes:
        place: Its place among the candidates.
        strategy: uncertainty, diversity or rare.
        wanted: The rare label that it is taken for, if it is.
    """

    place: int
    strategy: str
    wanted: Wanted | None = None


def pick(field: Field, count: int, strategy: str, rng: np.random.Generator) -> list[Pick]:
    """Choose candidates, the first ones to be labelled first.

    Where a strategy has no more to offer, as there are no likely documents of a rare label, doubt takes
    its turn.

    Args:
        field: The candidates.
        count: How many are wanted; all candidates where there are fewer.
        strategy: One of ``TURNS``.
        rng: What to draw with.

    Raises:
        InputError: There is no such strategy.
    """
    check_strategy(strategy)
    draws = _Draws(field, rng)
    streams: dict[str, Callable[[], Pick | None]] = {
        "uncertainty": draws.uncertain, "diversity": draws.diverse, "rare": draws.rare,
    }  # fmt: skip
    turns = cycle(TURNS[strategy])
    picks: list[Pick] = []
    while len(picks) < min(count, len(field.doubt)):
        found = streams[next(turns)]() or draws.uncertain()
        draws.take(found.place)
        picks.append(found)
    return picks


def check_strategy(name: str) -> None:
    """Refuse what is no strategy.

    Raises:
        InputError: It is none of ``TURNS``.
    """
    if name not in TURNS:
        raise InputError(f"no strategy {name!r}; the strategies are {', '.join(TURNS)}")


def wanted_labels(
    counts: NDArray[np.float64], taxonomy: Taxonomy, heads: Sequence[str]
) -> list[Wanted]:
    """The rare labels: those with less than half of an even share, or the rarest if there are none.

    Labels that stand for none are never wanted.

    Args:
        counts: How often each label occurs, (width,).
        taxonomy: The labels.
        heads: The heads to look at.

    Returns:
        The rarest first, by what they have of an even share.
    """
    found: list[tuple[float, Wanted]] = []
    for head, part in taxonomy.slices().items():
        entry, own = taxonomy.heads[head], counts[part]
        even = own.sum() / len(own)
        if head not in heads or not even:
            continue
        found += [
            (float(count / even), Wanted(column, head, label, float(count), float(own.sum())))
            for column, label, count in zip(
                range(part.start, part.stop), entry.labels, own, strict=True
            )
            if label != entry.none
        ]
    found.sort(key=lambda pair: (pair[0], pair[1].column))
    rare = [wanted for share, wanted in found if share < _RARE]
    return rare or [wanted for _, wanted in found[:1]]


class _Draws:
    """Candidates that are left, and how far they are from all that is labelled or chosen."""

    def __init__(self, field: Field, rng: np.random.Generator) -> None:
        self._field, self._rng = field, rng
        self._left = np.ones(len(field.doubt), bool)
        self._unlike = np.full(len(field.doubt), np.inf)
        if len(field.known):
            nearest = pairwise_distances_argmin_min(
                field.vectors, field.known, metric="sqeuclidean"
            )
            self._unlike = np.maximum(nearest[1].astype(float), 0.0)
        self._wanted = list(field.wanted)

    def take(self, place: int) -> None:
        """Put a candidate out of reach."""
        vectors = self._field.vectors
        squared = np.square(vectors - vectors[place]).sum(axis=1, dtype=float)
        self._unlike = np.minimum(self._unlike, squared)
        self._left[place] = False

    def uncertain(self) -> Pick:
        """A doubtful candidate, unlike those before it; any candidate where none is doubtful."""
        doubt = self._field.doubt**_SHARP
        for weights in (doubt * self._apart(), doubt, np.ones(len(doubt))):
            place = self._draw(weights)
            if place is not None:
                return Pick(place, "uncertainty")
        raise ValueError("all candidates are taken")

    def diverse(self) -> Pick | None:
        """A candidate far from all that is labelled or chosen: k-means++ (Arthur and Vassilvitskii 2007).

        The chance is proportional to the squared distance from the nearest of these, which, unlike
        taking the farthest, does not end with nothing but oddities.
        """
        place = self._draw(self._apart())
        return None if place is None else Pick(place, "diversity")

    def rare(self) -> Pick | None:
        """A candidate that probably has the rare label whose turn it is."""
        while self._wanted:
            wanted = self._wanted.pop(0)
            likely = self._field.likely[:, wanted.column].astype(float)
            place = self._draw(np.where(likely < LIKELY, 0.0, likely))
            if place is not None:
                self._wanted.append(wanted)
                return Pick(place, "rare", wanted)
        return None

    def _apart(self) -> NDArray[np.float64]:
        """Squared distances, all alike while there is nothing to be far from."""
        return np.where(np.isinf(self._unlike), 1.0, self._unlike)

    def _draw(self, weights: NDArray[np.float64]) -> int | None:
        """A place that is left, with a chance proportional to its weight; None if all weigh nothing."""
        own = np.where(self._left, weights, 0.0)
        whole = own.sum()
        return int(self._rng.choice(len(own), p=own / whole)) if whole > 0 else None
