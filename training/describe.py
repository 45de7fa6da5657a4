"""What a bundle says of itself: calibrated confidences, figures on held-out data, where it comes from."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import mot_nlp
from mot_nlp.decoding import Decoder
from training.calibrate import NEVER, calibrate, review_threshold
from training.card import LEAST_JUDGED
from training.checkpoint import first_encoder, fit_name
from training.collate import MISSING, label_indices
from training.corpus import written
from training.evaluate import (
    as_documents,
    chosen_arrays,
    confidences,
    confusion,
    evaluate,
    gold_arrays,
    score_labels,
)
from training.splitting import OWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mot_nlp.bundle import Manifest
    from mot_nlp.tagger import MomentTagger
    from training.corpus import LabelledDocument
    from training.parity import Parity
    from training.rebuild import FittedRun

LEAST_REAL = 300
"""Labels of a head in extra files from which on confidences are fitted to those alone."""

_INSIDE = ("fitted", "checkpoint")


def describe(
    tagger: MomentTagger, fitted: FittedRun, table: Sequence[Parity], graph: str
) -> Manifest:
    """The manifest of a bundle, calibrated on validation and with figures on the test part, if any.

    Args:
        tagger: The graph that is shipped, running.
        fitted: What it was fitted on.
        table: How the graphs compare with torch.
        graph: Name of the one that is shipped.
    """
    taxonomy, validation = tagger.taxonomy, fitted.part("validation")
    scores = tagger.scores(as_documents(validation), segments=[d.segments for d in validation])
    gold = gold_arrays(validation, taxonomy)
    labels = np.array([label_indices(entry, taxonomy) for d in validation for entry in d.labels])
    judged = judged_on(validation, labels, own=fitted.split.own)
    enough = judged & (judged.sum(axis=0) >= LEAST_JUDGED)
    owners = np.array([number for number, d in enumerate(validation) for _ in d.segments])
    temperatures, errors = calibrate(scores, np.where(enough, labels, MISSING), owners, taxonomy)
    decoder = Decoder(taxonomy, temperatures)
    predicted, sure = chosen_arrays(scores, decoder), confidences(scores, decoder)
    told = dict(zip(taxonomy.heads, enough.T, strict=True))
    metrics: dict[str, Any] = {
        "validation": score_labels(gold, predicted, none=taxonomy.heads["moment"].none),
        "calibration_error": {head: errors[head] for head, part in told.items() if part.any()},
        "calibrated_on": dict(zip(taxonomy.heads, judged.sum(axis=0).tolist(), strict=True)),
        "parity": [asdict(parity) for parity in table],
    }
    if test := fitted.part("test"):
        metrics["test" if fitted.split.own else "corpus_test"] = evaluate(tagger, test, decoder)
    return replace(
        tagger.bundle.manifest,
        temperatures=temperatures,
        confusion=confusion(gold, predicted, taxonomy),
        review={
            head: _threshold(sure[head][part], predicted[head][part] == gold[head][part])
            for head, part in told.items()
        },
        metrics=metrics,
        data=_data(fitted),
        run=_run(fitted, graph),
    )


def judged_on(
    documents: Sequence[LabelledDocument], labels: NDArray[np.int64], *, own: bool = False
) -> NDArray[np.bool_]:
    """Which labels confidences are fitted to, (segments, heads).

    Beside the corpus those of extra files where there are enough of a head, all others too where
    there are not: what was written for the project is easier or harder than what people write.

    Args:
        documents: Held-out documents.
        labels: Label indices of their segments, (segments, heads), ``MISSING`` where not given.
        own: Whether they are own labelled rows, all of which count.
    """
    given: NDArray[np.bool_] = labels != MISSING
    if own:
        return given
    real = given & np.array([not written(d) for d in documents for _ in d.segments])[:, None]
    judged: NDArray[np.bool_] = np.where(real.sum(axis=0) >= LEAST_REAL, real, given)
    return judged


def _threshold(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> dict[str, float]:
    """As :func:`review_threshold`; where there is nothing to judge by, all is to be reviewed."""
    if not len(confidence):
        return {"threshold": NEVER, "kept": 0.0}
    return review_threshold(confidence, correct)


def _data(fitted: FittedRun) -> dict[str, Any]:
    """What it was fitted on: names, counts, hashes; no text and no folder."""
    run, split = fitted.run, fitted.split
    train = [labels for document in fitted.part("train") for labels in document.labels]
    counts = {
        head: Counter(labels[head] for labels in train if head in labels)
        for head in fitted.taxonomy.heads
    }
    documents = [document for part in split.parts.values() for document in part]
    return {
        "own": split.own,
        "labelled": [Path(path).name for path in fitted.config.data.labelled],
        "extra": list(fitted.extra),
        "sources": _sources(fitted),
        "sha256": run["data_sha256"],
        "documents": run["documents"],
        "segments": run["segments"],
        "labels": {
            head: {label: counts[head][label] for label in entry.labels}
            for head, entry in fitted.taxonomy.heads.items()
        },
        "group": split.by,
        "split_given": split.own and any(document.extra.get(OWN) for document in documents),
        "left_out": len(split.left_out),
        "set_aside": len(split.set_aside),
    }


def _sources(fitted: FittedRun) -> list[dict[str, Any]]:
    """Where the training texts come from, under which terms, and how many documents."""
    corpus = "" if fitted.split.own else "mot-nlp data/corpus"
    counts = Counter(
        (corpus if corpus and written(d) else d.origin, d.licence)
        for d in (*fitted.part("train"), *fitted.part("validation"))
    )
    return [
        {"name": name, "licence": licence, "documents": count}
        for (name, licence), count in sorted(counts.items())
    ]


def _run(fitted: FittedRun, graph: str) -> dict[str, Any]:
    """How the weights came about."""
    run, config = fitted.run, fitted.run["config"]
    return {
        "config": _portable(config),
        "versions": run["versions"]
        | {package: version(package) for package in ("openvino", "nncf")}
        | {"mot-nlp": mot_nlp.__version__},
        "network": run["network"],
        "seeds": run.get("seeds", [config["fit"]["seed"]]),
        "started_from": _started_from(run),
        "epoch": run.get("epoch"),
        "trials": len(run.get("trials", ())),
        "unmoved": [head for head, cost in run.get("penalties", {}).items() if cost is None],
        "graph": graph,
    }


def _started_from(run: dict[str, Any]) -> dict[str, str] | None:
    """The fitted model that a fit went on from; None where it started from a bare encoder."""
    named = run["config"]["model"]["encoder"]
    folder = Path(named)
    if (run.get("first_encoder") or first_encoder(named)) in (named, folder.name):
        return None
    name = folder.parent.name if folder.name in _INSIDE else folder.name
    sha256 = run.get("weights_sha256", {}).get(fit_name(folder), "")
    return {"name": name or folder.name, "sha256": sha256}


def _portable(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration without folders of the machine it ran on."""
    model = config["model"] | {
        "encoder": first_encoder(config["model"]["encoder"]),
        "taxonomy": Path(config["model"]["taxonomy"]).name,
    }
    data = config["data"] | {"corpus": Path(config["data"]["corpus"]).name}
    for key in ("extra", "labelled"):
        data[key] = [Path(path).name for path in data.get(key, ())]
    distil = dict(config.get("distil", {}))
    distil["teachers"] = [fit_name(Path(path)) for path in distil.get("teachers", ())]
    return config | {"model": model, "data": data, "distil": distil}
