"""Sums for every combination of filter values, which a page can add up again as it likes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from mot_nlp.errors import InputError
from mot_nlp.records import is_missing
from mot_nlp.tables.cells import cell_sums
from mot_nlp.tables.grouping import grouping
from mot_nlp.tables.store import opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mot_nlp.reporting.prepared import Filter, Prepared
    from mot_nlp.tables.store import Store
    from mot_nlp.taxonomy import Taxonomy

SUMS = (
    "n", "documents", "positive", "negative", "pivotal", "score", "scored", "net_net", "net_n", "n_n",
)  # fmt: skip
"""What is summed, in the order of a row; a cluster-robust interval can be made of these."""

MOST_ROWS = 100_000
"""Rows of all views together, at about 35 bytes each; more is not shipped in a page."""


@dataclass(frozen=True, slots=True)
class View:
    """One table of the page, in additive pieces.

    Attributes:
        by: What it is made by.
        cells: The ``by`` values of each cell, in order.
        rows: A row a cell and combination of filter values: for each filter the number of its value
            (-1 where a document has no date), the number of the cell, then ``SUMS``.
    """

    by: tuple[str, ...]
    cells: list[list[str]]
    rows: list[list[float]]


def cube(
    prepared: Prepared, views: Mapping[str, Sequence[str]], taxonomy: Taxonomy
) -> dict[str, View]:
    """Make the views.

    Args:
        prepared: The file and its filters.
        views: For each view what it is made by.
        taxonomy: Order of labels.

    Raises:
        InputError: A filter tells moments of one document apart, so that documents would be counted
            twice; or the views would be too many rows.
    """
    out = {}
    with opened(prepared.path, wanted=set()) as store:
        _check_filters(store, prepared, taxonomy)
        for name, by in views.items():
            out[name] = _view(store, prepared, tuple(by), taxonomy)
    total = sum(len(view.rows) for view in out.values())
    if total > MOST_ROWS:
        raise InputError(
            f"the filters {', '.join(f.name for f in prepared.filters)} make {total:,} cells, and a "
            f"page holds {MOST_ROWS:,}; name fewer filters, or columns with fewer values"
        )
    return out


def _check_filters(store: Store, prepared: Prepared, taxonomy: Taxonomy) -> None:
    names = [entry.column for entry in prepared.filters]
    _, split = cell_sums(store, grouping(names, store.columns, taxonomy), taxonomy)
    _, whole = cell_sums(store, grouping((), store.columns, taxonomy), taxonomy)
    if int(split["documents"].sum()) != int(whole["documents"].sum()):
        raise InputError(
            f"some of the filters {', '.join(entry.name for entry in prepared.filters)} differ between "
            "moments of one document; filter by what holds for a whole document, as brand or source"
        )


def _view(store: Store, prepared: Prepared, by: tuple[str, ...], taxonomy: Taxonomy) -> View:
    filters = prepared.filters
    # The cells of the view come first, so they stand in its order whatever the filters are.
    names = (*by, *(entry.column for entry in filters))
    keys, sums = cell_sums(store, grouping(names, store.columns, taxonomy), taxonomy)
    chosen = keys[[entry.column for entry in filters]]
    return View(by, *coded(keys[list(by)], chosen, filters, sums[[*SUMS]]))


def coded(
    cells: pd.DataFrame, chosen: pd.DataFrame, filters: Sequence[Filter], sums: pd.DataFrame
) -> tuple[list[list[str]], list[list[float]]]:
    """Sums with their filter values and cells as numbers.

    Args:
        cells: What the cell of each row is made by; rows of one cell in one place, in order.
        chosen: The value of each filter, a column each.
        filters: The filters.
        sums: What is summed.

    Returns:
        The cells as texts; and the rows of numbers: of each filter's value, -1 for one that is not
        among them, of the cell, then the sums.
    """
    codes = [
        pd.Categorical(chosen.iloc[:, column], categories=list(entry.values)).codes.tolist()
        for column, entry in enumerate(filters)
    ]
    place: dict[tuple[str, ...], int] = {}
    found = [
        place.setdefault(tuple(_text(value) for value in row), len(place))
        for row in cells.itertuples(index=False, name=None)
    ]
    own = [sums[name].fillna(0).round(6).tolist() for name in sums]
    rows = [_short(row) for row in zip(*codes, found, *own, strict=True)]
    return [list(cell) for cell in place], rows


def _text(value: object) -> str:
    return "" if is_missing(value) else str(value)


def _short(row: Sequence[float]) -> list[float]:
    """Whole numbers without a decimal point: half the size of the page."""
    return [int(value) if float(value).is_integer() else value for value in row]
