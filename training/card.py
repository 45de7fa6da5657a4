"""The model card, filled from the manifest: no figure in it is typed by hand."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined

from mot_nlp.bundle import open_bundle, write_manifest
from mot_nlp.taxonomy import question_of
from training.checkpoint import DEFAULT_ENCODER
from training.frontmatter import OTHER, front_matter
from training.history import fitting, split_told

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2 import Template

    from mot_nlp.bundle import Manifest

_TEMPLATE = "model_card.md"
_CORPUS_LICENCE = "apache-2.0"
"""Of models of the project's own corpus: that of the project."""

LEAST_JUDGED = 20
"""Held-out labels of a head from which on its confidences are fitted, and a review threshold is told.

Of fewer, all may be right by luck where one in seven is wrong in truth: 0.86 to the power of 20 is
0.05.
"""

THIN = 500
"""Test segments under which a card says that intervals are wide."""

RARE = 20
"""Training segments of a label under which a card names it as thin."""

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ABSENT = "·"


def write_card(path: Path, manifest: Manifest) -> None:
    """Fill ``training/model_card.md`` from a manifest and write it."""
    path.write_text(_template().render(_fields(manifest)), encoding="utf-8")


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


@lru_cache(maxsize=1)
def _template() -> Template:
    from importlib import resources

    # Markdown is no HTML: the filter "cell" takes from names what acts in it.
    environment = Environment(
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, undefined=StrictUndefined
    )
    environment.filters["cell"] = cell
    text = (resources.files("training") / _TEMPLATE).read_text(encoding="utf-8")
    return environment.from_string(text)


def cell(text: object) -> str:
    r"""A text as one cell of a table in Markdown, in which neither bars nor tags act.

    >>> cell("chat | <b>mail</b>\nposts")
    'chat \\| &lt;b>mail&lt;/b> posts'
    """
    flat = re.sub(r"[\s\x00-\x1f\x7f]+", " ", str(text)).strip()
    return flat.replace("|", r"\|").replace("<", "&lt;")


def _fields(manifest: Manifest) -> dict[str, Any]:
    metrics, data, heads = manifest.metrics, manifest.data, manifest.heads
    own = data.get("own", False)
    tested = metrics.get("test" if own else "corpus_test")
    shown = tested or metrics["validation"]
    encoder = manifest.run["config"]["model"]["encoder"]
    licence = manifest.run.get("licence") or (OTHER if own else _CORPUS_LICENCE)
    part = "test" if tested else "validation"
    segments = data["segments"].get(part, 0)
    uncalibrated = [head for head in heads if head not in metrics["calibration_error"]]
    return {
        "front_matter": front_matter(licence, encoder, figures=bool(shown)),
        "name": manifest.name,
        "questions": (questions := _questions(heads)),
        "questions_told": _questions_told(questions),
        "started_from": manifest.run.get("started_from"),
        "encoder": encoder,
        "encoder_terms": " (Apache-2.0)" if encoder == DEFAULT_ENCODER else "",
        "window": manifest.window,
        "precision": manifest.precision,
        "fitting": fitting(manifest.run),
        "documents": _counts(data["documents"]),
        "segments": _counts(data["segments"]),
        "own": own,
        "files": ", ".join([*data.get("labelled", ()), *data["extra"]]),
        "split_told": split_told(data),
        "sources": data["sources"],
        "tested": bool(tested),
        "tested_on": f"{data['documents'].get(part, 0):,} documents with {segments:,} segments",
        "thin": segments < THIN,
        "scores": _scores(shown, heads),
        "labels": _labels(shown, heads),
        "unseen": "; ".join(_unseen(shown, heads)),
        "real": _real(metrics.get("real_feedback", {}), heads),
        "calibrated_on": _counts(metrics.get("calibrated_on", {})) or "held-out documents",
        "calibration": _calibration(metrics, heads),
        "uncalibrated": ", ".join(uncalibrated),
        "least_judged": LEAST_JUDGED,
        "review": [
            (head, f"{entry['threshold']:.2f}", f"{entry['kept']:.0%}")
            for head, entry in manifest.review.items()
        ],
        "behaviour": _behaviour(metrics.get("behaviour", {})),
        "parity": [
            (_graph(row["candidate"], manifest), f"{min(row['agreement'].values(), default=1.0):.1%}", f"{100 * max(row['f1_loss'].values(), default=0.0):.2f}")
            for row in metrics["parity"]
        ],
        "limits": _limits(data.get("labels", {})),
    }  # fmt: skip


