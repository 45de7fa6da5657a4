"""Files to tasks: opened as the runtime's readers do, their form told, the reader of it chosen."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import InputError, ReadError
from mot_nlp.readers import ReadNotes
from mot_nlp.readers.expanding import one_source
from mot_nlp.readers.kinds import told_by_name
from mot_nlp.readers.reading import open_table
from mot_nlp.records import Rejected
from mot_nlp.writers import undefuse
from training.importing import telling
from training.importing.argilla import RECORDS, read_argilla, span_field
from training.importing.docbin import open_docbin, read_docs
from training.importing.labelledlines import read_labelled_lines
from training.importing.labelstudio import read_label_studio, read_label_studio_min
from training.importing.prodigy import read_prodigy
from training.importing.tables import read_table, sound_rows
from training.importing.workbooks import SUFFIXES, read_sheet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mot_nlp.readers.table import Row
    from training.importing.context import Context
    from training.importing.marks import Task

_DELIMITED = ("csv", "tsv")
_CONTAINERS = (*_DELIMITED, "jsonl", "json", "parquet")
_DOCBIN = ".spacy"
_UNDEFUSED = "cells that lost the apostrophe which keeps a spreadsheet from running them"


@dataclass(slots=True)
class Opened:
    """An open file.

    Attributes:
        form: Its form, one of ``telling.FORMATS``.
        tasks: Its tasks, to be asked for once.
        rows: How many rows were read so far.
    """

    form: str
    tasks: Iterator[Task]
    rows: int = 0


def check_paths(paths: list[Path], form: str | None) -> None:
    """Refuse files that do not exist or cannot hold labels, before any is read.

    Raises:
        InputError: No file is given, or ``form`` is unknown.
        ReadError: There is no such file, or its name says that it is of another kind.
    """
    if not paths:
        raise InputError("no file is given; name files of labels")
    if form is not None and form not in telling.FORMATS:
        raise InputError(f"--format is {form!r}; give one of {', '.join(telling.FORMATS)}")
    for path in paths:
        _real(path)


@contextmanager
def opened(path: Path, context: Context) -> Iterator[Opened]:
    """A file, open as long as the context.

    Raises:
        OSError: It cannot be opened.
        ReadError: It is not what its name or form says.
        ColumnError: A column that is needed is missing.
    """
    real = _real(path)
    if real.suffix.lower() == _DOCBIN:
        docs = Opened(telling.SPACY, iter(()))
        docs.tasks = read_docs(_counted_docs(real, docs), context)
        yield docs
    elif real.suffix.lower() in SUFFIXES:
        names, rows, others = read_sheet(real, context.options.sheet)
        if others and context.options.sheet is None:
            context.tally.hint(
                f"{context.file}: only the first sheet was read, not {', '.join(map(repr, others))}; "
                "name another with --sheet"
            )
        yield _as_opened(names, rows, real, path, context)
    else:
        with open_table(one_source(real), ReadNotes()) as (table, _):
            rows = table.rows(None)
            if told_by_name(real.name)[0] in _DELIMITED:
                rows = _undefused(rows, context)
            yield _as_opened(table.names, rows, real, path, context)


def _real(path: Path) -> Path:
    """The file that holds the labels: of an Argilla dataset's folder its records.

    Raises:
        ReadError: There is none, or it is of a kind that holds no labels.
    """
    if path.is_dir():
        if (path / RECORDS).is_file():
            return path / RECORDS
        raise ReadError(
            f"{path} is a folder without {RECORDS}, so no dataset of Argilla; name the files in it"
        )
    suffix = path.suffix.lower()
    if suffix in (_DOCBIN, *SUFFIXES):
        if not path.is_file():
            raise ReadError(f"there is no file {path}; check the name and the folder")
        return path
    kind, _ = told_by_name(path.name)
    if path.exists() and kind not in _CONTAINERS:
        known = ", ".join((*_CONTAINERS, *(ending[1:] for ending in (*SUFFIXES, _DOCBIN))))
        raise ReadError(
            f"{path} has the ending of no file of labels; those that are read end in {known}; save it "
            "as one of them, or rename it"
        )
    one_source(path)
    return path


def _as_opened(
    names: list[str], rows: Iterator[Row], real: Path, path: Path, context: Context
) -> Opened:
    form = context.options.format or telling.told_by_names(names)
    found = Opened(form, iter(()))
    counted = _counted(rows, found)
    if form == telling.TABLE:
        found.tasks = read_table(names, counted, context)
        return found
    sound = sound_rows(counted, context)
    match form:
        case telling.LABELLED:
            found.tasks = read_labelled_lines(sound, context)
        case telling.LABEL_STUDIO:
            found.tasks = read_label_studio(sound, context)
        case telling.LABEL_STUDIO_MIN:
            found.tasks = read_label_studio_min(sound, context)
        case telling.ARGILLA:
            field = span_field(real.parent) if path.is_dir() else None
            found.tasks = read_argilla(sound, context, field=field)
        case telling.PRODIGY:
            found.tasks = read_prodigy(sound, context)
        case _:
            raise ReadError(
                f"{path} does not end in {_DOCBIN}, so it is no file of spaCy; rename it"
            )
    return found


def _counted(rows: Iterator[Row], found: Opened) -> Iterator[Row]:
    for row in rows:
        found.rows += row[1].rows if isinstance(row[1], Rejected) else 1
        yield row


def _counted_docs(path: Path, found: Opened) -> Iterator[Any]:
    for doc in open_docbin(path):
        found.rows += 1
        yield doc


def _undefused(rows: Iterator[Row], context: Context) -> Iterator[Row]:
    """Rows of CSV with cells as they were before a writer made them safe for spreadsheets."""
    for number, cells in rows:
        if isinstance(cells, Rejected):
            yield number, cells
            continue
        plain = {
            name: undefuse(cell) if isinstance(cell, str) else cell for name, cell in cells.items()
        }
        if plain != cells:
            context.tally.count(_UNDEFUSED, f"{context.file}, row {number}")
        yield number, plain
