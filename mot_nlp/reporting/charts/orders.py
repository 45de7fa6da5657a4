"""The order that the rows of a table put its labels in."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mot_nlp.reporting.charts.data import rows
from mot_nlp.reporting.charts.expressions import BETWEEN, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd


def labels(table: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """What ``expressions.label`` makes of each row of a table, each once and in their order."""
    return list(dict.fromkeys(_label(row, names) for row in rows(table[list(names)])))


def inner_order(table: pd.DataFrame, outer: Sequence[str], inner: Sequence[str]) -> list[str]:
    """The labels of inner columns, in the one order that the rows follow.

    Rows stand in order of the outer columns and, where those are equal, of the inner ones. Such a
    run of rows need not have every label, so the order is pieced together from all runs. Where they
    contradict each other it is the order of first appearance.
    """
    runs: dict[str, dict[str, None]] = {}
    for row in rows(table[[*outer, *inner]]):
        runs.setdefault(_label(row, outer), {})[_label(row, inner)] = None
    found = labels(table, inner)
    sorter: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(found, ()))
    for run in runs.values():
        for earlier, later in pairwise(run):
            sorter.add(later, earlier)
    try:
        return list(sorter.static_order())
    except CycleError:
        return found


def _label(row: Mapping[str, Any], names: Sequence[str]) -> str:
    return BETWEEN.join(words(row[name]) for name in names)
