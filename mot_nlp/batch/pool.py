"""The processes that tag: each gets a shard when it asks for one; one that dies is replaced."""

from __future__ import annotations

import multiprocessing
from collections import Counter, deque
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Protocol, Self

from mot_nlp.batch.worker import Advance, Done, Failed, Hungry, Model, serve
from mot_nlp.cores import available_cores
from mot_nlp.errors import InputError, JobError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    from mot_nlp.batch.options import Options
    from mot_nlp.batch.planning import Plan
    from mot_nlp.batch.shards import Shard
    from mot_nlp.batch.tagging import Tagged
    from mot_nlp.batch.worker import Message

TICK = 0.5
"""Seconds after which a wait ends though nothing was said, so that others get a turn."""

THREADS = 4
"""Cores that a process tags on; with more, what Python does in it would hold inference up."""

_DEATHS = 2
_UNBORN = -1
_FAREWELL = 5.0


class Pool(Protocol):
    """Where shards are tagged."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    @property
    def has_room(self) -> bool:
        """Whether a shard can be given."""

    @property
    def is_busy(self) -> bool:
        """Whether a shard is out."""

    def give(self, shard: Shard) -> None:
        """Have a shard tagged; only where there is room."""

    def news(self) -> list[Advance | tuple[Shard, Tagged]]:
        """What was said since, waiting for it a little: progress, and shards with their rows.

        Raises:
            JobError: No tagging is possible, for the reason it gives.
        """


def local_pool(plan: Plan, workers: int | None = None) -> ProcessPool:
    """Processes of this machine that tag on so many cores; on all that it may use if None.

    Raises:
        InputError: ``workers`` is under 1.
    """
    cores = available_cores() if workers is None else workers
    if cores < 1:
        raise InputError(f"workers is {workers}; allowed: 1 or more")
    path = str(plan.bundle.path)
    models = [Model(path, plan.precision, threads) for threads in arrangement(cores)]
    return ProcessPool(models, plan.options)


def arrangement(cores: int) -> list[int]:
    """How many cores each process gets.

    >>> arrangement(2), arrangement(9)
    ([2], [3, 3, 3])
    """
    processes = -(-cores // THREADS)
    least, more = divmod(cores, processes)
    return [least + (number < more) for number in range(processes)]


@dataclass(slots=True, eq=False)
class _Worker:
    process: SpawnProcess
    connection: Connection
    is_hungry: bool = False
    given: deque[Shard] = field(default_factory=deque)


class ProcessPool:
    """Workers that are processes of this machine.

    Args:
        models: What each worker tags with.
        options: What is asked for.
    """

    def __init__(self, models: Sequence[Model], options: Options) -> None:
        self._options = options
        self._models = models
        # A forked process would share the parent's locks and threads in an unknown state.
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[_Worker] = []
        self._orphans: deque[Shard] = deque()
        self._deaths: Counter[int] = Counter()

    def __enter__(self) -> Self:
        try:
            for model in self._models:
                self._workers.append(self._hired(model))
        except OSError as error:
            self.__exit__()
            raise JobError(
                f"no worker can be started ({error.strerror or error}); end other processes, or take fewer "
                "--workers"
            ) from error
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            if worker.given:
                worker.process.kill()
            worker.connection.close()
        for worker in self._workers:
            worker.process.join(_FAREWELL)
            worker.process.kill()
            worker.process.join()

    @property
    def has_room(self) -> bool:
        """Whether a worker waits for a shard, and none has lost its own."""
        return not self._orphans and any(worker.is_hungry for worker in self._workers)

    @property
    def is_busy(self) -> bool:
        """Whether a shard is out."""
        return bool(self._orphans) or any(worker.given for worker in self._workers)

    def give(self, shard: Shard) -> None:
        """Have a shard tagged; only where there is room."""
        worker = next(worker for worker in self._workers if worker.is_hungry)
        worker.is_hungry = False
        worker.given.append(shard)
        try:
            worker.connection.send(shard)
        except OSError:  # it is dead, as ``news`` will find
            return

    def news(self) -> list[Advance | tuple[Shard, Tagged]]:
        """What was said since, waiting for it a little: progress, and shards with their rows.

        Raises:
            JobError: A worker failed, or died twice over one shard.
        """
        said: list[Advance | tuple[Shard, Tagged]] = []
        ready = wait([worker.connection for worker in self._workers], TICK)
        for worker in [worker for worker in self._workers if worker.connection in ready]:
            try:
                message: Message = worker.connection.recv()
            except (EOFError, OSError):
                self._replace(worker)
                continue
            match message:
                case Hungry():
                    worker.is_hungry = True
                    self._deaths[_UNBORN] = 0
                case Done(_, tagged):
                    said.append((worker.given.popleft(), tagged))
                case Advance():
                    said.append(message)
                case Failed(reason):
                    raise JobError(f"a worker cannot tag: {reason}")
        while self._orphans and any(worker.is_hungry for worker in self._workers):
            self.give(self._orphans.popleft())
        return said

    def _hired(self, model: Model) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=serve, args=(theirs, model, self._options), daemon=True
        )
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _replace(self, worker: _Worker) -> None:
        """Hire another in place of a dead worker; it gets the dead one's shards."""
        place = self._workers.index(worker)
        worker.connection.close()
        worker.process.join()
        # The first is the one that was being tagged.
        number = worker.given[0].number if worker.given else _UNBORN
        self._deaths[number] += 1
        if self._deaths[number] >= _DEATHS:
            raise JobError(_died(worker))
        self._orphans.extend(worker.given)
        self._workers[place] = self._hired(self._models[place])


def _died(worker: _Worker) -> str:
    where = "before it could tag"
    if worker.given:
        shard = worker.given[0]
        where = (
            f"over shard {shard.number} (from row {shard.start.row + 1:,} of file {shard.start.source + 1} to "
            f"row {shard.end.row:,} of file {shard.end.source + 1})"
        )
    return (
        f"a worker died twice {where}, with exit code {worker.process.exitcode} (-9 is mostly the system "
        "out of memory); what is finished is kept: free memory and run the same command again, or take "
        "those rows out"
    )
