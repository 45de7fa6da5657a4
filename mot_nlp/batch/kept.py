"""Types of the columns that are kept, the same in every part of a job.

The first rows decide: a column that holds whole numbers there holds whole numbers to the end. A value
of another type is taken for one of that type where it can be ("5" for 5, 5.0 for 5); where it cannot,
its row is set aside. Columns of texts, and those without a value in the first rows, take everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import InputError
from mot_nlp.writers.kinds import kind_of, wider
from mot_nlp.writers.values import as_text, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_SHOWN = 80
_WHOLE = ("integer", "long")
_SHOWN_KINDS = {
    "bool": "true and false",
    "integer": "whole numbers",
    "long": "whole numbers",
    "float": "numbers",
    "date": "dates (YYYY-MM-DD)",
    "time": "times (YYYY-MM-DD HH:MM:SS)",
    "instant": "times with a zone",
}


@dataclass(frozen=True, slots=True)
class KeptColumns:
    """Kept columns with their kinds, as :mod:`mot_nlp.writers.kinds` names them.

    Attributes:
        kinds: The kind of each column, in order.
    """

    kinds: Mapping[str, str]

    @classmethod
    def of(cls, names: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> KeptColumns:
        """The kinds that hold all values of the first rows; text where there are none."""
        kinds = dict.fromkeys(names, "null")
        for row in rows:
            for name in kinds:
                kinds[name] = wider(kinds[name], kind_of(plain(row.get(name))))
        return cls({name: "text" if kind == "null" else kind for name, kind in kinds.items()})

    def typed(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row with every value of its column's kind.

        Raises:
            InputError: A value is none.
        """
        return {name: _typed(name, row.get(name), kind) for name, kind in self.kinds.items()}


def _typed(name: str, given: object, kind: str) -> object:
    value = plain(given)
    if value is None or kind_of(value) == kind:
        return value
    text = as_text(value)
    if kind == "text":
        return text
    try:
        return _FROM_TEXT[kind](text.strip()) if text.strip() else None
    except (ValueError, KeyError):
        raise InputError(
            f"column {name!r} holds {text[:_SHOWN]!r} here, but {_SHOWN_KINDS[kind]} in the first "
            "rows; write the column in one type, or as text throughout"
        ) from None


def _whole(text: str) -> int:
    number = int(text.removesuffix(".0"))
    if kind_of(number) not in _WHOLE:
        raise ValueError(text)
    return number


def _truth(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _day(text: str) -> date:
    moment = datetime.fromisoformat(text)
    if moment != datetime(moment.year, moment.month, moment.day):
        raise ValueError(text)
    return moment.date()


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError(text)
    return moment


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


_FROM_TEXT: dict[str, Callable[[str], object]] = {
    "bool": _truth,
    "integer": _whole,
    "long": _whole,
    "float": float,
    "date": _day,
    "time": _time,
    "instant": _instant,
}
