"""Gold and predictions to one :class:`Evaluation`."""

from __future__ import annotations

import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import confusion_matrix

from training.evaluation.caveats import caveats
from training.evaluation.counting import Counts
from training.evaluation.data import (
    FEW,
    Evaluation,
    HeadFigures,
    LabelFigures,
    Settings,
)
from training.evaluation.estimates import LEVEL, Estimate, check_draws, estimate
from training.evaluation.facts import bundle_facts, gold_facts
from training.evaluation.mistakes import most_confused, worst
from training.evaluation.predicting import predict, predict_own
from training.evaluation.reliability import calibration, reviewed
from training.evaluation.scoring import (
    WIDTH,
    accuracy,
    core_mean,
    macro_f1,
    rates,
    share,
)
from training.evaluation.slicing import slice_figures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mot_nlp.bundle import Bundle
    from mot_nlp.tagger import MomentTagger
    from training.evaluation.gold import GoldSet
    from training.evaluation.predicting import Prediction


def evaluate_bundle(
    tagger: MomentTagger,
    gold: GoldSet,
    *,
    own_segments: bool = False,
    bootstrap: int = 1000,
    seed: int = 13,
    most_mistakes: int = 30,
) -> Evaluation:
    """Score a bundle on labelled documents.

    Args:
        tagger: The bundle, running.
        gold: The documents.
        own_segments: Whether to let the product cut the segments, and lay its labels onto the
            gold's by overlap; on the gold's own borders otherwise.
        bootstrap: Replicates that the intervals rest on, 100 or more.
        seed: Of the replicates.
        most_mistakes: Worst segments to keep.

    Raises:
        InputError: An argument is out of range, or no head has a label.
    """
    check_draws(bootstrap)
    prediction = (predict_own if own_segments else predict)(tagger, gold.documents)
    settings = Settings("own" if own_segments else "gold", bootstrap, LEVEL, seed)
    return collect(tagger.bundle, gold, prediction, settings, most_mistakes=most_mistakes)


def collect(
    bundle: Bundle,
    gold: GoldSet,
    prediction: Prediction,
    settings: Settings,
    *,
    most_mistakes: int = 30,
) -> Evaluation:
    """Figures of predictions that are at hand, of the bundle that made them.

    Raises:
        InputError: No head has a label in the gold.
    """
    counts = Counts.of(bundle, gold, prediction, settings)
    heads = tuple(_head(head, counts, bundle) for head in counts.masks)
    whole = {head: macro_f1(counts.table["head", head][0]) for head in counts.masks}
    drawn = {head: macro_f1(counts.table["head", head][1]) for head in counts.masks}
    return Evaluation(
        created=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        version=version("mot-nlp"),
        bundle=bundle_facts(bundle),
        gold=gold_facts(gold),
        settings=settings,
        heads=heads,
        core_mean_macro_f1=estimate(float(core_mean(whole)), core_mean(drawn)),
        core_exact=_exact(counts),
        not_found=prediction.not_found,
        slices=tuple(slice_figures(counts.slices, counts.masks, counts.table, gold.owners())),
        mistakes=worst(
            gold, counts.answers, counts.found, counts.masks, prediction, most=most_mistakes
        ),
        warnings=tuple(caveats(bundle, gold, heads)),
    )


def _exact(counts: Counts) -> Estimate | None:
    if ("exact",) not in counts.table:
        return None
    sums, drawn = counts.table["exact",]
    return estimate(float(share(sums[1], sums[0])), share(drawn[:, 1], drawn[:, 0]))


def _head(head: str, counts: Counts, bundle: Bundle) -> HeadFigures:
    (sums, drawn), mask = counts.table["head", head], counts.masks[head]
    labels = bundle.taxonomy.heads[head].labels
    gold, found = counts.answers[head][mask], counts.found[head][mask]
    confusion = confusion_matrix(gold, found, labels=range(len(labels)))
    threshold = bundle.manifest.review.get(head, {}).get("threshold")
    review = None if threshold is None else reviewed(threshold, counts.table["review", head])
    macro, right = estimate(float(macro_f1(sums)), macro_f1(drawn)), accuracy(sums)
    hit = estimate(float(right), accuracy(drawn))
    assert macro is not None  # the head has labels
    assert hit is not None
    return HeadFigures(
        head=head,
        segments=int(mask.sum()),
        documents=len(np.unique(counts.owners[mask])),
        macro_f1=macro,
        accuracy=hit,
        labels=_labels(labels, sums, drawn),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        confused=most_confused(head, labels, confusion),
        calibration=calibration(
            counts.judged[head], counts.bins[head], counts.table["bins", head], review
        ),
    )


def _labels(
    labels: tuple[str, ...], sums: NDArray[np.float64], drawn: NDArray[np.float64]
) -> tuple[LabelFigures, ...]:
    whole, replicates = rates(sums), rates(drawn)
    _, gold, predicted = np.split(sums, WIDTH)
    return tuple(
        LabelFigures(
            label,
            n=int(gold[number]),
            predicted=int(predicted[number]),
            few=bool(gold[number] < FEW),
            **{
                name: estimate(float(whole[name][number]), replicates[name][:, number])
                for name in whole
            },
        )
        for number, label in enumerate(labels)
    )
