"""Packed files, and files that are damaged: what can be read is read, the rest is set aside."""

from __future__ import annotations

import errno
import gzip
import io
import random
from pathlib import Path

import pytest
from pyarrow import parquet

from mot_nlp.errors import ReadError
from mot_nlp.readers import Columns, expand, kept_columns, parquetfiles, read_sources
from mot_nlp.records import Document, Rejected
from tests.readers.world import (
    PACKERS,
    comma_separated,
    entries,
    json_lines,
    positions,
    read,
    read_all,
    texts,
    write_parquet,
    zstd,
)

ROWS = [{"id": f"r{n}", "text": f"It broke {n * 7919 % 100_003} é"} for n in range(8000)]
CONTENTS = {
    "a.csv": comma_separated(*ROWS),
    "a.jsonl": json_lines(*ROWS),
    "a.json": "[" + ",\n".join(json_lines(*ROWS).splitlines()) + "]",
    "a.txt": "\n".join(row["text"] for row in ROWS),
}
CUT = "the file is damaged or cut off (cut); write it again"


# ---------------------------------------------------------------- packed


@pytest.mark.parametrize("suffix", [".gz", ".GZIP", ".zst", ".zstd"])
@pytest.mark.parametrize("name", CONTENTS)
def test_packed_files_are_unpacked(write, name, suffix):
    pack = PACKERS[".gz" if "g" in suffix.lower() else ".zst"]
    path = write(name + suffix, pack(CONTENTS[name].encode()))
    assert texts(path) == [row["text"] for row in ROWS]


@pytest.mark.parametrize("pack", [gzip.compress, zstd], ids=["gzip", "zstd"])
def test_the_first_bytes_count_not_the_name(write, pack):
    assert texts(write("a.csv", pack(b"text\nfine"))) == ["fine"]
    assert texts(write("b.csv.gz", pack(b"text\nfine"))) == ["fine"]
    assert texts(write("c.csv.gz", b"text\nfine")) == ["fine"]
    assert texts(write("d.csv", pack(b"text\n") + pack(b"fine\n"))) == ["fine"]
    with pytest.raises(ReadError, match="packed twice; unpack it first"):
        read(write("e.csv", pack(pack(b"text\nfine"))))
    with pytest.raises(ReadError, match=r"e\.csv is empty"):
        read(write("e.csv", pack(b"")))


def test_packed_parquet_is_refused(write, tmp_path):
    path = write_parquet(tmp_path / "a.parquet", text=["a"])
    packed = write("a.parquet.gz", gzip.compress(path.read_bytes()))
    with pytest.raises(
        ReadError, match=r"is packed with gzip; unpack it, Parquet is packed inside"
    ):
        read(packed)


# ---------------------------------------------------------------- cut off


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("share", [0.3, 0.8])
def test_a_packed_file_that_is_cut_off_is_read_so_far(write, name, suffix, share):
    packed = PACKERS[suffix](CONTENTS[name].encode())
    path = write(name + suffix, packed[: int(len(packed) * share)])
    *whole, bad = read_all(path)
    assert [entry.text for entry in whole] == [row["text"] for row in ROWS[: len(whole)]]
    assert len(whole) < len(ROWS)
    assert whole or suffix == ".zst"  # it packs whole blocks of 128 KiB
    assert (bad.where, bad.row) == (str(path), len(whole))
    assert bad.reason.startswith("the file is damaged or cut off (")
    assert not whole or read(path) == [*whole, bad]


def cut_after_all(monkeypatch, error):
    """All bytes of files can be read, then comes an error instead of the end."""

    class Cut(io.BufferedReader):
        def read1(self, size=-1, /):
            found = super().read1(size)
            if not found:
                raise error
            return found

    monkeypatch.setattr(Path, "open", lambda path, _: Cut(io.FileIO(path)))


@pytest.mark.parametrize("end", [b"3,c", b"", b'3,"c\n4,d\n5,e\n6,f\n'])
def test_half_a_row_passes_for_none(write, monkeypatch, end):
    path = write("a.csv", b"id,text\n1,a\n2,b\n" + end)
    cut_after_all(monkeypatch, EOFError("cut"))
    first, second, bad = read_all(path)
    assert (first.text, second.text) == ("a", "b")
    assert (bad.row, bad.reason) == (2, CUT)


def test_rows_that_are_set_aside_before_a_cut_are_told(write, monkeypatch):
    path = write("a.csv", b"id,text\n1,a\n2\n3,c\n4\n5,")
    cut_after_all(monkeypatch, EOFError("cut"))
    found = read_all(path)
    assert [isinstance(entry, Document) for entry in found] == [True, False, True, False, False]
    assert [entry.row for entry in found if isinstance(entry, Rejected)] == [2, 4, 4]
    assert found[-1].reason == CUT


def test_a_file_cut_in_its_header_is_not_read(write, monkeypatch):
    path = write("a.csv", b"id,te")
    cut_after_all(monkeypatch, EOFError("cut"))
    (bad,) = read_all(path)
    assert (bad.row, bad.reason) == (0, CUT)
    with pytest.raises(ReadError, match=r"a.csv is damaged or cut off \(cut\)"):
        read(path)


@pytest.mark.parametrize("name", ["a.txt", "a.vtt"])
def test_a_transcript_that_is_cut_off_is_not_read(write, monkeypatch, name):
    content = "Agent: Hi\nKim: It broke\nAgent: Oh\n"
    if name == "a.vtt":
        content = f"WEBVTT\n\n00:01.000 --> 00:02.000\n{content}"
    path = write(name, content)
    cut_after_all(monkeypatch, EOFError("cut"))
    (bad,) = read_all(path)
    assert (bad.row, bad.reason) == (0, CUT)


