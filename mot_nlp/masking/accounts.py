"""Payment cards and bank accounts, told by their checksums."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mot_nlp.masking.rules import LEFT, RIGHT, Span, digits, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_COUNTRIES = """
    AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20
    EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30
    KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28
    PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TN24 TR26 UA29 VA22 VG24 XK20
    """
_IBAN_LENGTHS = {entry[:2]: int(entry[2:]) for entry in _COUNTRIES.split()}
"""Length of an IBAN by country."""

_IBAN_START = re.compile(rf"{LEFT}([A-Z]{{2}})\d{{2}}", re.IGNORECASE | re.ASCII)
_IBAN_FORMS = {
    length: re.compile(rf"[A-Z0-9](?:[ -]?[A-Z0-9]){{{length - 1}}}{RIGHT}", re.IGNORECASE)
    for length in set(_IBAN_LENGTHS.values())
}
_NOT_ALPHANUMERIC = re.compile(r"[^A-Z0-9]")


def is_card_number(number: str) -> bool:
    """Whether digits can be a payment card's: it starts as cards do, and its Luhn sum is right.

    >>> is_card_number("4111111111111111"), is_card_number("4111111111111112")
    (True, False)
    """
    if number[0] not in "23456":
        return False
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_iban(number: str) -> bool:
    """Whether letters and digits are an IBAN: its country's length, and 1 modulo 97.

    >>> is_iban("GB29NWBK60161331926819"), is_iban("GB29NWBK60161331926818")
    (True, False)
    """
    if _IBAN_LENGTHS.get(number[:2]) != len(number):
        return False
    return int("".join(str(int(sign, 36)) for sign in number[4:] + number[:4])) % 97 == 1


def ibans(text: str) -> Iterator[Span]:
    """IBANs, written with or without blanks, in capitals or not."""
    for start in _IBAN_START.finditer(text):
        length = _IBAN_LENGTHS.get(start[1].upper(), 0)
        match = _IBAN_FORMS[length].match(text, start.start()) if length else None
        if match and is_iban(_NOT_ALPHANUMERIC.sub("", match[0].upper())):
            yield Span(*match.span(), "account")


def _is_card(match: re.Match[str]) -> bool:
    return is_card_number(digits(match[0]))


CARDS = (
    rule("card", rf"{LEFT} \d{{13,19}}+ {RIGHT}", _is_card),
    rule("card", rf"{LEFT} \d{{4}} ([ -]{{1,2}}) \d{{4}} \1 \d{{4}} \1 \d{{4}} {RIGHT}", _is_card),
    rule("card", rf"{LEFT} \d{{4}} ([ -]) (?:\d{{4}}\1){{3}} \d{{3}} {RIGHT}", _is_card),
    rule("card", rf"{LEFT} 3\d{{3}} ([ -]) \d{{6}} \1 \d{{4,5}} {RIGHT}", _is_card),
)
SORT_CODES = (
    rule(
        "account",
        rf"""
        {LEFT} \d\d ([ -]?) \d\d \1 \d\d [\s,;/|]{{1,3}}
        (?: (?: a/c | acct? | account | and | is | my | no | num | number ) [\s.:,]{{1,3}} ){{0,5}} \d{{8}} {RIGHT}
        """,
    ),
    rule(
        "account",
        rf"\b sort[ -]?codes? \b [\s:=,]{{0,3}} (?:(?:is|was)\s)? (?P<hidden> \d\d[ -]?\d\d[ -]?\d\d ) {RIGHT}",
    ),
)
