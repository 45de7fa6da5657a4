"""The parts of the table that need no regression, and what was done, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mot_nlp.errors import InputError
from mot_nlp.tables.outcomes.estimates import is_binary
from mot_nlp.tables.outcomes.impact import impacts
from mot_nlp.tables.outcomes.terms import FEWEST_CLUSTERS, counts, scarce

if TYPE_CHECKING:
    from collections.abc import Hashable

    from mot_nlp.tables.outcomes.estimates import Estimates, Notes
    from mot_nlp.tables.outcomes.presence import Presence


def kind_labels(presence: Presence) -> list[str]:
    """What notes call each kind: its ``by`` values."""
    values = presence.kinds.itertuples(index=False, name=None)
    return [" / ".join("missing" if pd.isna(part) else str(part) for part in row) for row in values]


def counted_figures(presence: Presence) -> pd.DataFrame:
    """Moments and documents of each kind, and how its moments feel; K rows."""
    sums = presence.sums
    documents = counts(presence.present, presence.weight)
    return pd.DataFrame(
        {
            "n": sums["n"],
            "documents": documents.astype(np.int64),
            "share": documents / max(presence.documents, 1),
            "net_sentiment": 100 * (sums["positive"] - sums["negative"]) / sums["n"],
            "pivotal_share": sums["pivotal"] / sums["n"],
        }
    )


def impact_figures(
    presence: Presence, min_documents: int, confidence: float, notes: Notes
) -> pd.DataFrame:
    """Leave-out impact of each kind with its interval, where documents suffice for one; K rows."""
    impact, half = impacts(presence, confidence)
    having = counts(presence.present, presence.weight)
    lacking = presence.documents - having
    half[(having < min_documents) | (lacking < min_documents)] = np.nan
    for own, count in zip(notes, lacking, strict=True):
        if count < min_documents:
            own.append(f"too few documents without the moment ({count:.0f})")
    for kind, (word, count) in scarce(presence.present, presence.cluster).items():
        half[kind] = np.nan
        notes[kind].append(
            f"no interval of the impact: documents {word} the moment are in {count} clusters, "
            f"which take {FEWEST_CLUSTERS}"
        )
    return pd.DataFrame(
        {"impact": impact, "impact_low": impact - half, "impact_high": impact + half}
    )


def check_clusters(presence: Presence, cluster: str | None) -> None:
    """Refuse clusters too few for any interval.

    Raises:
        InputError: They are.
    """
    count = _clusters(presence)
    if cluster is not None and 0 < count < FEWEST_CLUSTERS:
        raise InputError(
            f"the documents with an outcome are {count} clusters by {cluster}; an interval takes at "
            f"least {FEWEST_CLUSTERS}. Give a column of more values, or leave cluster out"
        )


def _clusters(presence: Presence) -> int:
    return len(np.unique(presence.cluster)) if presence.cluster is not None else presence.documents


def attributes(
    presence: Presence, estimates: Estimates, outcome: str, cluster: str | None
) -> dict[Hashable, Any]:
    """What the table rests on, as its ``attrs``."""
    documents = presence.documents
    anything = presence.present.any(axis=1)
    mean = presence.weight @ presence.outcome / documents if documents else np.nan
    return {
        "kind": "logistic" if is_binary(presence.outcome) else "linear",
        "n_documents": documents,
        "n_without_outcome": presence.without_outcome,
        "n_moments_without_outcome": presence.moments_without_outcome,
        "n_unknown_moments": presence.unknown_moments,
        "n_without_moment": int(presence.weight[~anything].sum()),
        "mean_outcome": float(mean),
        "r_squared": estimates.r_squared,
        "said": estimates.said,
        "formula": _formula(presence, estimates, outcome, cluster),
    }


def _formula(presence: Presence, estimates: Estimates, outcome: str, cluster: str | None) -> str:
    """What is regressed on what, and how."""
    if not estimates.regressed:
        return "no regression"
    binary = is_binary(presence.outcome)
    left = f"log-odds of {outcome}" if binary else f"mean {outcome}"
    kinds = ", ".join(presence.kinds.columns)
    method = (
        "logistic regression, effects as average differences of probability"
        if binary
        else "least squares"
    )
    units = "documents" if cluster is None else f"{_clusters(presence):,} clusters by {cluster}"
    return (
        f"{left} = constant + for each {kinds}: penalty if the document has a negative moment of it "
        f"+ reward if it has a positive one; {method} over {estimates.regressed:,} documents, "
        f"jackknife covariance over {units}"
    )
