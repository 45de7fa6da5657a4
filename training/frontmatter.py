"""What stands at the head of a model card for the Hugging Face hub to read: YAML between two rules.

The hub checks licences, data sets and results when a card is pushed, and refuses what it does not
know. So licences outside its list go by ``other`` and a name of their own, and sources, which are
files and not data sets of the hub, are told in the card's text alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LICENCES = frozenset((
    "afl-3.0", "agpl-3.0", "apache-2.0", "artistic-2.0", "bsd", "bsd-2-clause", "bsd-3-clause",
    "bsd-3-clause-clear", "bsl-1.0", "cc", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0",
    "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0",
    "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "cc-by-nd-4.0", "cc-by-sa-3.0",
    "cc-by-sa-4.0", "cc0-1.0", "cdla-permissive-1.0", "cdla-permissive-2.0", "cdla-sharing-1.0",
    "ecl-2.0", "epl-1.0", "epl-2.0", "eupl-1.1", "eupl-1.2", "gfdl", "gpl", "gpl-2.0", "gpl-3.0",
    "isc", "lgpl", "lgpl-2.1", "lgpl-3.0", "mit", "mpl-2.0", "ms-pl", "ncsa", "odbl", "odc-by",
    "ofl-1.1", "openrail", "osl-3.0", "pddl", "postgresql", "unknown", "unlicense", "wtfpl", "zlib",
))  # fmt: skip
"""Licences that the hub knows, of https://huggingface.co/docs/hub/repositories-licenses."""

OTHER = "other"
TAGS = (
    "moments-of-truth",
    "customer-feedback",
    "customer-journey",
    "sentiment-analysis",
    "openvino",
)
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


def licence_keys(licence: str) -> dict[str, str]:
    """The keys that tell the hub a licence.

    >>> licence_keys("Apache-2.0")
    {'license': 'apache-2.0'}
    >>> licence_keys("Kitelake internal")
    {'license': 'other', 'license_name': 'kitelake-internal'}
    """
    name = re.sub(r"[^a-z0-9.]+", "-", licence.lower()).strip("-.")
    if name in LICENCES or name in ("", OTHER):
        return {"license": name or OTHER}
    return {"license": OTHER, "license_name": name}


def front_matter(licence: str, encoder: str, *, figures: bool) -> str:
    """Keys that the hub reads, as YAML without the rules around it.

    Args:
        licence: Of the bundle.
        encoder: The pretrained encoder that its fits began with; told where it is one of the hub.
        figures: Whether the card has figures on held-out data.
    """
    from huggingface_hub import ModelCardData

    keys: Mapping[str, str] = licence_keys(licence)
    card = ModelCardData(
        language="en",
        library_name="mot-nlp",
        pipeline_tag="text-classification",
        tags=list(TAGS),
        base_model=encoder if _REPOSITORY.fullmatch(encoder) else None,
        metrics=["f1", "accuracy"] if figures else None,
        license=keys["license"],
        license_name=keys.get("license_name"),
    )
    return str(card.to_yaml())
