"""Differences in plain words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mot_nlp.taxonomy import Taxonomy

PHRASES = {
    "net_sentiment": "net sentiment",
    "share": "share",
    "pivotal_share": "pivotal share",
    "negative": "negative share",
}
"""How a sentence calls each measure."""


class Difference(NamedTuple):
    """A difference and what is known of it, in points; ``note`` says why nothing is."""

    difference: float
    low: float
    high: float
    q_value: float
    note: str


@dataclass(frozen=True, slots=True)
class Wording:
    """What all sentences of a table have in common.

    Attributes:
        measure: One of ``PHRASES``.
        between: The column whose groups are compared.
        is_period: Whether groups are periods, which things are so in and not for.
        is_change: Whether each is compared with the one before it, so that figures rise and fall.
        confidence: Level of the intervals, between 0 and 1; a difference is clear where its
            q-value is not over what is left of 1.
        comparisons: How many rows of the table were tested, to which q-values are adjusted.
        taxonomy: Columns of labels, whose underscores are read as spaces.
    """

    measure: str
    between: str
    is_period: bool
    is_change: bool
    confidence: float
    comparisons: int
    taxonomy: Taxonomy

    def sentence(
        self, cell: Mapping[str, object], group: object, against: object | None, found: Difference
    ) -> str:
        """One comparison in words.

        Args:
            cell: Value of each ``by`` column.
            group: The group.
            against: What it is compared with; None for all other groups.
            found: The figures.
        """
        subject = PHRASES[self.measure]
        if cell:
            subject += f" of {' '.join(self._read(name, value) for name, value in cell.items())}"
        here = self._read(self.between, group)
        there = "the others" if against is None else self._read(self.between, against)
        if found.note:
            return self._unknown(found.note, subject, here, there)
        if found.q_value <= 1 - self.confidence:
            return self._clear(found, subject, here, there)
        return self._unclear(found, subject, here, there)

    def _clear(self, found: Difference, subject: str, here: str, there: str) -> str:
        places = _places(found)
        amount = self._points(_number(abs(found.difference), places))
        nearest, farthest = sorted((abs(found.low), abs(found.high)))
        interval = self._interval(_number(nearest, places), _number(farthest, places))
        if self.is_change:
            return f"{subject} {'rose' if found.difference > 0 else 'fell'} {amount}, {interval}"
        how = "higher" if found.difference > 0 else "lower"
        of = "in" if self.is_period else "for"
        return f"{subject} is {amount} {how} {of} {here} than {of} {there}, {interval}"

    def _unclear(self, found: Difference, subject: str, here: str, there: str) -> str:
        places = _places(found)
        amount = self._points(_number(found.difference, places))
        interval = self._interval(_number(found.low, places), _number(found.high, places))
        # The interval is of its row alone; among many rows some would exclude 0 by chance.
        alone = found.low <= 0 <= found.high
        among = "" if alone else f" among {self.comparisons:,} comparisons"
        if self.is_change:
            return f"no clear change in {subject}{among} ({amount}, {interval})"
        return (
            f"no clear difference in {subject} between {here} and {there}{among} "
            f"({amount}, {interval})"
        )

    def _unknown(self, note: str, subject: str, here: str, there: str) -> str:
        if self.is_change:
            return f"{note} to tell whether {subject} changed"
        return f"{note} to compare {subject} between {here} and {there}"

    def _interval(self, low: str, high: str) -> str:
        return f"{100 * self.confidence:.6g} % CI {low} to {high}"

    def _points(self, number: str) -> str:
        unit = "point" if self.measure == "net_sentiment" else "percentage point"
        return f"{number} {unit}{'' if number in ('1', '−1') else 's'}"

    def _read(self, column: str, value: object) -> str:
        """A value as it is said: labels as words, and numbers with what they are numbers of."""
        name = column.replace("_", " ")
        if pd.isna(value):  # type: ignore[call-overload]
            return f"unknown {name}"
        text = str(value)
        if column == "pivotal" or _is_number(text):
            return f"{name} {text.lower()}"
        return text.replace("_", " ") if self.taxonomy.order(column) else text


def _places(found: Difference) -> int:
    """Decimals, so many that the interval is five or more of the last one wide."""
    width = found.high - found.low
    return min(max(math.ceil(math.log10(5 / width)), 0), 3) if width > 0 else 3


def _number(value: float, places: int) -> str:
    """A rounded number with a real minus sign, and none before zero."""
    rounded = round(value, places)
    return f"{'−' if rounded < 0 else ''}{abs(rounded):.{places}f}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
