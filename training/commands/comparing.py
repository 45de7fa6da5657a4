"""``python -m training compare``: two bundles side by side, and the promotion gate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mot_nlp.bundle import bundle_path
from mot_nlp.cli.console import comma_separated, plain
from mot_nlp.tagger import MomentTagger
from training.evaluation.common import in_common
from training.evaluation.comparison import compare_bundles
from training.evaluation.estimates import check_draws
from training.evaluation.gate import LEAST_SEGMENTS, check_gate, judge
from training.evaluation.gold import read_gold
from training.evaluation.numbers import chance, level, points
from training.evaluation.slicing import CLEAR
from training.evaluation.writing import check_folder, write_comparison

if TYPE_CHECKING:
    from training.evaluation.differences import Comparison, Difference, HeadDifference
    from training.evaluation.gate import Verdict

_EXAMPLES = 3
"""Broken segments that are printed; the page has more."""

_LONGEST = 100
"""Characters of an example."""


def compare_command(
    old: Annotated[str, typer.Argument(help="Bundle in service: a folder, default or fast.")],
    new: Annotated[str, typer.Argument(help="Bundle that is to take its place.")],
    labelled: Annotated[
        Path, typer.Argument(help="Labelled JSON Lines that neither bundle was fitted on.")
    ],
    gate: Annotated[
        bool,
        typer.Option("--gate", help="Exit with 1 if the new bundle is worse beyond noise."),
    ] = False,
    heads: Annotated[
        str | None,
        typer.Option("--heads", help="Heads that the gate looks at, as stage,sentiment; all."),
    ] = None,
    margin: Annotated[
        float,
        typer.Option("--margin", help="How much worse a head may be, in macro-F1, as 0.01."),
    ] = 0.0,
    alpha: Annotated[
        float, typer.Option("--alpha", help="One minus the level of the intervals.")
    ] = 0.05,
    least: Annotated[
        int,
        typer.Option("--least", help="Labelled segments of a head without which the gate is shut."),
    ] = LEAST_SEGMENTS,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for comparison.html and comparison.json."),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(
            "--split", help="Only the rows whose key split says so; all of them if left out."
        ),
    ] = None,
    bootstrap: Annotated[
        int, typer.Option("--bootstrap", help="Replicates that intervals rest on.")
    ] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="Of the replicates.")] = 13,
    speed_runs: Annotated[
        int, typer.Option("--speed-runs", help="Timed runs of each bundle; 0 for none.")
    ] = 3,
) -> None:
    """Compare two bundles on the same labelled feedback; with --gate, stop one that got worse."""
    check_draws(bootstrap)
    if out is not None:
        check_folder(out)
    before, after = (MomentTagger.load(bundle_path(name)) for name in (old, new))
    named = comma_separated(heads)
    check_gate(margin, least, named, in_common(before.taxonomy, after.taxonomy).labels)
    gold = read_gold(labelled, [after.taxonomy, before.taxonomy], part=part)
    comparison = compare_bundles(
        before, after, gold, alpha=alpha, bootstrap=bootstrap, seed=seed, speed_runs=speed_runs
    )
    verdict = judge(comparison, heads=named, margin=margin, least_segments=least)
    _print(comparison)
    if out is not None:
        for path in write_comparison(comparison, out, verdict=verdict if gate else None):
            Console().print(plain(f"wrote {path}"), soft_wrap=True)
    if gate:
        _print_verdict(verdict)
        if not verdict.passed:
            raise typer.Exit(1)


def _print(comparison: Comparison) -> None:
    screen = Console()
    for warning in (
        *comparison.warnings,
        *(f"not compared: {told}" for told in comparison.left_out),
    ):
        screen.print(plain(f"note: {warning}", "yellow"))
    figures = ("n", "old", "new", "points", "interval", "p", "fixed", "broken")
    table = Table("", *figures, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in table.columns[1:]:
        column.justify = "right"
    for head in comparison.heads:
        changed = (f"{head.fixed:,}", f"{head.broken:,}")
        table.add_row(*_cells(head.macro_f1), *changed)
    for entry in comparison.core:
        table.add_row(*_cells(entry))
    screen.print(table)
    clear = _clear_labels(comparison.heads)
    if clear:
        screen.print(plain(f"labels that differ clearly (q at most {CLEAR}): {'; '.join(clear)}"))
    _print_broken(screen, comparison)
    if comparison.speed:
        speed = comparison.speed
        screen.print(
            f"speed here and now: old {speed.old:,.0f}, new {speed.new:,.0f} documents a second "
            f"(medians of {speed.runs} runs in turns over {speed.documents:,} documents)"
        )
    screen.print(
        f"{comparison.gold.documents:,} documents, {comparison.gold.segments:,} segments; macro-F1, "
        f"{level(1 - comparison.settings.alpha)} intervals of paired bootstrap replicates over documents"
    )


def _cells(entry: Difference) -> list[Text]:
    found = entry.difference
    style = "red" if found.below(0) else "green" if found.above(0) else ""
    ends = "" if found.low is None else f"{points(found.low)} to {points(found.high)}"
    return [
        plain(entry.name), Text(f"{entry.n:,}"), Text(f"{entry.old:.3f}"), Text(f"{entry.new:.3f}"),
        Text(points(found.value), style=style), Text(ends, style=style), Text(chance(entry.p)),
    ]  # fmt: skip


def _clear_labels(heads: tuple[HeadDifference, ...]) -> list[str]:
    return [
        f"{head.head} {label.name} {points(label.difference.value)}"
        for head in heads for label in head.labels if label.q is not None and label.q <= CLEAR
    ]  # fmt: skip


def _print_broken(screen: Console, comparison: Comparison) -> None:
    surest = sorted(comparison.broken, key=lambda entry: -entry.confidence)[:_EXAMPLES]
    if surest:
        screen.print("broken, for example:")
    for entry in surest:
        text = entry.excerpt.text
        short = text if len(text) <= _LONGEST else text[:_LONGEST].rpartition(" ")[0] + "…"
        screen.print(
            plain(
                f"  {entry.head}: {entry.gold} now read as {entry.new}: {' '.join(short.split())}"
            )
        )


def _print_verdict(verdict: Verdict) -> None:
    told = (
        "gate open: the new bundle may take the old one's place"
        if verdict.passed else "gate shut: keep the old bundle"
    )  # fmt: skip
    screen = Console()
    screen.print(plain(told, "bold green" if verdict.passed else "bold red"))
    for reason in verdict.reasons:
        screen.print(plain(f"  {reason}"))
