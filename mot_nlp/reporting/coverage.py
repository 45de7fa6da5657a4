"""What the figures of a report rest on: how much was read, and what was set aside."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from mot_nlp.errors import ReadError
from mot_nlp.tables.store import opened

if TYPE_CHECKING:
    from mot_nlp.tables.sources import Rows

_COUNTED = ("n_segments", "n_none", "n_moments")

MOST_REASONS = 5
"""Reasons for setting rows aside that are listed, the frequent first."""


def coverage(
    totals: pd.DataFrame,
    moments: Rows,
    documents: Rows | None,
    rejected: int | str | Path | None,
) -> list[tuple[str, str]]:
    """What was read and set aside, a name and a figure each.

    Args:
        totals: The one-row table of all moments; empty where there is none.
        moments: Moment rows; a frame that ``predict`` returned knows how many rows were set aside.
        documents: Document rows, where there are any.
        rejected: How many input rows were set aside, or the ``rejected.jsonl`` that lists them.

    Raises:
        ReadError: The list of rejected rows cannot be read.
    """
    facts = []
    if documents is not None:
        facts += _documents(documents)
        facts += _strangers(moments, documents)
    row = totals.to_dict("records")[0] if len(totals) else {"n": 0, "documents": 0}
    facts.append(("Documents with a moment", f"{row['documents']:,}"))
    facts.append(("Moments", f"{row['n']:,}"))
    if rejected is None and isinstance(moments, pd.DataFrame):
        rejected = moments.attrs.get("n_rejected")
    return [*facts, *_rejected(rejected)]


def _documents(documents: Rows) -> list[tuple[str, str]]:
    with opened(documents, wanted={"doc_id", *_COUNTED}, view="documents") as store:
        known = [name for name in _COUNTED if store.columns.get(name)]
        sums = ", ".join(f"CAST(sum(CAST({store.columns[n]} AS BIGINT)) AS BIGINT)" for n in known)
        statement = f"SELECT count(*){', ' * bool(known)}{sums} FROM documents"
        [counts] = store.connection.execute(statement).fetchall()
    facts = [("Documents read", f"{counts[0]:,}")]
    found = dict(zip(known, (int(count or 0) for count in counts[1:]), strict=True))
    if "n_segments" in found:
        facts.append(("Segments", f"{found['n_segments']:,}"))
    if "n_none" in found:
        facts.append(("Segments that are no moment", f"{found['n_none']:,}"))
    return facts


def _strangers(moments: Rows, documents: Rows) -> list[tuple[str, str]]:
    """Moments whose document was not given: the two files do not belong together."""
    with opened(moments, wanted={"doc_id"}) as store:
        own = store.add("documents", documents, wanted={"doc_id"})
        [(count,)] = store.connection.execute(
            f"SELECT count(*) FROM moments WHERE CAST({store.columns['doc_id']} AS VARCHAR) NOT IN "
            f"(SELECT CAST({own['doc_id']} AS VARCHAR) FROM documents WHERE {own['doc_id']} IS NOT NULL)"
        ).fetchall()
    return [("Moments of a document that was not given", f"{count:,}")] if count else []


def _rejected(rejected: int | str | Path | None) -> list[tuple[str, str]]:
    if rejected is None:
        return [("Rows set aside", "not known")]
    if not isinstance(rejected, (str, Path)):
        return [("Rows set aside", f"{int(rejected):,}")]
    reasons = _reasons(Path(rejected))
    facts = [("Rows set aside", f"{reasons.total():,}")]
    facts += [(f"… {reason}", f"{count:,}") for reason, count in reasons.most_common(MOST_REASONS)]
    return facts


def _reasons(path: Path) -> Counter[str]:
    reasons: Counter[str] = Counter()
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    reasons[_reason(line, path, number)] += 1
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(
            f"{path} cannot be read ({error}); give the rejected.jsonl that mot predict wrote"
        ) from error
    return reasons


def _reason(line: str, path: Path, number: int) -> str:
    try:
        return str(json.loads(line)["reason"])
    except (ValueError, TypeError, KeyError) as error:
        raise ReadError(
            f"{path}, line {number}, is no list of rows set aside; give the rejected.jsonl that "
            "mot predict wrote"
        ) from error
