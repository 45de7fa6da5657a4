"""``python -m training``: thin coats over the functions of this package."""

from __future__ import annotations

import json
import logging
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from mot_nlp.cli.console import errors_as_messages
from mot_nlp.tagger import MomentTagger
from mot_nlp.taxonomy import read_taxonomy
from training.config import read_config
from training.corpus import SPLITS, gather
from training.duplicates import near_duplicates
from training.evaluate import evaluate
from training.export import export
from training.fit import fit

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
_NO_PATHS: list[Path] = []


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


@app.command("fit")
def fit_command(
    config: Annotated[Path, typer.Option("--config", help="TOML file; see training/config.py.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for checkpoints and the result.")],
    extra: Extra = _NO_PATHS,
    restart: Annotated[
        bool, typer.Option("--restart", help="Ignore checkpoints in --out.")
    ] = False,
) -> None:
    """Fine-tune a model; an interrupted fit goes on from its last checkpoint."""
    folder = fit(read_config(config), out, extra=extra, resume=not restart)
    console.print(f"fitted model in {folder}; next: python -m training export {folder} BUNDLE")


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
