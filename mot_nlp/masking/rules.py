"""What a rule is: a form of text, of which some or all is hidden."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MASK = "█"
KINDS = ("email", "link", "account", "card", "phone", "number", "ip", "handle")
"""Kinds of personal data; of spans that overlap, the kind that comes first here is told."""

# Masked characters count as part of a word: what was next to something hidden does not become a
# word of its own by that, so masking twice is masking once.
LEFT = rf"(?<![\w{MASK}])"
RIGHT = rf"(?![\w{MASK}])"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of personal data, ``text[start:end]``; ``kind`` is one of ``KINDS``."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Finds one kind of personal data by a pattern.

    Attributes:
        kind: One of ``KINDS``.
        pattern: Its form. A group ``hidden`` is what is personal of it, otherwise all is. However
            long a text, a search takes time in proportion to it: every repeat is bounded, or
            possessive and behind a border that only one start in it can have.
        holds: What a match must also be, such as a checksum; everything holds if None.
    """

    kind: str
    pattern: re.Pattern[str]
    holds: Callable[[re.Match[str]], bool] | None = None

    def spans(self, text: str) -> Iterator[Span]:
        """What the rule finds, in order and not overlapping."""
        group = "hidden" if "hidden" in self.pattern.groupindex else 0
        position = 0
        while match := self.pattern.search(text, position):
            if self.holds is None or self.holds(match):
                yield Span(*match.span(group), self.kind)
                position = match.end()
            else:
                position = match.start() + 1


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that can only find something in a text where ``needs`` does, which is quicker to look for."""

    needs: re.Pattern[str]
    rules: tuple[Rule, ...]

    def spans(self, text: str) -> Iterator[Span]:
        """What the rules find, rule by rule."""
        if self.needs.search(text):
            for entry in self.rules:
                yield from entry.spans(text)


def rule(kind: str, pattern: str, holds: Callable[[re.Match[str]], bool] | None = None) -> Rule:
    """A rule whose pattern is written with white space and comments, whatever the case."""
    return Rule(kind, compiled(pattern), holds)


def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern written with white space and comments, whatever the case."""
    return re.compile(pattern, re.VERBOSE | re.IGNORECASE)


def before(match: re.Match[str], most: int) -> str:
    """Up to ``most`` characters before a match, none of them masked."""
    return match.string[max(0, match.start() - most) : match.start()].rpartition(MASK)[2]


def digits(text: str) -> str:
    """The digits of a text, in order."""
    return "".join(filter(str.isdecimal, text))
