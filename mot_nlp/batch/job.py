"""A job: files in, a folder out; killed and started again, it ends as if nothing had happened.

The input is read in one place, in order, and cut into shards. Workers tag them. A shard's parts, what
it adds to the tables, and last its record are written by the process that holds the folder's lock; a
shard without a record is done again, into the same bytes. What ends the job is made of the records.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from mot_nlp.batch.committing import Committer
from mot_nlp.batch.finishing import finish, read_totals
from mot_nlp.batch.folder import JobFolder
from mot_nlp.batch.kept import KeptColumns
from mot_nlp.batch.ledger import Ledger, Totals
from mot_nlp.batch.locking import locked
from mot_nlp.batch.manifest import Manifest, fingerprints
from mot_nlp.batch.result import JobResult, Progress, read_fraction
from mot_nlp.batch.shards import shards
from mot_nlp.batch.standing import check_place, check_same, standing, stored_manifest
from mot_nlp.batch.stopping import Interrupted, Stop
from mot_nlp.batch.tagging import Collector
from mot_nlp.batch.worker import Advance
from mot_nlp.readers import Position, ReadNotes, UsedIds, read_positions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mot_nlp.batch.planning import Plan
    from mot_nlp.batch.pool import Pool
    from mot_nlp.batch.shards import Shard
    from mot_nlp.batch.standing import Standing
    from mot_nlp.batch.tagging import Tagged

    MakePool = Callable[[Plan], Pool]


def run_job(
    plan: Plan,
    folder: str | Path,
    *,
    make_pool: MakePool,
    restart: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    stop: Stop | None = None,
    notes: ReadNotes | None = None,
) -> JobResult:
    """Do a job, or what is left of it.

    Args:
        plan: What to do.
        folder: The job's folder; created if it does not exist.
        make_pool: Gives the workers.
        restart: Begin anew, whatever the folder holds of a job.
        on_progress: Called now and then.
        stop: Asked whether to stop; see ``JobResult.stopped_by``.
        notes: Where the encodings of files are noted.

    Raises:
        JobError: Another run has the folder, it holds another job, or no tagging is possible.
        OutputError: The folder cannot be written; what is finished is kept.
    """
    place = JobFolder(Path(folder))
    check_place(place)
    with locked(place), closing(UsedIds()) as used:
        run = _Run(plan, place, used, stop or Stop(), notes or ReadNotes(), on_progress)
        return run.do(make_pool, restart=restart)


class _Run:
    """One run on a job's folder."""

    def __init__(
        self,
        plan: Plan,
        folder: JobFolder,
        used: UsedIds,
        stop: Stop,
        notes: ReadNotes,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self._plan = plan
        self._folder = folder
        self._used = used
        self._stop = stop
        self._notes = notes
        self._tell = on_progress
        self._documents = self._read = self._this_run = self._rejected = self._shards = 0
        self._place = Position()
        self._began = time.monotonic()

    def do(self, make_pool: MakePool, *, restart: bool) -> JobResult:
        plan, folder = self._plan, self._folder
        stored = stored_manifest(folder, restart=restart)
        prints = fingerprints(plan.sources)
        manifest = Manifest.of(prints, plan.bundle, plan.precision, plan.options)
        if stored is not None:
            manifest = replace(manifest, kinds=stored[0].kinds)
            check_same(stored[0], manifest, folder)
            if stored[1]:
                return self._was_done()
        stands = standing(folder, Ledger(folder, manifest.sha256), self._used)
        upcoming = self._upcoming(stands, manifest.kinds if stored else None)
        if stored is None:
            first = self._next(upcoming)
            if first is None:  # asked to stop before the rows that tell the kinds were read
                return self._ended(Ledger(folder, manifest.sha256), manifest, is_whole=False)
            manifest = replace(manifest, kinds=self._kinds(first))
            manifest.write(folder.manifest)
            upcoming = chain([first], upcoming)
        ledger = Ledger(folder, manifest.sha256)
        committer = Committer(folder, ledger, manifest, plan.options.tables, plan.bundle.taxonomy)
        with make_pool(plan) as pool:
            is_whole = self._tag(pool, upcoming, committer, stands)
        return self._ended(ledger, manifest, is_whole=is_whole)

    def _upcoming(self, stands: Standing, kinds: Mapping[str, str] | None) -> Iterator[Shard]:
        """The shards from the first that is not finished on."""
        plan = self._plan
        self._documents = self._read = stands.documents
        self._rejected, self._place = stands.rejected, stands.start
        self._shards = stands.number
        self._intake = plan.intake(taken=stands.documents)
        if kinds is not None:
            self._intake.kept = KeptColumns(kinds)
        read = read_positions(
            plan.sources,
            plan.options.columns,
            start=stands.start,
            customer=plan.options.customer,
            used=self._used,
            notes=self._notes,
        )
        return shards(
            self._intake.entries(read),
            start=stands.start,
            number=stands.number,
            size=plan.options.shard_documents,
        )

    def _kinds(self, first: Shard) -> dict[str, str]:
        """The kinds of the kept columns, as the first shard of the job tells them."""
        kept = self._plan.options.columns.kept
        self._intake.kept = KeptColumns.of(kept, (found.extra for found in first.documents))
        return dict(self._intake.kept.kinds)

    def _next(self, upcoming: Iterator[Shard]) -> Shard | None:
        """The next shard, None at the end or when a stop is asked for."""
        try:
            with self._stop.reading():
                return next(upcoming, None)
        except Interrupted:
            return None

    def _tag(
        self, pool: Pool, upcoming: Iterator[Shard], committer: Committer, stands: Standing
    ) -> bool:
        """Have what is left tagged and committed; whether nothing is left then."""
        while (shard := self._next(upcoming)) is not None:
            self._shards += 1
            self._read += len(shard.documents)
            self._place = shard.end
            if shard.number in stands.finished:
                self._advance(len(shard.documents), is_new=False)
            elif not shard.documents:
                self._commit(committer, shard, Collector([], self._plan.options).tagged)
            else:
                while not pool.has_room and not self._stop.is_asked_for:
                    self._listen(pool, committer)
                if self._stop.is_asked_for:
                    break
                pool.give(shard)
        is_whole = not self._stop.is_asked_for
        while pool.is_busy:
            self._listen(pool, committer)
        return is_whole

    def _listen(self, pool: Pool, committer: Committer) -> None:
        for said in pool.news():
            if isinstance(said, Advance):
                self._advance(said.documents)
            else:
                self._commit(committer, *said)
        self._report()

    def _commit(self, committer: Committer, shard: Shard, tagged: Tagged) -> None:
        record = committer.commit(shard, tagged, self._notes.encodings)
        self._rejected += sum(row.rows for row in record.rejected)

    def _advance(self, documents: int, *, is_new: bool = True) -> None:
        self._documents += documents
        self._this_run += documents * is_new

    def _report(self) -> None:
        if self._tell is not None:
            part = read_fraction(self._plan.sources, self._place.source, self._notes.offset)
            self._tell(
                Progress(
                    documents=self._documents,
                    this_run=self._this_run,
                    rejected=self._rejected,
                    fraction=part and part * self._documents / max(self._read, 1),
                    seconds=self._seconds,
                )
            )

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _ended(self, ledger: Ledger, manifest: Manifest, *, is_whole: bool) -> JobResult:
        count = self._shards if is_whole else len(ledger.finished())
        totals = Totals()
        for record in ledger.records(self._shards):
            totals.add(record)
        result = JobResult(
            folder=self._folder.path,
            totals=totals,
            shards=count,
            this_run=self._this_run,
            seconds=self._seconds,
            stopped_by=None if is_whole else self._stop.signal,
        )
        if is_whole:
            taxonomy = self._plan.bundle.taxonomy
            finish(self._folder, ledger, manifest, taxonomy, result)
        return result

    def _was_done(self) -> JobResult:
        self._folder.finish()  # in case a kill came between the last two steps
        totals, count = read_totals(self._folder)
        return JobResult(
            folder=self._folder.path,
            totals=totals,
            shards=count,
            this_run=0,
            seconds=0.0,
            was_done=True,
        )
