"""Held-out documents that training documents give away: left out, and said so.

A text that stands on both sides of a split, or nearly so, is remembered rather than understood, and
figures on it promise too much. It is the held-out one that goes: to move it to the other side would
let what is tested decide what is learned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from training.duplicates import near_duplicates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from training.corpus import LabelledDocument


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A document of the validation or test part that is not used.

    Attributes:
        id: Its id.
        part: The part it was in.
        like: Id of the document that gives it away.
        why: In which way.
    """

    id: str
    part: str
    like: str
    why: str


def without_leaks(
    parts: Mapping[str, Sequence[LabelledDocument]], group_of: Callable[[LabelledDocument], str]
) -> tuple[dict[str, list[LabelledDocument]], list[LeftOut]]:
    """The parts without held-out documents that another part gives away.

    Validation is held against train, test against both.

    Args:
        parts: Documents by ``train``, ``validation`` and ``test``.
        group_of: Which documents belong together, as those of an author.
    """
    kept = {"train": list(parts["train"])}
    left_out: list[LeftOut] = []
    for part in ("validation", "test"):
        known = [document for documents in kept.values() for document in documents]
        found = _given_away(parts[part], known, group_of)
        left_out += [LeftOut(name, part, like, why) for name, (like, why) in found.items()]
        kept[part] = [document for document in parts[part] if document.id not in found]
    return kept, left_out


def _given_away(
    held_out: Sequence[LabelledDocument],
    known: Sequence[LabelledDocument],
    group_of: Callable[[LabelledDocument], str],
) -> dict[str, tuple[str, str]]:
    """Held-out ids, each with the document that gives it away, and how: the plainest reason."""
    pairs = near_duplicates(held_out, known)
    found = {p.held_out: (p.train, f"near-duplicate, {p.overlap:.2f}") for p in reversed(pairs)}
    found |= _shared(held_out, known, group_of, "same group")
    return found | _shared(held_out, known, _words, "same text")


def _shared(
    held_out: Iterable[LabelledDocument],
    known: Iterable[LabelledDocument],
    trait: Callable[[LabelledDocument], str],
    why: str,
) -> dict[str, tuple[str, str]]:
    owners = {trait(document): document.id for document in known}
    return {
        document.id: (owners[trait(document)], why)
        for document in held_out
        if trait(document) in owners
    }


def _words(document: LabelledDocument) -> str:
    return " ".join(document.text.casefold().split())
