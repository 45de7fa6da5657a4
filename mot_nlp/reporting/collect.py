"""From rows to everything that a report shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mot_nlp.errors import InputError
from mot_nlp.reporting import findings
from mot_nlp.reporting.coverage import coverage
from mot_nlp.reporting.cube import cube
from mot_nlp.reporting.data import ReportData
from mot_nlp.reporting.differences import differences
from mot_nlp.reporting.driving import driving
from mot_nlp.reporting.flow import flow
from mot_nlp.reporting.numbers import words
from mot_nlp.reporting.pictures import pictures
from mot_nlp.reporting.prepared import prepared
from mot_nlp.reporting.quoting import quoted
from mot_nlp.tables import moment_table
from mot_nlp.tables.arguments import names_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from mot_nlp.bundle import Bundle
    from mot_nlp.reporting.driving import Driving
    from mot_nlp.tables.sources import Rows
    from mot_nlp.taxonomy import Taxonomy

VIEWS: dict[str, tuple[str, ...]] = {
    "totals": (),
    "stage": ("stage",),
    "touchpoint": ("touchpoint",),
    "stage_moment": ("stage", "moment"),
    "stage_touchpoint": ("stage", "touchpoint"),
}

QUOTED = 6
"""Touchpoints that are quoted from: those with most moments."""

QUOTES_EACH = 2
"""Quotes of a touchpoint and sentiment."""


def collect(
    moments: Rows,
    documents: Rows | None,
    *,
    bundle: Bundle,
    title: str,
    created: str,
    outcome: str | None,
    filters: Sequence[str] | None,
    date: str,
    rejected: int | str | Path | None,
    min_n: int,
    confidence: float,
) -> ReportData:
    """Make all tables, words and charts of a report; see :func:`mot_nlp.reporting.report`."""
    taxonomy = bundle.taxonomy
    options: dict[str, Any] = {"taxonomy": taxonomy, "confidence": confidence}
    if outcome is not None and documents is None:
        raise InputError(
            f"the outcome {outcome!r} needs documents, which carry it; give the second frame of "
            "predict(..., documents=True), or the file of mot predict --documents"
        )
    with prepared(
        moments,
        documents,
        filters=None if filters is None else names_of(filters),
        date=date,
        extras=[extra.name for extra in taxonomy.extras],
    ) as file:
        extras = {extra_view(name): taxonomy.questions[name] for name in file.extras}
        views = VIEWS | {view: (extra.name,) for view, extra in extras.items()}
        tables = {
            name: moment_table(file.path, by, min_n=1 if name == "totals" else min_n, **options)
            for name, by in views.items()
        }
        drivers = driving(file.path, documents, outcome, **options)
        compared = differences(file, **options)
        data = ReportData(
            title=title,
            created=created,
            confidence=confidence,
            min_n=min_n,
            findings=[],
            coverage=coverage(tables["totals"], moments, documents, rejected),
            filters=file.filters,
            period=file.period,
            views=cube(file, views, taxonomy),
            extras=extras,
            flow=flow(file, taxonomy),
            tables=tables,
            drivers=drivers,
            comparisons=compared,
            quotes=quoted(
                file.path, _most_moments(tables["touchpoint"], taxonomy), taxonomy, each=QUOTES_EACH
            ),
            pictures=pictures(file, tables, drivers.table, compared, **options),
            model=_model(bundle),
            moods=_moods(taxonomy),
            definitions=_definitions(taxonomy),
            until="" if file.until is None else file.until.date().isoformat(),
        )
    data.findings.extend(_findings(data, drivers))
    return data


def extra_view(name: str) -> str:
    """What the view of an extra head is called, so that no head has the name of another view."""
    return f"extra-{name}"


def _findings(data: ReportData, drivers: Driving) -> list[findings.Finding]:
    found = findings.overall(data.tables["totals"], data.level, data.min_n)
    if not len(data.tables["totals"]):
        return found
    found += findings.extremes(data.tables["touchpoint"], "touchpoint", data.level)
    found += findings.make_or_break(drivers.table, "touchpoint", drivers.outcome, data.level)
    for comparison in data.comparisons:
        found += findings.differences(comparison.table, data.confidence)
    return found


def _most_moments(table: pd.DataFrame, taxonomy: Taxonomy) -> list[str]:
    """The touchpoints with most moments, of those that the taxonomy knows."""
    known = table[table["touchpoint"].isin(taxonomy.heads["touchpoint"].labels)]
    return [str(label) for label in known.nlargest(QUOTED, "n")["touchpoint"]]


def _definitions(taxonomy: Taxonomy) -> Mapping[str, list[tuple[str, str]]]:
    """What the labels mean, by question, as far as the taxonomy says so."""
    return {
        name: [
            (label, question.definitions[label])
            for label in question.labels
            if label in question.definitions
        ]
        for name, question in taxonomy.questions.items()
        if question.definitions
    }


def _moods(taxonomy: Taxonomy) -> tuple[str, str]:
    """Which sentiments count as positive and as negative, in words; empty where their names say so."""
    if (taxonomy.positive, taxonomy.negative) == (("positive",), ("negative",)):
        return "", ""
    positive, negative = (
        " or ".join(map(words, labels)) for labels in (taxonomy.positive, taxonomy.negative)
    )
    return positive, negative


def _model(bundle: Bundle) -> Mapping[str, Any]:
    """Name, hash and held-out figures of the model."""
    held_out: Mapping[str, Any] = next(
        (
            bundle.manifest.metrics[name]
            for name in ("corpus_test", "test", "validation")
            if name in bundle.manifest.metrics
        ),
        {},
    )
    figures = [
        (head, float(held_out[head]["macro_f1"]), float(held_out[head]["accuracy"]))
        for head in bundle.taxonomy.heads
        if head in held_out
    ]
    return {
        "name": bundle.manifest.name,
        "sha": bundle.sha256[:12],
        "segments": f"{int(held_out.get('segments', 0)):,}",
        "figures": figures,
    }
