"""``mot table``: moments in, a sentiment table on the terminal or in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from mot_nlp.cli.console import Model, comma_separated
from mot_nlp.cli.fitting import Column, Fitted
from mot_nlp.cli.tabling import (
    BY,
    NOTHING,
    Confidence,
    Moments,
    Output,
    OutputFormat,
    column_hints,
    count,
    existing,
    hand_over,
    label_columns,
    level,
    percent,
    rows_of,
    whole_percent,
    with_interval,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mot_nlp.cli.tabling import Row

_LEGEND = (
    "net: positive minus negative share × 100, with {level}; share: of all moments; pos neu neg: "
    "positive, neutral, negative; pivotal: make-or-break moments; each in % of n."
)
_SEVERAL = (
    "{names}: a moment may have several labels or none; it counts in the row of each, so that shares may "
    "add up to more than 100 %."
)
_CORRECTED = (
    "n, docs and pivotal are as counted; the rest is estimated, taking for granted that the model "
    "errs here as it does on its held-out data."
)


def command(
    moments: Moments,
    by: Annotated[
        str,
        typer.Option("--by", help=BY),
    ] = "stage,moment",
    output: Output = None,
    output_format: OutputFormat = None,
    min_n: Annotated[
        int, typer.Option("--min-n", help="Blank the figures of cells with fewer moments.")
    ] = 1,
    confidence: Confidence = 0.95,
    subtotals: Annotated[
        bool, typer.Option("--subtotals", help="Add sums over the later columns, and over all.")
    ] = False,
    correct: Annotated[
        bool,
        typer.Option(
            "--correct",
            help="Correct for the model's known errors; takes rows of mot predict --all-segments.",
        ),
    ] = False,
    model: Model = None,
) -> None:
    """Roll moments up into a moment-level sentiment table."""
    from mot_nlp.bundle import open_bundle
    from mot_nlp.tables import moment_table

    names = comma_separated(by)
    sources = existing(moments)
    bundle = open_bundle(model)
    with column_hints(names):
        table = moment_table(
            sources,
            names,
            min_n=min_n,
            confidence=confidence,
            subtotals=subtotals,
            taxonomy=bundle.taxonomy,
            correct=correct,
            confusion=bundle.manifest.confusion if correct else None,
        )
    several = [name for name in names if bundle.taxonomy.takes_several(name)]
    view = render(table, names, confidence=confidence, several=several)
    hand_over(table, view, sources=sources, output=output, output_format=output_format)


def render(
    table: pd.DataFrame,
    names: Sequence[str],
    *,
    confidence: float = 0.95,
    several: Sequence[str] = (),
) -> Fitted:
    """The table for a terminal.

    Args:
        table: The table.
        names: The columns it was made by.
        confidence: Level of its intervals, between 0 and 1.
        several: Those of ``names`` that hold several labels a moment.
    """
    rows = rows_of(table)
    corrected = "share_low" in table
    share = f"share [{level(confidence)}]" if corrected else "share"

    columns = [
        *label_columns(rows, names),
        Column(Text("n"), [count(row["n"]) for row in rows]),
        Column(Text("docs"), [count(row["documents"]) for row in rows], rank=3),
        Column(Text(share), [_share(row) for row in rows]),
        Column(Text("pos neu neg"), [_shares(row) for row in rows], rank=2),
        Column(Text(f"net [{level(confidence)}]"), [_net(row) for row in rows]),
        Column(Text("pivotal"), [percent(row["pivotal_share"]) for row in rows], rank=1),
    ]
    title = "Moments of truth" + (", corrected for classifier error" if corrected else "")
    below = [_LEGEND.format(level=level(confidence)), *([_CORRECTED] if corrected else [])]
    if several:
        below.append(_SEVERAL.format(names=", ".join(several)))
    return Fitted(
        Text(title),
        columns,
        strong=[row.get("subtotal") is True for row in rows],
        below=[Text(line, style="dim") for line in below],
    )


def _share(row: Row) -> Text:
    """Share in percent, with its interval where it has one."""
    share = percent(row["share"])
    low, high = row.get("share_low"), row.get("share_high")
    if isinstance(low, float) and isinstance(high, float):
        share.append(f" [{100 * low:.0f} {100 * high:.0f}]")
    return share


def _shares(row: Row) -> Text:
    """Positive, neutral and negative shares in percent."""
    values = [row[name] for name in ("positive", "neutral", "negative")]
    return Text(
        " ".join(f"{whole_percent(v) if isinstance(v, float) else NOTHING:>3}" for v in values)
    )


def _net(row: Row) -> Text:
    net = row["net_sentiment"]
    style = "" if not isinstance(net, float) or net == 0 else "red" if net < 0 else "green"
    return Text(with_interval(row, "net_sentiment", "net_low", "net_high"), style=style)
