"""One file to documents: what may be read, how its format is told, standard input."""

from __future__ import annotations

import gzip
import io
import os
from itertools import islice
from typing import Any

import pytest

from mot_nlp.errors import ColumnError, ReadError
from mot_nlp.readers import FORMATS, Columns, kept_columns, read_documents
from tests.readers.world import json_lines, read, texts, write_parquet


def test_a_missing_file_a_folder_and_an_empty_file_are_refused(tmp_path, write):
    with pytest.raises(ReadError, match=r"there is no file .*a.csv"):
        read_documents(tmp_path / "a.csv", Columns())
    (tmp_path / "b.csv").mkdir()
    with pytest.raises(ReadError, match=r"b.csv is a folder"):
        read_documents(tmp_path / "b.csv", Columns())
    for name in ("c.csv", "c.jsonl", "c.parquet"):
        with pytest.raises(ReadError, match=f"{name} is empty"):
            read(write(name, ""))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_given_by_path_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    os.mkfifo(path)
    for function in (read_documents, kept_columns):
        with pytest.raises(ReadError, match=r"a.csv is not a regular file.*give - as the path"):
            function(path, Columns())


def test_formats_are_told_by_suffix_or_named(write):
    path = write("a.dat", "text\nfine\n")
    with pytest.raises(ReadError, match=r"the formats are csv, tsv, jsonl, json, .*--format"):
        read_documents(path, Columns())
    with pytest.raises(ReadError, match="'xls' is not a format; the formats are csv"):
        read_documents(path, Columns(), format="xls")
    assert texts(path, format="csv") == ["fine"]
    assert texts(path, format="text") == ["text", "fine"]
    assert texts(write("a.txt", "text\nfine\n"), format="csv") == ["fine"]
    with pytest.raises(ReadError, match=f"the formats are {', '.join(FORMATS)}"):
        read_documents(write("a", ""), Columns())


@pytest.mark.parametrize(
    ("start", "looks"),
    [
        (b"PAR1", "Parquet; give --format parquet"),
        (b"PK\x03\x04", "Excel workbook"),
        (b"BZh9", "bzip2; unpack"),
        (b"%PDF-1.7", "PDF"),
        ("text\na".encode("utf-32"), "UTF-32"),
    ],
)
def test_binary_files_are_told_from_text(write, start, looks):
    with pytest.raises(ReadError, match=f"a.csv is not text but looks like .*{looks}"):
        read(write("a.csv", start + b"\0\0"))


@pytest.mark.parametrize(
    "content",
    ["text\nfine".encode("utf-16-le"), "text\nfine".encode("utf-16-be"), b"text\n" + b"ab\0" * 200],
    ids=["utf-16-le", "utf-16-be", "dense"],
)
def test_many_nul_bytes_make_a_file_binary(write, content):
    with pytest.raises(ReadError, match=r"NUL bytes.*re-save it as UTF-8"):
        read(write("a.csv", content))


@pytest.mark.parametrize("before", [0, 3000], ids=["first block", "later"])
def test_a_stray_nul_is_read_wherever_it_stands(write, before):
    rows = ["fine"] * before + ["a\0b", "fine"]
    assert texts(write("a.csv", "\n".join(["text", *rows]))) == rows
    lines = [f'{{"text": "{row}"}}' for row in rows]
    *_, bad, fine = read(write("a.jsonl", "\n".join(lines)))
    assert "broken JSON" in bad.reason
    assert fine.text == "fine"


def test_a_file_that_cannot_be_opened_is_a_read_error(write, monkeypatch):
    path = write("a.csv", "text\n")

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(ReadError, match=r"a.csv cannot be read \(Permission denied\)"):
        read(path)


def test_standard_input(monkeypatch):
    for content, options in (
        ("text\nfine\n", {}),
        ('{"text": "fine"}\n', {"format": "jsonl"}),
        (b"\xff\xfe" + "text\nfine\n".encode("utf-16-le"), {}),
    ):
        raw = io.BytesIO(content.encode() if isinstance(content, str) else content)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(raw))
        assert texts("-", **options) == ["fine"]
        assert not raw.closed
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(b"text\nfine"))))
    assert texts("-") == ["fine"]
    assert [e.where for e in read_stdin(monkeypatch, "id,text\n1,\n")] == ["standard input"]
    with pytest.raises(ReadError, match="standard input is empty"):
        read_stdin(monkeypatch, "")
    with pytest.raises(ReadError, match="Parquet cannot be read from standard input"):
        read_documents("-", Columns(), format="parquet")


def read_stdin(monkeypatch, content):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    return read("-")


def test_kept_columns_are_checked_before_anything_is_read(write, tmp_path):
    columns = Columns(keep=("brand", "source"))
    csv_path = write("a.csv", "text,brand,source\n")
    assert kept_columns(csv_path, columns) == ("brand",)
    assert kept_columns("-", columns) == ("brand",)
    jsonl = write("a.jsonl", json_lines({"text": "a", "brand": "b", "source": "review"}))
    assert kept_columns(jsonl, columns) == ("brand",)
    path = write_parquet(tmp_path / "a.parquet", text=["a"], source=["review"])
    with pytest.raises(ColumnError, match="no column 'brand'"):
        kept_columns(path, columns)


def test_standard_input_is_read_as_it_comes(monkeypatch):
    """Rows come out before the sender is done, and a start of few bytes is waited for."""
    out, into = os.pipe()
    with os.fdopen(out, "rb") as stream, os.fdopen(into, "wb", buffering=0) as sender:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(stream))
        sender.write(b"te")
        documents: Any = read_documents("-", Columns(), format="text")
        sender.write(b"xt\n" + b"one\n" * 3)
        assert [entry.text for entry in islice(documents, 1)] == ["text"]
        sender.write(b"two\n")
        sender.close()
        assert [entry.text for entry in documents] == ["one"] * 3 + ["two"]


def test_a_folder_or_pattern_is_no_file(tmp_path, write):
    write("a.csv", "text\n")
    with pytest.raises(ReadError, match=r"there is no file .*\*.csv"):
        read_documents(tmp_path / "*.csv", Columns())
    with pytest.raises(ReadError, match="is a folder; name a file in it"):
        read_documents(tmp_path, Columns())
    with pytest.raises(ReadError, match=r"no file matches .*\*.tsv"):
        read_documents(tmp_path / "*.tsv", Columns())


def test_a_file_without_columns_takes_none_by_name(write):
    path = write("a.txt", "fine\n")
    assert kept_columns(path, Columns()) == ()
    with pytest.raises(ColumnError, match="no column 'brand'; the columns are text"):
        kept_columns(path, Columns(keep=("brand",)))
