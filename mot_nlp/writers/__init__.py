"""Rows to files, streamed: Parquet, CSV, TSV and JSON Lines; tables to Markdown too.

A file is written beside its place as ``NAME.part`` and takes its name when it is whole, so that a
half-written file never bears it. Lone surrogates become U+FFFD, NaN an empty cell.
"""

from mot_nlp.writers.base import RowWriter
from mot_nlp.writers.opening import (
    FORMATS,
    STANDARD_STREAM,
    SUFFIXES,
    TABLE_FORMATS,
    open_writer,
)
from mot_nlp.writers.tables import write_table
from mot_nlp.writers.values import FORMULA_STARTS, defuse, undefuse

__all__ = [
    "FORMATS",
    "FORMULA_STARTS",
    "STANDARD_STREAM",
    "SUFFIXES",
    "TABLE_FORMATS",
    "RowWriter",
    "defuse",
    "open_writer",
    "undefuse",
    "write_table",
]
