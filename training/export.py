"""A fitted model to a bundle: converted, quantised, held against torch, calibrated, described.

Candidates are graphs in int8 (all of it, or with its most sensitive products spared), bf16 and fp32. Each is written as a real bundle and run by the real
runtime on the validation split; the fastest whose labels agree with single-precision torch is
the one that is kept.
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import mot_nlp
from mot_nlp.bundle import Manifest, write_manifest
from mot_nlp.decoding import Decoder
from mot_nlp.encoding import WindowEncoder
from mot_nlp.errors import InputError
from mot_nlp.tagger import MomentTagger
from mot_nlp.taxonomy import read_taxonomy
from training.calibrate import calibrate, review_threshold
from training.card import write_card
from training.checkpoint import first_encoder, fit_name, load_fitted, save_half
from training.collate import MISSING, label_indices
from training.corpus import fingerprint, gather, written
from training.evaluate import (
    as_documents,
    chosen_arrays,
    confidences,
    confusion,
    evaluate,
    gold_arrays,
    score_labels,
    torch_scores,
)
from training.graph import FEED_FORWARD, convert, quantise, save
from training.parity import Parity, choose

if TYPE_CHECKING:
    from collections.abc import Sequence

    import openvino
    from numpy.typing import NDArray

    from mot_nlp.taxonomy import Taxonomy
    from training.corpus import LabelledDocument
    from training.model import MomentModel

logger = logging.getLogger(__name__)

NETWORK = ("model_type", "num_hidden_layers", "hidden_size", "intermediate_size")
"""What a bundle tells of its encoder's size; None where an encoder calls it otherwise."""

LEAST_REAL = 300
"""Labels of a head in extra files from which on confidences are fitted to those alone."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A graph that may be shipped, and what it can be run in, its own choice first."""

    name: str
    graph: openvino.Model
    precisions: tuple[str, ...]


def export(fitted: Path, out: Path, *, extra: Sequence[Path] = (), name: str = "") -> Path:
    """Export a fitted model to a bundle folder.

    Args:
        fitted: Folder that :func:`training.fit.fit` returned.
        out: Folder of the bundle; an existing bundle in it is replaced.
        extra: The labelled files that the fit was given beside those of its configuration.
        name: Name of the model; that of the folder where none is given.

    Returns:
        ``out``.

    Raises:
        InputError: The data at hand are not those of the fit.
        ParityError: No precision passes the gate; the message holds the figures.
    """
    run = json.loads((fitted / "run.json").read_text(encoding="utf-8"))
    taxonomy = read_taxonomy(fitted / "taxonomy.toml")
    data = run["config"]["data"]
    extra = [*map(Path, data["extra"]), *extra]
    splits = gather(Path(data["corpus"]), extra, taxonomy)
    _check_data(run, splits)
    validation = splits["validation"]
    model = load_fitted(fitted)
    encoder = WindowEncoder.from_file(fitted / "tokenizer.json", window=model.config.window)
    reference = torch_scores(model, encoder, validation)

    base = _base_manifest(name or out.name, taxonomy, run)
    with tempfile.TemporaryDirectory() as folder:
        candidates = {}
        for entry in _graphs(model, encoder, splits["train"]):
            path = Path(folder) / entry.name
            manifest = replace(base, precision=entry.precisions[0], precisions=entry.precisions)
            _stage(path, fitted, entry.graph, manifest)
            candidates[entry.name] = MomentTagger.load(path)
        chosen, table = choose(candidates, validation, reference)
        run["network"] = {name: model.config.encoder.get(name) for name in NETWORK}
        manifest = _describe(candidates[chosen], splits, run, table, extra)
        _publish(Path(folder) / chosen, out, manifest)
    save_half(fitted, out / "checkpoint")
    logger.info("wrote %s (%s)", out, chosen)
    return out


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


def _check_data(run: dict[str, Any], splits: dict[str, list[LabelledDocument]]) -> None:
    for split in ("train", "validation"):
        if (
            run["config"]["data"]["context"]
            and fingerprint(splits[split]) != run["data_sha256"][split]
        ):
            raise InputError(
                f"the {split} split differs from the one of the fit, which used the corpus and "
                f"{run['extra'] or 'no extra files'}; name the same files with --extra"
            )


def _base_manifest(name: str, taxonomy: Taxonomy, run: dict[str, Any]) -> Manifest:
    return Manifest(
        name=name,
        precision="fp32",
        precisions=("fp32",),
        window=run["config"]["model"]["window"],
        heads={head: list(entry.labels) for head, entry in taxonomy.heads.items()},
        temperatures=dict.fromkeys(taxonomy.heads, 1.0),
    )


