"""Exports of Argilla to tasks: what ``dataset.records.to_json`` and ``dataset.to_disk`` write.

A record has ``fields``, and ``responses`` by question: a list of what each user answered. Spans are a
list of label, start and end. Records of Argilla 1 (``FeedbackDataset``) have a list of users' values
instead. A question called after a head gives that head's labels; in others, as ``spans``, a label tells
by its own name which head it is of.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import InputError, ReadError
from training.importing.context import mapping, offset, sequence, text_name, text_of
from training.importing.marks import Annotation, Mark, Task
from training.importing.report import NOT_USED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from training.importing.context import Context

RECORDS = "records.json"
"""File of a dataset's folder that holds its records."""

_SETTINGS = ".argilla/settings.json"
_NOT_SUBMITTED = ("draft", "discarded")
_NO_STATUS = (
    "Argilla does not export whether an answer was submitted, so drafts and discarded answers may be "
    "among the labels; filter the records by response status before you export them"
)


def read_argilla(
    rows: Iterable[tuple[int, Mapping[str, Any]]], context: Context, *, field: str | None = None
) -> Iterator[Task]:
    """Tasks of an export.

    Args:
        rows: Numbered records.
        context: The file.
        field: The field that spans are marked in, where the settings tell.
    """
    for number, row in rows:
        fields = mapping(row.get("fields"))
        metadata = mapping(row.get("metadata"))
        given = (
            {**metadata, **fields}.get(context.options.id) if context.options.id else row.get("id")
        )
        name = context.id_of(number, given if given is not None else row.get("external_id"))
        annotations = _annotations(row, context)
        if not annotations:
            continue
        try:
            own = text_name(fields, context.options.text or field)
            text = text_of(fields[own])
        except InputError as error:
            context.tally.reject(context.file, number, name, str(error))
            continue
        context.use(own, "text")
        extra = context.extra(number, metadata, context.extra_names(metadata))
        yield Task(context.file, number, name, text, annotations, extra)


def span_field(folder: Path) -> str | None:
    """The field that spans of a dataset are marked in, by its settings; None where they do not tell.

    Raises:
        ReadError: There are settings, but they cannot be read.
    """
    path = folder / _SETTINGS
    if not path.is_file():
        return None
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReadError(
            f"{path} cannot be read as JSON ({error}); export the dataset again"
        ) from error
    asked = (
        mapping(question).get("settings")
        for question in sequence(mapping(settings).get("questions"))
    )
    fields = [
        mapping(entry).get("field") for entry in asked if mapping(entry).get("type") == "span"
    ]
    return str(fields[0]) if fields and len(set(fields)) == 1 else None


def _annotations(row: Mapping[str, Any], context: Context) -> tuple[Annotation, ...]:
    """What each user answered; of a record that nobody did, what a model suggests if that counts."""
    by_user: dict[str, list[Mark]] = defaultdict(list)
    for user, question, value in _answers(row, context):
        by_user[user] += _marks(question, value, context)
    if not by_user:
        suggested = list(_suggested(row))
        if suggested and context.options.suggestions:
            context.tally.skip(
                "records whose labels are a model's suggestions, taken by --suggestions"
            )
            for question, value in suggested:
                by_user["suggestions"] += _marks(question, value, context)
        else:
            told = "records with suggestions only" if suggested else "records not labelled yet"
            context.tally.skip(told)
    return tuple(Annotation(user, tuple(marks)) for user, marks in by_user.items())


def _answers(row: Mapping[str, Any], context: Context) -> Iterator[tuple[str, str, object]]:
    """User, question and value of each answer that was not taken back."""
    responses = row.get("responses")
    if isinstance(responses, list):  # Argilla 1
        for entry in map(mapping, responses):
            for question, answer in mapping(entry.get("values")).items():
                if _counts(entry, context):
                    yield str(entry.get("user_id") or ""), question, mapping(answer).get("value")
        return
    for question, answers in mapping(responses).items():
        for answer in map(mapping, sequence(answers)):
            if "status" not in answer:
                context.tally.hint(_NO_STATUS)
            if _counts(answer, context):
                yield str(answer.get("user_id") or ""), question, answer.get("value")


def _counts(answer: Mapping[str, Any], context: Context) -> bool:
    if answer.get("status") in _NOT_SUBMITTED:
        context.tally.skip("answers that were drafts or discarded")
        return False
    return True


def _suggested(row: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    suggestions = row.get("suggestions")
    if isinstance(suggestions, list):  # Argilla 1
        for entry in map(mapping, suggestions):
            yield str(entry.get("question_name") or ""), entry.get("value")
        return
    for question, entry in mapping(suggestions).items():
        yield question, mapping(entry).get("value")


def _marks(question: str, value: object, context: Context) -> Iterator[Mark]:
    """An answer as marks: one a span, or one for the whole text."""
    spans = [entry for entry in sequence(value) if isinstance(entry, dict)]
    if any("rank" in entry for entry in spans):
        context.use(question, NOT_USED)
        return
    target = context.assigner.target(question)
    if spans:
        for entry in spans:
            yield Mark(question, entry.get("label"), offset(entry, "start"), offset(entry, "end"))
    elif target is None and not _is_known(value, context):
        # Free text, or a question that has nothing to do with the heads.
        context.use(question, NOT_USED)
        return
    else:
        yield Mark(question, value)
    context.use(question, f"head {target}" if target else "labels by their own names")


def _is_known(value: object, context: Context) -> bool:
    """Whether any label of an answer is told by its own name."""
    labels = value if isinstance(value, list) else [value]
    return any(isinstance(label, str) and context.assigner.knows(label) for label in labels)
