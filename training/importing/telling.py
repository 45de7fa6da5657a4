"""Which form a file of labels has, told by what its first rows hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

TABLE, LABELLED, SPACY = "table", "labelled", "spacy"
LABEL_STUDIO, LABEL_STUDIO_MIN = "label-studio", "label-studio-min"
ARGILLA, PRODIGY = "argilla", "prodigy"

FORMATS = (TABLE, LABELLED, LABEL_STUDIO, LABEL_STUDIO_MIN, ARGILLA, PRODIGY, SPACY)
"""Forms that may be named."""

_PRODIGY = {"_task_hash", "_input_hash", "_view_id", "_session_id", "_annotator_id"}
_ANSWERED = {"spans", "accept", "label"}
_STUDIO = {"annotations", "completions", "predictions"}


def told_by_names(names: Collection[str]) -> str:
    """The form of rows that have columns or keys of these names.

    >>> told_by_names(["id", "data", "annotations"]), told_by_names(["text", "stage"])
    ('label-studio', 'table')
    """
    found = set(names)
    if "units" in found:
        return LABELLED
    if "data" in found and found & _STUDIO:
        return LABEL_STUDIO
    if {"annotation_id", "annotator"} <= found:
        return LABEL_STUDIO_MIN
    if "fields" in found and found & {"responses", "suggestions"}:
        return ARGILLA
    if found & _PRODIGY or {"text", "spans"} <= found or ("answer" in found and found & _ANSWERED):
        return PRODIGY
    return TABLE
