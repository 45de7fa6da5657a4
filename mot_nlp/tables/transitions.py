"""Which moment follows which within a document, and how sentiment changes on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mot_nlp.errors import InputError
from mot_nlp.tables.arguments import (
    check_at_least,
    check_by,
    check_columns,
    check_confidence,
    names_of,
)
from mot_nlp.tables.cells import fetch, known_sentiment, parameters
from mot_nlp.tables.figures import net_interval
from mot_nlp.tables.grouping import columns_needed, grouping
from mot_nlp.tables.several import refuse_several
from mot_nlp.tables.shipped import or_shipped
from mot_nlp.tables.store import opened
from mot_nlp.tables.table import THIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mot_nlp.tables.sources import Rows
    from mot_nlp.tables.store import Store
    from mot_nlp.taxonomy import Taxonomy

PATH_COLUMNS = (
    "n",
    "documents",
    "share",
    "net_before",
    "net_after",
    "after_low",
    "after_high",
    "soured",
    "recovered",
)

_FIGURES = list(PATH_COLUMNS[3:])
"""All that is not a count or a share."""

_REQUIRED = ("doc_id", "moment_id", "start", "end", "stage", "sentiment")

# Every moment but the last of its document becomes a step to the next one. The second half of the
# keys holds the same values as the first, moved up by one moment.
_STATEMENT = """
WITH kept AS (
    SELECT
        {select}
        {doc_id} AS document,
        CAST({start} AS BIGINT) AS starts,
        CAST({end} AS BIGINT) AS ends,
        {moment_id} AS moment,
        {known_sentiment} AS sentiment
    FROM moments
    WHERE CAST({stage} AS VARCHAR) IS DISTINCT FROM $none
), steps AS (
    SELECT
        {moved}
        document,
        sentiment AS before,
        lead(sentiment) OVER onward AS after
    FROM kept
    WINDOW onward AS (
        PARTITION BY document ORDER BY starts, ends, moment, {listed} sentiment
    )
    QUALIFY lead(true) OVER onward
), per_document AS (
    SELECT
        {listed}
        document,
        count(*) AS n,
        count_if(list_contains($positive, before)) AS before_positive,
        count_if(list_contains($negative, before)) AS before_negative,
        count_if(list_contains($positive, after)) AS positive,
        count_if(list_contains($negative, after)) AS negative,
        positive - negative AS net,
        count_if(list_contains($positive, before) AND list_contains($negative, after)) AS soured,
        count_if(list_contains($negative, before) AND list_contains($positive, after)) AS recovered
    FROM steps
    GROUP BY ALL
), per_step AS (
    SELECT
        {listed}
        CAST(sum(n) AS BIGINT) AS n,
        count(*) AS documents,
        CAST(sum(before_positive) AS DOUBLE) AS before_positive,
        CAST(sum(before_negative) AS DOUBLE) AS before_negative,
        CAST(sum(positive) AS DOUBLE) AS positive,
        CAST(sum(negative) AS DOUBLE) AS negative,
        CAST(sum(soured) AS DOUBLE) AS soured,
        CAST(sum(recovered) AS DOUBLE) AS recovered,
        CAST(sum(net * net) AS DOUBLE) AS net_net,
        CAST(sum(net * n) AS DOUBLE) AS net_n,
        CAST(sum(n * n) AS DOUBLE) AS n_n
    FROM per_document
    GROUP BY ALL
)
SELECT * FROM per_step {order}
"""


def paths(
    moments: Rows,
    by: str | Sequence[str] = "stage",
    *,
    min_n: int = 1,
    confidence: float = 0.95,
    taxonomy: Taxonomy | None = None,
) -> pd.DataFrame:
    """Count the steps from one moment of a document to the next.

    Moments stand in the order of their ``start``, then ``end``, then ``moment_id``. Rows whose
    stage is the taxonomy's none label are left out first, so that a step leads over what lies
    between two moments. A document of one moment has no step. The order is that of telling, which
    need not be that of living through it.

    The interval of ``net_after`` takes the steps of one document as a cluster, as that of
    :func:`mot_nlp.tables.table.moment_table` does its moments (Cameron and Miller 2015). Like all
    figures here it is made of sums over documents, which add up over files of different documents.

    Args:
        moments: Moment rows, or a file of them in any format that ``predict`` writes, or several
            files.
        by: What a moment is on its path: any column of the moments, a roll-up of the taxonomy or
            several. ``sentiment`` gives sentiment after sentiment.
        min_n: Steps that were counted fewer times keep their counts and lose their figures.
        confidence: Probability that the interval covers, between 0 and 1.
        taxonomy: Labels of the model that found the moments; the shipped one's where none is given.

    Returns:
        One row for each pair that occurs: ``from`` and ``to`` where ``by`` is one column, else
        ``from_<column>`` for each and then ``to_<column>`` for each, and

        - ``n`` steps in ``documents`` documents, ``share`` (0 to 1) of all steps that go from there;
        - ``net_before`` and ``net_after``, net sentiment (-100 to 100) of the first and of the
          second moments, and ``after_low`` to ``after_high``, the interval of the latter, NaN where
          there is one document only;
        - ``soured``, share (0 to 1) of the second moments that are negative where the first was
          positive, and ``recovered``, share of those that are positive where the first was
          negative; NaN where no first moment was;
        - ``thin`` (bool), whether n is under ``min_n``; only where ``min_n`` is over 1.

        Rows stand in taxonomy order of the first moment and then of the second.

    Raises:
        ColumnError: A column that is needed or named in ``by`` does not exist.
        ReadError: The file cannot be read.
        InputError: An argument is out of its range, or a value is not what its column holds.
    """
    names = names_of(by)
    taxonomy = or_shipped(taxonomy)
    check_at_least("min_n", min_n, 1, why="to show every step, or more to blank thin ones")
    check_confidence(confidence)
    check_by(names, taken=())
    if not names:
        raise InputError("by names no column; name what a moment is on its path, as 'stage'")
    with opened(moments, wanted={*_REQUIRED, *columns_needed(names, taxonomy)}) as store:
        check_columns(_REQUIRED, names, store.columns, taxonomy)
        why = "a path leads from one label to the next; name columns of one label in by"
        refuse_several(names, store.columns, taxonomy, why=why)
        sums = step_sums(store, names, taxonomy)
    ends = [f"{end}_{name}" for end in ("from", "to") for name in names]
    ends = ["from", "to"] if len(names) == 1 else ends
    steps = sums.iloc[:, : len(ends)].set_axis(ends, axis=1)
    left = sums["n"].groupby([steps[end] for end in ends[: len(names)]], dropna=False)
    table = pd.concat([steps, _figures(sums, left.transform("sum"), confidence)], axis=1)
    if min_n > 1:
        table[THIN] = table["n"] < min_n
        table.loc[table[THIN], _FIGURES] = np.nan
    return table


def step_sums(
    store: Store, names: Sequence[str], taxonomy: Taxonomy, *, within: Sequence[str] = ()
) -> pd.DataFrame:
    """The sums that the figures of steps are made of; one row a step, in order.

    Args:
        store: The moments.
        names: What a moment is on its path.
        taxonomy: Order of labels.
        within: Columns that hold for a whole document, to count by beside the steps.

    Returns:
        The columns ``k0`` … (of the first moment, of the second, those of ``within``), then sums.
    """
    keys = grouping([*names, *names, *within], store.columns, taxonomy)
    ahead = range(len(names), 2 * len(names))
    moved = "".join(
        f"lead({key}) OVER onward AS {key}, " if number in ahead else f"{key}, "
        for number, key in enumerate(keys.keys)
    )
    statement = _STATEMENT.format(
        select=keys.select,
        listed=keys.listed,
        moved=moved,
        order=keys.order,
        known_sentiment=known_sentiment(store.columns),
        **{name: store.columns[name] for name in _REQUIRED},
    )
    return fetch(store, statement, parameters(keys, taxonomy))


def _figures(sums: pd.DataFrame, left: pd.Series, confidence: float) -> pd.DataFrame:
    """The figures of each step, from its sums and the number of steps that go from there."""
    after, low, high = net_interval(sums, confidence)
    first_positive, first_negative = sums["before_positive"], sums["before_negative"]
    return pd.DataFrame(
        {
            "n": sums["n"],
            "documents": sums["documents"],
            "share": sums["n"] / left,
            "net_before": 100 * (first_positive - first_negative) / sums["n"],
            "net_after": 100 * after,
            "after_low": 100 * low,
            "after_high": 100 * high,
            "soured": sums["soured"] / first_positive.where(first_positive > 0),
            "recovered": sums["recovered"] / first_negative.where(first_negative > 0),
        }
    )
