"""Everything that an evaluation counts: segments, labels, sums and their replicates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.errors import InputError
from training.evaluate import gold_arrays
from training.evaluation.reliability import Judged, add_calibration
from training.evaluation.scoring import WIDTH, counted, entries, exact_entries, has_core, indices
from training.evaluation.slicing import Slice, slices
from training.evaluation.tallies import Tally

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import NDArray

    from mot_nlp.bundle import Bundle
    from mot_nlp.taxonomy import Taxonomy
    from training.evaluation.data import Settings
    from training.evaluation.gold import GoldSet
    from training.evaluation.predicting import Prediction
    from training.evaluation.tallies import Sums


@dataclass(frozen=True, slots=True)
class Counts:
    """What the figures of an evaluation are made of.

    Attributes:
        masks: Which segments count for a head, by head, each (segments,).
        answers: Index of the gold label by head, each (segments,).
        found: Index of the predicted label.
        judged: Segments with a confidence, by head.
        bins: Confidence bin of each of these.
        slices: The slices.
        owners: Document of each segment.
        table: Sums and replicates: ``("head", head)``, ``("slice", number, head)``, ``("bins",
            head)``, ``("review", head)`` and ``("exact",)``.
    """

    masks: dict[str, NDArray[np.bool_]]
    answers: dict[str, NDArray[np.int64]]
    found: dict[str, NDArray[np.int64]]
    judged: dict[str, Judged]
    bins: dict[str, NDArray[np.int64]]
    slices: list[Slice]
    owners: NDArray[np.int64]
    table: Mapping[Hashable, Sums]

    @classmethod
    def of(
        cls, bundle: Bundle, gold: GoldSet, prediction: Prediction, settings: Settings
    ) -> Counts:
        """Count what predictions are worth.

        Raises:
            InputError: No head has a label in the gold.
        """
        taxonomy, owners = bundle.taxonomy, gold.owners()
        answers = gold_arrays(gold.documents, taxonomy)
        masks = labelled_heads(answers, taxonomy)
        gold_at = {h: indices(answers[h], taxonomy.heads[h].labels) for h in masks}
        found_at = {h: indices(prediction.labels[h], taxonomy.heads[h].labels) for h in masks}
        tally, kept = Tally(len(gold.documents)), slices(gold)
        judged, bins = {}, {}
        for head, mask in masks.items():
            labels = len(taxonomy.heads[head].labels)
            subsets: list[tuple[Hashable, NDArray[np.bool_]]] = [(("head", head), mask)]
            subsets += [
                (("slice", number, head), mask & entry.members) for number, entry in enumerate(kept)
            ]
            for name, part in subsets:
                own = entries(owners[part], gold_at[head][part], found_at[head][part], labels)
                tally.add(name, WIDTH * labels, *own)
            judged[head] = _judged(head, mask, owners, gold_at, found_at, prediction)
            threshold = bundle.manifest.review.get(head, {}).get("threshold")
            bins[head] = add_calibration(tally, head, judged[head], threshold)
        if has_core(masks):
            tally.add(("exact",), 2, *exact_entries(owners, gold_at, found_at))
        table = tally.with_replicates(settings.bootstrap, settings.seed)
        return cls(masks, gold_at, found_at, judged, bins, kept, owners, table)


def _judged(
    head: str,
    mask: NDArray[np.bool_],
    owners: NDArray[np.int64],
    gold_at: Mapping[str, NDArray[np.int64]],
    found_at: Mapping[str, NDArray[np.int64]],
    prediction: Prediction,
) -> Judged:
    sure = prediction.confidences[head]
    part = mask & ~np.isnan(sure)
    right = gold_at[head][part] == found_at[head][part]
    return Judged(
        owners[part], sure[part], right, prediction.probabilities[head][part], gold_at[head][part]
    )


def labelled_heads(
    answers: Mapping[str, NDArray[np.str_]], taxonomy: Taxonomy
) -> dict[str, NDArray[np.bool_]]:
    """Segments that count, by head, of the heads that have any.

    Raises:
        InputError: No head has a label.
    """
    masks = {head: mask for head, mask in counted(answers, taxonomy).items() if mask.any()}
    if not masks:
        raise InputError(
            "no segment bears a label of any head; the bundle's heads are "
            f"{', '.join(taxonomy.heads)}"
        )
    return masks
