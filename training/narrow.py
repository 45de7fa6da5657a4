"""A narrower network: the feed-forward units that matter least are cut from every layer.

Feed-forward products are two thirds of a layer's arithmetic, and most of what a unit adds is small.
What a unit adds to its layer's output is its activation times its outgoing weights; the units that
add most in mean square over sample texts stay (as activation-aware pruning does, Sun et al. 2023).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from mot_nlp.encoding import batches, pad
from mot_nlp.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mot_nlp.encoding import Window, WindowEncoder
    from training.corpus import LabelledDocument
    from training.model import MomentModel

SAMPLE = 2000
"""Documents that are enough to rank units by."""


def narrow(
    model: MomentModel, documents: Sequence[LabelledDocument], encoder: WindowEncoder, width: int
) -> None:
    """Leave the ``width`` weightiest feed-forward units in every layer of a BERT-like encoder.

    Args:
        model: The model, changed in place.
        documents: Sample texts.
        encoder: Cuts them into the windows that the model reads.
        width: Units to keep in a layer, in their old order.

    Raises:
        InputError: The encoder is not BERT-like, or has no more units than that.
    """
    body: Any = getattr(model.encoder, "encoder", None)
    layers: Any = getattr(body, "layer", None)
    if not isinstance(layers, nn.ModuleList) or not hasattr(layers[0], "intermediate"):
        raise InputError(
            "model.feed_forward narrows BERT-like encoders; "
            f"{type(model.encoder).__name__} is none, leave it 0"
        )
    stack: list[Any] = list(layers)
    present = stack[0].intermediate.dense.out_features
    if width > present:
        raise InputError(f"model.feed_forward is {width}; the encoder has {present} units a layer")
    found = encoder.encode([d.text for d in documents], [d.segments for d in documents])
    windows = [window for own in found for window in own]
    energies = _mean_squares(model, stack, windows, encoder.padding)
    for layer, energy in zip(stack, energies, strict=True):
        outgoing = layer.output.dense.weight.detach().square().sum(dim=0)
        kept = (energy * outgoing).topk(width).indices.sort().values
        layer.intermediate.dense = _linear(
            layer.intermediate.dense.weight[kept], layer.intermediate.dense.bias[kept]
        )
        layer.output.dense = _linear(layer.output.dense.weight[:, kept], layer.output.dense.bias)
    model.encoder.config.intermediate_size = width
    model.config.encoder = {**(model.config.encoder or {}), "intermediate_size": width}


@torch.inference_mode()
def _mean_squares(
    model: MomentModel, layers: list[Any], windows: Sequence[Window], padding: int
) -> list[Tensor]:
    """For each layer, the mean square of each unit's activation over the windows' tokens."""
    sums = [torch.zeros(layer.intermediate.dense.out_features) for layer in layers]
    mask = torch.empty(0)

    def gather(place: int) -> Any:  # noqa: ANN401 - a hook of torch
        def hook(_module: nn.Module, _given: object, found: Tensor) -> None:
            sums[place] += found[mask.bool()].float().square().sum(dim=0)

        return hook

    hooks = [
        layer.intermediate.register_forward_hook(gather(place))
        for place, layer in enumerate(layers)
    ]
    training = model.training
    model.eval()
    tokens = 0
    for positions in batches(windows, token_budget=4096):
        ids, attention = pad([windows[position] for position in positions], padding)
        mask = torch.from_numpy(attention)
        model.token_scores(torch.from_numpy(ids), mask)
        tokens += int(mask.sum())
    for hook in hooks:
        hook.remove()
    model.train(training)
    return [total / tokens for total in sums]


def _linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight = nn.Parameter(weight.detach().clone())
    layer.bias = nn.Parameter(bias.detach().clone())
    return layer
