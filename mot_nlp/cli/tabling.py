"""What the commands that make tables share: their options, files in and out, cells of figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from mot_nlp.cli.console import out, plain
from mot_nlp.cli.fitting import Column
from mot_nlp.errors import InputError, OutputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from rich.console import RenderableType

Row = dict[str, object]
"""One row of a table, with None for what is missing."""

Moments = Annotated[
    list[str],
    typer.Argument(help="Parquet, CSV, TSV or JSON Lines files that mot predict wrote."),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        help="Also write the table: CSV, TSV, Parquet, JSON Lines or Markdown (.md); - for "
        "standard output.",
    ),
]
OutputFormat = Annotated[
    str | None,
    typer.Option(
        "--output-format",
        help="csv, tsv, parquet, jsonl or md, where the name does not tell; to standard output "
        "where there is no name.",
    ),
]
Confidence = Annotated[
    float, typer.Option("--confidence", help="Probability that the intervals cover, below 1.")
]

NOTHING = "·"
"""What stands for a figure that is not given."""


def existing(paths: Sequence[str], *, hint: str = "mot predict FEEDBACK -o FILE") -> list[Path]:
    """The paths of files that are there.

    Args:
        paths: Paths as typed.
        hint: The command that makes such a file, ``FILE`` for its path.

    Raises:
        InputError: One is not there, or is a folder.
    """
    for path in paths:
        if Path(path).is_dir():
            raise InputError(f"{path} is a folder; name the files in it, as {path}/*.parquet")
        if not Path(path).is_file():
            raise InputError(f"no file {path}; make one with: {hint.replace('FILE', path)}")
    return [Path(path) for path in paths]


def hand_over(
    table: pd.DataFrame,
    view: RenderableType,
    *,
    sources: Sequence[Path],
    output: str | None,
    output_format: str | None,
) -> None:
    """Write the table where that is asked for, and show it unless standard output has it.

    Args:
        table: The table.
        view: What it looks like on a terminal.
        sources: The files that it was made of.
        output: The file to write, ``-`` for standard output, None for none.
        output_format: Its format; by its name if None. Alone it means standard output.

    Raises:
        OutputError: The file cannot be written, or is one of the sources.
    """
    from mot_nlp.writers import STANDARD_STREAM, write_table

    target = STANDARD_STREAM if output is None and output_format else output
    if target is not None:
        if Path(target).resolve() in [source.resolve() for source in sources]:
            raise OutputError(f"{target} is what the table is made of; name another file")
        write_table(table, target, format=output_format)
    if target != STANDARD_STREAM:
        out.print(view)


def rows_of(table: pd.DataFrame) -> list[Row]:
    """The rows of a table, with plain values and None for what is missing."""
    from mot_nlp.writers.values import plain as plain_value

    names = [str(name) for name in table.columns]
    return [
        {name: plain_value(value) for name, value in zip(names, row, strict=True)}
        for row in table.itertuples(index=False, name=None)
    ]


def label(value: object) -> Text:
    """A value that a table was made by, on one line."""
    from mot_nlp.writers.values import as_read

    return plain("" if value is None else " ".join(as_read(value).split()))


def label_columns(rows: Sequence[Row], names: Sequence[str]) -> list[Column]:
    """The columns that a table was made by."""
    return [
        Column(plain(name), [label(row[name]) for row in rows], is_label=True) for name in names
    ]


def percent(share: object) -> Text:
    """A share in percent."""
    return Text(f"{100 * share:.0f} %" if isinstance(share, float) else NOTHING)


def count(value: object) -> Text:
    """A whole number."""
    return Text(f"{value:,}" if isinstance(value, int) else NOTHING)


def with_interval(row: Row, name: str, *ends: str, form: str = "+z.0f") -> str:
    """The figure ``name`` with its interval beside it where it has one, in the format ``form``.

    Args:
        row: One row of a table.
        name: Column of the figure.
        ends: Columns of the interval, lower end first.
        form: Format of a number.
    """
    figures = [row[column] for column in (name, *ends)]
    value, *interval = [format(f, form) if isinstance(f, float) else "" for f in figures]
    if not value:
        return NOTHING
    return f"{value} [{' '.join(interval)}]" if interval and all(interval) else value


def form_of(rows: Sequence[Row], names: Sequence[str]) -> str:
    """The format of signed figures that all need the same decimals: about three digits."""
    figures = [
        abs(value) for row in rows for name in names if isinstance(value := row[name], float)
    ]
    largest = max(figures, default=0)
    return "+z.2f" if largest < 10 else "+z.1f" if largest < 100 else "+z.0f"


def level(confidence: float) -> str:
    """The heading of an interval, as ``95 % CI``."""
    return f"{100 * confidence:g} % CI"
