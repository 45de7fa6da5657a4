"""``python -m training evaluate``: figures of one bundle, on paper and in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from mot_nlp.bundle import bundle_path
from mot_nlp.cli.console import plain
from mot_nlp.tagger import MomentTagger
from training.corpus import SPLITS, gather
from training.evaluation.collect import evaluate_bundle
from training.evaluation.estimates import check_draws
from training.evaluation.findings import findings
from training.evaluation.gold import GoldSet, read_gold
from training.evaluation.numbers import between, figure, level
from training.evaluation.writing import check_folder, write_evaluation

if TYPE_CHECKING:
    from training.evaluation.data import Evaluation

CORPUS = Path("data/corpus")
_NO_PATHS: list[Path] = []
_NO_NAMES: list[str] = []


def evaluate_command(
    bundle: Annotated[str, typer.Argument(help="Bundle folder, or default or fast.")],
    labelled: Annotated[
        Path | None,
        typer.Argument(help="Labelled JSON Lines; the project's corpus if left out."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for evaluation.html and evaluation.json."),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(
            "--split",
            help="Part to score on: of the corpus train, validation or test (if left out), of a "
            "file the rows whose key split says so (all of them if left out).",
        ),
    ] = None,
    corpus: Annotated[Path, typer.Option("--corpus", help="Folder of the corpus.")] = CORPUS,
    extra: Annotated[
        list[Path],
        typer.Option("--extra", help="Labelled JSON Lines beside the corpus; may be repeated."),
    ] = _NO_PATHS,
    own_segments: Annotated[
        bool,
        typer.Option(
            "--own-segments", help="Let the product cut the segments, as it does in service."
        ),
    ] = False,
    slice_by: Annotated[
        list[str],
        typer.Option("--slice", help="Key of the labelled rows to slice by; may be repeated."),
    ] = _NO_NAMES,
    bootstrap: Annotated[
        int, typer.Option("--bootstrap", help="Replicates that intervals rest on.")
    ] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="Of the replicates.")] = 13,
    worst: Annotated[int, typer.Option("--worst", help="Worst segments to show.", min=0)] = 30,
) -> None:
    """Score a bundle on labelled feedback: figures with intervals, slices, and where it errs."""
    check_draws(bootstrap)
    if out is not None:
        check_folder(out)
    if labelled is not None and extra:
        raise typer.BadParameter("--extra goes beside the corpus, so leave the labelled file out")
    tagger = MomentTagger.load(bundle_path(bundle))
    if labelled is None:
        gold = _from_corpus(tagger, corpus, extra, part or "test", slice_by)
    else:
        gold = read_gold(labelled, [tagger.taxonomy], keys=slice_by, part=part)
    evaluation = evaluate_bundle(
        tagger, gold, own_segments=own_segments, bootstrap=bootstrap, seed=seed, most_mistakes=worst
    )
    _print(evaluation)
    if out is not None:
        for path in write_evaluation(evaluation, out):
            Console().print(plain(f"wrote {path}"), soft_wrap=True)


def _from_corpus(
    tagger: MomentTagger, corpus: Path, extra: list[Path], part: str, slice_by: list[str]
) -> GoldSet:
    if part not in SPLITS:
        raise typer.BadParameter(f"{part!r} is not one of {', '.join(SPLITS)}")
    documents = gather(corpus, extra, tagger.taxonomy)[part]
    return GoldSet.of("corpus", documents, part=part, keys=slice_by)


def _print(evaluation: Evaluation) -> None:
    screen = Console()
    for warning in evaluation.warnings:
        screen.print(plain(f"note: {warning}", "yellow"))
    heads = ("segments", "macro-F1", "interval", "share right", "calibration error")
    table = Table("head", *heads, box=box.SIMPLE_HEAD)
    for column in table.columns[1:]:
        column.justify = "right"
    for head in evaluation.heads:
        error = f"{head.calibration.ece:.3f}" if head.calibration else "·"
        table.add_row(
            plain(head.head), f"{head.segments:,}", f"{head.macro_f1.value:.3f}",
            between(head.macro_f1, 3).replace(" to ", "–"), f"{head.accuracy.value:.3f}", error,
        )  # fmt: skip
    screen.print(table)
    if evaluation.core_mean_macro_f1:
        exact = (
            f", all three right {figure(evaluation.core_exact, 3)}" if evaluation.core_exact else ""
        )
        screen.print(f"core mean macro-F1 {figure(evaluation.core_mean_macro_f1, 3)}{exact}")
    if evaluation.settings.borders == "own":
        screen.print(f"{evaluation.not_found:,} labelled segments were not found by the product")
    for told in findings(evaluation):
        screen.print(plain(told))
    screen.print(
        f"{evaluation.gold.documents:,} documents, {evaluation.gold.segments:,} segments; "
        f"{level(evaluation.settings.level)} intervals of {evaluation.settings.bootstrap:,} bootstrap "
        "replicates over documents"
    )
