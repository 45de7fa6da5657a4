"""Own rows with own labels for fits of seconds: a broadband provider whose none labels are otherwise named."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, Any

from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import OWN_TAXONOMY, write_encoder
from training.labelled import write_rows
from training.presets import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from mot_nlp.taxonomy import Taxonomy
    from training.config import Config

_SAID: tuple[tuple[str, str, list[str]], ...] = (
    ("Saw the poster of tariff {n} and liked it.", "hearing zmot advert positive no not_told", ["joy"]),
    ("The shop sold me line {n} in minutes.", "ordering fmot shop very_positive yes easy", ["joy", "trust"]),
    ("Router {n} hangs every night.", "using smot router negative no hard", ["anger"]),
    ("I cancel contract {n} and warn everybody!", "leaving tmot contract very_negative yes hard", ["anger"]),
    ("The bill came on day {n}.", "using smot billing neutral no not_told", []),
    ("Hello number {n}.", "nothing nothing nothing neutral no not_told", []),
)  # fmt: skip
_WORDS = [a + b for a, b in itertools.product(("ka", "lo", "mi", "ru", "te"), ("ba", "do", "fi"))]
"""Said between, so that no text is nearly the same as another."""
_HEADS = ("stage", "moment", "touchpoint", "sentiment", "pivotal", "effort")


def write_taxonomy(folder: Path) -> Path:
    """The example taxonomy with ``nothing`` in place of ``none``."""
    text = OWN_TAXONOMY.read_text(encoding="utf-8").replace('"none"', '"nothing"')
    path = folder / "broadband.toml"
    path.write_text(text, encoding="utf-8")
    return path


def own_rows(count: int, *, without: Sequence[str] = (), **extra: Any) -> list[dict[str, Any]]:
    """Rows of two segments by ``count // 2`` authors.

    Args:
        count: How many.
        without: Questions that nobody answered.
        extra: Further keys of every row.
    """
    rows = []
    for number in range(count):
        units: list[dict[str, Any]] = []
        text, name = "", f"{extra.get('split', 'row')}-{number}"
        for turn in (number, number + 1 + number % 4):
            said, labels, emotion = _SAID[turn % len(_SAID)]
            noise = " ".join(random.Random(f"{name} {turn}").choices(_WORDS, k=8))
            text += (" " if text else "") + said.format(n=noise)
            answers = dict(zip(_HEADS, labels.split(), strict=True)) | {"emotion": emotion}
            start = units[-1]["end"] + 1 if units else 0
            units.append(
                {"start": start, "end": len(text)}
                | {name: answer for name, answer in answers.items() if name not in without}
            )
        rows.append(
            {"id": name, "source": "review", "author": f"{name[:3]} {number // 2}", "text": text}
            | extra
            | {"units": units}
        )
    return rows


def own_config(folder: Path, rows: Iterable[dict[str, Any]], **data: Any) -> Config:
    """Preset quick on these rows, with a tiny random encoder, as ``broadband.jsonl`` in ``folder``."""
    rows = list(rows)
    write_rows(rows, folder / "broadband.jsonl")
    encoder = write_encoder(folder / "encoder", [row["text"] for row in rows], vocabulary=300)
    flags = {
        "data": {"labelled": [str(folder / "broadband.jsonl")], **data},
        "model": {"encoder": str(encoder), "taxonomy": str(write_taxonomy(folder)), "window": 64},
        "heads": {"penalties": [1.0, 0.1], "folds": 2},
    }
    return resolve(name="quick", flags=flags)[0]


def taxonomy_of(folder: Path) -> Taxonomy:
    """The taxonomy that :func:`write_taxonomy` wrote."""
    return read_taxonomy(folder / "broadband.toml")
