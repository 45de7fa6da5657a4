"""From figures to a plain verdict, by rules that are written down here.

Only clear figures count: those whose q-value is at most 1 minus the confidence. Of these, only what
is large enough to matter counts: the limits below.

- *Relabel* is said for what a model that reads worse shows: lost confidence (``LOST_CONFIDENCE``,
  ``LOST_DOUBT``), words that it has not been judged on (``LOST_WORDS``), or labels that are
  distributed quite otherwise (``LARGE``).
- *Look closer* is said for less of that, for other shares of labels, other lengths and other words:
  customers may have changed, and the model read them as well as ever.
- *Too little to tell* is said where a side has fewer than ``FEWEST_DOCUMENTS`` documents.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from mot_nlp.monitoring.result import (
    CONFIDENCE,
    DOUBT,
    INCOMPARABLE,
    LENGTH,
    LENGTH_DISTANCE,
    RELABEL,
    SHARE,
    STABILITY,
    STABLE,
    UNKNOWN,
    UNKNOWN_WORDS,
    VERDICTS,
    WATCH,
    WORD_DISTANCE,
)
from mot_nlp.taxonomy import question_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

FEWEST_DOCUMENTS = 30
"""Documents that either side must have for a verdict."""

MODERATE, LARGE = 0.1, 0.25
"""The usual reading of the population stability index, here of what is beyond chance."""

NOTED_SHARE = 0.03
"""Least change of a label's share that is worth a word."""
NOTED_CONFIDENCE, LOST_CONFIDENCE = 0.01, 0.05
"""Losses of mean confidence that call for a look, and for labels."""
NOTED_DOUBT, LOST_DOUBT = 0.03, 0.10
"""The same of the share of moments under the review threshold."""
NOTED_WORDS, LOST_WORDS = 0.01, 0.05
"""The same of the share of words that the reference does not know."""
NOTED_LENGTH = 0.2
"""Least change of mean length, and distance of lengths beyond chance, that is worth a word, as a
share of the reference's mean length."""
NOTED_DIVERGENCE = 0.02
"""Least divergence of words beyond chance, in bits, that is worth a word."""

LABELS_WANTED = 250
"""Moments that tell the share of right labels to within 5 points, where about 80 % are right:
1.96**2 * 0.8 * 0.2 / 0.05**2."""


class Reason(NamedTuple):
    """What speaks for a verdict.

    Attributes:
        verdict: What it speaks for.
        words: A sentence.
        head: The head that it is about; empty for none.
    """

    verdict: str
    words: str
    head: str = ""


def judge(figures: pd.DataFrame, documents: tuple[int, int]) -> list[Reason]:
    """What the figures speak for.

    Args:
        figures: Rows in ``FIGURE_COLUMNS``.
        documents: Documents of the reference and of what is new.
    """
    if min(documents) < FEWEST_DOCUMENTS:
        words = (
            f"The reference has {documents[0]:,} and the new feedback {documents[1]:,} documents with a "
            f"moment; {FEWEST_DOCUMENTS} on either side are the least."
        )
        return [Reason(UNKNOWN, words)]
    length = float(figures.loc[figures["kind"] == LENGTH, "reference"].sum())
    # The many shares of labels come last, so that they do not hide what says more.
    ordered = figures.sort_values("kind", key=lambda kind: kind == SHARE, kind="stable")
    clear = ordered[ordered["clear"]].to_dict("records")
    found = [_reason({str(name): value for name, value in row.items()}, length) for row in clear]
    return [reason for reason in found if reason is not None] or [
        Reason(STABLE, "Nothing changed clearly and by enough to matter.")
    ]


def gravest(verdicts: Iterable[str]) -> str:
    """The gravest of several verdicts."""
    return max(verdicts, key=VERDICTS.index)


def in_order(reasons: Sequence[Reason]) -> list[Reason]:
    """The reasons to give, the gravest first: that nothing speaks against a model goes unsaid if something does."""
    some = [reason for reason in reasons if reason.verdict != STABLE] or reasons
    return sorted(some, key=lambda reason: -VERDICTS.index(reason.verdict))


