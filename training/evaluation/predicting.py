"""What a bundle says of labelled segments, on their own borders or on the product's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.decoding import Decoder
from mot_nlp.errors import InputError
from mot_nlp.records import SOURCES, Document
from mot_nlp.segmentation import Segmenter
from mot_nlp.transcripts import document as as_read
from training.evaluate import as_documents, chosen_arrays, confidences
from training.evaluation.alignment import NOWHERE, align

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from mot_nlp.records import Segment
    from mot_nlp.tagger import MomentTagger
    from training.corpus import LabelledDocument


@dataclass(frozen=True, slots=True)
class Prediction:
    """Labels of segments by head, and how sure the model was of them.

    Attributes:
        labels: Decoded labels, each (segments,).
        confidences: Calibrated probability of these labels, each (segments,); NaN where a segment
            was not found by the product.
        probabilities: Calibrated probabilities of all labels, each (segments, labels).
        not_found: Segments that no segment of the product covers; they count as none.
    """

    labels: Mapping[str, NDArray[np.str_]]
    confidences: Mapping[str, NDArray[np.float64]]
    probabilities: Mapping[str, NDArray[np.float64]]
    not_found: int = 0


def predict(tagger: MomentTagger, documents: Sequence[LabelledDocument]) -> Prediction:
    """Labels of the documents' own segments.

    Args:
        tagger: The bundle, running.
        documents: Labelled documents; their labels are not looked at.
    """
    spans = [document.segments for document in documents]
    return _decoded(tagger, tagger.scores(as_documents(documents), segments=spans))


def predict_own(tagger: MomentTagger, documents: Sequence[LabelledDocument]) -> Prediction:
    """Labels of the segments that the product cuts itself, laid onto the documents' own.

    A segment takes the labels of the product's segment that covers most of it (see ``alignment``).

    Args:
        tagger: The bundle, running.
        documents: Labelled documents; their labels are not looked at.
    """
    segmenter = Segmenter()
    read = [_as_read(document) for document in documents]
    spans: list[Sequence[Segment]] = [() if d is None else tuple(segmenter(d)) for d in read]
    known = [(d, own) for d, own in zip(read, spans, strict=True) if d is not None]
    scores = tagger.scores([d for d, _ in known], segments=[own for _, own in known])
    places: list[int] = []
    offset = 0
    for document, own in zip(documents, spans, strict=True):
        found = align(_ends(document.segments), _ends(own))
        places += [place if place == NOWHERE else place + offset for place in found]
        offset += len(own)
    return _laid(_decoded(tagger, scores), np.array(places, np.int64), tagger)


def _decoded(tagger: MomentTagger, scores: NDArray[np.float32]) -> Prediction:
    decoder = Decoder(tagger.taxonomy, tagger.bundle.manifest.temperatures)
    return Prediction(
        chosen_arrays(scores, decoder), confidences(scores, decoder), decoder.probabilities(scores)
    )


def _laid(found: Prediction, places: NDArray[np.int64], tagger: MomentTagger) -> Prediction:
    """Predictions at some places; a row of none, which ``NOWHERE`` points to, ends each array."""
    heads = tagger.taxonomy.heads
    return Prediction(
        {name: np.append(found.labels[name], heads[name].none)[places] for name in heads},
        {name: np.append(found.confidences[name], np.nan)[places] for name in heads},
        {
            name: np.pad(found.probabilities[name], ((0, 1), (0, 0)), constant_values=np.nan)[places]
            for name in heads
        },
        not_found=int((places == NOWHERE).sum()),
    )  # fmt: skip


def as_product_reads(documents: Iterable[LabelledDocument]) -> list[Document]:
    """The documents with turns and customer as the product finds them, those it would take."""
    return [read for document in documents if (read := _as_read(document)) is not None]


def _as_read(document: LabelledDocument) -> Document | None:
    """The document as the product reads it; None where it would set it aside."""
    source = document.source if document.source in SOURCES else None
    try:
        return as_read(document.id, document.text, source=source)
    except InputError:
        return None


def _ends(segments: Sequence[Segment]) -> list[tuple[int, int]]:
    return [(segment.start, segment.end) for segment in segments]
