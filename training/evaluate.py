"""Figures: macro-F1 and accuracy per head, the core mean, calibration error."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from mot_nlp.decoding import Decoder, segment_scores
from mot_nlp.encoding import batches, pad
from mot_nlp.records import Document, Turn
from training.collate import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from mot_nlp.encoding import WindowEncoder
    from mot_nlp.tagger import MomentTagger
    from mot_nlp.taxonomy import Taxonomy
    from training.corpus import LabelledDocument
    from training.model import MomentModel

CORE = ("stage", "moment", "sentiment")


@dataclass(frozen=True, slots=True)
class HeadScore:
    """Quality of one head.

    Attributes:
        macro_f1: Mean F1 over the labels that occur in the gold, 0 to 1.
        accuracy: Share of right answers, 0 to 1.
        per_label: F1 of each of those labels.
        support: Gold examples of each of those labels.
    """

    macro_f1: float
    accuracy: float
    per_label: dict[str, float]
    support: dict[str, int]


def head_score(gold: NDArray[Any], predicted: NDArray[Any]) -> HeadScore:
    """Macro-F1, accuracy and F1 per label of one head, over the labels of the gold.

    >>> head_score(np.array(["a", "a", "b"]), np.array(["a", "b", "b"])).per_label
    {'a': 0.6667, 'b': 0.6667}
    """
    labels, counts = np.unique(gold, return_counts=True)
    f1 = f1_score(gold, predicted, labels=labels, average=None, zero_division=0.0)
    return HeadScore(
        macro_f1=round(float(f1.mean()), 4),
        accuracy=round(float(accuracy_score(gold, predicted)), 4),
        per_label={
            str(name): round(float(value), 4) for name, value in zip(labels, f1, strict=True)
        },
        support={str(name): int(count) for name, count in zip(labels, counts, strict=True)},
    )


def score_labels(
    gold: dict[str, NDArray[Any]], predicted: dict[str, NDArray[Any]], *, none: str = "none"
) -> dict[str, Any]:
    """Scores of all heads, and of stage, moment and sentiment taken together.

    Sentiment counts where the gold holds a moment.

    Args:
        gold: Labels by head, each of shape (segments,); an empty string is a label not given.
        predicted: The same for the prediction.
        none: The moment of segments without one.

    Returns:
        Head name to the fields of :class:`HeadScore`; ``core_mean_macro_f1`` and ``core_exact``.
    """
    result: dict[str, Any] = {}
    for head, answers in gold.items():
        keep = answers != ""
        if head == "sentiment" and "moment" in gold:
            keep &= gold["moment"] != none
        if keep.any():
            result[head] = asdict(head_score(answers[keep], predicted[head][keep]))
    if all(head in result for head in CORE):
        result["core_mean_macro_f1"] = round(
            float(np.mean([result[head]["macro_f1"] for head in CORE])), 4
        )
        same = np.logical_and.reduce([gold[head] == predicted[head] for head in CORE])
        given = np.logical_and.reduce([gold[head] != "" for head in CORE])
        if given.any():
            result["core_exact"] = round(float(same[given].mean()), 4)
    result["segments"] = len(next(iter(gold.values())))
    return result


def quick_scores(
    logits: NDArray[np.floating], labels: NDArray[np.int64], taxonomy: Taxonomy
) -> dict[str, float]:
    """Macro-F1 of each head's argmax, without decoding: what a fit reports between epochs.

    Args:
        logits: Scores, (segments, width).
        labels: Label indices, (segments, heads), ``MISSING`` where not given.
        taxonomy: Heads and where their scores stand.
    """
    out = {}
    for column, (name, part) in enumerate(taxonomy.slices().items()):
        given = labels[:, column] != MISSING
        if name == "sentiment":
            given &= labels[:, 1] != taxonomy.heads["moment"].index(taxonomy.heads["moment"].none)
        if given.any():
            gold = labels[given, column]
            out[name] = head_score(gold, logits[given, part].argmax(axis=1)).macro_f1
    out["core"] = round(float(np.mean([out[head] for head in CORE if head in out])), 4)
    return out


def gold_arrays(
    documents: Sequence[LabelledDocument], taxonomy: Taxonomy
) -> dict[str, NDArray[np.str_]]:
    """Gold labels of all segments by head, ``""`` where not given."""
    return {
        name: np.array([labels.get(name, "") for d in documents for labels in d.labels])
        for name in taxonomy.heads
    }


def chosen_arrays(scores: NDArray[np.float32], decoder: Decoder) -> dict[str, NDArray[np.str_]]:
    """Decoded labels of all segments by head.

    Args:
        scores: Raw scores, (segments, width).
        decoder: What makes them labels.
    """
    chosen = decoder.choose(decoder.probabilities(scores))
    return {
        name: np.array(head.labels)[chosen[name]] for name, head in decoder.taxonomy.heads.items()
    }


def confidences(scores: NDArray[np.float32], decoder: Decoder) -> dict[str, NDArray[np.float64]]:
    """Calibrated probability of each segment's decoded label, by head."""
    probabilities = decoder.probabilities(scores)
    chosen = decoder.choose(probabilities)
    return {
        name: np.take_along_axis(table, chosen[name][:, None], axis=1)[:, 0]
        for name, table in probabilities.items()
    }


