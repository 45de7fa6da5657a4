"""``mot info``: what a model bundle is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mot_nlp.cli.console import out

if TYPE_CHECKING:
    from rich.table import Table

    from mot_nlp.bundle import Bundle


def command(
    bundle: Annotated[
        str | None, typer.Argument(help="Bundle folder; the shipped model if left out.")
    ] = None,
) -> None:
    """Show a model bundle: its labels, figures and hashes."""
    from mot_nlp.bundle import open_bundle

    out.print(_render(open_bundle(bundle)))


def _render(bundle: Bundle) -> Table:
    from rich.table import Table
    from rich.text import Text

    manifest = bundle.manifest
    view = Table.grid(padding=(0, 2))
    view.add_column(style="bold", no_wrap=True)
    view.add_column(overflow="fold")

    def row(name: str, value: str) -> None:
        view.add_row(Text(name), Text(value))

    row("model", manifest.name)
    row("folder", str(bundle.path))
    row("precision", f"{manifest.precision} (holds {', '.join(manifest.precisions)})")
    row("window", f"{manifest.window} tokens")
    for name, question in bundle.taxonomy.questions.items():
        row(name, ", ".join(question.labels) + (" (several or none)" if question.multiple else ""))
    for split in ("corpus_test", "test", "validation"):
        if split in manifest.metrics:
            row(split.replace("_", " "), _figures(manifest.metrics[split], list(manifest.heads)))
    row("temperatures", ", ".join(f"{k} {v:.2f}" for k, v in manifest.temperatures.items()))
    row("sha256", bundle.sha256)
    for file, sha256 in manifest.sha256.items():
        row("", f"{sha256}  {file}")
    return view


def _figures(scores: dict[str, dict[str, float]], heads: list[str]) -> str:
    figures = [f"{head} {scores[head]['macro_f1']:.3f}" for head in heads if head in scores]
    return "macro-F1: " + ", ".join(figures)
