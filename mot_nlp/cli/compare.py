"""``mot compare``: by how much groups or periods differ, and how sure that is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from mot_nlp.cli.console import Model, comma_separated, plain
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
    label,
    label_columns,
    level,
    rows_of,
    with_interval,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mot_nlp.cli.tabling import Row

_BETTER = {"net_sentiment": 1, "negative": -1}
"""Sign of what is good of a measure that has a good side."""

_HEADINGS = {
    "net_sentiment": "net",
    "share": "share",
    "pivotal_share": "pivotal",
    "negative": "negative",
}
"""What stands above the figures of a measure."""


def command(
    moments: Moments,
    by: Annotated[
        str,
        typer.Option("--by", help=BY),
    ] = "touchpoint",
    between: Annotated[
        str,
        typer.Option(
            "--between",
            help="What is compared: a kept column, label, roll-up, or week, month, quarter or year; "
            "period for those of --freq.",
        ),
    ] = "brand",
    group: Annotated[
        list[str] | None,
        typer.Option("--group", help="Look at this group only; repeat the option for several."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            help="The group to compare with; the period before or all others if left out.",
        ),
    ] = None,
    freq: Annotated[
        str,
        typer.Option(
            "--freq",
            help="Length of a period: day, week, month, quarter or year; also D, W-MON, MS, QS, YS.",
        ),
    ] = "month",
    date: Annotated[
        str, typer.Option("--date", help="Kept column that periods are taken from.")
    ] = "date",
    measure: Annotated[
        str,
        typer.Option("--measure", help="net_sentiment, share, pivotal_share or negative."),
    ] = "net_sentiment",
    min_n: Annotated[
        int, typer.Option("--min-n", help="Do not test rows with fewer moments on a side.")
    ] = 10,
    confidence: Confidence = 0.95,
    clear: Annotated[
        bool, typer.Option("--clear", help="Only the differences that are clear.")
    ] = False,
    output: Output = None,
    output_format: OutputFormat = None,
    model: Model = None,
) -> None:
    """Compare brands, channels or periods: differences, their intervals, and whether they are clear.

    A difference is clear where its q-value, which allows for the number of rows, is at most 1 minus
    the confidence: of those at 0.95, one in twenty is expected to be a false alarm.
    """
    from mot_nlp.bundle import open_bundle
    from mot_nlp.tables.comparison import compare
    from mot_nlp.tables.periods import LENGTHS

    names = comma_separated(by)
    sources = existing(moments)
    frequencies = {word: code for code, word in LENGTHS.items()}
    with column_hints([*names, between, date]):
        table = compare(
            sources,
            names,
            between,
            group=group or None,
            against=against,
            freq=frequencies.get(freq, freq),
            date=date,
            measure=measure,
            min_n=min_n,
            confidence=confidence,
            taxonomy=open_bundle(model).taxonomy,
        )
    view = render(table, names, between, measure=measure, confidence=confidence, clear=clear)
    if clear:
        table = table[is_clear(table, confidence)]
    hand_over(table, view, sources=sources, output=output, output_format=output_format)


def is_clear(table: pd.DataFrame, confidence: float) -> pd.Series[bool]:
    """Which rows differ clearly, as ``words`` of the table says."""
    return table["q_value"] <= 1 - confidence


def render(
    table: pd.DataFrame,
    names: Sequence[str],
    between: str,
    *,
    measure: str = "net_sentiment",
    confidence: float = 0.95,
    clear: bool = False,
) -> Fitted:
    """The table for a terminal.

    Args:
        table: As ``compare`` gives it.
        names: The columns it was made by.
        between: What was compared.
        measure: What was measured.
        confidence: Level of its intervals.
        clear: Leave out what is not clear.
    """
    marks = is_clear(table, confidence)
    below = _below(rows_of(table), marks.tolist(), confidence)
    if clear:
        table, marks = table[marks], marks[marks]
    rows, strong = rows_of(table), marks.tolist()
    is_net = measure == "net_sentiment"
    form, signed = ("+z.0f", "+z.0f") if is_net else ("z.1f", "+z.1f")
    heading = _HEADINGS[measure]
    columns = [
        *label_columns(rows, names),
        Column(plain(between), [label(row["group"]) for row in rows], is_label=True),
        Column(Text("against"), [label(row["against"]) for row in rows], is_label=True),
        Column(Text("n"), [count(row["n"]) for row in rows]),
        Column(Text("n against"), [count(row["n_against"]) for row in rows], rank=3),
        Column(Text(heading), [_value(row, "value", form) for row in rows], rank=1),
        Column(
            Text(f"{heading} against"),
            [_value(row, "value_against", form) for row in rows],
            rank=2,
        ),
        Column(
            Text(f"difference [{level(confidence)}]"),
            [
                _difference(row, signed, _BETTER.get(measure, 0) if is_strong else 0)
                for row, is_strong in zip(rows, strong, strict=True)
            ],
        ),
        Column(
            Text("q  "),
            [_q(row["q_value"], mark) for row, mark in zip(rows, strong, strict=True)],
        ),
    ]
    unit = "points" if is_net else "percentage points"
    title = f"{_measured(measure)}, {_compared(rows, between)}; differences in {unit}"
    return Fitted(plain(title), columns, strong=strong, below=below)


def _measured(measure: str) -> str:
    """What is measured, to begin a title."""
    words = "share of negative moments" if measure == "negative" else measure.replace("_", " ")
    return words.capitalize()


def _compared(rows: Sequence[Row], between: str) -> str:
    """What is compared with what."""
    from mot_nlp.tables.periods import LENGTHS, PERIOD

    others = {str(row["against"]) for row in rows}
    if others == {"others"}:
        return f"{between} against the others"
    if len(others) == 1:
        return f"{between} against {label(others.pop()).plain}"
    is_time = between in {PERIOD, *LENGTHS.values()}
    return f"{between} against the one before" if is_time else f"{between} against one another"


def _value(row: Row, name: str, form: str) -> Text:
    return Text(with_interval(row, name, form=form))


def _difference(row: Row, form: str, better: int) -> Text:
    """The difference, coloured where ``better``, the sign of what is good, is not 0.

    Where none was tested the reason stands instead: a bare difference would read as a finding.
    """
    if row["note"]:
        return Text(f"{NOTHING} {row['note']}", style="dim")
    difference = row["difference"]
    style = ""
    if better and isinstance(difference, float):
        style = "green" if difference * better > 0 else "red"
    return Text(with_interval(row, "difference", "low", "high", form=form), style=style)


def _q(value: object, is_clear: bool) -> Text:
    """A q-value, with a star where it is clear: not every reader sees what is bold."""
    if not isinstance(value, float):
        return Text(f"{NOTHING}  ")
    return Text(f"{'<0.001' if value < 0.001 else f'{value:.3f}'} {'*' if is_clear else ' '}")


def _below(rows: Sequence[Row], clear: Sequence[bool], confidence: float) -> list[Text]:
    """What is clear in words, and what could not be tested."""
    if not rows:
        return [Text("Nothing to compare: there is one group only, or no period after another.")]
    sentences = [_sentence(row) for row, is_clear in zip(rows, clear, strict=True) if is_clear]
    limit = f"{1 - confidence:.6g}"
    lines = [plain(" ".join(sentence.split())) for sentence in sentences] or [
        Text(f"No difference is clear: no q-value is {limit} or less.")
    ]
    notes = Counter(str(row["note"]) for row in rows if row["note"])
    if notes:
        reasons = ", ".join(f"{times:,} for {note}" for note, times in notes.items())
        lines.append(Text(f"Not tested: {reasons}", style="dim"))
    return lines


def _sentence(row: Row) -> str:
    """The words of a row, with its period before them where they do not name it."""
    words, group = str(row["words"]), str(row["group"])
    is_named = group.replace("_", " ") in words.replace("_", " ")
    return f"* {words}" if is_named else f"* {group}: {words}"
