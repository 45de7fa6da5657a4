"""Stand-off labels: what is said about a text, without the text.

A line of ``data/real/labels.jsonl`` is a JSON object: ``id, source, domain, repo, commit, file,
licence, sha256`` (of the text in UTF-8), ``rating`` where the source has one, and ``units``, each
``[start, end, "stage moment touchpoint sentiment pivotal"]`` in the codes of ``training/corpus.py``.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import InputError, OutputError
from training.corpus import CODES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_CODE_OF = {head: {label: code for code, label in names.items()} for head, names in CODES.items()}
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAMES = ("id", "source", "domain", "repo", "commit", "file", "licence")
_PERMISSIVE = (
    "CC0", "MIT", "Apache-2.0", "CC BY", "CC BY-SA", "CDLA-Permissive-2.0", "public domain",
)  # fmt: skip
_UNSAID = re.compile(
    r"not stated|licence unknown|states no licence|no LICENSE|not readable", re.IGNORECASE
)

Unit = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class LabelRecord:
    """The labels of one text, and where the text comes from.

    Attributes:
        id: Unique name; says nothing of the text.
        source: review, social or transcript.
        domain: What it is about, for slices.
        repo: Public repository, ``owner/name``.
        commit: Commit of it, whole or its first characters.
        file: Path in the repository.
        licence: Terms as far as they were found stated.
        sha256: Of the text in UTF-8, as 64 hexadecimal digits.
        units: ``(start, end, codes)`` in characters of the text, end exclusive.
        rating: Stars, where the source has them.
    """

    id: str
    source: str
    domain: str
    repo: str
    commit: str
    file: str
    licence: str
    sha256: str
    units: tuple[Unit, ...]
    rating: int | None = None

    def least_length(self) -> int:
        """Characters that the text has at least."""
        return max((end for _, end, _ in self.units), default=0)

    def labelled(self, text: str) -> dict[str, Any]:
        """The labels with their text, as a row that ``--extra`` takes."""
        units = [
            {"start": start, "end": end}
            | {h: CODES[h][code] for h, code in zip(CODES, codes.split(), strict=True)}
            for start, end, codes in self.units
        ]
        names = {name: getattr(self, name) for name in _NAMES}
        head = {name: names.pop(name) for name in ("id", "source", "domain")}
        return head | {"text": text, "units": units, "rating": self.rating} | names


def digest(text: str) -> str:
    """SHA-256 of a text in UTF-8; lone surrogates, which no file can hold, count as they are."""
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()


def read_labels(path: Path) -> list[LabelRecord]:
    """Read and check stand-off labels.

    Raises:
        InputError: The file is missing, lines cannot be read, or two lines share an id or a text;
            the message names file and line of the first ones.
    """
    if not path.is_file():
        raise InputError(f"no labels at {path}; the project's own are data/real/labels.jsonl")
    records: list[LabelRecord] = []
    faults: list[str] = []
    seen: set[str] = set()
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                record = _record(json.loads(line))
                if {record.id, record.sha256} & seen:
                    raise ValueError(f"the id or the text of {record.id} came before")
            except (KeyError, TypeError, ValueError) as error:
                faults.append(f"{path.name}:{number}: {type(error).__name__}: {error}")
                continue
            seen |= {record.id, record.sha256}
            records.append(record)
    if faults:
        raise InputError(f"{len(faults)} faults in {path}:\n" + "\n".join(faults[:20]))
    return records


def _record(row: dict[str, Any]) -> LabelRecord:
    unknown = sorted(set(row) - {*_NAMES, "sha256", "rating", "units"})
    if unknown:
        raise ValueError(f"unknown key {unknown}; stand-off labels hold no more than they need")
    if not _SHA256.fullmatch(row["sha256"]):
        raise ValueError(f"sha256 is {row['sha256']!r}, not 64 hexadecimal digits")
    return LabelRecord(
        **{name: str(row[name]) for name in _NAMES},
        sha256=row["sha256"],
        units=tuple(_unit(*unit) for unit in row["units"]),
        rating=row.get("rating"),
    )


def _unit(start: int, end: int, codes: str) -> Unit:
    if not 0 <= start < end:
        raise ValueError(f"unit {start}:{end} is empty or runs backwards")
    parts = codes.split()
    if len(parts) != len(CODES):
        raise ValueError(f"{codes!r} is not a code each of {', '.join(CODES)}")
    for head, code in zip(CODES, parts, strict=True):
        if code not in CODES[head]:
            raise ValueError(
                f"{code!r} is no code of {head}; the codes are {' '.join(CODES[head])}"
            )
    return start, end, codes


def write_labels(rows: Iterable[dict[str, Any]], path: Path) -> int:
    """Write labelled rows as stand-off labels, in their order; of the text only its hash stays.

    Args:
        rows: Rows as ``--extra`` takes them, with ``repo``, ``commit``, ``file`` and ``licence``.
        path: File to write.

    Returns:
        How many there were.

    Raises:
        InputError: A row lacks a field or has a label without a code.
        OutputError: The file cannot be written.
    """
    count = 0
    try:
        with path.open("w", encoding="utf-8", newline="\n") as out:
            for count, row in enumerate(rows, 1):  # noqa: B007 - the count is the result
                line = json.dumps(_stand_off(row), ensure_ascii=False, separators=(",", ":"))
                out.write(line + "\n")
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
    return count


def _stand_off(row: dict[str, Any]) -> dict[str, Any]:
    try:
        units = [
            [u["start"], u["end"], " ".join(_CODE_OF[head][u[head]] for head in CODES)]
            for u in row["units"]
        ]
        out = {name: row[name] for name in _NAMES} | {"sha256": digest(row["text"])}
    except KeyError as error:
        raise InputError(
            f"document {row.get('id', '?')}: no {error}; labels need {', '.join(_NAMES)}, text and "
            f"units with a label for each of {', '.join(CODES)}"
        ) from None
    if row.get("rating") is not None:
        out["rating"] = row["rating"]
    return out | {"units": units}


def unclear(licence: str) -> bool:
    """Whether the terms are not plainly stated ones that are known to be permissive."""
    return bool(_UNSAID.search(licence)) or not any(_says(licence, name) for name in _PERMISSIVE)


def with_licence(records: Sequence[LabelRecord], wanted: Sequence[str]) -> list[LabelRecord]:
    """The records whose licence names any of ``wanted``; all of them where nothing is wanted.

    Raises:
        InputError: A wanted licence is named by no record.
    """
    for name in wanted:
        if not any(_says(record.licence, name) for record in records):
            licences = sorted({record.licence for record in records})
            raise InputError(
                f"no document is under {name!r}; the licences are:\n" + "\n".join(licences)
            )
    return [r for r in records if not wanted or any(_says(r.licence, name) for name in wanted)]


def _says(licence: str, name: str) -> bool:
    """Whether a licence is named as a whole: CC BY is not CC BY-SA, MIT is not in 'limit'."""
    pattern = rf"(?<!\w){re.escape(name)}(?!\w|-[A-Za-z])"
    return re.search(pattern, licence, re.IGNORECASE) is not None
