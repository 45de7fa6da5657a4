"""Labels as people wrote them to labels of the taxonomy.

Case, spaces, hyphens and underscores are forgiven, 1 and true are yes in a yes-or-no head, and a
label that only one head has needs no head's name beside it, but for yes and no, which may answer
anything. Each such reading is counted, so that it can be checked. Whatever else is unknown is left out
and counted; nothing is guessed.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mot_nlp.records import is_missing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from mot_nlp.taxonomy import Taxonomy
    from training.importing.marks import Mark

YES, NO = "yes", "no"
_TRUE, _FALSE = frozenset({"1", "true"}), frozenset({"0", "false"})
_BETWEEN_WORDS = re.compile(r"[\s_-]+")
_BETWEEN_LABELS = re.compile(r"[|;,]")
_HEAD_AND_LABEL = re.compile(r"\s*([^:=/]+?)\s*[:=/]\s*(.+)")


@dataclass(slots=True)
class Labels:
    """What came of the marks of one unit.

    Attributes:
        by_head: Labels by head.
        clashes: What was given two answers, by question or head; it is left out of ``by_head``.
    """

    by_head: dict[str, str] = field(default_factory=dict)
    clashes: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class LabelNotes:
    """What was read as what, counted.

    Attributes:
        read_as: Uses of a label that was written otherwise, by question or head, theirs and ours.
        passed_over: Uses of labels that are to be passed over, by head and theirs.
        unknown: Uses of a label that is none, by question or head (empty: any) and theirs.
        first: Where each unknown one was first met.
    """

    read_as: dict[tuple[str, str, str], int] = field(default_factory=lambda: defaultdict(int))
    passed_over: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    unknown: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    first: dict[tuple[str, str], str] = field(default_factory=dict)


def key_of(name: str) -> str:
    """What spellings of a name share that are taken for the same.

    >>> key_of("Post-purchase"), key_of(" post  purchase")
    ('post_purchase', 'post_purchase')
    """
    return _BETWEEN_WORDS.sub("_", unicodedata.normalize("NFKC", name).strip().casefold())


class Assigner:
    """Assigns labels, and counts how they were read.

    Args:
        taxonomy: Our questions and labels.
        columns: Their name of a question or head, by ours.
        renamed: Our label by head and theirs; an empty one is passed over.
    """

    def __init__(
        self,
        taxonomy: Taxonomy,
        columns: Mapping[str, str] | None = None,
        renamed: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        self.notes = LabelNotes()
        self._questions = taxonomy.questions
        labels = {name: head.labels for name, head in taxonomy.heads.items()}
        labels |= {name: question.labels for name, question in self._questions.items()}
        self._labels = labels
        self._by_key = {name: _by_key(own) for name, own in labels.items()}
        self._names = _by_key(labels)
        self._columns = {theirs: ours for ours, theirs in (columns or {}).items() if ours in labels}
        self._taken = set(self._columns.values())
        self._renamed = {
            (name, key_of(theirs)): ours
            for (name, theirs), ours in (renamed or {}).items()
            if name in labels
        }

    @property
    def questions(self) -> tuple[str, ...]:
        """Names of our questions."""
        return tuple(self._questions)

    def target(self, field: str) -> str | None:
        """The question or head that a column or control of theirs stands for, None for none."""
        if field in self._columns:
            return self._columns[field]
        found = self._names.get(key_of(field))
        # A head whose column was named has no other one.
        return None if found in self._taken else found

    def knows(self, label: str) -> bool:
        """Whether a label without a head's name beside it is told by its own name."""
        return len(self._readings(None, label)) == 1

    def readings(self, target: str, theirs: str) -> list[tuple[str, str]]:
        """All that a label may mean, by question or head; an empty ``target`` stands for any."""
        return self._readings(target or None, theirs) if target in ("", *self._labels) else []

    def denies(self, mark: Mark) -> bool:
        """Whether that the label does not hold says which one does."""
        readings = self._readings(self.target(mark.field), _text(mark.value))
        return len(readings) == 1 and self._opposite(*readings[0]) is not None

    def labels(self, marks: Iterable[Mark], where: str) -> Labels:
        """The labels of one unit.

        Args:
            marks: All that one person said of it.
            where: Where that stands, for the list of unknown labels.
        """
        given: dict[str, list[str]] = {}
        named: set[str] = set()
        doubtful: set[str] = set()
        for mark in marks:
            target = self.target(mark.field)
            values = self._values(target, mark.value)
            if values is None:
                continue
            if target is not None:
                named.add(target)
                given.setdefault(target, [])
            for value in values:
                reading = (
                    self._denied(target, value) if mark.denied else self._read(target, value, where)
                )
                if reading is None:
                    doubtful.add(target or "")
                elif reading[1] not in given.setdefault(reading[0], []):
                    given[reading[0]].append(reading[1])
        if "" in doubtful:  # a label of no named head may be of any question that was not named
            doubtful |= given.keys() - named
        return self._answered(given, doubtful)

    def unknown(self, head: str, theirs: str, where: str) -> None:
        """Count a label that is none; ``head`` is empty where the file does not say it."""
        self.notes.unknown[head, theirs] += 1
        self.notes.first.setdefault((head, theirs), where)

    def _answered(self, given: Mapping[str, list[str]], doubtful: Collection[str]) -> Labels:
        """Answers by question to labels by head, what contradicts itself apart."""
        answers: dict[str, list[str]] = defaultdict(list)
        for name, labels in given.items():
            if not self._is_several(name):
                answers[name] += labels
                continue
            question = self._questions[name]
            for label, head in zip(question.labels, question.heads, strict=True):
                if label in labels:
                    answers[head].append(YES)
                elif name not in doubtful:  # else what could not be read may be this label
                    answers[head].append(NO)
        found = Labels()
        for head, labels in answers.items():
            different = list(dict.fromkeys(labels))
            if len(different) == 1:
                found.by_head[head] = different[0]
            elif different:
                found.clashes[head] = different
        return found

    def _is_several(self, name: str | None) -> bool:
        return name in self._questions and self._questions[name].multiple

    def _values(self, target: str | None, value: object) -> list[str] | None:
        """The labels that a cell holds, none for an empty list; None where it is not answered."""
        if isinstance(value, (list, tuple)):
            values = [_text(entry) for entry in value if not is_missing(entry)]
            return values if values or self._is_several(target) else None
        if is_missing(value) or not _text(value):
            return None
        text = _text(value)
        if target is None or not self._is_several(target) or key_of(text) in self._by_key[target]:
            return [text]
        if text.startswith("["):
            try:
                return self._values(target, json.loads(text))
            except (ValueError, RecursionError):
                return [text]
        return [part.strip() for part in _BETWEEN_LABELS.split(text) if part.strip()]

    def _read(self, target: str | None, theirs: str, where: str) -> tuple[str, str] | None:
        """The question or head and our label, None if the label is unknown or passed over."""
        readings = self._readings(target, theirs)
        if len(readings) != 1:
            self.unknown(target or "", theirs, where)
            return None
        name, ours = readings[0]
        if not ours:
            self.notes.passed_over[name, theirs] += 1
            return None
        if ours != theirs:
            self.notes.read_as[name, theirs, ours] += 1
        return name, ours

    def _denied(self, target: str | None, theirs: str) -> tuple[str, str] | None:
        """What holds as a label of theirs does not, None if that cannot be told."""
        readings = self._readings(target, theirs)
        opposite = self._opposite(*readings[0]) if len(readings) == 1 else None
        if opposite is not None:
            self.notes.read_as[opposite[0], f"not {theirs}", opposite[1]] += 1
        return opposite

    def _readings(self, target: str | None, theirs: str) -> list[tuple[str, str]]:
        """All that a label may mean, our empty label if it is to be passed over."""
        key = key_of(theirs)
        if target is not None:
            ours = self._of(target, theirs, key)
            return [] if ours is None else [(target, ours)]
        mapped = [(name, ours) for (name, their), ours in self._renamed.items() if their == key]
        if mapped:
            return mapped
        head = self._names.get(key)
        if head is not None and self._is_yes_or_no(head):
            return [(head, YES)]
        named = [name for name in self._questions if not self._is_yes_or_no(name)]
        found = [
            (name, ours) for name in named if (ours := self._of(name, theirs, key)) is not None
        ]
        parts = None if found else _HEAD_AND_LABEL.fullmatch(theirs)
        head = self._names.get(key_of(parts[1])) if parts else None
        return self._readings(head, parts[2]) if parts and head else found

    def _of(self, target: str, theirs: str, key: str) -> str | None:
        """Our label of one question or head."""
        if (target, key) in self._renamed:
            return self._renamed[target, key]
        if theirs in self._labels[target]:
            return theirs
        if key not in self._by_key[target] and self._is_yes_or_no(target):
            return YES if key in _TRUE else NO if key in _FALSE else None
        return self._by_key[target].get(key)

    def _is_yes_or_no(self, name: str) -> bool:
        return set(self._labels[name]) == {YES, NO}

    def _opposite(self, name: str, label: str) -> tuple[str, str] | None:
        """What holds where ``label`` does not, if that can be told."""
        if not label:
            return None
        if self._is_several(name):
            question = self._questions[name]
            return question.heads[question.labels.index(label)], NO
        if self._is_yes_or_no(name):
            return name, NO if label == YES else YES
        return None


def _by_key(names: Iterable[str]) -> dict[str, str]:
    """Names by what their spellings share; those that share it among themselves are left out."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in names:
        found[key_of(name)].append(name)
    return {key: own[0] for key, own in found.items() if len(own) == 1}


def _text(value: object) -> str:
    """A label as text: true for True, 1 for 1.0.

    >>> _text(True), _text(2.0), _text(" Joy ")
    ('true', '2', 'Joy')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
