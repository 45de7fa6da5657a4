"""Vega expressions that make labels and sentences of the columns of a row.

They run where the picture is drawn, so that rows which a page changes are labelled as well.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mot_nlp.reporting.charts.data import DATA

if TYPE_CHECKING:
    from collections.abc import Sequence

MISSING = "missing"
"""What stands for a missing value of a ``by`` column."""

BETWEEN = " · "
"""What stands between the values of several ``by`` columns."""


def field(name: str) -> str:
    """The value of a column, whatever its name."""
    return f"datum[{json.dumps(name)}]"


def is_known(name: str) -> str:
    """Whether a row has a value."""
    return f"isValid({field(name)})"


def label(names: Sequence[str]) -> str:
    """The values of columns as words: underscores as spaces, ``BETWEEN`` between columns."""
    parts = [
        f"({is_known(name)} ? replace(toString({field(name)}), regexp('_', 'g'), ' ') : '{MISSING}')"
        for name in names
    ]
    return f" + '{BETWEEN}' + ".join(parts) or "''"


def words(value: object) -> str:
    """What :func:`label` makes of one value, which is JSON."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("_", " ")


def place(name: str, order: Sequence[str]) -> str:
    """The number of a label in an order, from 0."""
    return f"indexof({json.dumps(list(order))}, {field(name)})"


def signed(value: str, digits: int = 0) -> str:
    """The value of an expression as a number with its sign and digits; zero has no sign."""
    zero = f"abs({value}) < {0.5 / 10**digits}"
    return f"({zero} ? '0' : format({value}, '+.{digits}f'))"


def interval(low: str, high: str, digits: int = 0) -> str:
    """Two columns as an interval in brackets with a space before it; nothing if it is not known."""
    ends = f"{signed(field(low), digits)} + ' to ' + {signed(field(high), digits)}"
    return f"({is_known(low)} && {is_known(high)} ? ' (' + {ends} + ')' : '')"


def counted(name: str, noun: str) -> str:
    """A column with its noun, as "1,204 moments"."""
    return f"(format({field(name)}, ',') + ({field(name)} === 1 ? ' {noun}' : ' {noun}s'))"


def reach(columns: Sequence[str]) -> tuple[str, str]:
    """The least and the greatest value of columns in all rows of the table, zero at most and least."""
    ends = [f"extent(pluck(data('{DATA}'), {json.dumps(name)}))" for name in columns]
    least, most = (", ".join(f"{end}[{at}] || 0" for end in ends) for at in (0, 1))
    return f"min(0, {least})", f"max(0, {most})"


FIGURE = f"({is_known('net_sentiment')} ? {signed('datum.net_sentiment')} : '')"
"""Net sentiment with its sign; empty where a row has none."""

COUNT = "'n ' + format(datum.n, ',')"
"""The number of moments of a row."""

TOLD = (
    f"datum.label + ': net sentiment ' + {signed('datum.net_sentiment')} + "
    f"{interval('net_low', 'net_high')} + ', ' + {counted('n', 'moment')} + ' in ' + "
    f"{counted('documents', 'document')}"
)
"""A row of a sentiment table as a sentence, once it has its ``label``."""
