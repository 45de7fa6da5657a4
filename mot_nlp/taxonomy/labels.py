"""Heads, questions, roll-ups, and the taxonomy that holds them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mot_nlp.errors import TaxonomyError

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADS = ("stage", "moment", "touchpoint", "sentiment", "pivotal")
"""The core heads, which every taxonomy has, in this order; extra heads stand after them."""

PIVOTAL = "yes"
NO, YES = "no", "yes"
"""Answers of the heads that a question of several labels is made of; ``YES`` gives the label."""

BETWEEN = "."
"""Stands between a question of several labels and one of them, in the name of that label's head."""

THREE_LEVELS = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}
FIVE_LEVELS = {
    "very_negative": -1.0,
    "negative": -0.5,
    "neutral": 0.0,
    "positive": 0.5,
    "very_positive": 1.0,
}
"""Scores of the usual sentiments; others need a table of their own."""


@dataclass(frozen=True, slots=True)
class Head:
    """One choice that the model makes for every segment.

    Attributes:
        name: Name of the head.
        labels: Possible answers, in the order of the model's outputs.
        none: The answer that a segment without a moment takes.
        definitions: What a label means, for those that say so.
        scores: How good a label is, from -1 to 1; of sentiment alone.
    """

    name: str
    labels: tuple[str, ...]
    none: str
    definitions: Mapping[str, str]
    scores: Mapping[str, float] = field(default_factory=dict)

    def index(self, label: str) -> int:
        """Position of ``label`` in the model's outputs.

        Raises:
            TaxonomyError: The head has no such label.
        """
        try:
            return self.labels.index(label)
        except ValueError:
            raise TaxonomyError(
                f"{label!r} is not a label of {self.name}; the labels are {', '.join(self.labels)}"
            ) from None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a segment: a column of labels.

    A question of one label is one head of the same name. A question of several labels is a head a
    label, ``emotion.joy`` with the answers no and yes, so that each is scored, masked, calibrated
    and measured as any other.

    Attributes:
        name: Name of the question, also the column name of its labels.
        labels: Possible labels, in order.
        heads: Names of its heads, in order.
        none: The label of a segment without a moment; None where several labels may hold at once,
            or none of them.
        definitions: What a label means, for those that say so.
    """

    name: str
    labels: tuple[str, ...]
    heads: tuple[str, ...]
    none: str | None
    definitions: Mapping[str, str]

    @property
    def multiple(self) -> bool:
        """Whether several labels may hold at once, or none of them."""
        return self.none is None

    def found(self, given: object) -> list[str]:
        """The labels of a cell that say something: all that it holds, less the none label."""
        labels = [given] if isinstance(given, str) else given if isinstance(given, Iterable) else ()
        return [label for label in labels if label in self.labels and label != self.none]


@dataclass(frozen=True, slots=True)
class Rollup:
    """A coarser reading of one question: ``groups`` maps each of its labels to a group."""

    name: str
    of: str
    groups: Mapping[str, str]

    @property
    def labels(self) -> tuple[str, ...]:
        """The groups, in the order they were written."""
        return tuple(dict.fromkeys(self.groups.values()))


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Heads, roll-ups and allowed (stage, moment) pairs of one model.

    Attributes:
        heads: Heads by name, in output order: the core heads, then the extra ones.
        pairs: The (stage, moment) pairs that may occur.
        rollups: Roll-ups by name.
    """

    heads: Mapping[str, Head]
    pairs: tuple[tuple[str, str], ...]
    rollups: Mapping[str, Rollup]

    @property
    def width(self) -> int:
        """Number of outputs over all heads."""
        return sum(len(head.labels) for head in self.heads.values())

    @property
    def outputs(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Heads and their labels in output order: equal for models whose scores mean the same."""
        return tuple((name, tuple(head.labels)) for name, head in self.heads.items())

    @property
    def questions(self) -> dict[str, Question]:
        """Questions by name: the core heads, then the extra ones, those of several labels put together."""
        names: dict[str, list[str]] = {}
        for name in self.heads:
            names.setdefault(question_of(name), []).append(name)
        return {name: self._question(name, own) for name, own in names.items()}

    @property
    def extras(self) -> tuple[Question, ...]:
        """The questions after the core ones."""
        return tuple(question for name, question in self.questions.items() if name not in HEADS)

    @property
    def scores(self) -> dict[str, float]:
        """How good each sentiment is, from -1 to 1."""
        sentiment = self.heads["sentiment"]
        return dict(sentiment.scores or usual_scores(sentiment.labels))

    @property
    def signs(self) -> dict[str, int]:
        """Whether each sentiment is positive (1), negative (-1) or neutral (0), by its score."""
        return {label: sign_of(score) for label, score in self.scores.items()}

    @property
    def positive(self) -> tuple[str, ...]:
        """The sentiments that count as positive: those with a score over 0."""
        return tuple(label for label, sign in self.signs.items() if sign > 0)

    @property
    def negative(self) -> tuple[str, ...]:
        """The sentiments that count as negative: those with a score under 0."""
        return tuple(label for label, sign in self.signs.items() if sign < 0)

    def slices(self) -> dict[str, slice]:
        """Where each head's scores stand in a row of ``width`` model outputs."""
        out: dict[str, slice] = {}
        start = 0
        for name, head in self.heads.items():
            out[name] = slice(start, start + len(head.labels))
            start += len(head.labels)
        return out

    def order(self, column: str) -> tuple[str, ...]:
        """Labels of a question, head or roll-up in taxonomy order, empty for any other column."""
        if column in self.heads:
            return self.heads[column].labels
        if column in self.rollups:
            return self.rollups[column].labels
        question = self.questions.get(column)
        return question.labels if question else ()

    def takes_several(self, column: str) -> bool:
        """Whether a column, or the one that a roll-up is of, holds several labels a row."""
        name = self.rollups[column].of if column in self.rollups else column
        return name not in self.heads and name in self.questions

    def _question(self, name: str, heads: list[str]) -> Question:
        if heads == [name]:
            head = self.heads[name]
            return Question(name, head.labels, (name,), head.none, head.definitions)
        labels = tuple(head.removeprefix(f"{name}{BETWEEN}") for head in heads)
        meanings = {
            label: self.heads[head].definitions[YES]
            for label, head in zip(labels, heads, strict=True)
            if YES in self.heads[head].definitions
        }
        return Question(name, labels, tuple(heads), None, meanings)


def question_of(head: str) -> str:
    """The question that a head answers.

    >>> question_of("emotion.joy"), question_of("stage")
    ('emotion', 'stage')
    """
    return head.partition(BETWEEN)[0]


def label_heads(
    name: str, labels: tuple[str, ...], definitions: Mapping[str, str]
) -> dict[str, Head]:
    """The heads of a question of several labels, by name, one a label."""
    return {
        f"{name}{BETWEEN}{label}": Head(
            name=f"{name}{BETWEEN}{label}",
            labels=(NO, YES),
            none=NO,
            definitions={YES: definitions[label]} if label in definitions else {},
        )
        for label in labels
    }


def usual_scores(labels: tuple[str, ...]) -> dict[str, float]:
    """Scores of the three or the five usual sentiments, in the order of ``labels``; else empty.

    >>> usual_scores(("positive", "negative", "neutral"))
    {'positive': 1.0, 'negative': -1.0, 'neutral': 0.0}
    """
    for usual in (THREE_LEVELS, FIVE_LEVELS):
        if set(labels) == set(usual):
            return {label: usual[label] for label in labels}
    return {}


def sign_of(score: float) -> int:
    """1 for a positive sentiment, -1 for a negative one, 0 for a neutral one."""
    return (score > 0) - (score < 0)
