"""Likely label errors as tasks for Label Studio: the labels as they are, and what they may have to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.labelstudio import Marked, Task, answers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from mot_nlp.taxonomy import Taxonomy
    from training.corpus import LabelledDocument

FIRST = 0.15
"""Share of the list, from the top, that is worth reading: where a tenth of the labels is wrong, most of
these stand there (benchmarks/results/flipped.md)."""

_MOST_TOLD = 6


def first(suspects: pd.DataFrame, share: float = FIRST) -> pd.DataFrame:
    """The first share of a list of suspects, rounded up.

    Args:
        suspects: What :func:`training.audit.suspects` returned.
        share: 0 to 1.
    """
    return suspects.head(-int(-len(suspects) * share // 1))


def review_tasks(
    documents: Sequence[LabelledDocument],
    doubtful: pd.DataFrame,
    taxonomy: Taxonomy,
    *,
    model: str,
) -> Iterator[Task]:
    """A task for each document with a doubtful label, the most doubtful first.

    The labels as they are stand in an annotation, and in a prediction those that the model would
    give in place of the doubtful ones. The task's notes name these. Labels that the model would give
    too, however unsure it is, are not doubted.

    Args:
        documents: The labelled documents.
        doubtful: The rows of :func:`training.audit.suspects` to look at.
        taxonomy: Labels.
        model: Name of what suggests labels.
    """
    known = {document.id: document for document in documents}
    other = doubtful[doubtful["given"] != doubtful["suggested"]]
    for doc_id, rows in other.groupby("id", sort=False):
        document = known[str(doc_id)]
        instead: dict[int, dict[str, str]] = {}
        for segment, head, label in zip(
            rows["segment"].tolist(), rows["head"], rows["suggested"], strict=True
        ):
            instead.setdefault(segment - 1, {})[head] = label
        yield Task(
            id=document.id,
            source=document.source,
            text=document.text,
            given=_marked(document, {}, taxonomy),
            suggested=_marked(document, instead, taxonomy),
            model=model,
            score=1 - float(rows["quality"].min()),
            notes={"doubtful": _told(rows)},
        )


def _marked(
    document: LabelledDocument, instead: Mapping[int, Mapping[str, str]], taxonomy: Taxonomy
) -> tuple[Marked, ...]:
    return tuple(
        Marked(segment.start, segment.end, answers({**labels, **instead.get(place, {})}, taxonomy))
        for place, (segment, labels) in enumerate(
            zip(document.segments, document.labels, strict=True)
        )
    )


def _told(rows: pd.DataFrame) -> str:
    told = [
        f"segment {row.segment}: {row.head} {row.given}, or {row.suggested}?"
        for row in rows.head(_MOST_TOLD).itertuples()
    ]
    more = len(rows) - len(told)
    return "; ".join(told) + (f"; and {more} more" if more else "")
