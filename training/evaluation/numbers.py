"""Figures as a reader wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mot_nlp.reporting.numbers import NO_FIGURE, unbroken

if TYPE_CHECKING:
    from training.evaluation.estimates import Estimate


def figure(found: Estimate | None, digits: int = 2) -> str:
    """A figure with its interval.

    >>> from training.evaluation.estimates import Estimate
    >>> figure(Estimate(0.5, 0.4, 0.61)), figure(None)
    ('0.50 (0.40 to 0.61)', '·')
    """
    if found is None:
        return NO_FIGURE
    text = f"{found.value:.{digits}f}"
    return text if found.low is None else f"{text} ({between(found, digits)})"


def between(found: Estimate | None, digits: int = 2) -> str:
    """The interval alone, empty where there is none."""
    if found is None or found.low is None:
        return ""
    return f"{found.low:.{digits}f} to {found.high:.{digits}f}"


def points(value: float | None) -> str:
    """A difference of macro-F1 in points of 100, with its sign.

    >>> points(-0.0312), points(None)
    ('−3.1', '·')
    """
    if value is None:
        return NO_FIGURE
    text = f"{100 * value:+.1f}"
    return text[1:] if float(text) == 0 else text.replace("-", "−")


def chance(value: float | None) -> str:
    """A p or q value as readers write it.

    >>> chance(0.0001), chance(0.2512), chance(None)
    ('<0.001', '0.251', '·')
    """
    if value is None:
        return NO_FIGURE
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def level(share: float) -> str:
    r"""The level of an interval.

    >>> level(0.95), level(1 - 0.001)
    ('95\xa0%', '99.9\xa0%')
    """
    return unbroken(f"{100 * share:.4g} %")
