"""A process that tags shards: it owns a tagger, takes shards from a pipe and sends rows back.

It never touches the job's folder, so a worker that outlives its run can do no harm. Signals are the
parent's business; when the parent closes the pipe or dies, the worker ends.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING

from mot_nlp.batch.tagging import Collector

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection

    from mot_nlp.batch.options import Options
    from mot_nlp.batch.shards import Shard
    from mot_nlp.batch.tagging import Tagged
    from mot_nlp.records import Document
    from mot_nlp.taxonomy import Question


@dataclass(frozen=True, slots=True)
class Model:
    """What a tagger is loaded from.

    Attributes:
        path: Folder of the bundle.
        precision: What to compute in; the bundle's own choice if None.
        threads: Processor cores to use.
    """

    path: str
    precision: str | None
    threads: int


@dataclass(frozen=True, slots=True)
class Hungry:
    """The worker can take a shard: at the start, and when it comes to the last texts of one."""


@dataclass(frozen=True, slots=True)
class Advance:
    """So many more documents are tagged."""

    documents: int


@dataclass(frozen=True, slots=True)
class Done:
    """A shard is tagged."""

    number: int
    tagged: Tagged


@dataclass(frozen=True, slots=True)
class Failed:
    """The worker cannot go on, for this reason."""

    reason: str


Message = Hungry | Advance | Done | Failed


def serve(connection: Connection, model: Model, options: Options) -> None:
    """Tag the shards that come until the pipe is closed.

    Args:
        connection: Shards come in, messages go out.
        model: What to tag with.
        options: What is asked for.
    """
    _leave_signals_to_parent()
    inbox: SimpleQueue[Shard] = SimpleQueue()
    # On a thread of its own, or both ends could wait for the other to read a large message.
    threading.Thread(target=_receive, args=(connection, inbox), daemon=True).start()
    try:
        _serve(connection, inbox, model, options)
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent tells the user
        with suppress(OSError):  # unless nobody is left to be told
            connection.send(Failed(f"{type(error).__name__}: {error}"))


def _receive(connection: Connection, inbox: SimpleQueue[Shard]) -> None:
    try:
        while True:
            inbox.put(connection.recv())
    finally:
        os._exit(0)  # the pipe is closed or broken: whatever the main thread does is for nobody


def _serve(
    connection: Connection, inbox: SimpleQueue[Shard], model: Model, options: Options
) -> None:
    from mot_nlp.tagger import MomentTagger

    tagger = MomentTagger.load(model.path, precision=model.precision, threads=model.threads)
    connection.send(Hungry())
    at_work: deque[tuple[int, Collector]] = deque()
    extras = tagger.taxonomy.extras
    for results in tagger.batches(_chunks(connection, inbox, options, extras, at_work)):
        if not at_work:
            continue
        number, collector = at_work[0]
        advanced = collector.add(results)
        if advanced:
            connection.send(Advance(advanced))
        if collector.is_done:
            at_work.popleft()
            connection.send(Done(number, collector.tagged))


def _chunks(
    connection: Connection,
    inbox: SimpleQueue[Shard],
    options: Options,
    extras: Sequence[Question],
    at_work: deque[tuple[int, Collector]],
) -> Iterator[list[Document]]:
    """Chunks of the shards that come; the next shard is asked for before the last chunk of one."""
    from mot_nlp.tagger import chunks

    while True:
        if at_work and inbox.empty():
            yield []  # nothing to do meanwhile: have the results of what is inferred
        shard = inbox.get()
        collector = Collector(shard.documents, options, extras)
        at_work.append((shard.number, collector))
        held: list[Document] = []
        for chunk in chunks(collector.distinct()):
            if held:
                yield held
            held = chunk
        connection.send(Hungry())
        yield held


def _leave_signals_to_parent() -> None:
    """A terminal or a service manager signals all processes of a run; the parent decides."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
