"""Moments in, one self-contained HTML page out."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mot_nlp.bundle import open_bundle
from mot_nlp.errors import OutputError
from mot_nlp.tables.arguments import check_at_least, check_confidence
from mot_nlp.tables.shipped import shipped
from mot_nlp.writers.whole import write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mot_nlp.tables.sources import Rows

SUFFIXES = (".html", ".htm")


def report(
    moments: Rows,
    documents: Rows | None = None,
    *,
    path: str | Path = "report.html",
    title: str = "Moments of truth",
    outcome: str | None = None,
    filters: Sequence[str] | None = None,
    date: str = "date",
    rejected: int | str | Path | None = None,
    min_n: int = 5,
    confidence: float = 0.95,
    model: str | Path | None = None,
) -> Path:
    """Write a report: findings, tables, charts and quotes in one HTML file that fetches nothing.

    The page holds sums and not rows, so that it stays small whatever the number of moments; filters
    add the sums up again, intervals included. What cannot be made of sums (findings, drivers,
    comparisons, quotes) is of the whole, and the page says so.

    Args:
        moments: Moment rows, or a file of them, or several files.
        documents: Document rows, those without a moment too: they carry the outcome, lend columns
            such as ``source`` to the filters, and tell the coverage.
        path: The HTML file; one that exists is replaced.
        title: Heading of the page.
        outcome: Column of the documents that moments may move, such as stars; ``stars``, ``rating``
            or ``nps`` where they have one, if None.
        filters: Columns to filter by, each the same for all moments of a document; ``brand`` and
            ``source`` as far as they exist if None. Periods come from ``date``.
        date: Column of dates; without it the report has no trends.
        rejected: How many input rows were set aside, or the ``rejected.jsonl`` that lists them; for
            a frame that ``predict`` returned it is known.
        min_n: Cells with fewer moments lose their figures.
        confidence: Level of all intervals, between 0 and 1.
        model: Bundle folder of the model that found the moments; the shipped one if None.

    Returns:
        The path of the page.

    Raises:
        ColumnError: A needed or named column does not exist.
        InputError: An argument is out of range, or a filter is not the same for a whole document.
        ReadError: A file cannot be read.
        OutputError: The page cannot be written.
        BundleError: The model is no sound bundle.
    """
    from mot_nlp.reporting.collect import collect
    from mot_nlp.reporting.html import render

    check_at_least("min_n", min_n, 1, why="to show every cell, or more to blank thin ones")
    check_confidence(confidence)
    target = Path(path)
    _check_target(target)
    data = collect(
        moments,
        documents,
        bundle=shipped() if model is None else open_bundle(model),
        title=title,
        created=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        outcome=outcome,
        filters=filters,
        date=date,
        rejected=rejected,
        min_n=min_n,
        confidence=confidence,
    )
    write_whole(target, [render(data)])
    return target


def _check_target(path: Path) -> None:
    """Refuse what cannot be written before the work and not after it."""
    if path.is_dir():
        raise OutputError(f"{path} is a folder; name a file in it, as {path / 'report.html'}")
    if path.suffix.lower() not in SUFFIXES:
        raise OutputError(
            f"{path} is not named as a page; a report is HTML, so end the name in {SUFFIXES[0]} "
            "(a browser prints it to PDF)"
        )
    if not path.parent.is_dir():
        raise OutputError(f"there is no folder {path.parent}; create it, or name another")
