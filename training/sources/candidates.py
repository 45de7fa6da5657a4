"""What in a file may be a text: every string in it, neighbours joined, conversations written out.

Nobody wrote down how each text was cut from its file, so nothing here knows a file by name. A file
is a stream of values (a row, a line, a JSON value); each value gives candidates, each candidate a
few spellings; the hash says which one it was.
"""

from __future__ import annotations

import codecs
import csv
import html
import io
import json
import re
import sys
import zipfile
from itertools import pairwise
from typing import IO, TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from mot_nlp.errors import ReadError
from training.sources.conversations import conversations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TRAILING_CODE = re.compile(r"(?:\s*\*[A-Z]{2,3}\b)+\s*$")
_TRAILING_LABEL = re.compile(r"\$LABEL\$.*$", re.DOTALL)
_LOST_APOSTROPHE = re.compile(r"(?<=[a-z])\?(?=(?:m|s|t|d|ll|re|ve)\b)")
_LOST_DASH = re.compile(r"(?<=[a-z])\?(?=[a-z])")
_SENTENCE_ENDS = (".", "?", "!")
_ASPECT = "$T$"
_CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_ROWS = 500
_BLOCK = 1 << 20


def candidates(path: Path) -> Iterator[str]:
    """Every text that may have been cut from a file, more than once where there are two ways to it.

    JSON and zipped files are held whole, one at a time; others are streamed.

    Raises:
        ReadError: The file cannot be read as what its name says.
    """
    try:
        with path.open("rb") as file:
            for value in _values(file, path.name):
                for text in _strings(value):
                    yield from spellings(text)
                yield from conversations(value)
    except (OSError, ValueError, zipfile.BadZipFile, ET.ParseError, csv.Error) as error:
        raise ReadError(
            f"cannot read {path}: {error}; check it out again at the commit of the labels"
        ) from error


def spellings(text: str) -> Iterator[str]:
    """A text as it stands, and as it may have been tidied: white space, entities, lost signs."""
    plain = html.unescape(_TRAILING_LABEL.sub("", text))
    mended = _LOST_DASH.sub(" - ", _LOST_APOSTROPHE.sub("'", plain))
    for base in dict.fromkeys((text, plain, _TRAILING_CODE.sub("", plain), mended)):
        lines = base.replace("\r\n", "\n").replace("\r", "\n")
        tidied = "\n".join(" ".join(line.split()) for line in lines.split("\n"))
        yield from dict.fromkeys(
            (base, lines, lines.strip(), tidied.strip(), " ".join(base.split()))
        )


def _strings(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """The strings in a value, and neighbouring ones joined as a title and its text are."""
    if isinstance(value, str):
        yield value
        return
    if not isinstance(value, dict | list):
        return
    members = list(value.values()) if isinstance(value, dict) else value
    for member in members:
        yield from _strings(member)
    for one, two in pairwise(member for member in members if isinstance(member, str)):
        first, second = one.strip(), two.strip()
        if first and second:
            yield f"{first} {second}" if first.endswith(_SENTENCE_ENDS) else f"{first}. {second}"


def _values(file: IO[bytes], name: str) -> Iterator[Any]:
    suffix = name[name.rfind(".") :].lower() if "." in name else ""
    if suffix == ".zip":
        yield from _zipped(file)
    elif suffix == ".xlsx":
        yield from _workbook(file)
    elif suffix == ".parquet":
        yield from _parquet(file)
    else:
        yield from _read_text(file, suffix)


def _read_text(file: IO[bytes], suffix: str) -> Iterator[Any]:
    encoding = _encoding(file)
    with io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="") as text:
        if suffix == ".json":
            yield json.loads(text.read())
        elif suffix in (".jsonl", ".ndjson"):
            yield from (json.loads(line) for line in text if line.strip())
        elif suffix in _DELIMITERS:
            csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
            yield from csv.reader(text, delimiter=_DELIMITERS[suffix])
        else:
            yield from _lines(text)


def _encoding(file: IO[bytes]) -> str:
    """UTF-8 where the bytes are, else Windows-1252."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while block := file.read(_BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    finally:
        file.seek(0)
    return "utf-8-sig"


def _lines(text: IO[str]) -> Iterator[Any]:
    """Lines and their cells, paragraphs, and sentences whose aspect stands on the next line."""
    paragraph: list[str] = []
    before = ""
    for line in text:
        bare = line.rstrip("\r\n")
        yield bare
        if "\t" in bare:
            yield bare.split("\t")
        if _ASPECT in before:
            yield before.replace(_ASPECT, bare.strip())
        if bare.strip():
            paragraph.append(bare)
        elif paragraph:
            yield "\n".join(paragraph)
            paragraph = []
        before = bare
    if paragraph:
        yield "\n".join(paragraph)


def _zipped(file: IO[bytes]) -> Iterator[Any]:
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                yield from _values(io.BytesIO(archive.read(member)), member.filename)


def _workbook(file: IO[bytes]) -> Iterator[str]:
    """The strings of an Excel workbook: shared ones, and those within cells."""
    with zipfile.ZipFile(file) as archive:
        for name in sorted(archive.namelist()):
            if not name.startswith(("xl/sharedStrings", "xl/worksheets/")):
                continue
            with archive.open(name) as part:
                for _, element in ET.iterparse(part):
                    if element.tag in (_CELL + "si", _CELL + "is"):
                        yield "".join(run.text or "" for run in element.iter(_CELL + "t"))
                        element.clear()


def _parquet(file: IO[bytes]) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        for batch in pq.ParquetFile(file).iter_batches(batch_size=_ROWS):
            yield from batch.to_pylist()
    except pa.ArrowException as error:
        raise ValueError(str(error)) from error
