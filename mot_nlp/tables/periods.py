"""Periods of the calendar as groups: what they are called, and which comes before which."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from mot_nlp.errors import ColumnError
from mot_nlp.tables.grouping import DAY, PERIODS

if TYPE_CHECKING:
    from collections.abc import Mapping

PERIOD = "period"
"""The word for periods of the column of dates, where moments have no column of that name."""

LENGTHS = {"D": "day", "W-MON": "week", "MS": "month", "QS": "quarter", "YS": "year"}
"""The period that each frequency of pandas stands for."""

_NAMES = {"day": f"strftime({DAY}, '%Y-%m-%d')", **PERIODS}


def period_of(between: str, freq: str, columns: Mapping[str, str]) -> str | None:
    """The length of period that ``between`` asks for, if it does.

    Args:
        between: ``"period"``, the name of a period, or anything else.
        freq: A key of ``LENGTHS``: how long a ``"period"`` is.
        columns: Columns of the moments, which go before periods of the same name.
    """
    if between in columns:
        return None
    if between == PERIOD:
        return LENGTHS[freq]
    return between if between in PERIODS else None


def check_date(column: str, columns: Mapping[str, str]) -> None:
    """Refuse moments without the column of dates.

    Raises:
        ColumnError: They have none.
    """
    if column not in columns:
        raise ColumnError(
            f"the moments have no column {column!r} to take dates from; they have "
            f"{', '.join(columns) or 'none'}. Name one with date, or tag again with keep naming "
            "the column of dates",
            missing=[column],
            known=columns,
            rows="moments",
        )


def period_name(period: str, column: str) -> str:
    """SQL of a period's name, such as ``2025-11`` for a month, from the SQL of a column of dates."""
    return _NAMES[period].format(date=column)


def period_number(period: str, name: str) -> int:
    """The place of a period among all of its length: the next one's is greater by one."""
    if period == "day":
        return date.fromisoformat(name).toordinal()
    if period == "week":
        year, week = name.split("-W")
        return date.fromisocalendar(int(year), int(week), 1).toordinal() // 7
    if period == "quarter":
        year, quarter = name.split("-Q")
        return 4 * int(year) + int(quarter)
    if period == "month":
        year, month = name.split("-")
        return 12 * int(year) + int(month)
    return int(name)
