"""AdamW whose learning rate falls from the heads down to the embeddings."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from training.config import FitConfig
    from training.model import MomentModel

logger = logging.getLogger(__name__)

_LAYER = re.compile(r"\.layers?\.(\d+)\.")


def optimizer(model: MomentModel, settings: FitConfig) -> torch.optim.AdamW:
    """Fused AdamW: biases and norms do not decay, lower layers learn more slowly.

    A layer learns at ``layer_decay`` times the rate of the one above it, the embeddings below the
    first layer; what a pretrained encoder knows of language at large is kept in its lower layers.

    Args:
        model: What is fitted.
        settings: Rates and decay.
    """
    depth = 1 + max(
        (int(found[1]) for name, _ in model.named_parameters() if (found := _LAYER.search(name))),
        default=-1,
    )
    fall = settings.layer_decay
    if not depth and fall < 1:
        logger.warning("this encoder has no layers that can be told apart; all learn at one rate")
        fall = 1.0
    groups: dict[tuple[int, bool], dict[str, Any]] = {}
    for name, weights in model.named_parameters():
        height, decays = _height(name, depth), weights.ndim > 1
        group = groups.setdefault(
            (height, decays),
            {
                "params": [],
                "lr": settings.learning_rate * fall ** (depth + 1 - height),
                "weight_decay": settings.weight_decay if decays else 0.0,
            },
        )
        group["params"].append(weights)
    return torch.optim.AdamW(groups.values(), lr=settings.learning_rate, fused=True)


def _height(name: str, depth: int) -> int:
    """0 for embeddings, 1 for the first layer, one over the last layer for the heads."""
    found = _LAYER.search(name)
    if found:
        return int(found[1]) + 1
    return 0 if "embeddings" in name else depth + 1
