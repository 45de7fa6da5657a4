"""Many files to one stream of documents; a file that cannot be read does not end it.

Documents come in the order of the files and of the rows in them. Their ids are unique: a row without
an id of its own gets its number, where there are several files with the file before it
("may/a.csv:17", and "may/a.csv:row-17" where a column of ids is empty); a file that is one transcript
gets the file's name without its ending. A row whose id an earlier document has, of whatever file, is
set aside.

A ``Position`` tells how far a stream has come; from there another goes on with the same entries.
Rows before it are passed over: of Parquet whole row groups without reading them, of other formats
lines are counted but neither parsed nor made documents. The ids of the documents that lie behind must
be given, in ``used``, for a later row with one of them to be set aside.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mot_nlp.errors import ColumnError, ReadError
from mot_nlp.readers.columns import unknown_column
from mot_nlp.readers.decoding import ReadNotes
from mot_nlp.readers.ids import UsedIds
from mot_nlp.readers.opening import translated
from mot_nlp.readers.reading import fault_of_file, find_columns, open_table, source_documents
from mot_nlp.records import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mot_nlp.readers.columns import Columns
    from mot_nlp.readers.source import Source
    from mot_nlp.records import Document


logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """How far reading has come.

    Attributes:
        source: Number of the file that is read, from 0; those before it are done.
        row: Rows of it that lie behind.
    """

    source: int = 0
    row: int = 0


def read_sources(
    sources: Sequence[Source],
    columns: Columns,
    *,
    customer: str | None = None,
    notes: ReadNotes | None = None,
) -> Iterator[Document | Rejected]:
    """Documents of files, in order, one row at a time; unusable rows come as ``Rejected``.

    A file that cannot be read, or not to its end, is one more ``Rejected``: its row is the last one
    that was read, 0 if none was.

    Args:
        sources: The files.
        columns: Which columns hold what. A kept column that a file lacks is None for its rows.
        customer: In transcripts, the speaker who is the customer.
        notes: Where the encodings of files are noted.
    """
    for _, entry in read_positions(sources, columns, customer=customer, notes=notes):
        yield entry


def read_positions(
    sources: Sequence[Source],
    columns: Columns,
    *,
    start: Position | None = None,
    customer: str | None = None,
    used: UsedIds | None = None,
    notes: ReadNotes | None = None,
) -> Iterator[tuple[Position, Document | Rejected]]:
    """What ``read_sources`` gives, each with the position behind it.

    Args:
        sources: The files.
        columns: Which columns hold what.
        start: Where to begin; a position that this function gave for the same files.
        customer: In transcripts, the speaker who is the customer.
        used: Ids that are taken, those of the documents before ``start``; read ones are added.
        notes: Where the encodings of files are noted.
    """
    start = start or Position()
    notes = notes or ReadNotes()
    with ExitStack() as stack:
        taken = stack.enter_context(closing(UsedIds())) if used is None else used
        for index, source in enumerate(sources[start.source :], start.source):
            if source.size == 0:  # as the parts that a cluster wrote nothing into
                logger.warning("%s is empty", source.name)
                continue
            row = start.row if index == start.source else 0
            documents = source_documents(
                source, columns, after=row, customer=customer, used=taken, notes=notes
            )
            try:
                with translated(source.name):
                    for row, entry in documents:
                        yield Position(index, row), entry
            except (ReadError, ColumnError) as error:
                yield (
                    Position(index + 1),
                    Rejected(source.name, row, "", fault_of_file(source, error)),
                )


def check_columns(
    sources: Sequence[Source], columns: Columns, *, notes: ReadNotes | None = None
) -> tuple[str, ...]:
    """The columns that are passed on; refuses what no file can give.

    Files are opened until one can be read and every named column was found in some file, which
    mostly is the first. Standard input is left alone and counts as right.

    Raises:
        ReadError: No file can be read.
        ColumnError: A named column is in no file, or in no file can the text be told.
    """
    missing = set(columns.named)
    names: dict[str, None] = {}
    faults: list[ReadError | ColumnError] = []
    for number, source in enumerate(sources, start=1):
        if source.is_standard_input:
            return columns.kept
        try:
            with translated(source.name), open_table(source, notes or ReadNotes()) as (table, _):
                names |= dict.fromkeys(table.names)
                missing.difference_update(names)
                find_columns(table, columns)
        except (ReadError, ColumnError) as error:
            faults.append(error)
        if not missing and len(faults) < number:
            return columns.kept
    if names and missing:
        first = next(name for name in columns.named if name in missing)
        raise unknown_column(first, list(names))
    if faults and len(faults) == len(sources):
        raise faults[0]
    return columns.kept