def _questions(heads: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Questions with their labels; the heads of a question of several labels put together."""
    names: dict[str, list[str]] = {}
    for head in heads:
        names.setdefault(question_of(head), []).append(head)
    return [
        {"name": name, "labels": heads[name], "multiple": False}
        if own == [name]
        else {"name": name, "labels": [h.removeprefix(f"{name}.") for h in own], "multiple": True}
        for name, own in names.items()
    ]


def _questions_told(questions: list[dict[str, Any]]) -> str:
    """``five labels``; an answer each, where one of them takes several."""
    count = len(questions)
    number = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    return f"{number} {'answers' if any(q['multiple'] for q in questions) else 'labels'}"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _scores(scores: dict[str, Any], heads: dict[str, list[str]]) -> list[tuple[str, str, str]]:
    rows = [
        (head, f"{scores[head]['macro_f1']:.3f}", f"{scores[head]['accuracy']:.3f}")
        if head in scores
        else (head, "no labels", _ABSENT)
        for head in heads
    ]
    if "core_mean_macro_f1" in scores:
        mean = scores["core_mean_macro_f1"]
        rows.append(("core mean (stage, moment, sentiment)", f"{mean:.3f}", ""))
    if "core_exact" in scores:
        rows.append(("all three core heads right", "", f"{scores['core_exact']:.3f}"))
    return rows


def _labels(scores: dict[str, Any], heads: dict[str, list[str]]) -> list[tuple[str, ...]]:
    return [
        (head, label, f"{scores[head]['per_label'][label]:.2f}", f"{scores[head]['support'][label]:,}")
        for head, labels in heads.items()
        for label in labels
        if label in scores.get(head, {}).get("per_label", {})
    ]  # fmt: skip


def _unseen(scores: dict[str, Any], heads: dict[str, list[str]]) -> list[str]:
    """Labels without a gold segment, by head."""
    told = []
    for head, labels in heads.items():
        known = scores.get(head, {}).get("per_label", {})
        missing = [label for label in labels if label not in known]
        if missing:
            told.append(f"{head} {', '.join(missing)}" if known else head)
    return told


def _calibration(metrics: dict[str, Any], heads: dict[str, list[str]]) -> list[tuple[str, ...]]:
    errors = metrics["calibration_error"]
    return [
        (head, f"{errors[head]['before']:.3f}", f"{errors[head]['after']:.3f}")
        if head in errors
        else (head, "too few labels", _ABSENT)
        for head in heads
    ]


def _limits(counts: dict[str, dict[str, int]]) -> list[str]:
    """What the training part teaches of each head, where that is little or nothing."""
    untaught = [head for head, labels in counts.items() if not any(labels.values())]
    taught = {head: labels for head, labels in counts.items() if head not in untaught}
    lines = []
    if untaught:
        lines.append(
            f"No row of the training part has a label of {', '.join(untaught)}: what the model says there "
            "it does not have from these rows."
        )
    for least, most, told in (
        (0, 0, "without an example"),
        (1, RARE - 1, f"with fewer than {RARE} examples"),
    ):
        names = [
            f"{head} {', '.join(found)}"
            for head, labels in taught.items()
            if (found := [label for label, count in labels.items() if least <= count <= most])
        ]
        if names:
            lines.append(f"Labels {told} in the training part: {'; '.join(names)}.")
    return lines


def _graph(name: str, manifest: Manifest) -> str:
    return f"{name} (shipped)" if name == manifest.run.get("graph") else name


def _real(figures: dict[str, dict[str, float]], heads: dict[str, list[str]]) -> str:
    """Scores on real feedback that no fit learned from, by part; empty where it was not measured."""
    if not figures:
        return ""
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
        cells = [scores.get(name) for name in (*heads, "core_mean_macro_f1", "core_exact")]
        told = (_ABSENT if figure is None else f"{figure:.3f}" for figure in cells)
        lines.append(f"| {part} | " + " | ".join(told) + " |")
    return "\n".join(lines)


def _behaviour(figures: dict[str, dict[str, int]]) -> str:
    """Share of minimal pairs passed, by slice; empty where it was not measured."""
    if not figures:
        return ""
    lines = ["| slice | pairs | passed |", "| --- | ---: | ---: |"]
    lines += [
        f"| {name} | {entry['pairs']} | {entry['passed'] / entry['pairs']:.0%} |"
        for name, entry in figures.items()
    ]
    return "\n".join(lines)
