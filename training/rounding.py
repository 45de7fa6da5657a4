"""Quantisation-aware fitting: what int8 will round is rounded while fitting, too.

An int8 graph rounds the inputs of every product to 256 steps between their least and their greatest
value. A network that met such noise while it was fitted keeps its answers under it; gradients pass
as if nothing were rounded (Jacob et al. 2018, sec. 3). The range is each batch's own, so that
nothing need be remembered for a fit to be resumed. Weights are left alone: rounded channel by
channel, they lose far less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from training.model import MomentModel

STEPS = 255


def round_inputs(model: MomentModel) -> None:
    """Round the inputs of every linear layer of the encoder while the model is in training mode."""
    for layer in model.encoder.modules():
        if isinstance(layer, nn.Linear):
            layer.register_forward_pre_hook(_rounded)


def _rounded(layer: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
    if not layer.training:
        return None
    values = given[0]
    low, high = values.detach().float().aminmax()
    low, high = low.clamp(max=0), high.clamp(min=0)
    scale = ((high - low) / STEPS).clamp(min=1e-8)
    zero = (-low / scale).round().to(torch.int32)
    rounded = torch.fake_quantize_per_tensor_affine(values, scale, zero, 0, STEPS)
    return (rounded, *given[1:])
