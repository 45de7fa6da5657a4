"""What was found, and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

STABLE, WATCH, RELABEL = "no sign of drift", "look closer", "relabel"
UNKNOWN, INCOMPARABLE = "too little to tell", "not comparable"
VERDICTS = (STABLE, UNKNOWN, WATCH, RELABEL, INCOMPARABLE)
"""All verdicts, the gravest last."""

SHARE, CONFIDENCE, DOUBT, LENGTH, UNKNOWN_WORDS = (
    "share", "confidence", "doubt", "length", "unknown_words",
)  # fmt: skip
"""Kinds of figures that each side has one of."""
STABILITY, LENGTH_DISTANCE, WORD_DISTANCE = "stability_index", "length_distance", "word_distance"
"""Kinds of figures that both sides have in common: how far apart two distributions are."""
DISTANCES = (STABILITY, LENGTH_DISTANCE, WORD_DISTANCE)

FIGURE_COLUMNS = (
    "kind", "head", "label", "reference", "new", "difference", "low", "high", "p_value", "q_value",
    "clear",
)  # fmt: skip
WORD_COLUMNS = (
    "word", "documents_reference", "documents_new", "share_reference", "share_new", "z",
)  # fmt: skip
GROUP_COLUMNS = (
    "documents_reference", "documents_new", "moments_reference", "moments_new", "verdict",
    "reasons",
)  # fmt: skip
QUANTILE_COLUMNS = ("quantile", "reference", "new")


@dataclass(frozen=True, slots=True, repr=False)
class DriftResult:
    """How new moments differ from those that a model was judged on.

    Attributes:
        verdict: One of ``VERDICTS``; with groups, the gravest of the whole and of each group.
        reasons: Why, a sentence each, the gravest first.
        advice: What to do next.
        notes: What to know before one relies on it: what could not be measured, or was left out.
        figures: A row a figure, in ``FIGURE_COLUMNS``. ``difference`` is ``new`` minus
            ``reference``, ``low`` to ``high`` its interval, ``p_value`` the probability of such a
            difference by chance, ``q_value`` that probability adjusted to all rows, and ``clear``
            whether it is at most 1 minus the confidence. ``kind`` is one of

            - ``share`` of moments with a ``label``, 0 to 1;
            - ``confidence``, the mean of a ``head``, 0 to 1;
            - ``doubt``, the share of moments whose confidence in a ``head`` is under the model's
              review threshold;
            - ``length``, mean characters a moment;
            - ``unknown_words``, the share of words that the half of the reference which a document
              is not in does not know;
            - ``stability_index``, the population stability index of a ``head``; ``length_distance``,
              Wasserstein's distance between the lengths of moments in characters; and
              ``word_distance``, Jensen and Shannon's divergence of their words, 0 to 1. Of these
              three, ``reference`` is what two samples of the same feedback, as large as these,
              differ by on average, ``new`` is what these two differ by, and ``difference``, at
              least 0, what is beyond chance.
        words: Words that became clearly more common, the clearest first, in ``WORD_COLUMNS``: how
            many documents of the sample they stand in, as number and share.
        lengths: Quantiles of the characters of moments, in ``QUANTILE_COLUMNS``.
        groups: A verdict for each group where some were asked for, the largest first: their
            columns, then ``GROUP_COLUMNS``.
        documents: Documents of the reference and of what is new.
        moments: Moments of both.
    """

    verdict: str
    reasons: tuple[str, ...]
    advice: str
    notes: tuple[str, ...]
    figures: pd.DataFrame
    words: pd.DataFrame
    lengths: pd.DataFrame
    groups: pd.DataFrame
    documents: tuple[int, int]
    moments: tuple[int, int]

    def __str__(self) -> str:
        """The verdict in words."""
        return " ".join([f"{self.verdict.capitalize()}.", *self.reasons, self.advice])

    def __repr__(self) -> str:
        return f"<DriftResult: {self}>"

    def as_dict(self) -> dict[str, Any]:
        """Everything, as plain values; a table is a list of rows."""
        sizes = {
            name: {"documents": documents, "moments": moments}
            for name, documents, moments in zip(
                ("reference", "new"), self.documents, self.moments, strict=True
            )
        }
        tables = ("figures", "words", "lengths", "groups")
        return {
            "verdict": self.verdict,
            "reasons": list(self.reasons),
            "advice": self.advice,
            "notes": list(self.notes),
            **sizes,
            **{name: getattr(self, name).to_dict("records") for name in tables},
        }
