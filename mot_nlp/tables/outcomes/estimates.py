"""The regression of the outcome on all kinds of moment at once, with what it cannot tell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.tables.outcomes.regression import Design, linear, logistic
from mot_nlp.tables.outcomes.terms import (
    FEWEST_CLUSTERS,
    SIGNS,
    called,
    correlations,
    counts,
    dummies,
    entangled,
    independent,
    scarce,
    separated,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mot_nlp.tables.outcomes.presence import Presence
    from mot_nlp.tables.outcomes.regression import Fit
    from mot_nlp.tables.outcomes.sandwich import Floats

PER_TERM = 5
"""Documents that a regression needs for each term; a logistic one needs them of the rarer outcome.

See Vittinghoff and McCulloch (2007), "Relaxing the Rule of Ten Events per Variable in Logistic and
Cox Regression", American Journal of Epidemiology 165(6).
"""

_FORETOLD = (
    "Some moments together tell {} of some documents without fail, so that their effects have no "
    "finite estimate."
)

Notes = list[list[str]]
"""What there is to say of each kind."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """Effects of the negative and the positive presence of each kind, in this order.

    Attributes:
        effects: Change of the mean outcome; NaN where it cannot be estimated; (K, 2).
        covariance: Their covariance within each kind; (K, 2, 2).
        having: Documents with a negative and with a positive moment of each kind; (K, 2).
        regressed: Documents that the regression rests on, 0 without one.
        dof: Degrees of freedom of Student's t for intervals, NaN without a regression.
        r_squared: Share of the variance explained, None without a regression.
        said: Why there is no regression, as a sentence; empty where there is one.
    """

    effects: Floats
    covariance: Floats
    having: Floats
    regressed: int
    dof: float
    r_squared: float | None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the documents.

    Attributes:
        outcome: Name of the outcome.
        min_documents: Documents that an effect must rest on, with and without the moment.
        stages: How many kinds there are at most when made by stage, which is advised to who asks
            for too many.
    """

    outcome: str
    min_documents: int
    stages: int


def is_binary(outcome: Floats) -> bool:
    """Whether both 0 and 1 occur, and nothing else."""
    return bool(np.isin(outcome, (0, 1)).all()) and len(np.unique(outcome)) == 2


def estimate(
    presence: Presence, labels: Sequence[str], question: Question, notes: Notes
) -> Estimates:
    """Regress, and add to the notes what could not be.

    Args:
        presence: Documents.
        labels: What notes call each kind.
        question: What is asked.
        notes: Notes of each kind, which are added to.
    """
    design = Design(dummies(presence), presence.outcome, presence.weight, presence.cluster)
    kinds = len(labels)
    nothing = Estimates(
        np.full((kinds, 2), np.nan),
        np.full((kinds, 2, 2), np.nan),
        counts(design.x, design.weight).reshape(kinds, 2),
        0,
        float("nan"),
        None,
    )
    if len(np.unique(design.outcome)) < 2:
        return _refused(nothing, notes, _without_variation(design, question))
    binary = is_binary(design.outcome)
    design, terms = _usable(design, question.min_documents, notes, binary=binary)
    if not terms:
        return _refused(nothing, notes, "No effect can be estimated; the notes say why.")
    correlation = correlations(design.x[:, terms], design.weight)
    spanning = independent(correlation)
    spanned = replace(design, x=design.x[:, [terms[column] for column in spanning]])
    if lacking := _lacking(spanned, question, binary=binary):
        return _refused(nothing, notes, lacking)
    fit = logistic(spanned) if binary else linear(spanned)
    if fit is None:
        return _refused(nothing, notes, _FORETOLD.format(question.outcome))
    tangled = _note_entangled(correlation, terms, labels, notes)
    told = [place for place, column in enumerate(spanning) if column not in tangled]
    found = _placed(nothing, fit, told, [terms[spanning[place]] for place in told])
    return _without_scarce(found, design, notes)


def _refused(nothing: Estimates, notes: Notes, said: str) -> Estimates:
    """No estimates, the reason once, and in the notes of each kind no more than that it is so."""
    for own in notes:
        own.append("no regression")
    return replace(nothing, said=said)


def _without_variation(design: Design, question: Question) -> str:
    if not len(design.outcome):
        return f"There is no document with a value of {question.outcome}."
    return f"All documents have the same {question.outcome}, so that nothing can move it."


