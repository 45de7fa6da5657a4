"""Cells as CSV, JSON and Parquet can hold them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import date, datetime, time

from mot_nlp.records import is_missing
from mot_nlp.transcripts import without_surrogates

FORMULA_STARTS = "=+-@\t\r"
"""What a spreadsheet takes for the start of a formula, in text without an apostrophe before it."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def defuse(cell: str) -> str:
    """``cell`` so that no spreadsheet runs it: an apostrophe goes before = + - @ tab and return.

    A plain number runs nothing and stays as it is.

    >>> defuse("=1+1"), defuse("-12.5")
    ("'=1+1", '-12.5')
    """
    if not cell.startswith(tuple(FORMULA_STARTS)) or _NUMBER.fullmatch(cell):
        return cell
    return "'" + cell


def undefuse(cell: str) -> str:
    """``cell`` as it was before :func:`defuse`; only text that began so by itself is bent.

    >>> undefuse("'=1+1"), undefuse("'tis")
    ('=1+1', "'tis")
    """
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(tuple(FORMULA_STARTS)) else cell


def plain(value: object) -> object:
    """``value`` without NumPy types, lone surrogates, and NaN and its like, which become None."""
    if isinstance(value, str):
        return without_surrogates(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return None if is_missing(value) else value


def as_text(value: object) -> str:
    """A plain value as text: dates in ISO form, lists and mappings as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (list, tuple, Mapping)):
        return as_json_text(value)
    return without_surrogates(str(value))


def as_read(value: object) -> str:
    """A plain value as text for people: as :func:`as_text`, and midnight is the day.

    >>> as_read(datetime(2026, 1, 2)), as_read(datetime(2026, 1, 2, 12, 30))
    ('2026-01-02', '2026-01-02T12:30:00')
    """
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    return as_text(value)


def as_json_text(value: object) -> str:
    """JSON of any value on one line; what JSON has no form for is text, infinity null."""
    return json.dumps(_as_json(value), ensure_ascii=False, allow_nan=False)


def as_cell(value: object) -> str | int | float | None:
    """A cell of CSV: numbers stay numbers, all else is text that no spreadsheet runs."""
    value = plain(value)
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        return value
    return defuse(as_text(value))


def _as_json(value: object) -> object:
    value = plain(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, Mapping):
        return {without_surrogates(str(key)): _as_json(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_json(entry) for entry in value]
    return as_text(value)
