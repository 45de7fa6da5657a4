"""Answers as people write them, a question each, to the labels of heads that a model learns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mot_nlp.errors import InputError
from mot_nlp.taxonomy.labels import NO, YES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mot_nlp.taxonomy.labels import Question, Taxonomy


def head_labels(answers: Mapping[str, object], taxonomy: Taxonomy) -> dict[str, str]:
    """The label of each head that is answered; what is missing, None or empty text is not.

    A question of several labels takes a list of them, all others then being no; an empty list says
    that none holds. One label need not be in a list. The labels of its heads, ``emotion.joy``, may be
    given too. Whether labels of other heads exist is not checked here.

    Args:
        answers: Labels by question or head; other keys are passed over.
        taxonomy: The questions.

    Raises:
        InputError: A list holds what is no label, or contradicts what is given for one of them.
    """
    labels: dict[str, str] = {}
    for question in taxonomy.questions.values():
        given = answers.get(question.name)
        if question.multiple and given is not None and given != "":
            labels |= _split(given, question)
        for head in question.heads:
            own = answers.get(head)
            if not own:
                continue
            if labels.setdefault(head, str(own)) != str(own):
                raise InputError(
                    f"{head} is {own!r}, but {question.name} is {given!r}; give one of the two"
                )
    return labels


def _split(given: object, question: Question) -> dict[str, str]:
    """The labels of the heads of a question of several labels."""
    found = [given] if isinstance(given, str) else given
    if not isinstance(found, list):
        raise InputError(
            f"{question.name} is {given!r}; give a list of labels, empty where none of them holds"
        )
    unknown = [label for label in found if label not in question.labels]
    if unknown:
        raise InputError(
            f"{unknown[0]!r} is not a label of {question.name}; the labels are "
            f"{', '.join(question.labels)}"
        )
    return {
        head: YES if label in found else NO
        for label, head in zip(question.labels, question.heads, strict=True)
    }
