"""Whose name stands before a colon, and who of them is the customer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_WORDS = 4


def _vocabulary(words: str) -> frozenset[str]:
    return frozenset(words.split())


_CUSTOMER_WORDS = _vocabulary("""
    buyer caller cardholder claimant client complainant consumer customer diner guest me member
    passenger patient policyholder purchaser resident rider shopper subscriber tenant traveler
    traveller user visitor
    """)
_AGENT_WORDS = _vocabulary("""
    admin administrator adviser advisor agent ai assistant associate automated bot care cashier
    chatbot clerk concierge consultant csr desk dispatcher help helpdesk helpline host ivr
    manager moderator operator receptionist relations rep representative seller service
    services specialist staff supervisor support system team technician vendor
    """)
_SMALL_WORDS = _vocabulary("and at chat de del der di for from live of online the van virtual von")

# Words that head a part of a review as often as they name a speaker ("Staff: friendly").
_ASPECT_WORDS = _vocabulary("""
    area benefits beware care desk experience feedback guide help host interface manual me
    relations review seller service services staff support system team
    """)
_HEADINGS = _vocabulary("""
    also and anyway because btw but con conclusion cons context date details disclaimer
    downside downsides edit email fyi however http https info mailto minus nb negatives note
    notes order phone plus positives pps pro problem pros ps question rating reason
    recommendation ref reference score so spoiler subject summary time tip tips tl tldr total
    update updated upside upsides url verdict warning
    """)
_HEADING_OPENERS = _vocabulary(
    "a another big final first last latest my one overall quick second small the"
)

_LETTERS = re.compile(r"[^\W\d_]+")
_SERVICE_PHRASE = re.compile(
    r"""
    \bhow\s(?:can|may)\s(?:i|we)\b | \bthank(?:s|\syou)\sfor\s(?:calling|contacting|reaching\sout)\b
    | \byou(?:['\u2019]re|\sare)\sthrough\sto\b | \bwelcome\sto\b
    | (?<!generally\s)(?<!honestly\s)(?<!frankly\s)(?<!strictly\s)\bspeaking\b(?!\s(?:to|with|of|about)\b)
    """,
    re.VERBOSE | re.IGNORECASE,
)


def key(speaker: str) -> str:
    """What two spellings of one speaker's name share."""
    return speaker.strip().casefold()


def is_name(speaker: str, uses: int) -> bool:
    """Whether the words before a colon name a speaker; ``uses`` counts the lines they open."""
    words = speaker.split()
    if len(words) > _MOST_WORDS or _is_heading(speaker):
        return False
    return len(words) == 1 or uses > 1 or all(map(_may_be_in_a_name, words))


def is_party(speaker: str) -> bool:
    """Whether the name says for certain that a customer or agent speaks."""
    words = _words(speaker)
    return not words & _ASPECT_WORDS and bool(words & (_CUSTOMER_WORDS | _AGENT_WORDS))


def says_service_phrase(words: str) -> bool:
    """Whether somebody speaks as staff do ("how can I help", "thanks for calling")."""
    return _SERVICE_PHRASE.search(words) is not None


def customer_keys(said: Sequence[tuple[str, str]], customer: str | None) -> set[str]:
    """Keys of the speakers who are customers, the empty one for words without a speaker.

    Args:
        said: Speaker and words of each turn, in order.
        customer: The name given for the customer, if any.
    """
    named = [(key(speaker), words) for speaker, words in said if speaker]
    if not named:
        return {""}
    if customer is not None:
        return {key(customer)}
    found = _customers_by_rule(named)
    have_words = any(words for speaker, words in named if speaker in found)
    return found if have_words else found | {""}


def _customers_by_rule(said: Sequence[tuple[str, str]]) -> set[str]:
    speakers = {speaker for speaker, _ in said}
    agents = {speaker for speaker in speakers if _words(speaker) & _AGENT_WORDS}
    customers = {speaker for speaker in speakers - agents if _words(speaker) & _CUSTOMER_WORDS}
    if customers:
        return customers
    if agents:
        return speakers - agents
    for speaker, words in said:
        if says_service_phrase(words):
            return speakers - {speaker}
    return {said[0][0]}


def _may_be_in_a_name(word: str) -> bool:
    starts_small = word.lstrip("(#@'")[:1].islower()
    return not starts_small or word in _CUSTOMER_WORDS | _AGENT_WORDS | _SMALL_WORDS


def _is_heading(speaker: str) -> bool:
    words = re.sub(r"['\u2019./]", "", speaker.casefold()).split()
    while len(words) > 1 and words[0] in _HEADING_OPENERS:
        words.pop(0)
    first = _LETTERS.search(words[0]) if words else None
    return first is not None and first[0] in _HEADINGS


def _words(speaker: str) -> set[str]:
    return set(_LETTERS.findall(speaker.casefold()))
