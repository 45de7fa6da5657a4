"""Scores to labels: calibrated probabilities, consistent labels, merged moments."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.records import Moment, TaggedDocument
from mot_nlp.taxonomy import PIVOTAL, POLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mot_nlp.encoding import Window
    from mot_nlp.records import Document, Segment
    from mot_nlp.taxonomy import Taxonomy

_MERGED_BY = ("stage", "moment", "touchpoint", "sentiment")


def segment_scores(
    windows: Sequence[Window], scores: Sequence[NDArray[np.float32]], n_segments: int
) -> NDArray[np.float32]:
    """Scores of a document's segments, the pieces of a long one averaged by their tokens.

    Args:
        windows: The document's windows.
        scores: Scores of each window's pieces, each (pieces, width).
        n_segments: Number of segments of the document.

    Returns:
        Shape (segments, width).
    """
    totals = np.zeros((n_segments, scores[0].shape[1]), np.float32)
    tokens = np.zeros((n_segments, 1), np.float32)
    for window, rows in zip(windows, scores, strict=True):
        for piece, row in zip(window.pieces, rows, strict=True):
            size = np.float32(piece.end - piece.start)
            totals[piece.segment] += row * size
            tokens[piece.segment] += size
    return (totals / np.maximum(tokens, 1)).astype(np.float32)


def softmax(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Probabilities along the last axis."""
    shifted = scores.astype(np.float64) - scores.max(axis=-1, keepdims=True)
    weights = np.exp(shifted)
    return weights / weights.sum(axis=-1, keepdims=True)


class Decoder:
    """Turns segment scores into labels that fit together.

    Stage and moment are the allowed pair of highest joint probability. Where the stage is none,
    everything is none, neutral and not pivotal; elsewhere the touchpoint is never none.

    Args:
        taxonomy: Labels and allowed pairs.
        temperatures: Divisor of each head's scores; heads not named take 1.
    """

    def __init__(self, taxonomy: Taxonomy, temperatures: Mapping[str, float]) -> None:
        self.taxonomy = taxonomy
        self._slices = taxonomy.slices()
        self._temperatures = {name: temperatures.get(name, 1.0) for name in taxonomy.heads}
        heads = taxonomy.heads
        self._pairs = np.array(
            [[heads["stage"].index(s), heads["moment"].index(m)] for s, m in taxonomy.pairs]
        )
        self._none = {name: head.index(head.none) for name, head in heads.items()}
        self._negative, self._positive = (heads["sentiment"].index(pole) for pole in POLES)
        self._pivotal = heads["pivotal"].index(PIVOTAL)

    def probabilities(self, scores: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
        """Calibrated probabilities of each head's labels, each (segments, labels)."""
        return {
            name: softmax(scores[:, part] / self._temperatures[name])
            for name, part in self._slices.items()
        }

    def choose(
        self, probabilities: Mapping[str, NDArray[np.float64]]
    ) -> dict[str, NDArray[np.int64]]:
        """Indices of labels that fit together, each (segments,)."""
        joint = (
            probabilities["stage"][:, self._pairs[:, 0]]
            * probabilities["moment"][:, self._pairs[:, 1]]
        )
        best = self._pairs[joint.argmax(axis=1)]
        chosen = {"stage": best[:, 0], "moment": best[:, 1]}
        is_none = chosen["stage"] == self._none["stage"]
        for name in ("touchpoint", "sentiment", "pivotal"):
            likely = probabilities[name].copy()
            if name == "touchpoint":
                likely[:, self._none[name]] = -1.0
            chosen[name] = np.where(is_none, self._none[name], likely.argmax(axis=1))
        return chosen

    def tag(
        self,
        documents: Sequence[Document],
        segments: Sequence[Sequence[Segment]],
        scores: NDArray[np.float32],
    ) -> list[TaggedDocument]:
        """Label the segments of several documents and merge them into moments.

        Args:
            documents: The documents.
            segments: Their segments.
            scores: Scores of all these segments, one after another, (all segments, width).
        """
        rows = iter(self._rows(documents, segments, scores))
        tagged = []
        for document, spans in zip(documents, segments, strict=True):
            own = tuple(next(rows) for _ in spans)
            tagged.append(TaggedDocument(document, own, self.merge(spans, own)))
        return tagged

    def _rows(
        self,
        documents: Sequence[Document],
        segments: Sequence[Sequence[Segment]],
        scores: NDArray[np.float32],
    ) -> Iterator[Moment]:
        probabilities = self.probabilities(scores)
        chosen = self.choose(probabilities)
        sentiment = probabilities["sentiment"]
        lean = sentiment[:, self._positive] - sentiment[:, self._negative]
        lean[chosen["stage"] == self._none["stage"]] = 0.0
        confidences = {
            name: np.take_along_axis(table, chosen[name][:, None], axis=1)[:, 0].tolist()
            for name, table in probabilities.items()
        }
        labels = {
            name: [self.taxonomy.heads[name].labels[i] for i in chosen[name].tolist()]
            for name in _MERGED_BY
        }
        pivotal = (chosen["pivotal"] == self._pivotal).tolist()
        scored = lean.tolist()
        located = (
            (document, segment)
            for document, spans in zip(documents, segments, strict=True)
            for segment in spans
        )
        for row, (document, segment) in enumerate(located):
            yield Moment(
                start=segment.start,
                end=segment.end,
                speaker=document.turns[segment.turn].speaker,
                labels={name: labels[name][row] for name in _MERGED_BY},
                pivotal=pivotal[row],
                sentiment_score=scored[row],
                confidences={name: confidences[name][row] for name in confidences},
                n_segments=1,
            )

    def merge(self, segments: Sequence[Segment], rows: Sequence[Moment]) -> tuple[Moment, ...]:
        """Moments: runs of neighbouring segments of one turn with equal labels, none left out."""
        none = self.taxonomy.heads["stage"].none

        def run(pair: tuple[Segment, Moment]) -> tuple[object, ...]:
            return (pair[0].turn, *(pair[1].labels[name] for name in _MERGED_BY))

        merged = []
        for _, members in groupby(zip(segments, rows, strict=True), key=run):
            group = [moment for _, moment in members]
            if group[0].labels["stage"] != none:
                merged.append(_joined(group))
        return tuple(merged)


def _joined(group: Sequence[Moment]) -> Moment:
    """One moment of a run; score and confidences are means weighted by segment length."""
    first = group[0]
    if len(group) == 1:
        return first
    lengths = np.array([member.end - member.start for member in group], np.float64)
    weights = lengths / lengths.sum()

    def mean(values: list[float]) -> float:
        return float(weights @ np.array(values))

    return Moment(
        start=first.start,
        end=group[-1].end,
        speaker=first.speaker,
        labels=first.labels,
        pivotal=any(member.pivotal for member in group),
        sentiment_score=mean([member.sentiment_score for member in group]),
        confidences={
            name: mean([member.confidences[name] for member in group]) for name in first.confidences
        },
        n_segments=len(group),
    )
