"""Differences between groups or periods, with intervals and p-values."""

from __future__ import annotations

from collections.abc import Iterable
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
from mot_nlp.tables.cells import REQUIRED
from mot_nlp.tables.contrasts import REST, Contrast, differences, of_rest, of_two
from mot_nlp.tables.grouping import DATE, columns_needed
from mot_nlp.tables.pairs import MEASURES, Pairs, rate_pairs
from mot_nlp.tables.periods import LENGTHS, check_date, period_name, period_number, period_of
from mot_nlp.tables.qvalues import q_values
from mot_nlp.tables.several import refuse_several
from mot_nlp.tables.shares import share_pairs
from mot_nlp.tables.shipped import or_shipped
from mot_nlp.tables.store import opened
from mot_nlp.tables.wording import Difference, Wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mot_nlp.tables.sources import Rows
    from mot_nlp.taxonomy import Taxonomy

OTHERS = "others"
"""What stands in ``against`` where a group is compared with all other groups together."""

COMPARISON_COLUMNS = (
    "group",
    "against",
    "n",
    "n_against",
    "documents",
    "documents_against",
    "value",
    "value_against",
    "difference",
    "low",
    "high",
    "p_value",
    "q_value",
    "note",
    "words",
)

_TESTED = ["low", "high", "p_value"]


