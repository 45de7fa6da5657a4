"""How fast a job runs beside the bare tagger, how processes and threads compare, how memory grows.

    python -m benchmarks.scale speed          # about ten minutes
    python -m benchmarks.scale memory         # about an hour: a million documents
    python -m benchmarks.scale page           # benchmarks/results/scale.md and scale.svg

Documents are put together at random from the sentences of data/examples, so no two are alike. Figures
are kept in benchmarks/results/scale.json. Memory is that of all processes, as /proc tells it.
"""

from __future__ import annotations

import csv
import json
import platform
import random
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import altair as alt
import pandas as pd
import typer

from benchmarks.processes import watched
from mot_nlp.cores import available_cores
from mot_nlp.reporting.charts import save

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
FIGURES = RESULTS / "scale.json"
EXAMPLES = HERE.parent / "data" / "examples" / "feedback.csv"
SEED = 1

BARE = """
import json, sys, time
from mot_nlp.tagger import MomentTagger
from mot_nlp.transcripts import document
rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
documents = [document(row["id"], row["text"]) for row in rows]
began = time.perf_counter()
tagger = MomentTagger.load()
count = sum(1 for _ in tagger.stream(documents))
print(time.perf_counter() - began)
"""

app = typer.Typer(help=__doc__, no_args_is_help=True)


def invent(path: Path, documents: int, sentences: tuple[int, int]) -> None:
    """Write documents as JSON Lines, each of so many sentences."""
    with EXAMPLES.open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    pieces = [piece for text in texts for piece in re.split(r"(?<=[.!?])\s+", text)]
    pieces = [piece for piece in pieces if piece and ":" not in piece]  # no turns of transcripts
    draw = random.Random(SEED)
    with path.open("w", encoding="utf-8") as file:
        for number in range(documents):
            chosen = draw.choices(pieces, k=draw.randint(*sentences))
            row = {"id": f"d{number}", "text": " ".join([*chosen, f"Order {number}."])}
            file.write(json.dumps(row) + "\n")


@app.command()
def speed(
    documents: Annotated[int, typer.Option(help="Documents.")] = 10_000,
    rounds: Annotated[int, typer.Option(help="Rounds; medians are told.")] = 3,
    threads: Annotated[
        list[str] | None,
        typer.Option(help="Threads of each process, as 2 or 1+1; may be repeated."),
    ] = None,
) -> None:
    """A job against the bare tagger, and arrangements of processes and threads, in turns."""
    cores = available_cores()
    arrangements = threads or [str(cores), "+".join(["1"] * cores)]
    found: dict[str, list[float]] = {name: [] for name in ("bare", *arrangements)}
    peaks: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.jsonl"
        invent(source, documents, (2, 7))
        for turn in range(rounds):
            run = subprocess.run(
                [sys.executable, "-c", BARE, str(source)],
                check=True,
                capture_output=True,
                text=True,
            )
            found["bare"].append(float(run.stdout))
            for name in arrangements:
                out = Path(folder) / f"out-{turn}-{name}"
                command = [sys.executable, "-m", "benchmarks.one_job", str(source), str(out), name]
                usage = watched(command)
                found[name].append(float(usage.output))
                peaks[name] = max(peaks.get(name, 0), usage.peak)
    _keep(f"speed {documents}", {"documents": documents, "seconds": found, "peaks": peaks})


