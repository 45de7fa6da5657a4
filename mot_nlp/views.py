"""What moments look like in a notebook: the text with its moments marked, then the table."""

from __future__ import annotations

import html
import math
from itertools import islice
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import pandas as pd

from mot_nlp.taxonomy import CONFIDENCE, FIVE_LEVELS, HEADS, sign_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mot_nlp.taxonomy import Question, Taxonomy

MAX_DOCUMENTS = 10
"""Most documents whose text a frame remembers and shows."""

LONG = 2_000
"""Documents with more characters are shown around their moments only, in about as many."""

_AROUND = 120
_ELLIPSIS = '<span title="text left out" style="opacity:.6"> [\N{HORIZONTAL ELLIPSIS}] </span>'
_NEEDED = ("doc_id", "start", "end")
_LABELS = ("stage", "moment", "touchpoint")

# Sign, colour and underline by sentiment: the colours are see-through, so that the theme's own
# text colour stays readable on them, and none of the three is needed to tell the others apart.
_STYLES = {
    1: ("+", "46,160,67", "solid"),
    -1: ("-", "229,83,75", "double"),
    0: ("o", "128,128,128", "dotted"),
}
_USUAL_SIGNS = {label: sign_of(score) for label, score in FIVE_LEVELS.items()}


class _Known(NamedTuple):
    """What is known of the labels: which sentiments are good or bad, and the extra questions."""

    signs: Mapping[str, int] = _USUAL_SIGNS
    extras: Sequence[Question] = ()


class MomentFrame(pd.DataFrame):
    """A DataFrame that shows the texts its rows were found in.

    It remembers the texts of its first documents, and the labels of its model, through slices,
    filters and copies; what was joined, grouped or read again is shown as any other DataFrame.
    """

    _metadata: ClassVar[list[str]] = ["_texts", "_taxonomy"]
    _texts: Mapping[str, str] | None = None
    _taxonomy: Taxonomy | None = None

    @property
    def _constructor(self) -> type[MomentFrame]:
        return MomentFrame

    def _repr_html_(self) -> str | None:
        """The remembered documents that still have rows, marked, above the usual table.

        Returns:
            HTML, or None where pandas' option ``display.notebook_repr_html`` is off.
        """
        table: str | None = super()._repr_html_()  # type: ignore[misc]  # not in the stubs
        if table is None:
            return None
        shown = [_document(*document, self._taxonomy) for document in self._shown()]
        return "".join(shown) + table

    def _shown(self) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
        """Id, text and rows of each document to show."""
        if not self._texts or not self.columns.is_unique or not {*_NEEDED} <= {*self.columns}:
            return
        ids = self["doc_id"]
        found = pd.DataFrame(self[ids.isin(list(self._texts))])
        for name, text in self._texts.items():
            rows = found[found["doc_id"] == name]
            if len(rows):
                records = rows.to_dict("records")
                yield name, text, [{str(key): row[key] for key in row} for row in records]


def moment_frame(
    rows: Sequence[Mapping[str, Any]] | pd.DataFrame,
    columns: Sequence[str],
    texts: Mapping[str, str],
    taxonomy: Taxonomy | None = None,
) -> MomentFrame:
    """Make the frame that predict returns.

    Args:
        rows: Moment rows.
        columns: Columns of the frame, in order; what a row lacks is missing.
        texts: Document texts by id; the first ``MAX_DOCUMENTS`` are remembered.
        taxonomy: Labels of the model that found the moments, as :func:`highlight` takes them.
    """
    given = rows if isinstance(rows, pd.DataFrame) else [dict(row) for row in rows]
    frame = MomentFrame(given, columns=list(columns))
    frame._texts = dict(islice(texts.items(), MAX_DOCUMENTS))
    frame._taxonomy = taxonomy
    return frame


