"""Names of heads, roll-ups and labels: what they may hold, so that they can be columns and cells."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mot_nlp.taxonomy.faults import Faults
    from mot_nlp.taxonomy.positions import Place

CONFIDENCE = "_confidence"
"""End of the name of the column that tells how sure the label of a head is."""

LONGEST = 60
"""Characters of a name or label at most."""

RESERVED = frozenset([
    "doc_id", "moment_id", "start", "end", "text", "speaker", "stage", "moment", "touchpoint",
    "sentiment", "sentiment_score", "pivotal", "n_segments", "source", "n_none", "n_moments",
    "n_characters", "language", "review_heads", "n", "documents", "share", "positive",
    "neutral", "negative", "net_sentiment", "net_low", "net_high", "mean_score",
    "pivotal_share", "share_low", "share_high", "thin", "subtotal", "group", "against",
    "n_against", "documents_against", "value", "value_against", "difference", "low", "high",
    "p_value", "q_value", "note", "words", "impact", "impact_low", "impact_high", "penalty",
    "penalty_low", "penalty_high", "penalty_documents", "reward", "reward_low", "reward_high",
    "reward_documents", "factor", "make_or_break", "rank", "groups", "left_out",
    "mean_net_sentiment", "observed_spread", "spread", "spread_low", "spread_high",
    "beyond_sampling", "lowest", "highest", "from", "to", "net_before", "net_after",
    "after_low", "after_high", "soured", "recovered", "kind", "confidence", "id", "units",
    "date", "period", "week", "month", "quarter", "year",
])  # fmt: skip
"""Columns of moments, documents and tables, keys of labelled texts, and periods: no head is called so."""

_NAME = re.compile(r"[^\W\d_][\w-]*")
_INSIDE = "_- "


def check_name(place: Place, name: str, others: Iterable[str], faults: Faults) -> None:
    """Note what forbids ``name`` as that of an extra head or a roll-up.

    Args:
        place: Where it stands.
        name: The name.
        others: Names that are taken.
        faults: Takes what is found.
    """
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        faults.add(
            place,
            f"{name!r} cannot be the name of a column; begin with a letter and go on with letters, "
            f"digits, _ and -, at most {LONGEST} characters",
        )
    elif name.lower() in RESERVED or name.lower().endswith(CONFIDENCE):
        faults.add(
            place,
            f"{name!r} is the name of a column that results or tables have; name it otherwise",
        )
    elif twins := [other for other in others if other.lower() == name.lower()]:
        faults.add(
            place, f"{name!r} and {twins[0]!r} would be one column, whatever their case; rename one"
        )


def check_labels(place: Place, labels: list[str], faults: Faults) -> None:
    """Note labels that cannot be cells, and those that differ in case alone or not at all.

    Args:
        place: Where the list stands.
        labels: The labels.
        faults: Takes what is found.
    """
    seen: dict[str, str] = {}
    for number, label in enumerate(labels):
        here = (*place, number)
        if not _is_sound(label):
            faults.add(
                here,
                f"{label!r} cannot be a label; begin with a letter or digit and go on with letters, digits, "
                f"_, - and single spaces, at most {LONGEST} characters",
            )
        twin = seen.setdefault(label.casefold(), label)
        if twin is label:
            continue
        told = "stands twice" if twin == label else f"and {twin!r} differ in case alone"
        faults.add(here, f"{label!r} {told}; labels of a head must be different")


def _is_sound(label: str) -> bool:
    """Whether a label survives as a cell of CSV, joined to others, and in an address.

    Letters of every script are welcome, with the marks that some are written with.
    """
    if not 0 < len(label) <= LONGEST or "  " in label or label != label.strip():
        return False
    kinds = [unicodedata.category(sign)[0] for sign in label]
    return kinds[0] in "LN" and all(
        kind in "LMN" or sign in _INSIDE for kind, sign in zip(kinds, label, strict=True)
    )
