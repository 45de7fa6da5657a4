"""The public face: what ``import mot_nlp`` gives."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import asdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, overload

import pandas as pd

from mot_nlp.bundle import MANIFEST, bundle_path
from mot_nlp.errors import ColumnError, InputError
from mot_nlp.language import with_language
from mot_nlp.readers import ID_NAMES, Columns, check_kept, documents_from_rows, kept_names
from mot_nlp.records import DOCUMENT_COLUMNS, Document, Rejected, moment_columns
from mot_nlp.review import COLUMN, heads_to_review, thresholds
from mot_nlp.tagger import MomentTagger
from mot_nlp.taxonomy import CONFIDENCE
from mot_nlp.views import MAX_DOCUMENTS, MomentFrame, moment_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path


logger = logging.getLogger(__name__)

_TEXT = "text"

MOST_REJECTED = 100
"""Most rows set aside that a result lists; pandas copies the list with every slice."""

_TYPES = {
    "start": "int64",
    "end": "int64",
    "n_segments": "int64",
    "pivotal": "bool",
    "sentiment_score": "float64",
}
"""Types of the columns that are not text, which a frame without rows cannot tell."""

INDEX_ID = "doc_id"
"""Column that carries a frame's index where it has no column of ids."""


def load(
    path: str | Path | None = None, *, precision: str | None = None, threads: int | None = None
) -> MomentTagger:
    """Open a model.

    Args:
        path: Bundle folder, or the name of a shipped model: ``default``, or ``fast``, which is about
            twice as fast and somewhat less exact, or ``hf://owner/name`` for one of the Hugging Face
            hub. ``default`` where none is given.
        precision: ``int8``, ``bf16`` or ``fp32`` where the bundle holds it; its own choice if None.
        threads: Processor cores to use; all that this process may use if None.

    Returns:
        A tagger; ``tagger.stream(documents)`` tags without end, and ``predict(model=tagger)``
        uses it.

    Raises:
        BundleError: The folder is no sound bundle.
        InputError: The bundle cannot be run as asked.
    """
    return MomentTagger.load(path, precision=precision, threads=threads)


@overload
def predict(
    data: str | Iterable[str] | pd.Series | pd.DataFrame,
    *,
    text: str | None = ...,
    id: str | None = ...,
    source: str | None = ...,
    keep: Sequence[str] = ...,
    customer: str | None = ...,
    documents: Literal[False] = ...,
    all_segments: bool = ...,
    review: bool = ...,
    model: MomentTagger | str | Path | None = ...,
) -> MomentFrame: ...
@overload
def predict(
    data: str | Iterable[str] | pd.Series | pd.DataFrame,
    *,
    text: str | None = ...,
    id: str | None = ...,
    source: str | None = ...,
    keep: Sequence[str] = ...,
    customer: str | None = ...,
    documents: Literal[True],
    all_segments: bool = ...,
    review: bool = ...,
    model: MomentTagger | str | Path | None = ...,
) -> tuple[MomentFrame, pd.DataFrame]: ...
def predict(
    data: str | Iterable[str] | pd.Series | pd.DataFrame,
    *,
    text: str | None = None,
    id: str | None = None,  # noqa: A002 - the word users expect
    source: str | None = None,
    keep: Sequence[str] = (),
    customer: str | None = None,
    documents: bool = False,
    all_segments: bool = False,
    review: bool = False,
    model: MomentTagger | str | Path | None = None,
) -> MomentFrame | tuple[MomentFrame, pd.DataFrame]:
    """Find and tag the moments of one text or many.

    Args:
        data: A text, an iterable of texts, a Series, or a DataFrame with a text column.
        text: Text column of a DataFrame; found by its name where not given.
        id: Column that names documents; where not given, a column named ``id`` or the like, else
            the index of a Series or DataFrame, else numbers from 1.
        source: Column that says review, social or transcript; guessed by shape where not given.
        keep: Columns of a DataFrame to pass on to every row of the result.
        customer: Speaker label of the customer in transcripts, where the rule would miss it.
        documents: Also return a row for every document, those without a moment too.
        all_segments: One row a segment, unmerged, the none segments too.
        review: Also return a column ``review_heads``, which names the heads whose confidence is
            under the bundle's threshold: at or above it, 95 % of labels were right on held-out
            feedback.
        model: A tagger, a bundle folder, or the name of a shipped model (``default``, ``fast``); the
            default one where none is given.

    Returns:
        Moments in the columns of ``mot_nlp.MOMENT_COLUMNS``, then label and confidence of each extra
        head of the model (a list of labels where it takes several), then the kept ones; with
        ``documents=True`` also the documents. Rows that had to be set aside are counted in a
        warning of the ``mot_nlp`` logger; the first ``MOST_REJECTED`` are listed in
        ``attrs["rejected"]`` of the moments, all are counted in ``attrs["n_rejected"]``.

    Raises:
        ColumnError: A named column does not exist, or a kept one is called as one of the result.
        InputError: ``data`` is of another type, or the bundle holds no thresholds for ``review``.
        BundleError: The model is no sound bundle.
    """
    tagger = model if isinstance(model, MomentTagger) else _tagger(model)
    least = thresholds(tagger.bundle.manifest) if review else {}
    columns, rows, names = _rows(
        data,
        Columns(
            text=text, id=id, source=source, keep=(keep,) if isinstance(keep, str) else tuple(keep)
        ),
    )
    kept = kept_names(columns, names)
    check_kept(columns, tagger.taxonomy.extras)
    own_columns = moment_columns(tagger.taxonomy.extras)
    if review and COLUMN in kept:
        raise ColumnError(
            f"the column {COLUMN!r} would be kept and written anew; leave it out of keep, or rename it"
        )
    rejected: list[Rejected] = []
    found: Iterator[Document] = _sift(
        documents_from_rows(rows, columns, names, where=type(data).__name__, customer=customer),
        rejected,
    )
    if documents:
        found = map(with_language, found)
    moment_rows: list[dict[str, Any]] = []
    document_rows: list[dict[str, Any]] = []
    texts: dict[str, str] = {}
    for tagged in tagger.stream(found):
        own = tagged.moment_rows(all_segments=all_segments)
        moment_rows.extend(own)
        document_rows.append(tagged.document_row())
        if own and len(texts) < MAX_DOCUMENTS:
            texts[tagged.document.id] = tagged.document.text
    _warn(rejected, len(document_rows))
    moments = moment_frame(moment_rows, [*own_columns, *kept], texts, tagger.taxonomy)
    if moments.empty:
        confidences = [name for name in own_columns if name.endswith(CONFIDENCE)]
        moments = moments.astype(_TYPES | dict.fromkeys(confidences, "float64"))
    if review:
        moments.insert(len(own_columns), COLUMN, heads_to_review(moments, least))
    moments.attrs["rejected"] = [asdict(entry) for entry in rejected[:MOST_REJECTED]]
    moments.attrs["n_rejected"] = len(rejected)
    if not documents:
        return moments
    return moments, pd.DataFrame(document_rows, columns=[*DOCUMENT_COLUMNS, *kept])


