"""What the labels are: heads, labels in output order, roll-ups, and which pairs may occur.

A taxonomy is read from the ``taxonomy.toml`` of a model bundle, so a bundle trained on other
labels brings its own. The runtime itself knows only the names of the five heads, the poles of
sentiment and the answer that makes a moment pivotal.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import TaxonomyError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT = 1
HEADS = ("stage", "moment", "touchpoint", "sentiment", "pivotal")
POLES = ("negative", "positive")
PIVOTAL = "yes"


@dataclass(frozen=True, slots=True)
class Head:
    """One question asked of every segment.

    Attributes:
        name: Name of the head, also the column name of its labels.
        labels: Possible answers, in the order of the model's outputs.
        none: The answer that a segment without a moment takes.
        definitions: What a label means, for those that say so.
    """

    name: str
    labels: tuple[str, ...]
    none: str
    definitions: Mapping[str, str]

    def index(self, label: str) -> int:
        """Position of ``label`` in the model's outputs.

        Raises:
            TaxonomyError: The head has no such label.
        """
        try:
            return self.labels.index(label)
        except ValueError:
            raise TaxonomyError(
                f"{label!r} is not a label of {self.name}; the labels are {', '.join(self.labels)}"
            ) from None


@dataclass(frozen=True, slots=True)
class Rollup:
    """A coarser reading of one head: ``groups`` maps each of its labels to a group."""

    name: str
    of: str
    groups: Mapping[str, str]

    @property
    def labels(self) -> tuple[str, ...]:
        """The groups, in the order they were written."""
        return tuple(dict.fromkeys(self.groups.values()))


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Heads, roll-ups and allowed (stage, moment) pairs of one model.

    Attributes:
        heads: Heads by name, in output order.
        pairs: The (stage, moment) pairs that may occur.
        rollups: Roll-ups by name.
    """

    heads: Mapping[str, Head]
    pairs: tuple[tuple[str, str], ...]
    rollups: Mapping[str, Rollup]

    @property
    def width(self) -> int:
        """Number of outputs over all heads."""
        return sum(len(head.labels) for head in self.heads.values())

    @property
    def outputs(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Heads and their labels in output order: equal for models whose scores mean the same."""
        return tuple((name, tuple(head.labels)) for name, head in self.heads.items())

    def slices(self) -> dict[str, slice]:
        """Where each head's scores stand in a row of ``width`` model outputs."""
        out: dict[str, slice] = {}
        start = 0
        for name, head in self.heads.items():
            out[name] = slice(start, start + len(head.labels))
            start += len(head.labels)
        return out

    def order(self, column: str) -> tuple[str, ...]:
        """Labels of a head or roll-up in taxonomy order, empty for any other column."""
        if column in self.heads:
            return self.heads[column].labels
        return self.rollups[column].labels if column in self.rollups else ()


def read_taxonomy(path: Path) -> Taxonomy:
    """Read and check a ``taxonomy.toml``.

    Raises:
        TaxonomyError: The file is not TOML, or its labels do not fit together.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TaxonomyError(f"{path} is not readable TOML: {error}") from error
    return parse_taxonomy(table, where=str(path))


def parse_taxonomy(table: Mapping[str, Any], *, where: str = "taxonomy") -> Taxonomy:
    """Build a taxonomy from the parsed TOML table and check it.

    Args:
        table: Tables ``heads``, ``pairs`` and ``rollups`` as in the bundle's file.
        where: Name of the source, for error messages.

    Raises:
        TaxonomyError: A head is missing or its labels do not fit together.
    """
    if table.get("format") != FORMAT:
        raise TaxonomyError(
            f"{where}: format is {table.get('format')!r}; this version reads {FORMAT}"
        )
    given = table.get("heads", {})
    if tuple(given) != HEADS:
        raise TaxonomyError(
            f"{where}: heads are {', '.join(given) or 'missing'}; write {', '.join(HEADS)}, in that order"
        )
    heads = {name: _head(name, entry, where) for name, entry in given.items()}
    for label, head in [
        *((pole, heads["sentiment"]) for pole in POLES),
        (PIVOTAL, heads["pivotal"]),
    ]:
        if label not in head.labels:
            raise TaxonomyError(
                f"{where}: [heads.{head.name}] lacks the label {label!r}, which scores rest on"
            )
    pairs = _pairs(table.get("pairs", {}).get("allowed", []), heads, where)
    rollups = {
        name: _rollup(name, entry, heads, where) for name, entry in table.get("rollups", {}).items()
    }
    return Taxonomy(heads=heads, pairs=pairs, rollups=rollups)


def _head(name: str, entry: Mapping[str, Any], where: str) -> Head:
    labels = tuple(entry.get("labels", ()))
    none = entry.get("none")
    if len(labels) < 2 or len(set(labels)) != len(labels):
        raise TaxonomyError(f"{where}: [heads.{name}] needs at least two different labels")
    if none not in labels:
        raise TaxonomyError(f"{where}: [heads.{name}] none = {none!r} is not one of its labels")
    definitions = dict(entry.get("definitions", {}))
    unknown = sorted(set(definitions) - set(labels))
    if unknown:
        raise TaxonomyError(f"{where}: [heads.{name}.definitions] defines unknown {unknown}")
    return Head(name=name, labels=labels, none=str(none), definitions=definitions)


def _pairs(
    allowed: list[list[str]], heads: Mapping[str, Head], where: str
) -> tuple[tuple[str, str], ...]:
    pairs = tuple((str(stage), str(moment)) for stage, moment in allowed)
    for stage, moment in pairs:
        heads["stage"].index(stage)
        heads["moment"].index(moment)
    if (heads["stage"].none, heads["moment"].none) not in pairs:
        raise TaxonomyError(f"{where}: [pairs] must allow none with none")
    for position, name in enumerate(("stage", "moment")):
        missing = set(heads[name].labels) - {pair[position] for pair in pairs}
        if missing:
            raise TaxonomyError(
                f"{where}: [pairs] leaves no pair for {name} {', '.join(sorted(missing))}"
            )
    return pairs


def _rollup(name: str, entry: Mapping[str, Any], heads: Mapping[str, Head], where: str) -> Rollup:
    of = str(entry.get("of"))
    if of not in heads:
        raise TaxonomyError(f"{where}: [rollups.{name}] of = {of!r} is not a head")
    groups = {label: group for group, labels in entry.items() if group != "of" for label in labels}
    placed = [label for group, labels in entry.items() if group != "of" for label in labels]
    if sorted(placed) != sorted(heads[of].labels):
        raise TaxonomyError(f"{where}: [rollups.{name}] must place each label of {of} exactly once")
    return Rollup(name=name, of=of, groups=groups)
