"""Which moments move an outcome: leave-out impact, penalties and rewards, make-or-break ranking.

``documents`` reads outcomes, ``presence`` turns rows into a document-level design in DuckDB, and
the rest is NumPy on that design: ``impact``, ``terms`` (what a regression can tell apart),
``regression``, ``estimates`` (the two joined), ``contrast`` and, on top of all, ``table``.
"""

from mot_nlp.tables.outcomes.table import DRIVER_COLUMNS, drivers

__all__ = ["DRIVER_COLUMNS", "drivers"]
