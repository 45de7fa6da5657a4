"""The results as a Markdown page."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from benchmarks.retraining.figures import CORE_MEAN, OURS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.retraining.figures import Figure, HeadFigures
    from benchmarks.retraining.results import SizeResult, SourceResult

NAMES = {
    "ours": "retrained",
    "quick": "retrained, heads alone",
    "unretrained": "not retrained",
    "setfit": "SetFit",
    "setfit-balanced": "SetFit, balanced",
    "pretrained": "from the encoder",
}
"""What columns are called, in their order on the page."""

_NOTHING = "·"


def page(results: Sequence[SourceResult]) -> str:
    """The whole page.

    Args:
        results: What was found on each source, in the order of the page.
    """
    parts = [_HEAD, _overview(results), _tally(results), *map(_section, results)]
    return "\n".join(part for part in parts if part)


def _overview(results: Sequence[SourceResult]) -> str:
    """Core means, a row a source and size; of sources whose stages all systems know."""
    held = {column for found in results for column in found.columns}
    columns = [column for column in NAMES if column in held]
    lines = [
        "## Core mean",
        "",
        "Mean macro-F1 of stage, moment and sentiment, where a system knows all three.",
        "",
        _row("source", "rows", *(NAMES[column] for column in columns)),
        _rule(1, 1 + len(columns)),
    ]
    for found in results:
        for size in found.sizes:
            core = next((head for head in size.heads if head.head == CORE_MEAN), None)
            scores = core.scores if core else {}
            cells = (_score(scores.get(column)) for column in columns)
            lines.append(_row(found.name, f"{size.rows:,}", *cells))
    return "\n".join([*lines, ""])


def _tally(results: Sequence[SourceResult]) -> str:
    """How often ours is clearly ahead, over heads, sizes and sources."""
    counts: dict[str, list[int]] = {}
    for found in results:
        for size in found.sizes:
            for head in size.heads:
                for column, figure in head.ahead.items() if head.head != CORE_MEAN else ():
                    counts.setdefault(column, []).append(figure.clear)
    if not counts:
        return ""
    lines = [
        "## Heads on which retraining is ahead",
        "",
        "Over all sources, numbers of rows and heads; clearly means that the interval excludes 0.",
        "",
        _row("retrained against", "clearly ahead", "neither", "clearly behind"),
        _rule(1, 3),
    ]
    for column in filter(counts.__contains__, NAMES):
        numbers = (str(counts[column].count(sign)) for sign in (1, 0, -1))
        lines.append(_row(NAMES[column], *numbers))
    return "\n".join([*lines, ""])


def _section(found: SourceResult) -> str:
    known = f" by {found.authors:,} authors" if found.authors < found.documents else ""
    test = f"{_span(found.test_segments)} segments in {_span(found.test_documents)} documents"
    versions = ", ".join(f"{name} {number}" for name, number in found.versions.items())
    weights = ", ".join(f"{name} {sha256[:12]}" for name, sha256 in found.weights.items())
    settings = "; ".join(f"{name}: `{told}`" for name, told in found.settings.items() if told)
    lines = [
        f"## {found.name}",
        "",
        f"{found.documents:,} documents{known}, {found.segments:,} segments; tested on {test}, which "
        f"no size learns from. {_count(len(found.test_segments), 'seed')}, {found.draws:,} replicates. "
        f"Made on {found.made} with {_count(found.threads, 'thread')} ({found.machine}), {versions}; "
        f"weights {weights}.",
        "",
    ]
    if settings:
        lines += [f"Settings: {settings}.", ""]
    return "\n".join([*lines, *(line for size in found.sizes for line in _size(size, found))])


def _size(size: SizeResult, found: SourceResult) -> list[str]:
    others = [column for column in found.columns if column != OURS and OURS in found.columns]
    heading = [NAMES[column] for column in found.columns]
    heading += [f"{NAMES[OURS]} − {NAMES[column]}" for column in others]
    minutes = (_minutes(size.minutes.get(column, ())) for column in found.columns)
    return [
        f"### {size.rows:,} rows",
        "",
        f"{_span(size.segments)} segments in {_span(size.documents)} documents.",
        "",
        _row("head", *heading),
        _rule(1, len(heading)),
        *(_head(head, found.columns, others) for head in size.heads),
        _row("*minutes of the fit*", *minutes, *("" for _ in others)),
        "",
    ]


def _head(head: HeadFigures, columns: Sequence[str], others: Sequence[str]) -> str:
    scores = (_score(head.scores.get(column)) for column in columns)
    return _row(head.head, *scores, *(_difference(head.ahead.get(column)) for column in others))


def _score(figure: Figure | None) -> str:
    return _NOTHING if figure is None else f"{figure.value:.3f}"


def _difference(figure: Figure | None) -> str:
    """Points of macro-F1 with their interval, bold where it excludes zero.

    >>> from benchmarks.retraining.figures import Figure
    >>> _difference(Figure(-0.031, -0.05, -0.012, (-0.031,)))
    '**−3.1** (−5.0 to −1.2)'
    """
    if figure is None:
        return _NOTHING
    value = _points(figure.value)
    value = f"**{value}**" if figure.clear else value
    if figure.low is None or figure.high is None:
        return value
    return f"{value} ({_points(figure.low)} to {_points(figure.high)})"


def _points(value: float) -> str:
    text = f"{100 * value:+.1f}"
    return text[1:] if float(text) == 0 else text.replace("-", "−")


def _minutes(seeds: Sequence[float]) -> str:
    mean = statistics.fmean(seeds) if seeds else 0.0
    return f"{mean:.1f}" if mean else _NOTHING


def _span(numbers: Sequence[int]) -> str:
    """Least to most, or the one number.

    >>> _span((1200, 1203)), _span((7, 7))
    ('1,200–1,203', '7')
    """
    least, most = min(numbers), max(numbers)
    return f"{least:,}" if least == most else f"{least:,}–{most:,}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _rule(names: int, figures: int) -> str:
    return "|" + " --- |" * names + " ---: |" * figures


_HEAD = """# Retraining

