"""Moments of truth in customer feedback: found, tagged, and rolled up into sentiment tables.

>>> import mot_nlp
>>> moments = mot_nlp.predict("Read great reviews, but it died in a week.")
>>> list(moments.columns[:4])
['doc_id', 'moment_id', 'start', 'end']
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mot_nlp.version import VERSION

if TYPE_CHECKING:
    from mot_nlp.api import load, predict
    from mot_nlp.errors import (
        BundleError,
        ColumnError,
        InputError,
        JobError,
        MotError,
        OutputError,
        ReadError,
        TaxonomyError,
    )
    from mot_nlp.monitoring import DriftResult, drift
    from mot_nlp.records import (
        DOCUMENT_COLUMNS,
        MOMENT_COLUMNS,
        Document,
        Moment,
        Segment,
        TaggedDocument,
        Turn,
    )
    from mot_nlp.reporting import report
    from mot_nlp.tables import (
        compare,
        consistency,
        drivers,
        moment_table,
        paths,
        quotes,
        trend,
    )
    from mot_nlp.tagger import MomentTagger
    from mot_nlp.taxonomy import Taxonomy, read_taxonomy
    from mot_nlp.transcripts import document

__version__ = VERSION

__all__ = [
    "DOCUMENT_COLUMNS",
    "MOMENT_COLUMNS",
    "BundleError",
    "ColumnError",
    "Document",
    "DriftResult",
    "InputError",
    "JobError",
    "Moment",
    "MomentTagger",
    "MotError",
    "OutputError",
    "ReadError",
    "Segment",
    "TaggedDocument",
    "Taxonomy",
    "TaxonomyError",
    "Turn",
    "__version__",
    "compare",
    "consistency",
    "document",
    "drift",
    "drivers",
    "load",
    "moment_table",
    "paths",
    "predict",
    "quotes",
    "read_taxonomy",
    "report",
    "trend",
]

_HOMES = {
    "mot_nlp.api": ("load", "predict"),
    "mot_nlp.errors": (
        "BundleError",
        "ColumnError",
        "InputError",
        "JobError",
        "MotError",
        "OutputError",
        "ReadError",
        "TaxonomyError",
    ),
    "mot_nlp.monitoring": ("DriftResult", "drift"),
    "mot_nlp.records": (
        "DOCUMENT_COLUMNS",
        "MOMENT_COLUMNS",
        "Document",
        "Moment",
        "Segment",
        "TaggedDocument",
        "Turn",
    ),
    "mot_nlp.reporting": ("report",),
    "mot_nlp.tables": (
        "compare",
        "consistency",
        "drivers",
        "moment_table",
        "paths",
        "quotes",
        "trend",
    ),
    "mot_nlp.tagger": ("MomentTagger",),
    "mot_nlp.taxonomy": ("Taxonomy", "read_taxonomy"),
    "mot_nlp.transcripts": ("document",),
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for, so that ``import mot_nlp`` stays light."""
    from importlib import import_module

    for home, names in _HOMES.items():
        if name in names:
            value = getattr(import_module(home), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'mot_nlp' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
