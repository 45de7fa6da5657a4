"""``python -m training select``: what to label next, out of a dump."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from mot_nlp.bundle import bundle_path
from mot_nlp.cli.console import comma_separated, plain
from mot_nlp.readers import Columns, check_columns, expand, read_sources
from mot_nlp.tagger import MomentTagger
from mot_nlp.taxonomy import read_taxonomy
from training.commands.inputs import labelled_documents
from training.evaluation.writing import check_folder
from training.labelstudio import CONFIG, TASKS
from training.selection.choosing import choose, heads_of, shared_questions, with_shared_labels
from training.selection.distinct import text_key
from training.selection.judging import Judge
from training.selection.pool import Pool
from training.selection.reading import read_candidates
from training.selection.strategies import TURNS, check_strategy
from training.selection.writing import SHEET, Asked, write_selection

if TYPE_CHECKING:
    from training.selection.choosing import Selection
    from training.selection.reading import Reading

_NO_PATHS: list[Path] = []
_MOST_TOLD = 8


def select_command(
    dump: Annotated[
        list[str], typer.Argument(help="Files, folders or patterns, as mot predict reads them.")
    ],
    *,
    bundle: Annotated[str, typer.Option("--bundle", help="Bundle folder, or default or fast.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the project and the sheet.")],
    count: Annotated[int, typer.Option("--n", help="Documents to choose.", min=1)] = 200,
    strategy: Annotated[
        str, typer.Option("--strategy", help=f"{', '.join(TURNS)}; mixed takes all in turns.")
    ] = "mixed",
    heads: Annotated[
        str | None,
        typer.Option("--heads", help="Heads that matter, as stage,sentiment; all if left out."),
    ] = None,
    labelled: Annotated[
        list[Path],
        typer.Option(
            "--labelled",
            help="Labelled JSON Lines: left out with all near-duplicates, and rare labels are told by "
            "them. May be repeated.",
        ),
    ] = _NO_PATHS,
    taxonomy: Annotated[
        Path | None,
        typer.Option(
            "--taxonomy",
            help="taxonomy.toml of the labels to ask for and of --labelled; the bundle's if left out.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of what is drawn.")] = 13,
    text: Annotated[
        str | None, typer.Option("--text", help="Column of the texts; found if left out.")
    ] = None,
    id_column: Annotated[
        str | None, typer.Option("--id", help="Column of the ids; found if left out.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--source", help="Column that says review, social or transcript."),
    ] = None,
    source_format: Annotated[
        str | None, typer.Option("--format", help="Format of the dump; by the names if left out.")
    ] = None,
    customer: Annotated[
        str | None, typer.Option("--customer", help="The customer's name in transcripts.")
    ] = None,
) -> None:
    """Choose what to label next: where the model is unsure, what is new, and what is rare."""
    check_strategy(strategy)
    columns = Columns(text=text, id=id_column, source=source)
    sources = expand(dump, format=source_format, without=out)
    check_columns(sources, columns)
    tagger = MomentTagger.load(bundle_path(bundle))
    given = tagger.taxonomy
    asked_for = read_taxonomy(taxonomy) if taxonomy else given
    chosen_heads = heads_of(comma_separated(heads), given)
    known = labelled_documents(labelled, asked_for) if labelled else []
    check_folder(out)

    pool = Pool(given.width, seed=seed)
    with Console(stderr=True).status("reading …") as status:
        reading = read_candidates(
            read_sources(sources, columns, customer=customer),
            Judge(tagger, chosen_heads),
            pool,
            labelled={text_key(document.text) for document in known},
            on_progress=lambda done: status.update(f"{done:,} documents read"),
        )
    for reason, number in reading.set_aside.most_common():
        Console().print(f"set aside {number:,}: {reason}")
    selection = choose(
        pool.candidates(), reading.expected, given,
        count=count, strategy=strategy, heads=chosen_heads,
        labelled=with_shared_labels(known, given, asked_for), seed=seed,
    )  # fmt: skip
    asked = Asked(
        inputs=tuple(entry.name for entry in sources),
        bundle=tagger.bundle.manifest.name,
        labelled=tuple(path.name for path in labelled),
        strategy=strategy,
        heads=chosen_heads,
        count=count,
        seed=seed,
    )
    shared = shared_questions(given, asked_for)
    write_selection(selection, reading, asked, asked_for, out, suggested=shared)
    _print(selection, reading, asked, out)
    unlike = [name for name in asked_for.questions if name not in shared]
    if unlike:
        told = f"the bundle suggests nothing for {', '.join(unlike)}, whose labels it does not have"
        Console().print(plain(told, "yellow"), soft_wrap=True)


def _print(selection: Selection, reading: Reading, asked: Asked, out: Path) -> None:
    screen = Console()
    table = Table("strategy", "documents", "segments", box=box.SIMPLE_HEAD)
    documents = Counter(choice.strategy for choice in selection.choices)
    for name, number in documents.items():
        segments = sum(len(c.candidate.marked) for c in selection.choices if c.strategy == name)
        table.add_row(name, f"{number:,}", f"{segments:,}")
    screen.print(table)
    if "rare" in documents:
        rare = [f"{wanted.head} {wanted.label}" for wanted in selection.wanted[:_MOST_TOLD]]
        more = len(selection.wanted) - len(rare)
        screen.print(f"rare labels: {', '.join(rare)}{f' and {more} more' if more > 0 else ''}")
    screen.print(
        f"chosen {len(selection.choices):,} of {selection.candidates:,} candidates; {reading.documents:,} "
        f"documents read, {selection.near_duplicates:,} near-duplicates left out"
    )
    if len(selection.choices) < asked.count:
        screen.print(plain(f"{asked.count:,} were asked for; there are no more", "yellow"))
    screen.print(
        f"label in Label Studio: make a project with {out / CONFIG}, import {out / TASKS}\n"
        f"or in a spreadsheet: fill the empty columns of {out / SHEET}\n"
        "chosen documents are harder and odder than feedback is: learn from them, but measure on a "
        "random sample",
        soft_wrap=True, highlight=False,
    )  # fmt: skip
