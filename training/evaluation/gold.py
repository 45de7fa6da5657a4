"""Labelled documents to score on, with the columns to slice them by."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.errors import ColumnError, InputError
from mot_nlp.records import Rejected, is_missing
from training.reading import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mot_nlp.taxonomy import Taxonomy
    from training.corpus import LabelledDocument

FIELDS = ("source", "domain")
"""What is known of every document and always sliced by."""

ON_DEMAND = ("origin",)
"""What is known of every document and sliced by where it is asked for."""

OFFERED = ("variety",)
"""Keys of a row that are sliced by wherever rows have them."""

SPLIT = "split"
"""Key by which a row says itself which part it belongs to."""


@dataclass(frozen=True, slots=True)
class GoldSet:
    """Labelled documents and what is known of each.

    Attributes:
        name: What to call them.
        documents: The documents.
        columns: What to slice by: a value for each document, ``""`` where not known.
        part: Part of the data that they are, empty for the whole.
        set_aside: Rows that could not be used.
    """

    name: str
    documents: tuple[LabelledDocument, ...]
    columns: Mapping[str, tuple[str, ...]]
    part: str = ""
    set_aside: tuple[Rejected, ...] = ()

    @classmethod
    def of(
        cls,
        name: str,
        documents: Iterable[LabelledDocument],
        *,
        part: str = "",
        keys: Iterable[str] = (),
    ) -> GoldSet:
        """Documents that are at hand.

        Args:
            name: What to call them.
            documents: The documents.
            part: Part of the data that they are.
            keys: What to slice by beside ``FIELDS``: of ``ON_DEMAND``, or a key of their rows.

        Raises:
            ColumnError: No document has a key that was asked for.
        """
        kept = tuple(documents)
        return cls(name, kept, _columns(kept, keys, name), part)

    @property
    def segments(self) -> int:
        """Number of labelled segments."""
        return sum(len(document.segments) for document in self.documents)

    def owners(self) -> NDArray[np.int64]:
        """Number of each segment's document, (segments,)."""
        sizes = [len(document.segments) for document in self.documents]
        return np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)

    def texts(self) -> list[str]:
        """Text of each segment."""
        return [d.text[s.start : s.end] for d in self.documents for s in d.segments]


def read_gold(
    path: Path,
    taxonomies: Sequence[Taxonomy],
    *,
    keys: Iterable[str] = (),
    part: str | None = None,
) -> GoldSet:
    """Read labelled JSON Lines; rows that cannot be used are set aside.

    Args:
        path: JSON Lines with ``id``, ``text``, ``units`` and any other keys.
        taxonomies: What the labels may be of; a row is read by the first that it does not
            contradict.
        keys: Further keys of the rows to slice by.
        part: Keep only the rows whose key ``split`` says so. Rows are not dealt anew here: it would
            not be the split that a model was fitted on.

    Raises:
        InputError: The file is missing, or holds no document that can be used or is of that part.
        ColumnError: No row has a key that was asked for.
        ReadError: It is not UTF-8.
    """
    documents, set_aside = read_rows(path, taxonomies)
    if part is not None:
        documents = _of_part(documents, part, path)
    kept = tuple(documents)
    return GoldSet(path.name, kept, _columns(kept, keys, str(path)), part or "", tuple(set_aside))


def _columns(
    documents: Sequence[LabelledDocument], keys: Iterable[str], where: str
) -> dict[str, tuple[str, ...]]:
    """Values to slice by: ``FIELDS``, keys asked for, and ``OFFERED`` where rows have them.

    Raises:
        ColumnError: No document has a key that was asked for.
    """
    own = {key for entry in documents for key, value in entry.extra.items() if _cell(value)}
    fields = (*FIELDS, *ON_DEMAND)
    asked = [*FIELDS, *keys, *(key for key in OFFERED if key in own)]
    missing = [key for key in asked if key not in own and key not in fields]
    if missing:
        known = sorted(own | {*fields})
        raise ColumnError(
            f"{where} has no {', '.join(map(repr, missing))} to slice by; there are "
            f"{', '.join(known)}",
            missing=missing,
            known=known,
        )
    return {
        key: tuple(
            _cell(getattr(entry, key) if key in fields else entry.extra.get(key))
            for entry in documents
        )
        for key in dict.fromkeys(asked)
    }


def _of_part(
    documents: Sequence[LabelledDocument], part: str, path: Path
) -> list[LabelledDocument]:
    """The documents whose rows say that they belong to a part.

    Raises:
        InputError: None does.
    """
    given = [_cell(document.extra.get(SPLIT)) for document in documents]
    if not any(given):
        raise InputError(
            f"the rows of {path} have no key {SPLIT!r}, so --split cannot tell them apart; leave it "
            "out, and score a model on what its fit kept apart: test.jsonl in the folder of the fit"
        )
    if part not in given:
        counts = ", ".join(f"{name} ({count:,})" for name, count in Counter(given).items() if name)
        raise InputError(f"no document of {path} is in the part {part!r}; there are {counts}")
    return [document for document, name in zip(documents, given, strict=True) if name == part]


def _cell(value: object) -> str:
    """A value as a text, empty where there is none; what is no single value does not count."""
    if isinstance(value, list | dict) or is_missing(value):
        return ""
    return str(value)
