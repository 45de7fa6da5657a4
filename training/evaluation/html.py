"""The pages: templates laid over the data, pictures and style inside one file, no scripts."""

from __future__ import annotations

from functools import cache
from importlib import resources
from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup

from mot_nlp.reporting.numbers import percent, words
from mot_nlp.reporting.templates import page_templates
from training.evaluation import charts
from training.evaluation.data import FEW, FEW_OWNERS
from training.evaluation.findings import findings
from training.evaluation.mistakes import in_words
from training.evaluation.numbers import between, chance, figure, level, points
from training.evaluation.slicing import CLEAR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment

    from training.evaluation.data import Evaluation, SliceFigures
    from training.evaluation.differences import Comparison
    from training.evaluation.gate import Verdict

_PICTURED = 3
"""Labels a head needs for pictures of its own; with two the table says all."""


def evaluation_page(evaluation: Evaluation) -> str:
    """An evaluation as one HTML document that fetches nothing and runs nothing.

    All that comes from texts, columns or labels is escaped, by the template or, in pictures, by Vega.
    """
    heads = [head.head for head in evaluation.heads]
    by_key = {
        key: list(own) for key, own in groupby(evaluation.slices, key=lambda entry: entry.key)
    }
    return str(
        _templates().get_template("evaluation.html").render(
            data=evaluation,
            findings=findings(evaluation),
            overview=_picture(charts.heads_chart(evaluation.heads)),
            heads=[
                {
                    "figures": head,
                    "labels": _picture(charts.labels_chart(head)),
                    "confusion": (
                        _picture(charts.confusion_chart(head))
                        if len(head.labels) >= _PICTURED else ""
                    ),
                    "reliability": (
                        _picture(charts.reliability_chart(head.head, head.calibration))
                        if head.calibration and len(head.calibration.bins) > 1 else ""
                    ),
                }
                for head in evaluation.heads
            ],
            slices=[
                {"key": key, "entries": own, "chart": _slices_picture(key, own, heads)}
                for key, own in by_key.items()
            ],
        )
    )  # fmt: skip


def comparison_page(comparison: Comparison, verdict: Verdict | None) -> str:
    """A comparison as one HTML document that fetches nothing and runs nothing.

    Args:
        comparison: The comparison.
        verdict: What the gate says of it, None where it was not asked.
    """
    overall = [*(head.macro_f1 for head in comparison.heads), *comparison.core]
    return str(
        _templates().get_template("comparison.html").render(
            data=comparison,
            verdict=verdict,
            overall=overall,
            overview=_picture(
                charts.differences_chart(overall, title="Differences of macro-F1 by head")
            ),
            heads=[
                {
                    "figures": head,
                    "chart": _picture(
                        charts.differences_chart(
                            head.labels, title=f"Differences of F1 by label of {words(head.head)}"
                        )
                    ),
                    "broken": [entry for entry in comparison.broken if entry.head == head.head],
                }
                for head in comparison.heads
            ],
        )
    )  # fmt: skip


def _slices_picture(key: str, entries: Sequence[SliceFigures], heads: list[str]) -> Markup:
    drawn = any(not head.few for entry in entries for head in entry.heads)
    return _picture(charts.slices_chart(key, entries, heads)) if drawn else Markup()


def _picture(svg: str) -> Markup:
    return Markup(svg)  # Vega escapes what it writes into an SVG


@cache
def _templates() -> Environment:
    environment = page_templates("training.evaluation")
    environment.filters |= {
        "words": words,
        "figure": figure,
        "between": between,
        "percent": percent,
        "points": points,
        "in_words": in_words,
        "chance": chance,
        "two": lambda value: f"{value:.2f}",
        "three": lambda value: f"{value:.3f}",
        "count": lambda value: f"{value:,}",
        "level": level,
    }
    report = resources.files("mot_nlp.reporting").joinpath("page", "report.css")
    own = resources.files("training.evaluation").joinpath("page", "evaluation.css")
    style = report.read_text(encoding="utf-8") + own.read_text(encoding="utf-8")
    environment.globals |= {
        "style": Markup(style),
        "few": FEW,
        "few_owners": FEW_OWNERS,
        "clear": CLEAR,
    }
    return environment
