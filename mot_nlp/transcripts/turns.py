"""Texts and lists of turns to documents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import InputError
from mot_nlp.records import SOURCES, Document, Turn
from mot_nlp.transcripts.speakers import customer_keys, is_name, is_party, key, says_service_phrase

if TYPE_CHECKING:
    from collections.abc import Sequence

POST_LENGTH = 300
"""Most characters of a text that is guessed to be a social post."""

_LINE = re.compile(r"[^\r\n]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
# White space and fractions are matched possessively: nothing that follows can start with them, and
# giving them back piece by piece would take quadratic time on a line of many blanks.
_SPEAKER = re.compile(
    r"""
    \s*+
    (?P<time>
        (?: [\[(<] \s*+ \d [\d:.,/\sTZ+APMapm-]{0,38} [\])>]
          | (?: (?: \d{4}-\d\d-\d\d | \d{1,2}[./]\d{1,2}[./]\d{2,4} ) [T,\s]\s*+ )?
            \d{1,2}:\d\d (?: :\d\d )? (?: [.,]\d++ )? (?: \s?[AaPp]\.?[Mm]\b\.? )? Z?
        ) \s*+ [-\u2013\u2014|:]? \s*+
    )?
    \*{0,2}
    (?P<name> @?[^\W\d_] [\w\s.'\u2019&/\#()+-]{0,29}? )
    (?: \s*+ [\[(] \s*+ \d [\d:.,/\sTZ+APMapm-]{0,38} [\])] )?
    \*{0,2}
    (?: :(?=\s|\*|\Z) | \uff1a
      | :(?![DPpOo]\b)(?=[^\W\d_])      # no space follows: a word, but not the smile in "thanks:D"
    )
    \*{0,2}
    """,
    re.VERBOSE,
)
_RETWEET = re.compile(r"\s*RT\b")
# Each branch starts with its rarest sign, which is found far faster than what stands before it.
_POST_MARK = re.compile(
    r"@(?<![\w.@/]@)\w{2,} | \#(?<![\w&/\#]\#)\d*[^\W\d_]\w* "
    r"| \.(?: (?<=\bpic\.)twitter\.com/ | (?<=\bt\.)co/ | (?<=\binstagram\.)com/ )",
    re.VERBOSE,
)
_COLONS = (":", "\uff1a")


@dataclass(frozen=True, slots=True)
class _Opening:
    """The start of a turn: its speaker, the start of its line and of its words."""

    speaker: str
    line: int
    words: int
    timed: bool


def guess_source(text: str) -> str:
    """What kind of text this is, one of ``SOURCES``.

    Speakers make a transcript; up to 300 characters with a handle, hashtag, retweet mark or
    picture link make a social post; anything else is a review. Of headings and names that look
    alike ("Staff: friendly", "Battery: fine") the doubtful ones are read as a review.
    """
    if _is_dialogue(text):
        return "transcript"
    is_post = len(text) <= POST_LENGTH and (_RETWEET.match(text) or _POST_MARK.search(text))
    return "social" if is_post else "review"


def parse_turns(text: str, *, customer: str | None = None) -> tuple[Turn, ...]:
    """Turns of a transcript, in order and not overlapping.

    Args:
        text: Lines ``Speaker: words``; other lines go on with the turn before.
        customer: Name of the speaker who is the customer; found by the module's rules if None.

    Returns:
        One turn a speaker line, those without words too; none only if ``text`` is blank. The
        words ``text[start:end]`` have no white space around them.
    """
    openings = _openings(text, customer)
    borders = [*(opening.line for opening in openings), len(text)]
    spans = [("", *_strip(text, 0, borders[0]))]
    spans += [
        (opening.speaker, *_strip(text, opening.words, end))
        for opening, end in zip(openings, borders[1:], strict=True)
    ]
    return _turns(text, spans if spans[0][1] < spans[0][2] else spans[1:], customer)


def document(
    id: str,  # noqa: A002 - the field's name
    text: str,
    *,
    source: str | None = None,
    customer: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Document:
    """A document of one text; lone surrogates in it become U+FFFD, one for one.

    Args:
        id: Unique name within the run.
        text: The text.
        source: One of ``SOURCES``, guessed if None.
        customer: In a transcript, the speaker who is the customer.
        extra: Columns to pass on.

    Raises:
        InputError: The text is blank, ``source`` is unknown, or no turn is the customer's.
    """
    text = without_surrogates(text)
    if not text.strip():
        raise InputError("the text is empty")
    if source is None:
        named = customer is not None and any(
            key(opening.speaker) == key(customer) for opening in _openings(text, customer)
        )
        source = "transcript" if named else guess_source(text)
    if source not in SOURCES:
        raise InputError(
            f"{source!r} is not a source; give one of {', '.join(SOURCES)}, or none to have it guessed"
        )
    if source == "transcript":
        turns = _with_customer(parse_turns(text, customer=customer), customer)
    else:
        turns = (Turn("", 0, len(text), is_customer=True),)
    return Document(id, text, source, turns, extra or {})


def document_from_turns(
    id: str,  # noqa: A002 - the field's name
    turns: Sequence[Mapping[str, Any]],
    *,
    customer: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Document:
    """A transcript of turns given one by one; its text is ``speaker: text`` joined by newlines.

    Args:
        id: Unique name within the run.
        turns: Mappings with the strings ``speaker`` and ``text``. A turn without a name
            (``speaker`` is blank) is written without the colon.
        customer: The speaker who is the customer; found by the module's rules if None.
        extra: Columns to pass on.

    Raises:
        InputError: A turn lacks a string, all are blank, or none is the customer's.
    """
    parts: list[str] = []
    spans: list[tuple[str, int, int]] = []
    position = 0
    for number, turn in enumerate(turns, start=1):
        speaker, words = (_turn_string(turn, field, number) for field in ("speaker", "text"))
        head = f"{speaker}: " if speaker.strip() else ""
        line = head + words
        start, end = _strip(line, len(head), len(line))
        spans.append((speaker.strip(), position + start, position + end))
        parts.append(line)
        position += len(line) + 1
    text = "\n".join(parts)
    if all(start == end for _, start, end in spans):
        raise InputError("the text is empty: no turn has any words")
    parsed = _with_customer(_turns(text, spans, customer), customer)
    return Document(id, text, "transcript", parsed, extra or {})


def without_surrogates(text: str) -> str:
    """``text`` with each lone surrogate, which no encoding can write, replaced by U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def _turn_string(turn: object, field: str, number: int) -> str:
    value = turn.get(field) if isinstance(turn, Mapping) else None
    if isinstance(value, str):
        return without_surrogates(value)
    came = f"its {field} is {value!r:.40}" if isinstance(turn, Mapping) else f"it is {turn!r:.40}"
    raise InputError(
        f'turn {number} cannot be used: {came}; write {{"speaker": "…", "text": "…"}}, both strings'
    )


def _openings(text: str, customer: str | None) -> list[_Opening]:
    if not any(colon in text for colon in _COLONS):
        return []
    found = []
    for line in _LINE.finditer(text):
        match = _SPEAKER.match(text, *line.span())
        if match:
            timed = match["time"] is not None
            found.append(_Opening(match["name"].strip(" *"), line.start(), match.end(), timed))
    uses = Counter(key(opening.speaker) for opening in found)
    wanted = None if customer is None else key(customer)
    return [
        opening
        for opening in found
        if (name := key(opening.speaker)) == wanted or is_name(opening.speaker, uses[name])
    ]


def _is_dialogue(text: str) -> bool:
    """Whether the speakers of ``text`` are surely speakers, not the headings of a review."""
    openings = _openings(text, None)
    if not openings:
        return False
    starts = not text[: openings[0].line].strip()
    if any(is_party(opening.speaker) for opening in openings):
        return starts or len(openings) > 2
    speakers = {key(opening.speaker) for opening in openings}
    take_turns = len(openings) > len(speakers)
    timed = all(opening.timed for opening in openings)
    return starts and len(speakers) > 1 and (take_turns or timed or says_service_phrase(text))


def _turns(
    text: str, spans: Sequence[tuple[str, int, int]], customer: str | None
) -> tuple[Turn, ...]:
    customers = customer_keys(
        [(speaker, text[start:end]) for speaker, start, end in spans], customer
    )
    return tuple(
        Turn(speaker, start, end, is_customer=key(speaker) in customers)
        for speaker, start, end in spans
    )


def _with_customer(turns: tuple[Turn, ...], customer: str | None) -> tuple[Turn, ...]:
    if any(turn.is_customer and turn.start < turn.end for turn in turns):
        return turns
    came = "" if customer is None else f" named {customer!r}"
    speakers = ", ".join(dict.fromkeys(turn.speaker for turn in turns if turn.speaker))
    raise InputError(
        f"the transcript has no customer turn{came}; its speakers are {speakers}; "
        "name the customer's with customer=/--customer"
    )


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without the white space around it, empty at ``start`` if there is nothing else."""
    words = text[start:end]
    stripped = words.strip()
    if not stripped:
        return start, start
    start += len(words) - len(words.lstrip())
    return start, start + len(stripped)
