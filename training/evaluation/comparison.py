"""Two bundles on the same documents: paired differences, and what changed."""

from __future__ import annotations

import datetime
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.errors import InputError
from training.evaluate import CORE
from training.evaluation.caveats import few_documents, set_aside
from training.evaluation.common import in_common
from training.evaluation.differences import (
    Broken,
    Comparison,
    ComparisonSettings,
    Difference,
    HeadDifference,
)
from training.evaluation.estimates import adjusted, check_draws
from training.evaluation.excerpts import excerpt
from training.evaluation.facts import bundle_facts, gold_facts
from training.evaluation.pairing import SIDES, WHOLE, Paired
from training.evaluation.predicting import predict
from training.evaluation.scoring import core_mean, has_core, macro_f1, rates, share
from training.evaluation.speed import compare_speed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mot_nlp.bundle import Bundle
    from mot_nlp.tagger import MomentTagger
    from training.evaluation.common import Common
    from training.evaluation.gold import GoldSet
    from training.evaluation.pairing import Figure
    from training.evaluation.predicting import Prediction

BROKEN_OF_HEAD = 5
"""Examples of a head that are kept."""


def compare_bundles(
    old: MomentTagger,
    new: MomentTagger,
    gold: GoldSet,
    *,
    alpha: float = 0.05,
    bootstrap: int = 1000,
    seed: int = 13,
    speed_runs: int = 3,
) -> Comparison:
    """Compare two bundles on labelled documents, on the documents' own segments.

    Args:
        old: The bundle in service, running.
        new: The one that is to take its place, running.
        gold: Documents that neither was fitted on.
        alpha: One minus the level of the intervals, 0.001 to 0.5.
        bootstrap: Replicates, 100 or more.
        seed: Of the replicates.
        speed_runs: Runs of each to time, 0 for none.

    Raises:
        InputError: An argument is out of range, or no head in common has a label.
        TaxonomyError: The bundles have no labels in common.
    """
    check_draws(bootstrap)
    if not 0.001 <= alpha <= 0.5:
        raise InputError(f"alpha is {alpha}; allowed: 0.001 to 0.5, 0.05 is usual")
    settings = ComparisonSettings(bootstrap, alpha, seed)
    in_common(old.taxonomy, new.taxonomy)  # told before minutes of work, not after
    found = {"old": predict(old, gold.documents), "new": predict(new, gold.documents)}
    comparison = compare(old.bundle, new.bundle, gold, found, settings)
    return replace(comparison, speed=compare_speed(old, new, gold, runs=speed_runs))


def compare(
    old: Bundle,
    new: Bundle,
    gold: GoldSet,
    found: Mapping[str, Prediction],
    settings: ComparisonSettings,
) -> Comparison:
    """Compare predictions that are at hand.

    Args:
        old: The bundle that predicted ``found["old"]``.
        new: The bundle that predicted ``found["new"]``.
        gold: What they predicted.
        found: Predictions by ``SIDES``.
        settings: Replicates and level.

    Raises:
        InputError: No head in common has a label.
        TaxonomyError: The bundles have no labels in common.
    """
    common = in_common(old.taxonomy, new.taxonomy)
    paired = Paired.of(new, gold, found, common, settings)
    heads = [_head(head, paired, common) for head in paired.masks]
    return Comparison(
        created=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        version=version("mot-nlp"),
        old=bundle_facts(old),
        new=bundle_facts(new),
        gold=gold_facts(gold),
        settings=settings,
        heads=_with_q(heads),
        core=_core(paired),
        broken=_broken(gold, paired, found["new"]),
        speed=None,
        left_out=(*common.left_out, *paired.left_out),
        warnings=tuple(_warnings(old, new, gold)),
    )


def _head(head: str, paired: Paired, common: Common) -> HeadDifference:
    mask, names = paired.masks[head], common.labels[head]
    n, width = int(mask.sum()), len(names)
    whole = paired.difference(head, n, lambda side, part: macro_f1(paired.table[side, head][part]))
    assert whole is not None  # the head has labels
    counts = paired.table["old", head][WHOLE][width : 2 * width].astype(int).tolist()

    def f1_of(label: int) -> Figure:
        return lambda side, part: rates(paired.table[side, head][part])["f1"][..., label]

    labels = [
        paired.difference(label, counts[place], f1_of(place)) for place, label in enumerate(names)
    ]
    right = [(paired.found[side, head] == paired.answers[head])[mask] for side in SIDES]
    return HeadDifference(
        head,
        n,
        whole,
        tuple(label for label in labels if label is not None),
        fixed=int((~right[0] & right[1]).sum()),
        broken=int((right[0] & ~right[1]).sum()),
        both_wrong=int((~right[0] & ~right[1]).sum()),
    )


def _with_q(heads: list[HeadDifference]) -> tuple[HeadDifference, ...]:
    """The heads, their labels' p values adjusted over all labels of all heads."""
    q_values = iter(adjusted([label.p for head in heads for label in head.labels]))
    return tuple(
        replace(head, labels=tuple(replace(label, q=next(q_values)) for label in head.labels))
        for head in heads
    )


def _core(paired: Paired) -> tuple[Difference, ...]:
    if not has_core(paired.masks):
        return ()

    def mean(side: str, part: int) -> NDArray[np.float64]:
        return core_mean({head: macro_f1(paired.table[side, head][part]) for head in CORE})

    def exact(side: str, part: int) -> NDArray[np.float64]:
        counts = paired.table[side, "exact"][part]
        return share(counts[..., 1], counts[..., 0])

    n = int(paired.table["new", "exact"][WHOLE][0])
    found = (paired.difference("core mean", n, mean), paired.difference("core exact", n, exact))
    return tuple(entry for entry in found if entry is not None)


def _broken(gold: GoldSet, paired: Paired, new: Prediction) -> tuple[Broken, ...]:
    """For each head, what the new bundle is surest of among what it broke."""
    places = [(d, s, labels) for d in gold.documents
              for s, labels in zip(d.segments, d.labels, strict=True)]  # fmt: skip
    found = []
    for head, mask in paired.masks.items():
        right = {side: paired.found[side, head] == paired.answers[head] for side in SIDES}
        rows = np.flatnonzero(mask & right["old"] & ~right["new"])
        surest = rows[np.argsort(-new.confidences[head][rows], kind="stable")]
        for row in surest[:BROKEN_OF_HEAD].tolist():
            document, segment, labels = places[row]
            found.append(
                Broken(
                    excerpt(document, segment), head, labels[head], str(new.labels[head][row]),
                    float(new.confidences[head][row]),
                )
            )  # fmt: skip
    return tuple(found)


def _warnings(old: Bundle, new: Bundle, gold: GoldSet) -> list[str]:
    told = set_aside(gold)
    if old.sha256 == new.sha256:
        told.append("Both names stand for the same bundle.")
    return told + few_documents(gold)
