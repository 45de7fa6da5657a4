"""Labelled documents whose segment vectors tell the labels, as those of a good encoder do."""

import numpy as np

from mot_nlp.records import Segment
from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import TAXONOMY
from training.collate import label_indices
from training.corpus import LabelledDocument

TABLE = read_taxonomy(TAXONOMY)
_WORDS = (
    "late",
    "broken",
    "lovely",
    "price",
    "queue",
    "staff",
    "router",
    "friend",
    "again",
    "never",
)


def signal(documents, *, noise=0.8, size=24, seed=0):
    """Documents of 1 to 5 segments, and vectors: a direction a label, added up, and noise.

    Returns:
        The documents; vectors of their segments, (segments, size).
    """
    rng = np.random.default_rng(seed)
    directions = rng.normal(0, 1, (TABLE.width, size))
    found, vectors = [], []
    for number in range(documents):
        labels = [_labels(rng) for _ in range(rng.integers(1, 6))]
        texts = [" ".join([*rng.choice(_WORDS, 6), f"{number}.{i}"]) for i in range(len(labels))]
        starts = np.cumsum([0, *(len(text) + 1 for text in texts[:-1])]).tolist()
        found.append(
            LabelledDocument(
                id=f"d{number}", source="review", domain="", origin="own.jsonl", text=" ".join(texts),
                segments=tuple(
                    Segment(s, s + len(t), 0) for s, t in zip(starts, texts, strict=True)
                ),
                labels=tuple(labels),
                extra={"author": f"a{number // 3}"},
            )
        )  # fmt: skip
        for entry in labels:
            outputs = [
                part.start + index
                for part, index in zip(
                    TABLE.slices().values(), label_indices(entry, TABLE), strict=True
                )
            ]
            vectors.append(directions[outputs].sum(axis=0) + rng.normal(0, noise, size))
    return found, np.array(vectors, np.float32)


def _labels(rng):
    stage, moment = TABLE.pairs[rng.integers(len(TABLE.pairs) - 1)]
    touchpoints = list(TABLE.heads["touchpoint"].labels[:6])
    return {
        "stage": stage,
        "moment": moment,
        "touchpoint": str(rng.choice(touchpoints)),
        "sentiment": str(rng.choice(TABLE.heads["sentiment"].labels)),
        "pivotal": str(rng.choice(["no", "no", "yes"])),
    }
