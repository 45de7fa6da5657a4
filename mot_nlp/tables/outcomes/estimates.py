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
        r_squared: Share of the variance explained, NaN without a regression.
    """

    effects: Floats
    covariance: Floats
    having: Floats
    regressed: int
    dof: float
    r_squared: float


def is_binary(outcome: Floats) -> bool:
    """Whether both 0 and 1 occur, and nothing else."""
    return bool(np.isin(outcome, (0, 1)).all()) and len(np.unique(outcome)) == 2


def estimate(
    presence: Presence, labels: Sequence[str], min_documents: int, notes: Notes
) -> Estimates:
    """Regress, and add to the notes what could not be.

    Args:
        presence: Documents.
        labels: What notes call each kind.
        min_documents: Documents with, and without, that a term needs.
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
        float("nan"),
    )
    if len(np.unique(design.outcome)) < 2:
        _tell_all(notes, "no regression: all documents have the same outcome")
        return nothing
    binary = is_binary(design.outcome)
    design, terms = _usable(design, min_documents, notes, binary=binary)
    if not terms:
        return nothing
    correlation = correlations(design.x[:, terms], design.weight)
    spanning = independent(correlation)
    fit = _fitted(
        replace(design, x=design.x[:, [terms[column] for column in spanning]]), notes, binary=binary
    )
    if fit is None:
        return nothing
    tangled = _note_entangled(correlation, terms, labels, notes)
    told = [place for place, column in enumerate(spanning) if column not in tangled]
    found = _placed(nothing, fit, told, [terms[spanning[place]] for place in told])
    return _without_scarce(found, design, notes)


def _tell_all(notes: Notes, message: str) -> None:
    for own in notes:
        own.append(message)


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


def _fitted(design: Design, notes: Notes, *, binary: bool) -> Fit | None:
    """The regression, or None and a note where it cannot be had."""
    if not _enough(design, notes, binary=binary):
        return None
    fit = logistic(design) if binary else linear(design)
    if fit is None:
        _tell_all(
            notes,
            "no regression: some moments together tell the outcome of some documents without fail",
        )
    return fit


def _enough(design: Design, notes: Notes, *, binary: bool) -> bool:
    """Whether there are documents enough for the terms; notes it where not."""
    documents, rarer = design.weight.sum(), ""
    if binary:
        ones = float(design.weight @ design.outcome)
        documents, rarer = min(ones, documents - ones), " of the rarer outcome"
    terms = design.x.shape[1]
    if documents >= PER_TERM * terms:
        return True
    _tell_all(
        notes,
        f"no regression: {documents:.0f} documents{rarer} for {terms} terms, "
        f"which take {PER_TERM * terms}",
    )
    return False


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
