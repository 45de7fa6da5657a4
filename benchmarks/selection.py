"""What choosing texts to label is worth: macro-F1 by number of labels, chosen or at random.

    python -m benchmarks.selection                       # the shipped checkpoint and its first encoder
    python -m benchmarks.selection --encoder FOLDER      # another; may be repeated

A pool of documents of the corpus' validation and test parts, which no shipped model learned from; heads
on vectors of an encoder; after every round the heads that were fitted choose the next documents, by the
strategies of ``python -m training select``. Writes benchmarks/results/selection.md and selection.svg.
Finished simulations are kept in runs/selection, so that a killed benchmark goes on where it was; remove
the folder after a change of the strategies.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import altair as alt
import numpy as np
import pandas as pd
import typer

from benchmarks.labelling_rounds import FEW, RANDOM, STEP, TEST, World, simulate
from mot_nlp.reporting.charts import save
from mot_nlp.reporting.charts.theme import LINE_COLOURS, NEUTRAL
from mot_nlp.taxonomy import read_taxonomy
from training.checkpoint import DEFAULT_ENCODER
from training.corpus import gather
from training.selection.strategies import TURNS
from training.vectors import default_encoder, segment_vectors

RESULTS = Path(__file__).parent / "results"
CACHE = Path("runs/selection")
TAXONOMY = Path("training/configs/taxonomy.toml")
SHOWN = (2, 4, 7, 11)
"""Rounds of which the page tells."""


def needed(points: pd.DataFrame, by_chance: pd.DataFrame) -> list[float]:
    """How many labels random choice needs for what was reached; infinite if it never got there.

    Args:
        points: Columns ``segments`` and ``macro_f1``, means over seeds, by round.
        by_chance: The same of random choice.
    """
    best = by_chance["macro_f1"].cummax().to_numpy()
    return [
        float("inf") if figure > best[-1]
        else float(np.interp(figure, best, by_chance["segments"].to_numpy()))
        for figure in points["macro_f1"]
    ]  # fmt: skip


def main(
    encoder: Annotated[
        list[str] | None, typer.Option(help="Where vectors come from; may be repeated.")
    ] = None,
    corpus: Annotated[Path, typer.Option(help="Folder of the corpus.")] = Path("data/corpus"),
    rounds: Annotated[int, typer.Option(help="Rounds of 10 documents after the first 10.")] = 11,
    seeds: Annotated[int, typer.Option(help="Simulations of each strategy.")] = 5,
    cache: Annotated[Path, typer.Option(help="Folder that keeps finished simulations.")] = CACHE,
    out: Annotated[Path, typer.Option(help="Folder of the page and the picture.")] = RESULTS,
) -> None:
    """Simulate labelling and write what each strategy reached."""
    taxonomy = read_taxonomy(TAXONOMY)
    splits = gather(corpus, (), taxonomy)
    documents = [*splits["validation"], *splits["test"]]
    runs = {}
    for name in dict.fromkeys(encoder or [default_encoder(), DEFAULT_ENCODER]):
        world = World.of(documents, segment_vectors(name, documents), taxonomy)
        runs[_called(name)] = simulate(world, rounds=rounds, seeds=seeds, cache=cache)
    lines = [
        _HEAD.format(
            documents=len(documents),
            test=TEST,
            step=STEP,
            seeds=seeds,
            width=taxonomy.width,
            few=FEW,
        )
    ]
    for name, table in runs.items():
        lines += [f"\n## Vectors of {name}\n", *_table(table)]
    lines += ["", "![Macro-F1 by labels](selection.svg)"]
    (out / "selection.md").write_text("\n".join(lines) + "\n" + _FOOT, encoding="utf-8")
    whole = pd.concat(table.assign(encoder=name) for name, table in runs.items())
    save(_chart(whole), out / "selection.svg")
    typer.echo("\n".join(lines))


def _table(runs: pd.DataFrame) -> list[str]:
    """A row a strategy and some rounds: labels, macro-F1, and what random choice needs for it."""
    means = runs.groupby(["strategy", "round"], as_index=False)[
        ["segments", "macro_f1", "few"]
    ].mean()
    by_chance = means[means["strategy"] == RANDOM]
    baseline = runs[runs["strategy"] == RANDOM]
    lines = [
        "| documents | strategy | labels | macro-F1 | against random | random needs | labels with few examples |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for number in (number for number in SHOWN if number <= runs["round"].max()):
        for strategy in (RANDOM, *TURNS):
            own = means[means["strategy"] == strategy].reset_index(drop=True)
            row = own.loc[number]
            cells = [f"{row['segments']:,.0f}", f"{row['macro_f1']:.3f}", "", ""]
            if strategy != RANDOM:
                cells[2] = against(runs[runs["strategy"] == strategy], baseline, number)
                wanted = needed(own, by_chance)[number]
                most = f"over {by_chance['segments'].max():,.0f}"
                cells[3] = most if np.isinf(wanted) else f"{wanted:,.0f}"
            start = f"{STEP * (number + 1)}" if strategy == RANDOM else ""
            lines.append(f"| {start} | {strategy} | {' | '.join(cells)} | {row['few']:.1f} |")
    return lines


def against(own: pd.DataFrame, by_chance: pd.DataFrame, number: int) -> str:
    """Points of macro-F1 over random choice with as many labels, mean and standard error over seeds."""
    points = []
    for seed, rows in own.groupby("seed"):
        random = by_chance[by_chance["seed"] == seed]
        reached = rows[rows["round"] == number].iloc[0]
        same = np.interp(reached["segments"], random["segments"], random["macro_f1"])
        points.append(100 * (reached["macro_f1"] - same))
    error = float(np.std(points, ddof=1)) / len(points) ** 0.5 if len(points) > 1 else float("nan")
    return f"{np.mean(points):+.1f} ± {error:.1f}"


def _called(encoder: str) -> str:
    """A name that says nothing of this machine."""
    folder = Path(encoder)
    return "/".join(folder.parts[-2:]) if folder.is_dir() else encoder


def _chart(runs: pd.DataFrame) -> alt.FacetChart:
    means = runs.groupby(["encoder", "strategy", "round"], as_index=False)[
        ["segments", "macro_f1"]
    ].mean()
    order = [RANDOM, *TURNS]
    colours = alt.Scale(domain=order, range=[NEUTRAL, *LINE_COLOURS])
    dashes = alt.Scale(domain=order, range=[[1, 0], [1, 0], [7, 3], [2, 2], [9, 3, 2, 3]])
    chart = alt.Chart(means, width=300, height=240).mark_line(point=True).encode(
        x=alt.X("segments:Q", title="labelled segments"),
        y=alt.Y("macro_f1:Q", title="macro-F1, mean of heads", scale=alt.Scale(zero=False)),
        color=alt.Color("strategy:N", scale=colours, legend=alt.Legend(orient="top", title=None)),
        strokeDash=alt.StrokeDash("strategy:N", scale=dashes, legend=None),
    )  # fmt: skip
    faceted: alt.FacetChart = chart.facet(
        alt.Facet("encoder:N", sort=list(runs["encoder"].unique()), title=None)
    ).resolve_scale(y="independent")
    return faceted.properties(background="white")


_HEAD = """# Choosing what to label

Written by `python -m benchmarks.selection`: {documents:,} documents of the corpus that no shipped model
learned from, {test} of them to test on. The first {step} are drawn at random, then {step} a round are
chosen by the heads fitted so far, as `python -m training select` chooses. macro-F1 is the mean over heads
of heads fitted on vectors of an encoder that stays as it is, the mean of {seeds} simulations. Labels are
labelled segments, which is what the work is. "Against random" is in points of macro-F1 with as many
labels, ± standard error; "random needs" is how many labels random choice takes to the same figure;
the last column counts the labels, of {width}, with fewer than {few} examples."""

_FOOT = """
Choosing saves no labels here that could be told from noise: with as many labels no strategy is much more
than a point from chance, to either side. The corpus was written to hold all sorts of feedback, so that a
random document is nearly always worth labelling, and of labels that the shipped model knows already its
vectors tell nearly all after 200. What can be seen is that rare labels come sooner: after 30 documents by
chance more labels have hardly any example than after 30 of `mixed`. What this simulation has none of are
the copies and empty phrases of a real dump, which are left out before anything is chosen. Choose to save
reading copies and to meet rare labels early; do not expect a better model from the same number of labels.
"""

if __name__ == "__main__":
    typer.run(main)
