"""What a comparison of two bundles says.

``comparison.json`` is :class:`Comparison` as it stands, and ``gate``, the :class:`gate.Verdict` where
the gate was asked and null elsewhere. Undefined figures are null, figures rounded to four decimals, a difference is new minus old, so above
zero is better. ``format`` grows when an attribute is removed or changes its meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.evaluation.estimates import Estimate
    from training.evaluation.excerpts import Excerpt
    from training.evaluation.facts import BundleFacts, GoldFacts

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of the old bundle and of the new one.

    Attributes:
        name: What it is a figure of: a head, a label, ``core mean`` or ``core exact``.
        n: Gold segments it rests on.
        old: The old bundle's, 0 to 1.
        new: The new bundle's.
        difference: New minus old, its interval from paired replicates: both bundles on the same
            documents.
        p: Two-sided p value of no difference; None where it cannot be told.
        q: Of a label: ``p`` adjusted over all labels (Benjamini and Hochberg).
    """

    name: str
    n: int
    old: float
    new: float
    difference: Estimate
    p: float | None
    q: float | None = None


@dataclass(frozen=True, slots=True)
class HeadDifference:
    """One head of both bundles.

    Attributes:
        head: Its name.
        segments: Segments that count for both.
        macro_f1: Mean F1 over the labels in common that the gold holds.
        labels: F1 of each of these.
        fixed: Segments that the old bundle read wrong and the new one right.
        broken: Segments that the old bundle read right and the new one wrong.
        both_wrong: Segments that both read wrong.
    """

    head: str
    segments: int
    macro_f1: Difference
    labels: tuple[Difference, ...]
    fixed: int
    broken: int
    both_wrong: int


@dataclass(frozen=True, slots=True)
class Broken:
    """A segment that only the old bundle read right.

    Attributes:
        excerpt: The segment in its context.
        head: The head.
        gold: The right label, which is the old bundle's.
        new: The new bundle's label.
        confidence: How sure the new bundle was, 0 to 1.
    """

    excerpt: Excerpt
    head: str
    gold: str
    new: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast both bundles tag the same documents here and now; it decides nothing.

    Attributes:
        documents: Documents a run.
        runs: Runs of each bundle, taken in turns.
        old: Documents a second, the median of the runs.
        new: Likewise.
    """

    documents: int
    runs: int
    old: float
    new: float


@dataclass(frozen=True, slots=True)
class ComparisonSettings:
    """How it was computed.

    Attributes:
        bootstrap: Number of replicates.
        alpha: One minus the level of the intervals.
        seed: Of the replicates.
    """

    bootstrap: int
    alpha: float
    seed: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two bundles on the same labelled documents.

    Attributes:
        created: Day it was made, ISO 8601.
        version: Of mot-nlp.
        old: Which bundle is in service.
        new: Which one is to take its place.
        gold: What they were compared on.
        settings: How.
        heads: Heads that both have and the gold bears.
        core: Mean macro-F1 of stage, moment and sentiment, and share of segments with all three
            right; empty where one of them is missing.
        broken: Examples of what only the old bundle read right.
        speed: None where it was not measured.
        left_out: What could not be compared, in words.
        warnings: What a reader should know before the figures.
        format: Version of this format.
    """

    created: str
    version: str
    old: BundleFacts
    new: BundleFacts
    gold: GoldFacts
    settings: ComparisonSettings
    heads: tuple[HeadDifference, ...]
    core: tuple[Difference, ...]
    broken: tuple[Broken, ...]
    speed: Speed | None
    left_out: tuple[str, ...]
    warnings: tuple[str, ...]
    format: int = FORMAT
