"""``taxonomy.toml`` to a taxonomy, checked."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import TaxonomyError
from mot_nlp.taxonomy.faults import Faults
from mot_nlp.taxonomy.heads import read_head
from mot_nlp.taxonomy.labels import HEADS, Taxonomy
from mot_nlp.taxonomy.naming import check_name
from mot_nlp.taxonomy.positions import line_numbers
from mot_nlp.taxonomy.relations import read_pairs, read_rollup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mot_nlp.taxonomy.labels import Head
    from mot_nlp.taxonomy.positions import Place

FORMAT = 1

_LINE = re.compile(r"at line ([0-9]+)")


def read_taxonomy(path: str | Path) -> Taxonomy:
    """Read and check a ``taxonomy.toml``: the labels of a model, which tables take as ``taxonomy``.

    Args:
        path: The file, in the folder of a model or of one's own.

    Raises:
        TaxonomyError: The file cannot be read or is not TOML, or its labels do not fit together;
            the message names the line of every fault, up to 20.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise TaxonomyError(f"{path} is not readable TOML: {error}; save it as UTF-8") from error
    except OSError as error:
        raise TaxonomyError(
            f"{path} cannot be read ({error.strerror}); name a taxonomy.toml"
        ) from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        line = found[1] if found else text.count("\n") + 1
        raise TaxonomyError(f"{path}:{line}: not readable TOML: {error}") from error
    return parse_taxonomy(table, where=str(path), lines=line_numbers(text))


def parse_taxonomy(
    table: Mapping[str, Any],
    *,
    where: str = "taxonomy",
    lines: Mapping[Place, int] | None = None,
) -> Taxonomy:
    """Build a taxonomy from the parsed TOML table and check it.

    Args:
        table: Tables ``heads``, ``pairs`` and ``rollups`` as in the bundle's file.
        where: Name of the source, for error messages.
        lines: Line of each place in the source, as :func:`mot_nlp.taxonomy.positions.line_numbers`
            gives it; messages name no lines where there are none.

    Raises:
        TaxonomyError: A head is missing or labels do not fit together.
    """
    faults = Faults(where, lines or {})
    if table.get("format") != FORMAT:
        faults.add(("format",), f"format is {table.get('format')!r}; this version reads {FORMAT}")
    faults.check_keys((), table, ("format", "heads", "pairs", "rollups"))
    given = _table(table, "heads", faults)
    _check_heads(list(given), faults)
    heads: dict[str, Head] = {}
    for name, entry in given.items():
        heads |= read_head(name, entry, faults)
    # Without sound heads, what refers to them cannot be judged.
    pairs: tuple[tuple[str, str], ...] = ()
    if {"stage", "moment"} <= heads.keys():
        pairs = read_pairs(_table(table, "pairs", faults), heads, faults)
    rollups = {}
    for name, entry in _table(table, "rollups", faults).items():
        check_name(("rollups", name), name, given, faults)
        rollup = read_rollup(name, entry, Taxonomy(heads, (), {}).questions, given, faults)
        if rollup is not None:
            rollups[name] = rollup
    faults.raise_any()
    return Taxonomy(heads=heads, pairs=pairs, rollups=rollups)


def _table(table: Mapping[str, Any], name: str, faults: Faults) -> Mapping[str, Any]:
    """The table ``name``, empty where there is none."""
    found = table.get(name, {})
    if isinstance(found, dict):
        return found
    faults.add((name,), f"{name} is {found!r}; write a table [{name}]")
    return {}


def _check_heads(names: list[str], faults: Faults) -> None:
    """Note core heads that are missing or out of order, and names that cannot be used."""
    if tuple(names[: len(HEADS)]) != HEADS:
        faults.add(
            ("heads",),
            f"heads are {', '.join(names) or 'missing'}; write {', '.join(HEADS)}, in that order, "
            "and extra heads after them",
        )
    for place, name in enumerate(names):
        if name not in HEADS:
            check_name(("heads", name), name, names[:place], faults)