def confusion(
    gold: dict[str, NDArray[np.str_]], predicted: dict[str, NDArray[np.str_]], taxonomy: Taxonomy
) -> dict[str, list[list[int]]]:
    """For each head, counts[gold label][predicted label] per segment, in taxonomy order.

    Of a head without gold labels all counts are 0.
    """
    out = {}
    for name, head in taxonomy.heads.items():
        given = gold[name] != ""
        table = np.zeros((len(head.labels), len(head.labels)), np.int64)
        if given.any():
            table = confusion_matrix(
                gold[name][given], predicted[name][given], labels=list(head.labels)
            )
        out[name] = table.tolist()
    return out


def as_documents(documents: Iterable[LabelledDocument]) -> list[Document]:
    """Labelled documents as the runtime reads them, with the segments' turns.

    Every line is a turn, so that segments numbered by line find theirs.
    """
    return [Document(d.id, d.text, d.source, _line_turns(d.text)) for d in documents]


def _line_turns(text: str) -> tuple[Turn, ...]:
    turns, start = [], 0
    for line in text.split("\n"):
        turns.append(Turn("", start, start + len(line), is_customer=True))
        start += len(line) + 1
    return tuple(turns)


def evaluate(
    tagger: MomentTagger, documents: Sequence[LabelledDocument], decoder: Decoder | None = None
) -> dict[str, Any]:
    """Scores of a bundle on labelled documents, on their own segments.

    Args:
        tagger: The bundle, running.
        documents: Labelled documents.
        decoder: What makes scores labels; the bundle's own where none is given.

    Returns:
        As :func:`score_labels`.
    """
    scores = tagger.scores(as_documents(documents), segments=[d.segments for d in documents])
    decoder = decoder or Decoder(tagger.taxonomy, tagger.bundle.manifest.temperatures)
    gold = gold_arrays(documents, tagger.taxonomy)
    none = tagger.taxonomy.heads["moment"].none
    return score_labels(gold, chosen_arrays(scores, decoder), none=none)


def torch_scores(
    model: MomentModel, encoder: WindowEncoder, documents: Sequence[LabelledDocument]
) -> NDArray[np.float32]:
    """Raw scores of all segments by the torch model in single precision, (segments, width).

    The other road to the runtime's answer: the same windows, but no OpenVINO in between.
    """
    windows = encoder.encode([d.text for d in documents], [d.segments for d in documents])
    flat = [window for found in windows for window in found]
    pooled: dict[int, NDArray[np.float32]] = {}
    for positions in batches(flat, token_budget=4096):
        ids, mask = pad([flat[position] for position in positions], encoder.padding)
        with torch.inference_mode():
            tokens = model.token_scores(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
        for row, position in enumerate(positions):
            pieces = flat[position].pieces
            pooled[position] = np.stack([tokens[row, p.start : p.end].mean(axis=0) for p in pieces])
    scores = (pooled[position] for position in range(len(flat)))
    return np.concatenate(
        [
            segment_scores(found, [next(scores) for _ in found], len(document.segments))
            for document, found in zip(documents, windows, strict=True)
        ]
    )
