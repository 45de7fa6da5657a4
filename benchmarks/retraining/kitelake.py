"""The 800 rows of an invented company with stages of its own, one segment a row."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from benchmarks.retraining.sources import Source
from mot_nlp.errors import InputError
from mot_nlp.records import Segment
from mot_nlp.taxonomy import read_taxonomy
from training.contradictions import label_faults
from training.corpus import LabelledDocument

if TYPE_CHECKING:
    from mot_nlp.taxonomy import Taxonomy

FOLDER = Path("data/examples/kitelake")
_COLUMNS = ("document", "author", "channel", "text")
_CHANNELS = {"review": "review", "social": "social", "chat": "transcript"}
_SHOWN = 20


def read_kitelake(folder: Path = FOLDER) -> Source:
    """Rows of ``labelled.csv`` as documents, their segments joined by spaces.

    A cell without a label is a missing label. Documents are owned by their authors.

    Raises:
        InputError: A file is missing, or rows cannot be used; a benchmark on fewer rows than it
            says would not be one, so nothing is set aside.
    """
    path, labels = folder / "labelled.csv", folder / "taxonomy.toml"
    taxonomy = read_taxonomy(labels)
    if not path.is_file():
        raise InputError(f"no labelled rows at {path}; name the folder with --data")
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    wanted = [*_COLUMNS, *taxonomy.heads]
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        raise InputError(f"{path} lacks the columns {missing}; it has {list(table.columns)}")
    faults = _faults(table, taxonomy)
    if faults:
        raise InputError(f"{len(faults)} faults in {path}:\n" + "\n".join(faults[:_SHOWN]))
    documents, authors = [], []
    for name, rows in table.groupby("document", sort=False):
        documents.append(_document(str(name), rows, taxonomy))
        authors.append(rows["author"].iloc[0] or f"author of {name}")
    owners, _ = pd.factorize(pd.Series(authors))
    return Source("kitelake", tuple(documents), tuple(owners.tolist()), labels)


def _faults(table: pd.DataFrame, taxonomy: Taxonomy) -> list[str]:
    faults = []
    for row, entry in enumerate(table.to_dict("records"), 1):
        found = label_faults(
            {head: entry[head] for head in taxonomy.heads if entry[head]}, taxonomy
        )
        if entry["channel"] not in _CHANNELS:
            found.append(f"channel {entry['channel']!r} is none of {', '.join(_CHANNELS)}")
        found += [f"{name} is empty" for name in ("document", "text") if not entry[name].strip()]
        faults += [f"row {row}: {fault}" for fault in found]
    return faults


def _document(name: str, rows: pd.DataFrame, taxonomy: Taxonomy) -> LabelledDocument:
    text, segments, labels = "", [], []
    for entry in rows.to_dict("records"):
        own = entry["text"].strip()
        text += " " if text else ""
        segments.append(Segment(len(text), len(text) + len(own), text.count("\n")))
        text += own
        labels.append({head: entry[head] for head in taxonomy.heads if entry[head]})
    return LabelledDocument(
        id=name,
        source=_CHANNELS[rows["channel"].iloc[0]],
        domain="resort",
        origin="kitelake",
        text=text,
        segments=tuple(segments),
        labels=tuple(labels),
    )
