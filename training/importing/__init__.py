"""Labels in: tables, and exports of annotation tools, into the project's labelled JSON Lines.

A file is *opened* and its form told; a reader makes *tasks* of it, which are texts with what each
person marked in them; *units* are the marks checked against the text, their labels assigned, and people's
answers brought together; *gathering* finds texts and ids that come twice. What cannot be used is set
aside and told in the report, never guessed and never fatal to the rest.
"""

from training.importing.options import ImportOptions, parse_columns, parse_renamed
from training.importing.report import ImportReport
from training.importing.running import import_labels
from training.importing.telling import FORMATS
from training.importing.writing import check_out, write_labelled, write_report

__all__ = [
    "FORMATS",
    "ImportOptions",
    "ImportReport",
    "check_out",
    "import_labels",
    "parse_columns",
    "parse_renamed",
    "write_labelled",
    "write_report",
]
