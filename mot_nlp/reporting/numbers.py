"""Figures as a reader wants them."""

from __future__ import annotations

from mot_nlp.records import is_missing

NO_FIGURE = "·"
"""What stands where there is no figure."""

NO_LABEL = "(none)"
"""What stands for a missing label; the page's script writes the same."""


def signed(value: float | None, digits: int = 0) -> str:
    """A number with its sign, never a negative zero: ``+4``, ``−12``, ``0``.

    >>> signed(-12.4), signed(0.2), signed(3.14159, 1)
    ('−12', '0', '+3.1')
    """
    if value is None or is_missing(value):
        return NO_FIGURE
    text = f"{value:+.{digits}f}"
    if float(text) == 0:
        return text[1:]
    return text.replace("-", "−")


def percent(value: float | None) -> str:
    r"""A share as a whole percentage, not to be broken across lines.

    >>> percent(0.126), percent(None)
    ('13\xa0%', '·')
    """
    return NO_FIGURE if value is None or is_missing(value) else unbroken(f"{100 * value:.0f} %")


def interval(low: float | None, high: float | None, digits: int = 0) -> str:
    """Both ends of an interval: ``−20 to +4``; empty where there is none.

    >>> interval(-20.2, 4)
    '−20 to +4'
    """
    if low is None or high is None or is_missing(low) or is_missing(high):
        return ""
    return f"{signed(low, digits)} to {signed(high, digits)}"


def words(label: object) -> str:
    """A label as words: ``word_of_mouth`` as ``word of mouth``; ``NO_LABEL`` where there is none."""
    return NO_LABEL if is_missing(label) else str(label).replace("_", " ")


def counted(number: int, noun: str) -> str:
    """A number of things: ``1 moment``, ``1,200 moments``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def unbroken(text: str) -> str:
    r"""Text in which no line ends before a percent sign or between it and ``CI``.

    >>> unbroken("fell 3 points, 95 % CI 1 to 5")
    'fell 3 points, 95\xa0%\xa0CI 1 to 5'
    """
    return text.replace(" %", "\xa0%").replace("% CI", "%\xa0CI")
