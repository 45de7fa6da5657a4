"""Rows of a table as a page holds them."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from mot_nlp.writers.values import plain

if TYPE_CHECKING:
    import pandas as pd

DATA = "table"
"""Name of the one data set that a chart draws."""


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as JSON has them: a missing value is None, a time ISO 8601 in UTC.

    >>> import pandas as pd
    >>> rows(pd.DataFrame({"period": [pd.Timestamp("2026-10-01")], "net_low": [float("nan")]}))
    [{'period': '2026-10-01T00:00:00Z', 'net_low': None}]
    """
    records = table.to_dict("records")
    return [{str(name): _as_json(value) for name, value in row.items()} for row in records]


def _as_json(value: object) -> object:
    value = plain(value)
    if isinstance(value, datetime):
        utc = value.astimezone(UTC) if value.tzinfo else value
        return utc.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
