"""Fields of a moment row in the types that ``predict`` gives them, whatever a file holds them as."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TYPES = {"start": "BIGINT", "end": "BIGINT", "sentiment_score": "DOUBLE", "pivotal": "BOOLEAN"}


def typed(names: Iterable[str], columns: Mapping[str, str]) -> str:
    """A ``SELECT`` list of the fields ``names``, under their own names; missing text is empty.

    Args:
        names: Columns of moment rows, all of which the rows have.
        columns: SQL of each column, as :func:`mot_nlp.tables.store.opened` gives it.
    """
    return ", ".join(f'{_cast(name, columns[name])} AS "{name}"' for name in names)


def _cast(name: str, column: str) -> str:
    if name in _TYPES:
        return f"CAST({column} AS {_TYPES[name]})"
    return f"coalesce(CAST({column} AS VARCHAR), '')"
