"""Stand-off labels of real texts, and the join of these labels to texts that a user has obtained."""

from training.sources.joining import Report, join
from training.sources.labels import LabelRecord, read_labels, unclear, with_licence, write_labels

__all__ = [
    "LabelRecord",
    "Report",
    "join",
    "read_labels",
    "unclear",
    "with_licence",
    "write_labels",
]
