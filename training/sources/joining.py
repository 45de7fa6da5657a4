"""Labels joined to texts: from JSON Lines of texts, or from checkouts of the repositories."""

from __future__ import annotations

import json
import shlex
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from mot_nlp.errors import InputError, OutputError, ReadError
from training.sources.candidates import candidates
from training.sources.labels import digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from training.sources.labels import LabelRecord


@dataclass(slots=True)
class SourceCount:
    """How many documents of one repository at one commit were joined."""

    repo: str
    commit: str
    licences: set[str] = field(default_factory=set)
    documents: int = 0
    joined: int = 0

    @property
    def missing(self) -> int:
        """Documents whose text was not found."""
        return self.documents - self.joined

    def command(self, folder: Path) -> str:
        """What fetches the repository to where a join looks for it."""
        target = shlex.quote(str(folder / self.repo))
        clone = f"git clone https://github.com/{self.repo} {target}"
        return f"{clone} && git -C {target} checkout {self.commit}"


@dataclass(slots=True)
class Report:
    """What a join found.

    Attributes:
        sources: A count for each repository and commit, in their order.
        altered: Ids whose text is in a JSON Lines file, but is not the text that was labelled.
        unreadable: What was wrong with files that could not be read.
    """

    sources: list[SourceCount]
    altered: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    @property
    def documents(self) -> int:
        """Documents that have labels."""
        return sum(source.documents for source in self.sources)

    @property
    def joined(self) -> int:
        """Documents whose text was found."""
        return sum(source.joined for source in self.sources)


class Joined:
    """Texts that were found, spooled to a temporary file so that only offsets stay in memory."""

    def __init__(self, records: Sequence[LabelRecord]) -> None:
        self._records = records
        self._numbers = {record.sha256: number for number, record in enumerate(records)}
        self._places: dict[int, tuple[int, int]] = {}
        self._spool: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()

    def __enter__(self) -> Joined:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def __contains__(self, record: LabelRecord) -> bool:
        return self._numbers[record.sha256] in self._places

    def __len__(self) -> int:
        return len(self._places)

    def offer(self, text: str) -> bool:
        """Take a text if it is one that was labelled; say whether it is."""
        number = self._numbers.get(digest(text))
        if number is not None and number not in self._places:
            data = text.encode("utf-8", errors="surrogatepass")
            self._places[number] = self._spool.seek(0, 2), len(data)
            self._spool.write(data)
        return number is not None

    def rows(self) -> Iterator[str]:
        """A JSON line a joined document, in the order of the labels."""
        for number, record in enumerate(self._records):
            if number in self._places:
                start, length = self._places[number]
                self._spool.seek(start)
                text = self._spool.read(length).decode("utf-8", errors="surrogatepass")
                yield json.dumps(record.labelled(text), ensure_ascii=False) + "\n"


def join(records: Sequence[LabelRecord], texts: Path, out: Path | None = None) -> Report:
    """Join stand-off labels to the texts in a folder.

    The folder holds JSON Lines files with a ``text`` in each row, or checkouts of the repositories
    (``owner/name`` or ``name``, at the commit of the labels), or both. A text is known by its hash,
    so what is joined is what was labelled, to the character.

    Args:
        records: The labels.
        texts: The folder, or one JSON Lines file.
        out: Where to write the joined rows, in the order of the labels; nothing is written where
            nothing was joined.

    Raises:
        InputError: There is no such folder.
        OutputError: ``out`` cannot be written.
    """
    if not texts.exists():
        raise InputError(f"no folder at {texts}; name the one that holds texts or checkouts")
    report = Report(sources=[])
    with Joined(records) as joined:
        for path in [texts] if texts.is_file() else sorted(texts.glob("*.jsonl")):
            if out is None or path.resolve() != out.resolve():
                _offer_lines(path, records, joined, report)
        if texts.is_dir():
            _offer_checkouts(texts, records, joined, report)
        report.sources = _counts(records, joined)
        if out is not None and len(joined):
            _write(joined, out)
    return report


def _offer_lines(
    path: Path, records: Sequence[LabelRecord], joined: Joined, report: Report
) -> None:
    known = {record.id for record in records}
    number = 0
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):  # noqa: B007 - told where it stops
                row = json.loads(line) if line.strip() else {}
                if not isinstance(row, dict) or not isinstance(text := row.get("text"), str):
                    continue
                if not joined.offer(text) and row.get("id") in known:
                    report.altered.append(row["id"])
    except (OSError, ValueError) as error:
        report.unreadable.append(f"{path}, near line {max(number, 1)}: {error}")


def _offer_checkouts(
    folder: Path, records: Sequence[LabelRecord], joined: Joined, report: Report
) -> None:
    wanted: dict[tuple[str, str], list[LabelRecord]] = defaultdict(list)
    for record in records:
        wanted[record.repo, record.file].append(record)
    for (repo, file), members in sorted(wanted.items()):
        path = _file(folder, repo, file)
        if path is None or all(member in joined for member in members):
            continue
        least = min(member.least_length() for member in members)
        try:
            for text in candidates(path):
                if len(text) >= least:
                    joined.offer(text)
        except ReadError as error:
            report.unreadable.append(str(error))


def _file(folder: Path, repo: str, file: str) -> Path | None:
    """A file of a checkout, if it is there; a name that would lead out of the checkout is not."""
    for root in (folder / repo, folder / repo.rpartition("/")[2]):
        path = root / file
        if path.is_file() and path.resolve().is_relative_to(root.resolve()):
            return path
    return None


def _counts(records: Sequence[LabelRecord], joined: Joined) -> list[SourceCount]:
    counts: dict[tuple[str, str], SourceCount] = {}
    for record in records:
        key = record.repo, record.commit
        count = counts.setdefault(key, SourceCount(*key))
        count.licences.add(record.licence)
        count.documents += 1
        count.joined += record in joined
    return [counts[key] for key in sorted(counts)]


def _write(joined: Joined, out: Path) -> None:
    part = out.with_name(out.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(joined.rows())
        part.replace(out)
    except OSError as error:
        raise OutputError(f"cannot write {out}: {error.strerror or error}") from error
