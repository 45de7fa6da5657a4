"""The network as an OpenVINO graph: converted from torch, and quantised to int8."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from mot_nlp.encoding import pad

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import openvino
    from numpy.typing import NDArray

    from mot_nlp.encoding import Window, WindowEncoder
    from training.corpus import LabelledDocument
    from training.model import MomentModel

CALIBRATION_WINDOWS = 200
FEED_FORWARD = r".*layer\.[012]\.output\.dense.*"
"""Second feed-forward products of the first three layers of BERT-like encoders.

Their inputs have the largest outliers: kept in single precision they cost a fifth of the speed and
halve the error of int8. In other encoders the pattern matches nothing.
"""
INPUTS = ("input_ids", "attention_mask")


class _TokenScores(nn.Module):
    """The part of the model that is exported: scores per token, two dynamic axes."""

    def __init__(self, model: MomentModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self.model.token_scores(input_ids, attention_mask)


def convert(model: MomentModel) -> openvino.Model:
    """OpenVINO graph of the model's token scores: (batch, tokens) ids and mask to scores."""
    import openvino

    example = {name: torch.ones((2, 16), dtype=torch.int64) for name in INPUTS}
    with torch.no_grad():
        graph = openvino.convert_model(_TokenScores(model.eval()), example_input=example)
    for port, name in zip(graph.inputs, INPUTS, strict=True):
        port.get_tensor().set_names({name})
    graph.reshape({name: openvino.PartialShape([-1, -1]) for name in INPUTS})
    return graph


def quantise(
    model: MomentModel,
    encoder: WindowEncoder,
    documents: Sequence[LabelledDocument],
    *,
    spare: str | None = None,
) -> openvino.Model:
    """The graph with int8 weights and activations, calibrated on windows of ``documents``.

    Every second calibration window is a single segment: int8 errs most on short texts, so they
    must be seen too.

    Args:
        model: The fitted model.
        encoder: Cuts documents into windows.
        documents: Training documents to calibrate on.
        spare: Regular expression of operations that stay in single precision.
    """
    import nncf

    windows = calibration_windows(encoder, documents, CALIBRATION_WINDOWS)

    def feed(window: Window) -> dict[str, NDArray[np.int64]]:
        ids, mask = pad([window], encoder.padding)
        return {"input_ids": ids, "attention_mask": mask}

    return nncf.quantize(
        convert(model),
        nncf.Dataset(windows, feed),
        model_type=nncf.ModelType.TRANSFORMER,
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(windows),
        ignored_scope=nncf.IgnoredScope(patterns=[spare] if spare else [], validate=False),
    )


def calibration_windows(
    encoder: WindowEncoder, documents: Sequence[LabelledDocument], count: int
) -> list[Window]:
    """Windows spread evenly over ``documents``, whole documents and single segments by turns."""
    from training.corpus import each_alone

    picked = [documents[i] for i in np.linspace(0, len(documents) - 1, count).astype(int)]
    picked[1::2] = [each_alone([document])[0] for document in picked[1::2]]
    encoded = encoder.encode([d.text for d in picked], [d.segments for d in picked])
    return [windows[0] for windows in encoded]


def save(graph: openvino.Model, path: Path) -> None:
    """Write ``path`` (XML) and the weights beside it, single-precision ones as fp16."""
    import openvino

    openvino.save_model(graph, path, compress_to_fp16=True)