def _populated(terms: list[int], design: Design, min_documents: int, notes: Notes) -> list[int]:
    """Terms that enough documents have, and enough have not."""
    total = design.weight.sum()
    having = counts(design.x, design.weight)
    kept = []
    for term in terms:
        for count, word in ((having[term], "with"), (total - having[term], "without")):
            if count < min_documents:
                notes[term // 2].append(
                    f"too few documents {word} a {SIGNS[term % 2]} moment ({count:.0f})"
                )
                break
        else:
            kept.append(term)
    return kept


def _usable(
    design: Design, min_documents: int, notes: Notes, *, binary: bool
) -> tuple[Design, list[int]]:
    """Terms that can be estimated, and the documents to do it on.

    A term that tells one of two outcomes without fail is set aside, with the documents that it
    tells: its estimate is infinite, and in that limit those documents say nothing of the other
    terms. What is left may be too little for a further term, or tell one, hence the loop.
    """
    terms = list(range(design.x.shape[1]))
    while True:
        terms = _populated(terms, design, min_documents, notes)
        found = (
            separated(design.x[:, terms], design.outcome, design.weight) if binary and terms else {}
        )
        if not found:
            return design, terms
        rows = np.ones(len(design.outcome), dtype=bool)
        for column, (side, outcome) in found.items():
            values = design.x[:, terms[column]] == side
            rows &= ~values
            notes[terms[column] // 2].append(
                f"all documents {'with' if side else 'without'} a {SIGNS[terms[column] % 2]} moment "
                f"({design.weight[values].sum():.0f}) have the outcome {outcome:.0f}, so that its "
                "effect has no finite estimate"
            )
        design = Design(
            design.x[rows],
            design.outcome[rows],
            design.weight[rows],
            None if design.cluster is None else design.cluster[rows],
        )
        terms = [term for column, term in enumerate(terms) if column not in found]


def _lacking(design: Design, question: Question, *, binary: bool) -> str:
    """What to say where there are too few documents for the terms; nothing where there are enough."""
    documents, word = float(design.weight.sum()), "with"
    if binary:
        ones = float(design.weight @ design.outcome)
        documents, word = min((ones, "with"), (documents - ones, "without"))
    terms = design.x.shape[1]
    if documents >= PER_TERM * terms:
        return ""
    said = (
        f"Too few documents {word} {question.outcome} ({documents:,.0f}) to weigh {terms} "
        f"effect{'s' * (terms > 1)} at once; {PER_TERM * terms:,} are needed."
    )
    return f"{said} Try by='stage'." if terms > 2 * question.stages else said


def _note_entangled(
    correlation: Floats, terms: Sequence[int], labels: Sequence[str], notes: Notes
) -> set[int]:
    """Columns that others tell, each with a note that names those."""
    tangled = entangled(correlation)
    for column, partners in tangled.items():
        others = " and ".join(called(terms[partner], labels) for partner in partners)
        notes[terms[column] // 2].append(
            f"the effect of {SIGNS[terms[column] % 2]} moments cannot be told apart from that of {others}"
        )
    return set(tangled)


def _placed(found: Estimates, fit: Fit, told: list[int], terms: list[int]) -> Estimates:
    """Effects of a fit put where their kinds stand."""
    kinds = len(found.effects)
    effects = np.full(2 * kinds, np.nan)
    effects[terms] = fit.effects[told]
    covariance = np.full((2 * kinds, 2 * kinds), np.nan)
    covariance[np.ix_(terms, terms)] = fit.covariance[np.ix_(told, told)]
    blocks = covariance.reshape(kinds, 2, kinds, 2)
    own = np.arange(kinds)
    return replace(
        found,
        effects=effects.reshape(kinds, 2),
        covariance=blocks[own, :, own, :],
        regressed=fit.documents,
        dof=fit.dof,
        r_squared=fit.r_squared,
    )


def _without_scarce(found: Estimates, design: Design, notes: Notes) -> Estimates:
    """Without the covariance of effects whose documents are in too few clusters."""
    covariance = found.covariance.copy()
    for term, (word, count) in scarce(design.x, design.cluster).items():
        kind, sign = divmod(term, 2)
        if np.isfinite(found.effects[kind, sign]):
            covariance[kind, sign, :] = covariance[kind, :, sign] = np.nan
            notes[kind].append(
                f"no interval: documents {word} a {SIGNS[sign]} moment are in {count} clusters, "
                f"which take {FEWEST_CLUSTERS}"
            )
    return replace(found, covariance=covariance)
