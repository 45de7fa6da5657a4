"""What to compute in, and how many threads with: what the last bits of a fit depend on."""

from __future__ import annotations

import statistics
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from training.config import FitConfig


def settled(settings: FitConfig, before: Mapping[str, Any] | None = None) -> FitConfig:
    """The settings with precision and threads decided where they were left open.

    Args:
        settings: How to fit.
        before: Settings that an interrupted fit began with, whose decisions hold.
    """
    known = before or {}
    precision, threads = settings.precision, settings.threads
    if precision == "auto":
        precision = known.get("precision") or ("bf16" if bf16_pays() else "fp32")
    if not threads:
        threads = known.get("threads") or torch.get_num_threads()
    return replace(settings, precision=precision, threads=threads)


@contextmanager
def repeatable(threads: int) -> Iterator[None]:
    """Within, torch computes the same bits from the same numbers.

    Args:
        threads: Processor threads to use.
    """
    before = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(threads)
    # On a GPU some operations have no such form; they warn, and the fit goes on.
    torch.use_deterministic_algorithms(True, warn_only=torch.cuda.is_available())
    try:
        yield
    finally:
        torch.set_num_threads(before)
        torch.use_deterministic_algorithms(deterministic)


def bf16_pays() -> bool:
    """Whether this machine computes in bf16, and faster than in fp32.

    Having the instructions is not enough: some processors run them slower than fp32.
    """
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    if not any(torch.cpu.get_capabilities().get(name) for name in ("avx512_bf16", "amx_bf16")):
        return False
    return _matmul_seconds(torch.bfloat16) < _matmul_seconds(torch.float32)


def _matmul_seconds(dtype: torch.dtype) -> float:
    """Median time of a matrix product of the encoder's size."""
    left, right = torch.ones(1536, 384, dtype=dtype), torch.ones(384, 1536, dtype=dtype)
    times = []
    for _ in range(15):
        start = time.perf_counter()
        left @ right
        times.append(time.perf_counter() - start)
    return statistics.median(times)
