"""What is learned from and tested on: labelled documents, dealt into rows and a test part."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mot_nlp.errors import InputError
from mot_nlp.taxonomy import read_taxonomy
from training.corpus import read_jsonl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.corpus import LabelledDocument

HELD_OUT = (
    "quankiquanki/skytrax-reviews-dataset",
    "mike-camp/stack-exchange-data-analysis",
    "IBM/twitter-customer-care-document-prediction",
)
"""One repository of each kind that holds 1,300 segments, so that 800 rows leave 500 and more.

Reviews of airline lounges and seats (3,442 segments), forum questions, most of them on travel
(2,864), and customer-care threads (2,517): each the largest of its kind but for
yangheng95/ABSADatasets, whose 12,198 segments are over a third of all that is labelled, so that a
checkpoint without them would be another model. No other social source is large enough."""

TAXONOMY = Path("training/configs/taxonomy.toml")


@dataclass(frozen=True, slots=True)
class Source:
    """Labelled documents of one kind.

    Attributes:
        name: What it is called in the results.
        documents: The documents, in a fixed order.
        owners: For each document the number of its author, from 0; documents of an author are
            dealt together. Where authors are not known, each document is its own.
        taxonomy: File with the labels.
    """

    name: str
    documents: tuple[LabelledDocument, ...]
    owners: tuple[int, ...]
    taxonomy: Path

    @property
    def segments(self) -> int:
        """Number of labelled segments."""
        return count_segments(self.documents)


@dataclass(frozen=True, slots=True)
class Deal:
    """One order of a source's documents, cut into rows to learn from and a test part.

    Attributes:
        seed: Of the order.
        rows: Numbers of the documents to learn from, by the segments asked for; the smaller sizes
            are the beginning of the larger ones.
        test: Numbers of the documents of the test part, the same for all sizes.
    """

    seed: int
    rows: dict[int, tuple[int, ...]]
    test: tuple[int, ...]


def count_segments(documents: Sequence[LabelledDocument]) -> int:
    """Labelled segments of some documents."""
    return sum(len(document.segments) for document in documents)


def deal(source: Source, sizes: Sequence[int], seed: int) -> Deal:
    """Put authors in a random order, and take whole authors until the segments suffice.

    Args:
        source: What is dealt.
        sizes: Segments to learn from, in any order.
        seed: Of the order.

    Raises:
        InputError: A size is not a positive number, takes fewer than two documents, or leaves
            nothing to test on.
    """
    if not sizes or min(sizes) < 1:
        raise InputError(f"rows are {list(sizes)}; name one or more positive numbers, as 100,400")
    members: list[list[int]] = [[] for _ in range(max(source.owners) + 1)]
    for number, owner in enumerate(source.owners):
        members[owner].append(number)
    order = np.random.default_rng(seed).permutation(len(members))
    groups = [members[owner] for owner in order]
    ends = np.cumsum([count_segments([source.documents[n] for n in group]) for group in groups])
    rows, most = {}, 0
    for size in sorted(sizes):
        taken = int(np.searchsorted(ends, size)) + 1
        if taken >= len(groups):
            raise InputError(
                f"{size:,} rows leave nothing of {source.name} to test on: it has "
                f"{source.segments:,} segments; ask for fewer"
            )
        rows[size] = tuple(number for group in groups[:taken] for number in group)
        if len(rows[size]) < 2:
            raise InputError(
                f"{size:,} rows of {source.name} are a single document; a fit takes one of them as "
                "its validation part, so ask for more"
            )
        most = taken
    return Deal(seed, rows, tuple(number for group in groups[most:] for number in group))


def read_repositories(path: Path, names: Sequence[str], taxonomy: Path = TAXONOMY) -> list[Source]:
    """Each named repository's documents as a source.

    Args:
        path: Labelled JSON Lines with a ``repo`` in each row, as ``training sources`` writes them.
        names: ``owner/name`` of the repositories.
        taxonomy: File with the labels.

    Raises:
        InputError: The file cannot be read, or holds nothing of a repository.
    """
    documents = read_jsonl(path, read_taxonomy(taxonomy))
    check_names(documents, names, path)
    sources = []
    for name in names:
        own = tuple(document for document in documents if document.origin == name)
        sources.append(Source(name, own, tuple(range(len(own))), taxonomy))
    return sources


def check_names(documents: Sequence[LabelledDocument], names: Sequence[str], path: Path) -> None:
    """Compare the names asked for with those at hand.

    Raises:
        InputError: There is nothing of one of them.
    """
    held = Counter(document.origin for document in documents)
    for name in names:
        if name not in held:
            known = ", ".join(f"{repo} ({count:,})" for repo, count in held.most_common())
            raise InputError(
                f"{path} holds no document of {name}; those it holds, with their documents: {known}"
            )
