"""Groups, as brands, judged each by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from mot_nlp.monitoring.changes import judged
from mot_nlp.monitoring.result import FIGURE_COLUMNS, GROUP_COLUMNS, RELABEL, WATCH
from mot_nlp.monitoring.verdict import Reason, gravest, in_order, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_GROUPS = 30
"""Groups that are judged: those with most new documents."""


class Groups(NamedTuple):
    """What was found of groups.

    Attributes:
        table: A row a group: the columns that they are told by, then ``GROUP_COLUMNS``.
        reasons: What they speak for, a sentence a verdict.
        left_out: Groups that were not judged.
    """

    table: pd.DataFrame
    reasons: tuple[Reason, ...] = ()
    left_out: int = 0


def no_groups() -> Groups:
    """What is found where none are asked for."""
    return Groups(pd.DataFrame(columns=list(GROUP_COLUMNS)))


def judge_groups(
    sizes: pd.DataFrame, figures: pd.DataFrame, names: Sequence[str], *, confidence: float
) -> Groups:
    """A verdict for each group; the p-values of all of them are adjusted together.

    Args:
        sizes: Documents and moments of each group on either side: ``names``, then the first four of
            ``GROUP_COLUMNS``.
        figures: Their figures: ``names``, then those of ``FIGURE_COLUMNS`` that are not adjusted.
        names: Columns that tell groups apart.
        confidence: Probability that each interval covers, between 0 and 1.
    """
    ordered = sizes.sort_values(["documents_new", *names], ascending=[False, *[True] * len(names)])
    kept = ordered.head(MOST_GROUPS).reset_index(drop=True)
    kept["group"] = kept.index
    own = judged(figures.merge(kept[[*names, "group"]], on=list(names)), confidence=confidence)
    verdicts, told = [], []
    for number, *counts in kept[["group", *GROUP_COLUMNS[:2]]].itertuples(index=False, name=None):
        found = in_order(
            judge(own[own["group"] == number][list(FIGURE_COLUMNS)], (counts[0], counts[1]))
        )
        verdicts.append(gravest(reason.verdict for reason in found))
        told.append(" ".join(reason.words for reason in found))
    table = kept[[*names, *GROUP_COLUMNS[:4]]].assign(verdict=verdicts, reasons=told)
    return Groups(table, tuple(_reasons(table, names)), len(ordered) - len(kept))


def _reasons(table: pd.DataFrame, names: Sequence[str]) -> list[Reason]:
    """A sentence for each verdict that calls for something."""
    out = []
    for verdict in (RELABEL, WATCH):
        own = table.loc[table["verdict"] == verdict, list(names)]
        if len(own):
            groups = ", ".join(
                " ".join("none" if pd.isna(value) else str(value) for value in row)
                for row in own.itertuples(index=False, name=None)
            )
            out.append(Reason(verdict, f"By {', '.join(names)}, {verdict}: {groups}."))
    return out
