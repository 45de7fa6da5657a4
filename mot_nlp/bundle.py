"""The model bundle: a folder on disk, described byte for byte by its ``bundle.json``."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from mot_nlp.errors import BundleError, InputError
from mot_nlp.hub import SCHEME, fetch
from mot_nlp.taxonomy import Taxonomy, read_taxonomy

FORMAT_VERSION = 1
MANIFEST = "bundle.json"
FILES = ("model.xml", "model.bin", "tokenizer.json", "taxonomy.toml", "README.md")
SHIPPED = {"default": "mot-minilm", "fast": "mot-minilm-fast"}
"""Folders of the models that come with the package, by the name they are asked for."""
PRECISIONS = ("int8", "bf16", "fp32")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What ``bundle.json`` says of a bundle.

    Attributes:
        name: Name of the model.
        precision: What the graph computes in by default, one of ``PRECISIONS``.
        precisions: All that it can be run in.
        window: Most tokens read at once, special tokens included.
        heads: Labels of each head, in output order.
        temperatures: Divisor of each head's scores before the softmax, fitted on held-out data.
        metrics: Figures on held-out data, calibration and parity among them.
        confusion: For each head, counts of gold label to predicted label on held-out segments.
        review: For each head, the least confidence (``threshold``) from which on 95 % of labels were
            right on held-out segments, and the share of segments ``kept`` by it.
        data: What it was trained on: names, counts, hashes.
        run: Seed, configuration and versions it was made with.
        sha256: Hash of every other file of the bundle.
        format_version: Version of this format.
    """

    name: str
    precision: str
    precisions: tuple[str, ...]
    window: int
    heads: dict[str, list[str]]
    temperatures: dict[str, float]
    metrics: dict[str, Any] = field(default_factory=dict)
    confusion: dict[str, Any] = field(default_factory=dict)
    review: dict[str, dict[str, float]] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    run: dict[str, Any] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION


@dataclass(frozen=True, slots=True)
class Bundle:
    """A verified bundle.

    Attributes:
        path: Its folder.
        manifest: What it says of itself.
        taxonomy: Its labels.
    """

    path: Path
    manifest: Manifest
    taxonomy: Taxonomy

    def file(self, name: str) -> Path:
        """Path of one of ``FILES``."""
        return self.path / name

    def checked_precision(self, asked: str | None) -> str:
        """The precision to compute in: the one asked for, the bundle's own choice if None.

        Raises:
            InputError: The bundle does not hold it.
        """
        precision = asked or self.manifest.precision
        if precision not in self.manifest.precisions:
            raise InputError(
                f"precision {precision!r} is not in this bundle, which holds "
                f"{', '.join(self.manifest.precisions)}"
            )
        return precision

    @property
    def sha256(self) -> str:
        """One hash that stands for the whole bundle."""
        return hashlib.sha256(self.file(MANIFEST).read_bytes()).hexdigest()

    @property
    def identity(self) -> dict[str, str]:
        """``name`` and ``sha256``: what results say they come from."""
        return {"name": self.manifest.name, "sha256": self.sha256}


def shipped_path(name: str = "default") -> Path:
    """Folder of a shipped bundle: package data, or ``models/`` in a checkout.

    Args:
        name: One of ``SHIPPED``.

    Raises:
        BundleError: Neither is there.
    """
    packaged = Path(str(resources.files("mot_nlp"))) / "models" / SHIPPED[name]
    checkout = Path(__file__).resolve().parent.parent / "models" / SHIPPED[name]
    for folder in (packaged, checkout):
        if (folder / MANIFEST).is_file():
            return folder
    raise BundleError(
        f"the shipped model is in neither {packaged} nor {checkout}; install mot-nlp again, or "
        "name a bundle folder"
    )


def bundle_path(asked: str | Path | None) -> Path:
    """Folder of the bundle that is asked for.

    Args:
        asked: A folder, or a name of ``SHIPPED``, which goes before a folder so called; None for
            the default one. ``./fast`` is always a folder. ``hf://owner/name`` or
            ``hf://owner/name@revision`` for a repository of the Hugging Face hub, which is fetched.

    Raises:
        BundleError: The shipped bundle is not there, or the one on the hub cannot be fetched.
        InputError: An address on the hub cannot be read, or the hub's client is not installed.
    """
    if asked is None:
        return shipped_path()
    if isinstance(asked, str) and asked in SHIPPED:
        return shipped_path(asked)
    if isinstance(asked, str) and asked.startswith(SCHEME):
        return fetch(asked, (MANIFEST, *FILES))
    return Path(asked)


def open_bundle(path: str | Path | None = None) -> Bundle:
    """Read and verify a bundle.

    Args:
        path: Its folder or name, as :func:`bundle_path` takes it.

    Raises:
        BundleError: A file is missing, differs from its recorded hash, or the format is unknown;
            the message names the file.
    """
    folder = bundle_path(path)
    manifest = _read_manifest(folder)
    missing = sorted(set(FILES) - set(manifest.sha256))
    if missing:
        raise BundleError(f"{folder / MANIFEST} records no hash of {', '.join(missing)}")
    for name, expected in manifest.sha256.items():
        if name not in FILES:
            raise BundleError(f"{folder / MANIFEST} names {name!r}, which no bundle holds")
        verify(folder / name, expected)
    taxonomy = read_taxonomy(folder / "taxonomy.toml")
    labels = {name: list(head.labels) for name, head in taxonomy.heads.items()}
    if labels != manifest.heads:
        raise BundleError(f"{folder}: taxonomy.toml and {MANIFEST} name different labels")
    return Bundle(path=folder, manifest=manifest, taxonomy=taxonomy)


def verify(path: Path, expected: str) -> None:
    """Compare a file with its recorded SHA-256.

    Raises:
        BundleError: It is missing, unreadable or differs.
    """
    found = file_sha256(path)
    if found != expected:
        raise BundleError(
            f"{path} was changed: its sha256 is {found}, recorded is {expected}; restore the bundle"
        )


def file_sha256(path: Path) -> str:
    """SHA-256 of a file of a bundle.

    Raises:
        BundleError: It is missing or unreadable.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BundleError(
            f"{path} cannot be read ({error.strerror}); restore the bundle"
        ) from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write ``bundle.json`` with the hashes of the files as they are now."""
    table = asdict(manifest) | {"sha256": {name: file_sha256(folder / name) for name in FILES}}
    text = json.dumps(table, indent=1, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def _read_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    if not folder.is_dir():
        raise BundleError(
            f"no model bundle at {folder}; name the folder that holds {MANIFEST}, {SCHEME}owner/name, or "
            f"a shipped model: {', '.join(SHIPPED)}"
        )
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BundleError(f"{folder} holds no {MANIFEST}, so it is no model bundle") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise BundleError(f"{path} cannot be read: {error}") from error
    found = table.get("format_version") if isinstance(table, dict) else None
    if found != FORMAT_VERSION:
        raise BundleError(
            f"{path} has format version {found!r}; this version of mot-nlp reads {FORMAT_VERSION}"
        )
    try:
        manifest = Manifest(**table | {"precisions": tuple(table["precisions"])})
    except (KeyError, TypeError) as error:
        raise BundleError(f"{path} lacks or misnames an entry: {error}") from error
    held = set(manifest.precisions)
    if manifest.precision not in held or not held <= set(PRECISIONS):
        raise BundleError(
            f"{path}: precision is {manifest.precision!r} of {sorted(held)}; known are "
            f"{', '.join(PRECISIONS)}, and a bundle holds the one it names"
        )
    return manifest
