"""Digits that are amounts, dates or years, so not numbers that stand for somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mot_nlp.masking.rules import before, compiled

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

_MONEY = "aud bucks cad cents? dollars? eur euros? gbp inr k lakhs? pounds? quid rupees usd"
_MEASURES = """
    cm ft gb? grams? kb kg km kwh lbs? lit(?:er|re)s? m mah mb met(?:er|re)s? miles ml mm mph nits rpm
    sq tb volts? watts? yards
    """
_TIMES = "days? h hours? hrs? mins? minutes? months? ms s seconds? secs? weeks? yrs? years?"
_COUNTED = """
    copies customers followers items? likes orders? pages parts? people pieces pcs points? reviews? stars?
    steps? times units? users views? words x
    """
_UNITS = "|".join(" ".join((_MONEY, _MEASURES, _TIMES, _COUNTED)).split())
UNIT = rf"(?: [.,]\d | \s?[$£€¥₹₩₽₺฿%°] | \s?(?:{_UNITS})\b )"
"""What behind digits makes them an amount, for a pattern written with white space."""

_UNIT = compiled(UNIT)
_CURRENCY = compiled(r"(?: [$£€¥₹₩₽₺฿] | \b(?:aud|cad|eur|gbp|inr|rs\.?|usd|us) ) \s? \Z")
_DATE_OR_YEARS = compiled(
    r"""
    (?:19|20)\d\d (?: [ /-] (?:19|20)?\d\d )?            # 2024, 2023-24
    | (?:19|20)\d\d ([ ./-]?) (?:0\d|1[0-2]) \1 [0-3]\d  # 2024-03-12, 20240312
    | [0-3]?\d ([./-]) [0-3]?\d \2 (?:19|20)?\d\d        # 12/03/2024, 3-12-24
    """
)
_CURRENCY_LENGTH = 6


def is_amount(match: re.Match[str]) -> bool:
    """Whether digits have a currency before them or a unit behind."""
    return (
        _UNIT.match(match.string, match.end()) is not None
        or _CURRENCY.search(before(match, _CURRENCY_LENGTH)) is not None
    )


def is_date(match: re.Match[str]) -> bool:
    """Whether digits are one date, one year or a range of years."""
    return _DATE_OR_YEARS.fullmatch(match[0]) is not None


def is_round(groups: Sequence[str]) -> bool:
    """Whether one group of digits ends in five noughts, or each of several is a multiple of 50.

    >>> is_round(["10000000"]), is_round(["250", "500", "1000"]), is_round(["555", "0182"])
    (True, True, False)
    """
    if len(groups) == 1:
        return groups[0].endswith("00000")
    return all(int(group) % 50 == 0 for group in groups)