Written by `python -m benchmarks.retrain`; `retrain.json` beside it holds the raw figures, seed by seed.
The question: somebody has a few hundred labelled segments of her own feedback. What does retraining our
checkpoint on them bring, and does it beat what she would use otherwise?

- **retrained**: the checkpoint fitted to her rows by `--preset standard`, all heads at once, segments read
  within their documents. A seventh of the documents is set apart as its validation part, on which it stops, so
  it learns from six sevenths. *Heads alone*: `--preset quick`.
- **not retrained**: the checkpoint as it is. Heads whose labels it does not have are not scored (·).
- **SetFit**: a SetFit model for each head on the encoder that the checkpoint began with, segments alone,
  all of the rows. All pairs of 800 rows would be hours a head on a processor, so its steps are bounded,
  the same at every size, as told below; the other settings are SetFit's own. 300 steps are more than its
  paper's 40 pairs a row at 100 rows and fewer at 400 and 800; `--setfit-steps` gives it others. *Balanced*
  is a second logistic head on the same tuned encoder that weighs labels by their rarity, as macro-F1 does.
- **from the encoder**, where it is shown: our fit, but from the pretrained encoder.

Whole documents are drawn in a random order until the rows suffice; smaller sizes are the beginning of
larger ones, and what the largest leaves is the test part. Where authors are known, theirs are drawn
together. All systems label the gold segments of the test part. Figures are macro-F1 over the labels
that the test part holds (sentiment where there is a moment), so a label with a handful of segments
weighs as much as any other. Means over the seeds; each seed is another order and another fit.

Differences are in points of macro-F1 with 95 % intervals, **bold** where the interval excludes 0: a
paired bootstrap over documents (authors where known), all seeds' test parts weighed by the same draw.
They say how far the figures hang on which documents were tested, not on which were learned from; for
that see the seeds in the JSON. Where a system was run on fewer seeds, its mean is over those, and so is the
difference to it. They are not adjusted for their number. Settings were fixed before any
of these figures was seen, and nothing was chosen on a test part. Minutes are wall time of one process,
without labelling the test part; other work on the machine lengthens them.
"""
