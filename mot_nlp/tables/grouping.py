"""What a table is made by: labels, roll-ups, kept columns and periods, as SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mot_nlp.tables.several import MOMENTS, one_row_a_label, question_shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mot_nlp.taxonomy import Rollup, Taxonomy

DATE = "date"
"""The kept column that periods are taken from."""

# Through TIMESTAMPTZ, so that a text, a date and a time with a zone all land on the same UTC day.
_TIME = "CAST(CAST(nullif(trim(CAST({date} AS VARCHAR)), '') AS TIMESTAMPTZ) AS TIMESTAMP)"
# The calendars of Python and pandas know the years 1 to 9999 only.
DAY = (
    f"CASE WHEN {_TIME} < TIMESTAMP '0001-01-01' OR {_TIME} >= TIMESTAMP '10000-01-01' "
    f"THEN error('the date ' || CAST({{date}} AS VARCHAR) || ' is in no year from 1 to 9999') "
    f"ELSE {_TIME} END"
)
PERIODS = {
    "week": f"strftime({DAY}, '%G-W%V')",
    "month": f"strftime({DAY}, '%Y-%m')",
    "quarter": f"strftime({DAY}, '%Y-Q') || quarter({DAY})",
    "year": f"strftime({DAY}, '%Y')",
}


@dataclass(frozen=True, slots=True)
class Grouping:
    """The ``by`` columns of a table as pieces of SQL; column number i is called ``ki`` there.

    Attributes:
        names: The ``by`` columns.
        select: ``expression AS k0, expression AS k1, ``, with the comma; empty for no columns.
        order: An ``ORDER BY`` of labels by taxonomy and of all else by value; empty for no columns.
        parameters: Lists of labels that ``select``, ``rows`` and ``order`` refer to.
        rows: What to select from, called ``moments``: where columns hold several labels a moment, a
            row for each of them.
        is_first: Whether a row is the first of its moment, so that these count moments.
    """

    names: tuple[str, ...]
    select: str
    order: str
    parameters: dict[str, object]
    rows: str = MOMENTS
    is_first: str = "true"

    @property
    def keys(self) -> tuple[str, ...]:
        """``("k0", "k1", …)``."""
        return tuple(f"k{number}" for number in range(len(self.names)))

    @property
    def listed(self) -> str:
        """``k0, k1, ``, with the comma; empty for no columns."""
        return "".join(f"{key}, " for key in self.keys)


def grouping(
    names: Sequence[str],
    columns: Mapping[str, str],
    taxonomy: Taxonomy,
    *,
    expressions: Mapping[str, str] | None = None,
) -> Grouping:
    """Put ``by`` columns into SQL.

    Args:
        names: Columns of the moments, roll-ups or periods.
        columns: SQL of each column of the moments, as :func:`mot_nlp.tables.store.opened` gives it.
        taxonomy: Order of labels, and the roll-ups.
        expressions: SQL of names that are none of these.
    """
    given = expressions or {}
    parameters: dict[str, object] = {}
    values: dict[str, str] = {}
    labels: dict[str, dict[str, str]] = {}
    order = []
    for number, name in enumerate(names):
        key = f"k{number}"
        own: dict[str, list[str]] = {}
        shown = None if name in given else question_shown(name, columns, taxonomy)
        if name in given:
            values[key] = given[name]
        elif shown and shown.multiple:
            value, own = _of_label(name, key, columns, taxonomy)
            labels.setdefault(shown.name, {})[key] = value
        else:
            values[key], own = _key(name, key, columns, taxonomy)
        order.append(_order(key, is_label=f"order_{key}" in own))
        parameters |= own
    rows, firsts = MOMENTS, []
    for number, (name, keys) in enumerate(labels.items()):
        rows, found, first = one_row_a_label(rows, number, columns[name], keys)
        values |= found
        firsts.append(first)
    return Grouping(
        tuple(names),
        "".join(f"{values[f'k{number}']} AS k{number}, " for number in range(len(names))),
        f"ORDER BY {', '.join(order)}" if order else "",
        parameters,
        rows,
        " AND ".join(firsts) or "true",
    )


def columns_needed(names: Sequence[str], taxonomy: Taxonomy) -> set[str]:
    """Columns that a table by ``names`` reads, where the moments have them."""
    rolled = {taxonomy.rollups[name].of for name in names if name in taxonomy.rollups}
    return {*names, *rolled, *(DATE for name in names if name in PERIODS)}


def _key(
    name: str, key: str, columns: Mapping[str, str], taxonomy: Taxonomy
) -> tuple[str, dict[str, list[str]]]:
    """The value of a ``by`` column in SQL, with the lists of labels that its parameters take."""
    if name == "pivotal":  # its column holds true or false and not the head's labels
        return f"CAST({columns[name]} AS BOOLEAN)", {}
    labels = taxonomy.order(name)
    values = {f"order_{key}": list(labels)} if labels else {}
    if name in columns:
        return f"CAST({columns[name]} AS VARCHAR)" if labels else columns[name], values
    if not labels:
        return PERIODS[name].format(date=columns[DATE]), values
    rollup = taxonomy.rollups[name]
    label = f"CAST({columns[rollup.of]} AS VARCHAR)"
    return _group(key, label), values | _groups(rollup, key)


def _of_label(
    name: str, key: str, columns: Mapping[str, str], taxonomy: Taxonomy
) -> tuple[str, dict[str, list[str]]]:
    """The value of a ``by`` column for one of several labels, ``x``, and the lists it takes."""
    values = {f"order_{key}": list(taxonomy.order(name))}
    if name in columns:
        return "x", values
    rollup = taxonomy.rollups[name]
    return _group(key, "x"), values | _groups(rollup, key)


def _groups(rollup: Rollup, key: str) -> dict[str, list[str]]:
    return {f"of_{key}": list(rollup.groups), f"to_{key}": list(rollup.groups.values())}


def _group(key: str, label: str) -> str:
    """The group of a label; one that the roll-up does not know stands for itself."""
    return f"coalesce(list_extract($to_{key}, list_position($of_{key}, {label})), {label})"


def _order(key: str, *, is_label: bool) -> str:
    """Order by the taxonomy, or by number where text is one, and then by the value itself."""
    number = f"TRY_CAST(CAST({key} AS VARCHAR) AS DOUBLE)"
    first = (
        f"list_position($order_{key}, {key})"
        if is_label
        else f"CASE WHEN typeof({key}) = 'VARCHAR' THEN {number} END"
    )
    return f"{first} NULLS LAST, {key} NULLS LAST"
