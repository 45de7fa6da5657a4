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
from mot_nlp.taxonomy import read_taxonomy
from training.average import average
from training.commands.auditing import audit_command
from training.commands.comparing import compare_command
from training.commands.curving import curve_command
from training.commands.evaluating import evaluate_command
from training.commands.exporting import export_command
from training.commands.fitting import fit_command
from training.commands.importing import import_command
from training.commands.publishing import push_command
from training.commands.selecting import select_command
from training.corpus import SPLITS, gather, read_jsonl
from training.duplicates import near_duplicates
from training.sources import Report, join, read_labels, unclear, with_licence, write_labels

app = typer.Typer(
    name="python -m training",
    help="From labelled rows to a better model in service: import, fit, evaluate, compare, ship.",
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


app.command("import")(import_command)
app.command("fit")(fit_command)
app.command("evaluate")(evaluate_command)
app.command("compare")(compare_command)
app.command("audit")(audit_command)
app.command("select")(select_command)
app.command("curve")(curve_command)
app.command("export")(export_command)
app.command("push")(push_command)


@app.command("average")
def average_command(
    fits: Annotated[list[Path], typer.Argument(help="Folders of fitted models.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of their mean.")],
) -> None:
    """Average the weights of fits that differ in their seed alone."""
    console.print(f"mean of {len(fits)} models in {average(fits, out)}")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with errors_as_messages():
        app()
