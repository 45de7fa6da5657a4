"""Labelled rows on the command line: the arguments that name them, and reading them with what was set aside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from mot_nlp.cli.console import plain
from mot_nlp.errors import InputError
from training.labelled import read_labelled

if TYPE_CHECKING:
    from mot_nlp.taxonomy import Taxonomy
    from training.corpus import LabelledDocument

TAXONOMY = Path("training/configs/taxonomy.toml")

Labelled = Annotated[
    list[Path] | None, typer.Argument(help="Labelled JSON Lines, as 'import' writes them.")
]
TaxonomyFile = Annotated[
    Path | None,
    typer.Option("--taxonomy", help="taxonomy.toml of the labels; the project's own if left out."),
]

_MOST_TOLD = 5
_LONGEST = 90


def labelled_documents(paths: list[Path], taxonomy: Taxonomy) -> list[LabelledDocument]:
    """Documents of labelled files; rows that cannot be used are told on the screen.

    Raises:
        InputError: A file is missing or holds nothing that can be used.
    """
    documents, set_aside = read_labelled(paths, taxonomy)
    if not documents:
        raise InputError(f"{', '.join(map(str, paths))} hold no labelled document that can be used")
    screen = Console()
    if set_aside:
        screen.print(plain(f"rows set aside, as they cannot be used: {len(set_aside):,}", "yellow"))
    for row in set_aside[:_MOST_TOLD]:
        screen.print(plain(f"  {row.where}:{row.row}: {row.reason}"), soft_wrap=True)
    if len(set_aside) > _MOST_TOLD:
        screen.print(f"  and {len(set_aside) - _MOST_TOLD:,} more")
    return documents


def one_line(text: str) -> str:
    r"""A text on one line of the screen, cut between words.

    >>> one_line("It broke.\nTwice.")
    'It broke. Twice.'
    """
    flat = " ".join(text.split())
    if len(flat) <= _LONGEST:
        return flat
    return (flat[:_LONGEST].rpartition(" ")[0] or flat[:_LONGEST]) + "…"