def _tagger(path: str | Path | None) -> MomentTagger:
    """The tagger of a bundle as it is now; a bundle that was written anew is loaded anew."""
    folder = bundle_path(path).resolve()
    manifest = folder / MANIFEST
    return _cached_tagger(folder, manifest.read_bytes() if manifest.is_file() else b"")


@lru_cache(maxsize=2)
def _cached_tagger(folder: Path, manifest: bytes) -> MomentTagger:  # noqa: ARG001 - part of the key
    return load(folder)


def _rows(
    data: object, columns: Columns
) -> tuple[Columns, Iterable[tuple[int, Mapping[str, Any]]], list[str]]:
    """The data as numbered rows, with their column names."""
    if isinstance(data, pd.DataFrame):
        return _frame_rows(data, columns)
    if columns.keep or columns.id or columns.source or columns.text:
        raise InputError(
            f"text=, id=, source= and keep= name columns, but {type(data).__name__} has none; "
            "pass a DataFrame"
        )
    if isinstance(data, pd.Series):
        return _frame_rows(data.rename(_TEXT).to_frame(), Columns(text=_TEXT))
    if isinstance(data, str):
        data = [data]
    if isinstance(data, (bytes, dict)) or not hasattr(data, "__iter__"):
        raise InputError(
            f"cannot tag {type(data).__name__}; pass a str, a list of str, a Series or a DataFrame"
        )
    return Columns(text=_TEXT), ((n, {_TEXT: entry}) for n, entry in enumerate(data, 1)), [_TEXT]


def _frame_rows(
    frame: pd.DataFrame, columns: Columns
) -> tuple[Columns, Iterator[tuple[int, Mapping[str, Any]]], list[str]]:
    taken = {str(name).lower() for name in frame.columns}
    if columns.id is None and frame.index.is_unique and not taken & {*ID_NAMES}:
        frame = frame.assign(**{INDEX_ID: frame.index.map(str)})
    names = [str(name) for name in frame.columns]
    rows = (
        (number, dict(zip(names, values, strict=True)))
        for number, values in enumerate(frame.itertuples(index=False, name=None), 1)
    )
    return columns, rows, names


def _sift(read: Iterable[Document | Rejected], rejected: list[Rejected]) -> Iterator[Document]:
    for entry in read:
        if isinstance(entry, Document):
            yield entry
        else:
            rejected.append(entry)


def _warn(rejected: Sequence[Rejected], tagged: int) -> None:
    if rejected:
        reasons = Counter(entry.reason for entry in rejected).most_common(3)
        told = "; ".join(f"{count} × {reason}" for reason, count in reasons)
        logger.warning("%d of %d rows set aside: %s", len(rejected), len(rejected) + tagged, told)