def highlight(
    text: str, rows: Sequence[Mapping[str, Any]], taxonomy: Taxonomy | None = None
) -> str:
    """One document as HTML, its moments marked and captioned.

    A mark is coloured by sentiment. Its caption says the sentiment (+, - or o), stage, moment,
    touchpoint and what extra heads found, with a star if it is pivotal; its title gives the
    confidences. A row that does not fit, because its offsets lie outside the text or in another
    mark, is left out.

    Args:
        text: The document's text, in which the rows' ``start`` and ``end`` count.
        rows: Moment rows of this document, in any order; any label may be missing.
        taxonomy: Labels of the model that found the moments; where none is given, the usual names of
            sentiments count, and there are no extra heads.

    Returns:
        HTML in which all that comes from the text and the rows is escaped. Of a text of more than
        ``LONG`` characters, the surroundings of the first moments.
    """
    known = _Known() if taxonomy is None else _Known(taxonomy.signs, taxonomy.extras)
    spans = _spans(rows, len(text))
    is_long = len(text) > LONG
    parts = []
    position = shown = 0
    for number, (start, end, row) in enumerate(spans):
        before = _between(text, position, start, is_long=is_long)
        words = _shortened(text[start:end], LONG // 4) if is_long else _escaped(text[start:end])
        shown += len(before) + len(words)
        if is_long and number and shown > LONG:
            left = len(spans) - number
            parts.append(f"{_ELLIPSIS}<small>{left} more moment{'s' * (left > 1)}</small>")
            break
        parts.append(before + _marked(words, row, known))
        position = end
    else:
        parts.append(_between(text, position, len(text), is_long=is_long))
    return (
        '<div dir="auto" style="white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.9">'
        f"{''.join(parts)}</div>"
    )


def _document(
    name: str, text: str, rows: Sequence[Mapping[str, Any]], taxonomy: Taxonomy | None
) -> str:
    return (
        '<div style="margin:0 0 1em;max-width:60em;text-align:start">'
        f'<div style="opacity:.7;font-size:85%">{_escaped(str(name))}</div>'
        f"{highlight(text, rows, taxonomy)}</div>"
    )


def _spans(
    rows: Sequence[Mapping[str, Any]], length: int
) -> list[tuple[int, int, Mapping[str, Any]]]:
    """Start, end and row of those that fit into the text and do not overlap, in order."""
    placed = sorted(
        (
            (start, end, row)
            for row in rows
            if (start := _offset(row.get("start"))) is not None
            and (end := _offset(row.get("end"))) is not None
            and 0 <= start < end <= length
        ),
        key=lambda span: span[:2],
    )
    spans: list[tuple[int, int, Mapping[str, Any]]] = []
    for span in placed:
        if not spans or span[0] >= spans[-1][1]:
            spans.append(span)
    return spans


def _offset(value: object) -> int | None:
    """A whole number, also one that pandas made a float beside a missing value."""
    return int(float(value)) if isinstance(value, Real) and float(value).is_integer() else None


def _between(text: str, start: int, end: int, *, is_long: bool) -> str:
    """The text between two marks: of a long one, what is next to them."""
    if not is_long or end - start <= 2 * _AROUND:
        return _escaped(text[start:end])
    head = _escaped(text[start : start + _AROUND]) if start else ""
    tail = _escaped(text[end - _AROUND : end]) if end < len(text) else ""
    if head or tail:
        return f"{head}{_ELLIPSIS}{tail}"
    return _escaped(text[:LONG]) + _ELLIPSIS


def _shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return _escaped(text)
    return _escaped(text[: most // 2]) + _ELLIPSIS + _escaped(text[-(most // 2) :])


def _marked(words: str, row: Mapping[str, Any], known: _Known) -> str:
    """A mark and its caption around words that are HTML already."""
    sign, colour, line = _STYLES[known.signs.get(str(row.get("sentiment")), 0)]
    labels = [label for name in _LABELS if isinstance(label := row.get(name), str)]
    labels += [label for extra in known.extras for label in extra.found(row.get(extra.name))]
    # A segment without a moment says none in every head; once is enough.
    caption = " ".join([sign, " \N{MIDDLE DOT} ".join(dict.fromkeys(labels))]).strip()
    # As text, so that NumPy's and pandas' booleans and missing values need no case of their own.
    star = " \N{BLACK STAR}" if str(row.get("pivotal")) == "True" else ""
    return (
        f'<mark title="{_escaped(_title(row, known))}" style="color:inherit;padding:.1em .2em;'
        f"border-radius:.2em;background:rgba({colour},.22);"
        f'border-bottom:2px {line} rgba({colour},.9)">{words}</mark>'
        '<small style="opacity:.8;font-size:75%;unicode-bidi:isolate;margin:0 .3em">'
        f"{_escaped(caption)}{star}</small>"
    )


def _title(row: Mapping[str, Any], known: _Known) -> str:
    """Sentiment in words, then the confidences that are there: ``negative; stage 0.93, ...``."""
    confidences = [
        f"{name} {float(value):.2f}"
        for name in (*HEADS, *(extra.name for extra in known.extras))
        if isinstance(value := row.get(f"{name}{CONFIDENCE}"), Real) and math.isfinite(value)
    ]
    sentiment = row.get("sentiment")
    words = [sentiment] if isinstance(sentiment, str) else []
    return "; ".join([*words, *([f"confidence: {', '.join(confidences)}"] if confidences else [])])


def _escaped(text: str) -> str:
    """Text as HTML; half a surrogate pair, which no page can hold, becomes a question mark."""
    return html.escape(text.encode("utf-8", "replace").decode("utf-8"), quote=True)
