"""Exports of Prodigy to tasks: what ``prodigy db-out`` writes.

A line is what one annotator answered to one text, or to one question of it: ``spans`` with start, end
and label, an ``accept`` list of chosen options, or one ``label`` that was accepted or rejected. Lines
of the same text are one task. Labels tell by their own names which head they are of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mot_nlp.errors import InputError
from training.importing.context import mapping, offset, sequence, text_of
from training.importing.marks import Annotation, Mark, Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from training.importing.context import Context

_ACCEPT, _REJECT, _IGNORE = "accept", "reject", "ignore"
_OWN_NAMES = "labels by their own names"


def read_prodigy(rows: Iterable[tuple[int, Mapping[str, Any]]], context: Context) -> Iterator[Task]:
    """Tasks of an export.

    Args:
        rows: Numbered lines.
        context: The file.
    """
    key = context.options.text or "text"
    context.use(key, "text")
    first: dict[str, tuple[int, Mapping[str, Any]]] = {}
    answers: dict[str, dict[str, list[Mark]]] = {}
    for number, row in rows:
        try:
            text = text_of(row.get(key))
        except InputError as error:
            context.tally.reject(context.file, number, _id(number, row, context), str(error))
            continue
        marks = _marks(row, context)
        if not marks:
            continue
        first.setdefault(text, (number, row))
        who = str(row.get("_annotator_id") or row.get("_session_id") or "")
        answers.setdefault(text, {}).setdefault(who, []).extend(marks)
    for text, by_annotator in answers.items():
        number, row = first[text]
        annotations = tuple(Annotation(who, tuple(marks)) for who, marks in by_annotator.items())
        cells = {**mapping(row.get("meta")), **row}
        extra = context.extra(number, cells, context.extra_names(cells))
        yield Task(context.file, number, _id(number, row, context), text, annotations, extra)


def _id(number: int, row: Mapping[str, Any], context: Context) -> str:
    """The id by the option, else the line's own, else Prodigy's hash of the input, which stays."""
    cells = {**mapping(row.get("meta")), **row}
    if context.options.id is not None:
        return context.id_of(number, cells.get(context.options.id))
    given = next(
        (cells[name] for name in ("id", "_input_hash") if cells.get(name) is not None), None
    )
    return context.id_of(number, given)


def _marks(row: Mapping[str, Any], context: Context) -> list[Mark]:
    """What a line says; none, and counted, if its answer says nothing."""
    answer = row.get("answer", _ACCEPT)
    label = row.get("label")
    if answer == _REJECT and isinstance(label, str) and not row.get("spans"):
        denied = Mark("", label, denied=True)
        if context.assigner.denies(denied):
            context.use("label", _OWN_NAMES)
            return [denied]
    if answer != _ACCEPT:
        context.tally.skip(f"lines answered {answer!s}")
        return []
    marks = [
        Mark(
            "", span.get("label"), offset(span, "start"), offset(span, "end"), quoted=_quoted(span)
        )
        for span in map(mapping, sequence(row.get("spans")))
    ]
    for key, used in (
        ("spans", bool(marks)),
        ("accept", "accept" in row),
        ("label", "label" in row),
    ):
        if used:
            context.use(key, _OWN_NAMES)
    marks += [Mark("", choice) for choice in sequence(row.get("accept"))]
    if isinstance(label, str):
        marks.append(Mark("", label))
    if not marks:
        context.tally.skip("lines accepted without a label")
    return marks


def _quoted(span: Mapping[str, Any]) -> str | None:
    text = span.get("text")
    return text if isinstance(text, str) else None
