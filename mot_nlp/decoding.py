"""Scores to labels: calibrated probabilities, consistent labels, merged moments."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.records import Moment, TaggedDocument
from mot_nlp.taxonomy import PIVOTAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mot_nlp.encoding import Window
    from mot_nlp.records import Document, Segment
    from mot_nlp.taxonomy import Question, Taxonomy

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
    every head takes its none label; elsewhere the touchpoint is never none.

    Args:
        taxonomy: Labels and allowed pairs.
        temperatures: Divisor of each head's scores; heads not named take 1.
    """

    def __init__(self, taxonomy: Taxonomy, temperatures: Mapping[str, float]) -> None:
        self.taxonomy = taxonomy
        self._slices = taxonomy.slices()
        self._questions, self._extras = taxonomy.questions, taxonomy.extras
        self._temperatures = {name: temperatures.get(name, 1.0) for name in taxonomy.heads}
        heads = taxonomy.heads
        self._pairs = np.array(
            [[heads["stage"].index(s), heads["moment"].index(m)] for s, m in taxonomy.pairs]
        )
        self._none = {name: head.index(head.none) for name, head in heads.items()}
        self._scores = [taxonomy.scores[label] for label in heads["sentiment"].labels]
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
        for name in [name for name in self._none if name not in chosen]:
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
        confidences = self._confidences(probabilities, chosen)
        labels = {
            name: [self.taxonomy.heads[name].labels[i] for i in chosen[name].tolist()]
            for name in _MERGED_BY
        }
        answers = {extra.name: self._answers(extra, chosen) for extra in self._extras}
        pivotal = (chosen["pivotal"] == self._pivotal).tolist()
        scored = self._lean(probabilities, chosen)
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
                answers={name: answers[name][row] for name in answers},
            )

    def _lean(
        self,
        probabilities: Mapping[str, NDArray[np.float64]],
        chosen: Mapping[str, NDArray[np.int64]],
    ) -> list[float]:
        """Sum of probability times score over the sentiments of each segment, 0 without a moment."""
        lean = np.zeros(len(chosen["stage"]))
        # One by one, as a product of matrices may round otherwise where there are more rows.
        for score, likely in zip(self._scores, probabilities["sentiment"].T, strict=True):
            lean += score * likely
        lean[chosen["stage"] == self._none["stage"]] = 0.0
        found: list[float] = lean.tolist()
        return found

    def _confidences(
        self,
        probabilities: Mapping[str, NDArray[np.float64]],
        chosen: Mapping[str, NDArray[np.int64]],
    ) -> dict[str, list[float]]:
        """Probability of what was chosen on each question; of several labels, that of the least sure."""
        sure = {
            name: np.take_along_axis(table, chosen[name][:, None], axis=1)[:, 0]
            for name, table in probabilities.items()
        }
        return {
            name: np.min([sure[head] for head in question.heads], axis=0).tolist()
            for name, question in self._questions.items()
        }

    def _answers(
        self, extra: Question, chosen: Mapping[str, NDArray[np.int64]]
    ) -> list[str] | list[tuple[str, ...]]:
        """What each segment is given on an extra question: its label, or all that hold."""
        if not extra.multiple:
            return [extra.labels[i] for i in chosen[extra.name].tolist()]
        holds = np.stack([chosen[head] != self._none[head] for head in extra.heads], axis=1)
        labels = np.array(extra.labels, dtype=object)
        return [tuple(labels[row]) for row in holds]

    def merge(self, segments: Sequence[Segment], rows: Sequence[Moment]) -> tuple[Moment, ...]:
        """Moments: runs of neighbouring segments of one turn with equal labels, none left out."""
        none = self.taxonomy.heads["stage"].none

        def run(pair: tuple[Segment, Moment]) -> tuple[object, ...]:
            return (pair[0].turn, *(pair[1].labels[name] for name in _MERGED_BY))

        merged = []
        for _, members in groupby(zip(segments, rows, strict=True), key=run):
            group = [moment for _, moment in members]
            if group[0].labels["stage"] != none:
                merged.append(_joined(group, self._extras))
        return tuple(merged)


def _joined(group: Sequence[Moment], extras: Sequence[Question]) -> Moment:
    """One moment of a run; score and confidences are means weighted by segment length."""
    first = group[0]
    if len(group) == 1:
        return first
    lengths = [member.end - member.start for member in group]
    weights = np.array(lengths, np.float64) / sum(lengths)

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
        answers={extra.name: _agreed(extra, group, lengths) for extra in extras},
    )


def _agreed(
    extra: Question, group: Sequence[Moment], lengths: Sequence[int]
) -> str | tuple[str, ...]:
    """What a run is given on an extra question.

    Of several labels all that any segment has; of one the label that most of the text is surest of:
    a segment counts for its label by its length times its confidence.
    """
    given = [member.answers[extra.name] for member in group]
    if extra.multiple:
        return tuple(label for label in extra.labels if any(label in labels for labels in given))
    weight = dict.fromkeys(extra.labels, 0.0)
    for label, member, length in zip(given, group, lengths, strict=True):
        weight[str(label)] += length * member.confidences[extra.name]
    return max(weight, key=lambda label: weight[label])
