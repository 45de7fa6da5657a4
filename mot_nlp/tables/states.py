"""Segments counted by what was predicted of them: the state of each, in one SQL statement."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.errors import InputError
from mot_nlp.tables.cells import fetch
from mot_nlp.tables.several import question_shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mot_nlp.tables.grouping import Grouping
    from mot_nlp.tables.misclassification import Axis
    from mot_nlp.tables.store import Store
    from mot_nlp.taxonomy import Taxonomy

    Counts = Mapping[str, NDArray[np.int64]]
    """Counts ``n`` by ``stratum``, ``cell``, ``state`` and ``bucket``, each of shape (rows,)."""

N_SEGMENTS = "n_segments"
"""Column that tells whether a row is one segment."""

GROUPS = 256
"""Groups that documents are dealt into: the first two hexadecimal digits of the MD5 of their id."""

_BETWEEN = "\x1f"
"""Stands between the labels of a pair and in no label: the unit separator."""

_CURE = (
    "correct=True counts segments, those without a moment too; give it the rows of "
    "predict(..., all_segments=True) or of mot predict --all-segments"
)

_ROWS = """
SELECT
    count(*),
    count(*) FILTER (TRY_CAST({n_segments} AS DOUBLE) IS DISTINCT FROM 1),
    count(*) FILTER ({is_none})
FROM moments
"""

# The window functions number strata, and cells in the order of the table, over a few rows a cell.
_COUNTS = """
WITH coded AS (
    SELECT
        {select}
        CASE WHEN {is_none} THEN 0 ELSE {state} END AS state,
        CAST('0x' || left(md5(coalesce(CAST({doc_id} AS VARCHAR), '')), 2) AS INTEGER) AS bucket
    FROM moments
), counted AS (
    SELECT {listed} state, bucket, count(*) AS n FROM coded GROUP BY ALL
)
SELECT
    dense_rank() OVER ({strata}) - 1 AS stratum,
    dense_rank() OVER (PARTITION BY state IS DISTINCT FROM 0 {order}) - 1 AS cell,
    coalesce(state, -1) AS state,
    bucket,
    n
FROM counted
ORDER BY stratum
"""


def check_rows(store: Store, taxonomy: Taxonomy) -> None:
    """Refuse rows that are not one a segment, those without a moment included.

    Raises:
        InputError: They are not.
    """
    if N_SEGMENTS not in store.columns:
        raise InputError(f"the rows lack the column {N_SEGMENTS}; {_CURE}")
    statement = _ROWS.format(n_segments=store.columns[N_SEGMENTS], is_none=_is_none(store))
    rows = fetch(store, statement, {"none": taxonomy.heads["stage"].none})
    n, merged, none = (int(value) for value in rows.iloc[0])
    if merged:
        raise InputError(f"{merged:,} of {n:,} rows are not one segment by {N_SEGMENTS}; {_CURE}")
    if n and not none:
        raise InputError(f"not one of {n:,} rows is a segment without a moment; {_CURE}")


def head_of(name: str, store: Store, taxonomy: Taxonomy) -> str | None:
    """The head that a ``by`` column shows the labels of or rolls up; None if there is none."""
    shown = question_shown(name, store.columns, taxonomy)
    return shown.name if shown else None


def counts(store: Store, by: Grouping, axes: Sequence[Axis], taxonomy: Taxonomy) -> Counts:
    """Count segments by state.

    Args:
        store: The segments, a row each.
        by: What the table is made by. Each combination of its columns that show no labels is a
            stratum; its cells are numbered in the order of the table.
        axes: What tells states apart.
        taxonomy: The none label.

    Returns:
        Rows in order of ``stratum``; ``state`` is 0 for none, else from 1 to K, and ``cell`` means
        something for these only; ``bucket`` is the group of the document, under ``GROUPS``.

    Raises:
        InputError: A row holds labels that no state has, or of which no held-out segment is known.
    """
    strata = [
        key
        for key, name in zip(by.keys, by.names, strict=True)
        if head_of(name, store, taxonomy) is None
    ]
    statement = _COUNTS.format(
        select=by.select,
        listed=by.listed,
        order=by.order,
        is_none=_is_none(store),
        state=_state(store, axes),
        doc_id=store.columns["doc_id"],
        strata=f"ORDER BY {', '.join(strata)}" if strata else "",
    )
    labels = {
        f"axis_{number}": [_BETWEEN.join(label) for label in axis.labels]
        for number, axis in enumerate(axes)
    }
    none = {"none": taxonomy.heads["stage"].none}
    rows = fetch(store, statement, none | by.parameters | labels)
    found = {str(name): rows[name].to_numpy(np.int64) for name in rows}
    _check_labels(found["state"], axes)
    return found


def by_stratum(rows: Counts) -> Iterator[Counts]:
    """The rows of each stratum."""
    borders = np.flatnonzero(np.diff(rows["stratum"], prepend=-1, append=-1))
    for start, end in pairwise(borders):
        yield {name: column[start:end] for name, column in rows.items()}


def _is_none(store: Store) -> str:
    return f"CAST({store.columns['stage']} AS VARCHAR) IS NOT DISTINCT FROM $none"


def _state(store: Store, axes: Sequence[Axis]) -> str:
    """The number of a moment's state in SQL; NULL where a label is none that it may have."""
    number = "0"
    for position, axis in enumerate(axes):
        texts = (_text(store.columns[head], head) for head in axis.heads)
        label = f" || '{_BETWEEN}' || ".join(texts)
        number = f"({number} * {len(axis.labels)} + list_position($axis_{position}, {label}) - 1)"
    return f"{number} + 1"


def _text(column: str, head: str) -> str:
    """A label as text; pivotal is true or false and not one of its head's labels."""
    return f"CAST({f'CAST({column} AS BOOLEAN)' if head == 'pivotal' else column} AS VARCHAR)"


def _check_labels(states: NDArray[np.int64], axes: Sequence[Axis]) -> None:
    """Refuse labels that do not go together, or of which no held-out segment is known."""
    heads = ", ".join(head for axis in axes for head in axis.heads)
    if (states < 0).any():
        raise InputError(
            f"some rows hold labels of {heads} that the taxonomy lacks or does not allow together; "
            "give rows as predict returned them, and for another model its taxonomy and confusion"
        )
    left = np.unique(states[states > 0] - 1)
    for axis in reversed(axes):
        left, answers = np.divmod(left, len(axis.labels))
        unknown = [axis.labels[i] for i in np.unique(answers) if axis.moved[i].sum() == 0]
        if unknown:
            raise InputError(
                f"the confusion counts no segment whose {' and '.join(axis.heads)} is "
                f"{' and '.join(unknown[0])}, so how it is misread is unknown; count more segments"
            )
