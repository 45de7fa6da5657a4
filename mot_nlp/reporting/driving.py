"""The make-or-break ranking, where the documents carry an outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mot_nlp.errors import ColumnError, InputError
from mot_nlp.records import is_missing
from mot_nlp.reporting.numbers import counted
from mot_nlp.tables.outcomes import drivers
from mot_nlp.tables.store import opened

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from mot_nlp.tables.sources import Rows
    from mot_nlp.taxonomy import Taxonomy

OUTCOMES = ("stars", "rating", "nps")
"""Columns of documents that are taken for the outcome where the caller names none."""


@dataclass(frozen=True, slots=True)
class Driving:
    """What moves the outcome.

    Attributes:
        table: The ranking, None where there is no outcome.
        outcome: Name of the outcome, empty where there is none.
        said: What has to be said of it.
    """

    table: pd.DataFrame | None
    outcome: str
    said: str


def driving(
    moments: Path,
    documents: Rows | None,
    outcome: str | None,
    *,
    taxonomy: Taxonomy,
    confidence: float,
) -> Driving:
    """Rank the touchpoints by what they do to the outcome.

    Args:
        moments: File of moments.
        documents: Document rows, which carry the outcome.
        outcome: Its column; one of ``OUTCOMES`` that exists if None.
        taxonomy: The labels.
        confidence: Level of the intervals.

    Raises:
        ColumnError: The documents have no such column.
    """
    if documents is None:
        return Driving(
            None, "", "No documents were given, so nothing can be said of what moves an outcome."
        )
    with opened(documents, wanted=set(), view="documents") as store:
        known = list(store.columns)
    if outcome is None:
        usual = next((name for name in OUTCOMES if name in known), None)
        if usual is not None:
            try:
                return driving(moments, documents, usual, taxonomy=taxonomy, confidence=confidence)
            except InputError as error:  # nobody asked for it, so it does not stop the report
                return Driving(None, "", f"Nothing can be said of what moves {usual}: {error}.")
        return Driving(
            None,
            "",
            "The documents carry no outcome such as stars, so no moment can be said to move one.",
        )
    if outcome not in known:
        raise ColumnError(
            f"the documents have no column {outcome!r} for the outcome; they have {', '.join(known)}. "
            "Keep it when you tag: predict(..., keep=[...]), mot predict --keep",
            missing=[outcome],
            known=known,
            rows="documents",
        )
    table = drivers(moments, documents, outcome, taxonomy=taxonomy, confidence=confidence)
    return Driving(table, outcome, _said(table, outcome))


def _said(table: pd.DataFrame, outcome: str) -> str:
    told = table.attrs
    used = told["n_documents"]
    if not used:
        return f"No document carries a value of {outcome}, so nothing can be said of what moves it."
    text = f"These figures rest on {counted(used, 'document')} with {outcome} (mean "
    text += f"{told['mean_outcome']:.2f}); {told['n_without_outcome']:,} without are left out."
    if told.get("said"):
        text += f" {told['said']}"
    if told["r_squared"] is not None and not is_missing(told["r_squared"]):
        text += f" The regression explains {100 * told['r_squared']:.0f} % of the differences in {outcome}."
    return text + " What goes together need not be cause and effect."
