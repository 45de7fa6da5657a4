"""What retraining on a few hundred own rows brings, held against SetFit and against not retraining.

    python -m benchmarks.retrain checkpoint --real real.jsonl --out runs/held-out
    python -m benchmarks.retrain held-out --real real.jsonl --checkpoint runs/held-out/fitted
    python -m benchmarks.retrain kitelake --checkpoint models/mot-minilm/checkpoint

``checkpoint`` fits a model without three repositories of real feedback, ``held-out`` retrains it on
rows of each of them, and ``kitelake`` retrains the shipped one on the rows of an invented company
with stages of its own. real.jsonl is what ``python -m training sources`` writes.

The repositories, unless others are named with --repo and --hold-out, are one of each kind, large
enough that 800 rows leave over 500 to test on: quankiquanki/skytrax-reviews-dataset (reviews of
airline lounges and seats; 579 documents, 3,442 segments), mike-camp/stack-exchange-data-analysis
(forum questions, most of them on travel; 430, 2,864) and IBM/twitter-customer-care-document-prediction
(customer-care threads; 880, 2,517). See ``benchmarks.retraining.sources`` for why no others.

Writes benchmarks/results/retrain.md and retrain.json. Every run is kept in runs/retrain, so a killed
benchmark goes on where it was, and systems and seeds can be added later: the page shows the systems of
the last command. A retrained model is a matter of minutes; SetFit takes some twenty minutes for five
heads on one core, and needs ``pip install setfit==1.2.0``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
import typer
from datasets import disable_progress_bars
from rich.console import Console
from transformers.utils.logging import disable_progress_bar

from benchmarks.retraining.contrastive import STEPS
from benchmarks.retraining.kitelake import FOLDER, read_kitelake
from benchmarks.retraining.page import page
from benchmarks.retraining.results import merged, read_results, result, write_results
from benchmarks.retraining.runs import Run, Starts, runs
from benchmarks.retraining.sources import HELD_OUT, Source, deal, read_repositories
from benchmarks.retraining.systems import System, named_systems
from benchmarks.retraining.unseen import check_unseen, fit_without
from mot_nlp.cli.console import comma_separated, errors_as_messages, plain
from mot_nlp.errors import InputError
from training.checkpoint import DEFAULT_ENCODER
from training.config import read_config
from training.evaluation.estimates import check_draws

RESULTS = Path(__file__).parent / "results" / "retrain.md"
CACHE = Path("runs/retrain")

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console()

Real = Annotated[Path, typer.Option("--real", help="Labelled JSON Lines of real feedback.")]
Checkpoint = Annotated[Path, typer.Option("--checkpoint", help="Fitted model to retrain.")]
Rows = Annotated[str, typer.Option("--rows", help="Segments to learn from, as 100,400,800.")]
Seeds = Annotated[int, typer.Option("--seeds", help="Orders to deal the documents in.", min=1)]
Systems = Annotated[
    str, typer.Option("--systems", help="Some of ours, quick, unretrained, setfit, pretrained.")
]
Encoder = Annotated[
    str, typer.Option("--encoder", help="Of setfit and pretrained: folder or hub id.")
]
Steps = Annotated[int, typer.Option("--setfit-steps", help="Steps a head of SetFit.", min=1)]
SetfitSeeds = Annotated[
    int | None, typer.Option("--setfit-seeds", help="Run SetFit on the first ones only.", min=1)
]
SetfitRows = Annotated[
    str | None, typer.Option("--setfit-rows", help="Run SetFit at these sizes only, as 400,800.")
]
Out = Annotated[Path, typer.Option("--out", help="Page to write; the figures go beside it.")]
Cache = Annotated[Path, typer.Option("--cache", help="Folder that keeps finished runs.")]
Threads = Annotated[int, typer.Option("--threads", help="Processor threads of a fit.", min=1)]
Draws = Annotated[int, typer.Option("--bootstrap", help="Replicates that intervals rest on.")]
_HELD_OUT = list(HELD_OUT)
DEFAULT_SYSTEMS = "ours,quick,unretrained,setfit"


@app.command("checkpoint")
def checkpoint_command(
    real: Real,
    hold_out: Annotated[
        list[str], typer.Option("--hold-out", help="Repository to leave out; may be repeated.")
    ] = _HELD_OUT,
    config: Annotated[Path, typer.Option("--config", help="How to fit; without teachers.")] = Path(
        "training/configs/default.toml"
    ),
    out: Annotated[Path, typer.Option("--out", help="Folder of the fit.")] = Path("runs/held-out"),
) -> None:
    """Fit a checkpoint without some repositories; an interrupted fit goes on."""
    folder, left_out = fit_without(read_config(config), real, hold_out, out)
    for name, count in left_out.documents.items():
        console.print(plain(f"left out {name}: {count:,} documents"))
    console.print(f"left out {left_out.copies:,} documents elsewhere that all but repeat them")
    console.print(plain(f"fitted model in {folder}"), soft_wrap=True)


@app.command("held-out")
def held_out_command(
    real: Real,
    checkpoint: Checkpoint = Path("runs/held-out/fitted"),
    repo: Annotated[
        list[str], typer.Option("--repo", help="Repository to retrain on; may be repeated.")
    ] = _HELD_OUT,
    rows: Rows = "100,400,800",
    seeds: Seeds = 3,
    systems: Systems = DEFAULT_SYSTEMS,
    setfit_steps: Steps = STEPS,
    setfit_seeds: SetfitSeeds = None,
    setfit_rows: SetfitRows = None,
    encoder: Encoder = DEFAULT_ENCODER,
    threads: Threads = 1,
    draws: Draws = 1000,
    cache: Cache = CACHE,
    out: Out = RESULTS,
) -> None:
    """Retrain on rows of repositories that the checkpoint has not seen."""
    check_unseen(checkpoint, repo)
    plan = Plan(_sizes(rows), seeds, draws, threads)
    chosen = _chosen(systems, setfit_steps, setfit_seeds, setfit_rows)
    sources = read_repositories(real, repo)
    _benchmark(sources, chosen, Starts(checkpoint, encoder, cache), plan, out)


@app.command("kitelake")
def kitelake_command(
    data: Annotated[Path, typer.Option("--data", help="Folder of the labelled rows.")] = FOLDER,
    checkpoint: Checkpoint = Path("models/mot-minilm/checkpoint"),
    rows: Rows = "100,300,600",
    seeds: Seeds = 3,
    systems: Systems = DEFAULT_SYSTEMS,
    setfit_steps: Steps = STEPS,
    setfit_seeds: SetfitSeeds = None,
    setfit_rows: SetfitRows = None,
    encoder: Encoder = DEFAULT_ENCODER,
    threads: Threads = 1,
    draws: Draws = 1000,
    cache: Cache = CACHE,
    out: Out = RESULTS,
) -> None:
    """Retrain the shipped checkpoint on rows of a company with stages of its own."""
    if not (checkpoint / "config.json").is_file():
        raise InputError(
            f"no fitted model in {checkpoint}; python -m training export writes it beside the bundle"
        )
    plan = Plan(_sizes(rows), seeds, draws, threads)
    chosen = _chosen(systems, setfit_steps, setfit_seeds, setfit_rows)
    _benchmark([read_kitelake(data)], chosen, Starts(checkpoint, encoder, cache), plan, out)


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is done.

    Attributes:
        sizes: Segments to learn from, ascending.
        seeds: Number of deals, whose seeds count from 0.
        draws: Bootstrap replicates.
        threads: Processor threads of a fit.
    """

    sizes: tuple[int, ...]
    seeds: int
    draws: int
    threads: int


