"""``mot drivers``: which moments move stars, recommendation or churn, and which make or break it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from mot_nlp.cli.console import Model, comma_separated, plain, warn
from mot_nlp.cli.fitting import Column, Fitted
from mot_nlp.cli.tabling import (
    BY,
    Confidence,
    Moments,
    Output,
    OutputFormat,
    column_hints,
    count,
    existing,
    form_of,
    hand_over,
    label,
    label_columns,
    level,
    percent,
    rows_of,
    with_interval,
)
from mot_nlp.errors import ColumnError, InputError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    import pandas as pd

    from mot_nlp.cli.tabling import Row

_EFFECTS = ("impact", "penalty", "reward")
_LEGEND = (
    "impact: change of the mean if the moment's documents were absent; penalty and reward: what a "
    "negative and a positive moment go with, which need not cause it; #: make-or-break rank."
)
_MAKE = "mot predict FEEDBACK -o moments.parquet --documents FILE --keep"


def command(
    moments: Moments,
    documents: Annotated[
        list[str] | None,
        typer.Option(
            "--documents",
            help="File of documents that mot predict --documents wrote, with the outcome; repeat "
            "the option for several.",
        ),
    ] = None,
    outcome: Annotated[
        str,
        typer.Option("--outcome", help="Kept column to explain: numbers, or yes and no."),
    ] = "stars",
    by: Annotated[
        str, typer.Option("--by", help=f"What makes a kind of moment. {BY}")
    ] = "touchpoint",
    higher_is_better: Annotated[
        bool | None,
        typer.Option(
            "--higher-is-better/--lower-is-better",
            help="Whether more of the outcome is good; told by its name if left out.",
            show_default=False,
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster", help="Kept column whose documents resemble each other, as author."
        ),
    ] = None,
    min_documents: Annotated[
        int, typer.Option("--min-documents", help="Documents that an effect must rest on.")
    ] = 10,
    output: Output = None,
    output_format: OutputFormat = None,
    confidence: Confidence = 0.95,
    model: Model = None,
) -> None:
    """Tell which moments move an outcome: what their failure costs, what their success earns."""
    from mot_nlp.bundle import open_bundle
    from mot_nlp.tables.outcomes import drivers

    sources = existing(moments)
    if not documents:
        make = _make(outcome)
        raise InputError(f"name the file of documents with --documents; make one with: {make}")
    document_files = existing(documents, hint=f"{_MAKE} {outcome}")
    names = comma_separated(by)
    with column_hints(names), _outcome_hint(outcome):
        table = drivers(
            sources,
            document_files,
            outcome,
            names,
            higher_is_better=higher_is_better,
            cluster=cluster,
            min_documents=min_documents,
            confidence=confidence,
            taxonomy=open_bundle(model).taxonomy,
        )
    if unknown := table.attrs["n_unknown_moments"]:
        warn(f"{unknown:,} moments are of no document in {', '.join(documents)}; left out")
    view = render(table, names)
    hand_over(
        table,
        view,
        sources=[*sources, *document_files],
        output=output,
        output_format=output_format,
    )


def _make(outcome: str) -> str:
    """The command that makes a file of documents with the outcome."""
    return f"{_MAKE.replace('FILE', 'documents.parquet')} {outcome}"


@contextmanager
def _outcome_hint(outcome: str) -> Iterator[None]:
    """Add to the error of documents without the outcome how they come to have it.

    Raises:
        ColumnError: As within, with the hint if it is the outcome that is missing.
    """
    try:
        yield
    except ColumnError as error:
        if error.rows != "documents" or outcome not in error.missing:
            raise
        raise error.told(f". Keep it when you tag: {_make(outcome)}") from error


def render(table: pd.DataFrame, names: Sequence[str]) -> Fitted:
    """The table for a terminal; ``names`` are the columns it was made by."""
    rows, facts = rows_of(table), table.attrs
    form = form_of(rows, [f"{name}{end}" for name in _EFFECTS for end in ("", "_low", "_high")])
    columns = [
        Column(Text("#"), [_rank(row) for row in rows]),
        *label_columns(rows, names),
        Column(Text("docs"), [count(row["documents"]) for row in rows], rank=2),
        Column(Text("net"), [_net(row) for row in rows], rank=4),
        Column(Text("pivotal"), [percent(row["pivotal_share"]) for row in rows], rank=3),
    ]
    for name, importance in zip(_EFFECTS, (1, 0, 0), strict=True):
        # Where the mean rises without the moment's documents, these did no good.
        good = facts["higher_is_better"] != (name == "impact")
        cells = [_effect(row, name, form, good=good) for row in rows]
        columns.append(Column(Text(f"{name} [{level(facts['confidence'])}]"), cells, importance))
    columns.append(Column(Text("factor"), [_factor(row) for row in rows]))
    below = [*_notes(rows, names), *_summary(facts)]
    title = f"Drivers of {facts['outcome']}"
    return Fitted(plain(title), columns, strong=[False] * len(rows), below=below)


def _rank(row: Row) -> Text:
    return Text(str(row["rank"]) if isinstance(row["rank"], int) else "")


def _factor(row: Row) -> Text:
    return Text(
        str(row["factor"]), style="dim" if row["factor"] in ("unclear", "untested") else "bold"
    )


def _net(row: Row) -> Text:
    return Text(with_interval(row, "net_sentiment"))


def _effect(row: Row, name: str, form: str, *, good: bool) -> Text:
    """An effect, coloured where its interval has one sign; ``good`` is whether plus is good."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    style = ""
    if isinstance(low, float) and isinstance(high, float) and low * high > 0:
        style = "green" if (low > 0) == good else "red"
    return Text(with_interval(row, name, f"{name}_low", f"{name}_high", form=form), style=style)


def _notes(rows: Sequence[Row], names: Sequence[str]) -> list[Text]:
    """What could not be estimated, and of which kinds; each reason once."""
    kinds: dict[str, list[str]] = {}
    for row in rows:
        for reason in filter(None, str(row["note"]).split("; ")):
            kind = " / ".join(label(row[name]).plain for name in names)
            kinds.setdefault(reason, []).append(kind)
    return [
        plain(f"{reason}: {'all' if len(of) == len(rows) else ', '.join(of)}", "dim")
        for reason, of in kinds.items()
    ]


def _summary(facts: Mapping[Hashable, Any]) -> list[Text]:
    """What the figures rest on."""
    explained = facts["r_squared"]
    fit = "" if explained is None else f"; R² {explained:.2f}"
    average = f"{facts['mean_outcome']:.2f} on average"
    lines = [
        f"{facts['n_documents']:,} documents have {facts['outcome']}, {average}; "
        f"{facts['n_without_outcome']:,} have none.",
        str(facts["said"]) or f"{facts['formula']}{fit}",
        _LEGEND,
    ]
    return [plain(line) for line in lines]
