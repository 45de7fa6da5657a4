"""Moment-level sentiment tables: what makes or breaks the journey, how sure that is, what changed.

Moments are counted by DuckDB, straight from files where files are given, so that what stays in
memory is a row a cell and not a row a moment. Everything after the sums is NumPy on a few rows.
"""

from mot_nlp.tables.comparison import compare
from mot_nlp.tables.evenness import consistency
from mot_nlp.tables.excerpts import quotes
from mot_nlp.tables.outcomes import drivers
from mot_nlp.tables.table import ALL, SUBTOTAL, TABLE_COLUMNS, THIN, moment_table
from mot_nlp.tables.transitions import paths
from mot_nlp.tables.trends import trend

__all__ = [
    "ALL",
    "SUBTOTAL",
    "TABLE_COLUMNS",
    "THIN",
    "compare",
    "consistency",
    "drivers",
    "moment_table",
    "paths",
    "quotes",
    "trend",
]
