"""What contradicts a taxonomy in the labels of a segment."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mot_nlp.taxonomy import Taxonomy


def label_faults(labels: dict[str, str], taxonomy: Taxonomy) -> list[str]:
    """What contradicts the taxonomy in one segment's labels by head (those left out are not judged)."""
    faults = [
        f"{labels[name]!r} is not a label of {name}; the labels are {', '.join(head.labels)}"
        for name, head in taxonomy.heads.items()
        if name in labels and labels[name] not in head.labels
    ]
    if faults:
        return faults
    pair = (labels.get("stage"), labels.get("moment"))
    if None not in pair and pair not in taxonomy.pairs:
        faults.append(f"stage {pair[0]} does not go with moment {pair[1]}")
    none = taxonomy.heads["stage"].none
    if labels.get("stage") == none:
        faults += [
            f"stage {none} takes {name} {head.none}, not {labels[name]}"
            for name, head in taxonomy.heads.items()
            if name in labels and labels[name] != head.none
        ]
    elif labels.get("touchpoint") == taxonomy.heads["touchpoint"].none and "stage" in labels:
        faults.append(f"stage {labels['stage']} needs a touchpoint")
    return faults
