"""Labelled JSON Lines without stopping at faults: rows that cannot be used are set aside."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import InputError, ReadError
from mot_nlp.records import Rejected
from mot_nlp.transcripts import without_surrogates
from training.corpus import document_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence
    from pathlib import Path

    from mot_nlp.taxonomy import Taxonomy
    from training.corpus import LabelledDocument


def read_rows(
    path: Path, taxonomies: Sequence[Taxonomy], *, taken: Container[str] = ()
) -> tuple[list[LabelledDocument], list[Rejected]]:
    """Read labelled rows as ``training.corpus.read_jsonl`` does, and tell which could not be used.

    Args:
        path: JSON Lines with ``id``, ``text``, ``units`` and any other keys.
        taxonomies: What the labels may be of; a row is read by the first that it does not
            contradict.
        taken: Ids that documents of other files have already.

    Returns:
        The documents, and the rows set aside with their line and the reason. Of rows with the same
        id the first is kept.

    Raises:
        InputError: The file is missing or holds no document that can be used.
        ReadError: It is not UTF-8.
    """
    if not path.is_file():
        raise InputError(f"no labelled file at {path}; name JSON Lines with id, text and units")
    reader = _Reader(path, taxonomies, taken)
    reader.read()
    if not reader.documents:
        first = f"; the first: {reader.set_aside[0].reason}" if reader.set_aside else ""
        raise InputError(
            f"{path} holds no labelled document that can be used, of {reader.rows:,} rows{first}"
        )
    return reader.documents, reader.set_aside


@dataclass(slots=True)
class _Reader:
    """Reads the rows of one file."""

    path: Path
    taxonomies: Sequence[Taxonomy]
    taken: Container[str]
    documents: list[LabelledDocument] = field(default_factory=list)
    set_aside: list[Rejected] = field(default_factory=list)
    rows: int = 0

    def read(self) -> None:
        """Read all rows."""
        seen: set[str] = set()
        for number, line in _lines(self.path):
            self.rows += 1
            row: Any = None
            try:
                row = json.loads(line)
                document = self._document(row)
                if document.id in seen:
                    raise ValueError("another row has the same id; give each text its own")
                if document.id in self.taken:
                    raise ValueError(
                        "a document of another file has the same id; give each text its own"
                    )
            except (KeyError, TypeError, ValueError) as error:
                self._fault(number, row, error)
                continue
            seen.add(document.id)
            self.documents.append(document)

    def _fault(self, number: int, row: object, error: Exception) -> None:
        doc_id = str(row.get("id", "")) if isinstance(row, dict) else ""
        reason = f"lacks the key {error}" if isinstance(error, KeyError) else str(error)
        self.set_aside.append(Rejected(self.path.name, number, doc_id, reason))

    def _document(self, row: object) -> LabelledDocument:
        """A row as the first taxonomy that fits it reads it; the first one's objection if none."""
        checked = _checked(row)
        objections = []
        for taxonomy in self.taxonomies:
            try:
                return document_of(checked, self.path.name, taxonomy)
            except ValueError as error:
                objections.append(error)
        raise objections[0]


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, with their numbers from 1."""
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line
    except UnicodeDecodeError as error:
        raise ReadError(f"{path} is not UTF-8 text ({error}); save it as UTF-8") from error


def _checked(row: object) -> dict[str, Any]:
    """The row if it has the shape of a labelled document, its text free of lone surrogates.

    Raises:
        ValueError: It has not.
    """
    if not isinstance(row, dict):
        raise ValueError('is not a JSON object; write {"id": …, "text": …, "units": […]}')
    if not isinstance(row.get("text"), str) or not row["text"].strip():
        raise ValueError("has no text")
    units = row.get("units")
    if not isinstance(units, list) or not units:
        raise ValueError("has no labelled units")
    for unit in units:
        ends = [unit.get(end) for end in ("start", "end")] if isinstance(unit, dict) else [None]
        if not all(type(end) is int for end in ends):
            raise ValueError("has a unit without whole numbers for start and end")
    return row | {"text": without_surrogates(row["text"])}
