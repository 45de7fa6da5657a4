"""Evaluations and comparisons on disk: JSON and a page side by side."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING

from mot_nlp.errors import OutputError
from mot_nlp.writers.whole import write_whole
from training.evaluation.html import comparison_page, evaluation_page

if TYPE_CHECKING:
    from pathlib import Path

    from training.evaluation.data import Evaluation
    from training.evaluation.differences import Comparison
    from training.evaluation.gate import Verdict

_DIGITS = 4


def write_evaluation(evaluation: Evaluation, folder: Path) -> tuple[Path, Path]:
    """Write ``evaluation.json`` and ``evaluation.html``; returns their paths.

    Args:
        evaluation: What to write; :mod:`training.evaluation.data` describes the JSON.
        folder: Where; made if it is not there, files of these names are replaced.

    Raises:
        OutputError: They cannot be written.
    """
    return _write(folder, "evaluation", as_json(asdict(evaluation)), evaluation_page(evaluation))


def write_comparison(
    comparison: Comparison, folder: Path, *, verdict: Verdict | None = None
) -> tuple[Path, Path]:
    """Write ``comparison.json`` and ``comparison.html``; returns their paths.

    Args:
        comparison: What to write; :mod:`training.evaluation.differences` describes the JSON.
        folder: Where; made if it is not there, files of these names are replaced.
        verdict: What the gate says, null in the JSON where it was not asked.

    Raises:
        OutputError: They cannot be written.
    """
    table = asdict(comparison) | {"gate": None if verdict is None else asdict(verdict)}
    return _write(folder, "comparison", as_json(table), comparison_page(comparison, verdict))


def check_folder(folder: Path) -> None:
    """Make the folder, before the work and not after it.

    Raises:
        OutputError: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be made a folder ({error.strerror or error}); name another with --out"
        ) from error


def as_json(value: object) -> object:
    """A value as JSON has it: figures rounded, what is no number null.

    >>> as_json({"f1": 0.123456, "p": float("nan")})
    {'f1': 0.1235, 'p': None}
    """
    if isinstance(value, dict):
        return {str(name): as_json(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(entry) for entry in value]
    if isinstance(value, float):
        return round(value, _DIGITS) if math.isfinite(value) else None
    return value


def _write(folder: Path, name: str, table: object, page: str) -> tuple[Path, Path]:
    """Both beside their places first, so that a half-written file never bears the name."""
    check_folder(folder)
    text = json.dumps(table, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    written = []
    for suffix, content in ((".json", text), (".html", page)):
        path = folder / f"{name}{suffix}"
        write_whole(path, [content])
        written.append(path)
    return written[0], written[1]
