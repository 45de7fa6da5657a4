"""What correcting tables for the model's errors does to them, on labelled feedback and in simulation.

    python -m benchmarks.correction                       # corpus test part and simulation
    python -m benchmarks.correction --gold FILE.jsonl     # real feedback too

Writes benchmarks/results/correction.md. Tables are made of the product's own segments, the gold
tables of the gold units; nothing is aligned.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import pandas as pd
import typer

from benchmarks.simulation import (
    CLOSENESS,
    LEAST_CELL,
    REPEATS,
    World,
    compared,
    exact_table,
    simulation,
)
from mot_nlp.tables import moment_table
from mot_nlp.tables.channel import channel
from mot_nlp.tables.correction import PRIOR
from mot_nlp.tagger import MomentTagger
from mot_nlp.transcripts import document
from training.corpus import gather, read_jsonl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.corpus import LabelledDocument

    Figures = dict[str, float]

RESULTS = Path(__file__).parent / "results" / "correction.md"
TABLES = (("stage", "moment"), ("stage",), ("touchpoint",))
SEED = 20261122


def predicted_rows(tagger: MomentTagger, labelled: Sequence[LabelledDocument]) -> pd.DataFrame:
    """One row a segment, as the product cuts and reads them."""
    read = [document(d.id, d.text, source=d.source) for d in labelled]
    return pd.DataFrame(
        [row for tagged in tagger.stream(read) for row in tagged.moment_rows(all_segments=True)]
    )


def gold_rows(labelled: Sequence[LabelledDocument]) -> pd.DataFrame:
    """One row a gold unit, in the columns that a table needs."""
    rows = pd.DataFrame([{"doc_id": d.id, **labels} for d in labelled for labels in d.labels])
    return rows.assign(sentiment_score=0.0, pivotal=rows["pivotal"] == "yes")


def on_feedback(
    name: str, tagger: MomentTagger, labelled: Sequence[LabelledDocument]
) -> tuple[str, str]:
    """A section of the page, and a sentence for its verdict."""
    rows, gold = predicted_rows(tagger, labelled), gold_rows(labelled)
    taxonomy, confusion = tagger.taxonomy, tagger.bundle.manifest.confusion
    lines = [
        _SECTION.format(
            name=name[0].upper() + name[1:],
            documents=len(labelled),
            gold=len(gold),
            rows=len(rows),
        )
    ]
    assumed, pairs = [_ASSUMED], []
    for by in TABLES:
        keys = list(by)
        true = moment_table(gold, by, taxonomy=taxonomy).set_index(keys)
        counted = moment_table(rows, by, taxonomy=taxonomy).set_index(keys)
        corrected = moment_table(
            rows, by, taxonomy=taxonomy, correct=True, confusion=confusion
        ).set_index(keys)
        scored = counted[["share"]].assign(net_sentiment=100 * counted["mean_score"])
        plain, undone = compared(true, counted), compared(true, corrected)
        title = " × ".join(by)
        lines.append(_row(f"{title}, counted", plain))
        lines.append(_row(f"{title}, net from `mean_score`", compared(true, scored)))
        lines.append(_row(f"{title}, corrected", undone))
        far = _from_assumed(World.of(by, tagger.bundle), gold, rows)
        assumed.append(_distances(title, plain, far))
        pairs.append((plain, undone))
    won = {kind: sum(after[kind] < before[kind] for before, after in pairs) for kind in _KINDS}
    verdict = (
        f"On the {name} the correction brings the shares nearer to the gold in {won['share']} of "
        f"{len(pairs)} tables and net sentiment in {won['net']}."
    )
    return "\n".join([*lines, *assumed, ""]), verdict


_KINDS = ("share", "net")


def _from_assumed(world: World, gold: pd.DataFrame, rows: pd.DataFrame) -> Figures:
    """How far what was counted is from what the assumed error rates make of the gold."""
    true = world.counts(gold)
    rates = channel(world.axes, np.random.default_rng(SEED), exact=1, drawn=0)
    expected = exact_table(rates.read(true[None])[0]).assign(n=exact_table(true)["n"])
    return compared(expected, exact_table(world.counts(rows)))


def _distances(title: str, gold: Figures, assumed: Figures) -> str:
    cells = [f"{figures['share']:.4f}" for figures in (gold, assumed)]
    cells += [f"{figures['net']:.3f}" for figures in (gold, assumed)]
    return f"| {title} | {' | '.join(cells)} |"


def _row(title: str, figures: Figures) -> str:
    cells = [title, f"{figures['share']:.4f}", f"{figures['net']:.3f}"]
    for kind in _KINDS:
        known = f"{kind} held" in figures
        cells.append(f"{figures[f'{kind} held']:.0f} of {figures['cells']:.0f}" if known else "·")
        cells.append(f"{figures[f'{kind} width']:.2f}" if known else "·")
    return f"| {' | '.join(cells)} |"


def run(
    gold: Annotated[
        Path | None, typer.Option(help="Real feedback with gold labels, JSON Lines.")
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="Bundle; the shipped model if left out.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where to write.")] = RESULTS,
) -> None:
    """Compare tables with and without the correction; write a Markdown page."""
    tagger = MomentTagger.load(bundle)
    splits = gather(Path("data/corpus"), [], tagger.taxonomy)
    sets = {"corpus test part": splits["test"]}
    if gold:
        sets["real feedback"] = read_jsonl(gold, tagger.taxonomy)
    sections, verdicts = [], []
    for name, labelled in sets.items():
        section, verdict = on_feedback(name, tagger, labelled)
        sections.append(section)
        verdicts.append(f"- {verdict}")
    known = gold_rows(splits["train"])
    worlds = [World.of(by, tagger.bundle) for by in TABLES]
    simulated = simulation([(world, world.counts(known)) for world in worlds], SEED)
    head = _HEAD.format(
        sha=tagger.bundle.sha256[:12],
        precision=tagger.bundle.manifest.precision,
        verdicts="\n".join(verdicts),
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("\n".join([head, *sections, _SIMULATION, simulated]), encoding="utf-8")
    typer.echo(out.read_text(encoding="utf-8"))


_HEAD = f"""# Correction for classifier error

