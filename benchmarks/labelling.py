"""Gold documents, and what the model and its peers make of them unit by unit.

A gold unit takes the labels of the predicted row that covers most of its characters, none where no
row covers a third, so that any segmentation can be scored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mot_nlp.decoding import Decoder
from mot_nlp.encoding import WindowEncoder
from mot_nlp.segmentation import Segmenter
from mot_nlp.transcripts import document
from training.checkpoint import load_fitted
from training.evaluate import chosen_arrays, torch_scores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np

    from mot_nlp.records import Document, TaggedDocument
    from mot_nlp.tagger import MomentTagger
    from mot_nlp.taxonomy import Taxonomy
    from training.corpus import LabelledDocument

LEAST_COVER = 1 / 3
Predictions = list[dict[str, str]]


@dataclass(frozen=True)
class GoldSet:
    """Labelled documents to score on, with the documents as the product reads them."""

    name: str
    labelled: list[LabelledDocument]
    documents: list[Document]

    @classmethod
    def of(cls, name: str, labelled: list[LabelledDocument]) -> GoldSet:
        """Read the texts as the product does."""
        return cls(name, labelled, [document(d.id, d.text, source=d.source) for d in labelled])


def units(labelled: LabelledDocument) -> list[tuple[int, int]]:
    """Start and end of the gold units."""
    return [(unit.start, unit.end) for unit in labelled.segments]


def align(
    wanted: Sequence[tuple[int, int]],
    spans: Sequence[tuple[int, int]],
    labels: Predictions,
    none: dict[str, str],
) -> Predictions:
    """For each wanted span, the labels of the predicted row that covers most of it.

    Args:
        wanted: Start and end of what is asked about, in characters, end exclusive.
        spans: Start and end of the predicted rows.
        labels: Labels of the predicted rows.
        none: Labels where no row covers a third.
    """
    out = []
    for first, last in wanted:
        best, cover = none, (last - first) * LEAST_COVER
        for (start, end), found in zip(spans, labels, strict=True):
            overlap = min(last, end) - max(first, start)
            if overlap > 0 and overlap >= cover:
                best, cover = found, overlap
        out.append(best)
    return out


def row_labels(tagged: TaggedDocument) -> Predictions:
    """Labels of the unmerged rows of a tagged document, pivotal among them."""
    return [{**row.labels, "pivotal": "yes" if row.pivotal else "no"} for row in tagged.segments]


def by_product(tagger: MomentTagger) -> Callable[[GoldSet], list[Predictions]]:
    """The product: its own segments, read in context."""
    none = {name: head.none for name, head in tagger.taxonomy.heads.items()}

    def predict(gold: GoldSet) -> list[Predictions]:
        out = []
        for labelled, tagged in zip(gold.labelled, tagger.stream(gold.documents), strict=True):
            spans = [(row.start, row.end) for row in tagged.segments]
            out.append(align(units(labelled), spans, row_labels(tagged), none))
        return out

    return predict


def by_fit(folder: Path, taxonomy: Taxonomy) -> Callable[[GoldSet], list[Predictions]]:
    """A fitted model in torch, before it is quantised and calibrated, on the product's segments."""
    model = load_fitted(folder)
    encoder = WindowEncoder.from_file(folder / "tokenizer.json", window=model.config.window)
    decoder, segmenter = Decoder(taxonomy, {}), Segmenter()
    none = {name: head.none for name, head in taxonomy.heads.items()}

    def predict(gold: GoldSet) -> list[Predictions]:
        spans = [tuple(segmenter(doc)) for doc in gold.documents]
        cut = [
            replace(labelled, segments=own, labels=({},) * len(own))
            for labelled, own in zip(gold.labelled, spans, strict=True)
        ]
        found = chosen_arrays(torch_scores(model, encoder, cut), decoder)
        rows = iter(
            [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]
        )
        return [
            align(units(labelled), [(s.start, s.end) for s in own], [next(rows) for _ in own], none)
            for labelled, own in zip(gold.labelled, spans, strict=True)
        ]

    return predict


def by_segments(
    taxonomy: Taxonomy, label: Callable[[list[str]], dict[str, np.ndarray]]
) -> Callable[[GoldSet], list[Predictions]]:
    """A baseline that labels the product's segments one by one, out of context."""
    none = {name: head.none for name, head in taxonomy.heads.items()}
    segmenter = Segmenter()

    def predict(gold: GoldSet) -> list[Predictions]:
        spans = [segmenter(doc) for doc in gold.documents]
        texts = [
            doc.text[s.start : s.end]
            for doc, own in zip(gold.documents, spans, strict=True)
            for s in own
        ]
        found = label(texts)
        rows = iter([{name: str(found[name][i]) for name in found} for i in range(len(texts))])
        return [
            align(units(labelled), [(s.start, s.end) for s in own], [next(rows) for _ in own], none)
            for labelled, own in zip(gold.labelled, spans, strict=True)
        ]

    return predict
