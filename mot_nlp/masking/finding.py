"""All rules on one text: what they find, and the text without it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mot_nlp.masking.accounts import CARDS, SORT_CODES, ibans
from mot_nlp.masking.contacts import ADDRESSES, HANDLES, LINKS, MAIL, WRITTEN_MAIL
from mot_nlp.masking.numbers import LONG_CODES, LONG_NUMBERS, NAMED_NUMBERS
from mot_nlp.masking.phones import PHONES
from mot_nlp.masking.rules import KINDS, MASK, Group, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FIVE_DIGITS = re.compile(r"\d(?:[^\w\n]{0,3}\d){4}")
_PASSES = 10
"""What was found may have stood in the way of more, so a text is read until nothing more is found,
which is in the second pass as a rule. No text may hold a job up with thousands."""

_GROUPS = (
    Group(re.compile("@"), MAIL),
    Group(re.compile(r"[\[(](?:at|@)| at ", re.IGNORECASE), WRITTEN_MAIL),
    Group(re.compile("://"), LINKS),
    Group(re.compile("@|[uU]/"), HANDLES),
    Group(re.compile(r"\d"), NAMED_NUMBERS),
    Group(re.compile(r"\d(?:[A-Za-z]*+\d){8}"), LONG_CODES),
    Group(_FIVE_DIGITS, (*SORT_CODES, *CARDS, *PHONES, *LONG_NUMBERS, *ADDRESSES)),
)


def find(text: str) -> list[Span]:
    """The personal data in a text, as far as the package's rules know it.

    Args:
        text: A whole document: what is cut in two is not known by its form.

    Returns:
        Spans in order that neither overlap nor touch: neighbours are one, of the kind that comes
        first in ``KINDS``.

    >>> find("write to jane@mail.example, or call 07700 900123")
    [Span(start=9, end=26, kind='email'), Span(start=36, end=48, kind='phone')]
    """
    found: list[Span] = []
    for _ in range(_PASSES):
        spans = [span for span in _merged(_once(text)) if _is_open(text, span)]
        if not spans:
            break
        text = _without(text, spans)
        found += spans
    return _merged(found)


def mask(text: str) -> str:
    """``text`` with every character of personal data replaced by ``MASK``.

    Args:
        text: A whole document; slice the result, do not mask slices.

    Returns:
        As many characters as ``text`` has, the same ones outside the spans of ``find``. Masking
        twice changes nothing more.

    >>> mask("write to jane@mail.example, please")
    'write to █████████████████, please'
    """
    return _without(text, find(text))


def _once(text: str) -> Iterator[Span]:
    for group in _GROUPS:
        yield from group.spans(text)
    if _FIVE_DIGITS.search(text):
        yield from ibans(text)


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if merged and span.start <= merged[-1].end:
            last = merged.pop()
            kind = min(last.kind, span.kind, key=KINDS.index)
            span = Span(last.start, max(last.end, span.end), kind)
        merged.append(span)
    return merged


def _is_open(text: str, span: Span) -> bool:
    """Whether anything of a span can still be read."""
    return text.count(MASK, span.start, span.end) < span.end - span.start


def _without(text: str, spans: Iterable[Span]) -> str:
    parts: list[str] = []
    position = 0
    for span in spans:
        parts += text[position : span.start], MASK * (span.end - span.start)
        position = span.end
    return "".join(parts) + text[position:]
