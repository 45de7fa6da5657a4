"""``mot report``: moments in, one page to pass on."""

from __future__ import annotations

from typing import Annotated

import typer

from mot_nlp.cli.console import Model, comma_separated, err, plain
from mot_nlp.cli.tabling import Confidence, Moments, column_hints, existing
from mot_nlp.errors import OutputError

_DOCUMENTS = "mot predict FEEDBACK -o moments.parquet --documents FILE"


def command(
    moments: Moments,
    output: Annotated[
        str, typer.Option("--output", "-o", help="The HTML file to write.")
    ] = "report.html",
    documents: Annotated[
        list[str] | None,
        typer.Option(
            "--documents",
            help="File of documents that mot predict --documents wrote: they carry outcome, source "
            "and coverage; repeat the option for several.",
        ),
    ] = None,
    outcome: Annotated[
        str | None,
        typer.Option("--outcome", help="Kept column that moments may move; stars if left out."),
    ] = None,
    filters: Annotated[
        str | None,
        typer.Option(
            "--filter", help="Columns to filter by, separated by commas; brand and source if there."
        ),
    ] = None,
    date: Annotated[str, typer.Option("--date", help="Kept column of dates.")] = "date",
    rejected: Annotated[
        str | None, typer.Option("--rejected", help="The rejected.jsonl of the run, to be counted.")
    ] = None,
    title: Annotated[
        str, typer.Option("--title", help="Heading of the page.")
    ] = "Moments of truth",
    min_n: Annotated[
        int, typer.Option("--min-n", help="Blank the figures of cells with fewer moments.")
    ] = 5,
    confidence: Confidence = 0.95,
    model: Model = None,
) -> None:
    """Write a self-contained HTML report: findings, charts, tables and quotes."""
    from mot_nlp.reporting import report

    sources = existing(moments)
    feedback = existing(documents, hint=_DOCUMENTS) if documents else None
    if output in {str(path) for path in (*sources, *(feedback or ()))}:
        raise OutputError(f"{output} is what is read here; name another file for the report")
    names = None if filters is None else comma_separated(filters)
    with column_hints([*(names or ()), date, *([outcome] if outcome else [])]):
        path = report(
            sources,
            feedback,
            path=output,
            title=title,
            outcome=outcome,
            filters=names,
            date=date,
            rejected=rejected,
            min_n=min_n,
            confidence=confidence,
            model=model,
        )
    err.print(plain(f"wrote {path}"))
