"""Held-out counts of a model's errors, put together so that they fit one another.

Each head's confusion is counted on its own, but heads do not err on their own: where one says
none all do, only some pairs of stage and moment occur, and a segment without a moment is neutral
by construction. What the counts of single heads leave open is filled in with the most even joint
table that has exactly these counts (maximum entropy), by iterative proportional fitting: Deming
and Stephan (1940), "On a Least Squares Adjustment of a Sampled Frequency Table When the Expected
Marginal Totals are Known", Annals of Mathematical Statistics 11(4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.errors import InputError
from mot_nlp.taxonomy import PIVOTAL

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from mot_nlp.taxonomy import Taxonomy

PLACES = ("stage", "moment", "touchpoint")
"""Heads whose none label says that there is no moment."""

_ROUNDS = 1000
_CLOSE = 1e-8
"""Greatest gap to a margin, as a share of all segments, at which fitting ends."""

_FITS = 1e-3
"""Greatest gap at which counts are taken to fit together."""


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """One question that tells moments apart, and how often it was answered wrongly.

    Attributes:
        heads: The head it asks, or stage and moment where it asks for both.
        labels: Its k answers, each a label for each of ``heads``; none is not among them.
        kept: Segments without a moment that were read as none.
        false: Segments without a moment that were read as one, by the answer given, (k,).
        lost: Moments read as none, by the true answer, (k,).
        moved: Moments read as moments, by the true answer and then by the one given, (k, k).
    """

    heads: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    kept: float
    false: NDArray[np.float64]
    lost: NDArray[np.float64]
    moved: NDArray[np.float64]

    @property
    def totals(self) -> tuple[float, float, float, float]:
        """Segments ``kept``, ``false``, ``lost`` and ``moved``."""
        return self.kept, float(self.false.sum()), float(self.lost.sum()), float(self.moved.sum())


def axes(
    heads: Collection[str], confusion: Mapping[str, ArrayLike], taxonomy: Taxonomy
) -> list[Axis]:
    """The axes that tell states apart by ``heads`` and by sentiment, which comes last.

    Args:
        heads: Heads of the taxonomy.
        confusion: For each head, counts of segments by gold label (rows) and predicted label
            (columns), in the order of its labels; every segment counted once, none included.
        taxonomy: Labels and allowed (stage, moment) pairs.

    Raises:
        InputError: Counts of a head are missing, of another shape, or do not fit the others.
    """
    found = [_split(name, confusion, taxonomy) for name in PLACES if name in heads]
    reference = found[0] if found else _split("stage", confusion, taxonomy)
    for axis in found:
        if not np.allclose(axis.totals, reference.totals):
            raise InputError(
                f"the confusion counts {_said(reference)} by {reference.heads[0]} but {_said(axis)} by "
                f"{axis.heads[0]}; count all heads on the same segments, none included"
            )
    if {"stage", "moment"} <= set(heads):
        found[:2] = [_pairs(found[0], found[1], taxonomy)]
    extras = [extra.name for extra in taxonomy.extras if not extra.multiple]
    for name in ("pivotal", *extras, "sentiment"):
        if name in heads or name == "sentiment":
            found.append(_implied(name, reference, confusion, taxonomy))
    return found


def _said(axis: Axis) -> str:
    return "{:g} + {:g} segments without a moment and {:g} + {:g} with one".format(*axis.totals)


def _counts(
    name: str, confusion: Mapping[str, ArrayLike], taxonomy: Taxonomy
) -> NDArray[np.float64]:
    """The counts of one head, checked."""
    size = len(taxonomy.heads[name].labels)
    wanted = f"give counts[gold][predicted] of its {size} labels in taxonomy order, as bundle.json has them"
    if name not in confusion:
        raise InputError(f"the confusion lacks the head {name}; {wanted}")
    try:
        table = np.array(confusion[name], dtype=np.float64)
    except (TypeError, ValueError):
        table = np.empty(0)
    if table.shape != (size, size) or not np.isfinite(table).all() or (table < 0).any():
        raise InputError(f"the confusion of {name} is no {size} × {size} table of counts; {wanted}")
    return table


def _split(name: str, confusion: Mapping[str, ArrayLike], taxonomy: Taxonomy) -> Axis:
    """The axis of a head whose none label says that there is no moment."""
    head, table = taxonomy.heads[name], _counts(name, confusion, taxonomy)
    none = head.index(head.none)
    rest = np.delete(np.arange(len(table)), none)
    if table[none].sum() == 0:
        raise InputError(
            f"the confusion of {name} counts no segment whose label is {head.none}, so what is read "
            "into such segments is unknown; count it on all segments"
        )
    return Axis(
        heads=(name,),
        labels=tuple((head.labels[i],) for i in rest),
        kept=float(table[none, none]),
        false=table[none, rest],
        lost=table[rest, none],
        moved=table[np.ix_(rest, rest)],
    )


def _pairs(stage: Axis, moment: Axis, taxonomy: Taxonomy) -> Axis:
    """The axis of allowed (stage, moment) pairs, whose counts add up to those of both heads."""
    stages, moments = stage.labels, moment.labels
    pairs = tuple(pair for pair in taxonomy.pairs if pair[0] != taxonomy.heads["stage"].none)
    first = np.array([stages.index((pair[0],)) for pair in pairs])
    second = np.array([moments.index((pair[1],)) for pair in pairs])

    def fit(by_stage: NDArray[np.float64], by_moment: NDArray[np.float64]) -> NDArray[np.float64]:
        return _fitted(
            np.ones(len(pairs)), [(first, by_stage), (second, by_moment)], "stage and moment"
        )

    moved = _fitted(
        np.ones(len(pairs) ** 2),
        [
            (np.add.outer(first * len(stages), first).ravel(), stage.moved.ravel()),
            (np.add.outer(second * len(moments), second).ravel(), moment.moved.ravel()),
        ],
        "stage and moment",
    )
    return Axis(
        heads=("stage", "moment"),
        labels=pairs,
        kept=stage.kept,
        false=fit(stage.false, moment.false),
        lost=fit(stage.lost, moment.lost),
        moved=moved.reshape(len(pairs), len(pairs)),
    )


def _implied(
    name: str, reference: Axis, confusion: Mapping[str, ArrayLike], taxonomy: Taxonomy
) -> Axis:
    """The axis of a head whose none label moments may have too, as neutral among sentiments.

    Its counts do not say which segments held a moment. How many did is known from ``reference``;
    within these the head is taken to err alike, whether or not a moment is read where there is none.
    """
    table = _counts(name, confusion, taxonomy)
    if name == "pivotal":
        table = _two_by_two(table, taxonomy)
    labels, none = _answers(name, taxonomy)
    k = len(labels)
    table[none, none] -= reference.kept
    if table[none, none] < 0:
        raise InputError(
            f"the confusion of {name} counts fewer segments as rightly {taxonomy.heads[name].none} than "
            f"{reference.heads[0]} counts as rightly none; count all heads on the same segments"
        )
    block = np.repeat([0, 1, 2], [k, k, k * k])
    entry = np.concatenate([none * k + np.arange(k), np.arange(k) * k + none, np.arange(k * k)])
    margins = [(block, np.array(reference.totals[1:])), (entry, table.ravel())]
    cells = _fitted(np.ones(len(entry)), margins, f"{reference.heads[0]} and {name}")
    false, lost, moved = np.split(cells, [k, 2 * k])
    return Axis((name,), labels, reference.kept, false, lost, moved.reshape(k, k))


def _answers(name: str, taxonomy: Taxonomy) -> tuple[tuple[tuple[str, ...], ...], int]:
    """Labels of an implied axis, and which of them a segment without a moment takes."""
    head = taxonomy.heads[name]
    if name == "pivotal":  # its column holds true or false and not the head's labels
        return (("false",), ("true",)), 0
    return tuple((label,) for label in head.labels), head.index(head.none)


def _two_by_two(table: NDArray[np.float64], taxonomy: Taxonomy) -> NDArray[np.float64]:
    """Counts by pivotal or not, whatever other labels the head has."""
    is_pivotal = np.array([label == PIVOTAL for label in taxonomy.heads["pivotal"].labels])
    to = np.stack([~is_pivotal, is_pivotal]).astype(np.float64)
    return to @ table @ to.T


def _fitted(
    cells: NDArray[np.float64],
    margins: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]],
    what: str,
) -> NDArray[np.float64]:
    """Scale cells until they add up to every margin: iterative proportional fitting.

    Args:
        cells: Where to begin; cells of zero stay so.
        margins: For each, the number of the total that a cell counts towards, and the totals.
        what: What to call the margins in a message.

    Raises:
        InputError: No such cells exist.
    """
    whole = max(float(margins[0][1].sum()), 1.0)
    gap = np.inf
    for _ in range(_ROUNDS):
        gap = 0.0
        for index, totals in margins:
            sums = np.bincount(index, cells, len(totals))
            gap = max(gap, float(np.abs(sums - totals).max()) / whole)
            cells = (
                cells * np.divide(totals, sums, out=np.zeros_like(totals), where=sums > 0)[index]
            )
        if gap < _CLOSE:
            break
    if gap > _FITS:
        raise InputError(
            f"the confusions of {what} do not fit together; count both on the same segments, with "
            "labels that the taxonomy allows together"
        )
    return cells
