"""``python -m training``: thin coats over the functions of this package."""

from __future__ import annotations

import json
import logging
from collections import Counter
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich import box
from rich.console import Console
from rich.table import Table

from mot_nlp.cli.console import errors_as_messages
from mot_nlp.tagger import MomentTagger
from mot_nlp.taxonomy import read_taxonomy
from mot_nlp.writers import write_table
from training.audit import by_origin, cross_scores, suspects
from training.average import average
from training.config import read_config
from training.corpus import SPLITS, gather, read_jsonl
from training.duplicates import near_duplicates, near_duplicates_within
from training.evaluate import evaluate
from training.export import export
from training.fit import fit
from training.sources import Report, join, read_labels, unclear, with_licence, write_labels

app = typer.Typer(
    name="python -m training",
    help="Fit, evaluate and export models for mot-nlp.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console()

Extra = Annotated[
    list[Path],
    typer.Option("--extra", help="Labelled JSON Lines to use beside the corpus; may be repeated."),
]
TAXONOMY = Path("training/configs/taxonomy.toml")
CORPUS = Path("data/corpus")
REAL = Path("data/real/labels.jsonl")
_NO_PATHS: list[Path] = []
_NO_NAMES: list[str] = []


@app.command("corpus")
def corpus_command(folder: Path = CORPUS, extra: Extra = _NO_PATHS) -> None:
    """Check the corpus: faults, label counts, the split, near-duplicates across it."""
    taxonomy = read_taxonomy(TAXONOMY)
    splits = gather(folder, extra, taxonomy)
    for name in SPLITS:
        documents = splits[name]
        segments = sum(len(document.segments) for document in documents)
        sources = dict(Counter(document.source for document in documents))
        console.print(f"{name}: {len(documents):,} documents {sources}, {segments:,} segments")
    table = Table("head", "label", *SPLITS, box=box.SIMPLE_HEAD)
    for head, entry in taxonomy.heads.items():
        counts = {
            name: Counter(labels.get(head) for d in splits[name] for labels in d.labels)
            for name in SPLITS
        }
        for label in entry.labels:
            table.add_row(head, label, *(f"{counts[name][label]:,}" for name in SPLITS))
    console.print(table)
    for name in ("validation", "test"):
        pairs = near_duplicates(splits[name], splits["train"])
        console.print(f"near-duplicates of {name} documents in train: {len(pairs)}")
        for pair in pairs[:10]:
            console.print(f"  {pair.held_out} ~ {pair.train}: {pair.overlap:.2f}")


@app.command("sources")
def sources_command(
    texts: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="Folder of checkouts (owner/name) or of JSON Lines with texts."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="JSON Lines to write, for --extra of fit.")
    ] = None,
    labels: Annotated[Path, typer.Option("--labels", help="Stand-off labels.")] = REAL,
    licence: Annotated[
        list[str],
        typer.Option("--licence", help="Only texts under these terms, as MIT; may be repeated."),
    ] = _NO_NAMES,
) -> None:
    """Join the labels of real feedback to texts that you have obtained; name what is missing."""
    records = with_licence(read_labels(labels), licence)
    report = join(records, texts, out)
    _print_sources(report)
    if report.joined < report.documents:
        console.print("\nto obtain what is missing:")
        for source in report.sources:
            if source.missing:
                console.print(source.command(texts), soft_wrap=True, highlight=False)
    if out is not None:
        wrote = f"wrote {out}" if report.joined else f"nothing to write to {out}"
        console.print(wrote, soft_wrap=True)


def _print_sources(report: Report) -> None:
    table = Table("repository", "commit", "documents", "joined", "missing", box=box.SIMPLE_HEAD)
    for source in report.sources:
        counts = (source.documents, source.joined, source.missing)
        table.add_row(source.repo, source.commit[:12], *(f"{count:,}" for count in counts))
    console.print(table)
    console.print(f"joined {report.joined:,} of {report.documents:,} documents")
    for fault in report.unreadable:
        console.print(f"not read: {fault}", soft_wrap=True, markup=False)
    if report.altered:
        names = ", ".join(report.altered[:10])
        console.print(
            f"{len(report.altered):,} texts are not the ones that were labelled, as {names}"
        )
    doubtful = [
        f"  {source.repo}: {terms}"
        for source in report.sources
        for terms in sorted(source.licences)
        if unclear(terms)
    ]
    if doubtful:
        console.print("\nterms not stated, or not stated plainly (leave out with --licence):")
    for line in doubtful:
        console.print(line, soft_wrap=True, markup=False)


@app.command("labels")
def labels_command(
    labelled: Annotated[Path, typer.Argument(help="Labelled JSON Lines, with texts.")],
    out: Annotated[Path, typer.Option("--out", help="Stand-off labels to write.")] = REAL,
) -> None:
    """Write labels without their texts: what data/real/ ships after a correction."""
    read_jsonl(labelled, read_taxonomy(TAXONOMY))  # its faults are told before a line is written
    with labelled.open(encoding="utf-8") as lines:
        count = write_labels((json.loads(line) for line in lines), out)
    console.print(f"wrote {out}: the labels of {count:,} documents, and no text")


