"""How long the sentiment table takes over many moments, and how much memory.

    python -m benchmarks.tables

Writes benchmarks/results/tables.md. Ten million invented moment rows go into a Parquet file; every
run is a process of its own, so that its peak memory is its own. The peer is pandas, computing the
same table with the same cluster-robust interval, on a tenth of the rows: what it can hold.
"""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from mot_nlp.bundle import open_bundle

RESULTS = Path(__file__).parent / "results" / "tables.md"
MOMENTS_A_DOCUMENT = 3

PRODUCT = """
from mot_nlp.tables import moment_table
table = moment_table({path!r}, {by!r})
"""

PANDAS = """
import numpy as np, pandas as pd
by = {by!r}
columns = ["doc_id", "sentiment", "sentiment_score", "pivotal", *by]
rows = pd.read_parquet({path!r}, columns=columns)
rows["positive"] = rows["sentiment"] == "positive"
rows["negative"] = rows["sentiment"] == "negative"
rows["n"] = 1
keys = [*by, "doc_id"]
documents = rows.groupby(keys, sort=False)[["n", "positive", "negative", "pivotal"]].sum()
documents["net"] = documents["positive"] - documents["negative"]
documents["documents"] = 1
documents["net_net"] = documents["net"] ** 2
documents["net_n"] = documents["net"] * documents["n"]
documents["n_n"] = documents["n"] ** 2
table = documents.groupby(by).sum()
net = table["net"] / table["n"]
spread = table["net_net"] - 2 * net * table["net_n"] + net**2 * table["n_n"]
table["half"] = np.sqrt(spread * table["documents"] / (table["documents"] - 1)) / table["n"]
table["mean_score"] = rows.groupby(by)["sentiment_score"].mean()
"""

MEASURED = """
import time
start = time.perf_counter()
{code}
seconds = time.perf_counter() - start
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(seconds, int(peak.split()[1]) / 1024, len(table))
"""

_ROWS = """
COPY (
    SELECT
        'R' || lpad((i // {each})::VARCHAR, 8, '0') AS doc_id,
        doc_id || '#' || (i % {each} + 1) AS moment_id,
        'an invented segment of about sixty characters, number ' || i AS text,
        $stages[1 + (hash(i) % len($stages))::INTEGER] AS stage,
        $moments[1 + (hash(i + 1) % len($moments))::INTEGER] AS moment,
        $touchpoints[1 + (hash(i + 2) % len($touchpoints))::INTEGER] AS touchpoint,
        ['negative', 'neutral', 'positive'][1 + (hash(i + 3) % 3)::INTEGER] AS sentiment,
        (hash(i + 4) % 2001)::DOUBLE / 1000 - 1 AS sentiment_score,
        hash(i + 5) % 10 = 0 AS pivotal,
        ['Ode', 'Lun', 'Tal', 'Wen'][1 + (hash(i // {each}) % 4)::INTEGER] AS brand,
        (DATE '2024-01-01' + (hash(i // {each} + 7) % 700)::INTEGER)::VARCHAR AS date
    FROM range({rows}) AS numbers(i)
) TO '{path}' (FORMAT parquet, COMPRESSION zstd)
"""


def invent(path: Path, rows: int) -> None:
    """Write moment rows with labels of the shipped taxonomy, three a document."""
    heads = open_bundle().taxonomy.heads
    labels = {
        f"{name}s": [label for label in heads[name].labels if label != heads[name].none]
        for name in ("stage", "moment", "touchpoint")
    }
    statement = _ROWS.format(rows=rows, each=MOMENTS_A_DOCUMENT, path=path)
    for name, own in labels.items():  # COPY takes no parameters; these labels are our own
        statement = statement.replace(f"${name}", repr(own))
    duckdb.execute(statement)


def measure(code: str) -> tuple[float, float, int]:
    """Seconds, peak megabytes and cells of one run in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-c", MEASURED.format(code=code)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    seconds, peak, cells = run.stdout.split()
    return float(seconds), float(peak), int(cells)


def run(
    rows: Annotated[int, typer.Option(help="Moment rows of the large file.")] = 10_000_000,
    rounds: Annotated[int, typer.Option(help="Rounds; medians are told.")] = 3,
    out: Annotated[Path, typer.Option(help="Where to write.")] = RESULTS,
) -> None:
    """Time the table on large files; write a Markdown page."""
    views = (["stage", "moment"], ["brand", "touchpoint"])
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder) / "large.parquet", Path(folder) / "small.parquet"
        invent(large, rows)
        invent(small, rows // 10)
        systems = [
            (name, path, count, by, code.format(path=str(path), by=by))
            for by in views
            for name, path, count, code in (
                ("mot-nlp", large, rows, PRODUCT),
                ("mot-nlp", small, rows // 10, PRODUCT),
                ("pandas", small, rows // 10, PANDAS),
            )
        ]
        found: dict[int, list[tuple[float, float, int]]] = {n: [] for n in range(len(systems))}
        for _ in range(rounds):
            for number, (*_, code) in enumerate(systems):
                found[number].append(measure(code))
    lines = [_HEAD.format(rounds=rounds, machine=platform.machine(), each=MOMENTS_A_DOCUMENT)]
    for number, (name, _, count, by, _) in enumerate(systems):
        seconds, peaks, cells = zip(*found[number], strict=True)
        lines.append(
            f"| {name} | {count:,} | {', '.join(by)} | {cells[0]} | {statistics.median(seconds):.1f} "
            f"({min(seconds):.1f}–{max(seconds):.1f}) | {max(peaks):,.0f} |"
        )
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    typer.echo(out.read_text(encoding="utf-8"))


_HEAD = """# Tables

Written by `python -m benchmarks.tables`: invented moment rows in a Parquet file, {each} a document,
{machine}; medians of {rounds} alternating rounds, each in a process of its own, imports included. All
figures of the table with their cluster-robust intervals; pandas computes the same but holds all rows
in memory.

| system | moments | by | cells | seconds (least–most) | peak MB |
| --- | ---: | --- | ---: | ---: | ---: |"""

if __name__ == "__main__":
    typer.run(run)
