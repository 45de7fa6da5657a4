"""Rows that are segments to tasks: a task a document."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import InputError
from mot_nlp.records import is_missing
from training.importing.context import text_of
from training.importing.locating import by_offsets, in_a_row, located, words_in
from training.importing.marks import Annotation, Mark, Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from training.importing.columns import Columns
    from training.importing.context import Context
    from training.importing.locating import Place


@dataclass(slots=True)
class _Growing:
    """A document whose rows are being gathered.

    Attributes:
        row: Its first row.
        text: Its whole text, where a column holds it.
        segments: Its rows with their numbers.
    """

    row: int
    text: str | None = None
    segments: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)


def documents_of_segments(
    rows: Iterable[tuple[int, Mapping[str, Any]]], columns: Columns, context: Context
) -> Iterator[Task]:
    """A task a document, its rows joined by a space or found in the whole text.

    Args:
        rows: Numbered rows; those of one document need not stand together, but in order.
        columns: Which column holds what.
        context: The file.
    """
    documents: dict[str, _Growing] = {}
    for number, cells in rows:
        try:
            name, text = _document_of(number, cells, columns, context)
            growing = documents.setdefault(name, _Growing(number, text))
            if growing.text != text and text is not None:
                if growing.text is not None:
                    raise InputError(
                        f"the whole text differs from that in row {growing.row} of the same document"
                    )
                growing.text = text
        except InputError as error:
            known = cells.get(columns.document or columns.id or "")
            told = "" if is_missing(known) else str(known)
            context.tally.reject(context.file, number, told, str(error))
            continue
        growing.segments.append((number, cells))
    for name, growing in documents.items():
        task = _joined(name, growing, columns, context)
        if task is not None:
            yield task


def _document_of(
    number: int, cells: Mapping[str, Any], columns: Columns, context: Context
) -> tuple[str, str | None]:
    """The document's name, and its whole text if the row has it.

    Raises:
        InputError: The row belongs to no document, or has no text.
    """
    whole = columns.has_whole_text
    text = text_of(cells.get(columns.text)) if not whole or cells.get(columns.text) else None
    if columns.document is not None:
        if is_missing(cells.get(columns.document)):
            raise InputError(f"the document is missing: column {columns.document!r} is empty")
        return context.id_of(number, cells[columns.document]), text if whole else None
    if text is None:
        raise InputError("the whole text is missing, and no column says which document it is of")
    if columns.id is not None and not is_missing(cells.get(columns.id)):
        return context.id_of(number, cells[columns.id]), text
    return text, text


def _joined(name: str, growing: _Growing, columns: Columns, context: Context) -> Task | None:
    if not columns.has_whole_text:
        words = [text_of(cells[columns.text]).strip() for _, cells in growing.segments]
        text, places = " ".join(words), in_a_row(words)
    elif growing.text is None:
        context.tally.reject(
            context.file, growing.row, name, "no row of the document has the whole text"
        )
        return None
    else:
        text, places = growing.text, _located(growing, growing.text, columns)
    marks: list[Mark] = []
    for (number, cells), place in zip(growing.segments, places, strict=True):
        if isinstance(place, str):
            own = words_in(cells, columns.segment)
            context.tally.reject(context.file, number, name, place, text=own)
            continue
        marks += [
            Mark(mark.field, mark.value, *place[:2], quoted=place[2], counted=columns.start is None)
            for mark in columns.marks(cells)
        ]
    if not marks:
        context.tally.skip("texts without a label")
        return None
    doc_id = context.made_id(growing.row) if name == growing.text else name
    extra = _common(growing, columns, context)
    return Task(context.file, growing.row, doc_id, text, (Annotation("", tuple(marks)),), extra)


def _located(growing: _Growing, text: str, columns: Columns) -> list[Place | str]:
    """The place of each row in the whole text, or why it has none."""
    rows = [cells for _, cells in growing.segments]
    if columns.start is not None and columns.end is not None:
        return [by_offsets(cells, columns.start, columns.end, columns.segment) for cells in rows]
    return located([words_in(cells, columns.segment) for cells in rows], text)


def _common(growing: _Growing, columns: Columns, context: Context) -> dict[str, Any]:
    """What is kept of a document: what its rows do not contradict each other in."""
    common: dict[str, Any] = {}
    for theirs in columns.extra.values():
        values = [
            cells[theirs] for _, cells in growing.segments if not is_missing(cells.get(theirs))
        ]
        if any(value != values[0] for value in values):
            context.tally.count(
                f"texts whose rows differ in the column {theirs!r}, which is not kept of them",
                f"{context.file}, row {growing.row}",
            )
        elif values:
            common[theirs] = values[0]
    return context.extra(growing.row, common, columns.extra)
