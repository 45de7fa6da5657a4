"""Exports of Label Studio to tasks: its JSON, and JSON-MIN or CSV as far as they tell.

A result has a control (``from_name``), a type, and a value with the labels under the type's name. A
span has ``start``, ``end`` and mostly the words; choices made per region have the region's id, and
mostly its offsets too. A control called after a head gives that head's labels, as in
the interface of :mod:`training.labelstudio`; in others, as
``label``, a label tells by its own name which head it is of, and a label ``segment``, ``unit`` or
``span`` only marks borders. The id of a text is that in its data, else the number of the task. JSON-MIN and CSV lose which region a choice was made for; whole-text
choices and spans come through.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import InputError
from training.importing.assigning import key_of
from training.importing.context import mapping, sequence, text_name, text_of
from training.importing.marks import Annotation, Mark, Task
from training.importing.report import NOT_USED
from training.labelstudio import NONE_OF_THESE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from training.importing.context import Context

_KINDS = ("labels", "choices", "rating", "taxonomy")
"""Types of results that give labels."""

_RENDERED = ("hypertextlabels", "paragraphlabels")
"""Types whose offsets count in what the page shows, not in the text."""

_BORDERS = frozenset({"segment", "unit", "span"})
_MIN_KEYS = ("id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time")

_Numbered = tuple[int, "Mapping[str, Any]"]


def read_label_studio(rows: Iterable[_Numbered], context: Context) -> Iterator[Task]:
    """Tasks of a JSON export.

    Args:
        rows: Numbered tasks of the export.
        context: The file.
    """
    for number, row in rows:
        data = mapping(row.get("data"))
        own = context.options.id or "id"
        name = context.id_of(number, data.get(own, row.get("id")))
        answered = _answered(row, context)
        if not answered:
            continue
        try:
            field = text_name(data, context.options.text, _objects(answered))
            text = text_of(data[field])
        except InputError as error:
            context.tally.reject(context.file, number, name, str(error))
            continue
        context.use(field, "text")
        if own in data:
            context.use(own, "id")
        annotations = tuple(
            Annotation(_annotator(entry), tuple(_marks(entry, number, name, context)))
            for entry in answered
        )
        extra = context.extra(number, data, context.extra_names(data))
        for key in data:
            context.use(key, NOT_USED)
        yield Task(context.file, number, name, text, annotations, extra)


def _answered(row: Mapping[str, Any], context: Context) -> list[Mapping[str, Any]]:
    """The annotations of a task that count; the others are counted by kind."""
    given = [mapping(entry) for entry in sequence(row.get("annotations") or row.get("completions"))]
    answered = [entry for entry in given if not entry.get("was_cancelled")]
    context.tally.skipped["annotations that were cancelled or skipped"] += len(given) - len(
        answered
    )
    filled = [entry for entry in answered if sequence(entry.get("result"))]
    context.tally.skipped["annotations without a label"] += len(answered) - len(filled)
    if given:
        return filled
    suggested = [mapping(entry) for entry in sequence(row.get("predictions"))]
    suggested = [entry for entry in suggested if sequence(entry.get("result"))]
    if suggested and context.options.suggestions:
        context.tally.skip("tasks whose labels are a model's predictions, taken by --suggestions")
        return suggested
    context.tally.skip("tasks with predictions only" if suggested else "tasks not labelled yet")
    return []


def _objects(annotations: Iterable[Mapping[str, Any]]) -> list[str]:
    """What the results say they are about: mostly the name of the field of the text."""
    results = (mapping(result) for entry in annotations for result in sequence(entry.get("result")))
    return list(dict.fromkeys(str(result.get("to_name")) for result in results))


def _annotator(annotation: Mapping[str, Any]) -> str:
    """Who annotated: an e-mail address where there is one, else a number."""
    who = annotation.get("completed_by", annotation.get("model_version"))
    if isinstance(who, dict):
        who = who.get("email") or who.get("id")
    return "" if who is None else str(who)


def _marks(
    annotation: Mapping[str, Any], number: int, name: str, context: Context
) -> Iterator[Mark]:
    results = [mapping(result) for result in sequence(annotation["result"])]
    regions: dict[str, Mapping[str, Any]] = {}
    for result in results:
        value = mapping(result.get("value"))
        if value.get("start") is not None and result.get("id") is not None:
            regions.setdefault(str(result["id"]), value)
    for result in results:
        kind, control = str(result.get("type")), str(result.get("from_name") or "")
        value = mapping(result.get("value"))
        if kind in _RENDERED:
            context.tally.reject(
                context.file,
                number,
                name,
                f"its {kind} count in the rendered page, not in the text; label plain text with <Text>",
                text=str(value.get("text") or ""),
            )
        elif kind not in _KINDS or (kind == "rating" and context.assigner.target(control) is None):
            context.use(control or kind, NOT_USED)
        else:
            place = (
                value if value.get("start") is not None else regions.get(str(result.get("id")), {})
            )
            yield _mark(control, value.get(kind), place, context)


def _labels(given: object) -> object:
    """Labels of a result: none where our own interface says so; of a path in a tree, its last step."""
    if not isinstance(given, list):
        return given
    if given == [NONE_OF_THESE]:
        return []
    return [entry[-1] if isinstance(entry, list) and entry else entry for entry in given]


def _mark(control: str, given: object, place: Mapping[str, Any], context: Context) -> Mark:
    target = context.assigner.target(control)
    labels = _labels(given)
    quoted = place.get("text")
    if target is None and isinstance(labels, list) and len(labels) == 1:
        label = str(labels[0])
        if key_of(label) in _BORDERS and not context.assigner.knows(label):
            labels = None
    told = f"head {target}" if target else "labels by their own names"
    context.use(control, "borders of segments" if labels is None else told)
    return Mark(
        control,
        labels,
        place.get("start"),
        place.get("end"),
        quoted=quoted if isinstance(quoted, str) else None,
    )


def read_label_studio_min(rows: Iterable[_Numbered], context: Context) -> Iterator[Task]:
    """Tasks of a JSON-MIN or CSV export, where each row is one annotation of a task.

    Args:
        rows: Numbered rows of the export.
        context: The file.
    """
    tasks: dict[str, list[_Numbered]] = {}
    for number, row in rows:
        cells = {key: _parsed(value) for key, value in row.items()}
        tasks.setdefault(context.id_of(number, cells.get("id")), []).append((number, cells))
    for name, annotated in tasks.items():
        number, first = annotated[0]
        data = {key: value for key, value in first.items() if key not in _MIN_KEYS}
        data = {key: value for key, value in data.items() if context.assigner.target(key) is None}
        try:
            field = text_name(data, context.options.text)
            text = text_of(first[field])
        except InputError as error:
            context.tally.reject(context.file, number, name, str(error))
            continue
        context.use(field, "text")
        own = context.options.id
        doc_id = context.id_of(number, first.get(own)) if own else name
        annotations = tuple(
            Annotation(
                str(cells.get("annotator") or ""),
                tuple(_min_marks(cells, row, doc_id, field, context)),
            )
            for row, cells in annotated
        )
        if not any(annotation.marks for annotation in annotations):
            context.tally.skip("tasks without a label")
            continue
        extra = context.extra(number, first, context.extra_names(data))
        yield Task(context.file, number, doc_id, text, annotations, extra)


def _parsed(cell: object) -> object:
    """A cell of CSV that holds JSON as what it holds."""
    if isinstance(cell, str) and cell.startswith(("[", "{")):
        try:
            return json.loads(cell)
        except (ValueError, RecursionError):
            return cell
    return cell


def _min_marks(
    cells: Mapping[str, Any], number: int, name: str, text: str, context: Context
) -> Iterator[Mark]:
    for control, value in cells.items():
        if control in (*_MIN_KEYS, text) or value is None:
            continue
        entries = value if isinstance(value, list) else [value]
        spans = [entry for entry in entries if isinstance(entry, dict)]
        for entry in spans:
            kind = next((kind for kind in _KINDS if kind in entry), None)
            if kind is not None:
                yield _mark(control, entry[kind], entry, context)
        if context.assigner.target(control) is None:
            context.use(control, NOT_USED)
        elif isinstance(value, list) and len(spans) < len(value):
            context.tally.reject(
                context.file,
                number,
                name,
                f"JSON-MIN and CSV do not say for which region a choice of {control!r} was made; export "
                "the project as JSON",
            )
        elif not spans:
            yield _mark(control, value, {}, context)
