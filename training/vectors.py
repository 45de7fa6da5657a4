"""Segments as vectors: what an encoder makes of each segment within its document.

A vector is the mean of the segment's token vectors, which is what the linear heads of a
:class:`training.model.MomentModel` read. Heads fitted on these vectors are therefore heads of the
model with its encoder left as it is.
"""

from __future__ import annotations

import logging
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from transformers import AutoModel, PreTrainedModel

from mot_nlp.decoding import segment_scores
from mot_nlp.encoding import WindowEncoder, batches, pad
from mot_nlp.errors import InputError
from training.checkpoint import DEFAULT_ENCODER
from training.model import MomentModel
from training.presets import CHECKPOINT
from training.start import meant, starting_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from training.corpus import LabelledDocument

logger = logging.getLogger(__name__)

WINDOW = 256
"""Most tokens that a plain encoder reads at once, special tokens included; as ``ModelConfig.window``."""

_DOCUMENTS = 256
_TOKENS = 4096


def segment_vectors(
    encoder: str | Path | MomentModel,
    documents: Iterable[LabelledDocument],
    *,
    windows: WindowEncoder | None = None,
) -> NDArray[np.float32]:
    """Vectors of all segments, (segments, hidden), in the order of the documents.

    Documents are read as they come, a few hundred at a time.

    Args:
        encoder: A fitted model, or what :func:`load_encoder` takes.
        documents: Documents with segments; their labels are not looked at.
        windows: Cuts the documents for a fitted model that is given as such; of a folder, its own
            tokenizer does.

    Raises:
        InputError: The encoder cannot be found, or a model was given without ``windows``.
        BundleError: A file of a fitted model is not the one that was written.
    """
    if isinstance(encoder, MomentModel):
        if windows is None:
            raise InputError("a model without a folder has no tokenizer; give windows= as well")
        network: PreTrainedModel = encoder.encoder
    else:
        network, windows = load_encoder(str(encoder))
    was_training = network.training
    network.eval()
    try:
        parts = [_vectors(network, windows, some) for some in _some(documents)]
    finally:
        network.train(was_training)
    return np.concatenate([np.empty((0, network.config.hidden_size), np.float32), *parts])


def _some(documents: Iterable[LabelledDocument]) -> Iterator[list[LabelledDocument]]:
    left = iter(documents)
    while some := list(islice(left, _DOCUMENTS)):
        yield some


def load_encoder(name: str) -> tuple[PreTrainedModel, WindowEncoder]:
    """The encoder of a fitted model or a plain one, in single precision, and its tokenizer.

    Args:
        name: Folder of a fit, of a bundle with a checkpoint, or of an encoder; or a hub id.

    Raises:
        InputError: It cannot be found, or has no fast tokenizer.
        BundleError: A file of a fitted model is not the one that was written.
    """
    folder = starting_folder(name)
    network = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    window = WINDOW
    if isinstance(network, MomentModel):
        network, window = network.encoder, network.config.window
    most = min(window, getattr(network.config, "max_position_embeddings", window))
    return network, WindowEncoder.from_file(folder / "tokenizer.json", window=most)


def default_encoder() -> str:
    """The shipped checkpoint where it is at hand, else the encoder that it began from."""
    if (Path(CHECKPOINT) / "config.json").is_file():
        return CHECKPOINT
    logger.info("%s is not there; taking vectors of %s", CHECKPOINT, DEFAULT_ENCODER)
    return DEFAULT_ENCODER


def check_unlearned(name: str) -> None:
    """Refuse the folder of a fit: where it learned the labels in question, it would find them good.

    Raises:
        InputError: It is one.
    """
    if (Path(meant(name)) / "run.json").is_file():
        raise InputError(
            f"{name} is a fit, which may have learned these labels; name a pretrained encoder, or leave "
            "--from out to take the shipped checkpoint"
        )


def _vectors(
    network: PreTrainedModel, encoder: WindowEncoder, documents: Sequence[LabelledDocument]
) -> NDArray[np.float32]:
    """Vectors of the segments of a few documents, which are held in memory together."""
    windows = encoder.encode([d.text for d in documents], [d.segments for d in documents])
    flat = [window for found in windows for window in found]
    pooled: dict[int, NDArray[np.float32]] = {}
    for positions in batches(flat, token_budget=_TOKENS):
        ids, mask = pad([flat[position] for position in positions], encoder.padding)
        with torch.inference_mode():
            read = network(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask))
        tokens = read.last_hidden_state.float().numpy()
        for row, position in enumerate(positions):
            pieces = flat[position].pieces
            pooled[position] = np.stack([tokens[row, p.start : p.end].mean(axis=0) for p in pieces])
    rows = (pooled[position] for position in range(len(flat)))
    return np.concatenate(
        [np.empty((0, network.config.hidden_size), np.float32)]
        + [
            segment_scores(found, [next(rows) for _ in found], len(document.segments))
            for document, found in zip(documents, windows, strict=True)
            if document.segments
        ]
    )
