"""Everything that a report shows, as one object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mot_nlp.reporting.numbers import unbroken

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from mot_nlp.reporting.cube import View
    from mot_nlp.reporting.differences import Comparison
    from mot_nlp.reporting.driving import Driving
    from mot_nlp.reporting.findings import Finding
    from mot_nlp.reporting.flow import Flow
    from mot_nlp.reporting.pictures import Pictures
    from mot_nlp.reporting.prepared import Filter
    from mot_nlp.reporting.quoting import Quote
    from mot_nlp.taxonomy import Question


@dataclass(frozen=True, slots=True)
class ReportData:
    """What the page shows; the template only lays it out.

    Attributes:
        title: Heading of the page.
        created: ISO date.
        confidence: Level of all intervals.
        min_n: Cells with fewer moments lose their figures.
        findings: Headlines, of the whole.
        coverage: What the figures rest on: a name and a number or words each.
        filters: What the page can filter by.
        period: Length of the periods, None without dates.
        views: Tables in additive pieces, by name.
        extras: The extra heads, by the name of their view.
        flow: Moves between stages, in additive pieces too.
        tables: The same tables of the whole, by name, as they stand before anything is filtered.
        drivers: The make-or-break ranking, of the whole.
        comparisons: Differences, of the whole.
        quotes: Quotes by touchpoint.
        pictures: The charts.
        model: Name, hash and held-out figures of the model.
        moods: Which sentiments count as positive and as negative, in words; empty where their names
            say so.
        definitions: What the labels of each head mean.
        until: ISO date of the latest moment, empty without dates.
    """

    title: str
    created: str
    confidence: float
    min_n: int
    findings: list[Finding]
    coverage: list[tuple[str, str]]
    filters: tuple[Filter, ...]
    period: str | None
    views: Mapping[str, View]
    extras: Mapping[str, Question]
    flow: Flow
    tables: Mapping[str, pd.DataFrame]
    drivers: Driving
    comparisons: list[Comparison]
    quotes: Mapping[str, list[Quote]]
    pictures: Pictures
    model: Mapping[str, Any]
    moods: tuple[str, str]
    definitions: Mapping[str, list[tuple[str, str]]]
    until: str

    @property
    def level(self) -> str:
        """``95 % CI``."""
        return unbroken(f"{100 * self.confidence:g} % CI")
