"""Segments cut by the product laid against the labelled ones, by overlap.

A labelled span takes the span that covers most of its characters, and nothing where none covers a
third: the rule by which ``benchmarks/quality.py`` scores the product on its own segments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_COVER = 1 / 3
"""Share of a labelled span that has to be covered."""

NOWHERE = -1
"""Stands for a span that nothing covers."""


def align(wanted: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]]) -> list[int]:
    """For each wanted span, the position of the span that covers most of it.

    Args:
        wanted: Start and end in characters, end exclusive.
        spans: Start and end of what may cover them; the last of equals is taken.

    Returns:
        Positions in ``spans``, ``NOWHERE`` where none covers ``LEAST_COVER``.

    >>> align([(0, 10), (10, 20)], [(0, 4), (4, 12)])
    [1, -1]
    """
    found = []
    for first, last in wanted:
        best, cover = NOWHERE, (last - first) * LEAST_COVER
        for position, (start, end) in enumerate(spans):
            overlap = min(last, end) - max(first, start)
            if overlap > 0 and overlap >= cover:
                best, cover = position, overlap
        found.append(best)
    return found
