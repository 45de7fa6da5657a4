"""Macro-F1 per head, averaged over seeds, and differences with intervals from paired replicates.

A replicate draws authors (or documents, where authors are not known) of the whole source with
replacement. The test parts of different seeds overlap, so the same draw weighs all of them: a
document that is in two test parts counts as often in both, and all systems see the same draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.taxonomy import read_taxonomy
from training.evaluate import gold_arrays
from training.evaluation.estimates import estimate
from training.evaluation.scoring import (
    WIDTH,
    core_mean,
    counted,
    entries,
    has_core,
    indices,
    macro_f1,
    mean_known,
)
from training.evaluation.tallies import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from benchmarks.retraining.sources import Deal, Source
    from benchmarks.retraining.tasks import Answer
    from mot_nlp.taxonomy import Taxonomy
    from training.evaluation.tallies import Sums

    Answers = Mapping[tuple[int, str], Answer]

CORE_MEAN = "core mean"
OURS = "ours"
Values = tuple["NDArray[np.float64]", "NDArray[np.float64]"]
"""A figure of every seed, (seeds,), and its replicates, (seeds, draws); NaN where not defined."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure averaged over seeds.

    Attributes:
        value: The average.
        low: Lower end of its 95 % interval; None where there is none.
        high: Upper end.
        seeds: The figure of each seed; None where it is not defined.
    """

    value: float
    low: float | None
    high: float | None
    seeds: tuple[float | None, ...]

    @property
    def clear(self) -> int:
        """1 or -1 where the whole interval lies above or below zero, else 0."""
        if self.low is None or self.high is None:
            return 0
        return int(self.low > 0) - int(self.high < 0)


@dataclass(frozen=True, slots=True)
class HeadFigures:
    """One head, or the mean of stage, moment and sentiment.

    Attributes:
        head: Its name.
        scores: Macro-F1 by column; columns that cannot know the head are left out.
        ahead: Macro-F1 of ``ours`` minus that of another column.
    """

    head: str
    scores: dict[str, Figure]
    ahead: dict[str, Figure]


def figures(
    source: Source, deals: Sequence[Deal], answers: Answers, *, draws: int, seed: int = 13
) -> list[HeadFigures]:
    """Figures of every head that has labels, and of the core mean.

    Args:
        source: What was dealt.
        deals: The deals, whose test parts were labelled.
        answers: By seed of the deal and column.
        draws: Number of replicates.
        seed: Of the draws.
    """
    taxonomy = read_taxonomy(source.taxonomy)
    table = _counts(source, deals, answers, taxonomy).with_replicates(draws, seed)
    columns = list(dict.fromkeys(column for _, column in answers))
    by_column = {
        column: {
            head: _over_seeds([table.get((dealt.seed, column, head)) for dealt in deals])
            for head in taxonomy.heads
            if any((dealt.seed, column, head) in table for dealt in deals)
        }
        for column in columns
    }
    for values in by_column.values():
        if has_core(values):
            values[CORE_MEAN] = _core(values)
    return [
        _head(head, {column: own[head] for column, own in by_column.items() if head in own})
        for head in (*taxonomy.heads, CORE_MEAN)
        if any(head in own for own in by_column.values())
    ]


def _counts(source: Source, deals: Sequence[Deal], answers: Answers, taxonomy: Taxonomy) -> Tally:
    """Counts by author, in a table a seed, column and head."""
    tally = Tally(max(source.owners) + 1)
    for dealt in deals:
        test = [source.documents[number] for number in dealt.test]
        gold = gold_arrays(test, taxonomy)
        owners = np.repeat(
            [source.owners[number] for number in dealt.test],
            [len(document.segments) for document in test],
        )
        masks = {head: mask for head, mask in counted(gold, taxonomy).items() if mask.any()}
        for (of, column), answer in answers.items():
            for head in answer.labels.keys() & masks.keys() if of == dealt.seed else ():
                mask, names = masks[head], taxonomy.heads[head].labels
                right, given = indices(gold[head], names), indices(answer.labels[head], names)
                own = entries(owners[mask], right[mask], given[mask], len(names))
                tally.add((of, column, head), WIDTH * len(names), *own)
    return tally


def _over_seeds(tables: Sequence[Sums | None]) -> Values:
    """Macro-F1 of each seed's table; NaN where a seed's test part has no label of the head."""
    draws = next(len(drawn) for _, drawn in filter(None, tables))
    missing = (np.array(np.nan), np.full(draws, np.nan))
    pairs = [missing if own is None else (macro_f1(own[0]), macro_f1(own[1])) for own in tables]
    return np.array([value for value, _ in pairs]), np.array([drawn for _, drawn in pairs])


def _core(values: Mapping[str, Values]) -> Values:
    whole, drawn = ({head: own[part] for head, own in values.items()} for part in (0, 1))
    return core_mean(whole), core_mean(drawn)


def _head(head: str, values: Mapping[str, Values]) -> HeadFigures:
    scores = {column: _figure(*own) for column, own in values.items()}
    ahead = {}
    if OURS in values:
        whole, drawn = values[OURS]
        ahead = {
            column: _figure(whole - other, drawn - other_drawn)
            for column, (other, other_drawn) in values.items()
            if column != OURS
        }
    return HeadFigures(head, scores, ahead)


def _figure(whole: NDArray[np.float64], drawn: NDArray[np.float64]) -> Figure:
    mean = estimate(float(mean_known(whole)), mean_known(drawn.T))
    assert mean is not None  # only heads with a label in some seed get here
    seeds = tuple(None if np.isnan(value) else float(value) for value in whole)
    return Figure(mean.value, mean.low, mean.high, seeds)
