"""Columns of several labels a row: read from whatever holds them, and one row a label in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mot_nlp.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mot_nlp.taxonomy import Question, Taxonomy

MOMENTS = "moments"
"""The view that statements read moments from."""

# A list of Parquet and of JSON is read as text too, as [a, b], so that one expression serves these,
# CSV (a|b) and JSON in a cell (["a", "b"]). No label holds any of these signs.
_SIGNS = r"|;,\[\]''\""
_LABELS = (
    "coalesce(list_distinct(regexp_extract_all(CAST({column} AS VARCHAR), "
    f"'[^{_SIGNS}\\s](?:[^{_SIGNS}]*[^{_SIGNS}\\s])?')), CAST([] AS VARCHAR[]))"
)

# Without a label there is one row all the same, whose label is missing.
_ROWS = """(
    SELECT *, unnest(CASE WHEN len({all}) = 0 THEN [NULL] ELSE {all} END) AS {one}
    FROM (SELECT *, list_distinct([{{{fields}}} FOR x IN {labels}]) AS {all} FROM {rows}) AS moments
) AS moments"""


def labels_of(column: str) -> str:
    """SQL of the list of labels that a cell holds, each once.

    Args:
        column: SQL of the column.
    """
    return _LABELS.format(column=column)


def question_shown(name: str, columns: Mapping[str, str], taxonomy: Taxonomy) -> Question | None:
    """The question that a ``by`` column shows the labels of or rolls up; None if there is none."""
    if name in taxonomy.rollups and name not in columns:
        name = taxonomy.rollups[name].of
    return taxonomy.questions.get(name)


def refuse_several(
    names: Iterable[str], columns: Mapping[str, str], taxonomy: Taxonomy, *, why: str
) -> None:
    """Refuse columns of several labels where a moment must be one thing.

    Args:
        names: Columns and roll-ups.
        columns: Columns of the moments.
        taxonomy: The labels.
        why: What the caller does, and what to do in place of it.

    Raises:
        InputError: One of the names is, or rolls up, such a column.
    """
    for name in names:
        shown = question_shown(name, columns, taxonomy)
        if shown and shown.multiple:
            raise InputError(f"{name} holds several labels a moment; {why}")


def one_row_a_label(
    rows: str, number: int, column: str, keys: Mapping[str, str]
) -> tuple[str, dict[str, str], str]:
    """Rows with one for each different combination of keys that the labels of a moment give.

    Args:
        rows: SQL of the rows so far, called ``moments``.
        number: Which question of several labels it is, from 0.
        column: SQL of its column.
        keys: For each key, SQL of its value for the label ``x``.

    Returns:
        SQL of the rows, called ``moments``; of each key; and of whether a row is its moment's first.
    """
    one, every = f"mot_label_{number}", f"mot_labels_{number}"
    fields = ", ".join(f"'{key}': {value}" for key, value in keys.items())
    made = _ROWS.format(rows=rows, one=one, all=every, fields=fields, labels=labels_of(column))
    return made, {key: f"{one}.{key}" for key in keys}, f"{one} IS NOT DISTINCT FROM {every}[1]"
