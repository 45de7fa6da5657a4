"""Small labelled documents for splits, folds and heads: made here, read from nowhere."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, Any

from mot_nlp.records import Segment
from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import TAXONOMY
from training.corpus import LabelledDocument

if TYPE_CHECKING:
    from collections.abc import Sequence

TAXONOMY_READ = read_taxonomy(TAXONOMY)
LABELS = {
    "stage": "post_purchase", "moment": "smot", "touchpoint": "product", "sentiment": "positive",
    "pivotal": "no",
}  # fmt: skip
_WORDS = [a + b for a, b in itertools.product(("ka", "lo", "mi", "ru", "te"), ("ba", "do", "fi"))]


def document(
    name: str,
    text: str = "",
    *,
    labels: Sequence[dict[str, str]] = (LABELS,),
    **extra: Any,
) -> LabelledDocument:
    """A document of as many segments as labels; its text differs from any other's unless given."""
    words = random.Random(name).choices(_WORDS, k=12 * len(labels))
    text = text or " ".join(words)
    size = len(text) // len(labels)
    segments = tuple(Segment(n * size, (n + 1) * size, 0) for n in range(len(labels)))
    return LabelledDocument(
        name, "review", "", "own.jsonl", text, segments, tuple(labels), extra=extra
    )


def documents(count: int, **extra: Any) -> list[LabelledDocument]:
    """Documents ``d0`` … with the same further keys."""
    return [document(f"d{number}", **extra) for number in range(count)]
