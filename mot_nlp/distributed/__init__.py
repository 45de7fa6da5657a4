"""Tagging on a cluster of machines, with Ray (extra ``ray``).

Two doors: ``ray_pool`` has the workers of a job run on a cluster, for :func:`mot_nlp.batch.job.run_job`;
``tag`` and ``rejected`` are steps of a Ray Data pipeline. Ray is imported when one of them is first
asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mot_nlp.errors import MotError

if TYPE_CHECKING:
    from mot_nlp.distributed.datasets import rejected, tag
    from mot_nlp.distributed.pool import RayPool, ray_pool

__all__ = ["RayPool", "ray_pool", "rejected", "tag"]

_HOMES = {
    "mot_nlp.distributed.datasets": ("rejected", "tag"),
    "mot_nlp.distributed.pool": ("RayPool", "ray_pool"),
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for.

    Raises:
        MotError: Ray is not installed.
    """
    from importlib import import_module

    for home, names in _HOMES.items():
        if name in names:
            _require_ray()
            value = getattr(import_module(home), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'mot_nlp.distributed' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def _require_ray() -> None:
    try:
        import ray.data  # noqa: F401 - whether it is there
    except ImportError as error:
        raise MotError(
            f"a cluster needs Ray, which cannot be imported ({error}); pip install 'mot-nlp[ray]'"
        ) from error
