"""What ``mot predict`` does with its options: a job, a single file, or a dry run of either."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from mot_nlp.cli.outcome import (
    MOST_REASONS,
    SIGNAL_BASE,
    exit_code,
    lines_of,
    rows_called,
    tell_job,
    tell_rejected,
)
from mot_nlp.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from mot_nlp.batch.options import JobOptions
    from mot_nlp.batch.planning import Plan
    from mot_nlp.batch.pool import Pool
    from mot_nlp.cli.progress import Reporter
    from mot_nlp.readers import Columns, ReadNotes

ENGINES = ("local", "ray")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options of ``mot predict``, as its help tells them."""

    inputs: list[str]
    output: str
    columns: Columns
    customer: str | None
    source_format: str | None
    all_segments: bool
    tables: tuple[tuple[str, ...], ...]
    documents: str | None
    rejected: str | None
    target_format: str | None
    only_english: bool
    mask: bool
    limit: int | None
    sample: float | None
    max_rejected: float
    dry_run: bool
    workers: int | None
    shard_documents: int | None
    restart: bool
    engine: str
    address: str | None
    model: str | None
    precision: str | None

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise InputError(f"the engine is {self.engine!r}; allowed: {', '.join(ENGINES)}")
        if self.workers is not None and self.workers < 1:
            raise InputError(f"workers is {self.workers}; allowed: 1 or more")
        if "://" in self.output:
            raise InputError(
                f"the output {self.output} is a URL, but results go to a disk of this machine; name a "
                "folder or file there, and copy it when it is done"
            )
        needless = self._for_files if self.is_job else self._for_jobs
        named = [option for option, is_given in needless.items() if is_given]
        if named and self.is_job:
            raise InputError(
                f"{', '.join(named)} is for output to a file, but {self.output} is a job's folder, which "
                "holds documents and rejected rows anyway; leave it out"
            )
        if named:
            raise InputError(
                f"{', '.join(named)} is for jobs, which write to a folder; name one with --output, "
                "as -o results"
            )

    @property
    def _for_files(self) -> dict[str, bool]:
        return {
            "--documents": self.documents is not None,
            "--rejected": self.rejected is not None,
            "--output-format": self.target_format is not None,
        }

    @property
    def _for_jobs(self) -> dict[str, bool]:
        return {
            "--restart": self.restart,
            "--table-by": bool(self.tables),
            "--shard-size": self.shard_documents is not None,
            "--engine ray": self.engine == "ray",
            "--address": self.address is not None,
        }

    @property
    def is_job(self) -> bool:
        """Whether the output is a folder: it exists as one, or has no ending as files have."""
        from mot_nlp.writers import STANDARD_STREAM

        if self.output == STANDARD_STREAM or self.target_format is not None:
            return False
        path = Path(self.output)
        return path.is_dir() or self.output.endswith("/") or not path.suffix[1:].isalpha()

    @property
    def options(self) -> JobOptions:
        """Those that decide the result."""
        from mot_nlp.batch.options import SHARD_DOCUMENTS, TABLE_BY, JobOptions

        return JobOptions(
            columns=self.columns,
            customer=self.customer,
            all_segments=self.all_segments,
            only_english=self.only_english,
            mask=self.mask,
            limit=self.limit,
            sample=self.sample,
            tables=self.tables or (TABLE_BY,),
            shard_documents=(
                SHARD_DOCUMENTS if self.shard_documents is None else self.shard_documents
            ),
        )


def carry_out(asked: Asked, reporter: Reporter) -> int:
    """Do what is asked for.

    Returns:
        The exit code.

    Raises:
        MotError: It cannot be done.
    """
    if asked.dry_run:
        return _dry_run(asked, reporter)
    return _job(asked, reporter) if asked.is_job else _single(asked, reporter)


