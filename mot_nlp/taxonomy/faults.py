"""Faults of a taxonomy, gathered so that all can be mended at once; each with its line."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from mot_nlp.errors import TaxonomyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mot_nlp.taxonomy.positions import Place

MOST_TOLD = 20
"""Faults that a message lists."""


class Faults:
    """Gathers what is wrong.

    Args:
        where: Name of the source, for messages.
        lines: Line of each place in it; empty where it was no text.
    """

    def __init__(self, where: str, lines: Mapping[Place, int]) -> None:
        self._where = where
        self._lines = lines
        self._told: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._told)

    def add(self, place: Place, what: str) -> None:
        """Note a fault at ``place``, or at the table it should stand in."""
        while place and place not in self._lines:
            place = place[:-1]
        self._told.append((self._lines.get(place, 0), what))

    def check_keys(self, place: Place, given: Iterable[object], known: Iterable[str]) -> None:
        """Note keys that are none of those known, with the nearest of these."""
        names = list(known)
        for key in (str(key) for key in given if key not in names):
            near = get_close_matches(key, names, 1)
            hint = f"did you mean {near[0]}?" if near else f"it takes {', '.join(names)}"
            self.add((*place, key), f"{table(place)} has an unknown key {key!r}; {hint}")

    def raise_any(self) -> None:
        """Raise what was noted, in the order of lines.

        Raises:
            TaxonomyError: Something was.
        """
        if not self._told:
            return
        told = [
            f"{self._where}:{line}: {what}" if line else f"{self._where}: {what}"
            for line, what in sorted(self._told, key=lambda fault: fault[0])
        ]
        if len(told) == 1:
            raise TaxonomyError(told[0])
        more = [f"and {len(told) - MOST_TOLD} more"] if len(told) > MOST_TOLD else []
        listed = "\n".join([*told[:MOST_TOLD], *more])
        raise TaxonomyError(f"{len(told)} faults in {self._where}:\n{listed}")


def table(place: Place) -> str:
    """A table as TOML writes it.

    >>> table(("heads", "stage")), table(())
    ('[heads.stage]', 'the file')
    """
    return f"[{'.'.join(map(str, place))}]" if place else "the file"
