"""A process with all its children: what it takes in time and memory, sampled from /proc (Linux)."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.5
"""Seconds between two looks."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process with its children took.

    Attributes:
        seconds: From start to end.
        samples: Seconds since the start, and megabytes in memory then (proportional set size, in which
            a page that several processes share counts once).
        output: Standard output and error.
    """

    seconds: float
    samples: tuple[tuple[float, float], ...]
    output: str

    @property
    def peak(self) -> float:
        """Most megabytes."""
        return max((size for _, size in self.samples), default=0.0)


def watched(command: Sequence[str]) -> Usage:
    """Run a command to its end and watch it.

    Raises:
        RuntimeError: It failed.
    """
    began = time.monotonic()
    samples = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        while process.poll() is None:
            samples.append((time.monotonic() - began, megabytes(process.pid)))
            time.sleep(EVERY)
        seconds = time.monotonic() - began
        output = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {output}")
    return Usage(seconds, tuple(samples), output)


def megabytes(pid: int) -> float:
    """Memory of a process and its children."""
    return sum(_own(each) for each in _family(pid)) / 1024


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        found = [int(child) for child in children.read_text().split()]
    except OSError:
        return [pid]
    return [pid, *(member for child in found for member in _family(child))]


def _own(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has just ended
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
