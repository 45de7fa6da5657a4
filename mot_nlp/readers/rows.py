"""Rows to documents: what a row must hold, and why one is set aside."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import InputError, ReadError
from mot_nlp.readers.columns import TURNS, Columns, choose, no_text_column
from mot_nlp.readers.decoding import LONGEST_TEXT
from mot_nlp.readers.ids import UsedIds
from mot_nlp.readers.table import peek
from mot_nlp.records import SOURCES, Document, Rejected, is_missing
from mot_nlp.transcripts import document, document_from_turns, without_surrogates

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mot_nlp.readers.columns import Chosen
    from mot_nlp.readers.table import Row

PEEKED_ROWS = 100
"""Rows that are looked at to find the only column of strings."""

_MOST_PEEKED = 1000
"""Rows that are looked at where some are set aside."""

_USED_ID = (
    "an earlier row already has this id; leave --id out to number the rows, or make the ids unique"
)
_USED_FOUND_ID = (
    "an earlier row already has this id; number the rows with an empty id (id='', --id ''), name "
    "another column, or make the ids unique"
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where rows come from, and what their documents are called.

    Attributes:
        where: File name, or what the rows come from.
        used: Ids that are taken.
        customer: In transcripts, the speaker who is the customer.
        prefix: What stands before the row number in ids.
        document_id: The id where there is one document; else empty.
    """

    where: str
    used: UsedIds
    customer: str | None = None
    prefix: str = ""
    document_id: str = ""


def documents_from_rows(
    rows: Iterable[Row],
    columns: Columns,
    names: Sequence[str],
    *,
    where: str,
    customer: str | None = None,
) -> Iterator[Document | Rejected]:
    """Documents of rows, in order; a row that cannot be used comes as ``Rejected``.

    Without a column of ids a document's id is its row number ("2"); with one, a row whose cell is
    empty is "row-2", which no real id is likely to be. Whole numbers lose the ".0" that a missing
    id elsewhere in a DataFrame gives them.

    Args:
        rows: Row numbers, from 1, with the rows; rows that were set aside pass through.
        columns: Which columns hold what.
        names: Columns that the rows have.
        where: File name, or what the rows come from.
        customer: In transcripts, the speaker who is the customer.

    Raises:
        ColumnError: At the call, a named column does not exist; at the first document, no column
            can be told to be the text.
    """
    chosen = choose(columns, names)
    return _entries(iter(rows), chosen, names, where, customer)


def with_texts(
    rows: Iterator[Row], chosen: Chosen, names: Sequence[str]
) -> tuple[Chosen, Iterator[Row]]:
    """The choice with the column of texts found in the first rows, and all rows again.

    Raises:
        ReadError: None of many rows can be read.
        ColumnError: No column can be told to be the text.
    """
    if chosen.texts:
        return chosen, rows
    peeked = peek(rows, PEEKED_ROWS, most=_MOST_PEEKED)
    first = peeked[0][1] if peeked else None
    if len(peeked) == _MOST_PEEKED and isinstance(first, Rejected) and not _sound(peeked):
        raise ReadError(
            f"none of the first {_MOST_PEEKED:,} rows can be read, the first as {first.reason}"
        )
    return replace(chosen, texts=_only_strings(peeked, chosen, names)), chain(peeked, rows)


def numbered_documents(
    rows: Iterable[Row], chosen: Chosen, origin: Origin
) -> Iterator[tuple[int, Document | Rejected]]:
    """Each row's document, or why it is set aside, with the number of rows that lie behind."""
    # Numbers of the rows of one file are unique as they are and need no memory; the ids that are
    # made for several files may be those that another one holds.
    is_listed = chosen.id is not None or bool(origin.document_id or origin.prefix)
    for number, cells in rows:
        if isinstance(cells, Rejected):
            yield number, cells
            continue
        own = "" if chosen.id is None else _id_text(cells.get(chosen.id))
        doc_id = own or _made_id(number, chosen, origin)
        try:
            found = _document(doc_id, cells, chosen, origin)
            if is_listed and not origin.used.take(doc_id):
                raise InputError(_USED_ID if chosen.id_named else _USED_FOUND_ID)
        except InputError as error:
            yield number, Rejected(origin.where, number, own, str(error))
            continue
        yield number, found


def _entries(
    rows: Iterator[Row], chosen: Chosen, names: Sequence[str], where: str, customer: str | None
) -> Iterator[Document | Rejected]:
    chosen, rows = with_texts(rows, chosen, names)
    with closing(UsedIds()) as used:
        for _, entry in numbered_documents(rows, chosen, Origin(where, used, customer)):
            yield entry


def _made_id(number: int, chosen: Chosen, origin: Origin) -> str:
    if origin.document_id:
        return origin.document_id
    return f"{origin.prefix}{number}" if chosen.id is None else f"{origin.prefix}row-{number}"


def _id_text(value: object) -> str:
    if is_missing(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return without_surrogates(str(value))


def _document(doc_id: str, cells: Mapping[str, Any], chosen: Chosen, origin: Origin) -> Document:
    extra = {name: cells.get(name) for name in chosen.kept}
    customer = origin.customer
    column, text = _text(cells, chosen)
    if _is_turns(column, text):
        return document_from_turns(doc_id, list(text), customer=customer, extra=extra)
    if not isinstance(text, str):
        raise InputError(
            f"the text in column {column!r} is {type(text).__name__}, not a string; "
            "name the column of texts with text=/--text"
        )
    if len(text) > LONGEST_TEXT:
        raise InputError(
            f"the text has {len(text):,} characters, at most {LONGEST_TEXT:,} can be read; split it"
        )
    given = None if chosen.source is None else cells.get(chosen.source)
    source = given.strip().lower() if isinstance(given, str) else None
    if source not in SOURCES:
        source = None
    return document(doc_id, text, source=source, customer=customer, extra=extra)


def _text(cells: Mapping[str, Any], chosen: Chosen) -> tuple[str, Any]:
    """The first column of texts with a value, and that value."""
    for column in chosen.texts:
        text = cells.get(column)
        if not is_missing(text):
            return column, text
    raise InputError(
        f"the text is missing: column {chosen.texts[0]!r} is empty in this row; fill it or drop the row"
    )


def _is_turns(column: str, value: object) -> bool:
    if isinstance(value, str) or not hasattr(value, "__iter__") or isinstance(value, Mapping):
        return False
    turns = list(value)
    return column.lower() == TURNS or (
        bool(turns) and all(isinstance(turn, Mapping) for turn in turns)
    )


def _sound(rows: Sequence[Row]) -> list[Mapping[str, Any]]:
    return [cells for _, cells in rows if not isinstance(cells, Rejected)]


def _only_strings(rows: Sequence[Row], chosen: Chosen, names: Sequence[str]) -> tuple[str, ...]:
    """The only column that holds strings alone; none if there is no row to need it."""
    cells = _sound(rows)
    if not cells:
        return ()
    found = []
    for name in names:
        values = [value for row in cells if not is_missing(value := row.get(name))]
        if name not in chosen.used and values and all(isinstance(v, str) for v in values):
            found.append(name)
    if len(found) != 1:
        raise no_text_column(names)
    return tuple(found)
