"""What the model does where one thing changes: minimal pairs of short texts, slice by slice.

    python -m benchmarks.behaviour                     # the shipped model
    python -m benchmarks.behaviour --model models/mine
    python -m benchmarks.behaviour --record            # also set the floors that the tests hold

Reads tests/behaviour/pairs/*.toml, one slice a file, writes benchmarks/results/behaviour.md. A pair
passes when all that it asks of its two texts holds. tests/behaviour/README.md tells the format.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from benchmarks.labelling import align, row_labels
from mot_nlp.tagger import MomentTagger
from mot_nlp.taxonomy import HEADS
from mot_nlp.transcripts import document
from training.card import add_figures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mot_nlp.records import TaggedDocument
    from mot_nlp.taxonomy import Taxonomy

    Labels = Mapping[str, str]

FOLDER = Path(__file__).parent.parent / "tests" / "behaviour"
PAIRS = FOLDER / "pairs"
FLOORS = FOLDER / "floors.json"
RESULTS = Path(__file__).parent / "results" / "behaviour.md"
MARGIN = 2
"""Pairs of a slice that may be lost before the tests complain."""
NOT = "not "
SIDES = ("A", "B")
_MARK = re.compile(r"\[(.*?)\]", re.DOTALL)


@dataclass(frozen=True)
class Marked:
    """A text and the character spans in it that are asked about, end exclusive."""

    text: str
    spans: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, written: str) -> Marked:
        """Read a text with its spans in square brackets; the whole text is meant without any.

        >>> Marked.of("Nice. [It broke.]")
        Marked(text='Nice. It broke.', spans=((6, 15),))
        """
        spans = tuple(
            (found.start() - 2 * number, found.end() - 2 * number - 2)
            for number, found in enumerate(_MARK.finditer(written))
        )
        text = _MARK.sub(r"\1", written)
        return cls(text, spans or ((0, len(text)),))


@dataclass(frozen=True)
class Pair:
    """Two texts and what must hold of their labels.

    Attributes:
        slice: What the pair tests, the name of its file.
        name: Its name, unique in the slice.
        trade: Industry that the texts are about.
        texts: Text A and text B.
        same: Heads whose labels must be equal in A and B, span by span.
        expected: For each head named, the labels asked of the spans of A and of B; "not x" asks
            for any label but x.
    """

    slice: str
    name: str
    trade: str
    texts: tuple[Marked, Marked]
    same: tuple[str, ...]
    expected: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]

    @classmethod
    def of(cls, slice_name: str, table: Mapping[str, Any]) -> Pair:
        """Read one ``[[pairs]]`` table; a lone label may stand without a list around it."""

        def labels(asked: str | Sequence[str]) -> tuple[str, ...]:
            return (asked,) if isinstance(asked, str) else tuple(asked)

        return cls(
            slice=slice_name,
            name=table["name"],
            trade=table["trade"],
            texts=(Marked.of(table["a"].lstrip("\n")), Marked.of(table["b"].lstrip("\n"))),
            same=tuple(table.get("same", ())),
            expected={
                head: (labels(table[head][0]), labels(table[head][1]))
                for head in HEADS
                if head in table
            },
        )

    def misses(self, a: Sequence[Labels], b: Sequence[Labels]) -> list[tuple[str, str]]:
        """Head and description of everything asked that the labels of the spans do not fulfil."""
        out = []
        for head, asked in self.expected.items():
            for side, wanted, found in zip(SIDES, asked, (a, b), strict=True):
                for number, (want, labels) in enumerate(zip(wanted, found, strict=True), 1):
                    if not fulfils(labels[head], want):
                        place = f"{side}{number}" if len(wanted) > 1 else side
                        out.append((head, f"{head} of {place}: {want}, found {labels[head]}"))
        for head in self.same:
            if [labels[head] for labels in a] != [labels[head] for labels in b]:
                told = (", ".join(labels[head] for labels in found) for found in (a, b))
                out.append((head, f"{head} not equal: {' | '.join(told)}"))
        return out


@dataclass(frozen=True)
class Slice:
    """The pairs of one file, with a sentence on what they test."""

    name: str
    about: str
    pairs: tuple[Pair, ...]


def fulfils(label: str, asked: str) -> bool:
    """Whether a label is the one asked for.

    >>> fulfils("negative", "not positive")
    True
    """
    return label != asked.removeprefix(NOT) if asked.startswith(NOT) else label == asked


def read_slices(folder: Path = PAIRS) -> list[Slice]:
    """All slices, in the order of their file names."""
    out = []
    for path in sorted(folder.glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        pairs = tuple(Pair.of(path.stem, entry) for entry in table["pairs"])
        out.append(Slice(path.stem, table["about"], pairs))
    return out


def span_labels(
    tagged: TaggedDocument, spans: Sequence[tuple[int, int]], taxonomy: Taxonomy
) -> list[Labels]:
    """Labels of the row that covers most of each span; none where no row covers a third of it."""
    nothing = {name: head.none for name, head in taxonomy.heads.items()}
    rows = [(row.start, row.end) for row in tagged.segments]
    return list(align(spans, rows, row_labels(tagged), nothing))


def failures(
    tagger: MomentTagger, slices: Sequence[Slice]
) -> dict[str, dict[str, list[tuple[str, str]]]]:
    """For each slice, the pairs that fail and what they miss, by name."""
    pairs = [pair for part in slices for pair in part.pairs]
    texts = [marked for pair in pairs for marked in pair.texts]
    documents = [document(str(number), marked.text) for number, marked in enumerate(texts)]
    found = (
        span_labels(tagged, marked.spans, tagger.taxonomy)
        for marked, tagged in zip(texts, tagger.stream(documents), strict=True)
    )
    out: dict[str, dict[str, list[tuple[str, str]]]] = {part.name: {} for part in slices}
    for pair in pairs:
        missed = pair.misses(next(found), next(found))
        if missed:
            out[pair.slice][pair.name] = missed
    return out


def run(
    model: Annotated[
        Path | None, typer.Option(help="Bundle; the shipped model if left out.")
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Set the floors that the tests hold.")
    ] = False,
    card: Annotated[
        bool, typer.Option("--card", help="Also write the pass rates into the bundle's card.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Where to write.")] = RESULTS,
) -> None:
    """Run all pairs; write a Markdown page."""
    tagger = MomentTagger.load(model)
    slices = read_slices()
    failed = failures(tagger, slices)
    page = _HEAD.format(
        precision=tagger.bundle.manifest.precision,
        sha=tagger.bundle.manifest.sha256["model.bin"][:12],
    ) + "\n".join([*_table(slices, failed), "", *_listing(slices, failed), ""])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, encoding="utf-8")
    if record:
        floors = {
            part.name: max(0, len(part.pairs) - len(failed[part.name]) - MARGIN) for part in slices
        }
        FLOORS.write_text(json.dumps(floors, indent=2) + "\n", encoding="utf-8")
    if card:
        add_figures(
            tagger.bundle.path,
            "behaviour",
            {
                part.name: {
                    "pairs": len(part.pairs), "passed": len(part.pairs) - len(failed[part.name])
                }
                for part in slices
            },
        )  # fmt: skip
    typer.echo(page)


_HEAD = """# Behaviour

