"""Gathers what is noticed while files are read, and makes the report of it."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from mot_nlp.records import SOURCES
from training.importing.assigning import NO, YES, key_of
from training.importing.options import SOURCE
from training.importing.report import (
    Conflict,
    Duplicate,
    FieldUse,
    FileRead,
    ImportReport,
    ReadAs,
    SetAside,
    Unknown,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mot_nlp.taxonomy import Question, Taxonomy
    from training.importing.assigning import Assigner
    from training.importing.marks import Document, Span, Task

NONE_OF_THEM = "(none of them)"
"""Count of units to which no label of a question of several labels was given."""

_LONGEST_SHOWN = 120


@dataclass(slots=True)
class Tally:
    """Notes of one import; its methods are called in the order in which things are met."""

    files: list[FileRead] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    counted: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)
    hints: list[str] = field(default_factory=list)
    annotators: set[str] = field(default_factory=set)
    _fields: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def use(self, file: str, name: str, role: str) -> None:
        """Note what a column or control is used as; it may be several things."""
        roles = self._fields.setdefault((file, name), [])
        if role and role not in roles:
            roles.append(role)

    def is_used(self, name: str) -> bool:
        """Whether a column or control of that name is used as anything, in any file."""
        return any(own == name and roles for (_, own), roles in self._fields.items())

    def reject(self, file: str, row: int, name: str, reason: str, *, text: str = "") -> None:
        """Note a row that cannot be used."""
        self.set_aside.append(SetAside(file, row, name, reason, text=shown(text)))

    def reject_unit(
        self, task: Task | Document, reason: str, *, start: object = None, end: object = None, text: str = ""
    ) -> None:  # fmt: skip
        """Note a unit that cannot be used; offsets are those of the file."""
        self.set_aside.append(
            SetAside(task.file, task.row, task.id, reason, start, end, shown(text))
        )

    def clash(
        self, task: Task | Document, head: str, answers: Sequence[str], left_out: str, text: str
    ) -> None:
        """Note answers that contradict each other."""
        told = tuple(answers)
        self.conflicts.append(
            Conflict(task.file, task.row, task.id, head, told, left_out, shown(text))
        )

    def skip(self, kind: str) -> None:
        """Count a row or answer that holds no label and is no fault."""
        self.skipped[kind] += 1

    def count(self, what: str, where: str) -> None:
        """Count something that should be known; where it was met first is told with it."""
        self.counted[what] += 1
        self.first.setdefault(what, where)

    def hint(self, told: str) -> None:
        """Note something that should be known, once."""
        if told not in self.hints:
            self.hints.append(told)

    def report(
        self, documents: Sequence[Document], taxonomy: Taxonomy, assigner: Assigner
    ) -> ImportReport:
        """The report of all that was noted and of the documents that came of it."""
        units = [labels for document in documents for labels in document.units.values()]
        questions = taxonomy.questions.values()
        notes = assigner.notes
        return ImportReport(
            files=tuple(self.files),
            documents=len(documents),
            units=len(units),
            labels={question.name: _counts(question, units) for question in questions},
            missing={question.name: _missing(question, units) for question in questions},
            fields=tuple(
                FieldUse(file, name, ", ".join(roles))
                for (file, name), roles in self._fields.items()
            ),
            read_as=tuple(ReadAs(*key, count) for key, count in sorted(notes.read_as.items())),
            passed_over=sum(notes.passed_over.values()),
            unknown=_unknown(taxonomy, assigner),
            set_aside=tuple(self.set_aside),
            conflicts=tuple(self.conflicts),
            duplicates=tuple(self.duplicates),
            skipped=dict(+self.skipped),
            notes=(*map(self._counted, self.counted), *self.hints),
        )

    def _counted(self, what: str) -> str:
        return f"{what}: {self.counted[what]:,}, the first in {self.first[what]}"


def shown(text: str) -> str:
    """The start of a text, for lists.

    >>> len(shown("x" * 500))
    120
    """
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def words(document: Task | Document, span: Span) -> str:
    """The words of a unit."""
    return document.text[span[0] : span[1]]


def _counts(question: Question, units: Sequence[Mapping[str, str]]) -> dict[str, int]:
    """Units by label; of several labels a unit may count for many."""
    if not question.multiple:
        found = Counter(labels.get(question.name) for labels in units)
        return {label: found[label] for label in question.labels}
    counts = {
        label: sum(labels.get(head) == YES for labels in units)
        for label, head in zip(question.labels, question.heads, strict=True)
    }
    none = sum(all(labels.get(head) == NO for head in question.heads) for labels in units)
    return counts | {NONE_OF_THEM: none}


def _missing(question: Question, units: Sequence[Mapping[str, str]]) -> int:
    """Units of which a head of the question has no label."""
    return sum(any(head not in labels for head in question.heads) for labels in units)


def _unknown(taxonomy: Taxonomy, assigner: Assigner) -> tuple[Unknown, ...]:
    """Unknown labels, the most frequent first, each with a cure."""
    notes = assigner.notes
    found = []
    for (head, theirs), count in sorted(notes.unknown.items(), key=lambda item: -item[1]):
        readings = assigner.readings(head, theirs)
        heads = tuple(dict.fromkeys(name for name, _ in readings))
        near_head, near = ("", "") if readings else _nearest(taxonomy, head, theirs)
        options = [f"{name}:{theirs}={ours}" for name, ours in readings]
        options = options or [f"{near_head or head or 'HEAD'}:{theirs}={near or 'LABEL'}"]
        cure = " or ".join(f"--map {shlex.quote(option)}" for option in options)
        first = notes.first[head, theirs]
        found.append(Unknown(head, theirs, count, first, heads, near, cure))
    return tuple(found)


def _nearest(taxonomy: Taxonomy, head: str, theirs: str) -> tuple[str, str]:
    """The question or head and the label that are spelt most alike, both empty if none is near."""
    places = {
        key_of(label): (name, label)
        for name in ([head] if head else reversed(taxonomy.questions))
        for label in (SOURCES if name == SOURCE else taxonomy.order(name))
    }
    near = get_close_matches(key_of(theirs), places, 1)
    return places[near[0]] if near else ("", "")
