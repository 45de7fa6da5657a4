"""``python -m training fit``: a model from labelled rows, or the shipped one from the corpus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from transformers.utils import logging as transformers_logging

from mot_nlp.cli.console import plain, warn
from mot_nlp.errors import InputError
from mot_nlp.taxonomy import read_taxonomy
from training.fit import fit_split, gathered
from training.manifest import RUN
from training.presets import PRESETS, resolve
from training.splitting import gaps
from training.start import starting_folder
from training.trainer import check_trackers

if TYPE_CHECKING:
    from training.config import Config
    from training.splitting import Split

_DEFAULT_PRESET = "standard"
_LISTED = 5
"""Rows set aside or left out that are printed; the folder of the fit has all."""

_NO_PATHS: list[Path] = []
_NO_NAMES: list[str] = []


def fit_command(
    out: Annotated[Path, typer.Option("--out", help="Folder for checkpoints and the result.")],
    labelled: Annotated[
        list[Path] | None,
        typer.Argument(help="Labelled JSON Lines; the project's corpus if left out."),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset",
            help=f"{', '.join(PRESETS)}: heads alone in minutes; every weight; settings chosen by "
            f"cross-validation. {_DEFAULT_PRESET} if neither this nor --config is given.",
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="TOML file whose values override the preset's."),
    ] = None,
    taxonomy: Annotated[
        Path | None, typer.Option("--taxonomy", help="Own labels; the project's if left out.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Start from this encoder (folder or hub id), fit or bundle; the preset's start, the "
            "shipped model, if left out.",
        ),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option("--group", help="Key of the rows, as author, kept on one side of the split."),
    ] = None,
    test_share: Annotated[
        float | None,
        typer.Option("--test-share", help="Share of the groups kept apart for the test."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Of weights, dropout, batches and folds.")
    ] = None,
    report_to: Annotated[
        list[str],
        typer.Option("--report-to", help="tensorboard, mlflow or wandb; may be repeated."),
    ] = _NO_NAMES,
    extra: Annotated[
        list[Path],
        typer.Option("--extra", help="Labelled JSON Lines to learn from as well; may be repeated."),
    ] = _NO_PATHS,
    *,
    restart: Annotated[
        bool, typer.Option("--restart", help="Remove what is in --out and begin again.")
    ] = False,
) -> None:
    """Fit a model; an interrupted fit goes on where it was."""
    if not labelled and preset is None and config is None:
        raise InputError(
            "nothing to fit on; name labelled JSON Lines, or --config for a fit on the corpus"
        )
    if not labelled and (group is not None or test_share is not None):
        raise InputError(
            "--group and --test-share split labelled rows, and the corpus has a split of its own; "
            "name labelled JSON Lines"
        )
    flags = _flags(
        data={"labelled": list(map(str, labelled or ())), "group": group, "test_share": test_share},
        model={"taxonomy": taxonomy and str(taxonomy), "encoder": start},
        fit={"seed": seed, "report_to": report_to},
    )
    name = preset or (_DEFAULT_PRESET if config is None else None)
    settings, origins = resolve(name=name, file=config, flags=flags)
    check_trackers(settings.fit.report_to)
    starting_folder(settings.model.encoder)  # said before the data are read, which takes longer
    screen = Console()
    _print_config(screen, settings, origins)
    split = gathered(settings, extra)
    _print_split(screen, split, settings, out)
    transformers_logging.disable_progress_bar()
    folder = fit_split(settings, split, out, resume=not restart)
    _print_result(screen, folder, split, out)


def _flags(**tables: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Values that were given."""
    return {
        table: {key: value for key, value in values.items() if value is not None and value != []}
        for table, values in tables.items()
    }


def _print_config(screen: Console, settings: Config, origins: dict[str, str]) -> None:
    table = Table("setting", "value", "set by", box=box.SIMPLE_HEAD)
    for key, value in settings.values().items():
        if key in origins:
            told = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
            table.add_row(key, plain(told), plain(origins[key]))
    if origins:
        screen.print(table)
        screen.print(
            "all other settings are at their defaults, or as the model at the start has them; config.toml "
            "in --out will list them\n"
        )


def _print_split(screen: Console, split: Split, settings: Config, out: Path) -> None:
    table = Table("part", "documents", "segments", box=box.SIMPLE_HEAD)
    for part, documents in split.parts.items():
        segments = sum(len(document.segments) for document in documents)
        table.add_row(part, f"{len(documents):,}", f"{segments:,}")
    screen.print(table)
    if not split.own:
        return
    screen.print(plain(f"kept together by: {split.by or 'document'}"))
    for row in split.set_aside[:_LISTED]:
        warn(f"set aside: {row.where}:{row.row}: {row.reason}")
    if split.set_aside:
        warn(f"{len(split.set_aside):,} rows set aside; all in {out}/rejected.jsonl")
    for entry in split.left_out[:_LISTED]:
        warn(f"left out of {entry.part}: {entry.id} ({entry.why}: {entry.like})")
    if split.left_out:
        warn(
            f"{len(split.left_out):,} held-out documents left out, which others give away; all in "
            f"{out}/split.json"
        )
    for line in gaps(split, read_taxonomy(Path(settings.model.taxonomy))):
        warn(line)


def _print_result(screen: Console, folder: Path, split: Split, out: Path) -> None:
    run = json.loads((folder / RUN).read_text(encoding="utf-8"))
    for trial in run.get("trials", ()):
        screen.print(plain(f"{trial['name']}: mean macro-F1 {trial['mean']:.3f} across the folds"))
    across = run.get("across_folds", {})
    table = Table("head", "validation macro-F1", box=box.SIMPLE_HEAD)
    if across:
        table.add_column("across the folds of train")
    for name, score in run["validation"].items():
        figures = [f"{score:.3f}", *([f"{across[name]:.3f}"] if name in across else [])]
        table.add_row(plain(name), *figures)
    screen.print(table)
    cost = run["outcome"]
    memory = f", {cost['peak_memory_mb']:,} MB at most" if cost["peak_memory_mb"] else ""
    screen.print(plain(f"fitted model in {folder}; {cost['seconds']:,.0f} s{memory}"))
    screen.print(plain(f"next: python -m training export {folder} BUNDLE"))
    if split.own and split.parts["test"]:
        screen.print(plain(f"then: python -m training evaluate BUNDLE {out / 'test.jsonl'}"))
