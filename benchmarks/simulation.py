"""Invented tables whose error rates are known up to chance, for benchmarks/correction.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mot_nlp.tables.channel import channel, most_likely
from mot_nlp.tables.correction import DRAWS, PRIOR, Estimate
from mot_nlp.tables.misclassification import axes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mot_nlp.bundle import Bundle
    from mot_nlp.tables.misclassification import Axis

LEAST_CELL = 15
SIZES = (300, 1_000, 3_000, 10_000, 100_000)
WEIGHTS = (0, 100, 200, 400, 800)
CLOSENESS = (60, 300, 2_000)
REPEATS = 30


@dataclass(frozen=True)
class World:
    """States of a table, and held-out counts of how a model errs between them.

    Attributes:
        axes: The counts.
        none: The label of a segment without a moment.
    """

    axes: list[Axis]
    none: str

    @classmethod
    def of(cls, by: Sequence[str], bundle: Bundle) -> World:
        """The world of a table by stage, moment or touchpoint."""
        found = axes(by, bundle.manifest.confusion, bundle.taxonomy)
        return cls(found, bundle.taxonomy.heads["stage"].none)

    def counts(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Segments by state, (1 + K,)."""
        state = np.zeros(len(rows), np.int64)
        for axis in self.axes:
            number = {label: i for i, label in enumerate(axis.labels)}
            labels = zip(*(rows[head] for head in axis.heads), strict=True)
            answers = np.array([number.get(label, 0) for label in labels], np.int64)
            state = state * len(axis.labels) + answers
        size = int(np.prod([len(axis.labels) for axis in self.axes]))
        state = np.where(rows["stage"] == self.none, 0, state + 1)
        return np.bincount(state, minlength=1 + size).astype(np.float64)


def table_of(states: NDArray[np.float64]) -> pd.DataFrame:
    """The table that the product makes of segments by draw and state, (2 + draws, 1 + K).

    Every segment is a document. Cells are numbered; those without a segment have no row.
    """
    by_sentiment = states[:, 1:].reshape(len(states), -1, 3).swapaxes(0, 1)
    n = by_sentiment.sum(axis=2)
    cells = np.flatnonzero(n[:, 0])
    sums = np.stack([n, by_sentiment[:, :, 2], by_sentiment[:, :, 0]], axis=2)[cells]
    counted = pd.DataFrame({"n": n[cells, 0], "documents": n[cells, 0]}, index=cells)
    return Estimate(sums).put_into(counted, 0.95)


def exact_table(states: NDArray[np.float64]) -> pd.DataFrame:
    """The table of (1 + K,) states that are not in doubt."""
    return table_of(np.tile(states, (4, 1)))


def compared(true: pd.DataFrame, found: pd.DataFrame) -> dict[str, float]:
    """Errors and intervals of a table over the cells with ``LEAST_CELL`` true moments or more.

    Both tables have a row a cell, by their index. A cell that was not found has share 0 and net
    sentiment 0.
    """
    used = true[true["n"] >= LEAST_CELL]
    own = found.reindex(used.index)
    out = {"cells": float(len(used))}
    for name, figure, scale in (("share", "share", 1), ("net", "net_sentiment", 100)):
        out[name] = float((own[figure].fillna(0) - used[figure]).abs().mean()) / scale
        if f"{name}_low" in own:
            low, high = own[f"{name}_low"], own[f"{name}_high"]
            out[f"{name} held"] = float(used[figure].between(low, high).sum())
            out[f"{name} width"] = float((high - low).mean()) / scale
    return out


def once(
    world: World, base: NDArray[np.float64], size: int, rng: np.random.Generator
) -> list[dict[str, object]]:
    """Draw a truth, true error rates and predictions; compare what is estimated with the truth.

    Args:
        world: The states and held-out counts.
        base: Shares that true ones are drawn around, (1 + K,).
        size: Number of segments.
        rng: What to draw with.

    Returns:
        :func:`compared` by what the table is: ``counted``, or the weight of the prior.
    """
    truth = rng.standard_gamma(base * rng.choice(CLOSENESS))
    truth *= size / truth.sum()
    errors = channel(world.axes, rng, exact=0, drawn=1)
    counts = rng.multinomial(size, errors.read(truth[None])[0] / size)
    again = rng.multinomial(size, counts / size, size=DRAWS)
    seen = np.concatenate([counts[None], counts[None], again]).astype(np.float64)
    possible = np.append(True, np.repeat(counts[1:].reshape(-1, 3).sum(axis=1) > 0, 3))
    known = channel(world.axes, rng, exact=2, drawn=DRAWS)
    true = exact_table(truth)
    out: list[dict[str, object]] = [{"table": "counted", **compared(true, table_of(seen))}]
    for weight in WEIGHTS:
        prior = np.where(np.arange(2 + DRAWS) == 0, float(weight), 0.0)
        found = table_of(size * most_likely(seen, known, possible, prior))
        out.append({"table": str(weight), **compared(true, found)})
    return out


def simulation(worlds: Sequence[tuple[World, NDArray[np.float64]]], seed: int) -> str:
    """A table in Markdown: errors and coverage by number of segments.

    Args:
        worlds: Worlds and the counts of states that true shares are drawn around.
        seed: Seed of everything that is drawn.
    """
    rng = np.random.default_rng(seed)
    rows = [
        {"size": size} | row
        for world, base in worlds
        for size in SIZES
        for _ in range(REPEATS)
        for row in once(world, (base + 0.5) / (base + 0.5).sum(), size, rng)
    ]
    runs = pd.DataFrame(rows)
    lines = [_HEAD]
    for size in SIZES:
        own = runs[runs["size"] == size].groupby("table")
        means, sums = own[["share", "net"]].mean(), own[["share held", "net held", "cells"]].sum()
        cells = [
            f"{means['share'][name]:.4f} / {means['net'][name]:.3f}"
            for name in ("counted", *map(str, WEIGHTS))
        ]
        for name in ("counted", str(PRIOR)):
            held = [
                100 * sums[f"{kind} held"][name] / sums["cells"][name] for kind in ("share", "net")
            ]
            cells.append(f"{held[0]:.0f} / {held[1]:.0f}")
        lines.append(f"| {size:,} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


_HEAD = f"""| segments | counted | {" | ".join(f"weight {weight}" for weight in WEIGHTS)} | held, counted | held, corrected |
| ---: | {" | ".join("---:" for _ in range(len(WEIGHTS) + 3))} |"""