@app.command("fit")
def fit_command(
    config: Annotated[Path, typer.Option("--config", help="TOML file; see training/config.py.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for checkpoints and the result.")],
    extra: Extra = _NO_PATHS,
    restart: Annotated[
        bool, typer.Option("--restart", help="Remove checkpoints in --out and begin again.")
    ] = False,
) -> None:
    """Fine-tune a model; an interrupted fit goes on from its last checkpoint."""
    folder = fit(read_config(config), out, extra=extra, resume=not restart)
    console.print(f"fitted model in {folder}; next: python -m training export {folder} BUNDLE")


@app.command("average")
def average_command(
    fits: Annotated[list[Path], typer.Argument(help="Folders of fitted models.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of their mean.")],
) -> None:
    """Average the weights of fits that differ in their seed alone."""
    console.print(f"mean of {len(fits)} models in {average(fits, out)}")


@app.command("audit")
def audit_command(
    config: Annotated[Path, typer.Option("--config", help="How each model is fitted.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the fits and the tables.")],
    extra: Extra = _NO_PATHS,
    folds: Annotated[int, typer.Option("--folds", help="Models to fit.", min=2)] = 3,
) -> None:
    """List likely label errors and near-duplicates in the training and validation parts."""
    settings = read_config(config)
    taxonomy = read_taxonomy(Path(settings.model.taxonomy))
    files = [*map(Path, settings.data.extra), *extra]
    splits = gather(Path(settings.data.corpus), files, taxonomy)
    documents = [*splits["train"], *splits["validation"]]
    scores = cross_scores(settings, documents, out, taxonomy, folds=folds)
    found = suspects(documents, scores, taxonomy)
    pairs = near_duplicates_within(documents)
    write_table(found, out / "suspects.csv")
    write_table(by_origin(found), out / "origins.csv")
    write_table(pd.DataFrame(pairs, columns=["one", "other", "overlap"]), out / "duplicates.csv")
    counts = found.groupby("head", sort=False)["issue"].agg(["sum", "size"])
    table = Table("head", "labels", "likely errors", box=box.SIMPLE_HEAD)
    for head, row in counts.iterrows():
        table.add_row(str(head), f"{row['size']:,}", f"{row['sum']:,}")
    console.print(table)
    console.print(
        f"{len(pairs):,} pairs of near-duplicates; read {out}/suspects.csv from the top, then "
        "origins.csv and duplicates.csv"
    )


@app.command("export")
def export_command(
    fitted: Annotated[Path, typer.Argument(help="Folder of the fitted model.")],
    out: Annotated[Path, typer.Argument(help="Folder of the bundle.")],
    extra: Extra = _NO_PATHS,
) -> None:
    """Convert a fitted model to a bundle; quantise, compare with torch, calibrate, describe."""
    export(fitted, out, extra=extra)
    manifest = json.loads((out / "bundle.json").read_text(encoding="utf-8"))
    heads = list(manifest["heads"])
    table = Table("graph", *heads, "docs/s", box=box.SIMPLE_HEAD)
    for row in manifest["metrics"]["parity"]:
        figures = (f"{row['agreement'][h]:.2%}\n{-100 * row['f1_loss'][h]:+.2f}" for h in heads)
        table.add_row(row["candidate"], *figures, f"{row['documents_per_second']:.0f}")
    console.print(
        "validation split: labels that agree with single-precision torch, macro-F1 points gained"
    )
    console.print(table)
    console.print(f"wrote {out} in {manifest['precision']}")


@app.command("evaluate")
def evaluate_command(
    bundle: Annotated[Path, typer.Argument(help="Bundle folder.")],
    split: Annotated[str, typer.Option("--split", help="train, validation or test.")] = "test",
    corpus: Annotated[Path, typer.Option("--corpus", help="Folder of the corpus.")] = CORPUS,
    extra: Extra = _NO_PATHS,
) -> None:
    """Score a bundle on a part of the labelled data, on its own segment borders."""
    tagger = MomentTagger.load(bundle)
    splits = gather(corpus, extra, tagger.taxonomy)
    if split not in splits:
        raise typer.BadParameter(f"{split!r} is not one of {', '.join(SPLITS)}")
    scores = evaluate(tagger, splits[split])
    table = Table("head", "macro-F1", "accuracy", box=box.SIMPLE_HEAD)
    for head in tagger.taxonomy.heads:
        table.add_row(head, f"{scores[head]['macro_f1']:.3f}", f"{scores[head]['accuracy']:.3f}")
    console.print(table)
    console.print(
        f"core mean macro-F1 {scores['core_mean_macro_f1']:.3f}, all three right "
        f"{scores['core_exact']:.3f}, {scores['segments']:,} segments"
    )


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with errors_as_messages():
        app()
