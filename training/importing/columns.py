"""Which column of a table of labels holds what."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from mot_nlp.errors import ColumnError
from mot_nlp.readers import ID_NAMES, TEXT_NAMES
from mot_nlp.readers.columns import no_text_column, unknown_column
from mot_nlp.records import is_missing
from training.importing.assigning import key_of
from training.importing.marks import Mark
from training.importing.options import DOMAIN, SOURCE
from training.importing.report import NOT_USED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from training.importing.context import Context

_ALIKE = 0.8
"""How alike a column's name must be to that of a head without one, 0 to 1, to be asked about."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a table holds what; None for what no column does."""

    text: str
    id: str | None
    document: str | None
    segment: str | None
    start: str | None
    end: str | None
    heads: Sequence[str]
    extra: Mapping[str, str]

    @property
    def is_of_segments(self) -> bool:
        """Whether a row is a segment rather than a text."""
        return not (self.document is None and self.segment is None and self.start is None)

    @property
    def has_whole_text(self) -> bool:
        """Whether the column of texts holds the whole text of a segment's row."""
        return not (self.segment is None and self.start is None)

    def marks(self, cells: Mapping[str, Any]) -> list[Mark]:
        """What the cells of heads say, about the whole text."""
        return [Mark(name, cells[name]) for name in self.heads if not is_missing(cells.get(name))]


def find_columns(names: Sequence[str], context: Context) -> Columns:
    """The columns of a table, by options, the names of heads, and the usual names of the rest.

    Raises:
        ColumnError: A column that was named does not exist, the text cannot be told, or no column
            is that of a head.
    """
    options = context.options
    own = [options.text, options.id, options.document, options.segment, options.start, options.end]
    kept = [options.group, *options.keep]
    for name in (*own, *kept, *options.columns.values()):
        if name is not None and name not in names:
            raise unknown_column(name, names)
    text = options.text or _first(TEXT_NAMES, [name for name in names if name not in own])
    if text is None:
        raise no_text_column(names)
    taken = {name for name in (text, *own) if name is not None}
    about = {options.columns[ours] for ours in (SOURCE, DOMAIN) if ours in options.columns}
    heads = [name for name in names if name not in taken | about and context.assigner.target(name)]
    if not heads:
        raise ColumnError(
            f"no column has the name of a head; the columns are {', '.join(names)}; name those of "
            "heads with --column, as --column stage=COLUMN"
        )
    twice = [name for name in (*taken, *heads) if names.count(name) > 1]
    if twice:
        raise ColumnError(f"the column {twice[0]!r} occurs more than once; rename all but one")
    return Columns(
        text=text,
        id=options.id or _first([name for name in ID_NAMES if name not in taken], names),
        document=options.document,
        segment=options.segment,
        start=options.start,
        end=options.end,
        heads=heads,
        extra=context.extra_names(name for name in names if name not in {*taken, *heads}),
    )


def _first(wanted: Sequence[str], names: Sequence[str]) -> str | None:
    by_key = {key_of(name): name for name in reversed(names)}
    return next((by_key[name] for name in wanted if name in by_key), None)


def note_uses(columns: Columns, names: Sequence[str], context: Context) -> None:
    """Tell what each column is used as."""
    is_part = columns.is_of_segments and not columns.has_whole_text
    context.use(columns.text, "text of a segment" if is_part else "text")
    others = {
        "segment": columns.segment,
        "start of the segment": columns.start,
        "end of the segment": columns.end,
        "document": columns.document,
        "id": None if columns.document else columns.id,
    }
    for role, name in others.items():
        if name is not None:
            context.use(name, role)
    for name in columns.heads:
        context.use(name, f"head {context.assigner.target(name)}")
    roles = {*others.values(), *columns.heads, *columns.extra.values(), columns.text}
    answered = {context.assigner.target(name) for name in columns.heads}
    heads = [name for name in context.assigner.questions if name not in answered]
    for name in (name for name in names if name not in roles):
        context.use(name, NOT_USED)
        for near in get_close_matches(key_of(name), heads, 1, _ALIKE):
            told = shlex.quote(f"{near}={name}")
            context.tally.hint(f"{context.file}: if {name!r} is {near}, add --column {told}")