@app.command()
def memory(
    fewer: Annotated[int, typer.Option(help="Documents of the shorter run.")] = 50_000,
    more: Annotated[int, typer.Option(help="Documents of the longer run.")] = 1_000_000,
) -> None:
    """Peak memory of a short and a long job, and its course over the long one."""
    told: dict[str, Any] = {"runs": []}
    for documents in (fewer, more):
        with tempfile.TemporaryDirectory() as folder:
            source, out = Path(folder) / "in.jsonl", Path(folder) / "out"
            invent(source, documents, (1, 2))
            usage = watched(
                [sys.executable, "-m", "mot_nlp", "predict", str(source), "-o", str(out)]
            )
            size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
        course = usage.samples[:: max(len(usage.samples) // 400, 1)]
        run = {"documents": documents, "seconds": usage.seconds, "peak": usage.peak, "bytes": size}
        told["runs"].append(run | {"course": course})
    _keep("memory", told)


@app.command()
def page() -> None:
    """Write the page and the figure from what was measured."""
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    lines = [_HEAD.format(machine=platform.machine(), cores=available_cores())]
    for name, told in figures.items():
        lines += _speed_lines(told) if name.startswith("speed") else []
    if "memory" in figures:
        lines += _memory_lines(figures["memory"])
        save(_chart(figures["memory"]), RESULTS / "scale.svg")
    (RESULTS / "scale.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    typer.echo("\n".join(lines))


def _keep(name: str, told: dict[str, Any]) -> None:
    figures = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    figures[name] = told
    FIGURES.write_text(json.dumps(figures) + "\n", encoding="utf-8")


def _speed_lines(told: dict[str, Any]) -> list[str]:
    bare = statistics.median(told["seconds"]["bare"])
    lines = [_SPEED.format(documents=told["documents"], rounds=len(told["seconds"]["bare"]))]
    for name, seconds in told["seconds"].items():
        median = statistics.median(seconds)
        called = "bare tagger" if name == "bare" else f"job, threads of each process: {name}"
        peak = f"{told['peaks'][name]:,.0f}" if name in told["peaks"] else "–"
        lines.append(
            f"| {called} | {told['documents'] / median:,.0f} | {bare / median:.2f} | "
            f"{min(seconds):.1f}–{max(seconds):.1f} | {peak} |"
        )
    return lines


def _memory_lines(told: dict[str, Any]) -> list[str]:
    lines = [_MEMORY]
    for run in told["runs"]:
        rate = run["documents"] / run["seconds"]
        lines.append(
            f"| {run['documents']:,} | {run['peak']:,.0f} | {run['seconds'] / 60:,.1f} | {rate:,.0f} | "
            f"{run['bytes'] / 1e6:,.0f} |"
        )
    fewer, more = (run["peak"] for run in told["runs"])
    return [*lines, "", f"More by {100 * (more / fewer - 1):.1f} %.", "", "![Memory](scale.svg)"]


def _chart(told: dict[str, Any]) -> alt.Chart:
    """Memory against documents, as far as the rate of the whole run tells them."""
    rows = [
        {"run": f"{run['documents']:,} documents", "documents": at / run["seconds"] * run["documents"],
         "MB": size}
        for run in told["runs"]
        for at, size in run["course"]
    ]  # fmt: skip
    chart = alt.Chart(pd.DataFrame(rows), width=560, height=260).mark_line(clip=True)
    return chart.encode(
        x=alt.X("documents:Q", title="documents done", axis=alt.Axis(format="~s")),
        y=alt.Y("MB:Q", title="MB, all processes", scale=alt.Scale(domainMin=0)),
        color=alt.Color("run:N", title=None, legend=alt.Legend(orient="top")),
    )


_HEAD = """# Scale

Written by `python -m benchmarks.scale`; {machine}, {cores} cores, the shipped model. Documents are put
together at random from the sentences of the example data."""

_SPEED = """
## Speed

{documents:,} documents of 2 to 7 sentences, medians of {rounds} alternating rounds, each in processes of
its own, loading the model included. The bare tagger has its documents in memory and drops its results; the
job reads JSON Lines, tells languages, writes Parquet, tables and records, and syncs them to the disk.

| what | documents a second | × bare | seconds (least–most) | peak MB |
| --- | ---: | ---: | ---: | ---: |"""

_MEMORY = """
## Memory

Jobs (`mot predict in.jsonl -o out`) of documents of 1 or 2 sentences. Memory is what this table is about:
its rates may have been measured beside other load.

| documents | peak MB | minutes | documents a second | MB written |
| ---: | ---: | ---: | ---: | ---: |"""

if __name__ == "__main__":
    app()
