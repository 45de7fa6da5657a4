"""Cells as CSV, JSON and Parquet can hold them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date

from mot_nlp.records import is_missing
from mot_nlp.transcripts import without_surrogates

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def defuse(cell: str) -> str:
    """``cell`` so that no spreadsheet runs it: an apostrophe goes before = + - @ tab and return.

    >>> defuse("=1+1")
    "'=1+1"
    """
    return "'" + cell if cell.startswith(_FORMULA_STARTS) else cell


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
