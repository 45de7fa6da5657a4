"""Numbers of accounts, orders and other things that belong to one customer.

A number or code is looked for first, and then what names it before it: there are fewer numbers in
feedback than words such as "order".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mot_nlp.masking.quantities import UNIT, is_amount, is_date, is_round
from mot_nlp.masking.rules import LEFT, MASK, RIGHT, before, compiled, digits, rule

if TYPE_CHECKING:
    import re

_THING = r"""
    (?: a/c | account | acct\.? | booking | case | claim | complaint | confirmation | consignment | contract
    | invoice | order | parcel | policy | receipt | ref\.? | reference | reservation | shipment | ticket
    | tracking | transaction )
    """
# What a bare number does not name: "card 3D", and "Customer: 7402" is a speaker and their words.
_NAMED_THING = rf"""
    (?: {_THING} | card | client | customer | delivery | driver'?s?[ ]licen[cs]e | employee | gift[ ]card
    | insurance | licen[cs]e | loyalty | meter | member | membership | mobile | patient | phone | serial
    | student | tax | user | voucher )
    """
_NUMBER = r"(?: code | id | n[or]\b\.? | num | numbers? | ref | reference | \# )"
_NAMES_ITSELF = r"""
    (?: iban | imei | national[ ]insurance | nhs | nino | passport | ref\.? | reference
    | social[ ]security | ssn )
    """
_IS = r"(?: [\s:=,\#-]{0,3} (?: \b (?: is | was | it'?s | ends[ ]in | ending(?:[ ]in)? ) \b )? [\s:=\#-]{0,3} ) \Z"

_STRONG = compiled(
    rf"\b (?: {_NAMED_THING} s? [ ]? {_NUMBER} | {_NAMES_ITSELF} (?:[ ]{_NUMBER})? ) (?!\w) {_IS}"
)
_WEAK = compiled(rf"\b {_THING} (?!\w) {_IS}")
_SECRET = compiled(
    rf"""
    \b (?: cvc | cvv | otp | pass[ ]?code | pin
    | (?: access | door | gate | safe | security | verification )[ ]code ) (?:[ ]{_NUMBER})? {_IS}
    """
)
_ASKED_FOR = compiled(
    rf"""
    \b (?: {_NAMED_THING} [ ] {_NUMBER} | {_NUMBER} [ ](?:for|of|on)[ ](?:the|your)[ ] {_NAMED_THING} ) (?!\w)
    """
)
_NEAR, _FAR = 48, 110
"""Characters before a number in which something names it, or an agent asks for it."""

_LETTERS = r"""
    (?-i: (?! (?:AND|AT|BY|FOR|FROM|IN|IS|MY|NO|OF|ON|OR|THE|TO|WAS)\b ) [A-Z]{1,4} )
    """
_MORE = rf"(?: [ ]\d{{2,}}+ (?!{UNIT}) ){{0,4}}"
_END = rf"{RIGHT} (?! [./:-][\d{MASK}] )"


def _is_named_number(match: re.Match[str]) -> bool:
    """What is called an order number: four digits, or a code such as "6GRN0MSA"."""
    code = match[0]
    is_code = code.isupper() and code.isalnum() and len(code) > 4
    return (
        (is_code or len(digits(code)) > 3)
        and _STRONG.search(before(match, _NEAR)) is not None
        and not is_date(match)
    )


def _is_bare_number(match: re.Match[str]) -> bool:
    """What stands behind a mere "order": four digits that are neither a year nor a round figure."""
    code = match[0]
    return (
        len(digits(code)) > 3
        and not (code.isdecimal() and code.endswith("00"))
        and _WEAK.search(before(match, _NEAR)) is not None
        and not is_amount(match)
        and not is_date(match)
    )


def _is_secret(match: re.Match[str]) -> bool:
    return _SECRET.search(before(match, _NEAR)) is not None and not is_amount(match)


def _was_asked_for(match: re.Match[str]) -> bool:
    """Whether a number answers a question: "Your account number, please?" "It is 4471 9022"."""
    was_asked = _ASKED_FOR.search(before(match, _FAR)) is not None
    return was_asked and not is_amount(match) and not is_date(match)


def _is_long_number(match: re.Match[str]) -> bool:
    return not is_round([match[0]]) and not is_amount(match)


def _is_long_code(match: re.Match[str]) -> bool:
    return len(digits(match[0])) > 8 and not match[0].isdecimal()


NAMED_NUMBERS = (
    # 4471902, 5581-0932, AH 9907, GL-88213-B, HX/4411/22, QX7PLM
    rule(
        "number",
        rf"""
        {LEFT} (?: {_LETTERS} [ ](?=\d) )? (?= [A-Z/-]{{0,8}}\d )
        [A-Z\d]++ (?: [-/][A-Z\d]++ ){{0,5}} {_MORE} {_END}
        """,
        _is_named_number,
    ),
    rule(
        "number",
        rf"""
        {LEFT} (?: {_LETTERS} [ -]? )? \d++ (?: -\d++ ){{0,4}} {_MORE} (?: -[A-Z] (?!\w) )? {_END}
        """,
        _is_bare_number,
    ),
    rule("number", rf"{LEFT} \d{{3,6}} {_END}", _is_secret),
)
LONG_NUMBERS = (
    rule("number", rf"{LEFT} (?<![.,:/-]) \d (?: [ -]?\d ){{5,18}} {_END}", _was_asked_for),
    rule("number", rf"(?<![\w&/{MASK}]) \# \d{{5,}}+ {RIGHT}"),
    rule("number", rf"{LEFT} (?<![.,]) \d{{9,}}+ {RIGHT}", _is_long_number),
)
LONG_CODES = (rule("number", rf"{LEFT} (?!0x) [A-Z\d]{{10,}}+ {RIGHT}", _is_long_code),)
