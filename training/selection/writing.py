"""A selection on disk: a project for Label Studio, a sheet to label in, and the record of both."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from mot_nlp.errors import OutputError
from mot_nlp.writers import write_table
from training.labelstudio import Task, write_project

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from mot_nlp.taxonomy import Taxonomy
    from training.labelstudio import Answers
    from training.selection.choosing import Selection
    from training.selection.reading import Reading

SHEET = "sheet.csv"
RECORD = "selection.json"
PREDICTED = "predicted_"
"""Begins the name of a column with what the model says; the columns to label in are empty."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, for the record.

    Attributes:
        inputs: The files that the documents come from.
        bundle: Name of the model.
        labelled: The files with what is labelled already.
        strategy: Who takes turns.
        heads: Heads that were looked at.
        count: Documents that were wanted.
        seed: Of what is drawn.
    """

    inputs: tuple[str, ...]
    bundle: str
    labelled: tuple[str, ...]
    strategy: str
    heads: tuple[str, ...]
    count: int
    seed: int


def write_selection(
    selection: Selection,
    reading: Reading,
    asked: Asked,
    taxonomy: Taxonomy,
    folder: Path,
    *,
    suggested: Collection[str] | None = None,
) -> None:
    """Write ``config.xml``, ``tasks.json``, ``sheet.csv`` and ``selection.json``.

    Args:
        selection: What was chosen.
        reading: What reading the dump came to.
        asked: What was asked for.
        taxonomy: Labels that people are asked for.
        folder: An existing folder; files of these names are replaced.
        suggested: Questions that the model's answers are shown of; all of the taxonomy if left out.

    Raises:
        OutputError: A file cannot be written.
    """
    questions = list(taxonomy.questions)
    shown = questions if suggested is None else [name for name in questions if name in suggested]
    write_project(_tasks(selection, asked.bundle, shown), taxonomy, folder)
    columns = [
        "document", "segment", "start", "end", "text", *questions,
        *(f"{PREDICTED}{name}" for name in shown), "source", "strategy", "reason",
        "document_text",
    ]  # fmt: skip
    rows = list(_rows(selection, questions, shown))
    write_table(pd.DataFrame(rows, columns=columns), folder / SHEET)
    text = json.dumps(record(selection, reading, asked), indent=2, ensure_ascii=False) + "\n"
    try:
        (folder / RECORD).write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"{folder / RECORD} cannot be written ({error.strerror or error}); name another folder "
            "with --out"
        ) from error


def record(selection: Selection, reading: Reading, asked: Asked) -> dict[str, Any]:
    """What was chosen, from what and why, as JSON has it."""
    return {
        "inputs": list(asked.inputs),
        "bundle": asked.bundle,
        "labelled": list(asked.labelled),
        "strategy": asked.strategy,
        "heads": list(asked.heads),
        "seed": asked.seed,
        "counts": {
            "judged": reading.documents,
            "set_aside": dict(reading.set_aside),
            "near_duplicates": selection.near_duplicates,
            "candidates": selection.candidates,
            "wanted": asked.count,
            "chosen": len(selection.choices),
            "by_strategy": dict(Counter(choice.strategy for choice in selection.choices)),
        },
        "rare_labels": [
            {
                "head": wanted.head,
                "label": wanted.label,
                "count": round(wanted.count, 1),
                "total": round(wanted.total, 1),
            }
            for wanted in selection.wanted
        ],
        "documents": [
            {
                "id": choice.candidate.document.id,
                "strategy": choice.strategy,
                "reason": choice.reason,
                "doubt": round(choice.candidate.doubt, 4),
                "segments": len(choice.candidate.marked),
            }
            for choice in selection.choices
        ],
    }


def _tasks(selection: Selection, model: str, shown: Sequence[str]) -> Iterator[Task]:
    for choice in selection.choices:
        document = choice.candidate.document
        yield Task(
            id=document.id,
            source=document.source,
            text=document.text,
            suggested=tuple(
                replace(segment, answers=_only(segment.answers, shown))
                for segment in choice.candidate.marked
            ),
            model=model,
            score=choice.candidate.confidence,
            notes={"strategy": choice.strategy, "reason": choice.reason},
        )


def _only(answers: Answers, questions: Sequence[str]) -> Answers:
    return {name: answers[name] for name in questions if name in answers}


def _rows(
    selection: Selection, questions: Sequence[str], shown: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """A row a segment; the columns to label in stay empty, so that nothing counts unread."""
    for choice in selection.choices:
        document = choice.candidate.document
        for number, segment in enumerate(choice.candidate.marked, 1):
            yield {
                "document": document.id,
                "segment": number,
                "start": segment.start,
                "end": segment.end,
                "text": document.text[segment.start : segment.end],
                **dict.fromkeys(questions, ""),
                **{f"{PREDICTED}{name}": "|".join(segment.answers.get(name, ())) for name in shown},
                "source": document.source,
                "strategy": choice.strategy,
                "reason": choice.reason,
                "document_text": document.text,
            }
