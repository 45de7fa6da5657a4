"""The table of drivers: which moments move an outcome, and which make or break it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mot_nlp.errors import InputError
from mot_nlp.tables.arguments import (
    check_at_least,
    check_by,
    check_columns,
    check_confidence,
    names_of,
)
from mot_nlp.tables.cells import REQUIRED
from mot_nlp.tables.grouping import columns_needed, grouping
from mot_nlp.tables.outcomes.contrast import contrast, make_or_break, shown_effects
from mot_nlp.tables.outcomes.documents import read_documents
from mot_nlp.tables.outcomes.estimates import Question, estimate
from mot_nlp.tables.outcomes.presence import read_presence
from mot_nlp.tables.outcomes.summary import (
    attributes,
    check_clusters,
    counted_figures,
    impact_figures,
    kind_labels,
)
from mot_nlp.tables.shipped import or_shipped
from mot_nlp.tables.store import opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mot_nlp.tables.outcomes.estimates import Notes
    from mot_nlp.tables.outcomes.sandwich import Floats
    from mot_nlp.tables.sources import Rows
    from mot_nlp.taxonomy import Taxonomy

DRIVER_COLUMNS = (
    "n",
    "documents",
    "share",
    "net_sentiment",
    "pivotal_share",
    "impact",
    "impact_low",
    "impact_high",
    "penalty",
    "penalty_low",
    "penalty_high",
    "penalty_documents",
    "reward",
    "reward_low",
    "reward_high",
    "reward_documents",
    "factor",
    "make_or_break",
    "rank",
    "note",
)

LOWER_IS_BETTER = frozenset(
    {"churn", "churned", "returned", "cancelled", "canceled", "refunded", "complained", "left"}
)
"""Outcomes of which less is better, where the caller does not say."""


def drivers(
    moments: Rows,
    documents: Rows,
    outcome: str = "stars",
    by: str | Sequence[str] = "touchpoint",
    *,
    higher_is_better: bool | None = None,
    cluster: str | None = None,
    min_documents: int = 10,
    confidence: float = 0.95,
    taxonomy: Taxonomy | None = None,
) -> pd.DataFrame:
    """Tell which moments move an outcome of the documents, and which make or break it.

    All figures rest on the documents that have an outcome, those without a moment too, and on
    their moments. They are associations: what customers who speak of a moment score differently.

    **Leave-out impact** is the mean outcome of the documents without the moment less that of all:
    how the mean would change if the moment's documents were absent. It takes no other moment into
    account.

    **Penalty and reward** come from one regression of the outcome on all kinds of moment at once,
    each with two dummies: the document has at least one negative moment of the kind (its
    coefficient is the penalty), and it has at least one positive one (the reward), against
    documents with neither (Brandt 1987, "A Procedure for Identifying Value-Enhancing Service
    Components Using Customer Satisfaction Survey Data"; Matzler and Sauerwein 2002, "The Factor
    Structure of Customer Satisfaction", International Journal of Service Industry Management
    13(4)). It is least squares for numbers, and logistic for an outcome of yes and no, true and
    false, or 1 and 0; penalty and reward are then average marginal effects, differences of
    probability.

    **Intervals** are robust to unequal variances and come from the jackknife, which removes one
    document at a time (HC3 in least squares; Long and Ervin 2000) or, with ``cluster``, all documents
    of one value of that column, which may resemble each other; a document without a value is a
    cluster of its own (CV3; MacKinnon, Nielsen and Webb 2023, "Fast and Reliable Jackknife and
    Bootstrap Methods for Cluster-Robust Inference", Journal of Applied Econometrics 38(5)).
    Quantiles are Student's t, with as many degrees of freedom as documents less parameters, or
    clusters less one.

    **Factor**, with harm for what a negative moment takes from the outcome and gain for what a
    positive one adds, both signed so that more of the outcome's good side counts up:

    - ``basic``: harm is above 0 and above gain, its failure costs more than its success earns;
    - ``excitement``: gain is above 0 and above harm;
    - ``performance``: both are above 0, and neither can be shown to be the greater;
    - ``harms``: harm is above 0, its failure costs; whether its success earns is not shown, and
      gain cannot be estimated or is not shown to be the less;
    - ``helps``: gain is above 0, its success earns, with harm likewise;
    - ``unclear``: neither is above 0, of what has an interval;
    - ``untested``: neither has an interval, and ``note`` says why.

    A thing is above another where the interval of the difference is, and the interval of gain less
    harm takes their covariance into account. Mikulić and Prebežac (2011, "A Critical Review of
    Techniques for Classifying Quality Attributes in the Kano Model", Managing Service Quality
    21(1)) warn that the contrast shows effects on the outcome and not, by itself, what customers
    expect: read the names as shapes of effect.

    **Make-or-break** is ``(gain + harm) * (pivotal + 10 p) / (n + 10)``: what stands between a failed
    and a good moment (the range of impact of Mikulić and Prebežac 2008), times the share of the
    kind's moments that are pivotal, drawn towards the overall pivotal share p by the weight of ten
    moments, so that a few moments alone do not decide it. Below 0, good moments go with worse
    outcomes than bad ones. It takes both effects; ranked are kinds of which one at least has an
    interval clear of zero, as the others would be ranked by chance.

    What cannot be estimated is NaN, and ``note`` says why: a dummy that fewer than
    ``min_documents`` documents have, or have not, stays out of the regression; one that the other
    dummies explain to 90 % (variance inflation over 10) stays in it, as they cannot be told apart;
    there is no regression with fewer than five documents a dummy (of the rarer outcome, where it
    is one of two). Where all documents with some moment have the same one of two outcomes, that
    effect has no finite estimate; those documents are left out of the regression, as they are in
    the limit of maximum likelihood. With ``cluster``, an interval takes documents with the moment,
    and without it, in ten clusters each.

    Moments are counted by DuckDB. What stays is a row a document of three booleans a kind and three
    numbers, fewer rows where documents are alike: up to 70 MB for a million documents by 14
    touchpoints, twice that while regressing.

    Args:
        moments: Moment rows, or a file of them, or several, as for :func:`moment_table`.
        documents: One row a document, with ``doc_id`` and the outcome, or a file of them, or
            several. Ids are compared as text.
        outcome: Column of the documents: numbers, or yes and no, or true and false, also as
            text. Documents without a value are left out.
        by: What makes a kind of moment: one or more columns of the moments, roll-ups or periods.
        higher_is_better: Whether more of the outcome is good. None takes it to be, but for
            ``churn``, ``churned``, ``returned``, ``cancelled``, ``canceled``, ``refunded``,
            ``complained`` and ``left``.
        cluster: Column of the documents whose values make clusters of them, as author or store.
        min_documents: Documents that must have, and must not have, what an effect or the interval
            of an impact is of; at least 2.
        confidence: Probability that an interval covers, between 0 and 1.
        taxonomy: Labels of the model that found the moments; the shipped one's where none is given.

    Returns:
        One row a kind of moment: the best rank first, then those without one that have an effect
        clear of zero, the largest first, and then the others in taxonomy order, those with any
        interval before those without. They have the ``by`` columns, then

        - ``n`` moments in ``documents`` documents, ``share`` (0 to 1) of those with an outcome;
        - ``net_sentiment`` (-100 to 100) and ``pivotal_share`` (0 to 1) of its moments;
        - ``impact`` and its interval ``impact_low`` to ``impact_high``, in units of the outcome;
        - ``penalty`` and ``reward`` with ``_low`` and ``_high``, in units of the outcome, or
          differences of probability (-1 to 1), and ``_documents``, how many have such a moment;
        - ``factor``, ``make_or_break``, ``rank`` (Int64, 1 first, missing where it is not ranked)
          and ``note`` (empty where there is nothing to say).

        ``attrs`` has ``outcome``, ``kind`` (linear or logistic), ``higher_is_better``,
        ``n_documents`` with an outcome, ``n_without_outcome``, ``n_without_moment`` (of those with
        an outcome), ``n_moments_without_outcome``, ``n_unknown_moments`` (their doc_id is in no
        document), ``mean_outcome``, ``r_squared`` (McFadden's for a logistic regression, None
        without one), ``confidence``, ``formula``, what was regressed in words, and ``said``, a
        sentence on why there is no regression (empty where there is one).

    Raises:
        ColumnError: A column that is needed or named does not exist.
        ReadError: A file cannot be read.
        InputError: An argument is out of its range, an outcome is no number, a document stands
            twice, no moment is of any document, there are over 300 kinds, or under ten clusters.
    """
    names = names_of(by)
    taxonomy = or_shipped(taxonomy)
    if not names:
        raise InputError("by names no column; name what makes a kind of moment, as touchpoint")
    check_by(names, taken=DRIVER_COLUMNS)
    check_at_least("min_documents", min_documents, 2, why="or more, for there to be any spread")
    check_confidence(confidence)
    with opened(moments, wanted={*REQUIRED, *columns_needed(names, taxonomy)}) as store:
        check_columns(REQUIRED, names, store.columns, taxonomy)
        read_documents(store, documents, outcome, cluster)
        by_sql = grouping(names, store.columns, taxonomy)
        presence = read_presence(store, by_sql, taxonomy, clustered=cluster is not None)
    check_clusters(presence, cluster)
    if higher_is_better is None:
        higher_is_better = outcome.strip().lower() not in LOWER_IS_BETTER
    notes: Notes = [[] for _ in range(len(presence.kinds))]
    impact = impact_figures(presence, min_documents, confidence, notes)
    question = Question(outcome, min_documents, len(taxonomy.heads["stage"].labels) - 1)
    estimates = estimate(presence, kind_labels(presence), question, notes)
    rank = make_or_break(estimates, presence.sums, confidence, higher_is_better=higher_is_better)
    table = pd.concat(
        [
            presence.kinds,
            counted_figures(presence),
            impact,
            contrast(estimates, confidence, higher_is_better=higher_is_better),
            rank,
            pd.Series(["; ".join(own) for own in notes], name="note", dtype=str),
        ],
        axis=1,
    )
    table = table.iloc[_order(table, shown_effects(estimates, confidence))].reset_index(drop=True)
    table.attrs = {
        "outcome": outcome,
        "higher_is_better": higher_is_better,
        "confidence": confidence,
        **attributes(presence, estimates, outcome, cluster),
    }
    return table


def _order(table: pd.DataFrame, shown: Floats) -> NDArray[np.intp]:
    """Places of rows: by rank, by what is shown, and those with nothing to show as they stand."""
    rank = table["rank"].to_numpy(np.float64, na_value=np.inf)
    return np.lexsort((table["factor"] == "untested", -shown, rank))
