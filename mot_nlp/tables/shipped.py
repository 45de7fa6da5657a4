"""The labels that count where the caller names none: those of the shipped model."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from mot_nlp.bundle import open_bundle

if TYPE_CHECKING:
    from mot_nlp.bundle import Bundle
    from mot_nlp.taxonomy import Taxonomy


@cache
def shipped() -> Bundle:
    """The shipped bundle, opened once."""
    return open_bundle()


def or_shipped(taxonomy: Taxonomy | None) -> Taxonomy:
    """The taxonomy given, else that of the shipped model."""
    return shipped().taxonomy if taxonomy is None else taxonomy
