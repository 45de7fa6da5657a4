"""Slices: segments that have something in common, and where the model is worse on them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.data import FEW, FEW_OWNERS, SliceFigures, SliceHead
from training.evaluation.estimates import adjusted, chance, estimate
from training.evaluation.scoring import WIDTH, macro_f1

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from training.evaluation.gold import GoldSet
    from training.evaluation.tallies import Sums

NOT_GIVEN = "(not given)"
OTHERS = "(others)"
MOST_VALUES = 20
"""Values of a column that become slices; rarer ones stand together as ``OTHERS``."""

CLEAR = 0.05
"""False discovery rate at which a slice is told as clearly worse."""

LENGTHS = ((1, "1 to 5 words"), (6, "6 to 10 words"), (11, "11 to 20 words"), (21, "21 to 40 words"),
           (41, "over 40 words"))  # fmt: skip
SIZES = ((1, "1 segment"), (2, "2 to 4 segments"), (5, "5 to 9 segments"), (10, "10 segments or more"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Slice:
    """Which segments belong to a slice.

    Attributes:
        key: What is sliced by.
        value: The common value.
        members: Which segments, (segments,).
    """

    key: str
    value: str
    members: NDArray[np.bool_]


def slices(gold: GoldSet) -> list[Slice]:
    """All slices of labelled documents: their columns, lengths and positions.

    A column of a single value, as a file of reviews only, makes no slice.
    """
    owners = gold.owners()
    found: list[Slice] = []
    for key, values in gold.columns.items():
        per_segment = np.array([value or NOT_GIVEN for value in values], dtype=object)[owners]
        found += _by_value(key, per_segment)
    words = np.array([len(text.split()) for text in gold.texts()], np.int64)
    sizes = np.array([len(document.segments) for document in gold.documents], np.int64)[owners]
    found += _by_bound("length", words, LENGTHS)
    found += _by_bound("document_length", sizes, SIZES)
    found += _by_position(gold)
    return found


def _by_value(key: str, values: NDArray[np.object_]) -> list[Slice]:
    counts = Counter(values.tolist())
    if len(counts) < 2:
        return []
    kept = [value for value, _ in counts.most_common(MOST_VALUES)]
    found = [Slice(key, value, values == value) for value in kept]
    if len(kept) < len(counts):
        rare = np.array([value not in kept for value in values.tolist()], bool)
        found.append(Slice(key, OTHERS, rare))
    return found


def _by_bound(
    key: str, numbers: NDArray[np.int64], bounds: Sequence[tuple[int, str]]
) -> list[Slice]:
    """Slices of numbers from each bound up to the next."""
    edges = np.array([least for least, _ in bounds])
    place = np.searchsorted(edges, numbers, side="right") - 1
    found = [Slice(key, name, place == number) for number, (_, name) in enumerate(bounds)]
    return [entry for entry in found if entry.members.any()]


def _by_position(gold: GoldSet) -> list[Slice]:
    names = [
        _position(number, len(document.segments))
        for document in gold.documents
        for number in range(len(document.segments))
    ]
    own = np.array(names, dtype=object)
    order = ("only", "first", "middle", "last")
    return [Slice("position", name, own == name) for name in order if name in names]


def _position(number: int, of: int) -> str:
    if of == 1:
        return "only"
    if number == 0:
        return "first"
    return "last" if number == of - 1 else "middle"


def slice_figures(
    entries: Sequence[Slice],
    masks: Mapping[str, NDArray[np.bool_]],
    counts: Mapping[Hashable, Sums],
    owners: NDArray[np.int64],
) -> list[SliceFigures]:
    """Figures of slices, chances adjusted over all slices and heads.

    Args:
        entries: The slices.
        masks: Which segments count for each head.
        counts: Counts of each head by name, and of ``("slice", number of the slice, head)``.
        owners: Document of each segment.
    """
    compared = [
        [_head(name, counts["head", name], counts["slice", number, name], owners[mask & entry.members])
         for name, mask in masks.items() if (mask & entry.members).any()]
        for number, entry in enumerate(entries)
    ]  # fmt: skip
    q_values = iter(adjusted([head.q for heads in compared for head in heads]))
    return [
        SliceFigures(
            entry.key,
            entry.value,
            documents=len(np.unique(owners[entry.members])),
            segments=int(entry.members.sum()),
            heads=tuple(_flagged(head, next(q_values)) for head in heads),
        )
        for entry, heads in zip(entries, compared, strict=True)
    ]


def _head(name: str, whole: Sums, own: Sums, owners: NDArray[np.int64]) -> SliceHead:
    """Figures of one head on the slice of these owners, ``q`` still the plain p value.

    The overall figure is taken over the labels that the slice holds: the mean over other labels is
    another quantity, and a slice without the hard ones would look good for nothing.
    """
    labels = len(own[0]) // WIDTH
    held = own[0][labels : 2 * labels] > 0
    value, drawn = float(macro_f1(own[0])), macro_f1(own[1])
    overall, overall_drawn = float(macro_f1(whole[0], held)), macro_f1(whole[1], held)
    found, n = estimate(value, drawn), len(owners)
    assert found is not None  # a slice with segments has labels
    few = n < FEW or len(np.unique(owners)) < FEW_OWNERS
    tested = None if few else chance(value - overall, drawn - overall_drawn)
    return SliceHead(name, n, found, overall, tested, low=False, clear=False, few=few)


def _flagged(head: SliceHead, q: float | None) -> SliceHead:
    low = not head.few and head.macro_f1.below(head.overall)
    return replace(head, q=q, low=low, clear=low and q is not None and q <= CLEAR)


def clearly_low(entries: Sequence[SliceFigures]) -> Iterator[tuple[SliceFigures, SliceHead]]:
    """Slices and heads that are worse than the whole beyond noise, most first."""
    found = [(entry, head) for entry in entries for head in entry.heads if head.clear]
    return iter(sorted(found, key=lambda pair: pair[1].macro_f1.value - pair[1].overall))