def compare(
    moments: Rows,
    by: str | Sequence[str] | None = ("touchpoint",),
    between: str = "brand",
    *,
    group: object = None,
    against: object = None,
    freq: str = "MS",
    date: str = DATE,
    measure: str = "net_sentiment",
    min_n: int = 10,
    confidence: float = 0.95,
    taxonomy: Taxonomy | None = None,
) -> pd.DataFrame:
    """Say in each cell of ``by`` by how much groups differ, or what changed, and how sure that is.

    The moments of one document are a cluster, also where a document stands in both groups, as it
    may between touchpoints: see :func:`mot_nlp.tables.contrasts.differences` for variance, degrees
    of freedom and p-value, and their sources. The interval has each side's own variance. The
    p-value is the larger of that test's and of one with the variance of both sides together, as the
    own variance of a small side may be small by chance. The q-value is the p-value adjusted to all p-values
    of the table: of the rows whose q-value is at most 0.05, one in twenty at most is expected to be
    a false alarm (Benjamini and Hochberg 1995, "Controlling the False Discovery Rate", Journal of the Royal
    Statistical Society B 57(1)). It is therefore that and not the interval, made for its row alone,
    which decides whether ``words`` call a difference clear: where q is at most 1 - ``confidence``.

    Moments without a stage or without a value in ``between`` are left out; a missing value in a
    ``by`` column makes a cell of its own, shown last.

    Args:
        moments: Moment rows, or a file of them in any format that ``predict`` writes, or several
            files.
        by: Columns to compare by: any column of the moments, a roll-up of the taxonomy or a
            period. None makes one cell of everything.
        between: What is compared: a column, roll-up or period (``week``, ``month``, ``quarter``,
            ``year``), or ``"period"`` for periods of length ``freq``. A column of the moments goes
            before a roll-up or period of its name.
        group: A group or a list of groups to look at; None for all.
        against: What to compare with. None for the period just before in the calendar, and where
            ``between`` is no period for all other groups together. If then there are two groups
            and ``group`` names none, the first is compared with the second and that is all.
        freq: Length of a ``"period"``: ``D`` days, ``W-MON`` weeks from Monday, ``MS`` months,
            ``QS`` quarters or ``YS`` years.
        date: Column of dates that the periods of ``between`` are taken from, in UTC.
        measure: ``net_sentiment``, from -100 to 100; or a share of moments in percent:
            ``pivotal_share``, ``negative``, or ``share``, that of the cell among the moments of the
            group.
        min_n: A row with fewer moments on either side is not tested. Of ``share``, one with fewer
            moments on both sides, or fewer moments of either group over all cells.
        confidence: Probability that each interval covers, between 0 and 1.
        taxonomy: Labels of the model that found the moments; the shipped one's where none is given.

    Returns:
        One row a cell and comparison whose two sides have moments (of ``share``: in any cell): the
        ``by`` columns, then

        - ``group`` and ``against`` (text), ``"others"`` for all other groups together; days are
          written ``2025-11-03``, weeks ``2025-W45``, months ``2025-11``, quarters ``2025-Q4``;
        - ``n`` and ``n_against`` moments in ``documents`` and ``documents_against`` documents;
        - ``value`` and ``value_against``, the measure of each, and ``difference``, the first minus
          the second, in points;
        - ``low`` and ``high``, the interval of the difference;
        - ``p_value``, and ``q_value`` over the rows of the table, both 0 to 1;
        - ``note``, empty or why the last four are NaN: ``"too few moments"`` (``min_n``), ``"too few
          documents"`` (fewer than 2 on a side) or ``"too little variation"`` (none on either side);
        - ``words``, the row in a sentence.

        Cells and groups stand in taxonomy order, periods in theirs. No row if there is one group.
        ``attrs`` has ``measure`` and ``between`` as given.

    Raises:
        ColumnError: A column that is needed or named does not exist.
        ReadError: The file cannot be read.
        InputError: An argument is out of its range, there is no such group, or a value is not what
            its column holds.
    """
    names = names_of(by)
    taxonomy = or_shipped(taxonomy)
    check_at_least("min_n", min_n, 1, why="to test every row, or more to leave out thin ones")
    check_confidence(confidence)
    _check(names, between, measure, freq)
    wanted = {*REQUIRED, date, *columns_needed((*names, between), taxonomy)}
    with opened(moments, wanted=wanted) as store:
        period = period_of(between, freq, store.columns)
        if period is None:
            check_columns(REQUIRED, (*names, between), store.columns, taxonomy)
            given = {}
        else:
            check_columns(REQUIRED, names, store.columns, taxonomy)
            check_date(date, store.columns)
            given = {between: period_name(period, store.columns[date])}
        if measure == "share":
            why = "its cells overlap; compare another measure, or see the shares in moment_table"
            refuse_several(names, store.columns, taxonomy, why=why)
            pairs = share_pairs(store, names, between, taxonomy, given)
        else:
            pairs = rate_pairs(store, names, between, measure, taxonomy, given)
    contrast = _contrast(pairs, group, against, period)
    table = _figures(contrast, confidence, min_n=min_n, is_share=measure == "share")
    limit = 200 if measure == "net_sentiment" else 100
    table[["low", "high"]] = table[["low", "high"]].clip(-limit, limit)
    is_change = period is not None and against is None
    tested = int(table["p_value"].count())
    wording = Wording(measure, between, period is not None, is_change, confidence, tested, taxonomy)
    named = _named(pairs, contrast, table, wording)
    named.attrs = {"measure": measure, "between": between}
    return named


def _check(names: Sequence[str], between: str, measure: str, freq: str) -> None:
    """Refuse what no data could make sense of.

    Raises:
        InputError: An argument is not one of those there are, or does not fit another.
    """
    check_by(names, taken=COMPARISON_COLUMNS)
    if between in names:
        raise InputError(
            f"between is {between!r}, which by names too; what is compared cannot also tell cells "
            "apart, so leave it out of by"
        )
    if measure not in MEASURES:
        raise InputError(f"measure is {measure!r}; give one of {', '.join(MEASURES)}")
    if measure == "share" and not names:
        raise InputError("measure is 'share' and by is empty; name in by what it is the share of")
    if freq not in LENGTHS:
        raise InputError(f"freq is {freq!r}; give one of {', '.join(LENGTHS)}")


