"""What the commands that make tables share: their options, files in and out, cells of figures."""

from __future__ import annotations

from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from mot_nlp.cli.console import out, plain
from mot_nlp.cli.fitting import Column
from mot_nlp.errors import ColumnError, InputError, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from rich.console import RenderableType

BY = (
    "Labels, journey or kept columns, separated by commas; week, month, quarter and year need a kept "
    "column date."
)
"""What may be tabled by."""

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

_MOST_DECIMALS = 6
"""Decimals of an interval's end beyond which it is naught but for the arithmetic's error."""


def existing(paths: Sequence[str], *, hint: str = "mot predict FEEDBACK -o FILE") -> list[Path]:
    """The paths of files, or folders of jobs, that are there.

    Args:
        paths: Paths as typed.
        hint: The command that makes such a file, ``FILE`` for its path.

    Raises:
        InputError: One is not there.
    """
    for path in paths:
        if not Path(path).exists():
            make = f"make one with: {hint.replace('FILE', path)}"
            # A bare word is hardly a file: the shell has cut a list of columns in pieces.
            if not Path(path).suffix and Path(path).name == path:
                make = f"if it is a column, separate columns by commas, as --by stage,moment; else {make}"
            raise InputError(f"no file {path}; {make}")
    return [Path(path) for path in paths]


@contextmanager
def column_hints(names: Sequence[str]) -> Iterator[None]:
    """Add to the error of a missing column what was probably meant.

    Args:
        names: Columns as typed.

    Raises:
        ColumnError: As within, with the hint where there is one.
    """
    try:
        yield
    except ColumnError as error:
        from mot_nlp.tables.grouping import PERIODS

        # A month that lacks its dates is no misspelt moment.
        unknown = [name for name in names if name in error.missing and name not in PERIODS]
        meant = [_meant(name, error.known) for name in unknown]
        if not any(meant):
            raise
        raise error.told(f"; did you mean {', '.join(filter(None, meant))}?") from error


def _meant(name: str, known: Sequence[str]) -> str:
    """What a name that is not known probably stands for; empty if nobody can tell."""
    parts = name.split()
    if len(parts) > 1 and set(parts) <= set(known):
        return f"{','.join(parts)} (separate columns by commas)"
    return "".join(get_close_matches(name, known, 1))


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
    return Text(f"{whole_percent(share)} %" if isinstance(share, float) else NOTHING)


def whole_percent(share: float) -> str:
    """A share as a whole number of percent; what is there and rounds to none is ``<1``."""
    rounded = f"{100 * share:.0f}"
    return "<1" if share > 0 and rounded == "0" else rounded


def count(value: object) -> Text:
    """A whole number."""
    return Text(f"{value:,}" if isinstance(value, int) else NOTHING)


def with_interval(row: Row, name: str, *ends: str, form: str = "+z.0f") -> str:
    """The figure ``name`` with its interval beside it where it has one, in the format ``form``.

    Naught has no sign, and an end that is not naught gets the decimals that show its side of it.

    Args:
        row: One row of a table.
        name: Column of the figure.
        ends: Columns of the interval, lower end first.
        form: Format of a number.
    """
    value, *interval = (row[column] for column in (name, *ends))
    if not isinstance(value, float):
        return NOTHING
    figures = [end for end in interval if isinstance(end, float)]
    if not figures or len(figures) < len(interval):
        return _figure(value, form)
    is_clear = all(end > 0 for end in figures) or all(end < 0 for end in figures)
    shown = _sided(value, form) if is_clear else _figure(value, form)
    return f"{shown} [{' '.join(_sided(end, form) for end in figures)}]"


def _figure(value: float, form: str) -> str:
    """A figure in the format ``form``, naught without a sign."""
    text = format(value, form)
    return text if float(text) else text.lstrip("+")


def _sided(value: float, form: str) -> str:
    """A figure with more decimals than ``form`` has where these would make it naught."""
    start, decimals = form.removesuffix("f").split(".")
    for more in range(int(decimals), _MOST_DECIMALS + 1):
        text = format(value, f"{start}.{more}f")
        if float(text):
            return text
    return _figure(value, form)


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
