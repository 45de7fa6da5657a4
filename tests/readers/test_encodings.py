"""Encodings told, and bytes that fit none."""

from __future__ import annotations

import csv
import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mot_nlp.errors import ColumnError
from mot_nlp.readers import Columns, ReadNotes, decoding
from mot_nlp.readers.decoding import Text
from mot_nlp.readers.encodings import has_foreign
from tests.readers.world import read, read_all, texts

NOT_UTF8 = "the row is not UTF-8; re-save the file as UTF-8"
LINES = [
    f"Line {number} says: naïve, €5 – “quoted” or plain {'x' * number}" for number in range(40)
]


def notes_of(path, columns=None):
    notes = ReadNotes()
    read_all(path, columns, notes=notes)
    return notes.encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.txt", "a.json"])
def test_encodings(write, name, encoding):
    content = {"a.csv": "text\nétroit \U0001f600\n", "a.txt": "étroit \U0001f600\n"}.get(
        name, '{"text": "étroit \U0001f600"}\n'
    )
    path = write(name, content.encode(encoding))
    assert texts(path) == ["étroit \U0001f600"]
    assert notes_of(path) == ({str(path): "utf-16"} if encoding == "utf-16" else {})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("size", [2, 3, 5, 64])
def test_where_blocks_are_cut_does_not_matter(write, monkeypatch, encoding, newline, size):
    stream = io.StringIO()
    csv.writer(stream, lineterminator=newline).writerows([["text"], *([line] for line in LINES)])
    path = write("a.csv", stream.getvalue().encode(encoding))
    monkeypatch.setattr(decoding, "START", size)
    assert texts(path) == LINES


@given(st.lists(st.binary(max_size=9) | st.sampled_from([b"It broke ", b"\n", b"\xe9"])))
def test_any_bytes_become_the_text_of_their_encoding(pieces):
    content = b"x" + b"".join(pieces)  # no mark of UTF-16
    text = Text(io.BufferedReader(io.BytesIO(content)), "a", ReadNotes())
    found = text.lines("").read()
    if text.encoding == "utf-8":
        expected = content.decode("utf-8", "surrogateescape")
    else:
        lines = content.splitlines(keepends=True)
        expected = "".join(map(decoded, lines))
    assert found == expected


def decoded(line):
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", "surrogateescape")


# ---------------------------------------------------------------- windows-1252


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", b"text,b\n\xe9troit,1\nfine \x80 5,2\n", ["étroit", "fine € 5"]),
        ("a.jsonl", b'{"text": "na\xefve \x93it\x94 broke"}\n', ["naïve “it” broke"]),
        ("a.txt", b"It broke again in the caf\xe9", ["It broke again in the café"]),
    ],
)
def test_western_files_are_told_and_said_once(write, caplog, name, content, expected):
    path = write(name, content)
    notes = ReadNotes()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert [entry.text for entry in read_all(path, notes=notes)] == expected
    assert [record.getMessage() for record in caplog.records] == [
        f"{path} is not UTF-8; lines that are not are read as Windows-1252 (cp1252); "
        "re-save it as UTF-8 if letters come out wrong"
    ]
    assert notes.encodings == {str(path): "cp1252"}


def test_a_western_letter_far_into_the_file_is_told_too(write):
    lines = [f"It broke {number}" for number in range(20_000)]
    path = write("a.txt", "\n".join([*lines, "naïve", *lines]).encode("cp1252"))
    assert texts(path)[20_000] == "naïve"


def test_in_a_western_file_lines_that_are_utf8_stay_so(write):
    western = "naïve café\n".encode("cp1252") * 3
    path = write("a.txt", western + "naïve “it” broke\n".encode())
    assert texts(path) == ["naïve café"] * 3 + ["naïve “it” broke"]


def test_bytes_that_windows_1252_lacks_set_the_row_aside(write):
    fine, bad, last = read(write("a.txt", b"caf\xe9\nIt broke \x81 again\nfine\n"))
    assert (fine.text, last.text) == ("café", "fine")
    assert (bad.row, bad.reason) == (2, "the row is not Windows-1252; re-save the file as UTF-8")


def test_what_is_no_western_language_is_not_read_as_one(write):
    path = write("a.txt", "Всё сломалось\nIt broke\n".encode("cp1251"))
    bad, fine = read(path)
    assert (bad.row, bad.reason, fine.text) == (1, NOT_UTF8, "It broke")
    assert notes_of(path) == {}


# ---------------------------------------------------------------- broken bytes


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "text\nnaïve\nnaïve €5\nit \ubeefbroke\nfine\n"),
        ("a.txt", "naïve\nnaïve €5\nit \ubeefbroke\nfine\n"),
        ("a.jsonl", '{"text": "naïve"}\n{"text": "naïve €5"}\n{"text": "it \ubeef"}\n{"text": "fine"}\n'),
        ("a.json", '[{"text": "naïve"},\n{"text": "naïve €5"},\n{"text": "it \ubeef"},{"text": "fine"}]'),
    ],
)  # fmt: skip
def test_rows_with_broken_bytes_are_set_aside(write, name, content):
    path = write(name, content.encode().replace("\ubeef".encode(), b"\x93"))
    first, second, bad, fine = read(path)
    assert (first.text, second.text, fine.text) == ("naïve", "naïve €5", "fine")
    assert (bad.row, bad.reason) == (3, NOT_UTF8)
    assert notes_of(path) == {}


@pytest.mark.parametrize("name", ["a.vtt", "a.txt"])
def test_a_transcript_with_broken_bytes_is_set_aside_whole(write, name):
    words = "naïve €5".encode() + b" it \xff broke"
    content = b"Agent: hi\nKim: " + words + b"\nAgent: oh\n"
    if name == "a.vtt":
        content = b"WEBVTT\n\n00:01.000 --> 00:02.000\nKim: " + words
    (bad,) = read(write(name, content))
    assert (bad.row, bad.reason) == (1, NOT_UTF8)


def test_half_letters_of_utf16_set_the_row_aside(write):
    half = "it \U0001f600".encode("utf-16-le")[:-2] + "\n".encode("utf-16-le")
    content = b"\xff\xfe" + half + "fine\n".encode("utf-16-le") + "cut".encode("utf-16-le")[:-1]
    bad, fine, cut = read(write("a.txt", content))
    assert (bad.row, cut.row) == (1, 3)
    assert bad.reason == cut.reason == "the row is not UTF-16; re-save the file as UTF-8"
    assert fine.text == "fine"


def test_foreign_bytes_in_the_header_can_be_told(write):
    path = write("a.csv", "naïve,nöch,".encode() + b"\xe9t,text\nx,x,x,fine\n")
    assert texts(path) == ["fine"]
    with pytest.raises(ColumnError, match=r"The columns are naïve, nöch, \?t, text"):
        read(path, Columns(text="texts"))


def test_foreign_bytes_are_found():
    assert has_foreign("a\udc80")
    assert not has_foreign("naïve \U0001f600 \udfff")
