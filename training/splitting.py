"""Own labelled rows into train, validation and test.

Rows that say themselves where they belong (key ``split``) are taken at their word. All others are
dealt by group, so that no author, or no document, stands on two sides. Which side a group comes to
depends on its name alone: rows that are added later move none that are there, and a test part stays
one. The price is that shares and labels come out about right, not exactly; :func:`gaps` says where
a label is missing. Folds, which nothing has to outlive, are stratified
(:mod:`training.cross_validation`).
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mot_nlp.errors import ColumnError, InputError
from mot_nlp.records import is_missing
from training.corpus import SPLITS, gather
from training.labelled import as_row, read_labelled, write_rows
from training.leakage import LeftOut, without_leaks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mot_nlp.records import Rejected
    from mot_nlp.taxonomy import Taxonomy
    from training.config import DataConfig
    from training.corpus import LabelledDocument

logger = logging.getLogger(__name__)

GROUP = "group"
"""Key that groups rows where no other is named."""

OWN = "split"
"""Key by which a row says itself which part it belongs to."""

Parts = dict[str, list["LabelledDocument"]]


@dataclass(frozen=True, slots=True)
class Split:
    """Documents by part, and what was not used.

    Attributes:
        parts: Documents by ``train``, ``validation`` and ``test``.
        files: Names of the files that they came from.
        own: Whether they are own labelled rows, not the project's corpus.
        by: Key that groups them; empty for each document by itself.
        left_out: Held-out documents that other parts give away.
        set_aside: Rows that could not be used.
    """

    parts: Mapping[str, Sequence[LabelledDocument]]
    files: tuple[str, ...] = ()
    own: bool = False
    by: str = ""
    left_out: tuple[LeftOut, ...] = ()
    set_aside: tuple[Rejected, ...] = ()

    @property
    def sha256(self) -> str:
        """Of which document is in which part: the same split, the same value."""
        places = sorted((d.id, part) for part, documents in self.parts.items() for d in documents)
        return hashlib.sha256(json.dumps(places).encode()).hexdigest()

    def write(self, out: Path) -> None:
        """Write ``split.json``, the test part as ``test.jsonl``, and rows set aside, if any.

        Args:
            out: An existing folder.
        """
        table = {
            "parts": {part: [d.id for d in documents] for part, documents in self.parts.items()},
            "left_out": [asdict(entry) for entry in self.left_out],
        }
        text = json.dumps(table, indent=2, ensure_ascii=False) + "\n"
        (out / "split.json").write_text(text, encoding="utf-8")
        write_rows(map(as_row, self.parts.get("test", ())), out / "test.jsonl")
        rejected = out / "rejected.jsonl"
        rejected.unlink(missing_ok=True)  # an earlier list would be of other rows
        if self.set_aside:
            write_rows(map(asdict, self.set_aside), rejected)


def documents_of(data: DataConfig, extra: Sequence[Path], taxonomy: Taxonomy) -> Split:
    """The documents that a configuration names: its own labelled rows, else the corpus.

    Args:
        data: Which files, and how own rows are split.
        extra: Further labelled files. Beside the corpus they join train and validation, beside own
            rows train alone.
        taxonomy: Labels.

    Raises:
        InputError: A file cannot be found or read, or a part that is needed is empty.
        ColumnError: No row has the key to group by.
    """
    files = [*map(Path, data.extra), *extra]
    if not data.labelled:
        splits = gather(Path(data.corpus), files, taxonomy)
        return Split(splits, tuple(path.name for path in files))
    own, faulty = read_labelled(map(Path, data.labelled), taxonomy)
    added, more = read_labelled(files, taxonomy, taken=[document.id for document in own])
    key = group_key(own, data.group)
    parts = deal(
        own, key, test=data.test_share, validation=data.validation_share, seed=data.split_seed
    )
    parts["train"] += added
    kept, left_out = without_leaks(parts, partial(group_of, key=key))
    for part in ("train", "validation"):
        if not kept[part]:
            raise InputError(
                f"no document is in the part {part!r}, of {len(own):,} documents; label more, set "
                "data.validation_share or data.split_seed otherwise, or give rows a key split"
            )
    names = tuple(path.name for path in (*map(Path, data.labelled), *files))
    return Split(kept, names, True, key, tuple(left_out), (*faulty, *more))


def group_key(documents: Sequence[LabelledDocument], named: str = "") -> str:
    """The key that groups documents: the one that is named, else ``group`` if a row has it.

    Args:
        documents: Documents with what else their rows say.
        named: A key, or empty.

    Returns:
        The key; empty where each document is its own group.

    Raises:
        ColumnError: No row has the key that was named.
    """
    key = named or GROUP
    lacking = sum(1 for document in documents if not _cell(document, key))
    if lacking == len(documents):
        if not named:
            return ""
        known = sorted({name for document in documents for name in document.extra})
        raise ColumnError(
            f"no labelled row has the key {named!r} to group by; there are "
            f"{', '.join(known) or 'none beside id, source, domain, text and units'}",
            missing=[named],
            known=known,
        )
    if lacking:
        logger.warning(
            "%d of %d documents have no %s; each of them is its own group",
            lacking,
            len(documents),
            key,
        )
    return key


def group_of(document: LabelledDocument, key: str) -> str:
    """Name of the group that a document belongs to."""
    value = _cell(document, key)
    return f"{key} {value}" if value else f"document {document.id}"


def deal(
    documents: Sequence[LabelledDocument],
    key: str,
    *,
    test: float,
    validation: float,
    seed: int = 0,
) -> Parts:
    """Documents by part, as their own key ``split`` says or, where none has it, by group.

    Args:
        documents: Documents with what else their rows say.
        key: Key that groups them; empty for each document by itself.
        test: Share of the groups that go to test, 0 to 1.
        validation: Share of the groups that go to validation, 0 to 1.
        seed: Another number deals anew.

    Raises:
        InputError: A document's split is not one of the three parts.
    """
    given = [_cell(document, OWN) for document in documents]
    if any(given):
        return _as_given(documents, given, key, validation / (1 - test), seed)
    parts: Parts = {part: [] for part in SPLITS}
    for document in documents:
        place = _place(group_of(document, key), seed)
        part = "test" if place < test else "validation" if place < test + validation else "train"
        parts[part].append(document)
    return parts


def _as_given(
    documents: Sequence[LabelledDocument],
    given: Sequence[str],
    key: str,
    validation: float,
    seed: int,
) -> Parts:
    """Documents by the part that their rows name; those that name none are train."""
    unknown = next((part for part in given if part and part not in SPLITS), None)
    if unknown is not None:
        raise InputError(
            f"a labelled row has split {unknown!r}; allowed: {', '.join(SPLITS)}. Take the key out of "
            "all rows to have them dealt"
        )
    if not all(given):
        logger.warning(
            "%d of %d documents have no split while others have; they join train",
            given.count(""),
            len(given),
        )
    parts: Parts = {part: [] for part in SPLITS}
    for document, part in zip(documents, given, strict=True):
        parts[part or "train"].append(document)
    if not parts["validation"]:
        logger.warning("no row has split 'validation'; a share of train is taken for it")
        train, parts["train"] = parts["train"], []
        for document in train:
            held_out = _place(group_of(document, key), seed) < validation
            parts["validation" if held_out else "train"].append(document)
    return parts


def gaps(split: Split, taxonomy: Taxonomy) -> list[str]:
    """Labels without an example, which cannot be learned (train) or judged (other parts).

    Args:
        split: Documents by part; empty parts are passed over.
        taxonomy: Labels.

    Returns:
        A line for each head and part that lacks some.
    """
    lines = []
    for name, head in taxonomy.heads.items():
        counts = {
            part: Counter(labels[name] for d in own for labels in d.labels if name in labels)
            for part, own in split.parts.items()
            if own
        }
        known = [label for label in head.labels if any(own[label] for own in counts.values())]
        if not known:
            lines.append(f"{name}: no row has a label; nothing is learned of it")
            continue
        if len(known) < len(head.labels):
            lines.append(f"{name}: no example of {', '.join(_others(head.labels, known))}")
        for part, own in counts.items():
            missing = [label for label in known if not own[label]]
            if missing:
                lines.append(f"{name}: no example in {part} of {', '.join(missing)}")
    return lines


def _others(labels: Iterable[str], known: Collection[str]) -> list[str]:
    return [label for label in labels if label not in known]


def _place(group: str, seed: int) -> float:
    """Where a group comes to, from 0 to 1, by its name alone."""
    digest = hashlib.sha256(f"split {seed} {group}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def _cell(document: LabelledDocument, key: str) -> str:
    """What a document's row says under a key, as a text; empty where it says nothing."""
    value = document.extra.get(key)
    return "" if isinstance(value, list | dict) or is_missing(value) else str(value).strip()
