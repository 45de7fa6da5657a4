"""Labelled texts: the project's own format, JSON Lines with units, and the fixed split.

The format of ``data/corpus/part-*.txt`` is described in ``data/README.md``: a header a document,
then a line a segment with its five labels in compact codes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import InputError
from mot_nlp.records import SOURCES, Segment
from mot_nlp.taxonomy import head_labels
from training.contradictions import label_faults

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from mot_nlp.taxonomy import Taxonomy

CORPUS_LICENCE = "CC BY 4.0"
SPLITS = ("train", "validation", "test")
_FOLDS = 10
_FIELDS = ("id", "source", "domain", "repo", "licence", "text", "units")
"""Keys of a labelled row that fields of a document hold."""
_PART = re.compile(r"part-\w+")
_HEADER = re.compile(r"## (?P<source>\w+) \| (?P<domain>\w+) \| (?P<brief>\w+)")
_SEGMENT = re.compile(r"(?:(?P<turn>C[>+])\s*)?(?P<codes>\w \w \w\w [-0+] [!.]) \| (?P<text>.*\S)")
_TOUCHPOINT_CODES = {
    "ad": "advertising", "wo": "word_of_mouth", "we": "website_app", "st": "store", "sf": "staff",
    "pr": "price", "ch": "checkout", "de": "delivery", "on": "onboarding", "po": "product",
    "su": "support", "re": "returns", "lo": "loyalty", "ov": "overall", "no": "none",
}  # fmt: skip
CODES: dict[str, dict[str, str]] = {
    "stage": {"a": "awareness", "c": "consideration", "d": "decision", "p": "post_purchase", "n": "none"},
    "moment": {"z": "zmot", "f": "fmot", "s": "smot", "t": "tmot", "n": "none"},
    "touchpoint": _TOUCHPOINT_CODES,
    "sentiment": {"-": "negative", "0": "neutral", "+": "positive"},
    "pivotal": {"!": "yes", ".": "no"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LabelledDocument:
    """A text with its segments and their labels.

    Attributes:
        id: Unique name.
        source: review, social or transcript.
        domain: What it is about, for slices.
        origin: Corpus part or public repository it comes from.
        licence: Terms it may be used under.
        text: The whole text.
        segments: Labelled segments, ordered.
        labels: For each segment, its label by head.
        extra: What else its row says, as author or date.
    """

    id: str
    source: str
    domain: str
    origin: str
    text: str
    segments: tuple[Segment, ...]
    labels: tuple[dict[str, str], ...]
    licence: str = CORPUS_LICENCE
    extra: dict[str, Any] = field(default_factory=dict)


def read_corpus(folder: Path, taxonomy: Taxonomy) -> list[LabelledDocument]:
    """Read and check every ``part-*.txt`` of a folder.

    Raises:
        InputError: The folder holds no parts, or lines cannot be read or contradict the taxonomy;
            the message names file and line of the first ones.
    """
    paths = sorted(folder.glob("part-*.txt"))
    if not paths:
        raise InputError(f"no part-*.txt in {folder}; name the folder that holds the corpus")
    documents: list[LabelledDocument] = []
    errors: list[str] = []
    for path in paths:
        reader = _PartReader(path, taxonomy)
        documents += reader.read()
        errors += reader.errors
    if errors:
        raise InputError(f"{len(errors)} faults in {folder}:\n" + "\n".join(errors[:20]))
    return documents


class _PartReader:
    """Reads one part file; faults are collected so that all can be mended at once."""

    def __init__(self, path: Path, taxonomy: Taxonomy) -> None:
        self.path, self.taxonomy = path, taxonomy
        self.errors: list[str] = []

    def read(self) -> list[LabelledDocument]:
        blocks: list[tuple[int, list[tuple[int, str]]]] = []
        for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith("## "):
                blocks.append((number, []))
                blocks[-1][1].append((number, line))
            elif line.strip() and not blocks:
                self._fault(number, "text before the first header")
            elif line.strip():
                blocks[-1][1].append((number, line))
        return [doc for _, lines in blocks if (doc := self._document(lines)) is not None]

    def _fault(self, number: int, what: str) -> None:
        self.errors.append(f"{self.path.name}:{number}: {what}")

    def _document(self, lines: list[tuple[int, str]]) -> LabelledDocument | None:
        number, head = lines[0]
        header = _HEADER.fullmatch(head.strip())
        if header is None or header["source"] not in SOURCES:
            self._fault(number, f"header is not '## source | domain | brief': {head!r}")
            return None
        text, segments, labels, turn, joint = "", [], [], -1, ""
        for number, line in lines[1:]:
            if line.strip() == "¶":
                joint = "\n"
                continue
            if line.startswith("A>"):
                text += ("\n" if text else "") + "Agent: " + line[2:].strip()
                joint, turn = "", turn + 1
                continue
            match = _SEGMENT.fullmatch(line.strip())
            if match is None:
                self._fault(
                    number,
                    f"segment is not 'stage moment touchpoint sentiment pivotal | text': {line!r}",
                )
                continue
            if (match["turn"] is not None) != (header["source"] == "transcript"):
                self._fault(number, "C> and C+ belong to transcripts and only there")
            if match["turn"] == "C>":
                text += ("\n" if text else "") + "Customer: "
                turn += 1
            elif text:
                text += joint or " "
            joint = ""
            segments.append(Segment(len(text), len(text) + len(match["text"]), max(turn, 0)))
            text += match["text"]
            labels.append(self._labels(number, match["codes"]))
        if not segments:
            self._fault(number, "the document has no customer segment")
            return None
        return LabelledDocument(
            id=f"{self.path.stem}-{header['brief']}", source=header["source"], domain=header["domain"],
            origin=self.path.stem, text=text, segments=tuple(segments), labels=tuple(labels),
        )  # fmt: skip

    def _labels(self, number: int, codes: str) -> dict[str, str]:
        labels = {}
        for (head, names), code in zip(CODES.items(), codes.split(), strict=True):
            if code not in names:
                self._fault(
                    number, f"{code!r} is no code for {head}; the codes are {' '.join(names)}"
                )
            labels[head] = names.get(code, "none")
        for fault in label_faults(labels, self.taxonomy):
            self._fault(number, fault)
        return labels


def read_jsonl(path: Path, taxonomy: Taxonomy) -> list[LabelledDocument]:
    """Read labelled JSON Lines: ``id, source, text, units`` and, where known, ``domain, repo``.

    A unit has ``start``, ``end`` and labels as :func:`head_labels` takes them.

    Raises:
        InputError: The file is missing, or lines cannot be read or contradict the taxonomy.
    """
    if not path.is_file():
        raise InputError(
            f"no labelled file at {path}; --extra takes JSON Lines with text and units"
        )
    documents, errors = [], []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                document = document_of(json.loads(line), path.name, taxonomy)
            except (KeyError, TypeError, ValueError) as error:
                errors.append(f"{path.name}:{number}: {type(error).__name__}: {error}")
                continue
            documents.append(document)
    if errors:
        raise InputError(f"{len(errors)} faults in {path}:\n" + "\n".join(errors[:20]))
    return documents


def document_of(row: dict[str, Any], name: str, taxonomy: Taxonomy) -> LabelledDocument:
    """A row of labelled JSON Lines as a document.

    Args:
        row: Its keys and values.
        name: Where it comes from, if its ``repo`` does not say it.
        taxonomy: Labels.

    Raises:
        KeyError: It lacks a key.
        TypeError: A value is of another kind than it must be.
        ValueError: A unit does not fit the text, or labels contradict the taxonomy.
    """
    text, units = row["text"], sorted(row["units"], key=lambda unit: unit["start"])
    end = 0
    for unit in units:
        if not end <= unit["start"] < unit["end"] <= len(text):
            raise ValueError(
                f"unit {unit['start']}:{unit['end']} overlaps another or leaves the text"
            )
        end = unit["end"]
    labels = tuple(head_labels(unit, taxonomy) for unit in units)
    faults = [fault for entry in labels for fault in label_faults(entry, taxonomy)]
    if faults:
        raise ValueError(faults[0])
    return LabelledDocument(
        id=str(row["id"]), source=row.get("source", "review"), domain=row.get("domain", ""),
        origin=row.get("repo") or name, text=text, labels=labels, licence=row.get("licence", ""),
        segments=tuple(Segment(u["start"], u["end"], text.count("\n", 0, u["start"])) for u in units),
        extra={key: value for key, value in row.items() if key not in _FIELDS},
    )  # fmt: skip


def split(documents: Iterable[LabelledDocument]) -> dict[str, list[LabelledDocument]]:
    """The fixed split: 8 in 10 documents train, 1 validation, 1 test, stratified by source.

    Within each origin and source, documents are ordered by the SHA-256 of their id and dealt in
    turn. A new part therefore never moves a document of an old one.
    """
    strata: dict[tuple[str, str], list[LabelledDocument]] = defaultdict(list)
    for document in documents:
        strata[document.origin, document.source].append(document)
    out: dict[str, list[LabelledDocument]] = {name: [] for name in SPLITS}
    for _, members in sorted(strata.items()):
        members.sort(key=lambda document: hashlib.sha256(document.id.encode()).digest())
        for position, document in enumerate(members):
            fold = position % _FOLDS
            name = "test" if fold == 4 else "validation" if fold == 9 else "train"
            out[name].append(document)
    return out


def gather(
    corpus: Path, extra: Iterable[Path], taxonomy: Taxonomy
) -> dict[str, list[LabelledDocument]]:
    """The corpus in its fixed split, extra files joining train and validation only.

    Extra files have no test part: what they are tested on is kept apart from them.
    """
    splits = split(read_corpus(corpus, taxonomy))
    for path in extra:
        added = split(read_jsonl(path, taxonomy))
        splits["train"] += added["train"] + added["test"]
        splits["validation"] += added["validation"]
    return splits


def written(document: LabelledDocument) -> bool:
    """Whether a document is of the project's own corpus, not of an extra file."""
    return _PART.fullmatch(document.origin) is not None


def each_alone(documents: Iterable[LabelledDocument]) -> list[LabelledDocument]:
    """Every segment as a document of its own: what a classifier of sentences would see."""
    return [
        replace(
            document,
            id=f"{document.id}#{number}",
            text=document.text[segment.start : segment.end],
            segments=(Segment(0, segment.end - segment.start, 0),),
            labels=(labels,),
        )
        for document in documents
        for number, (segment, labels) in enumerate(
            zip(document.segments, document.labels, strict=True), 1
        )
    ]


def fingerprint(documents: Sequence[LabelledDocument]) -> str:
    """SHA-256 over ids, texts and labels: the same data, the same value."""
    digest = hashlib.sha256()
    for document in sorted(documents, key=lambda entry: entry.id):
        spans = [(s.start, s.end) for s in document.segments]
        digest.update(json.dumps([document.id, document.text, spans, document.labels]).encode())
    return digest.hexdigest()
