"""``mot predict``: a file of feedback in, a file of moments out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mot_nlp.cli.console import Model, Precision, Threads, comma_separated, err, plain, warn
from mot_nlp.errors import InputError

if TYPE_CHECKING:
    from mot_nlp.batch import Summary


def command(
    source: Annotated[
        str, typer.Argument(help="CSV, TSV, JSON Lines or Parquet file, or - for standard input.")
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", help="Parquet, CSV, TSV or JSON Lines file, or - for standard output."
        ),
    ] = "-",
    text: Annotated[str | None, typer.Option("--text", help="Column of the text.")] = None,
    id: Annotated[str | None, typer.Option("--id", help="Column that names documents.")] = None,  # noqa: A002
    source_column: Annotated[
        str | None,
        typer.Option("--source", help="Column that says review, social or transcript."),
    ] = None,
    keep: Annotated[
        str | None, typer.Option("--keep", help="Columns to pass on, separated by commas.")
    ] = None,
    documents: Annotated[
        str | None, typer.Option("--documents", help="Also write a row for every document here.")
    ] = None,
    all_segments: Annotated[
        bool, typer.Option("--all-segments", help="One row a segment, unmerged, the none ones too.")
    ] = False,
    customer: Annotated[
        str | None, typer.Option("--customer", help="The customer's name in transcripts.")
    ] = None,
    rejected: Annotated[
        str | None,
        typer.Option("--rejected", help="List rows set aside here; rejected.jsonl if left out."),
    ] = None,
    format: Annotated[  # noqa: A002
        str | None, typer.Option("--format", help="Input format, where the name does not tell.")
    ] = None,
    output_format: Annotated[
        str | None,
        typer.Option("--output-format", help="Output format, where the name does not tell."),
    ] = None,
    model: Model = None,
    precision: Precision = None,
    threads: Threads = None,
) -> None:
    """Find and tag the moments of every text in a file."""
    from mot_nlp.batch import run
    from mot_nlp.readers import Columns
    from mot_nlp.tagger import MomentTagger

    columns = Columns(text=text, id=id, source=source_column, keep=tuple(comma_separated(keep)))
    tagger = MomentTagger.load(model, precision=precision, threads=threads)
    with _Progress() as advance:
        summary = run(
            tagger,
            source,
            output,
            columns=columns,
            source_format=format,
            target_format=output_format,
            documents=documents,
            all_segments=all_segments,
            customer=customer,
            rejected=rejected,
            on_progress=advance,
        )
    _report(summary, output, "segments" if all_segments else "moments")


class _Progress:
    """A live count on a terminal, nothing in a pipe."""

    def __init__(self) -> None:
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.completed:,.0f} documents"),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            console=err,
            transient=True,
            disable=not err.is_terminal,
        )

    def __enter__(self) -> _Progress:
        self._progress.start()
        self._task = self._progress.add_task("", total=None, rate="")
        return self

    def __call__(self, documents: int) -> None:
        self._progress.update(self._task, advance=documents)
        task = self._progress.tasks[0]
        if task.elapsed:
            self._progress.update(self._task, rate=f"{task.completed / task.elapsed:,.0f} a second")

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


def _report(summary: Summary, output: str, rows: str) -> None:
    """Say what was written; where standard output takes it, only to a person or about trouble.

    Raises:
        InputError: Every row was set aside.
    """
    from mot_nlp.writers import STANDARD_STREAM

    if summary.n_rejected:
        for reason, count in summary.rejected.most_common(5):
            warn(f"{count} × {reason}")
        warn(f"rows set aside: {summary.n_rejected}, listed in {summary.rejected_path}")
    if summary.n_rejected and not summary.documents:
        raise InputError(
            f"nothing was tagged: all {summary.n_rejected:,} rows were set aside, the first for: "
            f"{next(iter(summary.rejected))}"
        )
    counts = f"{summary.documents:,} documents, {summary.moments:,} {rows}"
    if output != STANDARD_STREAM:
        err.print(plain(f"wrote {output}: {counts}"), soft_wrap=True)
    elif err.is_terminal or summary.n_rejected:
        err.print(plain(counts))
