"""The ``mot`` command: thin coats over plain functions."""

from __future__ import annotations

from typing import Annotated

import typer

import mot_nlp
from mot_nlp.cli import compare, drift, drivers, info, predict, report, show, table
from mot_nlp.cli.console import errors_as_messages

app = typer.Typer(
    name="mot",
    help="Find the moments of truth in customer feedback.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("predict")(predict.command)
app.command("table")(table.command)
app.command("compare")(compare.command)
app.command("drivers")(drivers.command)
app.command("drift")(drift.command)
app.command("report")(report.command)
app.command("show")(show.command)
app.command("info")(info.command)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"mot-nlp {mot_nlp.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Find the moments of truth in customer feedback."""


def main() -> None:
    """Run the command; errors of mot-nlp end it with a message and exit code 1."""
    with errors_as_messages():
        app()
