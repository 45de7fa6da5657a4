"""What the benchmark found, as ``retrain.json`` holds it beside the page."""

from __future__ import annotations

import datetime
import json
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import torch

from benchmarks.retraining.figures import Figure, HeadFigures, figures
from benchmarks.retraining.sources import count_segments
from mot_nlp.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from benchmarks.retraining.runs import Run
    from benchmarks.retraining.sources import Deal, Source

FORMAT = 1
_PACKAGES = ("torch", "transformers", "sentence-transformers", "setfit", "scikit-learn")


@dataclass(frozen=True, slots=True)
class SizeResult:
    """What was found with so many rows.

    Attributes:
        rows: Segments asked for.
        segments: Segments learned from, of each seed; whole documents are taken, so a few more.
        documents: Documents learned from, of each seed.
        heads: Figures by head.
        minutes: Wall time of the fit by column, of each seed that it was run on.
    """

    rows: int
    segments: tuple[int, ...]
    documents: tuple[int, ...]
    heads: tuple[HeadFigures, ...]
    minutes: dict[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class SourceResult:
    """What was found on a source.

    Attributes:
        name: The source.
        made: Day, ISO 8601.
        documents: Its documents.
        segments: Its labelled segments.
        authors: Who wrote them, where that is known; else as many as documents.
        test_segments: Segments of the test part, of each seed.
        test_documents: Documents of it.
        columns: What was compared, in order.
        draws: Bootstrap replicates.
        weights: SHA-256 of the weights of checkpoint and encoder.
        settings: What was chosen by hand, by system.
        machine: Kind of processor.
        threads: Processor threads of a fit.
        versions: Of the packages that count.
        sizes: Figures by number of rows.
    """

    name: str
    made: str
    documents: int
    segments: int
    authors: int
    test_segments: tuple[int, ...]
    test_documents: tuple[int, ...]
    columns: tuple[str, ...]
    draws: int
    weights: dict[str, str]
    settings: dict[str, str]
    machine: str
    threads: int
    versions: dict[str, str]
    sizes: tuple[SizeResult, ...]


def result(
    source: Source,
    deals: Sequence[Deal],
    finished: Sequence[Run],
    *,
    draws: int,
    weights: Mapping[str, str],
    settings: Mapping[str, str],
) -> SourceResult:
    """Score the finished runs of a source.

    Args:
        source: What was dealt.
        deals: The deals.
        finished: The systems on sizes and deals, not each on every one.
        draws: Bootstrap replicates.
        weights: SHA-256 of what the systems began with.
        settings: What was chosen by hand, by system.
    """
    columns = tuple(dict.fromkeys(column for run in finished for column in run.answers))
    tests = [[source.documents[number] for number in dealt.test] for dealt in deals]
    return SourceResult(
        name=source.name,
        made=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        documents=len(source.documents),
        segments=source.segments,
        authors=len({*source.owners}),
        test_segments=tuple(count_segments(test) for test in tests),
        test_documents=tuple(len(test) for test in tests),
        columns=columns,
        draws=draws,
        weights=dict(weights),
        settings=dict(settings),
        machine=platform.machine(),
        threads=torch.get_num_threads(),
        versions=_versions(),
        sizes=tuple(
            _size(size, source, deals, [run for run in finished if run.size == size], draws)
            for size in deals[0].rows
        ),
    )


def _size(
    size: int, source: Source, deals: Sequence[Deal], finished: Sequence[Run], draws: int
) -> SizeResult:
    answers = {
        (run.seed, column): answer for run in finished for column, answer in run.answers.items()
    }
    rows = [[source.documents[number] for number in dealt.rows[size]] for dealt in deals]
    columns = dict.fromkeys(column for _, column in answers)
    return SizeResult(
        rows=size,
        segments=tuple(map(count_segments, rows)),
        documents=tuple(map(len, rows)),
        heads=tuple(figures(source, deals, answers, draws=draws)),
        minutes={
            column: tuple(
                answers[dealt.seed, column].seconds / 60
                for dealt in deals
                if (dealt.seed, column) in answers
            )
            for column in columns
        },
    )


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # as setfit, where it is left out
            continue
    return found


def read_results(path: Path) -> list[SourceResult]:
    """What earlier runs found; nothing where there is no file yet.

    Raises:
        InputError: The file is of another format.
    """
    if not path.is_file():
        return []
    table = json.loads(path.read_text(encoding="utf-8"))
    if table.get("format") != FORMAT:
        raise InputError(
            f"{path} has format {table.get('format')!r}, allowed: {FORMAT}; remove it, or name "
            "another page with --out"
        )
    return [_source_of(entry) for entry in table["sources"]]


def write_results(results: Sequence[SourceResult], path: Path) -> None:
    """Write what was found, one source after the other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = {"format": FORMAT, "sources": [asdict(entry) for entry in results]}
    path.write_text(json.dumps(_rounded(table), indent=1) + "\n", encoding="utf-8")


def merged(old: Sequence[SourceResult], new: Sequence[SourceResult]) -> list[SourceResult]:
    """Results of all sources; those found anew take the place of older ones."""
    by_name = {entry.name: entry for entry in (*old, *new)}
    return list(by_name.values())


def _rounded(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Floats to five decimals, so that the file is readable and small."""
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(entry) for entry in value]
    return round(value, 5) if isinstance(value, float) else value


def _source_of(table: dict[str, Any]) -> SourceResult:
    tuples = {name: tuple(table[name]) for name in ("test_segments", "test_documents", "columns")}
    return SourceResult(**table | tuples | {"sizes": tuple(map(_size_of, table["sizes"]))})


def _size_of(table: dict[str, Any]) -> SizeResult:
    tuples: dict[str, Any] = {name: tuple(table[name]) for name in ("segments", "documents")}
    tuples["minutes"] = {column: tuple(own) for column, own in table["minutes"].items()}
    heads = tuple(
        HeadFigures(head["head"], _figures_of(head["scores"]), _figures_of(head["ahead"]))
        for head in table["heads"]
    )
    return SizeResult(**table | tuples | {"heads": heads})


def _figures_of(table: dict[str, Any]) -> dict[str, Figure]:
    return {column: Figure(**own | {"seeds": tuple(own["seeds"])}) for column, own in table.items()}
