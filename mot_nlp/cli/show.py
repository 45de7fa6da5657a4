"""``mot show``: one text with its moments, coloured by sentiment."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from mot_nlp.cli.console import MOODS, Model, Precision, out, plain

if TYPE_CHECKING:
    from rich.table import Table

    from mot_nlp.records import Moment, TaggedDocument
    from mot_nlp.taxonomy import Taxonomy


def command(
    text: Annotated[str, typer.Argument(help="The text, or - for standard input.")],
    customer: Annotated[
        str | None, typer.Option("--customer", help="The customer's name in a transcript.")
    ] = None,
    model: Model = None,
    precision: Precision = None,
) -> None:
    """Show one text with its moments, their labels beside them."""
    from mot_nlp.tagger import MomentTagger
    from mot_nlp.transcripts import document

    given = sys.stdin.buffer.read().decode("utf-8", "replace") if text == "-" else text
    found = document("1", given, customer=customer)
    tagger = MomentTagger.load(model, precision=precision)
    out.print(render(next(iter(tagger.stream([found]))), tagger.taxonomy))


def render(tagged: TaggedDocument, taxonomy: Taxonomy) -> Table:
    """Each segment on a line, with the labels of its moment beside it."""
    from rich.table import Table
    from rich.text import Text

    view = Table.grid(padding=(0, 2))
    view.add_column(ratio=3, overflow="fold")
    view.add_column(no_wrap=True)
    text = tagged.document.text
    position = 0
    starts = {moment.start: moment for moment in tagged.moments}
    ends = {segment.start: segment.end for segment in tagged.segments}
    ends |= {start: moment.end for start, moment in starts.items()}
    for start in sorted(ends):
        if start < position:
            continue
        between = text[position:start].strip()
        if between:
            view.add_row(plain(between, "dim"), Text())
        moment = starts.get(start)
        words = text[start : ends[start]]
        if moment is None:
            view.add_row(plain(words), Text("no moment", style="dim"))
        else:
            sign, colour = MOODS[taxonomy.signs[moment.labels["sentiment"]]]
            labels = " · ".join(moment.labels.values())
            star = " ★ pivotal" if moment.pivotal else ""
            view.add_row(
                plain(words, colour),
                Text(f"{sign} {labels}{star}{_found(moment, taxonomy)}", style=colour),
            )
        position = ends[start]
    rest = text[position:].strip()
    if rest:
        view.add_row(plain(rest, "dim"), Text())
    return view


def _found(moment: Moment, taxonomy: Taxonomy) -> str:
    """What extra heads found, on a line each as ``emotion: joy, relief``; those that found none have none."""
    found = {extra.name: extra.found(moment.answers[extra.name]) for extra in taxonomy.extras}
    return "".join(f"\n  {name}: {', '.join(labels)}" for name, labels in found.items() if labels)
