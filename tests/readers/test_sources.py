"""Inputs to files: folders, patterns, several at once, and what is left out."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from mot_nlp.errors import ReadError
from mot_nlp.readers import JOB_MANIFEST, STANDARD_STREAM, expand
from mot_nlp.records import DOCUMENT_COLUMNS, MOMENT_COLUMNS
from mot_nlp.writers import open_writer
from tests.readers.world import read_all, write_parquet


@pytest.fixture
def folder(tmp_path, write, monkeypatch):
    """The folder ``data`` in the working directory, with files of many kinds."""
    for name in (
        "b.csv", "a.jsonl.gz", "a/z.txt", "a/call.vtt", "a/call.srt", "c.parquet",
        ".hidden.csv", "_SUCCESS.csv", ".git/x.csv", "_temporary/x.csv", "readme.md", "rejected.jsonl",
    ):  # fmt: skip
        write(f"data/{name}", "text\nfine\n")
    monkeypatch.chdir(tmp_path)
    return "data"


def names(inputs, **options):
    return [source.name for source in expand(inputs, **options)]


def test_a_folder_is_its_files_sorted(folder, caplog):
    with caplog.at_level(logging.WARNING):
        found = expand(folder)
    assert [(source.name, source.format, source.compression) for source in found] == [
        ("data/a/call.srt", "srt", None),
        ("data/a/call.vtt", "vtt", None),
        ("data/a/z.txt", "txt", None),
        ("data/a.jsonl.gz", "jsonl", "gzip"),
        ("data/b.csv", "csv", None),
        ("data/c.parquet", "parquet", None),
    ]
    assert "data: 1 left out, as the name tells no format: readme.md" in caplog.text


def test_a_source_tells_whether_it_has_changed(write):
    path = write("a.csv", "text\nfine\n")
    (before,) = expand([path])
    assert (before.path, before.size) == (str(path), 10)
    assert before.version == str(path.stat().st_mtime_ns)
    assert expand(path) == [before]
    os.utime(path, ns=(1, 1))
    assert expand(path) != [before]


def test_ids_are_made_of_paths_in_the_folder(folder):
    found = {source.name: source for source in expand(folder)}
    assert {name: source.prefix for name, source in found.items()} == {
        name: name.removeprefix("data/") + ":" for name in found
    }
    assert [found[f"data/a/{name}"].document_id for name in ("z.txt", "call.vtt", "call.srt")] == [
        "a/z", "a/call.vtt", "a/call.srt",
    ]  # fmt: skip


def test_where_paths_clash_whole_ones_are_taken(write, tmp_path):
    first, second = write("may/a.vtt", ""), write("june/a.vtt", "")
    found = expand([tmp_path / "may", tmp_path / "june"])
    assert [source.prefix for source in found] == [f"{first}:", f"{second}:"]
    assert len({source.document_id for source in found}) == 2


def test_one_file_needs_no_prefix(write):
    (source,) = expand(write("Call 7.vtt.gz", ""))
    assert (source.prefix, source.document_id) == ("", "Call 7")


def test_patterns(folder):
    assert names("data/*.csv") == ["data/b.csv"]
    assert names("data/**/*.[vs][tr]t") == ["data/a/call.srt", "data/a/call.vtt"]
    assert names("data/*", format=None) == ["data/a.jsonl.gz", "data/b.csv", "data/c.parquet"]
    with pytest.raises(ReadError, match="no file matches"):  # hidden, as in a folder
        expand("data/_*.csv")
    assert names("data/_temporary/*.csv") == ["data/_temporary/x.csv"]
    assert names("data/*.md", format="text") == ["data/readme.md"]
    with pytest.raises(ReadError, match=r"no file matches data/\*\.tsv; check the name"):
        expand("data/*.tsv")


def test_a_file_named_like_a_pattern_is_that_file(write):
    path = write("a[1].csv", "text\n")
    assert names(path) == [str(path)]


def test_several_inputs_in_order_each_once(folder):
    inputs = ["data/c.parquet", "data/../data/b.csv", "./data", STANDARD_STREAM, STANDARD_STREAM]
    found = names(inputs)
    assert found[:2] == ["data/c.parquet", "data/../data/b.csv"]
    assert found[-1] == "standard input"
    assert len(found) == 7


def test_a_format_for_all(folder):
    found = expand(folder, format="transcript")
    assert [(source.name, source.format) for source in found] == [("data/a/z.txt", "transcript")]
    assert [source.name for source in expand(folder, format="json")] == ["data/a.jsonl.gz"]
    assert expand("data/readme.md", format="text")[0].format == "text"
    with pytest.raises(ReadError, match="'xls' is not a format"):
        expand(folder, format="xls")


def test_what_does_not_exist_is_refused(folder, tmp_path):
    with pytest.raises(ReadError, match=r"there is no file data/x\.csv; check the name"):
        expand([folder, "data/x.csv"])
    with pytest.raises(ReadError, match=r"cannot tell the format of data/readme\.md"):
        expand("data/readme.md")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ReadError, match="empty holds no file to read"):
        expand("empty")
    with pytest.raises(ReadError, match="no input is given"):
        expand([])


def test_links_are_followed_but_not_in_a_circle(write, tmp_path):
    write("data/a/b.csv", "")
    write("far/c.csv", "")
    (tmp_path / "data/a/back").symlink_to(tmp_path / "data")
    (tmp_path / "data/far").symlink_to(tmp_path / "far")
    assert [source.prefix for source in expand(tmp_path / "data")] == ["a/b.csv:", "far/c.csv:"]


# ---------------------------------------------------------------- our own files


def test_a_job_folder_is_no_input(write, tmp_path):
    write("data/a.csv", "text\n")
    for name in (JOB_MANIFEST, "summary.json", "table.csv", "moments/part-00000.parquet"):
        write(f"data/job/{name}", "x")
    write("data/other/manifest.json", "{}")
    write("data/job-notes.txt", "x")
    assert [source.prefix for source in expand(tmp_path / "data")] == [
        "a.csv:", "job-notes.txt:", "other/manifest.json:",
    ]  # fmt: skip
    with pytest.raises(ReadError, match=r"holds no file to read.*what mot-nlp wrote"):
        expand(tmp_path / "data/job")


@pytest.mark.parametrize("name", ["m.csv", "m.tsv", "m.jsonl", "m.parquet"])
@pytest.mark.parametrize(
    "columns", [MOMENT_COLUMNS, DOCUMENT_COLUMNS], ids=["moments", "documents"]
)
def test_rows_that_were_written_are_no_input(write, tmp_path, name, columns):
    fine = write("data/a.csv", "doc_id,text\n1,fine\n")
    path = tmp_path / "data" / name
    with open_writer(path, columns) as writer:
        writer.write([{**dict.fromkeys(columns), "doc_id": "a"}])
    assert names(tmp_path / "data") == [str(fine)]
    assert names(str(tmp_path / "data" / "*")) == [str(fine)]
    assert names(path) == [str(path)]  # named, it is meant


def test_damaged_files_of_a_folder_are_kept_to_be_told(write, tmp_path):
    write_parquet(write("data/a.parquet", ""), text=["a"])
    write("data/b.parquet", "broken")
    write("data/c.csv.gz", b"\x1f\x8b\x08")
    assert len(expand(tmp_path / "data")) == 3


@pytest.mark.parametrize("name", ["a.xlsx", "a.XLS", "a.ods"])
def test_a_spreadsheet_is_called_one(write, name):
    with pytest.raises(ReadError, match=rf"{name} is a spreadsheet; save it as CSV"):
        expand(write(name, "PK"))


def test_an_empty_name_is_not_this_folder(folder):
    with pytest.raises(ReadError, match="the name of an input is empty"):
        expand("")


def test_a_name_that_is_no_text_is_written_by_its_codes(tmp_path, write):
    write("data/b.csv", "text\nfine\n")
    path = os.fsdecode(os.fsencode(tmp_path / "data") + b"/caf\xe9.csv")
    try:
        Path(path).write_text("id,text\n,fine\n")
    except OSError:
        pytest.skip("the file system has names of text only")
    found = read_all(tmp_path / "data")
    assert [entry.id for entry in found] == ["b.csv:1", "caf\\udce9.csv:row-1"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may read all")
def test_a_folder_that_may_not_be_read_is_named(tmp_path, write):
    write("data/a.csv", "text\nfine\n")
    inner = write("data/inner/b.csv", "text\nfine\n").parent
    inner.chmod(0)
    try:
        with pytest.raises(ReadError, match="inner cannot be read"):
            expand(tmp_path / "data")
    finally:
        inner.chmod(0o700)
