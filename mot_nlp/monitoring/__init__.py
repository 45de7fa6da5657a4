"""Whether new feedback still looks like that which a model was judged on."""

from mot_nlp.monitoring.finding import drift
from mot_nlp.monitoring.result import (
    INCOMPARABLE,
    RELABEL,
    STABLE,
    UNKNOWN,
    VERDICTS,
    WATCH,
    DriftResult,
)

__all__ = [
    "INCOMPARABLE",
    "RELABEL",
    "STABLE",
    "UNKNOWN",
    "VERDICTS",
    "WATCH",
    "DriftResult",
    "drift",
]
