"""How fast these cores multiply matrices at best, and what that allows a model at most.

The peak is measured with the same engine, on products of the encoder's own sizes one after another
and nothing in between but their rounding. A model's ceiling is that peak over the operations of its
matrix products on the tokens of the texts, padding not counted: what is left is overhead.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import numpy as np
import openvino
from openvino import opset13 as ops

from mot_nlp.cores import available_cores

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mot_nlp.encoding import Window

TOKENS = 512
"""Rows of a product: as many as the tokens of a batch."""

_CHAIN = 8
_REQUESTS = 60
_ROUNDS = 5


def peak(hidden: int, inner: int, *, precision: str) -> float:
    """Operations a second of all cores, multiplications and additions counted, median of rounds.

    Args:
        hidden: Width of the encoder.
        inner: Width of its feed-forward layers.
        precision: ``int8``, ``bf16`` or ``fp32``.
    """
    rng = np.random.default_rng(0)
    given = ops.parameter([1, TOKENS, hidden], np.float32)
    node, width = given, hidden
    for number in range(_CHAIN):
        wanted = inner if number % 2 == 0 else hidden
        weights = ops.constant(rng.normal(0, 0.05, (wanted, width)).astype(np.float32))
        if precision == "int8":
            node, weights = _rounded(node, 4.0, levels=256), _rounded(weights, 0.2, levels=255)
        node, width = ops.matmul(node, weights, False, True), wanted
    model = openvino.Model([ops.result(node)], [given], "chain")
    seconds = _seconds(model, precision, rng.normal(size=(1, TOKENS, hidden)).astype(np.float32))
    return 2 * TOKENS * hidden * inner * _CHAIN * _REQUESTS / seconds


def operations(network: Mapping[str, int], windows: Iterable[Window]) -> float:
    """Operations of a BERT-like encoder's products on these windows without their padding.

    Args:
        network: ``num_hidden_layers``, ``hidden_size``, ``intermediate_size``.
        windows: What is read.
    """
    layers, hidden = network["num_hidden_layers"], network["hidden_size"]
    weights = layers * (4 * hidden**2 + 2 * hidden * network["intermediate_size"])
    mixing = layers * 2 * hidden
    lengths = [len(window.ids) for window in windows]
    return 2.0 * sum(weights * length + mixing * length**2 for length in lengths)


def _rounded(node: openvino.Node, bound: float, *, levels: int) -> openvino.Node:
    """To signed int8, in the form that OpenVINO computes in it."""
    low = -bound
    high = bound * (127 / 128 if levels == 256 else 1)
    bounds = [ops.constant(np.float32(value)) for value in (low, high, low, high)]
    return ops.fake_quantize(node, *bounds, levels)


def _seconds(model: openvino.Model, precision: str, given: np.ndarray) -> float:
    cores = available_cores()
    options = {
        "PERFORMANCE_HINT": "THROUGHPUT",
        "NUM_STREAMS": str(cores),
        "INFERENCE_NUM_THREADS": str(cores),
        "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32",
    }
    queue = openvino.AsyncInferQueue(openvino.Core().compile_model(model, "CPU", options))
    times = []
    for _ in range(_ROUNDS + 1):
        start = time.perf_counter()
        for _ in range(_REQUESTS):
            queue.start_async({0: given})
        queue.wait_all()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])
