"""What came of ``mot predict``: told to people or machines, and as an exit code."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mot_nlp.readers import JOB_REJECTED, STANDARD_STREAM

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from mot_nlp.batch.dry import Estimate
    from mot_nlp.batch.planning import Plan
    from mot_nlp.batch.result import JobResult
    from mot_nlp.cli.progress import Reporter
    from mot_nlp.cli.running import Asked

TOO_MANY_REJECTED = 3
"""Exit code where more rows were set aside than is allowed."""

SIGNAL_BASE = 128
"""Exit code of a run that a signal ended, less the signal's number."""

MOST_REASONS = 5
"""Reasons for setting rows aside that are told."""


def tell_job(result: JobResult, asked: Asked, reporter: Reporter) -> int:
    """Tell what came of a job; its exit code."""
    totals = result.totals
    counts = f"{totals.documents:,} documents, {totals.moments:,} {rows_called(asked)}"
    told: dict[str, Any] = {
        "output": asked.output,
        "documents": totals.documents,
        "moments": totals.moments,
        "rejected": totals.n_rejected,
    }
    if result.stopped_by is not None:
        code = SIGNAL_BASE + result.stopped_by
        reporter.event("stopped", signal=result.stopped_by.name, **told, exit_code=code)
        goes_on = "the same command goes on from there"
        if STANDARD_STREAM in asked.inputs:
            goes_on = "but standard input cannot be read again: save it to a file to go on"
        reporter.say(
            f"stopped by {result.stopped_by.name} with {counts} finished in {asked.output}; {goes_on}"
        )
        return code
    rate = result.this_run / max(result.seconds, 1e-9)
    code = exit_code(totals.rejected_share, asked)
    reporter.event(
        "end",
        **told,
        shards=result.shards,
        was_done=result.was_done,
        seconds=round(result.seconds, 1),
        documents_per_second=round(rate, 1),
        exit_code=code,
    )
    if result.was_done:
        reporter.say(f"{asked.output} was done before: {counts}; --restart would do it anew")
    else:
        reporter.say(f"wrote {asked.output}: {counts}, {rate:,.0f} documents a second")
    path = Path(asked.output) / JOB_REJECTED
    tell_rejected(totals.rejected, totals.rejected_share, path, asked, reporter)
    return code


def exit_code(share: float, asked: Asked) -> int:
    """The exit code of a run that is done, by the share of rows set aside."""
    return TOO_MANY_REJECTED if share > asked.max_rejected else 0


def tell_rejected(
    reasons: Counter[str], share: float, path: Path | None, asked: Asked, reporter: Reporter
) -> None:
    """Warn about rows set aside."""
    if not reasons:
        return
    for reason, count in reasons.most_common(MOST_REASONS):
        reporter.warn(f"{count:,} × {reason}")
    told = f"rows set aside: {reasons.total():,} ({share:.1%}), listed in {path}".replace("%", " %")
    if exit_code(share, asked):
        allowed = f"{asked.max_rejected:.1%}".replace("%", " %")
        told += f"; that is more than --max-rejected allows ({allowed}), hence exit code {TOO_MANY_REJECTED}"
    reporter.warn(told)


def lines_of(found: Estimate, plan: Plan) -> Iterator[str]:
    """What a dry run found, in words."""
    files = f"{found.files:,} file{'s' if found.files != 1 else ''}"
    yield f"{files}; of the first rows, {found.documents:,} are documents, {found.rejected.total():,} would be set aside"
    yield f"{found.tagged} of them tagged: {found.moments} moments"
    if found.languages:
        shown = ", ".join(
            f"{code or 'unknown'} {n:,}" for code, n in found.languages.most_common(5)
        )
        yield f"languages: {shown}"
    if plan.options.columns.kept:
        yield f"kept columns: {', '.join(plan.options.columns.kept)}"
    if found.all_documents is None or found.seconds is None or found.size is None:
        yield "how long it would take cannot be told, as the size of the input is not known"
        return
    left = timedelta(seconds=round(found.seconds))
    yield (
        f"about {found.all_documents:,} documents in all, {left} on these cores, "
        f"{found.size / 1e6:,.1f} MB of Parquet at most"
    )


def rows_called(asked: Asked) -> str:
    """What the rows of the output are."""
    return "segments" if asked.all_segments else "moments"
