"""What is measured of each side: labels, confidences and lengths, summed over documents in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from mot_nlp.errors import ColumnError, InputError
from mot_nlp.monitoring.result import CONFIDENCE, DOUBT, LENGTH, SHARE
from mot_nlp.tables.cells import fetch
from mot_nlp.tables.several import labels_of
from mot_nlp.taxonomy import CONFIDENCE as OF_CONFIDENCE
from mot_nlp.taxonomy import PIVOTAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mot_nlp.tables.grouping import Grouping
    from mot_nlp.tables.store import Store
    from mot_nlp.taxonomy import Question, Taxonomy

NEEDED = ("doc_id", "stage")
TEXT = "text"

NAMES = ["kind", "head", "label"]
"""Columns that name a measure."""

SUMS = [
    "clusters", "part", "whole", "part_part", "part_whole", "whole_whole", "moment_squares",
]  # fmt: skip
"""Columns of its sums over documents, as :mod:`mot_nlp.tables.contrasts` takes them."""

SIZES = ["documents", "n"]
"""Columns of how many documents and moments there are."""

_NEVER_NONE = ("stage", "moment", "touchpoint")
"""Questions that every moment has another answer to than none."""

_POWERS = np.array([0, 1, 0, 2, 1, 0, 2])
"""How often the unit of a part is a factor of each of the sums."""

_STEPS = 1_000_000
"""Steps that a confidence of 1 is counted in."""

# Over documents; what a document does not tell is no part of its own. All are sums of whole numbers,
# which are exact, so that neither row order nor threads show in the last digit.
_SUMS = (
    "count_if(w{i} > 0)", "sum(p{i})", "sum(w{i})", "sum(p{i} * p{i})", "sum(p{i} * w{i})",
    "sum(w{i} * w{i})", "sum(s{i})",
)  # fmt: skip
_STATEMENT = """
WITH own AS (
    SELECT {select} {document} AS document, count(*) AS n{own}
    FROM moments
    WHERE {condition}
    GROUP BY ALL
)
SELECT {keys} count(*), CAST(sum(n) AS BIGINT){sums}
FROM own
GROUP BY ALL
"""


class Measure(NamedTuple):
    """A mean over moments, as SQL of each document's sums.

    Attributes:
        kind: What it is, as :class:`mot_nlp.monitoring.DriftResult` has it in its figures.
        head: The question it is about; empty for lengths.
        label: The label that is counted; empty for all others.
        part: What its moments add up to, a whole number of units.
        whole: How many moments that is.
        square: The sum of their squares, in units too.
        unit: What one unit of ``part`` is worth.
    """

    kind: str
    head: str
    label: str
    part: str
    whole: str
    square: str
    unit: float = 1.0


def columns_wanted(taxonomy: Taxonomy) -> set[str]:
    """The columns that are read where they are there."""
    confidences = {f"{name}{OF_CONFIDENCE}" for name in taxonomy.questions}
    return {*taxonomy.questions, *confidences, *NEEDED, TEXT}


def check_moments(store: Store, taxonomy: Taxonomy, *, side: str) -> None:
    """Refuse rows that are no moments, or whose labels are those of another model.

    Args:
        store: The rows.
        taxonomy: Labels of the model.
        side: What messages call the rows.

    Raises:
        ColumnError: They lack a column.
        InputError: They hold a label that the model does not know.
    """
    missing = [name for name in NEEDED if name not in store.columns]
    if missing:
        raise ColumnError(
            f"the {side} moments lack the columns {', '.join(missing)}; they have "
            f"{', '.join(store.columns) or 'none'}. Give the rows that predict returned",
            missing=missing,
            rows="moments",
        )
    questions = [
        question
        for name, question in taxonomy.questions.items()
        if name in store.columns and name != "pivotal" and not question.multiple
    ]
    found = fetch(
        store,
        f"SELECT {', '.join(_other(store.columns[q.name], q.labels) for q in questions)} FROM moments",
        {},
    )
    for question, label in zip(questions, found.iloc[0].tolist(), strict=True):
        if isinstance(label, str):
            raise InputError(
                f"the {side} moments have the {question.name} {label!r}, which is no label of this "
                f"model; name the model that tagged them (model=, --model)"
            )


def measure(
    store: Store, taxonomy: Taxonomy, review: Mapping[str, float], by: Grouping
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sum up the moments of a store; what its columns do not tell is left out.

    Args:
        store: The moments.
        taxonomy: Their labels.
        review: By head, the confidence under which a label is in doubt.
        by: Groups to sum up by themselves; ``grouping([], …)`` for none.

    Returns:
        A row a group (columns ``by.keys``, as text, and ``SIZES``), and a row a group and measure
        (``by.keys``, ``NAMES`` and ``SUMS``). Without groups there is one row even of no moments.
    """
    columns = store.columns
    tables, sizes = [], pd.DataFrame()
    for measures in _measures(columns, taxonomy, review):
        rows = fetch(store, _statement(measures, columns, taxonomy, by), _given(by))
        rows.iloc[:, len(by.keys) :] = rows.iloc[:, len(by.keys) :].fillna(0)
        keys = rows.iloc[:, : len(by.keys)].set_axis(list(by.keys), axis=1)
        counts = rows.iloc[:, len(by.keys) :].to_numpy(np.float64)
        sizes = keys.assign(**dict(zip(SIZES, counts[:, :2].T.astype(np.int64), strict=True)))
        for place, entry in enumerate(measures):
            start = len(SIZES) + place * len(SUMS)
            sums = counts[:, start : start + len(SUMS)] * entry.unit**_POWERS
            own = pd.DataFrame(sums, columns=SUMS)
            tables.append(pd.concat([keys.assign(**_named(entry)), own], axis=1))
    return sizes, pd.concat(tables, ignore_index=True)


