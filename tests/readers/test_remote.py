"""Files on other file systems, here one in memory."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import fsspec
import pytest

from mot_nlp.errors import ReadError
from mot_nlp.readers import JOB_MANIFEST, Columns, check_columns, expand, read_sources, remote
from mot_nlp.records import Document, Rejected
from tests.readers.world import positions, read, read_all, texts, write_parquet


@pytest.fixture
def memory(tmp_path):
    """A bucket with files, empty again after the test."""
    files = fsspec.filesystem("memory")
    files.store.clear()
    files.pseudo_dirs[:] = [""]
    parquet = write_parquet(tmp_path / "a.parquet", row_group_size=1, text=["six", "seven"])
    for path, content in {
        "may/b.csv": b"text\none\ntwo\n",
        "may/a.jsonl.gz": gzip.compress(b'{"text": "three"}\n'),
        "may/calls/c.vtt": b"WEBVTT\n\n00:01.000 --> 00:02.000\nfour\n",
        "may/z.parquet": parquet.read_bytes(),
        "may/.hidden.csv": b"text\nno\n",
        "may/_logs/x.csv": b"text\nno\n",
        "may/rejected.jsonl": b"{}",
        f"may/job/{JOB_MANIFEST}": b"{}",
        "may/job/moments/part-00000.parquet": b"no",
        "june.txt": b"five\n",
    }.items():
        files.pipe(f"/bucket/{path}", content)
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]


def test_a_folder_at_a_url(memory):
    sources = expand("memory://bucket/may")
    assert [source.prefix for source in sources] == [
        "a.jsonl.gz:", "b.csv:", "calls/c.vtt:", "z.parquet:",
    ]  # fmt: skip
    assert sources[1].name == sources[1].path == "memory:///bucket/may/b.csv"
    assert (sources[1].format, sources[1].size) == ("csv", 13)
    assert sources[1].version
    entries = list(read_sources(sources, Columns()))
    assert [(entry.id, entry.text) for entry in entries if isinstance(entry, Document)] == [
        ("a.jsonl.gz:1", "three"),
        ("b.csv:1", "one"),
        ("b.csv:2", "two"),
        ("calls/c", "four"),
        ("z.parquet:1", "six"),
        ("z.parquet:2", "seven"),
    ]
    assert expand("memory://bucket/may/") == sources


def test_files_and_patterns_at_urls(memory):
    assert texts("memory://bucket/june.txt") == ["five"]
    assert [entry.text for entry in read_all("memory://bucket/may/*.csv")] == ["one", "two"]
    found = read_all(["memory://bucket/may/*", "memory://bucket/june.txt"], Columns(text="text"))
    assert [entry.text for entry in found] == ["three", "one", "two", "six", "seven", "five"]
    reached = positions("memory://bucket/may/z.parquet")
    assert positions("memory://bucket/may/z.parquet", start=reached[0][0]) == reached[1:]
    assert check_columns(expand("memory://bucket/june.txt"), Columns()) == ()


def test_what_is_not_there_is_refused(memory):
    with pytest.raises(ReadError, match=r"there is no file memory://bucket/x\.csv; check"):
        expand("memory://bucket/x.csv")
    with pytest.raises(ReadError, match=r"no file matches memory://bucket/\*.tsv"):
        expand("memory://bucket/*.tsv")
    with pytest.raises(ReadError, match="memory://bucket/may is a folder; name a file in it"):
        read("memory://bucket/may")


def test_a_file_that_vanishes_is_set_aside(memory):
    sources = expand(["memory://bucket/may/b.csv", "memory://bucket/june.txt"])
    memory.rm("/bucket/may/b.csv")
    bad, fine = read_sources(sources, Columns())
    assert isinstance(fine, Document)
    assert isinstance(bad, Rejected)
    assert (bad.row, fine.text) == (0, "five")
    assert bad.reason.startswith("the file cannot be read (")


class Broken(fsspec.AbstractFileSystem):  # type: ignore[misc]
    """A file system with errors of its own, as those of clouds have."""

    protocol = "broken"
    fails = "open"

    class Refusal(Exception):
        pass

    def info(self, path, **_):
        if self.fails == "info":
            raise self.Refusal("no credentials")
        return {"name": path, "size": 10, "type": "file"}

    def _open(self, path, *_, **__):
        if self.fails == "open":
            raise self.Refusal("no credentials")
        return BrokenFile(self, path, block_size=8)


class BrokenFile(fsspec.spec.AbstractBufferedFile):  # type: ignore[misc]
    def __init__(self, *given, **options):
        super().__init__(*given, size=100, cache_type="none", **options)

    def _fetch_range(self, start, _):
        if start:
            raise Broken.Refusal("timed out")
        return b"text\nfine\n"


@pytest.fixture
def broken(monkeypatch):
    fsspec.register_implementation("broken", Broken, clobber=True)
    return lambda step: monkeypatch.setattr(Broken, "fails", step)


def test_errors_of_a_file_system_are_told(broken):
    broken("info")
    with pytest.raises(ReadError, match=r"broken://b/a.csv cannot be listed \(Refusal: no cred"):
        expand("broken://b/a.csv")
    broken("open")
    (bad,) = read_all("broken://b/a.csv")
    assert (bad.row, bad.reason[:50]) == (0, "the file cannot be read (Refusal: no credentials);")
    broken("read")
    fine, bad = read_all("broken://b/a.csv")
    assert (fine.text, bad.row) == ("fine", 1)
    assert "Refusal: timed out" in bad.reason


def test_an_unknown_file_system_or_a_missing_package_is_named(monkeypatch):
    with pytest.raises(ReadError, match=r"nowhere://a\.csv cannot be reached.*s3fs for s3://"):
        expand("nowhere://a.csv")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(
        ReadError, match=r"s3://a\.csv needs the package fsspec; pip install fsspec"
    ):
        expand("s3://a.csv")


def test_passwords_are_not_shown(monkeypatch):
    info = {"type": "file", "size": 1}
    monkeypatch.setattr(remote, "find", lambda url: (False, {url: info}))
    (source,) = expand("ftp://me:secret@host/a.csv")
    assert source.name == "ftp://me:***@host/a.csv"
    assert source.path == "ftp://me:secret@host/a.csv"


def test_the_surest_sign_of_a_change_is_taken():
    assert remote.version({"ETag": '"a"', "LastModified": "b"}) == '"a"'
    assert remote.version({"mtime": 5.0}) == "5.0"
    assert remote.version({"name": "x"}) == ""


def test_paths_need_no_fsspec(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    path = write("a.csv", "text\nfine\n")
    assert texts(path) == ["fine"]
    assert expand(Path(path))[0].path == str(path)
