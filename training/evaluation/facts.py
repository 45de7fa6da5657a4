"""Which bundle was scored, and on what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from training.corpus import fingerprint

if TYPE_CHECKING:
    from mot_nlp.bundle import Bundle
    from mot_nlp.records import Rejected
    from training.evaluation.gold import GoldSet


@dataclass(frozen=True, slots=True)
class BundleFacts:
    """Which bundle it was.

    Attributes:
        name: Its name.
        sha256: One hash for all of it.
        precision: What it computes in.
    """

    name: str
    sha256: str
    precision: str


@dataclass(frozen=True, slots=True)
class GoldFacts:
    """What was scored on.

    Attributes:
        name: File name, or ``corpus``.
        sha256: Hash over ids, texts and labels.
        part: train, validation, test …; empty for the whole.
        documents: Documents scored.
        segments: Labelled segments of these.
        set_aside: Rows that could not be used.
    """

    name: str
    sha256: str
    part: str
    documents: int
    segments: int
    set_aside: tuple[Rejected, ...]


def bundle_facts(bundle: Bundle) -> BundleFacts:
    """Which bundle it is."""
    return BundleFacts(bundle.manifest.name, bundle.sha256, bundle.manifest.precision)


def gold_facts(gold: GoldSet) -> GoldFacts:
    """What is scored on."""
    return GoldFacts(
        gold.name, fingerprint(gold.documents), gold.part, len(gold.documents), gold.segments,
        gold.set_aside,
    )  # fmt: skip