def test_a_disk_that_fails_does_not_end_the_run(write, monkeypatch):
    paths = [write("a.csv", "text\nfine\n"), write("b.csv", "text\nfine\n")]
    cut_after_all(monkeypatch, OSError(errno.EIO, "Input/output error"))
    first, bad, second, _ = read_all(paths)
    assert (first.id, second.id) == ("a.csv:1", "b.csv:1")
    assert bad.reason == (
        "the file cannot be read on (Input/output error); check its disk and permissions"
    )


def test_a_wrong_checksum_is_told(write):
    packed = bytearray(gzip.compress(CONTENTS["a.csv"].encode()))
    packed[-6] ^= 1
    *whole, bad = read_all(write("a.csv.gz", bytes(packed)))
    assert len(whole) == len(ROWS)
    assert "so that any of its rows may be wrong" in bad.reason


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_packed_file_without_a_start_is_not_read(write, suffix):
    path = write("a.csv" + suffix, PACKERS[suffix](b"text\nfine\n")[:6])
    (bad,) = read_all(path)
    assert (bad.row, "damaged or cut off" in bad.reason) == (0, True)
    with pytest.raises(ReadError, match="damaged or cut off"):
        kept_columns(path, Columns())


# ---------------------------------------------------------------- parquet


def damage(path, group, column):
    """Turn some bytes of a column of a row group over."""
    chunk = parquet.ParquetFile(path).metadata.row_group(group).column(column)
    start = (chunk.dictionary_page_offset or chunk.data_page_offset) + 2
    content = bytearray(path.read_bytes())
    content[start : start + 8] = bytes(byte ^ 0xA5 for byte in content[start : start + 8])
    path.write_bytes(bytes(content))


def test_a_damaged_row_group_is_passed_over(tmp_path):
    numbers = range(1, 41)
    path = write_parquet(
        tmp_path / "a.parquet",
        row_group_size=10,
        id=[f"r{n}" for n in numbers],
        text=[f"It broke {n}" for n in numbers],
    )
    damage(path, 1, 1)
    damage(path, 3, 0)
    found = read(path)
    assert [entry.id for entry in found if isinstance(entry, Document)] == [
        f"r{n}" for n in numbers if n <= 10 or 20 < n <= 30
    ]
    first, second = (entry for entry in found if isinstance(entry, Rejected))
    assert (first.row, second.row) == (11, 31)
    assert (first.rows, second.rows) == (10, 10)
    assert sum(getattr(entry, "rows", 1) for entry in found) == len(numbers)
    assert first.reason.startswith("rows 11 to 20 are lost, as row group 2 is damaged (")
    assert "\n" not in first.reason


def test_of_a_damaged_row_group_the_rows_before_are_kept(tmp_path, monkeypatch):
    """And from any position the same rest comes, also where the rows are long."""
    monkeypatch.setattr(parquetfiles, "_BATCH_BYTES", 2000)
    path = write_parquet(
        tmp_path / "a.parquet",
        row_group_size=400,
        write_options={"use_dictionary": False, "compression": "none", "data_page_size": 1000},
        text=[f"It broke {number:04} {'x' * 50}" for number in range(500)],
    )
    content = path.read_bytes()
    length = content.index(b"It broke 0300") - 4
    path.write_bytes(content[:length] + b"\xff\xff\xff\x7f" + content[length + 4 :])
    whole = positions(path)
    (bad,) = (entry for _, entry in whole if isinstance(entry, Rejected))
    assert 1 < bad.row <= 301
    assert bad.row + bad.rows - 1 == 400
    assert sum(getattr(entry, "rows", 1) for _, entry in whole) == 500
    for number, (position, _) in list(enumerate(whole, 1))[::7]:
        assert positions(path, start=position) == whole[number:]


def test_names_of_parquet_columns_that_are_no_text_are_an_error(tmp_path):
    path = write_parquet(tmp_path / "a.parquet", text=["a"], extra_column=["b"])
    path.write_bytes(path.read_bytes().replace(b"extra_column", b"extra_\xff\xffolumn"[:12]))
    (bad,) = read_all(path)
    assert (bad.row, bad.reason.startswith("the file is not whole Parquet (")) == (0, True)


# ---------------------------------------------------------------- files that change


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("share", [0.5, 2])
def test_a_file_that_is_written_to_meanwhile_is_said(write, suffix, share):
    rows = [f"{random.Random(number).random()} broke" for number in range(2000)]
    path = write("a.csv" + suffix, PACKERS[suffix]("\n".join(["text", *rows]).encode()))
    sources = expand(path)
    count = int(len(rows) * share)
    write(path.name, PACKERS[suffix]("\n".join(["text", *(rows * 2)[:count]]).encode()))
    *fine, bad = entries(sources)
    assert (len(fine), bad.row) == (count, count)
    assert bad.reason.startswith(f"the file has {path.stat().st_size:,} bytes and had ")


def test_a_file_that_is_replaced_or_deleted_meanwhile_is_read_as_it_was(write):
    path = write("a.csv", "text\n" + "fine\n" * 50_000)
    found = read_sources(expand(path), Columns())
    next(found)
    path.unlink()
    assert sum(isinstance(entry, Document) for entry in found) == 49_999


def test_parquet_that_is_cut_off_is_not_read(write, tmp_path):
    whole = write_parquet(tmp_path / "a.parquet", text=["a"]).read_bytes()
    for size in (4, 50, len(whole) - 3):
        (bad,) = read_all(write("b.parquet", whole[:size]))
        assert bad.row == 0
        assert bad.reason.startswith("the file is not whole Parquet (")