def advise(verdict: str, reasons: Iterable[Reason], *, documents: int, moments: int) -> str:
    """What to do next.

    Args:
        verdict: One of ``VERDICTS``.
        reasons: Why.
        documents: Documents of what is new.
        moments: Its moments.
    """
    if verdict != RELABEL:
        return _ADVICE[verdict]
    wanted = min(LABELS_WANTED, moments)
    enough = ceil(wanted * documents / moments)
    heads = dict.fromkeys(
        question_of(reason.head) for reason in reasons if reason.verdict == RELABEL and reason.head
    )
    asked = f", above all {', '.join(heads)}" if heads else ""
    option = f" --heads {','.join(heads)}" if heads else ""
    return (
        f"Label about {wanted:,} moments of the new feedback, some {enough:,} documents{asked}: python -m "
        f"training select FEEDBACK --bundle MODEL --n {enough}{option} --out to-label. Fit anew with them "
        "(python -m training fit), and put that model in service if it reads the new feedback better "
        "(python -m training compare)."
    )


_ADVICE: Mapping[str, str] = {
    STABLE: "Nothing to do; compare again with the next period.",
    UNKNOWN: "Wait for more feedback, or compare a longer period.",
    WATCH: (
        "Read some of the moments that changed: if their labels are right, customers changed and not the "
        "model; if not, label some and measure the model on them (python -m training select, evaluate)."
    ),
    INCOMPARABLE: "Tag both with the same model (mot predict --model), and compare again.",
}


class _Rule(NamedTuple):
    """From which size on a figure calls for a look, and for labels, and what is said of it."""

    noted: float
    lost: float
    words: str


_NEVER = float("inf")


def _rules(old: float, length: float) -> dict[str, _Rule]:
    """The rule of each kind of figure, from its reference and the mean length of the reference."""
    return {
        SHARE: _Rule(NOTED_SHARE, _NEVER, "The share of {label} went from {old:.1%} to {new:.1%}."),
        CONFIDENCE: _Rule(
            NOTED_CONFIDENCE,
            LOST_CONFIDENCE,
            "Mean confidence in {head} fell from {old:.2f} to {new:.2f}.",
        ),
        DOUBT: _Rule(
            NOTED_DOUBT,
            LOST_DOUBT,
            "Moments whose {head} is in doubt went from {old:.1%} to {new:.1%}.",
        ),
        LENGTH: _Rule(
            NOTED_LENGTH * old,
            _NEVER,
            "A moment is {new:.0f} characters long on average, {old:.0f} before.",
        ),
        UNKNOWN_WORDS: _Rule(
            NOTED_WORDS,
            LOST_WORDS,
            "Words that the reference does not know went from {old:.1%} to {new:.1%}.",
        ),
        STABILITY: _Rule(
            MODERATE,
            LARGE,
            "The labels of {head} are distributed otherwise (stability index {new:.2f}, by chance {old:.2f}).",
        ),
        LENGTH_DISTANCE: _Rule(
            NOTED_LENGTH * length,
            _NEVER,
            "Lengths of moments lie {new:.0f} characters apart (by chance {old:.0f}).",
        ),
        WORD_DISTANCE: _Rule(
            NOTED_DIVERGENCE,
            _NEVER,
            "Words are used otherwise (divergence {new:.2f} bits, by chance {old:.2f}).",
        ),
    }


def _reason(row: Mapping[str, object], length: float) -> Reason | None:
    """What a clear figure speaks for; None where it is too small to matter, or good news."""
    kind, head, label = (str(row[name]) for name in ("kind", "head", "label"))
    old, new, by = (float(str(row[name])) for name in ("reference", "new", "difference"))
    rule = _rules(old, length)[kind]
    size = abs(by) if kind in (SHARE, LENGTH) else -by if kind == CONFIDENCE else by
    if size < rule.noted:
        return None
    named = "pivotal moments" if head == "pivotal" else f"{label} ({head})"
    words = rule.words.format(head=head, label=named, old=old, new=new)
    return Reason(RELABEL if size >= rule.lost else WATCH, words, head)
