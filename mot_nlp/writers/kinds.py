"""Kinds of columns: what a value is, what holds values of two kinds, and the type of each in Arrow.

A kind is one of ``bool``, ``integer``, ``long`` (an integer that no float holds), ``float``,
``date``, ``time``, ``instant`` (a time with a zone), ``text``, ``labels`` (a list of texts, of the
columns that are known to hold such; any other list is text), or ``null`` where nothing is known.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from mot_nlp.records import DOCUMENT_COLUMNS, MOMENT_COLUMNS
from mot_nlp.taxonomy import CONFIDENCE
from mot_nlp.writers.values import as_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa

    from mot_nlp.taxonomy import Question

LABELS = "labels"
"""Kind of a column of several labels a row."""

_INTEGERS = ("start", "end", "n_segments", "n_none", "n_moments", "n_characters")
_EXACT_IN_FLOAT = 2**53
_LARGEST = 2**63 - 1


def fixed_kinds(columns: Sequence[str]) -> dict[str, str]:
    """Kinds to start with: those of moment or document rows, nothing known for other tables."""
    kinds = dict.fromkeys(columns, "null")
    for own in (MOMENT_COLUMNS, DOCUMENT_COLUMNS):
        if set(own) <= set(columns):
            kinds.update({name: _own_kind(name) for name in own})
    return kinds


def extra_kinds(extras: Iterable[Question]) -> dict[str, str]:
    """Kinds of the columns of a model's extra heads, in order."""
    kinds = {}
    for extra in extras:
        kinds[extra.name] = LABELS if extra.multiple else "text"
        kinds[f"{extra.name}{CONFIDENCE}"] = "float"
    return kinds


def _own_kind(name: str) -> str:
    if name in _INTEGERS:
        return "integer"
    if name == "pivotal":
        return "bool"
    return "float" if name == "sentiment_score" or name.endswith(CONFIDENCE) else "text"


def kind_of(value: object) -> str:
    """The narrowest kind of column that holds a plain value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        if abs(value) <= _EXACT_IN_FLOAT:
            return "integer"
        return "long" if abs(value) <= _LARGEST else "text"
    if isinstance(value, float):
        return "float"
    return _date_kind(value) if isinstance(value, date) else "text"


def _date_kind(value: date) -> str:
    if not isinstance(value, datetime):
        return "date"
    if getattr(value, "nanosecond", 0):  # pandas has finer times than the column
        return "text"
    return "time" if value.utcoffset() is None else "instant"


def wider(kind: str, other: str) -> str:
    """The narrowest kind that holds values of both; labels stay labels."""
    if kind in (other, LABELS) or other == "null":
        return kind
    if kind == "null":
        return other
    wider_of = {frozenset(("integer", "float")): "float", frozenset(("integer", "long")): "long"}
    return wider_of.get(frozenset((kind, other)), "text")


def fitted(values: list[Any], kind: str) -> list[Any]:
    """Plain values as a column of a kind takes them: all of a text column are text."""
    if kind != "text":
        return values
    return [None if value is None else as_text(value) for value in values]


def arrow_type(kind: str) -> pa.DataType:
    """The type that holds values of a kind."""
    import pyarrow as pa

    types = {
        LABELS: pa.list_(pa.string()),
        "bool": pa.bool_(),
        "integer": pa.int64(),
        "long": pa.int64(),
        "float": pa.float64(),
        "date": pa.date32(),
        "time": pa.timestamp("us"),
        "instant": pa.timestamp("us", tz="UTC"),
    }
    return types.get(kind, pa.string())
