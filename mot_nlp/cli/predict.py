"""``mot predict``: files of feedback in; a file of moments out, or a job's folder."""

from __future__ import annotations

from typing import Annotated

import typer

from mot_nlp.cli.console import Model, Precision, comma_separated
from mot_nlp.cli.progress import Reporter
from mot_nlp.errors import MotError

IN, OUT, GUARDS, JOB = "Input", "Output", "Guards", "Jobs and scale"


def command(
    inputs: Annotated[
        list[str],
        typer.Argument(
            help="Files, folders, patterns or URLs (CSV, TSV, JSON, JSON Lines, Parquet, text, VTT, "
            "SRT, also in gzip or zstd), or - for standard input.",
            show_default=False,
        ),
    ],
    text: Annotated[
        str | None, typer.Option("--text", help="Column of the text.", rich_help_panel=IN)
    ] = None,
    id: Annotated[  # noqa: A002
        str | None, typer.Option("--id", help="Column that names documents.", rich_help_panel=IN)
    ] = None,
    source_column: Annotated[
        str | None,
        typer.Option(
            "--source",
            help="Column that says review, social or transcript.",
            rich_help_panel=IN,
        ),
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option("--keep", help="Columns to pass on, separated by commas.", rich_help_panel=IN),
    ] = None,
    customer: Annotated[
        str | None,
        typer.Option("--customer", help="The customer's name in transcripts.", rich_help_panel=IN),
    ] = None,
    format: Annotated[  # noqa: A002
        str | None,
        typer.Option(
            "--format", help="Input format, where the name does not tell.", rich_help_panel=IN
        ),
    ] = None,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            help="A folder for a job that can be killed and goes on; or a Parquet, CSV, TSV or JSON "
            "Lines file, or - for standard output.",
            rich_help_panel=OUT,
        ),
    ] = "-",
    all_segments: Annotated[
        bool,
        typer.Option(
            "--all-segments",
            help="One row a segment, unmerged, the none ones too.",
            rich_help_panel=OUT,
        ),
    ] = False,
    table_by: Annotated[
        list[str] | None,
        typer.Option(
            "--table-by",
            help="Columns of the job's sentiment table, separated by commas; give it again for "
            "another table. Default: stage,moment.",
            rich_help_panel=OUT,
            show_default=False,
        ),
    ] = None,
    documents: Annotated[
        str | None,
        typer.Option(
            "--documents",
            help="File of a row for every document; a job has them anyway.",
            rich_help_panel=OUT,
        ),
    ] = None,
    rejected: Annotated[
        str | None,
        typer.Option(
            "--rejected",
            help="List rows set aside here; rejected.jsonl beside the output if left out.",
            rich_help_panel=OUT,
        ),
    ] = None,
    output_format: Annotated[
        str | None,
        typer.Option(
            "--output-format",
            help="Output format, where the name does not tell.",
            rich_help_panel=OUT,
        ),
    ] = None,
    only_english: Annotated[
        bool,
        typer.Option(
            "--only-english",
            help="Set rows aside that are surely in another language.",
            rich_help_panel=GUARDS,
        ),
    ] = False,
    mask: Annotated[
        bool,
        typer.Option(
            "--mask",
            help="Hide mail addresses, phone, card and account numbers and handles in the output.",
            rich_help_panel=GUARDS,
        ),
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option("--limit", help="Stop after so many documents.", rich_help_panel=GUARDS),
    ] = None,
    sample: Annotated[
        float | None,
        typer.Option(
            "--sample",
            help="Take this share of the rows, over 0 and under 1; the same ones each time.",
            rich_help_panel=GUARDS,
        ),
    ] = None,
    max_rejected: Annotated[
        float,
        typer.Option(
            "--max-rejected",
            help="Share of rows set aside above which the exit code is 3.",
            min=0,
            max=1,
            rich_help_panel=GUARDS,
        ),
    ] = 0.05,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Read the first rows, check columns, tag 20, estimate time and size; write nothing.",
            rich_help_panel=GUARDS,
        ),
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            "--threads",
            help="Processor cores to tag on; all if left out.",
            rich_help_panel=JOB,
        ),
    ] = None,
    shard_documents: Annotated[
        int | None,
        typer.Option(
            "--shard-size",
            help="Rows of a part, what a kill loses at most, a process; 2048 if left out.",
            rich_help_panel=JOB,
        ),
    ] = None,
    restart: Annotated[
        bool,
        typer.Option(
            "--restart",
            help="Begin a job anew, whatever its folder holds of it.",
            rich_help_panel=JOB,
        ),
    ] = False,
    json_log: Annotated[
        bool,
        typer.Option(
            "--json-log",
            help="Progress, warnings and the end as JSON lines on standard error.",
            rich_help_panel=JOB,
        ),
    ] = False,
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            help="local, or ray for a cluster (pip install 'mot-nlp\\[ray]').",
            rich_help_panel=JOB,
        ),
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option("--address", help="Address of the Ray cluster.", rich_help_panel=JOB),
    ] = None,
    model: Model = None,
    precision: Precision = None,
) -> None:
    """Find and tag the moments of every text in files.

    With a folder as --output this is a job: killed at any moment, the same command goes on where it stopped.

    Exit codes: 0 done, 1 error, 2 wrong usage, 3 too many rows set aside, 130 and 143 stopped by Ctrl-C and SIGTERM.
    """
    from mot_nlp.cli.running import Asked, carry_out
    from mot_nlp.readers import Columns

    with Reporter(as_json=json_log) as reporter:
        try:
            asked = Asked(
                inputs=inputs,
                output=output,
                columns=Columns(
                    text=text, id=id, source=source_column, keep=tuple(comma_separated(keep))
                ),
                customer=customer,
                source_format=format,
                all_segments=all_segments,
                tables=tuple(tuple(comma_separated(by)) for by in table_by or ()),
                documents=documents,
                rejected=rejected,
                target_format=output_format,
                only_english=only_english,
                mask=mask,
                limit=limit,
                sample=sample,
                max_rejected=max_rejected,
                dry_run=dry_run,
                workers=workers,
                shard_documents=shard_documents,
                restart=restart,
                engine=engine,
                address=address,
                model=model,
                precision=precision,
            )
            code = carry_out(asked, reporter)
        except MotError as error:
            if not json_log:
                raise
            reporter.event("error", message=str(error), type=type(error).__name__)
            code = 1
    if code:
        raise typer.Exit(code)
