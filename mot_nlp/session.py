"""The exported network under OpenVINO: token windows in, scores of pieces out."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import openvino

from mot_nlp.cores import available_cores
from mot_nlp.encoding import batches, pad
from mot_nlp.errors import BundleError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mot_nlp.bundle import Bundle
    from mot_nlp.encoding import Window

TOKEN_BUDGET = 512
"""Most padded tokens in a batch; small batches of equal length beat large ones."""

_EXECUTION = {"int8": "f32", "bf16": "bf16", "fp32": "f32"}


class Session:
    """A compiled network that scores windows.

    A window's scores do not depend on what else is asked for: windows are padded to their own
    length only and batched with equals (see ``encoding.batches``). Several threads may ask; they
    are served one after another.

    Args:
        bundle: The verified bundle.
        precision: What to compute in; the bundle's own choice where none is given.
        threads: Processor cores to use; all that this process may use where none is given.

    Raises:
        InputError: The bundle cannot be run in ``precision``, or ``threads`` is below 1.
        BundleError: OpenVINO cannot read the graph.
    """

    def __init__(
        self, bundle: Bundle, *, precision: str | None = None, threads: int | None = None
    ) -> None:
        precision = bundle.checked_precision(precision)
        threads = available_cores() if threads is None else threads
        if threads < 1:
            raise InputError(f"threads is {threads}; allowed: 1 or more")
        self.precision = precision
        self._width = bundle.taxonomy.width
        self._model = _compile(bundle, precision, threads)
        self._queue = openvino.AsyncInferQueue(self._model)
        self._lock = threading.Lock()

    def scores(self, windows: Sequence[Window], padding: int) -> list[NDArray[np.float32]]:
        """Score every piece of every window.

        Args:
            windows: Windows in any order.
            padding: Id of the padding token.

        Returns:
            For each window, the mean scores of its pieces' tokens, (pieces, width).
        """
        results: list[NDArray[np.float32]] = [np.empty((0, self._width), np.float32)] * len(windows)

        def keep(request: openvino.InferRequest, positions: list[int]) -> None:
            tokens = request.get_output_tensor(0).data
            for row, position in enumerate(positions):
                results[position] = _pool(tokens[row], windows[position])

        with self._lock:
            self._queue.set_callback(keep)
            for positions in batches(windows, token_budget=TOKEN_BUDGET):
                ids, mask = pad([windows[position] for position in positions], padding)
                self._queue.start_async({"input_ids": ids, "attention_mask": mask}, positions)
            self._queue.wait_all()
        return results


def _pool(tokens: NDArray[np.float32], window: Window) -> NDArray[np.float32]:
    """Mean token scores of each piece, (pieces, width)."""
    return np.stack([tokens[piece.start : piece.end].mean(axis=0) for piece in window.pieces])


def _compile(bundle: Bundle, precision: str, threads: int) -> openvino.CompiledModel:
    core = openvino.Core()
    options = {
        "PERFORMANCE_HINT": "THROUGHPUT",
        "NUM_STREAMS": str(threads),
        "INFERENCE_NUM_THREADS": str(threads),
        # Left to itself OpenVINO computes in bf16 wherever the processor has it.
        "INFERENCE_PRECISION_HINT": _EXECUTION[precision],
    }
    try:
        return core.compile_model(core.read_model(bundle.file("model.xml")), "CPU", options)
    except RuntimeError as error:
        raise BundleError(f"OpenVINO cannot use {bundle.file('model.xml')}: {error}") from error