def _benchmark(
    sources: Sequence[Source],
    systems: Mapping[str, System],
    starts: Starts,
    plan: Plan,
    out: Path,
) -> None:
    """Run all systems on all sources; the page is written anew after each source."""
    check_draws(plan.draws)
    raw = out.with_suffix(".json")
    results = read_results(raw)
    # All are dealt before the first run, so that a source that is too small is told at once.
    dealt = [[deal(source, plan.sizes, seed) for seed in range(plan.seeds)] for source in sources]
    torch.set_num_threads(plan.threads)
    disable_progress_bar()  # type: ignore[no-untyped-call]
    disable_progress_bars()
    settings = {name: system.settings for name, system in systems.items()}
    for source, deals in zip(sources, dealt, strict=True):
        finished: list[Run] = []
        for run in runs(source, deals, systems, starts):
            finished.append(run)
            _tell(run, source, len(finished), _count(systems, plan))
        found = result(
            source, deals, finished, draws=plan.draws, weights=starts.weights(), settings=settings
        )
        write_results(merged(results, [found]), raw)
        results = read_results(raw)  # rounded, so that a later page says the same
        out.write_text(page(results), encoding="utf-8")
    console.print(plain(f"wrote {out} and {raw}"), soft_wrap=True)


def _chosen(
    systems: str, setfit_steps: int, setfit_seeds: int | None, setfit_rows: str | None
) -> dict[str, System]:
    return named_systems(
        comma_separated(systems),
        setfit_steps=setfit_steps,
        setfit_deals=setfit_seeds,
        setfit_rows=_sizes(setfit_rows) if setfit_rows else (),
    )


def _count(systems: Mapping[str, System], plan: Plan) -> int:
    """How many runs of a source there will be."""
    return sum(
        system.runs_at(seed, size)
        for system in systems.values()
        for seed in range(plan.seeds)
        for size in plan.sizes
    )


def _sizes(rows: str) -> tuple[int, ...]:
    parts = comma_separated(rows)
    if not all(part.isdecimal() for part in parts):
        raise InputError(f"--rows is {rows!r}; write numbers with commas, as 100,400,800")
    return tuple(sorted({int(part) for part in parts}))


def _tell(run: Run, source: Source, number: int, total: int) -> None:
    minutes = max(answer.seconds for answer in run.answers.values()) / 60
    took = "kept from before" if run.cached else f"{minutes:.1f} minutes"
    console.print(
        plain(
            f"{source.name}, {number}/{total}: seed {run.seed}, {run.size:,} rows, {run.system}: {took}"
        ),
        soft_wrap=True,
    )


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    with errors_as_messages():
        app()
