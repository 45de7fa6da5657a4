"""Kill a job again and again, go on each time, and compare what it ends in with an undisturbed run.

    python -m benchmarks.faults

Writes benchmarks/results/faults.md. Real processes, the shipped model, random moments of a fixed seed.
Every way to kill in turn: the whole group of processes, the parent alone, a worker alone (the job then
goes on by itself), and SIGTERM. Linux.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.scale import invent

RESULTS = Path(__file__).resolve().parent / "results" / "faults.md"
WAYS = ("group", "parent", "worker", "SIGTERM")
SEED = 4


def digest(folder: Path) -> dict[str, str]:
    """A hash of every file of a job, times left out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name.startswith("."):
            continue
        content = path.read_bytes()
        if path.name == "summary.json":
            told = json.loads(content)
            del told["run"]
            content = json.dumps(told).encode()
        found[str(path.relative_to(folder))] = hashlib.sha256(content).hexdigest()
    return found


def start(source: Path, out: Path, shard: int) -> subprocess.Popen[bytes]:
    """Begin the job, or go on with it, in a group of processes of its own."""
    command = [sys.executable, "-m", "mot_nlp", "predict", str(source), "-o", str(out)]
    command += ["--shard-size", str(shard), "--workers", "2", "--table-by", "stage,moment"]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)


def kill(process: subprocess.Popen[bytes], way: str, draw: random.Random) -> None:
    """Kill a run in one of ``WAYS``."""
    with suppress(ProcessLookupError):
        if way == "group":
            os.killpg(process.pid, signal.SIGKILL)
        elif way == "parent":
            process.kill()
        elif way == "SIGTERM":
            process.terminate()
        elif children := Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text():
            os.kill(int(draw.choice(children.split())), signal.SIGKILL)


def run(
    documents: Annotated[int, typer.Option(help="Documents of the job.")] = 1500,
    shard: Annotated[int, typer.Option(help="Documents of a shard.")] = 64,
    kills: Annotated[int, typer.Option(help="Kills, at least.")] = 50,
    out: Annotated[Path, typer.Option(help="Where to write.")] = RESULTS,
) -> None:
    """Kill a job at random moments; write a Markdown page."""
    draw = random.Random(SEED)
    done: Counter[str] = Counter()
    rounds = different = 0
    with tempfile.TemporaryDirectory() as folder:
        source, whole = Path(folder) / "in.jsonl", Path(folder) / "whole"
        invent(source, documents, (2, 5))
        began = time.monotonic()
        if start(source, whole, shard).wait():
            raise RuntimeError("the undisturbed run failed")
        seconds = time.monotonic() - began
        wanted = digest(whole)
        while done.total() < kills:
            rounds += 1
            target = Path(folder) / f"killed-{rounds}"
            while True:
                process, way = start(source, target, shard), WAYS[done.total() % len(WAYS)]
                with suppress(subprocess.TimeoutExpired):
                    if process.wait(draw.uniform(0.1, 0.9) * seconds) == 0:
                        break
                kill(process, way, draw)
                done[way] += 1
                if process.wait() == 0:  # a worker was replaced, or the end was near
                    break
            different += digest(target) != wanted
            typer.echo(f"round {rounds}: {done.total()} kills, {different} different")
    ways = ", ".join(f"{way} {done[way]}" for way in WAYS)
    out.write_text(
        _PAGE.format(
            documents=documents, shard=shard, files=len(wanted), seconds=seconds, kills=done.total(),
            ways=ways, rounds=rounds, different=different, machine=platform.machine(),
        ),
        encoding="utf-8",
    )  # fmt: skip
    typer.echo(out.read_text(encoding="utf-8"))


_PAGE = """# Faults

Written by `python -m benchmarks.faults`: a job of {documents:,} documents in shards of {shard}, {machine}, the
shipped model, two workers, {seconds:.0f} s undisturbed. Killed at random moments and begun again with the same
command until it was done, then compared with the undisturbed run: every file byte for byte ({files} files), but
for times in `summary.json`.

| kills | ways | jobs | jobs that ended otherwise |
| ---: | --- | ---: | ---: |
| {kills} | {ways} | {rounds} | {different} |
"""

if __name__ == "__main__":
    typer.run(run)
