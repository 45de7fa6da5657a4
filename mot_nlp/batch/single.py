"""One file in, files out: a stream from reader to tagger to writers, rejected rows beside it."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mot_nlp.errors import OutputError
from mot_nlp.readers import STANDARD_STREAM, kept_columns, read_documents
from mot_nlp.records import DOCUMENT_COLUMNS, MOMENT_COLUMNS, Document, Rejected
from mot_nlp.writers import open_writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mot_nlp.readers import Columns
    from mot_nlp.records import TaggedDocument
    from mot_nlp.tagger import MomentTagger

WRITE_DOCUMENTS = 256
"""Documents whose rows are written at once."""

REJECTED = "rejected.jsonl"


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
        return sum(self.rejected.values())


def run(
    tagger: MomentTagger,
    source: str | Path,
    target: str | Path,
    *,
    columns: Columns,
    source_format: str | None = None,
    target_format: str | None = None,
    documents: str | Path | None = None,
    all_segments: bool = False,
    customer: str | None = None,
    rejected: str | Path | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Summary:
    """Tag the documents of a file and write their moments.

    Args:
        tagger: The model.
        source: Input file, or ``-`` for standard input.
        target: File of moment rows, or ``-`` for standard output.
        columns: Which columns hold text, id and source, and which are kept.
        source_format: Format of the input; by its suffix where none is given.
        target_format: Format of the output; by its suffix where none is given.
        documents: File of document rows, if wanted.
        all_segments: One row a segment, unmerged, the none segments too.
        customer: Speaker label of the customer in transcripts.
        rejected: File that lists rows set aside; ``rejected.jsonl`` beside ``target`` if None.
        on_progress: Called with the number of documents tagged since the last call.

    Raises:
        InputError: The input cannot be read.
        OutputError: An output cannot be written, or would overwrite the input.
    """
    rejected = _rejected_path(target, rejected)
    _refuse_same(source, target, documents, rejected)
    summary = Summary()
    kept = kept_columns(source, columns, format=source_format)
    read = read_documents(source, columns, format=source_format, customer=customer)
    with ExitStack() as stack:
        moment_writer = stack.enter_context(
            open_writer(target, [*MOMENT_COLUMNS, *kept], format=target_format)
        )
        document_writer = documents and stack.enter_context(
            open_writer(documents, [*DOCUMENT_COLUMNS, *kept])
        )
        log = stack.enter_context(_RejectedLog(rejected, summary))
        for tagged in _groups(tagger.stream(log.sift(read))):
            rows = [row for t in tagged for row in t.moment_rows(all_segments=all_segments)]
            moment_writer.write(rows)
            if document_writer:
                document_writer.write([t.document_row() for t in tagged])
            summary.documents += len(tagged)
            summary.moments += len(rows)
            if on_progress:
                on_progress(len(tagged))
    return summary


def _groups(tagged: Iterable[TaggedDocument]) -> Iterator[list[TaggedDocument]]:
    stream = iter(tagged)
    while group := list(islice(stream, WRITE_DOCUMENTS)):
        yield group


def _refuse_same(*paths: str | Path | None) -> None:
    """Refuse an output that is the input or another output; ``-`` in and out are two things."""
    files = [Path(path).resolve() for path in paths if path and str(path) != STANDARD_STREAM]
    twice = next((path for number, path in enumerate(files) if path in files[:number]), None)
    if twice:
        raise OutputError(f"{twice} is named twice, as input or output; name a file for each")
    if [str(path) for path in paths[1:]].count(STANDARD_STREAM) > 1:
        raise OutputError("only one output can go to standard output; name a file for the other")


def _rejected_path(target: str | Path, rejected: str | Path | None) -> Path:
    if rejected is not None:
        return Path(rejected)
    return Path(REJECTED) if str(target) == STANDARD_STREAM else Path(target).parent / REJECTED


class _RejectedLog:
    """Lists the rows that this run set aside; the file of an earlier run is removed."""

    def __init__(self, path: Path, summary: Summary) -> None:
        self.path, self.summary = path, summary
        self._file: TextIO | None = None

    def __enter__(self) -> _RejectedLog:
        if self.path.is_file():
            self.path.unlink()
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def sift(self, read: Iterable[Document | Rejected]) -> Iterator[Document]:
        """Documents, while rejected rows go to the file."""
        for entry in read:
            if isinstance(entry, Document):
                yield entry
            else:
                self._write(entry)

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
        self.summary.rejected[entry.reason] += 1
