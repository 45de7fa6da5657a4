"""Which columns of a table a chart is by, and whether those it draws are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mot_nlp.errors import ColumnError, InputError
from mot_nlp.tables import SUBTOTAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


def by_columns(table: pd.DataFrame, first: str, drawn: Sequence[str], *, made_by: str) -> list[str]:
    """The columns that a table was made by: those before its first column of figures.

    Args:
        table: What a function of ``mot_nlp.tables`` returned.
        first: The column that stands after the ``by`` columns.
        drawn: Columns that the chart draws.
        made_by: The function whose tables the chart draws, for the message.

    Raises:
        ColumnError: A column is missing.
    """
    names = [str(name) for name in table.columns]
    missing = [name for name in (first, *drawn) if name not in names]
    if missing:
        raise ColumnError(
            f"the table lacks the columns {', '.join(dict.fromkeys(missing))}, which this chart draws; "
            f"it has {', '.join(names) or 'none'}. Give a table that {made_by} returned",
            missing=missing,
        )
    return names[: names.index(first)]


def check_width(names: Sequence[str], allowed: int, *, example: str) -> None:
    """Refuse a table by more or fewer columns than a chart has places for.

    Raises:
        InputError: It is.
    """
    if len(names) != allowed:
        raise InputError(
            f"this chart draws a table by {allowed} column{'s' * (allowed > 1)}, and this one is by "
            f"{', '.join(names) or 'none'}; give {example}"
        )


def cells(table: pd.DataFrame) -> pd.DataFrame:
    """A table without its sub-totals."""
    return table[~table[SUBTOTAL].astype(bool)] if SUBTOTAL in table else table
