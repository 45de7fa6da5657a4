"""Which rows a person should look at: confidences under the thresholds of the bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.errors import InputError
from mot_nlp.taxonomy import CONFIDENCE, question_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from mot_nlp.bundle import Manifest

COLUMN = "review_heads"
"""Column that names the heads to look at, separated by commas; empty where all are sure."""


def thresholds(manifest: Manifest) -> dict[str, float]:
    """Least confidence of each head from which on 95 % of labels were right on held-out feedback.

    Of a question of several labels that is the greatest threshold of its labels, since its confidence
    is that of the least sure of them: where any label is under its own, the row is to be read.

    Raises:
        InputError: The bundle was made without them.
    """
    if not manifest.review:
        raise InputError(
            f"the bundle {manifest.name!r} holds no review thresholds; export it again with "
            "python -m training export"
        )
    least: dict[str, float] = {}
    for head, entry in manifest.review.items():
        question = question_of(head)
        least[question] = max(entry["threshold"], least.get(question, 0.0))
    return least


def heads_to_review(moments: pd.DataFrame, least: Mapping[str, float]) -> list[str]:
    """Heads of each row whose confidence is under its threshold, joined by commas.

    Args:
        moments: Rows with a ``<head>_confidence`` column for each head of ``least``.
        least: Threshold by head, 0 to 1.

    Returns:
        One text a row, empty where every head is sure enough.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"stage_confidence": [0.9, 0.4], "pivotal_confidence": [0.6, 0.5]})
    >>> heads_to_review(frame, {"stage": 0.8, "pivotal": 0.7})
    ['pivotal', 'stage,pivotal']
    """
    names = np.array(list(least))
    under = np.column_stack(
        [moments[f"{head}{CONFIDENCE}"].to_numpy(float) < limit for head, limit in least.items()]
    )
    return [",".join(names[row]) for row in under]
