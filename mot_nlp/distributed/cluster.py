"""The cluster: joined for the time of a job, and how its cores are shared out."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mot_nlp.batch.pool import THREADS
from mot_nlp.errors import InputError, JobError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LOCAL = "local"
"""Address of a cluster of this machine alone, begun and ended with the job."""

_ADDRESS = "RAY_ADDRESS"
_USAGE_STATS = "RAY_USAGE_STATS_ENABLED"
_KNOCK = 10.0


@contextmanager
def joined(address: str | None) -> Iterator[None]:
    """Be in a cluster; one that was joined before is used as it is, and not left.

    Args:
        address: Of the cluster, ``auto`` for the one that this machine belongs to, ``local`` for one
            of this machine alone; if None, what ``RAY_ADDRESS`` says, else ``local``.

    Raises:
        JobError: There is no such cluster.
    """
    import ray

    if ray.is_initialized():
        yield
        return
    wanted = address or os.environ.get(_ADDRESS) or LOCAL
    options: dict[str, Any] = {"logging_level": logging.WARNING, "log_to_driver": False}
    if wanted == LOCAL:
        # What Ray begins for a job tells nobody about it.
        os.environ.setdefault(_USAGE_STATS, "0")
        options["include_dashboard"] = False
    try:
        _knock(wanted)
        with _signal_handlers_kept():
            ray.init(address=wanted, **options)
    except (ray.exceptions.RayError, OSError, RuntimeError, ValueError) as error:
        raise JobError(
            f"no Ray cluster could be joined at {wanted!r} ({_first_line(error)}); give its address as "
            "HOST:PORT, 'auto' on one of its machines, or 'local' for this machine alone, and the same "
            "versions of Ray and Python everywhere"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def node_cores() -> list[int]:
    """Cores of each living node that has any."""
    import ray

    nodes: Callable[[], list[dict[str, Any]]] = ray.nodes
    found = [int(node["Resources"].get("CPU", 0)) for node in nodes() if node["Alive"]]
    return [cores for cores in found if cores]


def arrangement(
    nodes: Sequence[int], *, workers: int | None = None, threads: int | None = None
) -> tuple[int, int]:
    """How many actors there are, and how many cores each has; those that leave fewest cores idle.

    Args:
        nodes: Cores of each node.
        workers: Most cores to tag on; all if None. May be more than there are yet, of a cluster that
            grows when it is asked for more.
        threads: Cores of an actor; found here if None.

    Raises:
        InputError: A number is under 1, or ``threads`` is more than ``workers``.
        JobError: There are no cores and ``workers`` asks for none.

    >>> arrangement([8, 8]), arrangement([6, 4]), arrangement([8, 8], workers=6)
    ((4, 4), (5, 2), (2, 3))
    """
    if workers is not None and workers < 1:
        raise InputError(f"workers is {workers}; allowed: 1 or more")
    most = sum(nodes) if workers is None else workers
    if not most:
        raise JobError(
            "no node of the cluster has a processor core to tag on; add nodes, or name the cores to "
            "wait for with --workers"
        )
    if threads is not None and not 1 <= threads <= most:
        raise InputError(f"an actor is to have {threads} cores; allowed: 1 to {most}")

    def placed(each: int) -> int:
        return sum(cores // each for cores in nodes) if nodes else most // each

    if threads is None:
        sizes = range(1, min(THREADS, most) + 1)
        threads = max(sizes, key=lambda each: (min(placed(each), most // each) * each, each))
    return (placed(threads) if workers is None else most // threads), threads


@contextmanager
def _signal_handlers_kept() -> Iterator[None]:
    """Ray takes SIGTERM for itself, which a job listens to."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _knock(address: str) -> None:
    """Ray itself would ask for minutes at an address where nobody is.

    Raises:
        OSError: Nobody answers there.
    """
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK).close()


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
