"""The steps joined: documents in, tagged documents out, in order and without end."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mot_nlp.bundle import Bundle, open_bundle
from mot_nlp.decoding import Decoder, segment_scores
from mot_nlp.encoding import WindowEncoder
from mot_nlp.errors import InputError
from mot_nlp.records import Document
from mot_nlp.segmentation import Segmenter
from mot_nlp.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mot_nlp.encoding import Window
    from mot_nlp.records import Segment, TaggedDocument
    from mot_nlp.taxonomy import Taxonomy

CHUNK_DOCUMENTS = 256
"""Documents prepared, inferred and decoded together; memory does not grow beyond a few chunks."""

CHUNK_CHARACTERS = 400_000
"""A chunk is closed early when its documents are this long together."""


class _Prepared(NamedTuple):
    documents: list[Document]
    segments: list[Sequence[Segment]]
    windows: list[list[Window]]


class MomentTagger:
    """Finds and tags the moments of documents.

    Args:
        bundle: A verified bundle.
        precision: ``int8``, ``bf16`` or ``fp32`` where the bundle holds it; its own choice if None.
        threads: Processor cores to use; all that this process may use if None.
    """

    def __init__(
        self, bundle: Bundle, *, precision: str | None = None, threads: int | None = None
    ) -> None:
        self.bundle = bundle
        # OpenVINO compiles on one core while spaCy is imported on another.
        with ThreadPoolExecutor(max_workers=1) as worker:
            session = worker.submit(Session, bundle, precision=precision, threads=threads)
            self._segmenter = Segmenter()
        self._session = session.result()
        self._lock = threading.Lock()
        self._encoder = WindowEncoder.from_file(
            bundle.file("tokenizer.json"), window=bundle.manifest.window
        )
        self._decoder = Decoder(bundle.taxonomy, bundle.manifest.temperatures)

    @classmethod
    def load(
        cls,
        path: str | Path | None = None,
        *,
        precision: str | None = None,
        threads: int | None = None,
    ) -> MomentTagger:
        """Open a bundle folder, the shipped one where none is named.

        Raises:
            BundleError: The folder is no sound bundle.
            InputError: The bundle cannot be run as asked.
        """
        return cls(open_bundle(path), precision=precision, threads=threads)

    @property
    def identity(self) -> dict[str, str]:
        """``name``, ``sha256`` and ``precision`` of this model: what results say they come from."""
        return self.bundle.identity | {"precision": self._session.precision}

    @property
    def taxonomy(self) -> Taxonomy:
        """Labels of this model."""
        return self.bundle.taxonomy

    def stream(
        self,
        documents: Iterable[Document],
        *,
        segments: Iterable[Sequence[Segment]] | None = None,
        chunk: int = CHUNK_DOCUMENTS,
    ) -> Iterator[TaggedDocument]:
        """Tag documents as they come; the next are prepared while the last are inferred.

        A document's result is the same whatever stands around it. Results come once two chunks
        are read, or the documents end; a live feed wants a small ``chunk``.

        Args:
            documents: Documents, without end if need be; see ``mot_nlp.document``.
            segments: Segments of each document, where they are known; cut here otherwise.
            chunk: Documents read and inferred together, 1 or more.

        Yields:
            The documents in order, each with its segments and moments.

        Raises:
            InputError: Something among ``documents`` is no document.
        """
        for tagged in self._flow(self._prepare(documents, segments, chunk)):
            yield from tagged

    def batches(self, batches: Iterable[Sequence[Document]]) -> Iterator[list[TaggedDocument]]:
        """Tag batches of documents as they come, the next being prepared while one is inferred.

        The results of a batch come when the next was asked for, which may be empty to ask for
        nothing more than these results.

        Args:
            batches: Documents that are inferred together; some hundred keep the processor busy.

        Yields:
            Each batch's documents in order, with their segments and moments.
        """
        return self._flow(self._prepared(list(batch)) for batch in batches)

    def scores(
        self, documents: Iterable[Document], *, segments: Iterable[Sequence[Segment]] | None = None
    ) -> NDArray[np.float32]:
        """Raw scores of all segments, before calibration and decoding, (all segments, width)."""
        rows = [np.empty((0, self.taxonomy.width), np.float32)]
        for prepared in self._prepare(documents, segments, CHUNK_DOCUMENTS):
            windows = [window for found in prepared.windows for window in found]
            found = self._session.scores(windows, self._encoder.padding)
            rows.append(self._segment_scores(prepared, found))
        return np.concatenate(rows)

    def _flow(self, prepared: Iterable[_Prepared]) -> Iterator[list[TaggedDocument]]:
        """Infer each on another thread while the next is prepared on this one."""
        pending: deque[tuple[_Prepared, Future[list[NDArray[np.float32]]]]] = deque()
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="mot-session") as worker:
            for entry in prepared:
                windows = [window for found in entry.windows for window in found]
                padding = self._encoder.padding
                pending.append((entry, worker.submit(self._session.scores, windows, padding)))
                if len(pending) > 1:
                    yield self._finish(*pending.popleft())
            while pending:
                yield self._finish(*pending.popleft())

    def _prepare(
        self,
        documents: Iterable[Document],
        segments: Iterable[Sequence[Segment]] | None,
        size: int,
    ) -> Iterator[_Prepared]:
        given = iter(segments) if segments is not None else None
        for chunk in chunks(documents, size):
            spans = None if given is None else list(islice(given, len(chunk)))
            yield self._prepared(chunk, spans)

    def _prepared(
        self, documents: list[Document], spans: list[Sequence[Segment]] | None = None
    ) -> _Prepared:
        if spans is None:
            with self._lock:
                spans = [self._segmenter(document) for document in documents]
        return _Prepared(documents, spans, self._encoder.encode([d.text for d in documents], spans))

    def _finish(
        self, prepared: _Prepared, future: Future[list[NDArray[np.float32]]]
    ) -> list[TaggedDocument]:
        scores = self._segment_scores(prepared, future.result())
        return self._decoder.tag(prepared.documents, prepared.segments, scores)

    def _segment_scores(
        self, prepared: _Prepared, scores: list[NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        left = iter(scores)
        rows = [np.empty((0, self.taxonomy.width), np.float32)]
        for windows, spans in zip(prepared.windows, prepared.segments, strict=True):
            if spans:
                rows.append(segment_scores(windows, list(islice(left, len(windows))), len(spans)))
        return np.concatenate(rows)


def chunks(documents: Iterable[Document], size: int = CHUNK_DOCUMENTS) -> Iterator[list[Document]]:
    """Documents in lists that are inferred together: at most ``size`` of them, fewer long ones.

    Raises:
        InputError: Something among ``documents`` is no document.
    """
    chunk: list[Document] = []
    characters = 0
    for document in documents:
        if not isinstance(document, Document):
            raise InputError(
                f"stream takes documents, not {type(document).__name__}; "
                "make one with mot_nlp.document(id, text)"
            )
        chunk.append(document)
        characters += len(document.text)
        if len(chunk) >= size or characters >= CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk
