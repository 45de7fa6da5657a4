"""``python -m training import``: labels of other tools into labelled JSON Lines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from mot_nlp.cli.console import plain
from mot_nlp.errors import InputError
from mot_nlp.taxonomy import read_taxonomy
from training.importing import (
    FORMATS,
    ImportOptions,
    check_out,
    import_labels,
    parse_columns,
    parse_renamed,
    write_labelled,
    write_report,
)

if TYPE_CHECKING:
    from training.importing import ImportReport

TAXONOMY = Path("training/configs/taxonomy.toml")
_NO_NAMES: list[str] = []
_MOST = 10
"""Most lines that a list on the screen has; the report file has all."""


def import_command(
    files: Annotated[
        list[Path], typer.Argument(help="Tables, exports, .spacy files, or folders of Argilla.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Labelled JSON Lines to write.")],
    taxonomy: Annotated[
        Path, typer.Option("--taxonomy", help="Heads and labels that are meant.")
    ] = TAXONOMY,
    form: Annotated[
        str | None,
        typer.Option("--format", help=f"Told by the file if left out: {', '.join(FORMATS)}."),
    ] = None,
    sheet: Annotated[
        str | None, typer.Option("--sheet", help="Sheet of a workbook; the first if left out.")
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text", help="Column or field of the texts.")
    ] = None,
    id: Annotated[str | None, typer.Option("--id", help="Column or field of the ids.")] = None,  # noqa: A002
    document: Annotated[
        str | None,
        typer.Option("--document", help="Column that says which rows are segments of one text."),
    ] = None,
    segment: Annotated[
        str | None,
        typer.Option(
            "--segment", help="Column of a segment's words, where --text is the whole text."
        ),
    ] = None,
    start: Annotated[
        str | None, typer.Option("--start", help="Column of a segment's start in the whole text.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--end", help="Column of a segment's end, exclusive.")
    ] = None,
    column: Annotated[
        list[str],
        typer.Option(
            "--column",
            help="head=COLUMN, where a column, control or question has another name than its head; "
            "also source=COLUMN and domain=COLUMN. May be repeated.",
        ),
    ] = _NO_NAMES,
    renamed: Annotated[
        list[str],
        typer.Option(
            "--map",
            help="head:theirs=ours, where a label has another name; nothing after the = passes it "
            "over. May be repeated.",
        ),
    ] = _NO_NAMES,
    group: Annotated[
        str | None,
        typer.Option("--group", help="Column of what must not be split up, as the author."),
    ] = None,
    keep: Annotated[
        list[str], typer.Option("--keep", help="Further column to keep; may be repeated.")
    ] = _NO_NAMES,
    source: Annotated[
        str | None,
        typer.Option("--source", help="review, social or transcript, where rows do not say it."),
    ] = None,
    offsets: Annotated[
        str, typer.Option("--offsets", help="What offsets count: characters, utf-16 or bytes.")
    ] = "characters",
    annotator: Annotated[
        str | None, typer.Option("--annotator", help="Take this person's labels only.")
    ] = None,
    majority: Annotated[
        bool, typer.Option("--majority", help="Take the answer of most annotators, not of all.")
    ] = False,
    suggestions: Annotated[
        bool,
        typer.Option("--suggestions", help="Take a model's suggestions where nobody answered."),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 if anything that was given is left out.")
    ] = False,
) -> None:
    """Read labels of tables, Label Studio, Argilla, Prodigy or spaCy; tell what became of each."""
    check_out(out, files)
    labels = read_taxonomy(taxonomy)
    options = ImportOptions(
        format=form, sheet=sheet, text=text, id=id, document=document, segment=segment, start=start,
        end=end, group=group, columns=parse_columns(column, labels),
        renamed=parse_renamed(renamed, labels), keep=tuple(keep), source=source, offsets=offsets,
        annotator=annotator, majority=majority, suggestions=suggestions,
    )  # fmt: skip
    rows, report = import_labels(files, labels, options)
    told, rejected = write_report(report, out)
    screen = Console()
    _print(report, screen)
    if not rows:
        raise InputError(
            f"no labelled text could be read, so {out} is not written; see above, {told} and {rejected}"
        )
    write_labelled(rows, out)
    screen.print(
        plain(f"wrote {out}: {report.documents:,} texts, {report.units:,} labelled units"),
        soft_wrap=True,
    )
    screen.print(plain(f"report in {told}, what was set aside in {rejected}"), soft_wrap=True)
    if strict and not report.is_clean:
        raise typer.Exit(1)


def _print(report: ImportReport, screen: Console) -> None:
    _print_files(report, screen)
    _print_labels(report, screen)
    _print_read_as(report, screen)
    _print_unknown(report, screen)
    _print_set_aside(report, screen)
    _print_conflicts(report, screen)
    if report.duplicates:
        screen.print(
            f"texts that came again with labels that agree, merged: {len(report.duplicates):,}"
        )
    for kind, count in report.skipped.items():
        screen.print(plain(f"{kind}: {count:,}"), soft_wrap=True)
    for note in report.notes:
        screen.print(plain(f"note: {note}", "yellow"), soft_wrap=True)


def _print_files(report: ImportReport, screen: Console) -> None:
    table = Table("file", "format", "rows", "texts", box=box.SIMPLE_HEAD)
    for file in report.files:
        table.add_row(plain(file.file), file.format, f"{file.rows:,}", f"{file.texts:,}")
    screen.print(table)
    uses = Table("file", "column", "used as", box=box.SIMPLE_HEAD)
    before = ""
    for use in report.fields:
        told = "" if use.file == before else use.file
        uses.add_row(plain(told), plain(use.field), plain(use.role or "not used"))
        before = use.file
    screen.print(uses)


def _print_labels(report: ImportReport, screen: Console) -> None:
    table = Table("head", "label", "units", box=box.SIMPLE_HEAD)
    table.columns[-1].justify = "right"
    for head, counts in report.labels.items():
        if not any(counts.values()):
            table.add_row(plain(head), "(not labelled)", "")
            continue
        named = {
            **counts,
            **({"(no answer)": report.missing[head]} if report.missing[head] else {}),
        }
        for number, (label, count) in enumerate(named.items()):
            table.add_row(plain("" if number else head), plain(label), f"{count:,}")
    screen.print(table)


def _print_read_as(report: ImportReport, screen: Console) -> None:
    if report.passed_over:
        screen.print(f"labels passed over, as --map says: {report.passed_over:,}")
    if not report.read_as:
        return
    table = Table("head", "written", "read as", "times", box=box.SIMPLE_HEAD)
    for entry in report.read_as:
        table.add_row(plain(entry.head), plain(entry.theirs), plain(entry.ours), f"{entry.count:,}")
    screen.print(table)


def _print_unknown(report: ImportReport, screen: Console) -> None:
    if not report.unknown:
        return
    screen.print(plain("labels that are not in the taxonomy, or in several heads of it:", "yellow"))
    table = Table("head", "written", "times", "first in", "nearest", box=box.SIMPLE_HEAD)
    for entry in report.unknown[:_MOST]:
        near = entry.nearest or (f"of {' and '.join(entry.heads)}" if entry.heads else "·")
        table.add_row(
            plain(entry.head or "not told"), plain(entry.theirs), f"{entry.count:,}",
            plain(entry.first), plain(near),
        )  # fmt: skip
    screen.print(table)
    screen.print(
        "to have them read, add what is meant of these; with nothing after the = they are passed over:"
    )
    for entry in report.unknown[:_MOST]:
        screen.print(plain(f"  {entry.cure}"), soft_wrap=True)
    if len(report.unknown) > _MOST:
        screen.print(f"and {len(report.unknown) - _MOST:,} more in the report")


def _print_set_aside(report: ImportReport, screen: Console) -> None:
    if not report.set_aside:
        return
    screen.print(plain(f"rows or units set aside: {len(report.set_aside):,}", "yellow"))
    table = Table("times", "reason of the first", "first in", box=box.SIMPLE_HEAD)
    for reason, count, first in report.reasons[:_MOST]:
        where = f"{first.file}, row {first.row}" if first.row else first.file
        table.add_row(f"{count:,}", plain(reason), plain(where))
    screen.print(table)
    if len(report.reasons) > _MOST:
        screen.print(f"and {len(report.reasons) - _MOST:,} more reasons in the list of them")


def _print_conflicts(report: ImportReport, screen: Console) -> None:
    if not report.conflicts:
        return
    screen.print(plain(f"answers that contradict each other: {len(report.conflicts):,}", "yellow"))
    table = Table("first in", "head", "answers", "left out", "words", box=box.SIMPLE_HEAD)
    for entry in report.conflicts[:_MOST]:
        table.add_row(
            plain(f"{entry.file}, row {entry.row}"), plain(entry.head or "borders"),
            plain("; ".join(entry.answers)), entry.left_out, plain(entry.text),
        )  # fmt: skip
    screen.print(table)
    if len(report.conflicts) > _MOST:
        screen.print(
            f"and {len(report.conflicts) - _MOST:,} more in the list of what was set aside"
        )
