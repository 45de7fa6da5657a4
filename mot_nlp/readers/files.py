"""One file to documents."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from mot_nlp.errors import ReadError
from mot_nlp.readers.decoding import ReadNotes
from mot_nlp.readers.expanding import one_source
from mot_nlp.readers.ids import UsedIds
from mot_nlp.readers.opening import translated
from mot_nlp.readers.reading import fault_of_file, source_documents
from mot_nlp.readers.stream import check_columns
from mot_nlp.records import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mot_nlp.readers.columns import Columns
    from mot_nlp.readers.source import Source
    from mot_nlp.records import Document


def read_documents(
    path: str | Path,
    columns: Columns,
    *,
    format: str | None = None,  # noqa: A002 - the word of the command line
    customer: str | None = None,
) -> Iterator[Document | Rejected]:
    """Documents of a file, in order, one row at a time; unusable rows come as ``Rejected``.

    Rows are numbered from 1, without the header and blank lines. Cells of CSV and TSV are strings,
    empty ones None; a stray NUL stays in them. Of a file that is damaged further on, the last entry
    is a ``Rejected`` with the last row that could be read.

    Args:
        path: The file, which may be packed with gzip or zstd, a URL, or ``-`` for standard input.
        columns: Which columns hold what.
        format: One of ``FORMATS``; by the suffix if None, CSV on standard input.
        customer: In transcripts, the speaker who is the customer.

    Raises:
        ReadError: At the call, there is no such file or format; at the first document, the file
            is not what its format says.
        ColumnError: At the first document, a column does not exist.
    """
    return _documents(one_source(path, format=format), columns, customer)


def kept_columns(
    path: str | Path,
    columns: Columns,
    *,
    format: str | None = None,  # noqa: A002 - the word of the command line
) -> tuple[str, ...]:
    """The columns of a file that are passed on, checked to exist.

    Standard input is left unread, so its columns are checked with the first document.

    Raises:
        ReadError: The file cannot be read.
        ColumnError: A column that was named does not exist.
    """
    return check_columns([one_source(path, format=format)], columns)


def _documents(
    source: Source, columns: Columns, customer: str | None
) -> Iterator[Document | Rejected]:
    row = 0
    with closing(UsedIds()) as used:
        documents = source_documents(
            source, columns, customer=customer, used=used, notes=ReadNotes(), must_keep=True
        )
        try:
            with translated(source.name):
                for number, entry in documents:
                    row = number
                    yield entry
        except ReadError as error:
            if not row:
                raise
            yield Rejected(source.name, row, "", fault_of_file(source, error))
