"""From candidates to a selection: copies left out, strategies in turns, and a reason for each choice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.errors import InputError
from mot_nlp.taxonomy import question_of
from mot_nlp.taxonomy.labels import BETWEEN
from training.collate import MISSING, label_indices
from training.selection.distinct import distinct
from training.selection.likeness import text_vectors
from training.selection.strategies import Field, pick, wanted_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mot_nlp.taxonomy import Taxonomy
    from training.corpus import LabelledDocument
    from training.selection.judging import Candidate
    from training.selection.strategies import Pick, Wanted

_UNSURE = 0.2
"""Doubt of a head from which on it is named among the reasons."""

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """A document to be labelled.

    Attributes:
        candidate: The document, and what the model makes of it.
        strategy: uncertainty, diversity or rare.
        reason: Why it was chosen, for people.
    """

    candidate: Candidate
    strategy: str
    reason: str


@dataclass(frozen=True, slots=True)
class Selection:
    """The documents to be labelled, those to begin with first.

    Attributes:
        choices: The documents.
        wanted: The rare labels that were looked for.
        candidates: How many documents were chosen among.
        near_duplicates: How many more were left out as near-duplicates of these or of labelled ones.
    """

    choices: tuple[Choice, ...]
    wanted: tuple[Wanted, ...]
    candidates: int
    near_duplicates: int


def heads_of(names: Sequence[str], taxonomy: Taxonomy) -> tuple[str, ...]:
    """The heads of questions or heads that are named; all if none is.

    Raises:
        InputError: There is no such question.
    """
    if not names:
        return tuple(taxonomy.heads)
    for name in names:
        if name not in taxonomy.questions and name not in taxonomy.heads:
            raise InputError(
                f"the bundle has no head {name!r}; its heads are {', '.join(taxonomy.questions)}"
            )
    found = {
        head
        for name in names
        for head in (taxonomy.questions[name].heads if name in taxonomy.questions else (name,))
    }
    return tuple(head for head in taxonomy.heads if head in found)


def shared_questions(one: Taxonomy, other: Taxonomy) -> frozenset[str]:
    """Names of the questions that have the same labels in both taxonomies, in whatever order."""
    return frozenset(
        name
        for name, question in one.questions.items()
        if name in other.questions
        and other.questions[name].multiple == question.multiple
        and {*other.questions[name].labels} == {*question.labels}
    )


def with_shared_labels(
    documents: Sequence[LabelledDocument], one: Taxonomy, other: Taxonomy
) -> list[LabelledDocument]:
    """Documents with the labels alone that mean the same in both taxonomies."""
    shared = shared_questions(one, other)
    return [
        replace(
            document,
            labels=tuple(
                {head: label for head, label in entry.items() if question_of(head) in shared}
                for entry in document.labels
            ),
        )
        for document in documents
    ]


def choose(
    candidates: Sequence[Candidate],
    expected: NDArray[np.float64],
    taxonomy: Taxonomy,
    *,
    count: int,
    strategy: str = "mixed",
    heads: Sequence[str] = (),
    labelled: Sequence[LabelledDocument] = (),
    seed: int = 13,
) -> Selection:
    """Choose what to label next; the same input gives the same choice.

    Args:
        candidates: What may be chosen.
        expected: Expected number of segments of each label, (width,); tells rare labels of heads that
            nothing is labelled of.
        taxonomy: Labels.
        count: How many documents are wanted; fewer come where there are fewer.
        strategy: One of ``training.selection.strategies.TURNS``.
        heads: Heads that rare labels are looked for in; all if empty.
        labelled: Documents that are labelled already; near-duplicates of them are left out.
        seed: Of what is drawn.

    Raises:
        InputError: There is no such strategy, or there is nothing to choose among.
    """
    known = [document.text for document in labelled]
    places = distinct([candidate.document.text for candidate in candidates], known=known)
    kept = [candidates[place] for place in places]
    if not kept:
        raise InputError(
            "there is no document to choose: all are labelled, copies, or without a customer's words; "
            "name another dump"
        )
    vectors = text_vectors([*(entry.document.text for entry in kept), *known], seed=seed)
    wanted = wanted_labels(
        _counts(labelled, expected, taxonomy), taxonomy, heads or tuple(taxonomy.heads)
    )
    field = Field(
        doubt=np.array([entry.doubt for entry in kept]),
        likely=np.stack([entry.likely for entry in kept]),
        vectors=vectors[: len(kept)],
        known=vectors[len(kept) :],
        wanted=wanted,
    )
    picks = pick(field, count, strategy, np.random.default_rng(seed))
    names = heads or tuple(taxonomy.heads)
    return Selection(
        choices=tuple(
            Choice(kept[found.place], found.strategy, _reason(kept[found.place], found, names))
            for found in picks
        ),
        wanted=tuple(wanted),
        candidates=len(kept),
        near_duplicates=len(candidates) - len(kept),
    )


def _counts(
    labelled: Sequence[LabelledDocument], expected: NDArray[np.float64], taxonomy: Taxonomy
) -> NDArray[np.float64]:
    """How often each label occurs, (width,): among labels, or expected where a head has none."""
    counts = expected.copy()
    given = np.array(
        [label_indices(entry, taxonomy) for d in labelled for entry in d.labels], np.int64
    ).reshape(-1, len(taxonomy.heads))
    for column, part in enumerate(taxonomy.slices().values()):
        own = given[given[:, column] != MISSING, column]
        if len(own):
            counts[part] = np.bincount(own, minlength=part.stop - part.start)
    return counts


def _reason(candidate: Candidate, found: Pick, heads: Sequence[str]) -> str:
    if found.wanted is not None:
        label = found.wanted
        likely = candidate.likely[label.column]
        return (
            f"probably {_told(label)} ({likely:.0%}), of which there are {label.count:,.0f} in "
            f"{label.total:,.0f}"
        )
    if found.strategy == "diversity":
        return "unlike what is labelled or chosen before it"
    order = np.argsort(-candidate.by_head, kind="stable")[:_MOST_NAMED]
    named = [heads[place] for place in order.tolist() if candidate.by_head[place] >= _UNSURE]
    told = " and ".join(named) if named else "nothing in particular"
    return f"unsure of {told} (doubt {candidate.doubt:.2f} of 1)"


def _told(wanted: Wanted) -> str:
    """A rare label as people say it: ``touchpoint returns``, ``emotion joy``."""
    head, _, label = wanted.head.partition(BETWEEN)
    return f"{head} {label or wanted.label}"
