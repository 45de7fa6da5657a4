"""The promotion gate: may the new bundle take the old one's place?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mot_nlp.errors import InputError
from training.evaluation.numbers import points

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from training.evaluation.differences import Comparison, HeadDifference

LEAST_SEGMENTS = 100
"""Gold segments of a head under which a comparison shows nothing."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says.

    Attributes:
        passed: Whether the new bundle may take the old one's place.
        heads: The heads it looked at.
        reasons: Why not, or what it rests on, a sentence each.
        margin: How much worse a head may be, in macro-F1, 0 to 1.
        least_segments: Gold segments that every head needed.
    """

    passed: bool
    heads: tuple[str, ...]
    reasons: tuple[str, ...]
    margin: float
    least_segments: int


def judge(
    comparison: Comparison,
    *,
    heads: Sequence[str] = (),
    margin: float = 0.0,
    least_segments: int = LEAST_SEGMENTS,
) -> Verdict:
    """Stop the new bundle where it is worse beyond noise on any head.

    It is where the whole interval of the difference of macro-F1 lies below ``-margin``. At level
    95 % a bundle that is truly as good is stopped by chance about once in 40 for each head.

    Args:
        comparison: Old and new on the same documents.
        heads: Heads to look at; all that were compared if none is named.
        margin: How much worse a head may be, in macro-F1, 0 to 1.
        least_segments: Gold segments that each of these heads must have; with fewer the gate stays
            shut, because nothing can be shown.

    Raises:
        InputError: An argument is out of range, or a head was not compared.
    """
    compared = {head.head: head for head in comparison.heads}
    check_gate(margin, least_segments, heads, compared)
    judged = [compared[head] for head in dict.fromkeys(heads or compared)]
    enough = [head for head in judged if head.segments >= least_segments]
    stops = [reason for head in enough for reason in _stops(head, margin)]
    stops += _too_few([head for head in judged if head not in enough], least_segments)
    return Verdict(
        passed=not stops,
        heads=tuple(head.head for head in judged),
        reasons=tuple(stops or [_passing(comparison, judged, margin)]),
        margin=margin,
        least_segments=least_segments,
    )


def check_gate(
    margin: float, least_segments: int, heads: Sequence[str], known: Iterable[str]
) -> None:
    """Refuse settings of the gate that make no sense: best before the work and not after it.

    Args:
        margin: As in :func:`judge`.
        least_segments: As in :func:`judge`.
        heads: Heads to look at.
        known: Heads that can be looked at.

    Raises:
        InputError: One is out of range, or a head is not known.
    """
    if not 0 <= margin < 1:
        raise InputError(f"margin is {margin}; allowed: 0 up to but not including 1, as 0.01")
    if least_segments < 1:
        raise InputError(f"least segments is {least_segments}; allowed: 1 or more")
    can = list(known)
    unknown = [head for head in heads if head not in can]
    if unknown:
        raise InputError(
            f"{', '.join(unknown)} cannot be judged; heads that both bundles have and the gold "
            f"bears are {', '.join(can)}"
        )


def _too_few(heads: Sequence[HeadDifference], least: int) -> list[str]:
    if not heads:
        return []
    told = ", ".join(f"{head.head} ({head.segments:,})" for head in heads)
    return [
        f"fewer than {least:,} labelled segments of {told}: nothing can be shown. Label more, name "
        "other heads with --heads, or lower --least"
    ]


def _stops(head: HeadDifference, margin: float) -> list[str]:
    found = head.macro_f1.difference
    if found.low is None:
        return [f"{head.head} stands in one document: nothing can be shown. Label more documents"]
    if found.below(-margin):
        beyond = f", beyond the margin of {100 * margin:g} points" if margin else ""
        return [
            f"{head.head} is worse by {points(abs(found.value)).lstrip('+')} points of macro-F1 "
            f"({points(found.low)} to {points(found.high)}){beyond}"
        ]
    return []


def _passing(comparison: Comparison, judged: Sequence[HeadDifference], margin: float) -> str:
    beyond = f" by more than {100 * margin:g} points" if margin else ""
    better = [head.head for head in judged if head.macro_f1.difference.above(0)]
    told = f"; better beyond noise on {', '.join(better)}" if better else ""
    return (
        f"not worse{beyond} beyond noise on {', '.join(head.head for head in judged)}, with "
        f"{comparison.gold.segments:,} segments of {comparison.gold.documents:,} documents{told}"
    )