Written by `python -m benchmarks.correction` with the bundle {{sha}} ({{precision}}). It compares
`moment_table(segments, by)`, with and without `correct=True`, with the table of the gold labels. Errors
are mean absolute errors over cells of at least {LEAST_CELL} gold moments; net sentiment is on the scale
−1 to 1. Method and constants were settled by simulation and on held-out segments, not on these figures.

## Verdict

{{verdicts}}

The correction is not made unless asked for. It supposes that a true label is misread as
often in any data as in the held-out data, and that heads err independently. How far that holds is
measured below without any estimation: if the supposed error rates described the errors made, what was
counted would be nearer to what they make of the gold than to the gold itself. Where it is not, undoing
them adds an error in place of taking one away. A likely reason: the model was trained on a like mix
and reads segments in context, so that its errors depend on what is common around them, go both ways
and nearly cancel in the counts, which error rates of single labels do not know.

Where the suppositions do hold, in the simulation at the end, the correction does what it should.
"""

_SECTION = """## {name}

{documents:,} documents, {gold:,} gold segments, {rows:,} segments of the product's own. *Held* is how
many gold figures lie in the 95 % interval, *width* its mean width. The interval of the counted table
is for drawing other documents; the gold is of the same documents, so this is no measure of coverage.

| table | share error | net error | shares held | width | net held | width |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |"""

_ASSUMED = """
How far what was counted is from the gold, and from what the supposed error rates make of the gold:

| table | share: gold | supposed | net: gold | supposed |
| --- | ---: | ---: | ---: | ---: |"""

_SIMULATION = f"""## Simulation

True shares are drawn around those of the corpus as if from {CLOSENESS[0]}, {CLOSENESS[1]} or
{CLOSENESS[2]:,} segments of it, true error rates around the held-out ones, and the segments from both;
the correction knows the held-out error rates only. Every segment is a document of its own. Means over
{REPEATS} runs of each of the {len(TABLES)} tables: error of share / of net sentiment, as counted and by
the weight of the prior in segments ({PRIOR} is what `correct=True` takes, 0 is maximum likelihood); then
how many of the true figures the 95 % intervals hold, in percent.
"""


if __name__ == "__main__":
    typer.run(run)
