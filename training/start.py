"""What a fit starts from: the folder that is meant, checked, and what its heads already know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tokenizers import Tokenizer

from mot_nlp.bundle import MANIFEST
from mot_nlp.errors import InputError
from training.checkpoint import check_sha256, resolve_encoder
from training.emoji import teach, with_emojis

if TYPE_CHECKING:
    from training.config import Config
    from training.model import MomentModel

_INSIDE = ("fitted", "checkpoint")
"""Where the folder of a fit and that of a bundle keep what can be learned on from."""


def meant(name: str) -> str:
    """What to start from where a fit's or a bundle's folder is named: the weights inside it.

    Raises:
        InputError: It is a bundle without a checkpoint.
    """
    folder = Path(name)
    if (folder / "config.json").is_file():
        return name
    for inside in _INSIDE:
        if (folder / inside / "config.json").is_file():
            return str(folder / inside)
    if (folder / MANIFEST).is_file():
        raise InputError(
            f"{name} is a bundle without a checkpoint/ to learn on from; name the folder of its fit, "
            "or a pretrained encoder"
        )
    return name


def starting_folder(name: str) -> Path:
    """Folder of an encoder or a fitted model, compared with its manifest where it has one.

    Raises:
        InputError: It is nowhere to be found, or lacks a fast tokenizer.
        BundleError: A file is not the one that was written.
    """
    folder = resolve_encoder(meant(name))
    if (folder / "manifest.json").is_file():
        table = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        for file, sha256 in table["sha256"].items():
            check_sha256(folder / file, sha256)
    if not (folder / "tokenizer.json").is_file():
        raise InputError(
            f"{folder} has no tokenizer.json; name an encoder with a fast tokenizer, or a fitted model"
        )
    return folder


def tokenizer_of(folder: Path, model: MomentModel, config: Config) -> Tokenizer:
    """The encoder's tokenizer; emojis it did not know are added, and taught to the model."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    if config.model.emojis:
        tokenizer, taken = with_emojis(tokenizer)
        teach(model.encoder.get_input_embeddings(), tokenizer, taken)
    return tokenizer
