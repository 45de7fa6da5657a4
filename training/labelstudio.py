"""Projects for Label Studio: the labelling interface of a taxonomy, and tasks with labels in place.

How a segment is written, here and in what Label Studio exports back:

- A segment is a region: a result of type ``labels`` with ``from_name`` ``segment``, ``to_name``
  ``text`` and the label ``segment``. It says where the segment is and nothing else.
- Each question answered of it is a result of type ``choices`` with the region's ``id``, ``start``
  and ``end``; its ``from_name`` is the name of the question and ``choices`` lists its labels. Of a
  question of several labels, ``NONE_OF_THESE`` alone says that none holds; without a result it was
  not answered.
- ``start`` and ``end`` count characters (Unicode code points) of ``data.text``, end exclusive.
- ``data`` holds ``id``, ``source`` and ``text`` of the document, and whatever notes it was given.

Format: https://labelstud.io/guide/predictions and https://labelstud.io/guide/task_format.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from mot_nlp.errors import OutputError, TaxonomyError
from mot_nlp.taxonomy.labels import YES
from mot_nlp.writers.base import PART

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from mot_nlp.taxonomy import Question, Taxonomy

SEGMENT = "segment"
"""Name of the control that marks segments, and its only label."""

TEXT = "text"
"""Name of the text that is labelled."""

NONE_OF_THESE = "(none of these)"
"""Choice of a question of several labels where none holds; no label can be called so."""

CONFIG = "config.xml"
TASKS = "tasks.json"

Answers = dict[str, tuple[str, ...]]
"""Labels of a segment by question: one label, or several, or none where none of several holds."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A segment with its answers.

    Attributes:
        start: First character in the text.
        end: End, exclusive.
        answers: Labels by question; questions left out are not answered.
    """

    start: int
    end: int
    answers: Answers


@dataclass(frozen=True, slots=True)
class Task:
    """A document to be labelled.

    Attributes:
        id: Id of the document.
        source: review, social or transcript.
        text: The text that offsets count in.
        suggested: Segments as a model reads them; shown as a prediction.
        given: Segments as they are labelled; shown as an annotation. None where nobody has.
        model: Name of the model that suggests.
        score: How sure it is, 0 to 1.
        notes: What else to tell, by name; it stands in columns of the project's list of tasks.
    """

    id: str
    source: str
    text: str
    suggested: tuple[Marked, ...]
    given: tuple[Marked, ...] | None = None
    model: str = ""
    score: float = 0.0
    notes: Mapping[str, str] = field(default_factory=dict)


def answers(labels: Mapping[str, str], taxonomy: Taxonomy) -> Answers:
    """Labels by head as answers by question; a question counts if all its heads have a label.

    The inverse of :func:`mot_nlp.taxonomy.head_labels`.
    """
    found: Answers = {}
    for name, question in taxonomy.questions.items():
        own = [labels.get(head) for head in question.heads]
        if question.multiple and None not in own:
            pairs = zip(question.labels, own, strict=True)
            found[name] = tuple(label for label, answer in pairs if answer == YES)
        elif not question.multiple and own[0]:
            found[name] = (own[0],)
    return found


def labelling_config(taxonomy: Taxonomy) -> str:
    """The labelling interface of a taxonomy, as XML to paste into a project's settings.

    Segments are marked in the text; whoever selects one is asked every question of it. What labels
    mean shows as a hint over each and in a panel that unfolds.

    Raises:
        TaxonomyError: A head has the name that stands for segments.
    """
    if SEGMENT in taxonomy.questions:
        raise TaxonomyError(
            f"a head is called {SEGMENT!r}, which is what Label Studio's regions are called here; "
            "rename the head"
        )
    view = ElementTree.Element("View")
    labels = _tag(view, "Labels", name=SEGMENT, toName=TEXT)
    _tag(labels, "Label", value=SEGMENT, background="#3f8fc4")
    _tag(view, "Text", name=TEXT, value="$text", granularity="word")
    asked = _tag(view, "View", visibleWhen="region-selected")
    for question in taxonomy.questions.values():
        _ask(asked, question)
    if any(question.definitions for question in taxonomy.questions.values()):
        panel = _tag(_tag(view, "Collapse"), "Panel", value="What the labels mean")
        for question in taxonomy.questions.values():
            for label, meaning in question.definitions.items():
                _tag(panel, "Header", size="6", value=f"{question.name} · {label}: {meaning}")
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode") + "\n"


def _ask(parent: ElementTree.Element, question: Question) -> None:
    _tag(parent, "Header", size="5", value=question.name)
    choices = _tag(
        parent, "Choices", name=question.name, toName=TEXT, perRegion="true",
        choice="multiple" if question.multiple else "single-radio", showInline="true",
    )  # fmt: skip
    for label in question.labels:
        meaning = question.definitions.get(label)
        _tag(choices, "Choice", value=label, **({"hint": meaning} if meaning else {}))
    if question.multiple:
        _tag(choices, "Choice", value=NONE_OF_THESE)


def _tag(parent: ElementTree.Element, kind: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, kind, attributes)


def as_json(task: Task) -> dict[str, Any]:
    """A task as Label Studio imports it.

    Carriage returns in the text become spaces, one for one: a browser drops them, and offsets would
    move.
    """
    text = task.text.replace("\r", " ")
    row: dict[str, Any] = {
        "data": {**task.notes, "id": task.id, "source": task.source, "text": text},
        "predictions": [
            {
                "model_version": task.model,
                "score": round(task.score, 4),
                "result": _results(task.suggested, text),
            }
        ],
    }
    if task.given is not None:
        row["annotations"] = [{"result": _results(task.given, text)}]
    return row


def _results(segments: Sequence[Marked], text: str) -> list[dict[str, Any]]:
    """A region a segment, each followed by its answers."""
    rows = []
    for number, segment in enumerate(segments, 1):
        place = {
            "start": segment.start,
            "end": segment.end,
            "text": text[segment.start : segment.end],
        }
        told = [(SEGMENT, "labels", [SEGMENT])]
        told += [
            (question, "choices", list(labels) or [NONE_OF_THESE])
            for question, labels in segment.answers.items()
        ]
        rows += [
            {
                "id": f"segment-{number}",
                "from_name": name,
                "to_name": TEXT,
                "type": kind,
                "value": place | {kind: labels},
            }
            for name, kind, labels in told
        ]
    return rows


def write_project(tasks: Iterable[Task], taxonomy: Taxonomy, folder: Path) -> int:
    """Write ``config.xml`` and ``tasks.json``, a task at a time; returns the number of tasks.

    Args:
        tasks: The tasks, as they come.
        taxonomy: What is asked.
        folder: An existing folder; files of these names are replaced at the end.

    Raises:
        TaxonomyError: A head has a name that cannot be used there.
        OutputError: A file cannot be written.
    """
    config = labelling_config(taxonomy)
    count = 0
    part = folder / f"{TASKS}{PART}"
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write("[")
            for count, task in enumerate(tasks, 1):
                file.write("\n" if count == 1 else ",\n")
                file.write(json.dumps(as_json(task), ensure_ascii=False))
            file.write("\n]\n")
        (folder / CONFIG).write_text(config, encoding="utf-8")
        part.replace(folder / TASKS)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise OutputError(
            f"{folder / TASKS} cannot be written ({error.strerror or error}); check the folder's "
            "permissions and free space, or name another with --out"
        ) from error
    return count
