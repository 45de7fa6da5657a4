"""What a learning curve says: where it stands, what twice the labels would bring, and whether to trust it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.curve.power import fit_power_law
from training.evaluation.estimates import Estimate, estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from training.curve.measuring import Points
    from training.curve.power import PowerLaw

LEAST_SIZES = 4
LEAST_HELD_OUT = 30
MOST_FALL = 0.02
"""How far a curve may fall below what it reached with fewer labels; noise falls less."""
MOST_MISS = 0.02
"""Root mean square of what a law may miss the figures by."""
MOST_WIDTH = 0.05
"""Width of the interval of a gain from which on it says too little to plan by."""
MOST_LOST = 0.1
"""Share of replicates that no law could be fitted to."""

PAYS = 0.01
"""Gain in macro-F1 from which on twice the labels are worth the work, a point."""

_GRID = 40


@dataclass(frozen=True, slots=True)
class Point:
    """Figures of one size.

    Attributes:
        labels: Labels learned from, mean over repeats.
        macro_f1: Mean over repeats, 0 to 1.
        least: Least of the repeats.
        most: Greatest of them.
    """

    labels: float
    macro_f1: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class HeadCurve:
    """The curve of one head.

    Attributes:
        head: The head.
        total: Labels of it that there are, those held out included.
        held_out: Labels that figures rest on.
        points: What was measured.
        law: The law that fits; None where none does.
        course: The law from the smallest size to twice the labels: numbers of labels and estimates.
        now: Macro-F1 with all labels learned from.
        doubled: With twice as many.
        gain: The difference.
        doubts: Why the extrapolation is not to be trusted; empty where it may be.
    """

    head: str
    total: int
    held_out: int
    points: tuple[Point, ...]
    law: PowerLaw | None
    course: tuple[tuple[float, Estimate], ...]
    now: Estimate | None
    doubled: Estimate | None
    gain: Estimate | None
    doubts: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """What to make of it, a sentence."""
        start = f"{self.head}: doubling your labels from {self.total:,} to {2 * self.total:,}"
        if self.gain is None or self.gain.low is None or self.gain.high is None:
            return f"{start} cannot be foretold; {'; '.join(self.doubts)}"
        low, high = 100 * self.gain.low, 100 * self.gain.high
        told = f"{100 * self.gain.value:+.1f} points ({low:.1f} to {high:.1f})"
        if self.doubts:
            return f"{start}: {told} by the law, but do not rely on it; {'; '.join(self.doubts)}"
        return f"{start} would bring about {told}: {_worth(self.gain)}"


def _worth(gain: Estimate) -> str:
    if gain.below(PAYS):
        return "more of the same labels hardly pay"
    if gain.above(PAYS):
        return "more labels pay"
    return "more labels probably pay" if gain.value >= PAYS else "more labels may pay or not"


def read_curves(measured: Mapping[str, Points], *, seed: int = 13) -> list[HeadCurve]:
    """Fit a law to each head's figures and look ahead to twice the labels.

    Intervals are percentiles over replicates, each with other repeats and other documents to measure
    on, both drawn with replacement.

    Args:
        measured: What :func:`training.curve.measuring.measure` returned.
        seed: Of the repeats that are drawn.
    """
    return [_read(head, points, seed) for head, points in measured.items()]


def _read(head: str, points: Points, seed: int) -> HeadCurve:
    labels, figures = points.labels.mean(axis=0), points.macro_f1.mean(axis=0)
    law = fit_power_law(labels, figures)
    replicates = _replicates(points, seed)
    grid = np.geomspace(labels[0], 2 * points.total, _GRID)
    at = np.concatenate([grid, [points.total, 2 * points.total]])
    lines = np.array([replicate(at) for replicate in replicates if replicate is not None])
    course: tuple[tuple[float, Estimate], ...] = ()
    now = doubled = gain = None
    if law is not None and len(lines):
        values = law(at)
        known = [estimate(float(value), lines[:, i]) for i, value in enumerate(values)]
        course = tuple(
            (float(n), found) for n, found in zip(grid, known[:_GRID], strict=True) if found
        )
        now, doubled = known[_GRID:]
        gain = estimate(float(values[-1] - values[-2]), lines[:, -1] - lines[:, -2])
    lost = 1 - len(lines) / max(len(replicates), 1)
    return HeadCurve(
        head=head,
        total=points.total,
        held_out=points.held_out,
        points=tuple(
            Point(float(n), float(mean), float(least), float(most))
            for n, mean, least, most in zip(
                labels,
                figures,
                points.macro_f1.min(axis=0),
                points.macro_f1.max(axis=0),
                strict=True,
            )
        ),
        law=law,
        course=course,
        now=now,
        doubled=doubled,
        gain=gain,
        doubts=tuple(_doubts(points, law, gain, lost)),
    )


def _replicates(points: Points, seed: int) -> list[PowerLaw | None]:
    rng = np.random.default_rng(seed)
    repeats = len(points.labels)
    found = []
    for figures in points.draws:
        drawn = rng.integers(repeats, size=repeats)
        found.append(fit_power_law(points.labels[drawn].mean(axis=0), figures[drawn].mean(axis=0)))
    return found


def _doubts(points: Points, law: PowerLaw | None, gain: Estimate | None, lost: float) -> list[str]:
    labels, figures = points.labels.mean(axis=0), points.macro_f1.mean(axis=0)
    doubts = []
    if len({*labels.tolist()}) < LEAST_SIZES:
        doubts.append(f"it was measured at fewer than {LEAST_SIZES} different sizes")
    if points.held_out < LEAST_HELD_OUT:
        doubts.append(
            f"there are only {points.held_out} labels to measure on, it takes {LEAST_HELD_OUT}"
        )
    fall = float((np.maximum.accumulate(figures) - figures).max())
    if fall > MOST_FALL:
        doubts.append(f"with more labels it fell by {100 * fall:.1f} points")
    if law is None or lost > MOST_LOST:
        return [*doubts, "no law fits the figures"]
    miss = float(np.sqrt(np.mean(np.square(law(labels) - figures))))
    if miss > MOST_MISS:
        doubts.append(f"the law misses the figures by {100 * miss:.1f} points")
    if gain is not None and gain.low is not None and gain.high is not None:
        width = gain.high - gain.low
        if width > MOST_WIDTH:
            doubts.append(f"the interval is {100 * width:.0f} points wide")
    return doubts
