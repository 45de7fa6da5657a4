"""Documents of all files together: ids that are unique, texts that stand there once, sound labels."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from training.contradictions import label_faults
from training.importing.marks import overlapping
from training.importing.report import Duplicate
from training.importing.tally import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mot_nlp.taxonomy import Taxonomy
    from training.importing.marks import Document
    from training.importing.tally import Tally
    from training.importing.units import Units


def gathered(documents: Iterable[Document], taxonomy: Taxonomy, tally: Tally) -> list[Document]:
    """The documents that go into the labelled file, in the order in which they were read.

    A text that came several times is kept once, with all answers, if these agree; else not at all.
    Of different texts with one id the first is kept. Units whose labels contradict the taxonomy are
    left out, and texts without a unit.
    """
    own = _with_own_id([entry for entry in documents if _has_units(entry, tally)], tally)
    by_text: dict[str, list[Document]] = defaultdict(list)
    for document in own:
        by_text[document.text].append(document)
    kept = []
    for same in by_text.values():
        merged = _merged(same, tally)
        if merged is None:
            continue
        sound = _sound(merged, taxonomy, tally)
        if _has_units(sound, tally):
            kept.append(sound)
    return kept


def _has_units(document: Document, tally: Tally) -> bool:
    if not document.units:
        tally.count("texts left out, as none of their labels can be used", _where(document))
    return bool(document.units)


def _with_own_id(documents: Sequence[Document], tally: Tally) -> list[Document]:
    """Documents but for those whose id another text has."""
    first: dict[str, Document] = {}
    kept = []
    for document in documents:
        other = first.setdefault(document.id, document)
        if other.text == document.text:
            kept.append(document)
            continue
        tally.reject(
            document.file,
            document.row,
            document.id,
            f"another text has the id {document.id!r} ({_where(other)}); give each text its own, "
            "name the column of ids with --id, or, where rows are segments of one text, the column "
            "that says which with --document",
            text=document.text,
        )
    return kept


def _merged(same: Sequence[Document], tally: Tally) -> Document | None:
    """One document of several with the same text; None where they contradict each other."""
    first = same[0]
    units: Units = {}
    for document in same:
        for span, labels in document.units.items():
            units.setdefault(span, {})
            for head, label in labels.items():
                if units[span].setdefault(head, label) != label:
                    answers = [
                        f"{other.units[span][head]} in {_where(other)}"
                        for other in same
                        if head in other.units.get(span, {})
                    ]
                    tally.clash(first, head, answers, "text", words(first, span))
                    return None
    if overlapping(list(units)):
        answers = [
            f"{', '.join(f'{start}:{end}' for start, end in document.units)} in {_where(document)}"
            for document in same
        ]
        tally.clash(first, "", answers, "text", first.text)
        return None
    extra = dict(first.extra)
    for document in same[1:]:
        tally.duplicates.append(Duplicate(first.id, _where(first), _where(document)))
        extra = {**document.extra, **extra}
    return replace(first, units=dict(sorted(units.items())), extra=extra)


def _sound(document: Document, taxonomy: Taxonomy, tally: Tally) -> Document:
    """The document without units whose labels contradict the taxonomy."""
    sound = {}
    for span, labels in document.units.items():
        faults = label_faults(labels, taxonomy)
        if faults:
            tally.reject_unit(
                document, "; ".join(faults), start=span[0], end=span[1], text=words(document, span)
            )
        else:
            sound[span] = labels
    return replace(document, units=sound)


def _where(document: Document) -> str:
    return f"{document.file}, row {document.row}"
