"""What an evaluation comes to, in a few sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mot_nlp.reporting.numbers import words
from training.evaluation.numbers import figure
from training.evaluation.slicing import clearly_low

if TYPE_CHECKING:
    from training.evaluation.data import Evaluation, HeadFigures

MOST = 3
"""Sentences of a kind."""

OVERSURE = 0.05
"""Gap between mean confidence and share right from which on it is told."""


def findings(evaluation: Evaluation) -> list[str]:
    """Sentences on the weakest labels, frequent confusions, slices and confidences, in this order."""
    return [
        *_weakest(evaluation),
        *_confusions(evaluation),
        *_slices(evaluation),
        *(told for head in evaluation.heads if (told := _confidence(head))),
    ]


def _weakest(evaluation: Evaluation) -> list[str]:
    known = [
        (label.f1.value, f"{head.head} {words(label.label)} {figure(label.f1)}, {label.n:,} segments")
        for head in evaluation.heads for label in head.labels if label.f1 and not label.few
    ]  # fmt: skip
    lowest = [told for _, told in sorted(known)[:MOST]]
    return [f"The labels read worst, by F1: {'; '.join(lowest)}."] if lowest else []


def _confusions(evaluation: Evaluation) -> list[str]:
    every = [found for head in evaluation.heads for found in head.confused]
    most = sorted(every, key=lambda found: -found.n)[:MOST]
    told = "; ".join(
        f"{found.head} {words(found.gold)} as {words(found.predicted)}, {found.n:,} of {found.of:,}"
        for found in most
    )
    return [f"Most often one label was read as another: {told}."] if told else []


def _slices(evaluation: Evaluation) -> list[str]:
    tested = [head for entry in evaluation.slices for head in entry.heads if head.q is not None]
    if not tested:
        return []
    low = [
        f"{head.head} where {words(entry.key)} is {entry.value} "
        f"({head.macro_f1.value:.2f} against {head.overall:.2f})"
        for entry, head in clearly_low(evaluation.slices)
    ]
    if not low:
        return ["No slice is clearly worse than the whole."]
    more = f"; {len(low) - MOST} more are flagged below" if len(low) > MOST else ""
    return [f"Clearly worse than the whole: {'; '.join(low[:MOST])}{more}."]


def _confidence(head: HeadFigures) -> str:
    found = head.calibration
    if found is None or abs(found.confidence - found.accuracy) < OVERSURE:
        return ""
    kind = "too sure" if found.confidence > found.accuracy else "less sure than it could be"
    return (
        f"The model is {kind} of {words(head.head)}: mean confidence {found.confidence:.2f}, share "
        f"right {found.accuracy:.2f}."
    )
