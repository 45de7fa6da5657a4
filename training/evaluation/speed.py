"""How fast two bundles are, side by side."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

from mot_nlp.errors import InputError
from training.evaluation.differences import Speed
from training.evaluation.predicting import as_product_reads

if TYPE_CHECKING:
    from mot_nlp.records import Document
    from mot_nlp.tagger import MomentTagger
    from training.evaluation.gold import GoldSet

MOST_DOCUMENTS = 256


def compare_speed(
    old: MomentTagger, new: MomentTagger, gold: GoldSet, *, runs: int = 3
) -> Speed | None:
    """Time both on the same texts, in turns, so that a busy moment meets both.

    A run tags at most ``MOST_DOCUMENTS`` from text to moments. The first run of each is not
    counted: it makes the network's code for new shapes.

    Args:
        old: One bundle, running.
        new: The other.
        gold: Documents to tag.
        runs: Runs of each; 0 to leave it.

    Raises:
        InputError: ``runs`` is negative.
    """
    if runs < 0:
        raise InputError(f"speed runs is {runs}; allowed: 0 for none, or more")
    documents = as_product_reads(gold.documents[:MOST_DOCUMENTS])
    if not runs or not documents:
        return None
    timed: dict[str, list[float]] = {"old": [], "new": []}
    for _ in range(runs + 1):
        timed["old"].append(_rate(old, documents))
        timed["new"].append(_rate(new, documents))
    old_rate, new_rate = (statistics.median(rates[1:]) for rates in timed.values())
    return Speed(len(documents), runs, old_rate, new_rate)


def _rate(tagger: MomentTagger, documents: list[Document]) -> float:
    """Documents a second."""
    start = time.perf_counter()
    for _ in tagger.stream(documents):
        pass
    return len(documents) / (time.perf_counter() - start)
