"""What an evaluation says: one data object, laid out as a page and written as JSON.

``evaluation.json`` is :class:`Evaluation` as it stands here, attribute by attribute; an undefined
figure is null, figures are rounded to four decimals, an interval is ``low`` and ``high`` beside
``value``. ``format`` grows when an attribute is removed or changes its meaning, not when one is added.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.evaluation.estimates import Estimate
    from training.evaluation.excerpts import Excerpt
    from training.evaluation.facts import BundleFacts, GoldFacts

FORMAT = 1

FEW = 20
"""Segments of a label or a slice under which its figures are not to be relied on."""

FEW_OWNERS = 5
"""Documents under which a slice is not to be told from a quirk of theirs."""

FEW_DOCUMENTS = 30
"""Documents under which intervals are rough."""


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """Quality on one label.

    Attributes:
        label: The label.
        n: Gold segments of it.
        predicted: Segments predicted as it.
        precision: None where the gold has none of it.
        recall: Likewise.
        f1: Likewise.
        few: Whether ``n`` is under 20, so that the figures say little.
    """

    label: str
    n: int
    predicted: int
    precision: Estimate | None
    recall: Estimate | None
    f1: Estimate | None
    few: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """Segments of like confidence.

    Attributes:
        low: Least confidence, 0 to 1.
        high: Greatest confidence.
        n: Segments.
        confidence: Mean confidence.
        accuracy: Share of them that is right.
    """

    low: float
    high: float
    n: int
    confidence: float
    accuracy: Estimate


@dataclass(frozen=True, slots=True)
class Review:
    """What the bundle's review threshold does here.

    Attributes:
        threshold: Least confidence of labels that nobody needs to look at.
        kept: Share of segments at or over it.
        right: Share of these that is right; None where none is kept.
    """

    threshold: float
    kept: Estimate
    right: Estimate | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether confidences are honest.

    Attributes:
        segments: Segments with a confidence.
        confidence: Mean confidence, 0 to 1.
        accuracy: Share right.
        ece: Expected calibration error over 15 bins of equal width (Guo et al. 2017), 0 to 1.
        brier: Brier score over all labels, 0 to 2.
        bins: Reliability curve: bins of equal mass, by rising confidence.
        review: At the bundle's review threshold, None where it has none.
    """

    segments: int
    confidence: float
    accuracy: float
    ece: float
    brier: float
    bins: tuple[Bin, ...]
    review: Review | None


@dataclass(frozen=True, slots=True)
class Confused:
    """A label read as another.

    Attributes:
        head: The head.
        gold: Right label.
        predicted: What was read.
        n: How often.
        of: Gold segments of that label.
    """

    head: str
    gold: str
    predicted: str
    n: int
    of: int


@dataclass(frozen=True, slots=True)
class HeadFigures:
    """Quality of one head.

    Attributes:
        head: Its name.
        segments: Segments that count: those with a label, for sentiment those with a moment.
        documents: Documents that hold them.
        macro_f1: Mean F1 over the labels of the gold.
        accuracy: Share right.
        labels: Each label, in the taxonomy's order.
        confusion: Counts, ``[gold][predicted]``, in the same order.
        confused: The most frequent confusions, most frequent first.
        calibration: None where no segment has a confidence.
    """

    head: str
    segments: int
    documents: int
    macro_f1: Estimate
    accuracy: Estimate
    labels: tuple[LabelFigures, ...]
    confusion: tuple[tuple[int, ...], ...]
    confused: tuple[Confused, ...]
    calibration: Calibration | None


@dataclass(frozen=True, slots=True)
class SliceHead:
    """One head on one slice.

    Attributes:
        head: Its name.
        n: Segments that count.
        macro_f1: Over the labels that occur in the slice.
        overall: Macro-F1 of all segments over the same labels.
        q: P value of the difference, adjusted over all slices and heads (Benjamini and Hochberg);
            None where it was not tested.
        low: Whether the whole interval lies below ``overall``.
        clear: Whether it also is after the adjustment (``q`` at most 0.05).
        few: Whether ``n`` is under 20, or they stand in fewer than 5 documents; then nothing is tested.
    """

    head: str
    n: int
    macro_f1: Estimate
    overall: float
    q: float | None
    low: bool
    clear: bool
    few: bool


@dataclass(frozen=True, slots=True)
class SliceFigures:
    """Segments that have something in common.

    Attributes:
        key: What is sliced by.
        value: The common value, ``(not given)`` where a document has none.
        documents: Documents that hold them.
        segments: Their number.
        heads: Figures of each head that counts somewhere among them.
    """

    key: str
    value: str
    documents: int
    segments: int
    heads: tuple[SliceHead, ...]


@dataclass(frozen=True, slots=True)
class WrongLabel:
    """A head that a segment was read wrong on.

    Attributes:
        head: Its name.
        gold: Right label.
        predicted: What was read.
        confidence: How sure the model was, 0 to 1.
    """

    head: str
    gold: str
    predicted: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Mistake:
    """A segment read wrong.

    Attributes:
        excerpt: The segment in its context.
        wrong: The heads it was read wrong on, surest first.
        surprise: How unlikely the model held the right labels of these heads: the sum of their
            −log probabilities, in nats, 0 upward.
    """

    excerpt: Excerpt
    wrong: tuple[WrongLabel, ...]
    surprise: float


@dataclass(frozen=True, slots=True)
class Settings:
    """How it was computed.

    Attributes:
        borders: ``gold`` for the labelled segments' own borders, ``own`` for the product's.
        bootstrap: Number of replicates.
        level: Level of the intervals.
        seed: Of the replicates.
    """

    borders: str
    bootstrap: int
    level: float
    seed: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A bundle's quality on labelled documents.

    Attributes:
        created: Day it was made, ISO 8601.
        version: Of mot-nlp.
        bundle: Which bundle.
        gold: On what.
        settings: How.
        heads: Figures of each head that has labels in the gold.
        core_mean_macro_f1: Mean macro-F1 of stage, moment and sentiment; None where one is missing.
        core_exact: Share of segments with all three right, of those that have all three.
        not_found: Segments that no segment of the product covers, with its own borders.
        slices: Slice by slice.
        mistakes: Segments read wrong, worst first.
        warnings: What a reader should know before the figures.
        format: Version of this format.
    """

    created: str
    version: str
    bundle: BundleFacts
    gold: GoldFacts
    settings: Settings
    heads: tuple[HeadFigures, ...]
    core_mean_macro_f1: Estimate | None
    core_exact: Estimate | None
    not_found: int
    slices: tuple[SliceFigures, ...]
    mistakes: tuple[Mistake, ...]
    warnings: tuple[str, ...] = field(default=())
    format: int = FORMAT
