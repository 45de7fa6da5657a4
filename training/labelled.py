"""Own labelled rows: read without stopping at faults, and written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mot_nlp.writers.whole import write_whole
from training.reading import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mot_nlp.records import Rejected
    from mot_nlp.taxonomy import Taxonomy
    from training.corpus import LabelledDocument


def read_labelled(
    paths: Iterable[Path], taxonomy: Taxonomy, *, taken: Iterable[str] = ()
) -> tuple[list[LabelledDocument], list[Rejected]]:
    """Read labelled JSON Lines; rows that cannot be used are set aside.

    Args:
        paths: Files as ``training.corpus.read_jsonl`` reads them.
        taxonomy: Labels.
        taken: Ids that other documents have already.

    Returns:
        The documents, and what was set aside with the reason. Of documents with the same id the
        first is kept.

    Raises:
        InputError: A file is missing or holds nothing that can be used.
        ReadError: It is not UTF-8.
    """
    documents: list[LabelledDocument] = []
    set_aside: list[Rejected] = []
    seen = set(taken)
    for path in paths:
        found, faulty = read_rows(path, [taxonomy], taken=seen)
        documents += found
        set_aside += faulty
        seen |= {document.id for document in found}
    return documents, set_aside


def as_row(document: LabelledDocument) -> dict[str, Any]:
    """A document as a row of labelled JSON Lines, which reads back as the same document."""
    return {
        "id": document.id,
        "source": document.source,
        "domain": document.domain,
        "repo": document.origin,
        "licence": document.licence,
        **document.extra,
        "text": document.text,
        "units": [
            {"start": segment.start, "end": segment.end, **labels}
            for segment, labels in zip(document.segments, document.labels, strict=True)
        ],
    }


def write_rows(rows: Iterable[dict[str, Any]], path: Path) -> None:
    """Write JSON Lines.

    Raises:
        OutputError: The file cannot be written.
    """
    write_whole(path, (json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
