"""How well the shipped model tags feedback, beside two baselines trained on the same data.

    python -m benchmarks.quality                                   # corpus test part
    python -m benchmarks.quality --gold FILE.jsonl --extra TRAIN.jsonl --alone FITTED

FITTED is what ``python -m training fit --config training/configs/alone.toml`` wrote.

Writes benchmarks/results/quality.md. The product segments the texts itself; a gold unit takes the
labels of the predicted row that covers most of its characters, none where no row covers a third.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from benchmarks.baselines import alone, tfidf
from mot_nlp.decoding import Decoder
from mot_nlp.encoding import WindowEncoder
from mot_nlp.segmentation import Segmenter
from mot_nlp.tagger import MomentTagger
from mot_nlp.transcripts import document
from training.checkpoint import load_fitted
from training.corpus import LabelledDocument, gather, read_jsonl
from training.evaluate import chosen_arrays, gold_arrays, score_labels, torch_scores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mot_nlp.records import Document
    from mot_nlp.taxonomy import Taxonomy

RESULTS = Path(__file__).parent / "results" / "quality.md"
LEAST_COVER = 1 / 3
LEAST_CELL = 15
Predictions = list[dict[str, str]]


@dataclass(frozen=True)
class GoldSet:
    """Labelled documents to score on, with the documents as the product reads them."""

    name: str
    labelled: list[LabelledDocument]
    documents: list[Document]

    @classmethod
    def of(cls, name: str, labelled: list[LabelledDocument]) -> GoldSet:
        """Read the texts as the product does."""
        return cls(name, labelled, [document(d.id, d.text, source=d.source) for d in labelled])


def align(
    gold: LabelledDocument,
    spans: Sequence[tuple[int, int]],
    labels: Predictions,
    none: dict[str, str],
) -> Predictions:
    """For each gold unit, the labels of the predicted row that covers most of it."""
    out = []
    for unit in gold.segments:
        best, cover = none, (unit.end - unit.start) * LEAST_COVER
        for (start, end), found in zip(spans, labels, strict=True):
            overlap = min(unit.end, end) - max(unit.start, start)
            if overlap > 0 and overlap >= cover:
                best, cover = found, overlap
        out.append(best)
    return out


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


def by_product(tagger: MomentTagger) -> Callable[[GoldSet], list[Predictions]]:
    """The product: its own segments, read in context."""
    none = {name: head.none for name, head in tagger.taxonomy.heads.items()}

    def predict(gold: GoldSet) -> list[Predictions]:
        out = []
        for labelled, tagged in zip(gold.labelled, tagger.stream(gold.documents), strict=True):
            rows = tagged.segments
            labels = [{**row.labels, "pivotal": "yes" if row.pivotal else "no"} for row in rows]
            out.append(align(labelled, [(row.start, row.end) for row in rows], labels, none))
        return out

    return predict


def by_fit(folder: Path, taxonomy: Taxonomy) -> Callable[[GoldSet], list[Predictions]]:
    """A fitted model in torch, before it is quantised and calibrated, on the product's segments."""
    model = load_fitted(folder)
    encoder = WindowEncoder.from_file(folder / "tokenizer.json", window=model.config.window)
    decoder, segmenter = Decoder(taxonomy, {}), Segmenter()
    none = {name: head.none for name, head in taxonomy.heads.items()}

    def predict(gold: GoldSet) -> list[Predictions]:
        spans = [tuple(segmenter(doc)) for doc in gold.documents]
        cut = [
            replace(labelled, segments=own, labels=({},) * len(own))
            for labelled, own in zip(gold.labelled, spans, strict=True)
        ]
        found = chosen_arrays(torch_scores(model, encoder, cut), decoder)
        rows = iter([dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)])
        return [
            align(labelled, [(s.start, s.end) for s in own], [next(rows) for _ in own], none)
            for labelled, own in zip(gold.labelled, spans, strict=True)
        ]

    return predict


def by_segments(
    taxonomy: Taxonomy, label: Callable[[list[str]], dict[str, np.ndarray]]
) -> Callable[[GoldSet], list[Predictions]]:
    """A baseline that labels the product's segments one by one, out of context."""
    none = {name: head.none for name, head in taxonomy.heads.items()}
    segmenter = Segmenter()

    def predict(gold: GoldSet) -> list[Predictions]:
        spans = [segmenter(doc) for doc in gold.documents]
        texts = [
            doc.text[s.start : s.end]
            for doc, own in zip(gold.documents, spans, strict=True)
            for s in own
        ]
        found = label(texts)
        rows = iter([{name: str(found[name][i]) for name in found} for i in range(len(texts))])
        return [
            align(labelled, [(s.start, s.end) for s in own], [next(rows) for _ in own], none)
            for labelled, own in zip(gold.labelled, spans, strict=True)
        ]

    return predict


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
    alone_model: Annotated[
        Path | None, typer.Option("--alone", help="Fitted folder of the lone-segment baseline.")
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="Bundle; the shipped model if left out.")
    ] = None,
    skip_tfidf: Annotated[
        bool, typer.Option("--skip-tfidf", help="Leave the slow baseline out.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Where to write.")] = RESULTS,
) -> None:
    """Score the model and its baselines; write a Markdown page."""
    tagger = MomentTagger.load(bundle)
    taxonomy = tagger.taxonomy
    splits = gather(Path("data/corpus"), extra or [], taxonomy)
    sets = [GoldSet.of("corpus test part", splits["test"])]
    if gold:
        sets.append(GoldSet.of("real feedback", read_jsonl(gold, taxonomy)))
    systems = {"mot-nlp": by_product(tagger)}
    if alone_model:
        systems["same encoder, each segment alone"] = by_segments(
            taxonomy, alone(alone_model, taxonomy)
        )
    if not skip_tfidf:
        systems["TF-IDF + logistic regression"] = by_segments(
            taxonomy, tfidf(splits["train"], taxonomy)
        )
    seen = {d.origin for d in splits["train"]}
    page = [_HEAD.format(precision=tagger.bundle.manifest.precision, sha=tagger.bundle.sha256[:12])]
    segmenter = Segmenter()
    for entry in sets:
        page.append(_section(entry, systems, taxonomy, seen, boundary_f1(entry, segmenter)))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("\n".join(page), encoding="utf-8")
    typer.echo(out.read_text(encoding="utf-8"))


_HEAD = """# Quality

Written by `python -m benchmarks.quality` with the bundle {sha} ({precision}). Macro-F1 per head over
the labels of the gold (sentiment where there is a moment); *core* is the mean of stage, moment and
sentiment, *exact* the share of segments with all three right; *table* the mean absolute error of the
(stage, moment) table's shares and net sentiment (scale −1 to 1). All systems label the product's own
segments and were trained on the same data. The segmenter's rules were made with the whole corpus in
view, so its border figures there are not held out; no model was chosen on the test part.
"""


def _section(
    gold: GoldSet,
    systems: dict[str, Callable[[GoldSet], list[Predictions]]],
    taxonomy: Taxonomy,
    seen: set[str],
    borders: dict[str, float],
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
            if title == "mot-nlp":
                detail = _detail(scores, heads)
    return "\n".join([*lines, "", *detail, ""])


def _row(title: str, scores: dict[str, Any], heads: list[str]) -> str:
    figures = [scores[head]["macro_f1"] for head in heads]
    figures += [scores["core_mean_macro_f1"], scores["core_exact"]]
    figures += [scores["table"]["share"], scores["table"]["net"]]
    return f"| {title} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |"


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
