"""``mot drift``: two sets of moments in, what changed and whether to label again."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mot_nlp.cli.console import Model, comma_separated, out
from mot_nlp.cli.drifting import render, to_read
from mot_nlp.cli.tabling import BY, Confidence, column_hints, existing, hand_over
from mot_nlp.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from mot_nlp.monitoring import DriftResult

FAILED = 1
"""Exit code of --fail."""

JSON = "json"
"""The format that holds all that was found and not the figures alone."""

_MARKDOWN = ("md", "markdown")


def command(
    reference: Annotated[
        str,
        typer.Argument(
            help="Moments that the model was judged on: a file of mot predict, the folder of a job, or "
            "a pattern in quotes."
        ),
    ],
    new: Annotated[str, typer.Argument(help="Later moments, tagged by the same model.")],
    by: Annotated[
        str | None, typer.Option("--by", help=f"Judge groups too, as brand. {BY}")
    ] = None,
    confidence: Confidence = 0.95,
    everything: Annotated[
        bool, typer.Option("--all", help="Show all figures, not only those that changed clearly.")
    ] = False,
    fail: Annotated[
        bool,
        typer.Option(
            "--fail", help="Exit with 1 if the verdict is to relabel, or nothing can be compared."
        ),
    ] = False,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="Also write all that was found (.json), or the figures: CSV, TSV, Parquet, JSON Lines "
            "or Markdown (.md); - for standard output.",
        ),
    ] = None,
    output_format: Annotated[
        str | None,
        typer.Option(
            "--output-format",
            help="json, csv, tsv, parquet, jsonl or md, where the name does not tell; to standard output "
            "where there is no name.",
        ),
    ] = None,
    model: Model = None,
) -> None:
    """Compare new feedback with that which the model was judged on: has anything drifted?

    Labels, confidence, lengths and words, with intervals that know which moments are of one document,
    and a plain verdict whether to label again.
    """
    from mot_nlp.monitoring import INCOMPARABLE, RELABEL, drift

    sides = [_paths(side) for side in (reference, new)]
    names = comma_separated(by)
    with column_hints(names):
        found = drift(sides[0], sides[1], by=names, confidence=confidence, model=model)
    view = render(found, names, confidence=confidence, everything=everything)
    sources = [path for side in sides for path in side]
    kind = output_format or Path(output or "").suffix.lower().removeprefix(".")
    if kind == JSON:
        _hand_over_json(found, view, sources=sources, output=output)
    else:
        table = to_read(found, confidence) if kind in _MARKDOWN else found.figures
        hand_over(table, view, sources=sources, output=output, output_format=output_format)
    if fail and found.verdict in (RELABEL, INCOMPARABLE):
        raise typer.Exit(FAILED)


def _paths(given: str) -> list[Path]:
    """The path, or the paths that a pattern stands for.

    Raises:
        InputError: There is none.
    """
    if not Path(given).exists() and (
        found := sorted(glob.glob(given, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute one
    ):
        return [Path(path) for path in found]
    return existing([given])


def _hand_over_json(
    found: DriftResult, view: RenderableType, *, sources: Sequence[Path], output: str | None
) -> None:
    """Write all that was found as JSON, and show it unless standard output has it.

    Raises:
        OutputError: The file cannot be written, or is one of the sources.
    """
    from mot_nlp.writers import STANDARD_STREAM, open_writer

    target = output or STANDARD_STREAM
    if Path(target).resolve() in [source.resolve() for source in sources]:
        raise OutputError(f"{target} is what was compared; name another file")
    told = found.as_dict()
    with open_writer(target, list(told), format="jsonl") as writer:  # one object is JSON as well
        writer.write([told])
    if target != STANDARD_STREAM:
        out.print(view)
