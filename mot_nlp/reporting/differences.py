"""What differs: the last period against the one before, and each brand against the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from mot_nlp.reporting.numbers import words
from mot_nlp.reporting.prepared import LENGTHS, MISSING, OTHERS
from mot_nlp.tables.comparison import compare
from mot_nlp.tables.table import moment_table

if TYPE_CHECKING:
    from mot_nlp.reporting.prepared import Filter, Prepared
    from mot_nlp.taxonomy import Taxonomy

ENOUGH = 100
"""Moments that a period and the one before each need, to be compared."""

MISSED = 0.1
"""Part of a period that may lack data at its end, for it to count as whole."""


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
    if prepared.until is not None:
        found += _over_time(prepared, prepared.until, taxonomy, confidence)
    for entry in prepared.filters:
        if not entry.starts and len(_groups(entry)) > 1:
            table = compare(
                prepared.path, "touchpoint", entry.column, group=_groups(entry),
                taxonomy=taxonomy, confidence=confidence,
            )  # fmt: skip
            found.append(Comparison("group", f"By {words(entry.name)}", table))
    return found


def _groups(entry: Filter) -> list[str]:
    return [value for value in entry.values if value not in (MISSING, OTHERS)]


def _over_time(
    prepared: Prepared, until: pd.Timestamp, taxonomy: Taxonomy, confidence: float
) -> list[Comparison]:
    """The last whole period against the one before, of the finest length with enough moments."""
    for length, code, written in LENGTHS:
        last = pd.Period(until, code)
        if last.end_time - until > MISSED * (last.end_time - last.start_time):
            last -= 1
        group, before = last.strftime(written), (last - 1).strftime(written)
        counts = moment_table(prepared.path, length, taxonomy=taxonomy).set_index(length)["n"]
        if min(counts.get(group, 0), counts.get(before, 0)) >= ENOUGH:
            table = compare(
                prepared.path, "touchpoint", length, group=group,
                taxonomy=taxonomy, confidence=confidence,
            )  # fmt: skip
            return [
                Comparison("period", f"{group} against {before}, the last whole {length}", table)
            ]
    return []
