"""``python -m training audit``: likely label errors, as a list to read and a project to correct them in."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer
from rich import box
from rich.console import Console
from rich.table import Table

from mot_nlp.cli.console import plain
from mot_nlp.taxonomy import read_taxonomy
from mot_nlp.writers import write_table
from training.audit import by_origin, check_fair, cross_scores, quick_scores, suspects
from training.commands.inputs import (
    Labelled,
    TaxonomyFile,
    labelled_documents,
    one_line,
)
from training.config import Config, read_config
from training.corpus import gather
from training.duplicates import near_duplicates_within
from training.evaluation.writing import check_folder
from training.labelstudio import CONFIG, TASKS, write_project
from training.reviewing import FIRST, first, review_tasks
from training.start import meant
from training.vectors import default_encoder, segment_vectors

if TYPE_CHECKING:
    from mot_nlp.taxonomy import Taxonomy
    from training.corpus import LabelledDocument

DEFAULT = Path("training/configs/default.toml")
"""How whole models are fitted where no configuration is named."""

ROADS = ("quick", "fits")
_NO_PATHS: list[Path] = []
_EXAMPLES = 5


def audit_command(
    labelled: Labelled = None,
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder for the tables and the project.")],
    scores: Annotated[
        str | None,
        typer.Option(
            "--scores",
            help="quick: heads on vectors of an encoder, a minute; fits: a whole model a fold, hours. "
            "Of own rows quick if left out, of the corpus fits.",
        ),
    ] = None,
    taxonomy: TaxonomyFile = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Encoder of the quick road: a fit, a bundle's checkpoint, a folder or a hub id that has "
            "not learned these labels. The shipped checkpoint for own rows if left out.",
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="How whole models are fitted; names the corpus.")
    ] = None,
    extra: Annotated[
        list[Path],
        typer.Option("--extra", help="Labelled JSON Lines beside the corpus; may be repeated."),
    ] = _NO_PATHS,
    folds: Annotated[
        int | None,
        typer.Option("--folds", help="Models to fit; 5 quick ones, 3 whole ones.", min=2),
    ] = None,
    share: Annotated[
        float,
        typer.Option("--share", help="Share of the list that goes into the project.", min=0, max=1),
    ] = FIRST,
) -> None:
    """List likely label errors and near-duplicates, of own rows or of the corpus."""
    road = scores or ("quick" if labelled else "fits")
    if road not in ROADS:
        raise typer.BadParameter(f"--scores {road!r} is not one of {', '.join(ROADS)}")
    if labelled and extra:
        raise typer.BadParameter("--extra goes beside the corpus; name all own files as arguments")
    settings = _settings(config, taxonomy, encoder)
    labels = read_taxonomy(Path(settings.model.taxonomy))
    documents = (
        labelled_documents(labelled, labels) if labelled else _corpus(settings, extra, labels)
    )
    check_folder(out)
    if road == "fits":
        found = cross_scores(settings, documents, out, labels, folds=folds or 3)
    else:
        if labelled and encoder is None:
            settings = _starting(settings, default_encoder())
        check_fair(settings)
        vectors = segment_vectors(settings.model.encoder, documents)
        found = quick_scores(vectors, documents, labels, folds=folds or 5)
    _write(documents, suspects(documents, found, labels), labels, out, share, f"audit, {road}")


def _settings(config: Path | None, taxonomy: Path | None, encoder: str | None) -> Config:
    settings = read_config(config or DEFAULT)
    if taxonomy is not None:
        settings = replace(settings, model=replace(settings.model, taxonomy=str(taxonomy)))
    return settings if encoder is None else _starting(settings, encoder)


def _starting(settings: Config, encoder: str) -> Config:
    return replace(settings, model=replace(settings.model, encoder=meant(encoder)))


def _corpus(settings: Config, extra: list[Path], taxonomy: Taxonomy) -> list[LabelledDocument]:
    """What fits learn from: the parts train and validation."""
    files = [*map(Path, settings.data.extra), *extra]
    splits = gather(Path(settings.data.corpus), files, taxonomy)
    return [*splits["train"], *splits["validation"]]


def _write(
    documents: list[LabelledDocument],
    found: pd.DataFrame,
    taxonomy: Taxonomy,
    out: Path,
    share: float,
    model: str,
) -> None:
    doubtful = first(found, share)
    pairs = near_duplicates_within(documents)
    write_table(found, out / "suspects.csv")
    write_table(by_origin(found), out / "origins.csv")
    write_table(pd.DataFrame(pairs, columns=["one", "other", "overlap"]), out / "duplicates.csv")
    tasks = write_project(review_tasks(documents, doubtful, taxonomy, model=model), taxonomy, out)
    screen = Console()
    labels = Counter(found["head"])
    errors = Counter(found.loc[found["issue"], "head"])
    table = Table("head", "labels", "likely errors", box=box.SIMPLE_HEAD)
    for head in filter(labels.__contains__, taxonomy.heads):
        table.add_row(head, f"{labels[head]:,}", f"{errors[head]:,}")
    screen.print(table)
    screen.print("the least believable:")
    for row in found.head(_EXAMPLES).itertuples():
        told = f"  {row.head}: {row.given}, or {row.suggested}? {one_line(str(row.text))}"
        screen.print(plain(told), soft_wrap=True)
    screen.print(
        f"read {out}/suspects.csv from the top, the first {share:.0%} ({len(doubtful):,} labels) at "
        f"least; then duplicates.csv ({len(pairs):,} pairs of near-duplicates) and origins.csv",
        soft_wrap=True, highlight=False,
    )  # fmt: skip
    screen.print(
        f"to correct them in Label Studio, make a project with {out / CONFIG} and import "
        f"{out / TASKS} ({tasks:,} documents)", soft_wrap=True, highlight=False,
    )  # fmt: skip
