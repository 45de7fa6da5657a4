"""Files in, one file out: a stream from reader to tagger to writers, rejected rows beside it."""

from __future__ import annotations

import json
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mot_nlp.batch.intake import Intake
from mot_nlp.batch.options import Options
from mot_nlp.batch.result import Progress, count_reason, read_fraction, share_of_rejected
from mot_nlp.batch.tagging import masked
from mot_nlp.errors import OutputError
from mot_nlp.readers import (
    JOB_MANIFEST,
    JOB_REJECTED,
    STANDARD_STREAM,
    ReadNotes,
    check_columns,
    check_kept,
    expand,
    is_url,
    read_positions,
)
from mot_nlp.records import DOCUMENT_COLUMNS, TAGGED_BY, Document, Rejected, moment_columns
from mot_nlp.writers import open_writer
from mot_nlp.writers.kinds import extra_kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mot_nlp.batch.intake import Entry
    from mot_nlp.records import TaggedDocument
    from mot_nlp.tagger import MomentTagger

WRITE_DOCUMENTS = 256
"""Documents whose rows are written at once."""


@dataclass(slots=True)
class Summary:
    """What a run did.

    Attributes:
        documents: Documents tagged.
        moments: Rows written.
        rejected: Rows set aside, by reason.
        rejected_path: Where they are listed, None where there are none.
    """

    documents: int = 0
    moments: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    rejected_path: Path | None = None

    @property
    def n_rejected(self) -> int:
        """Rows set aside."""
        return self.rejected.total()

    @property
    def rejected_share(self) -> float:
        """Rows set aside as a share of all that were taken in, 0 to 1."""
        return share_of_rejected(self.rejected, self.documents)


def run(
    tagger: MomentTagger,
    inputs: str | Path | Sequence[str | Path],
    target: str | Path,
    *,
    options: Options | None = None,
    source_format: str | None = None,
    target_format: str | None = None,
    documents: str | Path | None = None,
    rejected: str | Path | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Summary:
    """Tag the documents of files and write their moments to one file.

    Args:
        tagger: The model.
        inputs: Files, folders, patterns or URLs, or ``-`` for standard input.
        target: File of moment rows, or ``-`` for standard output.
        options: What is asked for.
        source_format: Format of the input; by its suffix where none is given.
        target_format: Format of the output; by its suffix where none is given.
        documents: File of document rows, if wanted.
        rejected: File that lists rows set aside; ``rejected.jsonl`` beside ``target`` if None.
        on_progress: Called now and then.

    Raises:
        InputError: The input cannot be read.
        ColumnError: A kept column is called as one of the model's extra heads.
        OutputError: An output cannot be written, or would overwrite the input.
    """
    options = options or Options()
    rejected = _rejected_path(target, rejected)
    if (rejected.parent / JOB_MANIFEST).is_file() and rejected.name == JOB_REJECTED:
        raise OutputError(
            f"{rejected.parent} is the folder of a job, whose list of rejected rows would be lost; write to "
            "another folder, or name another list with --rejected"
        )
    summary, notes = Summary(), ReadNotes()
    extras = tagger.taxonomy.extras
    check_kept(options.columns, extras)
    sources = expand(inputs, format=source_format)
    _refuse_same([source.path for source in sources], [target, documents, rejected])
    kept = check_columns(sources, options.columns, notes=notes)
    entries = Intake(sources, options).entries(
        read_positions(sources, options.columns, customer=options.customer, notes=notes)
    )
    began = time.monotonic()
    with ExitStack() as stack:
        moment_writer = stack.enter_context(
            open_writer(
                target,
                [*moment_columns(extras), *kept],
                format=target_format,
                kinds=extra_kinds(extras),
                metadata={TAGGED_BY: json.dumps(tagger.identity)},
            )
        )
        document_writer = documents and stack.enter_context(
            open_writer(documents, [*DOCUMENT_COLUMNS, *kept])
        )
        log = stack.enter_context(_RejectedLog(rejected, summary))
        for tagged in _groups(tagger.stream(log.sift(entries)), options):
            rows = [row for t in tagged for row in t.moment_rows(all_segments=options.all_segments)]
            moment_writer.write(rows)
            if document_writer:
                document_writer.write([t.document_row() for t in tagged])
            summary.documents += len(tagged)
            summary.moments += len(rows)
            if on_progress:
                part = read_fraction(sources, log.place, notes.offset)
                on_progress(_progress(summary, part, time.monotonic() - began))
    return summary


def _progress(summary: Summary, part: float | None, seconds: float) -> Progress:
    return Progress(
        documents=summary.documents,
        this_run=summary.documents,
        rejected=summary.n_rejected,
        fraction=part,
        seconds=seconds,
    )


def _groups(tagged: Iterable[TaggedDocument], options: Options) -> Iterator[list[TaggedDocument]]:
    stream = iter(tagged)
    if options.mask:
        stream = (replace(found, document=masked(found.document)) for found in stream)
    while group := list(islice(stream, WRITE_DOCUMENTS)):
        yield group


def _refuse_same(inputs: Sequence[str], outputs: Sequence[str | Path | None]) -> None:
    """Refuse an output that is an input or another output; ``-`` in and out are two things."""
    named = [str(path) for path in outputs if path]
    if named.count(STANDARD_STREAM) > 1:
        raise OutputError("only one output can go to standard output; name a file for the other")
    taken = {
        Path(path).resolve() for path in inputs if path != STANDARD_STREAM and not is_url(path)
    }
    for path in (Path(name).resolve() for name in named if name != STANDARD_STREAM):
        if path in taken:
            raise OutputError(f"{path} is named twice, as input or output; name a file for each")
        taken.add(path)


def _rejected_path(target: str | Path, rejected: str | Path | None) -> Path:
    if rejected is not None:
        return Path(rejected)
    return (
        Path(JOB_REJECTED) if str(target) == STANDARD_STREAM else Path(target).parent / JOB_REJECTED
    )


class _RejectedLog:
    """Lists the rows that this run set aside; the file of an earlier run is removed.

    Attributes:
        place: Number of the input file that is being read.
    """

    def __init__(self, path: Path, summary: Summary) -> None:
        self.path, self.summary = path, summary
        self.place = 0
        self._file: TextIO | None = None

    def __enter__(self) -> _RejectedLog:
        if self.path.is_file():
            self.path.unlink()
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def sift(self, entries: Iterable[Entry]) -> Iterator[Document]:
        """Documents, while rejected rows go to the file."""
        for entry in entries:
            self.place = entry.end.source
            if isinstance(entry.what, Document):
                yield entry.what
            elif isinstance(entry.what, Rejected):
                self._write(entry.what)

    def _write(self, entry: Rejected) -> None:
        try:
            if self._file is None:
                self._file = self.path.open("w", encoding="utf-8")
                self.summary.rejected_path = self.path
            self._file.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")
        except OSError as error:
            raise OutputError(
                f"{self.path} cannot be written ({error.strerror}); name another file for the "
                "rejected rows with --rejected"
            ) from error
        count_reason(self.summary.rejected, entry)
