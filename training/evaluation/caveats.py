"""What a reader should know before the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.corpus import fingerprint
from training.evaluation.data import FEW, FEW_DOCUMENTS

if TYPE_CHECKING:
    from mot_nlp.bundle import Bundle
    from training.evaluation.data import HeadFigures
    from training.evaluation.gold import GoldSet


def caveats(bundle: Bundle, gold: GoldSet, heads: tuple[HeadFigures, ...]) -> list[str]:
    """Rows left out, documents the bundle was fitted on, few documents, silent heads, rare labels.

    Args:
        bundle: The bundle.
        gold: What it was scored on.
        heads: Its figures.
    """
    told = set_aside(gold)
    trained = bundle.manifest.data.get("sha256", {})
    seen = [
        name for name in ("train", "validation") if trained.get(name) == fingerprint(gold.documents)
    ]
    if seen:
        told.append(
            f"These are the bundle's own {seen[0]} documents: it has seen them, so the figures "
            "flatter it."
        )
    told += few_documents(gold)
    silent = [head for head in bundle.taxonomy.heads if head not in {h.head for h in heads}]
    if silent:
        told.append(f"No label in the gold for {', '.join(silent)}: left out.")
    few = [f"{head.head} {label.label} ({label.n})" for head in heads for label in head.labels
           if label.few and label.n]  # fmt: skip
    if few:
        told.append(
            f"Labels with fewer than {FEW} gold segments, whose figures say little: {', '.join(few)}."
        )
    return told


def set_aside(gold: GoldSet) -> list[str]:
    """That rows could not be used, where some could not."""
    count = len(gold.set_aside)
    if not count:
        return []
    first = gold.set_aside[0]
    return [
        f"{count:,} row{'' if count == 1 else 's'} of {gold.name} could not be used and "
        f"{'is' if count == 1 else 'are'} not in the figures; the first is row {first.row}: "
        f"{first.reason}"
    ]


def few_documents(gold: GoldSet) -> list[str]:
    """That intervals are rough, where there are few documents."""
    count = len(gold.documents)
    if count >= FEW_DOCUMENTS:
        return []
    return [
        f"Only {count} document{'' if count == 1 else 's'}: intervals of fewer than "
        f"{FEW_DOCUMENTS} are rough, and as a rule too narrow."
    ]
