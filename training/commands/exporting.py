"""``python -m training export``: a fitted model into a bundle for service."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from transformers.utils import logging as transformers_logging

from mot_nlp.bundle import open_bundle
from mot_nlp.cli.console import plain, warn
from training.export import export

if TYPE_CHECKING:
    from mot_nlp.bundle import Manifest

_NO_PATHS: list[Path] = []


def export_command(
    fitted: Annotated[Path, typer.Argument(help="Folder of the fitted model.")],
    out: Annotated[Path, typer.Argument(help="Folder of the bundle.")],
    extra: Annotated[
        list[Path],
        typer.Option(
            "--extra", help="The labelled files that the fit was given by --extra; may be repeated."
        ),
    ] = _NO_PATHS,
    labelled: Annotated[
        list[Path],
        typer.Option(
            "--labelled",
            help="The own rows of the fit, where they are not where the fit found them; may be "
            "repeated.",
        ),
    ] = _NO_PATHS,
    name: Annotated[
        str, typer.Option("--name", help="Name of the model; that of the folder if left out.")
    ] = "",
    licence: Annotated[
        str,
        typer.Option(
            "--licence",
            help="Terms of the bundle in its card, as mit. If left out, none are stated for a model of "
            "own rows.",
        ),
    ] = "",
) -> None:
    """Convert a fitted model to a bundle; quantise, compare with torch, calibrate, describe."""
    transformers_logging.disable_progress_bar()
    logging.getLogger("nncf").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing tells of branches that never change
        export(fitted, out, extra=extra, labelled=labelled, name=name, licence=licence)
    manifest = open_bundle(out).manifest
    screen = Console()
    _print_parity(screen, manifest)
    _print_scores(screen, manifest)
    screen.print(
        plain(f"wrote {out} in {manifest.precision}; its card is {out / 'README.md'}"),
        soft_wrap=True,
    )
    screen.print(plain(f"try it: mot show TEXT --model {out}"), soft_wrap=True)


def _print_parity(screen: Console, manifest: Manifest) -> None:
    """How the graphs compare with torch, a line a graph."""
    table = Table("graph", "labels that agree", "points lost", "docs/s", "", box=box.SIMPLE_HEAD)
    for column in table.columns[1:4]:
        column.justify = "right"
    for row in manifest.metrics["parity"]:
        agreement, lost = row["agreement"], row["f1_loss"]
        least, most = min(agreement, key=agreement.__getitem__), max(lost, key=lost.__getitem__)
        table.add_row(
            row["candidate"],
            plain(f"{agreement[least]:.2%} {least}"),
            plain(f"{100 * lost[most]:.2f} {most}"),
            f"{row['documents_per_second']:.0f}",
            "shipped" if row["candidate"] == manifest.run["graph"] else "",
        )
    screen.print(
        "validation part against single-precision torch, of each graph the head that differs most:"
    )
    screen.print(table)
    if manifest.precision != "int8":
        warn(
            f"int8 changes more labels than the gate lets pass, so {manifest.precision} is shipped, which is "
            "slower; more validation rows, or every weight fitted with model.rounding = true, may mend it"
        )


def _print_scores(screen: Console, manifest: Manifest) -> None:
    """Figures on held-out data, and what has none."""
    parts = ("test", "corpus_test", "validation")
    part = next(name for name in parts if name in manifest.metrics)
    scores, errors = manifest.metrics[part], manifest.metrics["calibration_error"]
    table = Table("head", "macro-F1", "share right", "calibration error", box=box.SIMPLE_HEAD)
    for column in table.columns[1:]:
        column.justify = "right"
    for head in manifest.heads:
        figures = scores.get(head)
        table.add_row(
            plain(head),
            f"{figures['macro_f1']:.3f}" if figures else "·",
            f"{figures['accuracy']:.3f}" if figures else "·",
            f"{errors[head]['after']:.3f}" if head in errors else "·",
        )
    told = part.replace("corpus_test", "test of the corpus")
    screen.print(f"{told}: {scores['segments']:,} segments; confidences by validation:")
    screen.print(table)
    if part == "validation":
        warn("no part was kept apart for a test; figures on validation flatter")
    if unfitted := [head for head in manifest.heads if head not in errors]:
        warn(
            f"too few labels in validation to judge confidences of {', '.join(unfitted)}; they are left "
            "as they are, and mot predict --review names all of their rows"
        )
