"""The rows of a shard: each text tagged once, personal data hidden, columns ready to be written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mot_nlp.masking import mask
from mot_nlp.records import DOCUMENT_COLUMNS, moment_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mot_nlp.batch.options import Options
    from mot_nlp.records import Document, Moment, TaggedDocument
    from mot_nlp.taxonomy import Question

Columns = dict[str, list[Any]]
"""Values by column, in order."""

PIVOTAL_HEAD = "pivotal"
LABELS = ("stage", "moment", "touchpoint", "sentiment", PIVOTAL_HEAD)
"""The columns of moments whose labels are counted, beside those of extra heads."""


@dataclass(slots=True)
class Tagged:
    """What a shard gave.

    Attributes:
        moments: The rows of its moments.
        documents: The rows of its documents.
        labels: For each of ``LABELS`` and each extra head, how many moments have which.
        languages: How many documents are in which language; unknown is an empty text.
        repeated: Documents whose text another one of the shard has, and so were not tagged again.
    """

    moments: Columns
    documents: Columns
    labels: dict[str, Counter[str]] = field(
        default_factory=lambda: {name: Counter() for name in LABELS}
    )
    languages: Counter[str] = field(default_factory=Counter)
    repeated: int = 0


class Collector:
    """Gathers the rows of a shard while its distinct texts are tagged.

    Args:
        documents: The documents of the shard.
        options: What is asked for.
        extras: Questions of the model after the core ones.
    """

    def __init__(
        self, documents: Sequence[Document], options: Options, extras: Sequence[Question] = ()
    ) -> None:
        self._documents = documents
        self._options = options
        places: dict[tuple[object, ...], int] = {}
        self._places = [
            places.setdefault((found.text, found.source, found.turns), len(places))
            for found in documents
        ]
        self._uses = Counter(self._places)
        self._results: dict[int, TaggedDocument] = {}
        self._arrived = self._written = 0
        kept = options.columns.kept
        self.tagged = Tagged(
            moments={name: [] for name in (*moment_columns(extras), *kept)},
            documents={name: [] for name in (*DOCUMENT_COLUMNS, *kept)},
            repeated=len(documents) - len(places),
        )
        self.tagged.labels.update({extra.name: Counter() for extra in extras})

    @property
    def is_done(self) -> bool:
        """Whether all rows are there."""
        return self._written == len(self._documents)

    def distinct(self) -> list[Document]:
        """The first document of each text, whose results ``add`` takes in this order."""
        firsts = dict(zip(reversed(self._places), reversed(self._documents), strict=True))
        return [firsts[place] for place in range(len(firsts))]

    def add(self, results: Sequence[TaggedDocument]) -> int:
        """Take the results of the next texts in.

        Returns:
            How many documents have got their rows by that.
        """
        before = self._written
        for tagged in results:
            self._results[self._arrived] = self._masked(tagged)
            self._arrived += 1
        while not self.is_done and self._places[self._written] < self._arrived:
            self._write(self._documents[self._written], self._places[self._written])
            self._written += 1
        return self._written - before

    def _masked(self, tagged: TaggedDocument) -> TaggedDocument:
        if not self._options.mask:
            return tagged
        return replace(tagged, document=masked(tagged.document))

    def _write(self, document: Document, place: int) -> None:
        found = self._results[place]
        self._uses[place] -= 1
        if not self._uses[place]:
            del self._results[place]
        tagged = replace(found, document=replace(document, text=found.document.text))
        for row in tagged.moment_rows(all_segments=self._options.all_segments):
            _append(self.tagged.moments, row)
        for moment in tagged.moments:
            self._count(moment)
        _append(self.tagged.documents, tagged.document_row())
        self.tagged.languages[document.language or ""] += 1

    def _count(self, moment: Moment) -> None:
        for name, label in moment.labels.items():
            self.tagged.labels[name][label] += 1
        self.tagged.labels[PIVOTAL_HEAD]["true" if moment.pivotal else "false"] += 1
        for name, given in moment.answers.items():
            self.tagged.labels[name].update([given] if isinstance(given, str) else given)


def masked(document: Document) -> Document:
    """The document with personal data hidden in its text, every offset as it was."""
    return replace(document, text=mask(document.text))


def _append(columns: Columns, row: Mapping[str, Any]) -> None:
    for name, values in columns.items():
        values.append(row.get(name))
