"""What people marked in one text to its labelled units."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mot_nlp.errors import InputError
from training.importing.marks import Document, Mark, Span, Task, overlapping
from training.importing.tally import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.importing.assigning import Assigner
    from training.importing.marks import Annotation
    from training.importing.offsets import Offsets
    from training.importing.tally import Tally

Units = dict[Span, dict[str, str]]
"""Labels by head of each unit, by its span."""

TRIMMED = "units that lost white space at their ends"
CUTS = "units that begin or end within a word"


@dataclass(frozen=True, slots=True)
class UnitReader:
    """Makes documents of tasks; what cannot be used is set aside unit by unit.

    Attributes:
        assigner: Reads labels.
        offsets: Finds marks in the texts of one file.
        tally: Takes what is noticed.
        majority: Whether most of several annotators are believed, rather than only all of them.
    """

    assigner: Assigner
    offsets: Offsets
    tally: Tally
    majority: bool = False

    def document(self, task: Task) -> Document:
        """The text with the units that could be read; it may have none."""
        readings = [
            (annotation.annotator or f"annotator {number}", self._units(task, annotation))
            for number, annotation in enumerate(task.annotations, 1)
        ]
        units = self._agreed(task, [reading for reading in readings if reading[1]])
        return Document(
            task.file, task.row, task.id, task.text, dict(sorted(units.items())), task.extra
        )

    def _units(self, task: Task, annotation: Annotation) -> Units:
        """The units of one person."""
        marks: dict[Span, list[Mark]] = defaultdict(list)
        whole: list[Mark] = []
        told: set[tuple[str, str, str]] = set()
        where = f"{task.file}, row {task.row}"
        for mark in annotation.marks:
            try:
                place = self.offsets.place(task.text, mark)
            except InputError as error:
                fault = (repr(mark.start), repr(mark.end), str(error))
                if fault in told:
                    continue  # of one unit, each head has a mark
                told.add(fault)
                self.tally.reject_unit(
                    task, str(error), start=mark.start, end=mark.end, text=mark.quoted or ""
                )
                continue
            if mark.is_whole:
                whole.append(mark)
                continue
            marks[place.span].append(mark)
            if place.was_trimmed:
                self.tally.count(TRIMMED, where)
            if place.cuts_word:
                self.tally.count(CUTS, where)
        units = {span: self._labels(task, span, own) for span, own in marks.items()}
        labelled = {span: labels for span, labels in units.items() if labels}
        return self._with_whole(task, self._apart(task, labelled), whole)

    def _labels(self, task: Task, span: Span, marks: Sequence[Mark]) -> dict[str, str]:
        found = self.assigner.labels(marks, f"{task.file}, row {task.row}")
        for head, answers in found.clashes.items():
            self.tally.clash(task, head, answers, "label", words(task, span))
        return found.by_head

    def _apart(self, task: Task, units: Units) -> Units:
        """The units that overlap no other one."""
        both = overlapping(list(units))
        for start, end in sorted(both):
            self.tally.reject_unit(
                task,
                f"the unit {start}:{end} overlaps another one; give all heads of a segment on the "
                "same borders",
                start=start,
                end=end,
                text=words(task, (start, end)),
            )
        return {span: labels for span, labels in units.items() if span not in both}

    def _with_whole(self, task: Task, units: Units, whole: Sequence[Mark]) -> Units:
        """Units, or the whole text as one where its labels are those of all of it."""
        if not whole:
            return units
        start = len(task.text) - len(task.text.lstrip())
        span = (start, len(task.text.rstrip()))
        labels = self._labels(task, span, whole)
        if not labels or not units:
            return {span: labels} if labels else units
        self.tally.reject_unit(
            task,
            "labels of the whole text cannot stand beside labels of its segments: "
            + ", ".join(f"{head} {label}" for head, label in labels.items()),
            text=task.text,
        )
        return units

    def _agreed(self, task: Task, readings: Sequence[tuple[str, Units]]) -> Units:
        """What several people agree on; where they do not, an answer or unit is left out.

        A unit that not all of them drew stands, as who did not may have left it for later.
        """
        if len(readings) < 2:
            return readings[0][1] if readings else {}
        agreed: Units = {}
        for span in self._borders(task, readings):
            votes = [(name, units[span]) for name, units in readings if span in units]
            for head in dict.fromkeys(head for _, labels in votes for head in labels):
                answers = [(name, labels[head]) for name, labels in votes if head in labels]
                label = self._chosen([answer for _, answer in answers])
                if label is None:
                    told = [f"{answer} by {name}" for name, answer in answers]
                    self.tally.clash(task, head, told, "label", words(task, span))
                else:
                    agreed.setdefault(span, {})[head] = label
        return agreed

    def _borders(self, task: Task, readings: Sequence[tuple[str, Units]]) -> list[Span]:
        """Spans of units that do not overlap, whoever drew them."""
        drawn = Counter(span for _, units in readings for span in units)
        both = overlapping(list(drawn))
        # Two that overlap cannot both be of most people: one person's own units do not overlap.
        most = {span for span in both if self.majority and drawn[span] > len(readings) / 2}
        for span in sorted(both - most):
            who = ", ".join(name for name, units in readings if span in units)
            told = [f"{span[0]}:{span[1]} by {who}"]
            self.tally.clash(task, "", told, "unit", words(task, span))
        return sorted(drawn.keys() - (both - most))

    def _chosen(self, answers: Sequence[str]) -> str | None:
        """The answer of all, or of most where most are believed; None if there is none."""
        (label, votes), *others = Counter(answers).most_common()
        if not others or (self.majority and votes > len(answers) / 2):
            return label
        return None