def _contrast(pairs: Pairs, group: object, against: object, period: str | None) -> Contrast:
    """The comparisons that are asked for.

    Raises:
        InputError: There is no such group, or one is compared with itself.
    """
    named = _positions(pairs, group, "group")
    chosen = range(len(pairs.groups)) if named is None else named
    base = _positions(pairs, against, "against")
    if base is not None:
        if len(base) != 1 or (named is not None and base[0] in named):
            raise InputError(
                f"against is {against!r} and group {group!r}; give one group against others than itself"
            )
        return of_two(pairs, [(one, base[0]) for one in chosen if one != base[0]])
    if period is not None:
        numbers = [period_number(period, name) for name in pairs.groups]
        places = {number: place for place, number in enumerate(numbers)}
        before = ((one, places.get(numbers[one] - 1)) for one in chosen)
        return of_two(pairs, [(one, other) for one, other in before if other is not None])
    if len(pairs.groups) == 2:
        return of_two(pairs, [(one, 1 - one) for one in ([0] if named is None else named)])
    return of_rest(pairs, chosen)


def _positions(pairs: Pairs, wanted: object, argument: str) -> list[int] | None:
    """Where the groups that an argument names stand; None where it names none.

    Raises:
        InputError: There is no such group.
    """
    if wanted is None or not pairs.groups:  # without a moment there is nothing to choose from
        return None
    if isinstance(wanted, Iterable) and not isinstance(wanted, str):
        names = [str(value) for value in wanted]
    else:
        names = [str(wanted)]
    unknown = [name for name in names if name not in pairs.groups]
    if unknown:
        raise InputError(
            f"{argument} names {', '.join(map(repr, unknown))}, which no moment has; there are "
            f"{', '.join(pairs.groups[:20])}{', …' if len(pairs.groups) > 20 else ''}"
        )
    return sorted({pairs.groups.index(name) for name in names})


def _figures(contrast: Contrast, confidence: float, *, min_n: int, is_share: bool) -> pd.DataFrame:
    """All columns of numbers, in points, and the note on those that are missing."""
    one, two = contrast.one, contrast.two
    found = differences(contrast, confidence) * [100, 100, 100, 100, 1]
    table = pd.DataFrame(
        {
            "n": one["n"].astype(np.int64),
            "n_against": two["n"].astype(np.int64),
            "documents": one["documents"].astype(np.int64),
            "documents_against": two["documents"].astype(np.int64),
            "value": found["value"],
            "value_against": found["value_against"],
            "difference": found["difference"],
            "low": found["difference"] - found["half"],
            "high": found["difference"] + found["half"],
            "p_value": found["p_value"],
        }
    )
    wholes = np.minimum(one["whole"], two["whole"])
    moments = np.maximum(one["n"], two["n"]) if is_share else wholes
    table["note"] = np.select(
        [
            (wholes < min_n) | (moments < min_n),
            np.minimum(one["clusters"], two["clusters"]) < 2,
            table["p_value"].isna(),
        ],
        ["too few moments", "too few documents", "too little variation"],
        "",
    ).astype(str)
    table.loc[table["note"] != "", _TESTED] = np.nan
    return table


def _named(pairs: Pairs, contrast: Contrast, table: pd.DataFrame, wording: Wording) -> pd.DataFrame:
    """The table with its ``by`` columns, groups, q-values and words."""
    rows = contrast.rows
    labels = pd.Series([*pairs.groups, OTHERS], dtype=str)
    against = rows["other"].where(rows["other"] != REST, len(labels) - 1)
    cells = pairs.cells.iloc[rows["cell"]].reset_index(drop=True)
    table["group"] = labels.iloc[rows["group"]].reset_index(drop=True)
    table["against"] = labels.iloc[against].reset_index(drop=True)
    table["q_value"] = q_values(table["p_value"])
    said = [
        dict(zip(pairs.cells.columns, values, strict=True))
        for values in pairs.cells.itertuples(index=False, name=None)
    ]
    sentences = [
        wording.sentence(said[cell], here, None if other == REST else there, Difference(*figures))
        for cell, other, here, there, figures in zip(
            rows["cell"].tolist(),
            rows["other"].tolist(),
            table["group"],
            table["against"],
            table[list(Difference._fields)].itertuples(index=False, name=None),
            strict=True,
        )
    ]
    table["words"] = pd.Series(sentences, dtype=str)
    return pd.concat([cells, table[list(COMPARISON_COLUMNS)]], axis=1)
