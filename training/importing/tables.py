"""Tables to tasks: a row a text, or a row a segment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import InputError
from mot_nlp.readers import ID_NAMES
from mot_nlp.records import Rejected
from training.importing.assigning import key_of
from training.importing.columns import find_columns, note_uses
from training.importing.context import text_of
from training.importing.marks import Annotation, Task
from training.importing.segments import documents_of_segments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mot_nlp.readers.table import Row
    from training.importing.columns import Columns
    from training.importing.context import Context

_DOCUMENT_NAMES = ("document", "doc", *ID_NAMES, "thread", "conversation")
"""Columns that, where values repeat, may say which rows are segments of one text."""


def read_table(names: Sequence[str], rows: Iterable[Row], context: Context) -> Iterator[Task]:
    """Tasks of a table; rows that cannot be used are set aside.

    Args:
        names: Its columns.
        rows: Numbered rows.
        context: The file.

    Raises:
        ColumnError: A column that was named does not exist, the text cannot be told, or no column
            is that of a head.
    """
    columns = find_columns(names, context)
    note_uses(columns, names, context)
    sound = sound_rows(rows, context)
    if columns.is_of_segments:
        return documents_of_segments(sound, columns, context)
    return _of_texts(sound, columns, context)


def sound_rows(rows: Iterable[Row], context: Context) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Rows that could be read; the others are set aside."""
    for number, cells in rows:
        if isinstance(cells, Rejected):
            context.tally.reject(context.file, cells.row, cells.doc_id, cells.reason)
        else:
            yield number, cells


def _of_texts(
    rows: Iterable[tuple[int, Mapping[str, Any]]], columns: Columns, context: Context
) -> Iterator[Task]:
    """A task a row, its labels those of the whole text."""
    repeats = _Repeats(context)
    for number, cells in rows:
        name = context.id_of(number, cells.get(columns.id) if columns.id else None)
        repeats.see(cells)
        try:
            text = text_of(cells.get(columns.text))
        except InputError as error:
            context.tally.reject(context.file, number, name, str(error))
            continue
        marks = columns.marks(cells)
        if not marks:
            context.tally.skip("rows without a label")
            continue
        extra = context.extra(number, cells, columns.extra)
        yield Task(context.file, number, name, text, (Annotation("", tuple(marks)),), extra)
    repeats.tell()


@dataclass(slots=True)
class _Repeats:
    """Watches for a column that says which rows belong together, and was not named as that."""

    context: Context
    seen: dict[str, set[object]] = field(default_factory=dict)
    repeated: dict[str, int] = field(default_factory=dict)

    def see(self, cells: Mapping[str, Any]) -> None:
        for name, value in cells.items():
            if key_of(name) not in _DOCUMENT_NAMES or not isinstance(value, (str, int, float)):
                continue
            seen = self.seen.setdefault(name, set())
            self.repeated[name] = self.repeated.get(name, 0) + (value in seen)
            seen.add(value)

    def tell(self) -> None:
        for name, times in self.repeated.items():
            if times:
                self.context.tally.hint(
                    f"{self.context.file}: values of the column {name!r} come again in {times:,} rows; "
                    f"if rows are segments of one text, import it with --document {name!r}"
                )