def _stage(path: Path, fitted: Path, graph: openvino.Model, manifest: Manifest) -> None:
    """Write a candidate as a bundle of its own."""
    path.mkdir()
    save(graph, path / "model.xml")
    for file in ("tokenizer.json", "taxonomy.toml"):
        shutil.copyfile(fitted / file, path / file)
    (path / "README.md").write_text("A candidate of an export.\n", encoding="utf-8")
    write_manifest(path, manifest)


def _describe(
    tagger: MomentTagger,
    splits: dict[str, list[LabelledDocument]],
    run: dict[str, Any],
    table: list[Parity],
    extra: Sequence[Path],
) -> Manifest:
    """The manifest of the chosen candidate: calibrated, with figures on held-out data."""
    taxonomy, validation = tagger.taxonomy, splits["validation"]
    scores = tagger.scores(as_documents(validation), segments=[d.segments for d in validation])
    gold = gold_arrays(validation, taxonomy)
    labels = np.array([label_indices(entry, taxonomy) for d in validation for entry in d.labels])
    judged = judged_on(validation, labels)
    owners = np.array([number for number, d in enumerate(validation) for _ in d.segments])
    temperatures, errors = calibrate(scores, np.where(judged, labels, MISSING), owners, taxonomy)
    decoder = Decoder(taxonomy, temperatures)
    predicted, sure = chosen_arrays(scores, decoder), confidences(scores, decoder)
    own = dict(zip(taxonomy.heads, judged.T, strict=True))
    return replace(
        tagger.bundle.manifest,
        temperatures=temperatures,
        confusion=confusion(gold, predicted, taxonomy),
        review={
            head: review_threshold(sure[head][part], predicted[head][part] == gold[head][part])
            for head, part in own.items()
        },
        metrics={
            "validation": score_labels(gold, predicted),
            "corpus_test": evaluate(tagger, splits["test"], decoder),
            "calibration_error": errors,
            "calibrated_on": {head: int(rows.sum()) for head, rows in own.items()},
            "parity": [asdict(parity) for parity in table],
        },
        data={
            "extra": [path.name for path in extra],
            "sources": _sources(splits),
            "sha256": run["data_sha256"],
            "documents": run["documents"],
            "segments": run["segments"],
        },
        run={
            "config": _portable(run["config"]),
            "versions": run["versions"]
            | {package: version(package) for package in ("openvino", "nncf")}
            | {"mot-nlp": mot_nlp.__version__},
            "network": run["network"],
            "seeds": run.get("seeds", [run["config"]["fit"]["seed"]]),
        },
    )


def judged_on(
    documents: Sequence[LabelledDocument], labels: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which labels confidences are fitted to, (segments, heads).

    Those of extra files where there are enough of a head, all others too where there are not: what
    was written for the project is easier or harder than what people write.

    Args:
        documents: Held-out documents.
        labels: Label indices of their segments, (segments, heads), ``MISSING`` where not given.
    """
    given = labels != MISSING
    real = given & np.array([not written(d) for d in documents for _ in d.segments])[:, None]
    return np.where(real.sum(axis=0) >= LEAST_REAL, real, given)


def _portable(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration without folders of the machine it ran on."""
    model = config["model"] | {
        "encoder": first_encoder(config["model"]["encoder"]),
        "taxonomy": Path(config["model"]["taxonomy"]).name,
    }
    data = config["data"] | {"corpus": Path(config["data"]["corpus"]).name}
    data["extra"] = [Path(path).name for path in data["extra"]]
    distil = dict(config.get("distil", {}))
    distil["teachers"] = [fit_name(Path(path)) for path in distil.get("teachers", ())]
    return config | {"model": model, "data": data, "distil": distil}


def _sources(splits: dict[str, list[LabelledDocument]]) -> list[dict[str, Any]]:
    """Where the training texts come from, under which terms, and how many documents."""
    counts = Counter(
        ("mot-nlp data/corpus" if written(d) else d.origin, d.licence)
        for d in (*splits["train"], *splits["validation"])
    )
    return [
        {"name": name, "licence": licence, "documents": count}
        for (name, licence), count in sorted(counts.items())
    ]


def _publish(staged: Path, out: Path, manifest: Manifest) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for file in ("model.xml", "model.bin", "tokenizer.json", "taxonomy.toml"):
        shutil.copyfile(staged / file, out / file)
    write_card(out / "README.md", manifest)
    write_manifest(out, manifest)
