"""How a run goes, told as it goes: a live bar on a terminal, else a line now and then, or JSON."""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from mot_nlp.cli.console import err, plain, warn

if TYPE_CHECKING:
    from mot_nlp.batch.result import Progress

EVERY = 30.0
"""Seconds between two lines of a log."""


class Reporter:
    """Tells how a run goes; a context manager.

    Args:
        as_json: One JSON object a line on standard error, for machines.
        every: Seconds between two lines where there is no terminal.
    """

    def __init__(self, *, as_json: bool = False, every: float = EVERY) -> None:
        self._as_json = as_json
        self._every = every
        self._next = time.monotonic() + every
        self._bar = None if as_json or not err.is_terminal else _Bar()
        self._handler = _Warnings(self)

    def __enter__(self) -> Self:
        logging.getLogger("mot_nlp").addHandler(self._handler)
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("mot_nlp").removeHandler(self._handler)
        if self._bar:
            self._bar.stop()

    def __call__(self, progress: Progress) -> None:
        """Take news; they are told at once on a bar, otherwise when it is time."""
        if self._bar:
            self._bar.update(progress)
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + self._every
            self._line(progress)

    def warn(self, message: str) -> None:
        """Tell what the user should know but did not ask for."""
        if self._as_json:
            self.event("warning", message=message)
        else:
            warn(message)

    def say(self, message: str) -> None:
        """Tell what was done, to people only."""
        if not self._as_json:
            err.print(plain(message), soft_wrap=True)

    def event(self, name: str, **told: Any) -> None:  # noqa: ANN401 - what JSON has
        """Tell a machine, and only a machine."""
        if self._as_json:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            line = json.dumps({"time": now, "event": name, **told}, ensure_ascii=False)
            err.file.write(line + "\n")
            err.file.flush()

    def _line(self, progress: Progress) -> None:
        left = progress.seconds_left
        self.event(
            "progress",
            documents=progress.documents,
            documents_per_second=round(progress.rate, 1),
            rejected=progress.rejected,
            fraction=progress.fraction and round(progress.fraction, 4),
            seconds_left=left and round(left),
        )
        now = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
        self.say(f"{now} {told(progress)}")


def told(progress: Progress) -> str:
    """How a run goes, in words.

    >>> from mot_nlp.batch.result import Progress
    >>> told(Progress(documents=9000, this_run=9000, rejected=2, fraction=0.5, seconds=60))
    '9,000 documents, 150 a second, 2 set aside, 50 %, 0:01:00 left'
    """
    parts = [
        f"{progress.documents:,} documents",
        f"{progress.rate:,.0f} a second",
        f"{progress.rejected:,} set aside",
    ]
    if progress.fraction is not None:
        parts.append(f"{progress.fraction:.0%}".replace("%", " %"))
    if progress.seconds_left is not None:
        parts.append(f"{timedelta(seconds=round(progress.seconds_left))} left")
    return ", ".join(parts)


class _Bar:
    """A live bar with a count, a rate and the time left."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, SpinnerColumn, TextColumn
        from rich.progress import Progress as RichProgress

        self._progress = RichProgress(
            SpinnerColumn(),
            BarColumn(bar_width=12),
            TextColumn("{task.description}"),
            console=err,
            transient=True,
        )
        self._task = self._progress.add_task("loading the model", total=None)

    def start(self) -> None:
        self._progress.start()

    def stop(self) -> None:
        self._progress.stop()

    def update(self, progress: Progress) -> None:
        done = progress.fraction
        self._progress.update(
            self._task,
            description=told(progress),
            total=None if done is None else 1.0,
            completed=done or 0,
        )


class _Warnings(logging.Handler):
    """What the library warns about, told like all else."""

    def __init__(self, reporter: Reporter) -> None:
        super().__init__(logging.WARNING)
        self._reporter = reporter

    def emit(self, record: logging.LogRecord) -> None:
        self._reporter.warn(record.getMessage())
