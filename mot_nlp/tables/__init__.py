"""Moment-level sentiment tables: how many moments, how they feel, and how sure that is.

Moments are counted by DuckDB, straight from a file where one is given, so that what stays in
memory is a row a cell and not a row a moment. Everything after the sums is NumPy on a few rows.
"""

from mot_nlp.tables.table import ALL, SUBTOTAL, TABLE_COLUMNS, THIN, moment_table

__all__ = ["ALL", "SUBTOTAL", "TABLE_COLUMNS", "THIN", "moment_table"]
