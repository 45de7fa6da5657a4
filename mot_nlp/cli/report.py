"""``mot report``: moments in, one page to pass on."""

from __future__ import annotations

from typing import Annotated

import typer

from mot_nlp.cli.console import Model, comma_separated, err
from mot_nlp.errors import InputError


def command(
    moments: Annotated[
        list[str], typer.Argument(help="Parquet, CSV or JSON Lines files that mot predict wrote.")
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", help="The HTML file to write.")
    ] = "report.html",
    documents: Annotated[
        str | None,
        typer.Option("--documents", help="Document rows: they carry the outcome and the source."),
    ] = None,
    outcome: Annotated[
        str | None,
        typer.Option("--outcome", help="Column of the documents that moments may move, as stars."),
    ] = None,
    filters: Annotated[
        str | None,
        typer.Option("--filter", help="Columns to filter by, separated by commas; brand, source."),
    ] = None,
    date: Annotated[str, typer.Option("--date", help="Column of dates.")] = "date",
    rejected: Annotated[
        str | None, typer.Option("--rejected", help="The rejected.jsonl of the run.")
    ] = None,
    title: Annotated[
        str, typer.Option("--title", help="Heading of the page.")
    ] = "Moments of truth",
    min_n: Annotated[
        int, typer.Option("--min-n", help="Blank the figures of cells with fewer moments.")
    ] = 5,
    model: Model = None,
) -> None:
    """Write a self-contained HTML report: findings, tables, charts, quotes."""
    from pathlib import Path

    from mot_nlp.reporting import report

    for path in moments:
        if not Path(path).is_file():
            raise InputError(f"no file {path}; make one with: mot predict FEEDBACK -o {path}")
    target = report(
        [*moments],
        documents,
        path=output,
        title=title,
        outcome=outcome,
        filters=comma_separated(filters) if filters is not None else None,
        date=date,
        rejected=rejected,
        min_n=min_n,
        model=model,
    )
    err.print(f"Wrote {target}", highlight=False)
