"""How fast the product is, as a ratio to what people use now, in one alternating run.

    python -m benchmarks.speed --python .venv/bin/python [--documents FILE.jsonl]

Writes benchmarks/results/speed.md. Peers run on the same documents or segments:
(a) a transformers pipeline("text-classification") of the same encoder, a document a call;
(b) SentenceTransformer(...).encode of the product's segments.
Needs the training dependencies. Start-up and memory are those of --python, an environment with the
runtime alone: spaCy imports torch wherever torch is installed.
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

import mot_nlp
from benchmarks.ceiling import operations, peak
from mot_nlp.bundle import SHIPPED
from mot_nlp.cores import available_cores
from mot_nlp.encoding import WindowEncoder
from mot_nlp.segmentation import Segmenter
from mot_nlp.tagger import MomentTagger
from training.checkpoint import DEFAULT_ENCODER, resolve_encoder

RESULTS = Path(__file__).parent / "results" / "speed.md"
EXAMPLES = Path("data/examples/feedback.csv")
TOKENS = 256


def pipeline_peer(texts: list[str]) -> Callable[[], object]:
    """(a): one text-classification head on the same encoder, batch 1."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

    folder = resolve_encoder(DEFAULT_ENCODER)
    classify = pipeline(
        "text-classification",
        model=AutoModelForSequenceClassification.from_pretrained(folder),
        tokenizer=AutoTokenizer.from_pretrained(folder),
        device="cpu",
    )
    return lambda: [classify(text, truncation=True, max_length=TOKENS) for text in texts]


def embedding_peer(segments: list[str]) -> Callable[[], object]:
    """(b): sentence embeddings of the product's segments, at the library's own batch size."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(resolve_encoder(DEFAULT_ENCODER)), device="cpu")
    return lambda: model.encode(segments, show_progress_bar=False)


def alternate(systems: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of every system in every round; one unmeasured round comes first."""
    times: dict[str, list[float]] = {name: [] for name in systems}
    for number in range(rounds + 1):
        for name, call in systems.items():
            start = time.perf_counter()
            call()
            if number:
                times[name].append(time.perf_counter() - start)
    return times


def cold_start(python: str, rounds: int = 5) -> float:
    """Median seconds of a whole process from the shell to its first prediction."""
    command = [python, "-m", "mot_nlp", "show", "Great shoes, but the courier was rude."]
    times = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def peak_memory(python: str, texts: list[str], rows: int) -> int:
    """Peak resident megabytes of ``mot predict`` on a CSV of ``rows`` different documents."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.csv", Path(folder) / "out.parquet"
        different = [f"{texts[i % len(texts)]}\nOrder {i:x}z{i}." for i in range(rows)]
        ids = [f"order-{i}" for i in range(rows)]
        pd.DataFrame({"id": ids, "text": different}).to_csv(source, index=False)
        # Not ru_maxrss: a child inherits that of the process it was forked from.
        code = (
            "from mot_nlp.cli import app; "
            f"app(['predict', {str(source)!r}, '-o', {str(target)!r}], standalone_mode=False); "
            "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
        )
        done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    return int(done.stdout.split()[-1]) // 1024


def ceiling(name: str, tagger: MomentTagger, texts: list[str], reached: float) -> str:
    """A row of the table of ceilings; ``reached`` is in documents a second."""
    precision = tagger.bundle.manifest.precision
    network = tagger.bundle.manifest.run["network"]
    documents = [mot_nlp.document(str(number), text) for number, text in enumerate(texts)]
    encoder = WindowEncoder.from_file(
        tagger.bundle.file("tokenizer.json"), window=tagger.bundle.manifest.window
    )
    cut = Segmenter()
    windows = encoder.encode(texts, [cut(document) for document in documents])
    needed = operations(network, [window for found in windows for window in found])
    best = peak(network["hidden_size"], network["intermediate_size"], precision=precision)
    most = best / needed * len(texts)
    return f"| {name} | {best / 1e9:.0f} | {most:.0f} | {reached / most:.0%} |"


def run(
    documents: Annotated[
        Path | None, typer.Option(help="JSON Lines with text; the example data if left out.")
    ] = None,
    rounds: Annotated[int, typer.Option(help="Measured rounds.")] = 5,
    memory_rows: Annotated[int, typer.Option(help="Documents of the memory measurement.")] = 10_000,
    python: Annotated[
        str, typer.Option(help="Python with the runtime alone, for start-up time and memory.")
    ] = sys.executable,
    out: Annotated[Path, typer.Option(help="Where to write.")] = RESULTS,
) -> None:
    """Measure and write a Markdown page."""
    if documents:
        lines = documents.read_text(encoding="utf-8").splitlines()
        texts = [json.loads(line)["text"] for line in lines]
    else:
        texts = pd.read_csv(EXAMPLES)["text"].tolist()
    taggers = {name: mot_nlp.load(name) for name in SHIPPED}
    segments = mot_nlp.predict(texts, all_segments=True)["text"].tolist()
    ours = {
        f"mot-nlp predict, {name}": partial(mot_nlp.predict, texts, model=tagger)
        for name, tagger in taggers.items()
    }
    peers = {
        "(a) pipeline, batch 1": pipeline_peer(texts),
        "(b) SentenceTransformer.encode of the segments": embedding_peer(segments),
    }
    times = alternate(ours | peers, rounds)
    medians = {name: statistics.median(took) for name, took in times.items()}
    ceilings = "\n".join(
        ceiling(name, tagger, texts, len(texts) / medians[f"mot-nlp predict, {name}"])
        for name, tagger in taggers.items()
    )
    baseline = medians["(a) pipeline, batch 1"]
    rows = [
        f"| {name} | {len(texts) / took:.0f} | {baseline / took:.2f} | {min(times[name]):.2f}–{max(times[name]):.2f} |"
        for name, took in medians.items()
    ]
    page = _PAGE.format(
        documents=len(texts),
        segments=len(segments),
        words=statistics.mean(len(text.split()) for text in texts),
        cores=available_cores(),
        machine=platform.machine(),
        precisions=" and ".join(tagger.bundle.manifest.precision for tagger in taggers.values()),
        rounds=rounds,
        ceilings=ceilings,
        rows="\n".join(rows),
        start=cold_start(python),
        memory=peak_memory(python, texts, memory_rows),
        memory_rows=memory_rows,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, encoding="utf-8")
    typer.echo(page)


_PAGE = """# Speed

Written by `python -m benchmarks.speed`: {documents:,} documents of {words:.0f} words on average,
{segments:,} segments, {cores} cores ({machine}), bundles in {precisions}. Systems take turns for {rounds}
rounds after a warm-up; medians. `predict` is end to end: segmentation, tokenising, all five heads,
decoding, DataFrame.

| system | documents a second | × (a) | seconds, least to most |
| --- | ---: | ---: | ---: |
{rows}

The ceiling is what these cores do at best: the peak of products of the encoder's sizes in the
bundle's precision, measured in the same run, over the operations of the model's products on these texts without padding.

| model | peak, 10⁹ operations a second | ceiling, documents a second | reached |
| --- | ---: | ---: | ---: |
{ceilings}

- Shell to first prediction (`mot show`, whole process): {start:.2f} s.
- Peak resident memory of `mot predict` on {memory_rows:,} documents: {memory} MB.
"""


if __name__ == "__main__":
    typer.run(run)