Written by `python -m benchmarks.behaviour` with the weights {sha} ({precision}). Two short texts differ in
one thing; a pair passes when all that it asks of both holds, so chance or a fixed answer passes
next to none where labels must differ. The pairs are written for the project and stand in
`tests/behaviour/pairs`; none is trained on. *Missed by head* counts failing pairs by the heads
that failed them; a pair may miss on several.

"""


def _table(
    slices: Sequence[Slice], failed: Mapping[str, Mapping[str, list[tuple[str, str]]]]
) -> list[str]:
    lines = [
        "| slice | pairs | passed | pass rate | missed by head |",
        "| --- | ---: | ---: | ---: | --- |",
    ]
    everything: Counter[str] = Counter()
    for part in slices:
        heads = Counter(
            head for misses in failed[part.name].values() for head in {head for head, _ in misses}
        )
        everything += heads
        lines.append(_row(part.name, len(part.pairs), len(failed[part.name]), heads))
    total = sum(len(part.pairs) for part in slices)
    lines.append(_row("**all**", total, sum(len(own) for own in failed.values()), everything))
    return lines


def _row(name: str, pairs: int, lost: int, heads: Counter[str]) -> str:
    by_head = ", ".join(f"{head} {heads[head]}" for head in HEADS if heads[head]) or "none"
    return f"| {name} | {pairs} | {pairs - lost} | {(pairs - lost) / pairs:.0%} | {by_head} |"


def _listing(
    slices: Sequence[Slice], failed: Mapping[str, Mapping[str, list[tuple[str, str]]]]
) -> list[str]:
    lines = ["## Failing pairs", ""]
    for part in slices:
        lines += [f"### {part.name}", "", part.about, ""]
        for pair in part.pairs:
            if pair.name in failed[part.name]:
                texts = (
                    f"{side} “{' ⏎ '.join(marked.text.splitlines())}”"
                    for side, marked in zip(SIDES, pair.texts, strict=True)
                )
                missed = "; ".join(text for _, text in failed[part.name][pair.name])
                lines.append(f"- *{pair.name}*: {' '.join(texts)}: {missed}")
        lines += [] if failed[part.name] else ["None."]
        lines.append("")
    return lines[:-1]


if __name__ == "__main__":
    typer.run(run)
