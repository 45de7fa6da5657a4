"""The labelled format itself to tasks, so that files of it can be joined, mapped and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mot_nlp.errors import InputError
from training.importing.context import offset, sequence, text_of
from training.importing.marks import Annotation, Mark, Task
from training.importing.report import NOT_USED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from training.importing.context import Context

_OWN = ("start", "end", "text")


def read_labelled_lines(
    rows: Iterable[tuple[int, Mapping[str, Any]]], context: Context
) -> Iterator[Task]:
    """Tasks of rows with ``text`` and ``units``; all their other keys are kept.

    Args:
        rows: Numbered rows.
        context: The file.
    """
    for number, row in rows:
        name = context.id_of(number, row.get(context.options.id or "id"))
        try:
            text = text_of(row.get(context.options.text or "text"))
            units = sequence(row.get("units"))
            if not all(isinstance(unit, dict) for unit in units):
                raise InputError(
                    'its units are no list of objects; write {"start": …, "end": …, …}'
                )
        except InputError as error:
            context.tally.reject(context.file, number, name, str(error))
            continue
        if not units:
            context.tally.skip("texts without a labelled unit")
            continue
        marks = tuple(mark for unit in units for mark in _marks(unit, context))
        extra = context.extra(number, row, context.extra_names(row, every=True))
        yield Task(context.file, number, name, text, (Annotation("", marks),), extra)


def _marks(unit: Mapping[str, Any], context: Context) -> Iterator[Mark]:
    quoted = unit.get("text")
    for name, value in unit.items():
        if name in _OWN:
            continue
        target = context.assigner.target(name)
        context.use(name, f"head {target}" if target else NOT_USED)
        if target is not None:
            yield Mark(
                name,
                value,
                offset(unit, "start"),
                offset(unit, "end"),
                quoted=quoted if isinstance(quoted, str) else None,
            )
