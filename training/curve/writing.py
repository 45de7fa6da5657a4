"""Learning curves on disk: the figures as JSON, the picture as SVG and PNG."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import OutputError
from mot_nlp.reporting.charts import save
from training.curve.picture import curves_chart
from training.evaluation.writing import as_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from training.curve.reading import HeadCurve


def write_curves(
    curves: Sequence[HeadCurve], asked: Mapping[str, Any], folder: Path
) -> tuple[Path, ...]:
    """Write ``curve.json``, ``curve.svg`` and ``curve.png``; returns their paths.

    Args:
        curves: The curves.
        asked: What was asked for, for the record.
        folder: An existing folder; files of these names are replaced.

    Raises:
        OutputError: A file cannot be written.
    """
    path = folder / "curve.json"
    heads = [asdict(curve) | {"verdict": curve.verdict} for curve in curves]
    table = as_json({"asked": dict(asked), "heads": heads})
    try:
        path.write_text(json.dumps(table, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror or error}); name another folder with --out"
        ) from error
    pictures = (folder / "curve.svg", folder / "curve.png")
    for picture in pictures:
        save(curves_chart(curves), picture)
    return (path, *pictures)
