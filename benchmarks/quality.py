"""How well the shipped model tags feedback, beside two baselines trained on the same data.

    python -m benchmarks.quality                                   # corpus test part
    python -m benchmarks.quality --gold FILE.jsonl --extra TRAIN.jsonl --alone FITTED

FITTED is what ``python -m training fit --config training/configs/alone.toml`` wrote.

Writes benchmarks/results/quality.md. The product segments the texts itself; a gold unit takes the
labels of the predicted row that covers most of its characters, none where no row covers a third.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from benchmarks.baselines import alone, tfidf
from benchmarks.labelling import GoldSet, Predictions, by_fit, by_product, by_segments
from mot_nlp.segmentation import Segmenter
from mot_nlp.tagger import MomentTagger
from training.card import add_figures
from training.checkpoint import fit_name
from training.corpus import LabelledDocument, gather, read_jsonl
from training.evaluate import gold_arrays, score_labels

if TYPE_CHECKING:
    from collections.abc import Callable

    from mot_nlp.taxonomy import Taxonomy

RESULTS = Path(__file__).parent / "results" / "quality.md"
LEAST_CELL = 15


def boundary_f1(gold: GoldSet, segmenter: Segmenter) -> dict[str, float]:
    """How well segment starts inside turns agree with the gold ones."""
    hits = found = wanted = 0
    for labelled, doc in zip(gold.labelled, gold.documents, strict=True):
        firsts = {turn.start for turn in doc.turns}
        true = {s.start for s in labelled.segments} - firsts
        cut = {s.start for s in segmenter(doc)} - firsts
        hits, found, wanted = hits + len(true & cut), found + len(cut), wanted + len(true)
    precision, recall = hits / max(found, 1), hits / max(wanted, 1)
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / max(precision + recall, 1e-9),
    }


def table_error(gold: dict[str, Any], predicted: dict[str, Any]) -> dict[str, float]:
    """Mean absolute error of the (stage, moment) table over cells of at least 15 gold units."""

    def cells(labels: dict[str, Any]) -> dict[tuple[str, str], tuple[float, float, int]]:
        real = labels["moment"] != "none"
        pairs = list(zip(labels["stage"][real], labels["moment"][real], strict=True))
        net = (labels["sentiment"][real] == "positive") * 1.0 - (
            labels["sentiment"][real] == "negative"
        )
        out = {}
        for pair in set(pairs):
            own = np.array([other == pair for other in pairs])
            out[pair] = (own.mean(), net[own].mean(), int(own.sum()))
        return out

    true, found = cells(gold), cells(predicted)
    used = [pair for pair, (_, _, n) in true.items() if n >= LEAST_CELL]
    share = [abs(true[p][0] - found.get(p, (0.0, 0.0, 0))[0]) for p in used]
    net = [abs(true[p][1] - found.get(p, (0.0, 0.0, 0))[1]) for p in used]
    return {"share": float(np.mean(share)), "net": float(np.mean(net))}


def score(
    gold: GoldSet,
    predictions: list[Predictions],
    taxonomy: Taxonomy,
    keep: Callable[[LabelledDocument], bool],
) -> dict[str, Any]:
    """Scores over the documents that ``keep`` takes."""
    kept = [(d, p) for d, p in zip(gold.labelled, predictions, strict=True) if keep(d)]
    true = gold_arrays([d for d, _ in kept], taxonomy)
    found = {
        name: np.array([row[name] for _, rows in kept for row in rows]) for name in taxonomy.heads
    }
    return score_labels(true, found) | {"table": table_error(true, found)}


def run(
    gold: Annotated[
        Path | None, typer.Option(help="Real feedback with gold labels, JSON Lines.")
    ] = None,
    extra: Annotated[
        list[Path] | None, typer.Option(help="Labelled files that the model was fitted on.")
    ] = None,
    fits: Annotated[
        list[Path] | None,
        typer.Option("--fit", help="Fitted folder of one seed; may be repeated."),
    ] = None,
    alone_model: Annotated[
        Path | None, typer.Option("--alone", help="Fitted folder of the lone-segment baseline.")
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="Bundle; the shipped model if left out.")
    ] = None,
    skip_tfidf: Annotated[
        bool, typer.Option("--skip-tfidf", help="Leave the slow baseline out.")
    ] = False,
    card: Annotated[
        bool,
        typer.Option(
            "--card", help="Also write the scores on real feedback into the bundle's card."
        ),
    ] = False,
    out: Annotated[Path, typer.Option(help="Where to write.")] = RESULTS,
) -> None:
    """Score the model and its baselines; write a Markdown page."""
    if card and not gold:
        raise typer.BadParameter("--card takes the scores on --gold, which is not named")
    tagger = MomentTagger.load(bundle)
    taxonomy = tagger.taxonomy
    splits = gather(Path("data/corpus"), extra or [], taxonomy)
    sets = [GoldSet.of("corpus test part", splits["test"])]
    if gold:
        sets.append(GoldSet.of("real feedback", read_jsonl(gold, taxonomy)))
    systems = {"mot-nlp": by_product(tagger)}
    seeds = [f"fit {fit_name(folder)}" for folder in fits or []]
    if len({*seeds}) < len(seeds):
        raise typer.BadParameter("two fits bear the same name; name different folders")
    systems |= {
        name: by_fit(folder, taxonomy) for name, folder in zip(seeds, fits or [], strict=True)
    }
    if alone_model:
        systems["same encoder, each segment alone"] = by_segments(
            taxonomy, alone(alone_model, taxonomy)
        )
    if not skip_tfidf:
        systems["TF-IDF + logistic regression"] = by_segments(
            taxonomy, tfidf(splits["train"], taxonomy)
        )
    seen = {d.origin for d in splits["train"]}
    manifest = tagger.bundle.manifest
    learned = {"mot-nlp": manifest.data["segments"]["train"]}
    if alone_model:
        learned["each alone"] = json.loads((alone_model / "run.json").read_text())["segments"][
            "train"
        ]
    if not skip_tfidf:
        learned["TF-IDF"] = sum(len(d.segments) for d in splits["train"])
    told = ", ".join(f"{name} {count:,}" for name, count in learned.items())
    page = [
        _HEAD.format(
            precision=manifest.precision, sha=manifest.sha256["model.bin"][:12], learned=told
        )
    ]
    segmenter = Segmenter()
    for entry in sets:
        page.append(_section(entry, systems, taxonomy, seen, boundary_f1(entry, segmenter), seeds))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("\n".join(page), encoding="utf-8")
    if card and gold:
        add_figures(tagger.bundle.path, "real_feedback", _by_part(sets[-1], tagger, seen))
    typer.echo(out.read_text(encoding="utf-8"))


def _by_part(gold: GoldSet, tagger: MomentTagger, seen: set[str]) -> dict[str, dict[str, float]]:
    """Scores of the product on all of the real feedback, on seen and on unseen sources."""
    predictions = by_product(tagger)(gold)
    parts: dict[str, Callable[[LabelledDocument], bool]] = {
        "all": lambda _: True,
        "seen": lambda d: d.origin in seen,
        "unseen": lambda d: d.origin not in seen,
    }
    out = {}
    for name, keep in parts.items():
        if not any(keep(document) for document in gold.labelled):
            continue
        scores = score(gold, predictions, tagger.taxonomy, keep)
        heads = {head: scores[head]["macro_f1"] for head in tagger.taxonomy.heads}
        out[name] = heads | {key: scores[key] for key in ("core_mean_macro_f1", "core_exact")}
    return out


_HEAD = """# Quality

