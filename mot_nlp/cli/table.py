"""``mot table``: moments in, a sentiment table on the terminal or in a file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from mot_nlp.cli.console import Model, comma_separated, out, plain
from mot_nlp.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


LABEL_WIDTH = 24
"""Widest that a label column is kept before it folds."""


def command(
    moments: Annotated[
        str, typer.Argument(help="Parquet, CSV or JSON Lines file that mot predict wrote.")
    ],
    by: Annotated[
        str,
        typer.Option("--by", help="Labels, journey, kept columns or month, separated by commas."),
    ] = "stage,moment",
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="Also write the table here.")
    ] = None,
    min_n: Annotated[
        int, typer.Option("--min-n", help="Blank the figures of cells with fewer moments.")
    ] = 1,
    model: Model = None,
) -> None:
    """Roll moments up into a moment-level sentiment table."""
    from pathlib import Path

    from mot_nlp.bundle import open_bundle
    from mot_nlp.tables import moment_table
    from mot_nlp.writers import open_writer

    names = comma_separated(by)
    if not Path(moments).is_file():
        raise InputError(f"no file {moments}; make one with: mot predict FEEDBACK -o {moments}")
    table = moment_table(moments, names, taxonomy=open_bundle(model).taxonomy, min_n=min_n)
    if output is not None:
        with open_writer(output, list(table.columns)) as writer:
            writer.write(_plain_rows(table))
    if output != "-":
        out.print(render(table, names))


def _plain_rows(table: pd.DataFrame) -> list[dict[str, object]]:
    """Rows with None for missing figures."""
    return [
        {
            str(name): None if isinstance(value, float) and math.isnan(value) else value
            for name, value in row.items()
        }
        for row in table.to_dict("records")
    ]


def render(table: pd.DataFrame, names: list[str]) -> Table:
    """The table for a terminal; ``names`` are the columns it was made by."""
    view = Table(
        box=box.SIMPLE_HEAD, title="Moments of truth", title_justify="left", padding=(0, 1, 0, 0)
    )
    for name in names:
        view.add_column(plain(name), overflow="fold", min_width=_label_width(table, name))
    for title in ("n", "docs", "share", "+ o - %", "net [95 % CI]", "pivotal"):
        view.add_column(title, justify="right", no_wrap=True)
    for row in _plain_rows(table):
        cells = [plain("" if row[name] is None else str(row[name])) for name in names]
        cells += [Text(f"{row['n']:,}"), Text(f"{row['documents']:,}")]
        cells += [_percent(row["share"]), _shares(row), _net(row), _percent(row["pivotal_share"])]
        view.add_row(*cells)
    return view


def _label_width(table: pd.DataFrame, name: str) -> int:
    """Width that shows the longest label, within reason: the figures must not squeeze it out."""
    longest = max((len(str(value)) for value in table[name]), default=0)
    return min(max(longest, len(name)), LABEL_WIDTH)


def _shares(row: dict[str, object]) -> Text:
    """Positive, neutral and negative shares in percent."""
    values = [row[name] for name in ("positive", "neutral", "negative")]
    return Text(" ".join(f"{100 * v:3.0f}" if isinstance(v, float) else "  ·" for v in values))


def _percent(value: object) -> Text:
    return Text(f"{100 * value:.0f} %" if isinstance(value, float) else "·")


def _net(row: dict[str, object]) -> Text:
    net, low, high = row["net_sentiment"], row["net_low"], row["net_high"]
    if not isinstance(net, float):
        return Text("·")
    interval = "" if low is None else f" [{low:+.0f} {high:+.0f}]"
    return Text(f"{net:+.0f}{interval}", style="red" if net < 0 else "green" if net > 0 else "")
