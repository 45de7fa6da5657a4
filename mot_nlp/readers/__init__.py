"""Rows of files and frames to documents, streamed and in order.

A row that cannot be used is set aside as a ``Rejected`` with the reason and the cure; only a file
that cannot be read at all, or a column that does not exist, is an error.
"""

from mot_nlp.readers.columns import ID_NAMES, Columns, kept_names
from mot_nlp.readers.files import FORMATS, STANDARD_STREAM, kept_columns, read_documents
from mot_nlp.readers.rows import documents_from_rows

__all__ = [
    "FORMATS",
    "ID_NAMES",
    "STANDARD_STREAM",
    "Columns",
    "documents_from_rows",
    "kept_columns",
    "kept_names",
    "read_documents",
]
