"""Phone numbers: international, national, and what is told to be one."""

from __future__ import annotations

import re

from mot_nlp.masking.quantities import UNIT, is_amount, is_date, is_round
from mot_nlp.masking.rules import LEFT, MASK, before, compiled, digits, rule

# What may stand between two digits of one number.
_GAP = r"(?: [ .\-\u2013\u2011\u00a0/] | [ ][-\u2013/][ ] | \)[ ]? | [ ]?\( | \)[ ]?[-/][ ]? )?"
_END = rf"(?<=\d\d) (?![\w{MASK}])"
_START = rf"(?: {LEFT} | (?=\() ) (?<![\d{MASK}][.,:/-]) (?<![+])"

_CALLING = compiled(
    rf"""
    \b (?: call(?:ed|ing|s)? | cell(?:phone)? | contact(?:ed)? | dial(?:l?ed)? | fax | landline | line
    | mob(?:ile)? | my[ ]number | ph | phone[ds]? | rang | reach | ring | sms | tel(?:ephone)?
    | text(?:ed)? | whats[ ]?app ) \b [^\d\n{MASK}]{{0,24}} \Z
    """
)
_NEAR = 36
"""Characters before a number in which "call" or the like tells that it is one."""


def _is_plausible(match: re.Match[str]) -> bool:
    return not is_round(re.findall(r"\d+", match[0])) and len(set(digits(match[0]))) > 1


def _is_called(match: re.Match[str]) -> bool:
    """Whether digits behind a word such as "call" are a number, not an amount, a date or years."""
    return (
        _CALLING.search(before(match, _NEAR)) is not None
        and _is_plausible(match)
        and not is_amount(match)
        and not is_date(match)
    )


PHONES = (
    # +44 (0)20 7946 0958, 0049 171 1234567: a country and 7 to 11 more digits
    rule(
        "phone",
        rf"""
        (?<![\w+{MASK}]) (?: \+ | 00[ ]?(?=[1-9]) ) [ ]?\(?
        (?: [1-9]\d{{7,14}} | [1-9]\d{{0,2}} (?: {_GAP} \d ){{7,11}} ) {_END}
        """,
        _is_plausible,
    ),
    # 07700 900123, (020) 7946 0958, 0171/1234567: three digits in one piece, 9 to 12 in all
    rule("phone", rf"{_START} \(? 0[1-9]\d (?: {_GAP} \d ){{6,9}} {_END}", _is_plausible),
    # 01 23 45 67 89
    rule("phone", rf"{_START} 0[1-9] ([ .-]) \d\d (?: \1 \d\d ){{3}} {_END} (?! \1[\d{MASK}] )"),
    # (02) 9876 5432, (11) 98765-4321
    rule("phone", rf"{_START} (?: 0[2378] | \(\d\d\) ) [ ]? \d{{4,5}} [ -] \d{{4}} {_END}"),
    # (555) 123-4567, 1-800-555-0199, 240. 774 0021
    rule(
        "phone",
        rf"""
        {_START} (?: 1[-. ] )? (?: \([2-9]\d\d\)[ ]? | [2-9]\d\d [-. ]{{1,2}} ) \d{{3}} [-. ] \d{{4}} {_END}
        (?! [.,-][\d{MASK}] )
        """,
        _is_plausible,
    ),
    # 98765 43210
    rule("phone", rf"{_START} [6-9]\d{{4}} [ -] \d{{5}} {_END}", _is_plausible),
    # call me on 555 0182, text 8765-4321
    rule(
        "phone",
        rf"{_START} (?: \d{{7,11}}+ | \d{{3,4}} (?: [ .-]\d{{3,5}}+ (?!{UNIT}) ){{1,3}} ) {_END}",
        _is_called,
    ),
)