def _job(asked: Asked, reporter: Reporter) -> int:
    from mot_nlp.batch.job import run_job
    from mot_nlp.batch.stopping import Stop
    from mot_nlp.readers import ReadNotes

    notes = ReadNotes()
    make_pool = _pool_maker(asked)
    with Stop() as stop:
        plan = _plan(asked, notes)
        reporter.event("start", files=len(plan.sources), output=asked.output)
        result = run_job(
            plan,
            asked.output,
            make_pool=make_pool,
            restart=asked.restart,
            on_progress=reporter,
            stop=stop,
            notes=notes,
        )
    return tell_job(result, asked, reporter)


def _plan(asked: Asked, notes: ReadNotes) -> Plan:
    from mot_nlp.batch.planning import plan

    return plan(
        asked.inputs,
        asked.options,
        model=asked.model,
        precision=asked.precision,
        source_format=asked.source_format,
        output=asked.output if asked.is_job else None,
        notes=notes,
    )


def _pool_maker(asked: Asked) -> Callable[[Plan], Pool]:
    """What makes the workers of a plan; that Ray is missing is told before anything is read."""
    if asked.engine == "ray":
        from mot_nlp.distributed import ray_pool

        return lambda plan: ray_pool(plan, asked.workers, address=asked.address)
    from mot_nlp.batch.pool import local_pool

    return lambda plan: local_pool(plan, asked.workers)


def _single(asked: Asked, reporter: Reporter) -> int:
    from mot_nlp.batch.single import run
    from mot_nlp.tagger import MomentTagger
    from mot_nlp.writers import STANDARD_STREAM

    reporter.event("start", output=asked.output)
    with _ended_by_sigterm():
        tagger = MomentTagger.load(asked.model, precision=asked.precision, threads=asked.workers)
        summary = run(
            tagger,
            asked.inputs,
            asked.output,
            options=asked.options,
            source_format=asked.source_format,
            target_format=asked.target_format,
            documents=asked.documents,
            rejected=asked.rejected,
            on_progress=reporter,
        )
    code = exit_code(summary.rejected_share, asked)
    tell_rejected(summary.rejected, summary.rejected_share, summary.rejected_path, asked, reporter)
    if summary.n_rejected and not summary.documents:
        raise InputError(
            f"nothing was tagged: all {summary.n_rejected:,} rows were set aside, the first for: "
            f"{next(iter(summary.rejected))}"
        )
    counts = f"{summary.documents:,} documents, {summary.moments:,} {rows_called(asked)}"
    reporter.event(
        "end",
        output=asked.output,
        documents=summary.documents,
        moments=summary.moments,
        rejected=summary.n_rejected,
        exit_code=code,
    )
    if asked.output != STANDARD_STREAM:
        reporter.say(f"wrote {asked.output}: {counts}")
    elif sys.stderr.isatty() or summary.n_rejected:
        reporter.say(counts)
    return code


def _dry_run(asked: Asked, reporter: Reporter) -> int:
    from mot_nlp.batch.dry import estimate
    from mot_nlp.batch.folder import JobFolder
    from mot_nlp.batch.standing import check_place
    from mot_nlp.readers import ReadNotes
    from mot_nlp.tagger import MomentTagger

    if asked.is_job:
        check_place(JobFolder(Path(asked.output)))
    _pool_maker(asked)
    notes = ReadNotes()
    plan = _plan(asked, notes)
    tagger = MomentTagger.load(asked.model, precision=asked.precision, threads=asked.workers)
    found = estimate(plan, tagger, notes=notes)
    reporter.event(
        "estimate", **{field.name: getattr(found, field.name) for field in fields(found)}
    )
    for line in lines_of(found, plan):
        reporter.say(line)
    for reason, count in found.rejected.most_common(MOST_REASONS):
        reporter.warn(f"{count:,} × {reason}")
    return 0


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end a run in an orderly way, so that nothing half-written stays."""

    def end(number: int, _: FrameType | None) -> None:
        raise SystemExit(SIGNAL_BASE + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
