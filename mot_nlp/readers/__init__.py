"""Rows of files and frames to documents, streamed and in order.

A row that cannot be used is set aside as a ``Rejected`` with the reason and the cure. Of one file, or
of a frame, only what cannot be read at all, or a column that does not exist, is an error; of many
files none ends the stream.
"""

from mot_nlp.readers.columns import ID_NAMES, TEXT_NAMES, Columns, check_kept, kept_names
from mot_nlp.readers.decoding import ReadNotes
from mot_nlp.readers.expanding import expand
from mot_nlp.readers.files import kept_columns, read_documents
from mot_nlp.readers.ids import UsedIds
from mot_nlp.readers.kinds import FORMATS
from mot_nlp.readers.outputs import JOB_LEDGER, JOB_MANIFEST, JOB_REJECTED
from mot_nlp.readers.rows import documents_from_rows
from mot_nlp.readers.source import STANDARD_STREAM, Source, is_url
from mot_nlp.readers.stream import Position, check_columns, read_positions, read_sources

__all__ = [
    "FORMATS",
    "ID_NAMES",
    "JOB_LEDGER",
    "JOB_MANIFEST",
    "JOB_REJECTED",
    "STANDARD_STREAM",
    "TEXT_NAMES",
    "Columns",
    "Position",
    "ReadNotes",
    "Source",
    "UsedIds",
    "check_columns",
    "check_kept",
    "documents_from_rows",
    "expand",
    "is_url",
    "kept_columns",
    "kept_names",
    "read_documents",
    "read_positions",
    "read_sources",
]