def _measures(
    columns: Mapping[str, str], taxonomy: Taxonomy, review: Mapping[str, float]
) -> list[list[Measure]]:
    """The measures that the columns allow; those of one list are summed up in one statement."""
    out = []
    for name, question in taxonomy.questions.items():
        own = _shares(question, columns[name]) if name in columns else []
        if (sure := columns.get(f"{name}{OF_CONFIDENCE}")) is not None:
            own += _confidences(name, sure, review.get(name))
        out.append(own)
    if TEXT in columns:
        length = f"length(CAST({columns[TEXT]} AS VARCHAR))"
        out.append([_mean(LENGTH, "", length)])
    return [own for own in out if own]


def _shares(question: Question, column: str) -> list[Measure]:
    if question.name == "pivotal":  # its column holds true or false and not the head's labels
        value = f"CAST({column} AS BOOLEAN)"
        return [_share(SHARE, "pivotal", PIVOTAL, value, whole=f"count({value})")]
    return [
        _share(SHARE, question.name, label, _has(question, column, label), whole="count(*)")
        for label in question.labels
        if label != question.none or question.name not in _NEVER_NONE
    ]


def _confidences(name: str, column: str, threshold: float | None) -> list[Measure]:
    sure = f"CAST({column} AS DOUBLE)"
    steps = f"TRY_CAST(round({sure} * {_STEPS}) AS BIGINT)"
    mean = _mean(CONFIDENCE, name, steps, unit=1 / _STEPS)
    if threshold is None:
        return [mean]
    return [mean, _share(DOUBT, name, "", f"{sure} < {threshold!r}", whole=mean.whole)]


def _share(kind: str, head: str, label: str, condition: str, *, whole: str) -> Measure:
    part = f"count(*) FILTER (WHERE {condition})"
    return Measure(kind, head, label, part, whole, part)


def _mean(kind: str, head: str, value: str, *, unit: float = 1.0) -> Measure:
    part, square = f"coalesce(sum({value}), 0)", f"coalesce(sum({value} * {value}), 0)"
    return Measure(kind, head, "", part, f"count({value})", square, unit)


def _statement(
    measures: Sequence[Measure], columns: Mapping[str, str], taxonomy: Taxonomy, by: Grouping
) -> str:
    own = "".join(
        f", CAST({entry.part} AS HUGEINT) AS p{i}, CAST({entry.whole} AS HUGEINT) AS w{i}, "
        f"CAST({entry.square} AS HUGEINT) AS s{i}"
        for i, entry in enumerate(measures)
    )
    return _STATEMENT.format(
        select=by.select,
        document=columns["doc_id"],
        own=own,
        condition=has_stage(columns, taxonomy),
        keys="".join(f"CAST({key} AS VARCHAR), " for key in by.keys),
        sums="".join(
            f", CAST({part.format(i=i)} AS DOUBLE)" for i in range(len(measures)) for part in _SUMS
        ),
    )


def has_stage(columns: Mapping[str, str], taxonomy: Taxonomy) -> str:
    """SQL of whether a row is a moment and not a segment without one."""
    none = _quoted(taxonomy.heads["stage"].none)
    return f"CAST({columns['stage']} AS VARCHAR) IS DISTINCT FROM {none}"


def _given(by: Grouping) -> dict[str, object]:
    """The parameters that a statement without an order names."""
    return {name: value for name, value in by.parameters.items() if not name.startswith("order_")}


def _named(entry: Measure) -> dict[str, str]:
    return dict(zip(NAMES, (entry.kind, entry.head, entry.label), strict=True))


def _has(question: Question, column: str, label: str) -> str:
    if question.multiple:
        return f"list_contains({labels_of(column)}, {_quoted(label)})"
    return f"CAST({column} AS VARCHAR) = {_quoted(label)}"


def _other(column: str, labels: Sequence[str]) -> str:
    """SQL of some value that is none of the labels."""
    known = ", ".join(map(_quoted, labels))
    return (
        f"min(CAST({column} AS VARCHAR)) FILTER (WHERE CAST({column} AS VARCHAR) NOT IN ({known}))"
    )


def _quoted(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("'", "''") + "'"
