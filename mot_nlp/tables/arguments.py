"""Checks that the tables share: what is asked for exists and is in range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mot_nlp.errors import ColumnError, InputError
from mot_nlp.tables.grouping import DATE, PERIODS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mot_nlp.taxonomy import Taxonomy


def names_of(by: str | Sequence[str] | None) -> tuple[str, ...]:
    """``by`` as names: one name alone is not read as letters, and None names no column."""
    if by is None:
        return ()
    return (by,) if isinstance(by, str) else tuple(by)


def check_by(names: Sequence[str], *, taken: Collection[str]) -> None:
    """Refuse a ``by`` that names a column twice, or one that the table itself has.

    Raises:
        InputError: It does.
    """
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"by names {', '.join(twice)} more than once; name each column once")
    clash = [name for name in names if name in taken]
    if clash:
        raise InputError(
            f"by names {', '.join(clash)}, which the table itself has; rename that column first"
        )


def check_confidence(confidence: float) -> None:
    """Refuse a level that is no probability.

    Raises:
        InputError: It is none.
    """
    if not 0 < confidence < 1:
        raise InputError(f"confidence is {confidence}; give a probability between 0 and 1, as 0.95")


def check_at_least(name: str, value: int, least: int, *, why: str) -> None:
    """Refuse a count that is too small.

    Raises:
        InputError: ``value`` is under ``least``.
    """
    if value < least:
        raise InputError(f"{name} is {value}; give {least} {why}")


def check_columns(
    needed: Iterable[str], names: Sequence[str], columns: Mapping[str, str], taxonomy: Taxonomy
) -> None:
    """Refuse moments that lack a column which is needed, or one that ``by`` names.

    Args:
        needed: Columns that must be there.
        names: Columns, roll-ups and periods to table by.
        columns: Columns that are there.
        taxonomy: The roll-ups.

    Raises:
        ColumnError: One is missing.
    """
    rolled = (taxonomy.rollups[name].of for name in names if name in taxonomy.rollups)
    missing = [name for name in dict.fromkeys([*needed, *rolled]) if name not in columns]
    if missing:
        raise ColumnError(
            f"the moments lack the columns {', '.join(missing)}, which this table needs; "
            f"they have {', '.join(columns) or 'none'}. Give the rows that predict returned",
            missing=missing,
            rows="moments",
        )
    derived = [*taxonomy.rollups, *(PERIODS if DATE in columns else ())]
    unknown = [name for name in names if name not in columns and name not in derived]
    if unknown:
        known = dict.fromkeys([*columns, *derived])
        raise ColumnError(
            f"there is no column {', '.join(map(repr, unknown))} to table by; there are "
            f"{', '.join(known)}"
            + (
                ""
                if DATE in columns
                else f" (and {', '.join(PERIODS)}, had you kept a column date)"
            ),
            missing=unknown,
            known=known,
            rows="moments",
        )
