"""Files of labels to documents and a report of what was made of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import InputError
from mot_nlp.readers.kinds import without_suffixes
from mot_nlp.readers.opening import translated
from training.importing.assigning import YES, Assigner, key_of
from training.importing.context import Context
from training.importing.gathering import gathered
from training.importing.offsets import Offsets
from training.importing.opening import check_paths, opened
from training.importing.options import SOURCE, ImportOptions
from training.importing.report import FileRead
from training.importing.tally import Tally
from training.importing.units import UnitReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from mot_nlp.taxonomy import Question, Taxonomy
    from training.importing.marks import Document, Task
    from training.importing.report import ImportReport


def import_labels(
    paths: Iterable[Path], taxonomy: Taxonomy, options: ImportOptions | None = None
) -> tuple[list[dict[str, Any]], ImportReport]:
    """Read files of labels of any known form.

    What cannot be used is set aside row by row, or label by label, and told in the report. Labelled
    data is small next to dumps: all of it is held in memory, to find what came twice.

    Args:
        paths: Files, or folders of Argilla datasets.
        taxonomy: Our heads and labels.
        options: How to read them.

    Returns:
        Rows as ``training.corpus.read_jsonl`` reads them, and the report. There may be no rows.

    Raises:
        InputError: An option does not fit, a file does not exist, or the only one cannot be read.
    """
    options = options or ImportOptions()
    files = list(dict.fromkeys(paths))
    stems = Counter(map(_stem, files))
    check_paths(files, options.format)
    tally = Tally()
    assigner = Assigner(taxonomy, options.columns, options.renamed)
    documents: list[Document] = []
    for path in files:
        stem = _stem(path) if stems[_stem(path)] == 1 else str(path)
        context = Context(str(path), stem, options, assigner, tally)
        try:
            documents += _read(path, context)
        except InputError as error:
            if len(files) == 1:
                raise
            tally.reject(context.file, 0, "", str(error))
    kept = gathered(documents, taxonomy, tally)
    _note_unused(options, assigner, tally)
    questions = taxonomy.questions.values()
    rows = [_row(document, questions) for document in kept]
    return rows, tally.report(kept, taxonomy, assigner)


def _read(path: Path, context: Context) -> list[Document]:
    """The documents of one file; of one that ends before its time those up to there."""
    offsets = Offsets(context.options.offsets)
    reader = UnitReader(context.assigner, offsets, context.tally, context.options.majority)
    documents: list[Document] = []
    with translated(context.file), opened(path, context) as file:
        try:
            for task in _by_annotator(file.tasks, context):
                documents.append(reader.document(task))
        except InputError as error:
            if not documents:
                raise
            context.tally.reject(context.file, file.rows, "", str(error))
        context.tally.files.append(FileRead(context.file, file.form, file.rows, len(documents)))
    if hint := offsets.hint(context.file):
        context.tally.hint(hint)
    return documents


def _by_annotator(tasks: Iterator[Task], context: Context) -> Iterator[Task]:
    """Tasks with the annotations of one person alone, if only that one's count."""
    wanted = context.options.annotator
    for task in tasks:
        context.tally.annotators.update(annotation.annotator for annotation in task.annotations)
        if wanted is None:
            yield task
            continue
        own = tuple(entry for entry in task.annotations if entry.annotator == wanted)
        if own:
            yield replace(task, annotations=own)
        else:
            context.tally.skip(f"texts that {wanted} did not annotate")


def _note_unused(options: ImportOptions, assigner: Assigner, tally: Tally) -> None:
    """Tell which options met nothing, as they may be mistyped."""
    for option, name in (
        *(("--keep", name) for name in options.keep),
        *(("--column", name) for name in options.columns.values()),
        ("--group", options.group),
    ):
        if name is not None and not tally.is_used(name):
            tally.hint(f"nothing is called {name!r}, which {option} names")
    notes = assigner.notes
    met = {(head, key_of(theirs)) for head, theirs, _ in notes.read_as}
    met |= {(head, key_of(theirs)) for head, theirs in notes.passed_over}
    for head, theirs in options.renamed:
        if head != SOURCE and (head, key_of(theirs)) not in met:
            tally.hint(f"--map {head}:{theirs}=… met no such label")
    if options.annotator is not None and options.annotator not in tally.annotators:
        known = ", ".join(sorted(filter(None, tally.annotators))) or "not named"
        tally.hint(f"no label is by {options.annotator!r}; the annotators are {known}")


def _row(document: Document, questions: Iterable[Question]) -> dict[str, Any]:
    """A row of the labelled file."""
    units = [
        {"start": start, "end": end, **_answers(labels, questions)}
        for (start, end), labels in document.units.items()
    ]
    extra = {key: value for key, value in document.extra.items() if key != SOURCE}
    source = document.extra[SOURCE]
    return {"id": document.id, "source": source, **extra, "text": document.text, "units": units}


def _answers(labels: Mapping[str, str], questions: Iterable[Question]) -> dict[str, Any]:
    """Labels by question; a question of several labels is a list, if all of it is answered."""
    answers: dict[str, Any] = {}
    for question in questions:
        own = {head: labels[head] for head in question.heads if head in labels}
        if question.multiple and len(own) == len(question.heads):
            pairs = zip(question.labels, question.heads, strict=True)
            answers[question.name] = [label for label, head in pairs if labels[head] == YES]
        else:
            answers |= own
    return answers


def _stem(path: Path) -> str:
    """The name of a file without its endings, as ``reviews`` of ``reviews.csv.gz``."""
    name = without_suffixes(path.name)
    return path.stem if name == path.name else name
