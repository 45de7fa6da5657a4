"""Which language a text is in, so that rows of feedback that are not English can be marked.

The n-grams of 60 languages come with ``eldc`` (code and data Apache-2.0; nothing is fetched).
The costly error is English called foreign, so a foreign language is named only where it is clear:

- An answer other than English counts if eldc calls it reliable (at least three n-grams, a score
  that is usual for the language, ahead of every other one), or if most letters are of another
  script than the Latin one, which no English text is written in.
- Anything else that is not plainly English is undecided: single words, slang ("lol no"), numbers,
  emojis, halves of two languages. Undecided rows are kept by ``--only-english``.

Languages that are nearly the same in writing can be taken for each other: Indonesian is always
told as Malay (``ms``), Bosnian and Serbian in Latin letters as Croatian (``hr``), and a short text
in Norwegian may come out as Danish. Latin, Swahili, Afrikaans and other languages beyond the 60 are
undecided or told as a neighbour. Hindi and Arabic typed in Latin letters are mostly undecided.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Protocol

from mot_nlp.errors import MotError

if TYPE_CHECKING:
    from mot_nlp.records import Document

ENGLISH = "en"
WINDOW = 1_000
"""Characters looked at in one piece; of a longer text, its start, middle and end are."""

_NOISE = re.compile(
    r"""
    (?<!\S)[^\s@]*+@\S*             # mail addresses, handles, "f@ck"
    | \b(?:https?://|www\.)\S++
    | [\x00\ud800-\udfff]           # what eldc cannot read; white space to it
    """,
    re.VERBOSE,
)
_LETTER = re.compile(r"[^\W\d_]")
_LATIN_LETTERS = re.compile(r"[A-Za-z\u00c0-\u024f]++")
# Two in a row, with the vowel signs that may follow a letter: one alone is a symbol or part of a
# face, as in "(ツ)".
_OTHER_SCRIPT = re.compile(r"(?:[^\W\d_\x00-\u024f][^\w\s\x00-\u024f]*+){2}")
_LANGUAGE_OF_SCRIPT = {
    "KHMER": "km",
    "MYANMAR": "my",
    "SINHALA": "si",
    "THAANA": "dv",
    "TIBETAN": "bo",
}
"""Scripts that eldc does not know but that name their language, by the start of their letters' names."""


class _Answer(Protocol):
    language: str
    reliable: bool


class _Identifier(Protocol):
    def detect_details(self, text: str) -> _Answer: ...


def identify(text: str) -> str | None:
    """The language that most of ``text`` is in; the same text always gives the same answer.

    Of a transcript, pass the customer's words, joined. Safe to call from many threads; the first
    call loads the n-grams.

    Args:
        text: Any text. Mail addresses, handles and links in it are not looked at.

    Returns:
        ISO 639-1 code, such as ``en``; None if the text is too short, or undecided as the module
        says. A text of more than ``WINDOW`` characters has a language if at least two of its start,
        middle and end agree on it.

    Raises:
        MotError: eldc is not installed.

    >>> identify("Leider nach zwei Wochen kaputt gegangen, nie wieder!")
    'de'
    >>> identify("gr8 phone tbh, wud buy agn"), identify("lol no")
    ('en', None)
    """
    votes = Counter(_identify_window(window) for window in _windows(text))
    language, count = votes.most_common(1)[0]
    return language if count > votes.total() // 2 else None


def is_available() -> bool:
    """Whether ``identify`` can be called; if not, languages are left unknown."""
    try:
        _identifier()
    except MotError:
        return False
    return True


def with_language(document: Document) -> Document:
    """The document with the language of its customer's words, None where that cannot be told."""
    if not is_available():
        return document
    words = (document.text[turn.start : turn.end] for turn in document.turns if turn.is_customer)
    return replace(document, language=identify("\n".join(words)))


def is_english(language: str | None) -> bool:
    """Whether ``--only-english`` keeps a text of this language: English, or undecided.

    >>> is_english(None), is_english("de")
    (True, False)
    """
    return language is None or language == ENGLISH


def _windows(text: str) -> list[str]:
    if len(text) <= WINDOW:
        return [text]
    last = len(text) - WINDOW
    return [text[start : start + WINDOW] for start in (0, last // 2, last)]


def _identify_window(window: str) -> str | None:
    words = _NOISE.sub(" ", window)
    answer = _identifier().detect_details(words)
    if answer.reliable or answer.language == ENGLISH:
        return answer.language
    if not _is_in_other_script(words):
        return None
    return _script_language(words) if answer.language == "und" else answer.language


def _is_in_other_script(words: str) -> bool:
    """Whether more than half of the letters are of other scripts than the Latin one."""
    if not _OTHER_SCRIPT.search(words):
        return False
    latin = sum(map(len, _LATIN_LETTERS.findall(words)))
    return len(_LETTER.findall(words)) > 2 * latin


def _script_language(words: str) -> str | None:
    letter = _OTHER_SCRIPT.search(words)
    name = unicodedata.name(letter[0][0], "") if letter else ""
    return _LANGUAGE_OF_SCRIPT.get(name.partition(" ")[0])


@cache
def _identifier() -> _Identifier:
    try:
        import eldc
    except ImportError as error:
        raise MotError(
            "languages are told apart by eldc, which is not installed; pip install eldc (where it "
            "has no wheel, as on Linux on ARM, that needs a C compiler)"
        ) from error
    eldc.init()
    identifier: _Identifier = eldc.instance()
    return identifier
