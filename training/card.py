"""The model card, filled from the manifest: no figure in it is typed by hand."""

from __future__ import annotations

from dataclasses import replace
from string import Template
from typing import TYPE_CHECKING, Any

from mot_nlp.bundle import open_bundle, write_manifest
from training.checkpoint import DEFAULT_ENCODER

if TYPE_CHECKING:
    from pathlib import Path

    from mot_nlp.bundle import Manifest

_TEMPLATE = "model_card.md"


def write_card(path: Path, manifest: Manifest) -> None:
    """Fill ``training/model_card.md`` from a manifest and write it."""
    from importlib import resources

    template = Template((resources.files("training") / _TEMPLATE).read_text(encoding="utf-8"))
    path.write_text(template.substitute(_fields(manifest)), encoding="utf-8")


def add_figures(folder: Path, name: str, figures: dict[str, Any]) -> None:
    """Add what a benchmark measured to a bundle: to its manifest, and so to its card.

    Args:
        folder: The bundle.
        name: Name among the manifest's ``metrics``: ``behaviour`` or ``real_feedback``.
        figures: What was measured.
    """
    manifest = open_bundle(folder).manifest
    manifest = replace(manifest, metrics=manifest.metrics | {name: figures})
    write_card(folder / "README.md", manifest)
    write_manifest(folder, manifest)


def _fields(manifest: Manifest) -> dict[str, str]:
    metrics = manifest.metrics
    encoder = manifest.run["config"]["model"]["encoder"]
    return {
        "name": manifest.name,
        "precision": manifest.precision,
        "window": str(manifest.window),
        "encoder": encoder,
        "encoder_terms": " (Apache-2.0)" if encoder == DEFAULT_ENCODER else "",
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
        "calibrated_on": _counts(metrics.get("calibrated_on", {})) or "held-out documents",
        "review": "\n".join(
            f"| {head} | {entry['threshold']:.2f} | {entry['kept']:.0%} |"
            for head, entry in manifest.review.items()
        ),
        "real": _real(metrics.get("real_feedback", {}), manifest.heads),
        "behaviour": _behaviour(metrics.get("behaviour", {})),
        "fitting": _fitting(manifest.run),
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


def _fitting(run: dict[str, Any]) -> str:
    """How the weights came about, in a sentence or two."""
    config = run["config"]
    seeds = run.get("seeds", [config["fit"]["seed"]])
    told = f"Fine-tuned for {config['fit']['epochs']:g} epochs by `python -m training fit`"
    if len(seeds) == 1:
        told += f", seed {seeds[0]}."
    else:
        told += (
            f"; the weights are the mean of {len(seeds)} fits (seeds {', '.join(map(str, seeds))})."
        )
    if teachers := config.get("distil", {}).get("teachers"):
        told += (
            f" Beside the labels it learned from the mean scores of {len(teachers)} larger fits "
            f"({', '.join(teachers)}; weight {config['distil']['weight']:g})."
        )
    return told + _made_smaller(config)


def _made_smaller(config: dict[str, Any]) -> str:
    """What was cut from the encoder, and what else was done to the texts and numbers it read."""
    model, told = config["model"], ""
    if layers := model.get("layers"):
        told += f" It keeps layers {', '.join(map(str, layers))} of the encoder, counted from 0."
    if width := model.get("feed_forward"):
        told += f" Every layer keeps the {width:,} feed-forward units that matter most."
    if model.get("rounding"):
        told += " Inputs of products were rounded to 8 bits while it was fitted."
    if rough := config["data"].get("rough"):
        told += f" {rough:.0%} of its training texts were given typos or stripped of stops or case."
    return told


def _real(figures: dict[str, dict[str, float]], heads: dict[str, list[str]]) -> str:
    """Scores on real feedback that no fit learned from, by part."""
    if not figures:
        return "Not measured for this bundle."
    lines = [
        "Real feedback from public sources, labelled by two annotators each and never learned from; the",
        "product cut the segments itself. *Unseen* are sources of which no document was learned from. The",
        "annotators agree with each other at macro-F1 0.89 (stage), 0.91 (moment), 0.87 (touchpoint), 0.97",
        "(sentiment) and 0.90 (pivotal), and on stage, moment and sentiment at once in 0.89 of segments.",
        "",
        "| part | " + " | ".join(heads) + " | core mean | core exact |",
        "| --- |" + " ---: |" * (len(heads) + 2),
    ]
    for part, scores in figures.items():
        cells = [scores[name] for name in (*heads, "core_mean_macro_f1", "core_exact")]
        lines.append(f"| {part} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |")
    return "\n".join(lines)


def _behaviour(figures: dict[str, dict[str, int]]) -> str:
    """Share of minimal pairs passed, by slice."""
    if not figures:
        return "Not measured for this bundle."
    lines = ["| slice | pairs | passed |", "| --- | ---: | ---: |"]
    lines += [
        f"| {name} | {entry['pairs']} | {entry['passed'] / entry['pairs']:.0%} |"
        for name, entry in figures.items()
    ]
    return "\n".join(lines)
