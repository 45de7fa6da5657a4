"""``python -m training curve``: whether more labels would pay."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from mot_nlp.cli.console import plain
from mot_nlp.errors import InputError
from mot_nlp.taxonomy import read_taxonomy
from training.commands.inputs import TAXONOMY, TaxonomyFile, labelled_documents
from training.curve.measuring import REPEATS, measure
from training.curve.reading import read_curves
from training.curve.writing import write_curves
from training.evaluation.estimates import check_draws
from training.evaluation.writing import check_folder
from training.splitting import group_key, group_of
from training.vectors import check_unlearned, default_encoder, segment_vectors

if TYPE_CHECKING:
    from training.curve.reading import HeadCurve
    from training.evaluation.estimates import Estimate

PRESETS = ("quick",)


def curve_command(
    labelled: Annotated[
        list[Path], typer.Argument(help="Labelled JSON Lines, as 'import' writes them.")
    ],
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder for the figures and the picture.")],
    preset: Annotated[
        str,
        typer.Option("--preset", help="quick: heads on vectors of an encoder that stays as it is."),
    ] = "quick",
    taxonomy: TaxonomyFile = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="A fit, a bundle's checkpoint, a folder or a hub id of an encoder that has not learned "
            "these labels. The shipped checkpoint if left out.",
        ),
    ] = None,
    group: Annotated[
        str,
        typer.Option("--group", help="Key whose values stay together, as author; else documents."),
    ] = "",
    repeats: Annotated[
        int, typer.Option("--repeats", help="Orders in which labels join.", min=2)
    ] = REPEATS,
    bootstrap: Annotated[
        int, typer.Option("--bootstrap", help="Replicates that intervals rest on.")
    ] = 200,
    seed: Annotated[int, typer.Option("--seed", help="Of everything that is drawn.")] = 13,
) -> None:
    """Draw the learning curve of each head and foretell what twice the labels would bring."""
    if preset not in PRESETS:
        raise InputError(
            f"no preset {preset!r} for curves, which take dozens of fits; allowed: {', '.join(PRESETS)}"
        )
    check_draws(bootstrap)
    start = encoder or default_encoder()
    check_unlearned(start)
    labels = read_taxonomy(taxonomy or TAXONOMY)
    documents = labelled_documents(labelled, labels)
    key = group_key(documents, group)
    check_folder(out)
    vectors = segment_vectors(start, documents)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("fitting heads", total=None)
        measured = measure(
            documents, vectors, [group_of(document, key) for document in documents], labels,
            repeats=repeats, draws=bootstrap, seed=seed,
            on_progress=lambda done, total: progress.update(task, completed=done, total=total),
        )  # fmt: skip
    curves = read_curves(measured, seed=seed)
    asked = {
        "labelled": [path.name for path in labelled], "documents": len(documents),
        "segments": len(vectors), "preset": preset, "encoder": start, "group": key or "document",
        "repeats": repeats, "bootstrap": bootstrap, "seed": seed,
    }  # fmt: skip
    paths = write_curves(curves, asked, out)
    _print(curves, [head for head in labels.heads if head not in measured])
    for path in paths:
        Console().print(plain(f"wrote {path}"), soft_wrap=True)


def _print(curves: list[HeadCurve], left_out: list[str]) -> None:
    screen = Console()
    table = Table(
        "head", "labels", "measured", "with all", "with twice as many", "gain", box=box.SIMPLE_HEAD
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for curve in curves:
        last = curve.points[-1]
        table.add_row(
            plain(curve.head), f"{curve.total:,}", f"{last.macro_f1:.3f} ({last.labels:,.0f})",
            _figure(curve.now), _figure(curve.doubled),
            "·" if curve.gain is None else f"{100 * curve.gain.value:+.1f}",
        )  # fmt: skip
    screen.print(table)
    for curve in curves:
        screen.print(plain(curve.verdict, "yellow" if curve.doubts else ""), soft_wrap=True)
    if left_out:
        told = f"no curve of {', '.join(left_out)}: fewer than two different labels to measure on"
        screen.print(plain(told, "yellow"), soft_wrap=True)
    screen.print(
        "macro-F1 of heads alone on one part held out; a whole fit stands higher, its curve has a like "
        "shape",
        soft_wrap=True,
    )


def _figure(found: Estimate | None) -> str:
    return "·" if found is None else f"{found.value:.3f}"
