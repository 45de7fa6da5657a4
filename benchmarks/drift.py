"""How often drift is called where there is none, whether it is called where there is some, and its cost.

    python -m benchmarks.drift

Writes benchmarks/results/drift.md. The documents of the corpus's test part are tagged by the shipped
model, and halves of them drawn at random are compared: nothing has changed between them. Then the
reviews are held against the posts, where much has. Time and memory are taken on invented moments, in
a process of its own.
"""

from __future__ import annotations

import platform
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

import mot_nlp
from benchmarks.tables import MOMENTS_A_DOCUMENT, invent, measure
from mot_nlp.bundle import open_bundle
from mot_nlp.monitoring import RELABEL, STABLE, WATCH, drift
from training.corpus import gather

RESULTS = Path(__file__).parent / "results" / "drift.md"
CORPUS = Path("data/corpus")
VERDICTS = (STABLE, WATCH, RELABEL)

PRODUCT = """
from mot_nlp.monitoring import drift
table = drift({path!r}, {path!r}).figures
"""


def tagged() -> pd.DataFrame:
    """Moments of the corpus's test part, with the source of each."""
    documents = gather(CORPUS, [], open_bundle().taxonomy)["test"]
    frame = pd.DataFrame(
        {"id": d.id, "text": d.text, "source": d.source, "kind": d.source} for d in documents
    )
    return mot_nlp.predict(frame, text="text", id="id", source="source", keep=["kind"])


def halves(moments: pd.DataFrame, documents: int, seeds: int) -> Counter[str]:
    """Verdicts on random halves of so many documents."""
    ids = np.sort(moments["doc_id"].unique())
    found: Counter[str] = Counter()
    for seed in range(seeds):
        drawn = np.random.default_rng(seed).permutation(ids)[:documents]
        one, other = (moments[moments["doc_id"].isin(part)] for part in np.array_split(drawn, 2))
        found[drift(one, other).verdict] += 1
    return found


def run(
    seeds: Annotated[int, typer.Option(help="Random halves of each size.", min=1)] = 60,
    rows: Annotated[int, typer.Option(help="Invented moments of each side.")] = 1_000_000,
    out: Annotated[Path, typer.Option(help="Where to write.")] = RESULTS,
) -> None:
    """Compare what has not changed and what has; write a Markdown page."""
    moments = tagged()
    sizes = sorted({80, 300, moments["doc_id"].nunique()})
    told = [
        _row(f"random halves of {size} documents", halves(moments, size, seeds)) for size in sizes
    ]
    reviews, posts = (moments[moments["kind"] == kind] for kind in ("review", "social"))
    told.append(_row("reviews against posts", Counter([drift(reviews, posts).verdict])))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "moments.parquet"
        invent(path, rows)
        seconds, peak, _ = measure(PRODUCT.format(path=str(path)))
    cost = _COST.format(
        rows=rows, each=MOMENTS_A_DOCUMENT, seconds=seconds, peak=peak, machine=platform.machine()
    )
    out.write_text("\n".join([_HEAD, *told, cost]), encoding="utf-8")
    typer.echo(out.read_text(encoding="utf-8"))


def _row(what: str, verdicts: Counter[str]) -> str:
    cells: Sequence[str] = [f"{verdicts[verdict]}" for verdict in VERDICTS]
    return f"| {what} | {verdicts.total()} | {' | '.join(cells)} |"


_HEAD = f"""# Drift

Written by `python -m benchmarks.drift`. Moments that the shipped model finds in the corpus's test part;
a comparison has all labels, confidences, lengths and words in it, judged together.

| compared | comparisons | {" | ".join(VERDICTS)} |
| --- | ---: | ---: | ---: | ---: |"""

_COST = """
Two sides of {rows:,} invented moments each, {each} a document, from a Parquet file: {seconds:.1f} s, {peak:,.0f} MB
at most, imports included ({machine}).
"""

if __name__ == "__main__":
    typer.run(run)
