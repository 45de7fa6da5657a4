"""Small worlds for the tests of labels in: a taxonomy with a question of several labels, and files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mot_nlp.taxonomy import Head, Taxonomy, read_taxonomy
from tests.tiny import TAXONOMY
from training.corpus import read_jsonl
from training.importing import ImportOptions, import_labels, write_labelled

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from training.corpus import LabelledDocument
    from training.importing import ImportReport

SHIPPED = read_taxonomy(TAXONOMY)
EMOTIONS = ("joy", "anger", "great relief")


def with_emotions() -> Taxonomy:
    """The shipped heads, and a question ``emotion`` that takes several labels."""
    own = {
        f"emotion.{label}": Head(f"emotion.{label}", ("no", "yes"), "no", {}) for label in EMOTIONS
    }
    return Taxonomy({**SHIPPED.heads, **own}, SHIPPED.pairs, SHIPPED.rollups)


def write_json(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def write_lines(path: Path, rows: Iterable[object]) -> Path:
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text("".join(lines), encoding="utf-8")
    return path


def write_csv(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def run(
    *paths: Path, taxonomy: Taxonomy = SHIPPED, **options: Any
) -> tuple[list[dict[str, Any]], ImportReport]:
    """Rows and report of an import."""
    return import_labels(paths, taxonomy, ImportOptions(**options))


def units_of(row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Answers of each unit, by its words."""
    return {
        row["text"][unit["start"] : unit["end"]]: {
            name: answer for name, answer in unit.items() if name not in ("start", "end")
        }
        for unit in row["units"]
    }


def read_back(
    rows: list[dict[str, Any]], path: Path, taxonomy: Taxonomy = SHIPPED
) -> list[LabelledDocument]:
    """Rows as they are read from the file they are written to."""
    write_labelled(rows, path)
    return read_jsonl(path, taxonomy)
