"""A job: files in, a folder out; killed and started again, it ends as if nothing had happened.

The input is read in one place, in order, and cut into shards. Workers tag them. A shard's parts, what
it adds to the tables, and last its record are written by the process that holds the folder's lock; a
shard without a record is done again, into the same bytes. What ends the job is made of the records.
"""

from __future__ import annotations

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
from mot_nlp.batch.result import JobResult
from mot_nlp.batch.shards import shards
from mot_nlp.batch.standing import check_place, check_same, standing, stored_manifest
from mot_nlp.batch.stopping import Interrupted, Stop
from mot_nlp.batch.tally import Tally
from mot_nlp.batch.worker import Advance
from mot_nlp.readers import ReadNotes, UsedIds, read_positions
from mot_nlp.tables.adding import Adder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mot_nlp.batch.intake import Intake
    from mot_nlp.batch.planning import Plan
    from mot_nlp.batch.pool import Pool
    from mot_nlp.batch.result import Progress
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
        self._tally = Tally()

    def do(self, make_pool: MakePool, *, restart: bool) -> JobResult:
        try:
            with self._stop.reading():
                manifest, is_new, is_done = self._manifest(restart=restart)
                if is_done:
                    return self._was_done()
                ledger = Ledger(self._folder, manifest.sha256)
                stands = standing(self._folder, ledger, self._used)
                intake = self._plan.intake(taken=stands.documents)
                upcoming = self._upcoming(stands, intake)
                if is_new:
                    first = next(upcoming)
                    upcoming = chain([first], upcoming)
                    manifest = replace(manifest, kinds=self._kinds(first))
                    manifest.write(self._folder.manifest)
                intake.kept = KeptColumns(manifest.kinds)
        except Interrupted:
            return self._result(Totals(), 0, is_whole=False)
        ledger = Ledger(self._folder, manifest.sha256)
        self._tally = Tally.behind(stands)
        taxonomy = self._plan.bundle.taxonomy
        with Adder(taxonomy) as adder:
            tables = self._plan.options.tables
            committer = Committer(self._folder, ledger, manifest, tables, adder, taxonomy.extras)
            with make_pool(self._plan) as pool:
                is_whole = self._tag(pool, upcoming, committer, stands)
            return self._ended(ledger, manifest, adder, is_whole=is_whole)

    def _manifest(self, *, restart: bool) -> tuple[Manifest, bool, bool]:
        """The manifest, whether the job is a new one, and whether it is done."""
        plan = self._plan
        stored = stored_manifest(self._folder, restart=restart)
        prints = fingerprints(plan.sources)
        asked = Manifest.of(prints, plan.bundle, plan.precision, plan.options)
        if stored is None:
            return asked, True, False
        manifest, is_done = stored
        check_same(manifest, asked, self._folder)
        return manifest, False, is_done

    def _upcoming(self, stands: Standing, intake: Intake) -> Iterator[Shard]:
        """The shards from the first that is not finished on."""
        options = self._plan.options
        read = read_positions(
            self._plan.sources,
            options.columns,
            start=stands.start,
            customer=options.customer,
            used=self._used,
            notes=self._notes,
        )
        return shards(
            intake.entries(read),
            start=stands.start,
            number=stands.number,
            size=options.shard_documents,
        )

    def _kinds(self, first: Shard) -> dict[str, str]:
        """The kinds of the kept columns, as the first shard of the job tells them."""
        kept = self._plan.options.columns.kept
        return dict(KeptColumns.of(kept, (found.extra for found in first.documents)).kinds)

    def _tag(
        self, pool: Pool, upcoming: Iterator[Shard], committer: Committer, stands: Standing
    ) -> bool:
        """Have what is left tagged and committed; whether nothing is left then."""
        while (shard := self._next(upcoming)) is not None:
            self._tally.was_read(shard)
            if shard.number in stands.finished:
                self._tally.was_finished_before(shard)
            elif not shard.documents:
                self._commit(committer, shard, self._plan.collector([]).tagged)
            else:
                while not pool.has_room and not self._stop.is_asked_for:
                    self._listen(pool, committer)
                if self._stop.is_asked_for:
                    break
                self._tally.is_given()
                pool.give(shard)
            self._report()
        is_whole = not self._stop.is_asked_for
        while pool.is_busy:
            self._listen(pool, committer)
        return is_whole

    def _next(self, upcoming: Iterator[Shard]) -> Shard | None:
        """The next shard, None at the end or when a stop is asked for."""
        try:
            with self._stop.reading():
                return next(upcoming, None)
        except Interrupted:
            return None

    def _listen(self, pool: Pool, committer: Committer) -> None:
        for said in pool.news():
            if isinstance(said, Advance):
                self._tally.in_flight += said.documents
            else:
                self._commit(committer, *said)
        self._report()

    def _commit(self, committer: Committer, shard: Shard, tagged: Tagged) -> None:
        sources = self._plan.sources[shard.start.source : shard.end.source + 1]
        noted = self._notes.encodings
        encodings = {source.name: noted[source.name] for source in sources if source.name in noted}
        self._tally.is_finished(committer.commit(shard, tagged, encodings))

    def _report(self) -> None:
        if self._tell is not None:
            self._tell(self._tally.progress(self._plan.sources, self._notes))

    def _ended(
        self, ledger: Ledger, manifest: Manifest, adder: Adder, *, is_whole: bool
    ) -> JobResult:
        finished = range(self._tally.shards) if is_whole else ledger.finished()
        totals = Totals()
        for record in ledger.records(finished):
            totals.add(record)
        result = self._result(totals, len(finished), is_whole=is_whole)
        if is_whole:
            finish(self._folder, ledger, manifest, adder, result)
        return result

    def _result(self, totals: Totals, count: int, *, is_whole: bool) -> JobResult:
        return JobResult(
            folder=self._folder.path,
            totals=totals,
            shards=count,
            this_run=self._tally.this_run,
            seconds=self._tally.seconds,
            stopped_by=None if is_whole else self._stop.signal,
        )

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
