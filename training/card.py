"""The model card, filled from the manifest: no figure in it is typed by hand."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from mot_nlp.bundle import Manifest

_TEMPLATE = "model_card.md"


def write_card(path: Path, manifest: Manifest) -> None:
    """Fill ``training/model_card.md`` from a manifest and write it."""
    from importlib import resources

    template = Template((resources.files("training") / _TEMPLATE).read_text(encoding="utf-8"))
    path.write_text(template.substitute(_fields(manifest)), encoding="utf-8")


def _fields(manifest: Manifest) -> dict[str, str]:
    metrics = manifest.metrics
    return {
        "name": manifest.name,
        "precision": manifest.precision,
        "window": str(manifest.window),
        "encoder": manifest.run["config"]["model"]["encoder"],
        "epochs": f"{manifest.run['config']['fit']['epochs']:g}",
        "seed": str(manifest.run["config"]["fit"]["seed"]),
        "documents": _counts(manifest.data["documents"]),
        "segments": _counts(manifest.data["segments"]),
        "sources": "\n".join(
            f"| {entry['name']} | {entry['licence']} | {entry['documents']:,} |"
            for entry in manifest.data["sources"]
        ),
        "heads": "\n".join(f"- **{name}**: {', '.join(labels)}" for name, labels in manifest.heads.items()),
        "test": _scores(metrics["corpus_test"], manifest.heads),
        "labels": _labels(metrics["corpus_test"], manifest.heads),
        "calibration": "\n".join(
            f"| {head} | {entry['before']:.3f} | {entry['after']:.3f} |"
            for head, entry in metrics["calibration_error"].items()
        ),
        "parity": "\n".join(
            f"| {row['candidate']} | {min(row['agreement'].values()):.1%} | "
            f"{100 * max(row['f1_loss'].values()):.2f} |"
            for row in metrics["parity"]
        ),
    }  # fmt: skip


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {split}" for split, count in counts.items())


def _scores(scores: dict[str, Any], heads: dict[str, list[str]]) -> str:
    lines = [
        f"| {head} | {scores[head]['macro_f1']:.3f} | {scores[head]['accuracy']:.3f} |"
        for head in heads
    ]
    return "\n".join(
        [
            *lines,
            f"| core mean (stage, moment, sentiment) | {scores['core_mean_macro_f1']:.3f} | |",
            f"| all three core heads right | | {scores['core_exact']:.3f} |",
        ]
    )


def _labels(scores: dict[str, Any], heads: dict[str, list[str]]) -> str:
    return "\n".join(
        f"| {head} | {label} | {scores[head]['per_label'][label]:.2f} | {scores[head]['support'][label]:,} |"
        for head, labels in heads.items()
        for label in labels
        if label in scores[head]["per_label"]
    )
