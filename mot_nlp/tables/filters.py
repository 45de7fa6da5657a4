"""Which rows are wanted: values of columns, as a condition in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mot_nlp.errors import InputError
from mot_nlp.taxonomy import PIVOTAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mot_nlp.taxonomy import Taxonomy


def condition(
    where: Mapping[str, object],
    keys: Sequence[str],
    columns: Mapping[str, str],
    taxonomy: Taxonomy,
) -> tuple[str, dict[str, object]]:
    """Put wanted values into SQL.

    Args:
        where: A value or a list of values for each column; a missing value (None, NaN) asks for
            rows that have none. Numbers are compared as numbers, also with text; all else as text.
        keys: What each column of ``where`` is called in SQL.
        columns: Columns of the moments.
        taxonomy: The labels.

    Returns:
        The condition, ``true`` where everything is wanted, and its parameters.

    Raises:
        InputError: No value is given for a column, or one that is no label of its head.
    """
    parts = ["true"]
    parameters: dict[str, object] = {}
    for key, (name, given) in zip(keys, where.items(), strict=True):
        values = list[Any](given) if pd.api.types.is_list_like(given) else [given]  # type: ignore[call-overload]
        if not values:
            raise InputError(f"where gives no value for {name}; give one, or leave {name} out")
        if name in taxonomy.heads or (name in taxonomy.rollups and name not in columns):
            values = [_label(name, value, taxonomy) for value in values]
        part, own = _any_of(key, values)
        parts.append(part)
        parameters |= own
    return " AND ".join(parts), parameters


def _label(name: str, value: object, taxonomy: Taxonomy) -> object:
    """A label as its column holds it.

    Raises:
        InputError: The head or roll-up has no such label.
    """
    labels = [label for label in taxonomy.order(name) if not _is_left_out(name, label, taxonomy)]
    if name == PIVOTAL_COLUMN:
        answers: dict[object, bool] = {label: label == PIVOTAL for label in labels}
        answers |= {True: True, False: False, "True": True, "False": False}
    return value


def _any_of(key: str, values: Sequence[Any]) -> tuple[str, dict[str, object]]:
    return "", {}