Written by `python -m benchmarks.quality` with the weights {sha} ({precision}). Macro-F1 per head over
the labels of the gold (sentiment where there is a moment); *core* is the mean of stage, moment and
sentiment, *exact* the share of segments with all three right; *table* the mean absolute error of the
(stage, moment) table's shares and net sentiment (scale −1 to 1). All systems label the product's own
segments. Segments learned from: {learned}. The segmenter's rules were made with the whole corpus in
view, so its border figures there are not held out; no model was chosen on the test part.
"""


def _section(
    gold: GoldSet,
    systems: dict[str, Callable[[GoldSet], list[Predictions]]],
    taxonomy: Taxonomy,
    seen: set[str],
    borders: dict[str, float],
    seeds: list[str],
) -> str:
    heads = list(taxonomy.heads)
    lines = [
        f"## {gold.name[0].upper()}{gold.name[1:]}",
        "",
        f"{len(gold.labelled):,} documents, {sum(len(d.segments) for d in gold.labelled):,} segments. "
        f"Segment borders: precision {borders['precision']:.3f}, recall {borders['recall']:.3f}, "
        f"F1 {borders['f1']:.3f}.",
        "",
        "| system | " + " | ".join(heads) + " | core | exact | table share | table net |",
        "| --- |" + " ---: |" * (len(heads) + 4),
    ]
    detail: list[str] = []
    spread: dict[str, list[list[float]]] = {}
    for name, predict in systems.items():
        predictions = predict(gold)
        slices: list[tuple[str, Callable[[LabelledDocument], bool]]] = [(name, lambda _: True)]
        if gold.name == "real feedback":
            slices += [
                (f"{name}, sources seen in training", lambda d: d.origin in seen),
                (f"{name}, sources unseen", lambda d: d.origin not in seen),
            ]
        for title, keep in slices:
            if not any(keep(document) for document in gold.labelled):
                continue
            scores = score(gold, predictions, taxonomy, keep)
            lines.append(_row(title, scores, heads))
            if name in seeds:
                spread.setdefault(title.removeprefix(name), []).append(_figures(scores, heads))
            if title == "mot-nlp":
                detail = _detail(scores, heads)
        if seeds and name == seeds[-1]:
            lines += [_spread_row(part, rows) for part, rows in spread.items()]
    return "\n".join([*lines, "", *detail, ""])


def _figures(scores: dict[str, Any], heads: list[str]) -> list[float]:
    figures = [scores[head]["macro_f1"] for head in heads]
    figures += [scores["core_mean_macro_f1"], scores["core_exact"]]
    return [*figures, scores["table"]["share"], scores["table"]["net"]]


def _row(title: str, scores: dict[str, Any], heads: list[str]) -> str:
    figures = _figures(scores, heads)
    return f"| {title} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |"


def _spread_row(part: str, rows: list[list[float]]) -> str:
    """Mean and standard deviation over seeds."""
    cells = [f"{mean:.3f} ± {sd:.3f}" for mean, sd in zip(*_moments(rows), strict=True)]
    return f"| mean of {len(rows)} fits{part} | " + " | ".join(cells) + " |"


def _moments(rows: list[list[float]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(rows)
    return table.mean(axis=0), table.std(axis=0, ddof=1 if len(rows) > 1 else 0)


def _detail(scores: dict[str, Any], heads: list[str]) -> list[str]:
    lines = [
        "Per label (mot-nlp):",
        "",
        "| head | label | F1 | gold segments |",
        "| --- | --- | ---: | ---: |",
    ]
    for head in heads:
        for label, f1 in scores[head]["per_label"].items():
            lines.append(f"| {head} | {label} | {f1:.3f} | {scores[head]['support'][label]:,} |")
    return lines


if __name__ == "__main__":
    typer.run(run)
