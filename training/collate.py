"""Labelled documents to training examples, and examples to padded batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from datasets import Dataset

from mot_nlp.encoding import LENGTH_STEP

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mot_nlp.encoding import WindowEncoder
    from mot_nlp.taxonomy import Taxonomy
    from training.corpus import LabelledDocument

MISSING = -100
"""Index of a label that was not given; the loss leaves it out."""


def examples(
    documents: Sequence[LabelledDocument],
    encoder: WindowEncoder,
    taxonomy: Taxonomy,
    *,
    soft: Sequence[NDArray[np.float32]] | None = None,
) -> Dataset:
    """One row a window: ``input_ids``, ``segment_ids`` (-1: context), ``labels``, ``length``.

    Args:
        documents: Labelled documents.
        encoder: Cuts them into windows.
        taxonomy: Order of heads and labels.
        soft: Teachers' scores of each document's segments; rows then hold ``soft`` too.
    """
    windows = encoder.encode([d.text for d in documents], [d.segments for d in documents])
    rows = []
    for place, (document, found) in enumerate(zip(documents, windows, strict=True)):
        labels = [label_indices(entry, taxonomy) for entry in document.labels]
        for window in found:
            owners = [-1] * len(window.ids)
            for number, piece in enumerate(window.pieces):
                owners[piece.start : piece.end] = [number] * (piece.end - piece.start)
            row = {
                "input_ids": list(window.ids),
                "segment_ids": owners,
                "labels": [labels[piece.segment] for piece in window.pieces],
                "length": len(window.ids),
            }
            if soft is not None:
                row["soft"] = soft[place][[piece.segment for piece in window.pieces]].tolist()
            rows.append(row)
    return Dataset.from_list(rows)


def label_indices(labels: dict[str, str], taxonomy: Taxonomy) -> list[int]:
    """Index of each head's label, ``MISSING`` where none was given."""
    return [
        head.index(labels[name]) if name in labels else MISSING
        for name, head in taxonomy.heads.items()
    ]


class Collator:
    """Pads examples to one length and numbers their segments through the batch.

    Args:
        padding: Id of the padding token.
    """

    def __init__(self, padding: int) -> None:
        self.padding = padding

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Tensors named as the arguments of :meth:`training.model.MomentModel.forward`."""
        longest = max(len(row["input_ids"]) for row in rows)
        length = -(-longest // LENGTH_STEP) * LENGTH_STEP
        ids = torch.full((len(rows), length), self.padding)
        mask = torch.zeros((len(rows), length), dtype=torch.long)
        owners = torch.full((len(rows), length), -1)
        labels: list[list[int]] = []
        soft: list[list[float]] = []
        for number, row in enumerate(rows):
            size = len(row["input_ids"])
            ids[number, :size] = torch.tensor(row["input_ids"])
            mask[number, :size] = 1
            owned = torch.tensor(row["segment_ids"])
            owners[number, :size] = torch.where(owned >= 0, owned + len(labels), owned)
            labels.extend(row["labels"])
            soft.extend(row.get("soft", ()))
        batch = {
            "input_ids": ids,
            "attention_mask": mask,
            "segment_ids": owners,
            "labels": torch.tensor(labels),
        }
        return batch | {"soft": torch.tensor(soft)} if soft else batch
