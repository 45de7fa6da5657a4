"""Which rows are wanted: values of columns, as a condition in SQL."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mot_nlp.errors import InputError
from mot_nlp.taxonomy import PIVOTAL
from mot_nlp.transcripts import without_surrogates

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mot_nlp.taxonomy import Taxonomy

_TRUTH = (bool, np.bool_)


def condition(
    where: Mapping[str, Any],
    keys: Sequence[str],
    columns: Mapping[str, str],
    taxonomy: Taxonomy,
    *,
    lists: Collection[str] = (),
) -> tuple[str, dict[str, object]]:
    """Put wanted values into SQL.

    Args:
        where: One value or several for each name. None or NaN asks for rows without a value.
            Numbers are compared by value, also with a text that is one; all else as text.
        keys: What SQL calls the value of each name of ``where``, in the same order.
        columns: Columns of the moments.
        taxonomy: Labels of heads and roll-ups.
        lists: Names whose value in SQL is a list of labels; a row is wanted if it holds any of them.

    Returns:
        The condition, ``true`` where ``where`` is empty, and its parameters.

    Raises:
        InputError: A name has no value, or one that is no label of its head or roll-up.
    """
    parts = ["true"]
    parameters: dict[str, object] = {}
    for key, (name, given) in zip(keys, where.items(), strict=True):
        values = list(given) if pd.api.types.is_list_like(given) else [given]
        if not values:
            raise InputError(f"where gives no value for {name}; give one, or leave {name} out")
        if name in taxonomy.questions or (name in taxonomy.rollups and name not in columns):
            values = [_label(name, value, taxonomy, none=name in lists) for value in values]
        if name in lists:
            part, own = _holds_any_of(_ungrouped(name, values, taxonomy), key)
        else:
            part, own = _any_of(values, key)
        parts.append(part)
        parameters |= own
    return " AND ".join(parts), parameters


def _label(name: str, value: object, taxonomy: Taxonomy, *, none: bool) -> object:
    """A label as its column holds it: ``pivotal`` is true or false there; with ``none``, None is one.

    Raises:
        InputError: The head or roll-up has no such label.
    """
    is_truth = name == "pivotal"
    if is_truth and isinstance(value, _TRUTH):
        return value
    labels = taxonomy.order(name)
    if none and value is None:
        return value
    if value not in labels:
        raise InputError(
            f"where asks for {name} {value!r}, and its labels are {', '.join(labels)}; choose "
            "among them, or give the taxonomy of the model that found the moments"
        )
    return value == PIVOTAL if is_truth else value


def _ungrouped(name: str, values: Sequence[Any], taxonomy: Taxonomy) -> list[Any]:
    """The labels that groups of a roll-up stand for; those of anything else as they are."""
    if name not in taxonomy.rollups:
        return list(values)
    groups = taxonomy.rollups[name].groups
    none = [value for value in values if value is None]
    return [label for label, group in groups.items() if group in values] + none


def _holds_any_of(labels: Sequence[Any], key: str) -> tuple[str, dict[str, object]]:
    """That a list holds one of these; None asks for those that hold nothing."""
    present = [label for label in labels if label is not None]
    part = f"list_has_any({key}, CAST($labels_{key} AS VARCHAR[]))"
    if len(present) < len(labels):
        part = f"({part} OR len({key}) = 0)"
    return part, {f"labels_{key}": present}


def _any_of(values: Sequence[Any], key: str) -> tuple[str, dict[str, object]]:
    """That the value is one of these."""
    present = [value for value in values if not pd.isna(value)]
    is_number = [isinstance(value, Real) and not isinstance(value, _TRUTH) for value in present]
    numbers = [float(value) for value, number in zip(present, is_number, strict=True) if number]
    texts = [_text(value) for value, number in zip(present, is_number, strict=True) if not number]
    parts: list[str] = []
    parameters: dict[str, object] = {}
    if numbers:
        parts.append(f"list_contains($numbers_{key}, TRY_CAST(CAST({key} AS VARCHAR) AS DOUBLE))")
        parameters[f"numbers_{key}"] = numbers
    if texts:
        # A time at midnight is written with it, and asked for without.
        written = f"regexp_replace(CAST({key} AS VARCHAR), ' 00:00:00([+-]00)?$', '')"
        parts.append(f"list_contains($texts_{key}, {written})")
        parameters[f"texts_{key}"] = texts
    if len(present) < len(values):
        parts.append(f"{key} IS NULL")
    return f"({' OR '.join(parts)})", parameters


def _text(value: object) -> str:
    """A value as DuckDB holds and writes it; a time at midnight as its day."""
    text = str(value).lower() if isinstance(value, _TRUTH) else str(value)
    midnight = " 00:00:00"
    return without_surrogates(text).removesuffix(f"{midnight}+00:00").removesuffix(midnight)
