"""The values that flow through mot-nlp.

Offsets are character offsets into ``Document.text``, end exclusive, so that
``text[start:end]`` is always the thing described.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mot_nlp.taxonomy import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mot_nlp.taxonomy import Question

SOURCES = ("review", "social", "transcript")

MOMENT_COLUMNS = (
    "doc_id",
    "moment_id",
    "start",
    "end",
    "text",
    "speaker",
    "stage",
    "moment",
    "touchpoint",
    "sentiment",
    "sentiment_score",
    "pivotal",
    "stage_confidence",
    "moment_confidence",
    "touchpoint_confidence",
    "sentiment_confidence",
    "pivotal_confidence",
    "n_segments",
)
"""Columns of the rows of moments; a taxonomy with extra heads adds its own, see ``moment_columns``."""

TAGGED_BY = "mot_nlp.model"
"""Key under which a Parquet file of moments says, as JSON, which model they come from."""

DOCUMENT_COLUMNS = (
    "doc_id",
    "source",
    "n_segments",
    "n_none",
    "n_moments",
    "n_characters",
    "language",
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One speaker's words in a transcript.

    Attributes:
        speaker: Name as written, empty where the text has no speakers.
        start: First character of the words, after the name and colon.
        end: End of the words, exclusive.
        is_customer: Whether the words are the customer's and so are tagged.
    """

    speaker: str
    start: int
    end: int
    is_customer: bool


@dataclass(frozen=True, slots=True)
class Document:
    """One review, post or transcript.

    Attributes:
        id: Unique name of the document within one run.
        text: The whole text that offsets count in.
        source: One of ``SOURCES``.
        turns: The turns, in order; a review or post is one customer turn.
        extra: Columns kept from the input, passed on to every row.
        language: Language code, None where it was not determined.
    """

    id: str
    text: str
    source: str
    turns: tuple[Turn, ...]
    extra: Mapping[str, Any] = field(default_factory=dict)
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A sentence or clause of the customer's own words; ``turn`` counts turns from 0."""

    start: int
    end: int
    turn: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A run of neighbouring segments that share stage, moment, touchpoint and sentiment.

    Attributes:
        start: First character in the document's text.
        end: End, exclusive.
        speaker: Who said it, empty where the text has no speakers.
        labels: Label of each core head but ``pivotal``, by head name.
        pivotal: Whether any of its segments is make-or-break.
        sentiment_score: The sum over sentiments of probability times score, from −1 to 1; of
            negative, neutral and positive that is P(positive) − P(negative).
        confidences: Calibrated probability of each label, by question, 0 to 1; of a question of
            several labels, that of the label it is least sure to have or not to have. Of a run, the
            mean of its segments' own, weighted by their length. A pivotal run counts its plain
            segments' P(no) there.
        n_segments: Number of segments in the run.
        answers: What extra heads say, by question: a label, or all labels that hold where several may.
            Of a run, the label that most of its text is surest of (length times confidence), or all
            labels that any of its segments has.
    """

    start: int
    end: int
    speaker: str
    labels: Mapping[str, str]
    pivotal: bool
    sentiment_score: float
    confidences: Mapping[str, float]
    n_segments: int
    answers: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TaggedDocument:
    """A document with what was found in it.

    Attributes:
        document: The document.
        segments: One unmerged row a segment, the none segments too.
        moments: The merged moments, none left out.
    """

    document: Document
    segments: tuple[Moment, ...]
    moments: tuple[Moment, ...]

    def moment_rows(self, *, all_segments: bool = False) -> list[dict[str, Any]]:
        """Flat rows in the order of ``moment_columns``, then the columns kept from the input.

        Args:
            all_segments: One row a segment, the none segments too, instead of merged moments.
        """
        rows = self.segments if all_segments else self.moments
        return [self._moment_row(number, moment) for number, moment in enumerate(rows, 1)]

    def _moment_row(self, number: int, moment: Moment) -> dict[str, Any]:
        document = self.document
        return {
            "doc_id": document.id,
            "moment_id": f"{document.id}#{number}",
            "start": moment.start,
            "end": moment.end,
            "text": document.text[moment.start : moment.end],
            "speaker": moment.speaker,
            **moment.labels,
            "sentiment_score": moment.sentiment_score,
            "pivotal": moment.pivotal,
            **{
                f"{name}{CONFIDENCE}": value
                for name, value in moment.confidences.items()
                if name not in moment.answers
            },
            "n_segments": moment.n_segments,
            **_answered(moment),
            **document.extra,
        }

    def document_row(self) -> dict[str, Any]:
        """Flat row in the order of ``DOCUMENT_COLUMNS``, then the kept columns."""
        document = self.document
        return {
            "doc_id": document.id,
            "source": document.source,
            "n_segments": len(self.segments),
            "n_none": len(self.segments) - sum(moment.n_segments for moment in self.moments),
            "n_moments": len(self.moments),
            "n_characters": len(document.text),
            "language": document.language,
            **document.extra,
        }


def _answered(moment: Moment) -> dict[str, Any]:
    """The columns of the extra heads; several labels are a list, as JSON and Arrow have them."""
    columns: dict[str, Any] = {}
    for name, given in moment.answers.items():
        columns[name] = given if isinstance(given, str) else list(given)
        columns[f"{name}{CONFIDENCE}"] = moment.confidences[name]
    return columns


def moment_columns(extras: Iterable[Question]) -> tuple[str, ...]:
    """Columns of the rows of moments: ``MOMENT_COLUMNS``, then label and confidence of each extra head.

    Args:
        extras: Questions after the core ones, as ``Taxonomy.extras`` has them.
    """
    own = [(extra.name, f"{extra.name}{CONFIDENCE}") for extra in extras]
    return (*MOMENT_COLUMNS, *(name for pair in own for name in pair))


@dataclass(frozen=True, slots=True)
class Rejected:
    """An input row that was set aside.

    Attributes:
        where: File name, or what the rows came from.
        row: Row number in it, from 1, not counting a header.
        doc_id: Its id, empty where it has none.
        reason: Why, with the cure.
        rows: Rows it stands for, this one and those after it that are lost together with it.
    """

    where: str
    row: int
    doc_id: str
    reason: str
    rows: int = 1


def is_missing(value: object) -> bool:
    """Whether a cell is empty: None, an empty text, NaN, or pandas' NA and NaT."""
    if value is None or isinstance(value, str):
        return not value
    try:
        return bool(value != value)  # only NaN and its kin differ from themselves
    except (TypeError, ValueError):  # NA has no truth value, nor have arrays
        return type(value).__name__ == "NAType"
