"""What the model makes of a document: its labels, how unsure it is, and which labels are likely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.decoding import Decoder
from mot_nlp.segmentation import Segmenter
from mot_nlp.taxonomy import question_of
from training.labelstudio import Marked, answers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mot_nlp.records import Document, Segment
    from mot_nlp.tagger import MomentTagger
    from mot_nlp.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document that may be chosen, and what the model makes of it.

    Attributes:
        document: The document.
        marked: Its segments with the labels that the model gives; none where it has none.
        by_head: Normalised entropy of each head that is looked at, mean over segments, 0 to 1, (heads,).
        doubt: How unsure the model is: their mean, the heads of one question counting as one.
        likely: Greatest probability of each label over the segments, (width,).
        confidence: Mean probability of the labels given, 0 to 1.
    """

    document: Document
    marked: tuple[Marked, ...]
    by_head: NDArray[np.float64]
    doubt: float
    likely: NDArray[np.float32]
    confidence: float


class Judge:
    """Reads documents with a model.

    Args:
        tagger: The model.
        heads: Heads whose doubt counts.
    """

    def __init__(self, tagger: MomentTagger, heads: Sequence[str]) -> None:
        self.taxonomy = tagger.taxonomy
        self.heads = tuple(heads)
        self._tagger = tagger
        self._segmenter = Segmenter()
        self._decoder = Decoder(tagger.taxonomy, tagger.bundle.manifest.temperatures)
        self._weights = question_weights(self.heads)

    def __call__(
        self, documents: Sequence[Document]
    ) -> Iterator[tuple[Candidate, NDArray[np.float64]]]:
        """Judge documents together.

        Args:
            documents: A few hundred at most.

        Yields:
            Each document, judged, and how many segments of each label it is expected to have, (width,).
        """
        spans = [self._segmenter(document) for document in documents]
        scores = self._tagger.scores(documents, segments=spans)
        tables = self._decoder.probabilities(scores)
        chosen = self._decoder.choose(tables)
        likely = np.concatenate(list(tables.values()), axis=1)
        entropy = np.stack([normalised_entropy(tables[head]) for head in self.heads], axis=1)
        sure = np.mean(
            [np.take_along_axis(tables[h], chosen[h][:, None], axis=1)[:, 0] for h in tables],
            axis=0,
        )
        end = 0
        for document, segments in zip(documents, spans, strict=True):
            part = slice(end, end := end + len(segments))
            by_head = _mean(entropy[part])
            yield (
                Candidate(
                    document=document,
                    marked=tuple(_marked(segments, part.start, chosen, self.taxonomy)),
                    by_head=by_head,
                    doubt=float(by_head @ self._weights),
                    likely=likely[part].max(axis=0, initial=0.0).astype(np.float32),
                    confidence=float(_mean(sure[part])),
                ),
                likely[part].sum(axis=0),
            )


def normalised_entropy(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Entropy of each row as a share of the greatest possible, 0 (sure) to 1 (no idea), (rows,).

    Args:
        probabilities: Shape (rows, labels), each row adding up to 1.

    >>> normalised_entropy(np.array([[0.5, 0.5], [1.0, 0.0]])).tolist()
    [1.0, 0.0]
    """
    logs = np.log(probabilities, where=probabilities > 0, out=np.zeros_like(probabilities))
    entropy: NDArray[np.float64] = -(probabilities * logs).sum(axis=1)
    shares: NDArray[np.float64] = np.abs(entropy) / np.log(probabilities.shape[1])
    return shares


def question_weights(heads: Sequence[str]) -> NDArray[np.float64]:
    """Weights of heads in a mean over questions, adding up to 1, (heads,).

    >>> question_weights(["stage", "emotion.joy", "emotion.anger"]).tolist()
    [0.5, 0.25, 0.25]
    """
    questions = [question_of(head) for head in heads]
    sizes = [questions.count(question) for question in questions]
    return 1 / (np.array(sizes) * len({*questions}))


def _mean(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the first axis, 0 where it is empty."""
    mean: NDArray[np.float64] = rows.sum(axis=0) / max(len(rows), 1)
    return mean


def _marked(
    segments: Sequence[Segment],
    first: int,
    chosen: Mapping[str, NDArray[np.int64]],
    taxonomy: Taxonomy,
) -> Iterator[Marked]:
    for row, segment in enumerate(segments, first):
        labels = {
            name: head.labels[int(chosen[name][row])] for name, head in taxonomy.heads.items()
        }
        yield Marked(segment.start, segment.end, answers(labels, taxonomy))
