"""Two sets of moments, measured and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mot_nlp.bundle import open_bundle
from mot_nlp.monitoring.changes import changes, judged, stabilities, told
from mot_nlp.monitoring.distances import length_distance, word_distance
from mot_nlp.monitoring.groups import judge_groups, no_groups
from mot_nlp.monitoring.measures import (
    NEEDED,
    SIZES,
    TEXT,
    check_moments,
    columns_wanted,
    measure,
)
from mot_nlp.monitoring.result import (
    CONFIDENCE,
    FIGURE_COLUMNS,
    GROUP_COLUMNS,
    INCOMPARABLE,
    LENGTH_DISTANCE,
    QUANTILE_COLUMNS,
    WORD_COLUMNS,
    WORD_DISTANCE,
    DriftResult,
)
from mot_nlp.monitoring.sample import draw
from mot_nlp.monitoring.tagged_by import doubts, others, tagged_by
from mot_nlp.monitoring.verdict import Reason, advise, gravest, in_order, judge
from mot_nlp.monitoring.words import rising_words, unknown_words
from mot_nlp.review import thresholds
from mot_nlp.tables.arguments import check_by, check_columns, check_confidence, names_of
from mot_nlp.tables.grouping import columns_needed, grouping
from mot_nlp.tables.several import refuse_several
from mot_nlp.tables.store import opened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mot_nlp.bundle import Bundle
    from mot_nlp.monitoring.sample import Sample
    from mot_nlp.tables.sources import Rows
    from mot_nlp.tables.store import Store

    Stores = tuple[Store, Store]
    """The reference and what is new."""

RISING = 20
"""Rising words that are named."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Of the lengths of moments."""


def drift(
    reference: Rows,
    new: Rows,
    *,
    by: str | Sequence[str] | None = None,
    confidence: float = 0.95,
    model: str | Path | None = None,
) -> DriftResult:
    """Say whether new feedback still looks like that which a model was judged on.

    Compared are the share of every label, the mean confidence of every head and how often it is
    under the model's review threshold, the length of moments, and their words. The moments of one
    document are a cluster: every interval and p-value allows for that
    (:mod:`mot_nlp.monitoring.changes`, :mod:`mot_nlp.monitoring.distances`). All p-values are adjusted
    together (Benjamini and Hochberg 1995), so that two samples of the same feedback differ clearly in
    something about once in twenty times at a ``confidence`` of 0.95. What that makes for a verdict is
    written down in :mod:`mot_nlp.monitoring.verdict`.

    Distances between distributions are never 0, even of two samples of the same feedback. They are
    held against what such samples would be apart, and what is beyond is read: of the population
    stability index as usual, 0.1 as moderate and 0.25 as large.

    Lengths and words are compared in at most 10,000 documents, or 100,000 moments, a side.

    Args:
        reference: Moment rows, a file or job of them, or several: what the model was judged on.
        new: The same, later, tagged by the same model; taken for other documents, whatever their ids.
        by: Columns, roll-ups or periods to judge groups by as well, as ``"brand"``: the 30 groups with
            most new documents, by all but their words and the distribution of their lengths.
        confidence: Probability that each interval covers, between 0 and 1.
        model: The model that tagged both: a bundle folder, or the name of a shipped one; the
            default one where none is given. It tells labels and review thresholds.

    Returns:
        What changed, with a verdict in plain words: no sign of drift, look closer, or relabel; too
        little to tell where a side has fewer than 30 documents, not comparable where the files are
        known to be tagged by different models.

    Raises:
        ColumnError: The rows are no moments, or lack a column of ``by``.
        ReadError: A file cannot be read.
        InputError: An argument is out of its range, or there are labels that the model does not know.
        BundleError: The model is no sound bundle.
    """
    check_confidence(confidence)
    names = names_of(by)
    check_by(names, taken=GROUP_COLUMNS)
    bundle = open_bundle(model)
    models = tagged_by(reference), tagged_by(new)
    wanted = columns_wanted(bundle.taxonomy) | columns_needed(names, bundle.taxonomy)
    with opened(reference, wanted=wanted) as before, opened(new, wanted=wanted) as after:
        stores = before, after
        _check(stores, names, bundle)
        sizes, figures = _ratios(stores, (), bundle, confidence)
        groups = no_groups()
        if names:
            groups = judge_groups(
                *_ratios(stores, names, bundle, confidence), names, confidence=confidence
            )
        has_text = all(TEXT in store.columns for store in stores)
        drawn = draw(*stores, bundle.taxonomy) if has_text else None
    figures = pd.concat([figures, *_of_sample(drawn, confidence)], ignore_index=True)
    figures = judged(figures, confidence=confidence)
    documents_old, documents_new, moments_old, moments_new = map(int, sizes.iloc[0])
    documents = documents_old, documents_new
    found = [*judge(figures, documents), *groups.reasons]
    if apart := others(*models):
        found.append(Reason(INCOMPARABLE, apart))
    reasons = in_order(found)
    verdict = gravest(reason.verdict for reason in reasons)
    return DriftResult(
        verdict=verdict,
        reasons=tuple(reason.words for reason in reasons),
        advice=advise(verdict, reasons, documents=documents_new, moments=moments_new),
        notes=(
            *doubts(*models, bundle),
            *_notes(figures, drawn, documents, groups.left_out, names),
        ),
        figures=figures,
        words=_rising(drawn, confidence),
        lengths=_quantiles(drawn),
        groups=groups.table,
        documents=documents,
        moments=(moments_old, moments_new),
    )


