"""What two taxonomies have in common, so that models of both can be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mot_nlp.errors import TaxonomyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mot_nlp.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Common:
    """Heads and labels of both taxonomies.

    Attributes:
        labels: Labels in common of each head in common, in the new taxonomy's order.
        left_out: Heads and labels of one of them alone, in words.
    """

    labels: Mapping[str, tuple[str, ...]]
    left_out: tuple[str, ...]


def in_common(old: Taxonomy, new: Taxonomy) -> Common:
    """Heads of the same name and their labels of the same name.

    Raises:
        TaxonomyError: No head has two labels in common.
    """
    labels: dict[str, tuple[str, ...]] = {}
    left_out = []
    for name in [*new.heads, *(name for name in old.heads if name not in new.heads)]:
        if name not in old.heads or name not in new.heads:
            left_out.append(
                f"{name}: only the {'new' if name in new.heads else 'old'} bundle has it"
            )
            continue
        ours, theirs = new.heads[name].labels, old.heads[name].labels
        both = tuple(label for label in ours if label in theirs)
        left_out += _alone(name, theirs, ours, "old") + _alone(name, ours, theirs, "new")
        if len(both) < 2:
            left_out.append(f"{name}: fewer than two labels in common")
        else:
            labels[name] = both
    if not labels:
        raise TaxonomyError(
            "the bundles have no head with two labels in common, so there is nothing to compare; "
            f"the old one's heads are {', '.join(old.heads)}, the new one's {', '.join(new.heads)}"
        )
    return Common(labels, tuple(left_out))


def _alone(head: str, labels: tuple[str, ...], others: tuple[str, ...], which: str) -> list[str]:
    only = [label for label in labels if label not in others]
    return [f"{head}: only the {which} bundle has {', '.join(only)}"] if only else []
