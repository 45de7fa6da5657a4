"""One file to its documents: opened, its format read, its columns found."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from mot_nlp.errors import InputError, ReadError
from mot_nlp.readers import plain
from mot_nlp.readers.captions import captions_table
from mot_nlp.readers.columns import choose
from mot_nlp.readers.decoding import START, Text
from mot_nlp.readers.delimited import delimited_table
from mot_nlp.readers.encodings import has_foreign
from mot_nlp.readers.jsonfiles import json_table
from mot_nlp.readers.jsonlines import json_lines_table
from mot_nlp.readers.kinds import PLAIN, check_start
from mot_nlp.readers.opening import opened, unpacked
from mot_nlp.readers.parquetfiles import parquet_table
from mot_nlp.readers.rows import Origin, numbered_documents, with_texts
from mot_nlp.records import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mot_nlp.readers.columns import Chosen, Columns
    from mot_nlp.readers.decoding import ReadNotes
    from mot_nlp.readers.ids import UsedIds
    from mot_nlp.readers.source import Source
    from mot_nlp.readers.table import Row, Table
    from mot_nlp.records import Document

    Numbered = tuple[int, Document | Rejected]


@contextmanager
def open_table(
    source: Source, notes: ReadNotes, customer: str | None = None
) -> Iterator[tuple[Table, Text | None]]:
    """The columns and rows of a file, open as long as the context, and its text if it has one.

    Raises:
        OSError: It cannot be opened.
        ReadError: It is not what its format says.
    """
    if source.format == "parquet":
        with opened(source) as file, notes.following(file):
            check_start(file.peek(START)[:START], source.name, is_parquet=True)
            yield parquet_table(file, source.name), None
        return
    with unpacked(source, notes) as stream:
        text = Text(stream, source.name, notes, is_live=source.is_standard_input)
        if text.failure is not None and not text.start:
            raise ReadError(f"{source.name} {text.failure}")
        check_start(text.start, source.name, is_parquet=False)
        kind = plain.told_by_start(text.start) if source.format == PLAIN else source.format
        table = _table(kind, text, customer)
        if text.failure is not None and any(map(has_foreign, table.names)):
            raise ReadError(f"{source.name} {text.failure}")  # the header itself is cut
        yield table, text


def find_columns(
    table: Table, columns: Columns, *, must_keep: bool = False
) -> tuple[Chosen, Iterator[Row]]:
    """Which columns of an open file hold what, and its rows.

    Args:
        table: The file.
        columns: What the caller asked for, where the format leaves that open.
        must_keep: Whether the kept columns must exist.

    Raises:
        ColumnError: A named column does not exist, or none can be told to be the text.
    """
    if table.own is not None:
        return replace(table.own, kept=columns.kept), table.rows(None)
    chosen = choose(columns, table.names, must_keep=must_keep)
    rows = table.rows(chosen.used if chosen.texts else None)
    return with_texts(rows, chosen, table.names)


def source_documents(
    source: Source,
    columns: Columns,
    *,
    after: int = 0,
    customer: str | None,
    used: UsedIds,
    notes: ReadNotes,
    must_keep: bool = False,
) -> Iterator[Numbered]:
    """Each row's document, or why it is set aside, with the number of rows that lie behind.

    Args:
        source: The file.
        columns: Which columns hold what, where the format leaves that open.
        after: Rows that lie behind already.
        customer: In transcripts, the speaker who is the customer.
        used: Ids that are taken.
        notes: Where the encoding is noted.
        must_keep: Whether the kept columns must exist.

    Raises:
        OSError: The file cannot be opened.
        ReadError: It is not what its format says, or it ends before its time.
        ColumnError: A named column does not exist, or none can be told to be the text.
    """
    with open_table(source, notes, customer) as (table, text):
        chosen, rows = find_columns(table, columns, must_keep=must_keep)
        table.passed.rows = after
        rows = (row for row in rows if row[0] > after)  # those that were looked at
        if text is not None:
            rows = _to_the_end(rows, text)
        own_id = source.document_id if table.is_one else ""
        origin = Origin(source.name, used, customer, source.prefix, own_id)
        yield from numbered_documents(rows, chosen, origin)


def fault_of_file(source: Source, error: InputError) -> str:
    """Why a file was not read, or not to its end, without its name, which stands beside it."""
    message = str(error)
    if message.startswith(source.name):
        return "the file" + message.removeprefix(source.name)
    return message


def _table(kind: str, text: Text, customer: str | None) -> Table:
    match kind:
        case "csv":
            return delimited_table(text, delimiter=",")
        case "tsv":
            return delimited_table(text, delimiter="\t")
        case "jsonl":
            return json_lines_table(text)
        case "json":
            return json_table(text)
        case "transcript":
            return plain.transcript_table(text)
        case "vtt" | "srt":
            return captions_table(text, customer)
    return plain.lines_table(text)


def _to_the_end(rows: Iterator[Row], text: Text) -> Iterator[Row]:
    """Rows; where the text ended before its time, an error instead of the row it ended in."""
    held: Row | None = None
    for row in rows:
        if held is not None:
            yield held
            held = None
        if text.failure is not None and isinstance(row[1], Rejected):
            held = row
        else:
            yield row
    if text.failure is not None:
        raise ReadError(f"{text.name} {text.failure}")
