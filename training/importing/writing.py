"""The files that an import writes, each in its place only when it is whole."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import chain
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import OutputError
from mot_nlp.writers.values import as_json_text
from mot_nlp.writers.whole import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from training.importing.report import Conflict, ImportReport

REPORT, REJECTED = ".report.json", ".rejected.jsonl"


def check_out(out: Path, inputs: Iterable[Path]) -> None:
    """Refuse a place that nothing can be written to, or that would cost an input.

    Raises:
        OutputError: It is a folder, in no folder, or one of the inputs, or one of its companions is.
    """
    if out.is_dir():
        raise OutputError(f"{out} is a folder; name a file in it, as {out / 'labelled.jsonl'}")
    if not out.parent.is_dir():
        raise OutputError(f"there is no folder {out.parent}; create it, or name another")
    read = {path.resolve() for path in inputs}
    for path in (out, *companions(out)):
        if path.resolve() in read:
            raise OutputError(f"{path} is read and would be written; name another file with --out")


def companions(out: Path) -> tuple[Path, Path]:
    """Where the report and the list of what was set aside go: beside the labelled file.

    >>> from pathlib import Path
    >>> [path.name for path in companions(Path("labelled.jsonl"))]
    ['labelled.report.json', 'labelled.rejected.jsonl']
    """
    return out.with_suffix(REPORT), out.with_suffix(REJECTED)


def write_labelled(rows: Sequence[Mapping[str, Any]], out: Path) -> None:
    """Write labelled JSON Lines as ``training.corpus.read_jsonl`` reads them.

    Raises:
        OutputError: The file cannot be written.
    """
    write_whole(out, (f"{as_json_text(row)}\n" for row in rows))


def write_report(report: ImportReport, out: Path) -> tuple[Path, Path]:
    """Write the report, and what was set aside or is in conflict, beside the labelled file.

    Returns:
        The two files.

    Raises:
        OutputError: They cannot be written.
    """
    told, rejected = companions(out)
    table = json.loads(as_json_text(report.as_dict()))
    write_whole(told, [json.dumps(table, ensure_ascii=False, indent=1), "\n"])
    entries: Iterable[Mapping[str, Any]] = chain(
        (asdict(entry) for entry in report.set_aside), map(_as_entry, report.conflicts)
    )
    write_whole(rejected, (f"{as_json_text(entry)}\n" for entry in entries))
    return told, rejected


def _as_entry(conflict: Conflict) -> dict[str, Any]:
    about = f" of {conflict.head}" if conflict.head else ""
    return {
        "file": conflict.file,
        "row": conflict.row,
        "id": conflict.id,
        "reason": f"answers{about} contradict each other: {'; '.join(conflict.answers)}",
        "start": None,
        "end": None,
        "text": conflict.text,
    }
