"""What came of ``mot predict``: told to people or machines, and as an exit code."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
        reporter.event("stopped", signal=result.stopped_by.name, **told)
        reporter.say(
            f"stopped by {result.stopped_by.name} with {counts} finished in {asked.output}; the same "
            "command goes on from there"
        )
        return SIGNAL_BASE + result.stopped_by
    rate = result.this_run / max(result.seconds, 1e-9)
    reporter.event("end", **told, seconds=round(result.seconds, 1))
    if result.was_done:
        reporter.say(f"{asked.output} was done before: {counts}; --restart would do it anew")
    else:
        reporter.say(f"wrote {asked.output}: {counts}, {rate:,.0f} documents a second")
    return tell_rejected(
        totals.rejected,
        totals.rejected_share,
        Path(asked.output) / "rejected.jsonl",
        asked,
        reporter,
    )


def tell_rejected(
    reasons: Counter[str], share: float, path: Path | None, asked: Asked, reporter: Reporter
) -> int:
    """Warn about rows set aside; the exit code that follows from their share."""
    if not reasons:
        return 0
    for reason, count in reasons.most_common(MOST_REASONS):
        reporter.warn(f"{count:,} × {reason}")
    told = f"rows set aside: {reasons.total():,} ({share:.1%}), listed in {path}".replace("%", " %")
    if share <= asked.max_rejected:
        reporter.warn(told)
        return 0
    allowed = f"{asked.max_rejected:.1%}".replace("%", " %")
    reporter.warn(f"{told}; that is more than --max-rejected allows ({allowed}), hence exit code 3")
    return TOO_MANY_REJECTED


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
