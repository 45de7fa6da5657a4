"""Two predictions of the same segments, counted so that they can be compared replicate by replicate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.errors import InputError
from training.evaluate import CORE, gold_arrays
from training.evaluation.differences import Difference
from training.evaluation.estimates import chance, estimate
from training.evaluation.scoring import (
    WIDTH,
    counted,
    entries,
    exact_entries,
    has_core,
    indices,
)
from training.evaluation.tallies import Tally

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import NDArray

    from mot_nlp.bundle import Bundle
    from training.evaluation.common import Common
    from training.evaluation.differences import ComparisonSettings
    from training.evaluation.gold import GoldSet
    from training.evaluation.predicting import Prediction
    from training.evaluation.tallies import Sums

SIDES = ("old", "new")

WHOLE, DRAWN = 0, 1
"""Places of the sums and of their replicates in a table."""

Figure = Callable[[str, int], "NDArray[np.float64]"]
"""A figure of a side: of the sums for ``WHOLE``, (), of the replicates for ``DRAWN``, (draws,)."""


@dataclass(frozen=True, slots=True)
class Paired:
    """Labels of both bundles beside the gold, and their sums with paired replicates.

    Attributes:
        masks: Which segments count for a head, by head, each (segments,).
        answers: Index of the gold label among the labels in common, by head.
        found: Index of the predicted label, by side and head.
        table: Sums and replicates: ``(side, head)``, and ``(side, "exact")`` where both have the
            core heads.
        alpha: One minus the level of intervals.
        left_out: What the gold could not compare, in words.
    """

    masks: dict[str, NDArray[np.bool_]]
    answers: dict[str, NDArray[np.int64]]
    found: dict[tuple[str, str], NDArray[np.int64]]
    table: Mapping[Hashable, Sums]
    alpha: float
    left_out: tuple[str, ...]

    @classmethod
    def of(
        cls,
        new: Bundle,
        gold: GoldSet,
        found: Mapping[str, Prediction],
        common: Common,
        settings: ComparisonSettings,
    ) -> Paired:
        """Count both sides' labels.

        Raises:
            InputError: No head in common has a label.
        """
        owners, gold_labels = gold.owners(), gold_arrays(gold.documents, new.taxonomy)
        masks, left_out = _masks(counted(gold_labels, new.taxonomy), gold_labels, common)
        answers = {head: indices(gold_labels[head], common.labels[head]) for head in masks}
        at = {
            (side, head): indices(found[side].labels[head], common.labels[head])
            for side in SIDES for head in masks
        }  # fmt: skip
        tally = Tally(len(gold.documents))
        for (side, head), labels in at.items():
            part, width = masks[head], len(common.labels[head])
            own = entries(owners[part], answers[head][part], labels[part], width)
            tally.add((side, head), WIDTH * width, *own)
        if has_core(masks):
            for side in SIDES:
                own_found = {head: at[side, head] for head in CORE}
                tally.add((side, "exact"), 2, *exact_entries(owners, answers, own_found))
        table = tally.with_replicates(settings.bootstrap, settings.seed)
        return cls(masks, answers, at, table, settings.alpha, tuple(left_out))

    def difference(self, name: str, n: int, figure: Figure) -> Difference | None:
        """A figure of both sides; None where it is not defined.

        Args:
            name: What it is a figure of.
            n: Gold segments it rests on.
            figure: The figure.
        """
        old, new = (float(figure(side, WHOLE)) for side in SIDES)
        value, drawn = new - old, figure("new", DRAWN) - figure("old", DRAWN)
        found = estimate(value, drawn, level=1 - self.alpha)
        if found is None:
            return None
        return Difference(name, n, old, new, found, chance(value, drawn))


def _masks(
    counting: Mapping[str, NDArray[np.bool_]],
    gold_labels: Mapping[str, NDArray[np.str_]],
    common: Common,
) -> tuple[dict[str, NDArray[np.bool_]], list[str]]:
    """Segments that count for both bundles, by head; what else is left out.

    Raises:
        InputError: There are none.
    """
    masks, left_out = {}, []
    for head, labels in common.labels.items():
        known = np.isin(gold_labels[head], labels)
        other = int((counting[head] & ~known).sum())
        if other:
            left_out.append(f"{head}: {other:,} segments whose label only one of the bundles has")
        if (counting[head] & known).any():
            masks[head] = counting[head] & known
        else:
            left_out.append(f"{head}: no label in the gold")
    if not masks:
        raise InputError(
            "no segment bears a label that both bundles have; their heads in common are "
            f"{', '.join(common.labels)}"
        )
    return masks, left_out
