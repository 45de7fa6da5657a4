"""A fitted model to a bundle: converted, quantised, held against torch, calibrated, described.

Candidates are graphs in int8 (all of it, or with its most sensitive products spared), bf16 and fp32.
Each is written as a real bundle and run by the real runtime on the validation split; the fastest
whose labels agree with single-precision torch is the one that is kept.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mot_nlp.bundle import FILES, MANIFEST, Manifest, write_manifest
from mot_nlp.encoding import WindowEncoder
from mot_nlp.errors import OutputError
from mot_nlp.tagger import MomentTagger
from training.card import write_card
from training.checkpoint import load_fitted, save_half
from training.describe import describe
from training.evaluate import torch_scores
from training.graph import FEED_FORWARD, convert, quantise, save
from training.parity import choose
from training.rebuild import read_fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import openvino

    from mot_nlp.taxonomy import Taxonomy
    from training.corpus import LabelledDocument
    from training.model import MomentModel

logger = logging.getLogger(__name__)

NETWORK = ("model_type", "num_hidden_layers", "hidden_size", "intermediate_size")
"""What a bundle tells of its encoder's size; None where an encoder calls it otherwise."""

CHECKPOINT = "checkpoint"
"""Folder beside a bundle's files that holds what to learn on from."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A graph that may be shipped, and what it can be run in, its own choice first."""

    name: str
    graph: openvino.Model
    precisions: tuple[str, ...]


def export(
    fitted: Path,
    out: Path,
    *,
    extra: Sequence[Path] = (),
    labelled: Sequence[Path] = (),
    name: str = "",
    licence: str = "",
) -> Path:
    """Export a fitted model to a bundle folder.

    Args:
        fitted: Folder that :func:`training.fit.fit` returned.
        out: Folder of the bundle; an existing bundle in it is replaced.
        extra: The labelled files that the fit was given beside those of its configuration.
        labelled: The own rows of the fit, where they are no longer where the fit found them.
        name: Name of the model; that of the folder where none is given.
        licence: Terms of the bundle, as ``mit``; where none is given, those of mot-nlp for a model
            of its corpus, and none are stated for one of own rows.

    Returns:
        ``out``.

    Raises:
        InputError: There is no fitted model, or the data at hand are not those of the fit.
        OutputError: ``out`` holds something else than a bundle.
        ParityError: No precision passes the gate; the message holds the figures.
    """
    _check_free(out)
    source = read_fitted(fitted, extra=extra, labelled=labelled)
    validation = source.part("validation")
    model = load_fitted(source.folder)
    encoder = WindowEncoder.from_file(source.folder / "tokenizer.json", window=model.config.window)
    reference = torch_scores(model, encoder, validation)
    base = _base_manifest(name or out.resolve().name, source.taxonomy, model.config.window)
    with tempfile.TemporaryDirectory() as folder:
        candidates = {}
        for entry in _graphs(model, encoder, source.part("train")):
            path = Path(folder) / entry.name
            manifest = replace(base, precision=entry.precisions[0], precisions=entry.precisions)
            _stage(path, source.folder, entry.graph, manifest)
            candidates[entry.name] = MomentTagger.load(path)
        chosen, table = choose(candidates, validation, reference, heads=source.informed_heads())
        source.run["network"] = {key: model.config.encoder.get(key) for key in NETWORK}
        manifest = describe(candidates[chosen], source, table, chosen)
        manifest = replace(manifest, run=manifest.run | {"licence": licence})
        _publish(Path(folder) / chosen, source.folder, out.resolve(), manifest)
    logger.info("wrote %s (%s)", out, chosen)
    return out


def _check_free(out: Path) -> None:
    """Say before the work, not after it, that a folder is none to write to.

    Raises:
        OutputError: It is a file, or holds something else than a bundle.
    """
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file; name a folder for the bundle")
    others = (
        {path.name for path in out.iterdir()} - {MANIFEST, *FILES, CHECKPOINT}
        if out.exists()
        else set()
    )
    if others and not (out / MANIFEST).is_file():
        raise OutputError(
            f"{out} holds {', '.join(sorted(others)[:3])} and no bundle; name a folder of its own"
        )


def _graphs(
    model: MomentModel, encoder: WindowEncoder, documents: Sequence[LabelledDocument]
) -> list[Candidate]:
    single = convert(model)
    return [
        Candidate("int8", quantise(model, encoder, documents), ("int8",)),
        Candidate(
            "int8-spared", quantise(model, encoder, documents, spare=FEED_FORWARD), ("int8",)
        ),
        Candidate("bf16", single, ("bf16", "fp32")),
        Candidate("fp32", single, ("fp32", "bf16")),
    ]


def _base_manifest(name: str, taxonomy: Taxonomy, window: int) -> Manifest:
    heads = taxonomy.heads
    return Manifest(
        name=name,
        precision="fp32",
        precisions=("fp32",),
        window=window,
        heads={head: list(entry.labels) for head, entry in heads.items()},
        temperatures=dict.fromkeys(heads, 1.0),
    )


def _stage(path: Path, fitted: Path, graph: openvino.Model, manifest: Manifest) -> None:
    """Write a candidate as a bundle of its own."""
    path.mkdir()
    save(graph, path / "model.xml")
    for file in ("tokenizer.json", "taxonomy.toml"):
        shutil.copyfile(fitted / file, path / file)
    (path / "README.md").write_text("A candidate of an export.\n", encoding="utf-8")
    write_manifest(path, manifest)


def _publish(staged: Path, fitted: Path, out: Path, manifest: Manifest) -> None:
    """Write the bundle beside its place, then put file after file there, the manifest last.

    A bundle that is in service is replaced and never written into: who has it open keeps the old one,
    and what is killed on the way leaves the old one, or one that does not pass for whole.
    """
    part = out.with_name(f"{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for file in ("model.xml", "model.bin", "tokenizer.json", "taxonomy.toml"):
        shutil.copyfile(staged / file, part / file)
    write_card(part / "README.md", manifest)
    write_manifest(part, manifest)
    save_half(fitted, part / CHECKPOINT)
    out.mkdir(exist_ok=True)
    shutil.rmtree(out / CHECKPOINT, ignore_errors=True)
    for name in (CHECKPOINT, *FILES, MANIFEST):
        (part / name).replace(out / name)
    part.rmdir()
