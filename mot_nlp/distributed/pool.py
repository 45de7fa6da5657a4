"""The workers of a job as actors of a Ray cluster; one that is lost is replaced, its shards given again.

The job reads, cuts and writes as on one machine; only the tagging is elsewhere. So the promises of a job
hold: a shard counts when it is committed, however often it was tagged.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, deque
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from mot_nlp.batch.pool import TICK
from mot_nlp.batch.worker import Advance
from mot_nlp.distributed.actors import STREAMS, ShardTagger
from mot_nlp.distributed.cluster import arrangement, joined, node_cores
from mot_nlp.distributed.delivery import RemoteModel, bundle_files
from mot_nlp.errors import JobError

if TYPE_CHECKING:
    from ray import ObjectRef

    from mot_nlp.batch.planning import Plan
    from mot_nlp.batch.shards import Shard
    from mot_nlp.batch.tagging import Tagged

logger = logging.getLogger(__name__)

DEATHS = 3
"""Actors that may be lost over one shard; machines that are let by the hour vanish now and then."""

PATIENCE = 900.0
"""Seconds to wait for a node that an actor can run on."""

_WARN_EVERY = 60.0
_UNBORN = -1


def ray_pool(
    plan: Plan,
    workers: int | None = None,
    *,
    address: str | None = None,
    threads: int | None = None,
) -> RayPool:
    """Actors of a cluster that tag on so many cores; on all that it has if ``workers`` is None.

    Args:
        plan: The job.
        workers: Cores of the cluster to tag on.
        address: Of the cluster, ``auto`` or ``local``; if None, what ``RAY_ADDRESS`` says, else
            ``local``.
        threads: Cores of each actor, which holds a model; found by the nodes' sizes if None.

    Raises:
        BundleError: The model cannot be read.
    """
    return RayPool(plan, workers=workers, address=address, threads=threads)


@dataclass(slots=True, eq=False)
class _Actor:
    handle: Any
    loading: ObjectRef[Any] | None
    given: dict[ObjectRef[Any], Shard] = field(default_factory=dict)

    @property
    def has_room(self) -> bool:
        return self.loading is None and len(self.given) < STREAMS

    @property
    def awaited(self) -> list[ObjectRef[Any]]:
        return [*self.given] if self.loading is None else [self.loading]


class RayPool:
    """Workers that are actors of a Ray cluster.

    Args:
        plan: The job.
        workers: Cores to tag on; all if None.
        address: Of the cluster; see ``ray_pool``.
        threads: Cores of each actor; by the nodes' sizes if None.
    """

    def __init__(
        self, plan: Plan, *, workers: int | None, address: str | None, threads: int | None
    ) -> None:
        self._plan = plan
        self._asked = {"workers": workers, "threads": threads}
        self._address = address
        self._files = bundle_files(plan.bundle)
        self._stack = ExitStack()
        self._actors: list[_Actor] = []
        self._orphans: deque[Shard] = deque()
        self._deaths: Counter[int] = Counter()
        self._served = self._warned = time.monotonic()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(joined(self._address))
            count, threads = arrangement(node_cores(), **self._asked)
            plan = self._plan
            self._model = RemoteModel.of(
                plan.bundle, self._files, precision=plan.precision, threads=threads
            )
            self._files.clear()
            self._actors = [self._hired() for _ in range(count)]
            self._stack = stack.pop_all()
        self._served = self._warned = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        with self._stack:
            for actor in self._actors:
                _kill(actor)

    @property
    def has_room(self) -> bool:
        """Whether an actor can take a shard, and none waits to be given again."""
        return not self._orphans and any(actor.has_room for actor in self._actors)

    @property
    def is_busy(self) -> bool:
        """Whether a shard is out."""
        return bool(self._orphans) or any(actor.given for actor in self._actors)

    def give(self, shard: Shard) -> None:
        """Have a shard tagged; only where there is room."""
        free = (actor for actor in self._actors if actor.has_room)
        actor = min(free, key=lambda actor: len(actor.given))
        actor.given[actor.handle.tag.remote(shard.documents)] = shard

    def news(self) -> list[Advance | tuple[Shard, Tagged]]:
        """What was said since, waiting for it a little: shards with their rows.

        Raises:
            JobError: An actor failed, more than ``DEATHS`` were lost over one shard, or no node can run
                one.
        """
        said: list[Advance | tuple[Shard, Tagged]] = []
        for ref, actor in self._answered():
            if actor in self._actors:  # or else it was lost a moment ago
                self._hear(ref, actor, said)
        while self._orphans and any(actor.has_room for actor in self._actors):
            self.give(self._orphans.popleft())
        self._check_nodes()
        return said

    def _answered(self) -> list[tuple[ObjectRef[Any], _Actor]]:
        import ray

        awaited = {ref: actor for actor in self._actors for ref in actor.awaited}
        if not awaited:
            return []
        refs = list(awaited)
        if not ray.wait(refs, num_returns=1, timeout=TICK)[0]:
            return []
        answered, _ = ray.wait(refs, num_returns=len(refs), timeout=0)
        return [(ref, awaited[ref]) for ref in answered]

    def _hear(
        self, ref: ObjectRef[Any], actor: _Actor, said: list[Advance | tuple[Shard, Tagged]]
    ) -> None:
        import ray

        try:
            answer = ray.get(ref)
        except ray.exceptions.RayError as error:
            if isinstance(error, ray.exceptions.RayTaskError) and not _is_of_ray(error.cause):
                reason = f"{type(error.cause).__name__}: {error.cause}"
                raise JobError(f"an actor cannot tag: {reason}") from error
            self._replace(actor, error)
            return
        if ref == actor.loading:
            actor.loading = None
            self._deaths[_UNBORN] = 0
            return
        shard = actor.given.pop(ref)
        said.extend([Advance(len(shard.documents)), (shard, answer)])

    def _hired(self) -> _Actor:
        import ray

        made = ray.remote(ShardTagger).options(
            num_cpus=self._model.threads, max_concurrency=STREAMS, max_restarts=0
        )
        handle: Any = made.remote(self._plan.options)
        return _Actor(handle, handle.load.remote(self._model))

    def _replace(self, actor: _Actor, error: Exception) -> None:
        """Hire another in place of a lost actor; its shards are given again."""
        _kill(actor)
        self._actors.remove(actor)
        shards = list(actor.given.values())
        for number in [shard.number for shard in shards] or [_UNBORN]:
            self._deaths[number] += 1
            # Those that are still loading may all be on one node.
            allowed = DEATHS + (len(self._actors) if number == _UNBORN else 0)
            if self._deaths[number] > allowed:
                raise JobError(_died(number, self._deaths[number], error)) from error
        logger.warning(
            "an actor was lost with %d shards, which are tagged again: %s",
            len(shards),
            _told(error),
        )
        self._orphans.extend(shards)
        self._actors.append(self._hired())

    def _check_nodes(self) -> None:
        """Say that no actor has found a node, and give up when that lasts."""
        now = time.monotonic()
        if any(actor.loading is None for actor in self._actors):
            self._served = self._warned = now
        elif now - self._served > PATIENCE:
            raise JobError(f"{self._waiting()} for {PATIENCE:.0f} s; what is finished is kept")
        elif now - self._warned > _WARN_EVERY:
            self._warned = now
            logger.warning("%s for %.0f s", self._waiting(), now - self._served)

    def _waiting(self) -> str:
        nodes = ", ".join(map(str, sorted(node_cores()))) or "no"
        return (
            f"no node has taken an actor, which needs {self._model.threads} free cores (there are nodes "
            f"of {nodes} cores); add nodes, or end what else runs there; waiting"
        )


def _kill(actor: _Actor) -> None:
    import ray

    with suppress(ray.exceptions.RayError, ValueError):  # it is dead, or the cluster is
        ray.kill(actor.handle)


def _is_of_ray(cause: object) -> bool:
    """Whether what ended a task is a loss in the cluster rather than an error of our own."""
    import ray

    return isinstance(cause, ray.exceptions.RayError)


def _died(number: int, times: int, error: Exception) -> str:
    where = "before they could tag" if number == _UNBORN else f"over shard {number}"
    return (
        f"{times} actors were lost {where}, the last as {_told(error)}; what is finished is kept: mend "
        "it (most often mot-nlp is not installed on a node, or its memory is full) and run the same "
        "command again"
    )


def _told(error: Exception) -> str:
    """The type and the last line of an error of Ray, where the cause stands."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[-1]}" if lines else type(error).__name__
