"""What an import tells: what was read, what was made of it, and what was set aside."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
"""Version of ``labelled.report.json``."""

_DETAILS = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\d[\d,]*""")

NOT_USED = ""
"""Role of a column or control that nothing was read from."""


@dataclass(frozen=True, slots=True)
class FileRead:
    """One file: how it was read, its rows, and the texts in them."""

    file: str
    format: str
    rows: int
    texts: int


@dataclass(frozen=True, slots=True)
class FieldUse:
    """What a column, control, question or span group of a file was used as; ``NOT_USED`` for nothing."""

    file: str
    field: str
    role: str


@dataclass(frozen=True, slots=True)
class ReadAs:
    """A label that was written otherwise: question or head, theirs, ours, and how often."""

    head: str
    theirs: str
    ours: str
    count: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """A label that is none of ours, or of several heads.

    Attributes:
        head: Question or head it was given for; empty where the file does not say.
        theirs: As it was written.
        count: How often.
        first: Where it was met first.
        heads: Heads that have such a label, where there are several.
        nearest: The known label that is spelt most alike, if any is near.
        cure: An option to paste: as it is where ``nearest`` or ``heads`` tell, else to be filled in.
    """

    head: str
    theirs: str
    count: int
    first: str
    heads: tuple[str, ...]
    nearest: str
    cure: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row, or a unit of it, that is not in the labelled file.

    Attributes:
        file: Name of the file.
        row: Row in it, from 1; 0 for the file itself.
        id: Name of the text, empty where it has none.
        reason: Why, with the cure.
        start: Where the unit begins, as it was written; None for the whole row.
        end: Where it ends.
        text: The words it is about, cut where they are long.
    """

    file: str
    row: int
    id: str
    reason: str
    start: object = None
    end: object = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Answers that contradict each other and are therefore not in the labelled file.

    Attributes:
        file: Name of the file.
        row: Row in it.
        id: Name of the text.
        head: Question or head; empty where borders of units are in conflict.
        answers: What was answered, by whom where that is known.
        left_out: What is left out for it: ``label``, ``unit`` or ``text``.
        text: The words it is about, cut where they are long.
    """

    file: str
    row: int
    id: str
    head: str
    answers: tuple[str, ...]
    left_out: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A text that stands in the files several times: where it is kept, and where it came again."""

    id: str
    kept: str
    again: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did.

    Attributes:
        files: The files.
        documents: Texts in the labelled file.
        units: Labelled units in it.
        labels: How many units have each label, by question; of a question of several labels, those
            that have none of them count as ``(none of them)``.
        missing: How many units have no answer, by question; they are masked when a model is fitted.
        fields: What each column or control was used as.
        read_as: Labels that were written otherwise.
        passed_over: Uses of labels that an option says to pass over.
        unknown: Labels that are unknown or could be of several heads; their units keep the others.
        set_aside: Rows and units that could not be used.
        conflicts: Answers that contradict each other.
        duplicates: Texts that came several times with answers that agree; they were merged.
        skipped: What holds no label and is no fault, counted by kind.
        notes: What else should be known.
    """

    files: tuple[FileRead, ...]
    documents: int
    units: int
    labels: Mapping[str, Mapping[str, int]]
    missing: Mapping[str, int]
    fields: tuple[FieldUse, ...]
    read_as: tuple[ReadAs, ...]
    passed_over: int
    unknown: tuple[Unknown, ...]
    set_aside: tuple[SetAside, ...]
    conflicts: tuple[Conflict, ...]
    duplicates: tuple[Duplicate, ...]
    skipped: Mapping[str, int]
    notes: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Whether every row and label that was given is in the labelled file."""
        return not (self.set_aside or self.conflicts or self.unknown)

    @property
    def reasons(self) -> list[tuple[str, int, SetAside]]:
        """Why rows and units were set aside, how often, and the first of each; most frequent first.

        Reasons count as one if they differ in quoted words and numbers alone.
        """
        first: dict[str, SetAside] = {}
        counts: Counter[str] = Counter()
        for entry in self.set_aside:
            kind = _kind(entry.reason)
            first.setdefault(kind, entry)
            counts[kind] += 1
        return [(first[kind].reason, count, first[kind]) for kind, count in counts.most_common()]

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON has it, with ``format``, its version."""
        return {"format": FORMAT, **asdict(self), "is_clean": self.is_clean}


def _kind(reason: str) -> str:
    """A reason without what differs from row to row.

    >>> _kind("the unit 3:9 ends after 'dead'")
    'the unit …:… ends after …'
    """
    return _DETAILS.sub("…", reason)
