"""Moves from moment to moment, in pieces that a page can add up again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mot_nlp.reporting.cube import coded
from mot_nlp.tables.store import opened
from mot_nlp.tables.transitions import step_sums

if TYPE_CHECKING:
    from mot_nlp.reporting.prepared import Prepared
    from mot_nlp.taxonomy import Taxonomy

MOVES = ("n", "positive", "negative")
"""What is summed of each move: how many, and how many of the second moments are of either pole."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Moves between stages in additive pieces.

    Attributes:
        cells: From and to of each move, in order.
        rows: A row a move and combination of filter values: for each filter the number of its
            value, the number of the move, then ``MOVES``.
    """

    cells: list[list[str]]
    rows: list[list[float]]


def flow(prepared: Prepared, taxonomy: Taxonomy, *, by: str = "stage") -> Flow:
    """The moves between consecutive moments of a document."""
    filters = prepared.filters
    with opened(prepared.path, wanted=set()) as store:
        sums = step_sums(store, (by,), taxonomy, within=[entry.column for entry in filters])
    return Flow(
        *coded(sums[["k0", "k1"]], sums.iloc[:, 2 : 2 + len(filters)], filters, sums[[*MOVES]])
    )
