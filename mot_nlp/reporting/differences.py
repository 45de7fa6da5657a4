"""What differs: the last period against the one before, and each brand against the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mot_nlp.reporting.numbers import words
from mot_nlp.reporting.prepared import MISSING, OTHERS, PERIOD
from mot_nlp.tables.comparison import compare
from mot_nlp.tables.table import moment_table

if TYPE_CHECKING:
    import pandas as pd

    from mot_nlp.reporting.prepared import Filter, Prepared
    from mot_nlp.taxonomy import Taxonomy

ENOUGH = 100
"""Moments that the last period and the one before each need, to be compared."""

LENGTHS = ("month", "quarter", "year")
"""Lengths of period, the finest first; the first that is long enough is taken."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A table of differences.

    Attributes:
        kind: ``period``, or ``group`` for a filter's values.
        title: What is compared with what.
        table: As :func:`mot_nlp.tables.comparison.compare` gives it.
    """

    kind: str
    title: str
    table: pd.DataFrame


def differences(prepared: Prepared, *, taxonomy: Taxonomy, confidence: float) -> list[Comparison]:
    """Compare net sentiment by touchpoint, over time and between the values of each filter."""
    found = []
    if prepared.period:
        found += _over_time(prepared, taxonomy, confidence)
    for entry in prepared.filters:
        if entry.name != PERIOD and len(_groups(entry)) > 1:
            table = compare(
                prepared.path, "touchpoint", entry.column, group=_groups(entry),
                taxonomy=taxonomy, confidence=confidence,
            )  # fmt: skip
            found.append(Comparison("group", f"By {words(entry.name)}", table))
    return found


def _groups(entry: Filter) -> list[str]:
    return [value for value in entry.values if value not in (MISSING, OTHERS)]


def _over_time(prepared: Prepared, taxonomy: Taxonomy, confidence: float) -> list[Comparison]:
    for length in LENGTHS:
        periods = moment_table(prepared.path, length, taxonomy=taxonomy).dropna(subset=[length])
        if len(periods) > 1 and (periods["n"].tail(2) >= ENOUGH).all():
            table = compare(
                prepared.path, "touchpoint", length, group=periods[length].iloc[-1],
                taxonomy=taxonomy, confidence=confidence,
            )  # fmt: skip
            return [Comparison("period", f"The last {length} against the one before", table)]
    return []