def _check(stores: Stores, names: Sequence[str], bundle: Bundle) -> None:
    """Refuse what is no table of moments of this model, or has not the columns to group by.

    Raises:
        ColumnError: A column is missing.
        InputError: There are labels of another model, or several labels a moment to group by.
    """
    for store, side in zip(stores, ("reference", "new"), strict=True):
        check_moments(store, bundle.taxonomy, side=side)
        check_columns(NEEDED, names, store.columns, bundle.taxonomy)
        why = "its groups overlap; group by another column"
        refuse_several(names, store.columns, bundle.taxonomy, why=why)


def _ratios(
    stores: Stores, names: Sequence[str], bundle: Bundle, confidence: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Documents and moments of both sides, and the figures that are sums over documents.

    Returns:
        A row a group: ``names``, then the first four of ``GROUP_COLUMNS``. A row a group and figure:
        ``names``, then those of ``FIGURE_COLUMNS`` that are not adjusted.
    """
    review = thresholds(bundle.manifest) if bundle.manifest.review else {}

    def side(store: Store) -> tuple[pd.DataFrame, pd.DataFrame]:
        by = grouping(names, store.columns, bundle.taxonomy)
        named = dict(zip(by.keys, names, strict=True))
        sizes, sums = measure(store, bundle.taxonomy, review, by)
        return sizes.rename(columns=named), sums.rename(columns=named)

    (old_sizes, old), (new_sizes, new) = map(side, stores)
    if names:
        both = old_sizes.merge(new_sizes, how="outer", on=list(names), suffixes=("_old", "_new"))
    else:
        both = old_sizes.merge(new_sizes, how="cross", suffixes=("_old", "_new"))
    counts = both[[f"{name}_{side}" for name in SIZES for side in ("old", "new")]]
    counts = counts.fillna(0).astype(np.int64).set_axis(list(GROUP_COLUMNS[:4]), axis=1)
    figures = [
        changes(old, new, names, confidence=confidence),
        stabilities(old, new, names, bundle.taxonomy, confidence=confidence),
    ]
    return pd.concat([both[list(names)], counts], axis=1), pd.concat(figures, ignore_index=True)


def _of_sample(drawn: Sample | None, confidence: float) -> list[pd.DataFrame]:
    """The figures of words and of how lengths are distributed."""
    if drawn is None or not drawn.has_both:
        return []
    distances = {
        LENGTH_DISTANCE: length_distance(drawn.lengths, drawn.owners, drawn.is_new, confidence)
    }
    tables = []
    if len(drawn.vocabulary):
        tables.append(changes(*unknown_words(drawn), (), confidence=confidence))
        distances[WORD_DISTANCE] = word_distance(drawn.counts, drawn.is_new, confidence)
    rows = [(kind, "", "", *told(distance)) for kind, distance in distances.items()]
    return [*tables, pd.DataFrame(rows, columns=list(FIGURE_COLUMNS[:9]))]


def _rising(drawn: Sample | None, confidence: float) -> pd.DataFrame:
    if drawn is None or not drawn.has_both:
        return pd.DataFrame(columns=list(WORD_COLUMNS))
    return rising_words(drawn, most=RISING, confidence=confidence)


def _quantiles(drawn: Sample | None) -> pd.DataFrame:
    """How long moments are on either side."""
    if drawn is None or not drawn.has_both:
        return pd.DataFrame(columns=list(QUANTILE_COLUMNS))
    is_new = drawn.is_new[drawn.owners]
    sides = (np.quantile(drawn.lengths[side], QUANTILES) for side in (~is_new, is_new))
    return pd.DataFrame(dict(zip(QUANTILE_COLUMNS, (QUANTILES, *sides), strict=True)))


def _notes(
    figures: pd.DataFrame,
    drawn: Sample | None,
    documents: tuple[int, int],
    left_out: int,
    names: Sequence[str],
) -> list[str]:
    """What could not be measured, or was left out."""
    notes = []
    if drawn is None:
        notes.append("One side has no texts, so lengths and words were not compared.")
    elif len(drawn.is_new) < sum(documents):
        old, new = (np.count_nonzero(side) for side in (~drawn.is_new, drawn.is_new))
        notes.append(
            f"Lengths and words rest on {old:,} documents of the reference and {new:,} new ones."
        )
    if not (figures["kind"] == CONFIDENCE).any():
        notes.append("One side has no confidences, which tell most of a model that reads worse.")
    if left_out:
        notes.append(
            f"{left_out:,} groups of {', '.join(names)} have fewer new documents and were not judged."
        )
    return notes
