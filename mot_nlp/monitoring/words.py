"""Words: how many the reference does not know, and which became more common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mot_nlp.monitoring.measures import NAMES, SUMS
from mot_nlp.monitoring.result import UNKNOWN_WORDS, WORD_COLUMNS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mot_nlp.monitoring.sample import Sample

    Floats = NDArray[np.float64]

FEWEST = 5
"""Documents that a rising word must stand in."""

PRIOR = 0.1
"""Documents that the prior of a word is worth, as a part of those of both sides."""

_HALF = 0.5
"""Added to the prior, as a word may stand in every document."""


def unknown_words(drawn: Sample) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How many words the reference does not know: of itself, and of what is new.

    Documents fall into two halves by their ids, and those of either side are held against the half of
    the reference that they are not in. So a small reference, which knows few words, does not make all
    others look new, and a document that stands on both sides is as new on the one as on the other.

    Returns:
        A row in ``NAMES`` and ``SUMS`` for each side.
    """
    words = np.asarray(drawn.counts.sum(axis=1)).ravel()
    unknown = words.copy()
    for half in (drawn.is_first_half, ~drawn.is_first_half):
        known = np.asarray(drawn.counts[~drawn.is_new & ~half].sum(axis=0)).ravel() > 0
        unknown[half] -= drawn.counts[half] @ known.astype(np.float64)
    return (
        _sums(unknown[~drawn.is_new], words[~drawn.is_new]),
        _sums(unknown[drawn.is_new], words[drawn.is_new]),
    )


def _sums(part: Floats, whole: Floats) -> pd.DataFrame:
    total = float(part.sum())
    figures = (
        np.count_nonzero(whole), total, whole.sum(), part @ part, part @ whole, whole @ whole, total,
    )  # fmt: skip
    return pd.DataFrame([[UNKNOWN_WORDS, "", "", *map(float, figures)]], columns=[*NAMES, *SUMS])


def rising_words(drawn: Sample, *, most: int, confidence: float) -> pd.DataFrame:
    """Words that stand in a clearly greater share of documents than before, the clearest first.

    Ranked by the log-odds ratio with an informative Dirichlet prior, over its standard deviation
    (Monroe, Colaresi and Quinn 2008, "Fightin' Words: Lexical Feature Selection and Evaluation for
    Identifying the Content of Political Conflict", Political Analysis 16(4)). Documents are counted
    and not words, as a customer who says a word ten times is one customer; the prior is the share of
    documents over both sides. A word is clear by the false discovery rate over all words that stand
    in ``FEWEST`` new documents (Benjamini and Hochberg 1995).

    Args:
        drawn: Documents of both sides.
        most: Words to give.
        confidence: 1 less the rate of false discoveries, between 0 and 1.

    Returns:
        A row a word in ``WORD_COLUMNS``.
    """
    from scipy.special import ndtr
    from scipy.stats import false_discovery_control

    stands = drawn.counts > 0
    sides = ~drawn.is_new, drawn.is_new
    old, new = (np.asarray(stands[side].sum(axis=0), np.float64).ravel() for side in sides)
    n_old, n_new = (int(np.count_nonzero(side)) for side in sides)
    columns = (
        drawn.vocabulary, old.astype(np.int64), new.astype(np.int64), old / n_old,
        new / n_new, log_odds(old, new, n_old, n_new),
    )  # fmt: skip
    table = pd.DataFrame(dict(zip(WORD_COLUMNS, columns, strict=True)))
    common = table[table["documents_new"] >= FEWEST]
    if common.empty:
        return common
    p_values = ndtr(-common["z"].to_numpy(np.float64))
    risen: pd.DataFrame = common[false_discovery_control(p_values) <= 1 - confidence]
    return risen.sort_values(["z", "word"], ascending=[False, True], ignore_index=True).head(most)


def log_odds(old: Floats, new: Floats, n_old: int, n_new: int) -> Floats:
    """The log-odds ratio of words, new to old, over its standard deviation.

    Args:
        old: Documents of the reference that each word stands in, shape (words,).
        new: The same of what is new.
        n_old: Documents of the reference.
        n_new: Documents of what is new.
    """
    without_old, without_new = n_old - old, n_new - new
    prior = PRIOR * (old + new) + _HALF
    prior_without = PRIOR * (without_old + without_new) + _HALF
    counts = (new + prior, without_new + prior_without, old + prior, without_old + prior_without)
    odds = [np.log(count) for count in counts]
    spread = np.sqrt(sum(1 / count for count in counts))
    return np.asarray((odds[0] - odds[1] - odds[2] + odds[3]) / spread)
