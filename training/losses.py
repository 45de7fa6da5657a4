"""What counts as wrong: cross-entropy per head, rare labels weighing more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from training.collate import MISSING
from training.config import DistilConfig

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mot_nlp.taxonomy import Taxonomy
    from training.config import LossConfig


def class_weights(counts: NDArray[np.int64], *, power: float, cap: float) -> NDArray[np.float64]:
    """Weights of a head's labels, whose mean over the counted examples is 1.

    Args:
        counts: Examples of each label; where there is none at all, every label weighs 1.
        power: (mean count / count) is raised to this; 0 gives all ones.
        cap: Most a weight may be before it is normalised.

    >>> class_weights(np.array([90, 10]), power=0.5, cap=4.0).round(2)
    array([0.83, 2.5 ])
    """
    if not counts.any():
        return np.ones(len(counts))
    seen = np.maximum(counts, 1)
    weights = np.minimum((seen.mean() / seen) ** power, cap)
    return weights * counts.sum() / (weights * counts).sum()


class MultiHeadLoss:
    """Mean over heads of weighted cross-entropy; missing labels are left out.

    Args:
        taxonomy: Heads and where their scores stand.
        labels: All training labels, (segments, heads), ``MISSING`` where none.
        config: Weights and smoothing.
        distil: How far teachers count, where the batch holds their scores; NaN in a head's scores says
            that they do not know it.
    """

    def __init__(
        self,
        taxonomy: Taxonomy,
        labels: NDArray[np.int64],
        config: LossConfig,
        distil: DistilConfig | None = None,
    ) -> None:
        self.distil = distil or DistilConfig()
        self.slices = list(taxonomy.slices().values())
        self.smoothing = config.label_smoothing
        self.weights = []
        for column, head in enumerate(taxonomy.heads.values()):
            given = labels[:, column][labels[:, column] != MISSING]
            counts = np.bincount(given, minlength=len(head.labels))
            weights = class_weights(
                counts, power=config.class_weight_power, cap=config.class_weight_cap
            )
            self.weights.append(torch.tensor(weights, dtype=torch.float32))

    def __call__(
        self,
        outputs: Mapping[str, torch.Tensor],
        labels: torch.Tensor,
        num_items_in_batch: object = None,
    ) -> torch.Tensor:
        """Loss of a batch, in the form the transformers Trainer calls it."""
        del num_items_in_batch
        logits, soft = outputs["logits"].float(), outputs.get("soft")
        losses = []
        for column, part in enumerate(self.slices):
            loss = self._head(logits[:, part], labels[:, column], self.weights[column])
            if soft is not None and not bool(soft[:, part].isnan().any()):
                weight = self.distil.weight
                loss = (1 - weight) * loss + weight * self._divergence(
                    logits[:, part], soft[:, part]
                )
            losses.append(loss)
        return torch.stack(losses).mean()

    def _divergence(self, logits: torch.Tensor, soft: torch.Tensor) -> torch.Tensor:
        """Divergence of a head from the teachers (Hinton et al. 2015, sec. 2)."""
        heat = self.distil.temperature
        found = functional.kl_div(
            functional.log_softmax(logits / heat, dim=1),
            functional.log_softmax(soft / heat, dim=1),
            log_target=True,
            reduction="batchmean",
        )
        return found * heat**2

    def _head(
        self, logits: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor
    ) -> torch.Tensor:
        given = labels != MISSING
        if not bool(given.any()):
            return logits.sum() * 0
        total = functional.cross_entropy(
            logits[given],
            labels[given],
            weight=weights.to(logits.device),
            label_smoothing=self.smoothing,
            reduction="sum",
        )
        return total / given.sum()


def stack_labels(rows: Sequence[Sequence[Sequence[int]]]) -> NDArray[np.int64]:
    """Labels of all examples, (segments, heads)."""
    return np.array([labels for row in rows for labels in row], dtype=np.int64)
