"""Many files as one stream: ids, columns, files that fail, and going on from a position."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pyarrow as pa
import pytest

from mot_nlp.errors import ColumnError, OutputError, ReadError
from mot_nlp.readers import (
    Columns,
    Position,
    ReadNotes,
    UsedIds,
    check_columns,
    expand,
    jsonlines,
    parquetfiles,
    read_positions,
)
from mot_nlp.records import Document, Rejected
from tests.readers.world import (
    PACKERS,
    comma_separated,
    entries,
    json_lines,
    positions,
    read_all,
    write_parquet,
)


def fuzz(path, seed):
    """Write some random bytes over those of a file."""
    generator = random.Random(seed)
    content = bytearray(path.read_bytes())
    for _ in range(generator.choice([1, 3, 20])):
        content[generator.randrange(4, len(content))] = generator.randrange(256)
    path.write_bytes(bytes(content))


def ids(found):
    return [entry.id for entry in found if isinstance(entry, Document)]


# ---------------------------------------------------------------- several files


def test_files_come_in_order_with_ids_of_their_own(write, tmp_path):
    write("data/a.csv", "text\none\ntwo\n")
    write("data/b.jsonl", json_lines({"id": "x", "text": "a"}, {"text": "b"}))
    write("data/c.txt", "Agent: Hi\nKim: It broke\nAgent: Oh\n")
    write("data/d.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nIt broke\n")
    write("data/e/f.txt", "It broke\n")
    write("data/g.json", '{"turns": [{"speaker": "Kim", "text": "It broke"}]}')
    assert ids(read_all(tmp_path / "data")) == [
        "a.csv:1", "a.csv:2", "x", "b.jsonl:row-2", "c", "d", "e/f.txt:1", "g.json:1",
    ]  # fmt: skip


def test_an_id_that_another_file_has_is_set_aside(write):
    first, second = write("a.csv", "id,text\nx,one\n"), write("b.csv", "id,text\nx,two\ny,three\n")
    one, bad, three = read_all([first, second])
    assert (one.id, three.id) == ("x", "y")
    assert (bad.where, bad.row, bad.doc_id) == (str(second), 1, "x")
    assert "an earlier row already has this id" in bad.reason
    assert ids(read_all([first, second], Columns(id=""))) == ["a.csv:1", "b.csv:1", "b.csv:2"]


def test_an_id_that_looks_like_one_that_was_made_is_set_aside(write):
    paths = [write("a.csv", "text\none\n"), write("b.csv", "id,text\na.csv:1,two\n")]
    one, bad = read_all(paths)
    assert (one.id, bad.doc_id) == ("a.csv:1", "a.csv:1")
    assert "an earlier row already has this id" in bad.reason


def test_kept_columns_are_those_of_all_files(write):
    sources = expand(
        [
            write("a.csv", "text,brand\none,A\n"),
            write("b.csv", "text,stars\ntwo,5\n"),
            write("c.txt", "three\n"),
        ]
    )
    columns = Columns(keep=("brand", "stars"))
    assert check_columns(sources, columns) == ("brand", "stars")
    assert [entry.extra for entry in entries(sources, columns)] == [
        {"brand": "A", "stars": None},
        {"brand": None, "stars": "5"},
        {"brand": None, "stars": None},
    ]


def test_a_file_that_cannot_be_read_does_not_end_the_stream(write, tmp_path):
    paths = [
        write("b.csv", "id\ttext\n1\ta\n"),
        write("c.csv", "a,b\nx,y\n"),
        write("d.csv", "id,body\n1,a\n"),
        write("e.parquet", "PAR1"),
        write("f.csv", b"\0\0\0"),
        write("gone.csv", "text\na\n"),
        write("z.csv", "text\nfine\n"),
    ]
    sources = expand(paths)
    paths[5].unlink()
    *faults, fine = entries(sources, Columns(text="text"))
    assert fine.id == "z.csv:1"
    assert [(fault.where, fault.row) for fault in faults] == [(str(path), 0) for path in paths[:6]]
    said = [
        "the file: the columns are separated by tabs; give --format tsv",
        "there is no column 'text'; the columns are a, b",
        "there is no column 'text'; the columns are id, body",
        "the file is not whole Parquet",
        "the file holds many NUL bytes",
        "the file cannot be read (No such file or directory); check its permissions and disk",
    ]
    for fault, reason in zip(faults, said, strict=True):
        assert fault.reason.startswith(reason)


def test_an_empty_file_among_others_is_named_and_holds_no_row(write, caplog):
    paths = [write("a.csv", "text\nfirst\n"), write("b.csv", ""), write("c.csv", "text\nlast\n")]
    assert [entry.text for entry in entries(expand(paths), Columns())] == ["first", "last"]
    assert caplog.messages == [f"{paths[1]} is empty"]


def test_a_column_that_changes_its_type_sets_rows_aside(write, tmp_path):
    lines = [{"text": "a", "n": 1}, {"text": 5, "n": "x"}, {"text": ["b"]}, {"text": "c", "n": [2]}]
    found = read_all(write("a.jsonl", json_lines(*lines)), Columns(keep=("n",)))
    assert [type(entry) for entry in found] == [Document, Rejected, Rejected, Document]
    assert found[3].extra == {"n": [2]}
    numbers = write_parquet(tmp_path / "b.parquet", text=pa.array([1, 2]))
    assert ["is int, not a string" in entry.reason for entry in read_all(numbers)] == [True, True]


# ---------------------------------------------------------------- columns


def test_columns_that_no_file_has_are_refused(write):
    sources = expand([write("a.csv", "text,brand\n"), write("b.csv", ""), write("c.txt", "a\n")])
    with pytest.raises(ColumnError, match="no column 'brnd'; did you mean 'brand'"):
        check_columns(sources, Columns(keep=("brnd",)))
    with pytest.raises(ReadError, match=r"b\.csv is empty"):
        check_columns(sources[1:2], Columns())
    with pytest.raises(ColumnError, match="cannot tell which column holds the text"):
        check_columns(expand(write("d.csv", "a,b\nx,y\n")), Columns())
    assert check_columns(expand(write("e.jsonl", "broken\n")), Columns(text="body")) == ()


def test_no_more_files_are_opened_than_needed(write):
    paths = [write("a.csv", ""), write("b.csv", "text,brand\n"), write("c.csv", "text\n")]
    sources = expand(paths)
    paths[2].unlink()
    assert check_columns(sources, Columns(text="text", keep=("brand",))) == ("brand",)
    assert check_columns(expand(["-", paths[0]]), Columns(keep=("any",))) == ("any",)


# ---------------------------------------------------------------- positions

ROWS = [{"id": f"r{n}", "text": f'It "broke",\n{n} é', "b": str(n)} for n in range(25)]
SPEECH = "".join(f"{'Agent' if n % 2 else 'Kim'}: It broke {n}\n" for n in range(9))
FILES = {
    "a.csv": comma_separated(*ROWS) + '26,"open"x,b\n27,a\n28,fine,b\n',
    "b.csv": comma_separated(*ROWS) + '26,"open,b\n' + "".join(f"{n},fine,b\n" for n in range(9)),
    "c.jsonl": json_lines(*ROWS) + "broken\n\n" + json_lines({"text": "fine"}, {"text": ""}),
    "d.json": "[" + ",\n".join(json_lines(*ROWS).splitlines()) + ", 7, {]",
    "e.txt": "\n\n".join(row["text"].replace("\n", " ") for row in ROWS),
    "f.txt": SPEECH,
    "g.vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\nIt broke\n",
    "h.csv": "",
}


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("share", [1, 0.7])
@pytest.mark.parametrize("columns", [Columns(id="", keep=("b",)), Columns(text="text", id="")])
def test_from_any_position_the_rest_comes(write, tmp_path, monkeypatch, suffix, share, columns):
    """Also in files that are broken or cut off, and in the rows that are looked at first."""
    monkeypatch.setattr(jsonlines, "PEEKED_ROWS", 3)
    monkeypatch.setattr(parquetfiles, "BATCH_ROWS", 4)
    paths = []
    for name, content in FILES.items():
        packed = PACKERS[suffix](content.encode())
        paths.append(write(name + suffix, packed[: int(len(packed) * share)]))
    cells = {name: [row[name] for row in ROWS] for name in ROWS[0]}
    paths.append(write_parquet(tmp_path / "i.parquet", row_group_size=10, **cells))
    sources = expand(paths)
    whole = list(read_positions(sources, columns))
    reached = [position for position, _ in whole]
    assert reached == sorted(set(reached))
    for number, position in enumerate(reached, 1):
        assert list(read_positions(sources, columns, start=position)) == whole[number:]
    assert list(read_positions(sources, columns, start=Position(len(sources)))) == []


@pytest.mark.parametrize("seed", range(40))
def test_whatever_bytes_are_wrong_reading_ends_and_goes_on(write, tmp_path, seed):
    cells = {name: [row[name] for row in ROWS] for name in ROWS[0]}
    paths = [write(name, content) for name, content in FILES.items() if content]
    paths.append(write_parquet(tmp_path / "i.parquet", row_group_size=10, **cells))
    for path in paths:
        fuzz(path, f"{seed} {path.name}")
    sources = expand(paths)
    whole = list(read_positions(sources, Columns(text="text", id="")))
    for number in range(0, len(whole), 9):
        rest = list(read_positions(sources, Columns(text="text", id=""), start=whole[number][0]))
        assert rest == whole[number + 1 :]


def test_rows_that_lie_behind_are_not_parsed(write, monkeypatch):
    path = write("a.jsonl", json_lines(*ROWS))
    monkeypatch.setattr(jsonlines, "PEEKED_ROWS", 3)
    parsed: list[int] = []
    row_of = jsonlines.row_of

    def counted(number, *given, **named):
        parsed.append(number)
        return row_of(number, *given, **named)

    monkeypatch.setattr(jsonlines, "row_of", counted)
    assert len(positions(path, start=Position(0, 20))) == 5
    assert parsed == [1, 2, 3, 21, 22, 23, 24, 25]


def test_row_groups_that_lie_behind_are_not_read(tmp_path):
    cells = {name: [row[name] for row in ROWS] for name in ROWS[0]}
    path = write_parquet(tmp_path / "a.parquet", row_group_size=10, **cells)
    content = bytearray(path.read_bytes())
    content[4:200] = bytes(196)  # the first row group is spoilt
    path.write_bytes(bytes(content))
    assert isinstance(positions(path)[0][1], Rejected)
    assert ids(entry for _, entry in positions(path, start=Position(0, 12))) == [
        f"r{n}" for n in range(12, 25)
    ]


def test_ids_that_lie_behind_are_taken(write):
    path = write("a.csv", "id,text\nx,one\ny,two\nx,three\ny,four\nz,five\n")
    whole = positions(path)
    used = UsedIds()
    used.update(["x", "y"])
    assert positions(path, start=whole[1][0], used=used) == whole[2:]
    assert not used.take("z")
    used.close()


# ---------------------------------------------------------------- ids


def test_ids_are_taken_once():
    used = UsedIds()
    assert [used.take(doc_id) for doc_id in ("a", "b", "a", "", "é" * 5000, "")] == [
        True, True, False, True, True, False,
    ]  # fmt: skip
    used.update(f"x{number}" for number in range(1000))
    assert not any(used.take(f"x{number}") for number in range(1000))
    used.close()
    assert used.take("a")
    used.close()


def test_a_full_temporary_folder_is_said(monkeypatch):
    used = UsedIds()
    used.take("a")
    assert used._cursor is not None
    used._cursor.execute("PRAGMA max_page_count = 2")
    with pytest.raises(OutputError, match=r"temporary folder.*is full.*SQLITE_TMPDIR"):
        used.update(str(number) for number in range(100_000))
    with pytest.raises(OutputError, match="the list of used ids cannot be kept"):
        all(used.take(f"more {number}") for number in range(100_000))
    used.close()


# ---------------------------------------------------------------- how far a file is read


@pytest.mark.parametrize("name", ["in.csv", "in.csv.gz", "in.csv.zst", "in.parquet"])
def test_the_offset_grows_to_the_size_of_the_file_as_it_is_packed(write, tmp_path, name):
    rows = [{"text": random.Random(n).randbytes(60).hex()} for n in range(6000)]
    if name.endswith("parquet"):
        columns = {"text": [row["text"] for row in rows]}
        path = write_parquet(tmp_path / name, row_group_size=500, **columns)
    else:
        packed = PACKERS[name.removeprefix("in.csv")](comma_separated(*rows).encode())
        path = write(name, packed)
    notes, size = ReadNotes(), path.stat().st_size
    seen = [notes.offset for _ in read_positions(expand(path), Columns(text="text"), notes=notes)]
    assert None not in seen
    assert (seen[0] or 0) < size / 2 or name.endswith("parquet")  # its end is read first
    if not name.endswith("parquet"):
        assert seen == sorted(found for found in seen if found is not None)
    assert (seen[-1] or 0) <= size
    assert len(set(seen)) > 3
    assert notes.offset is None


def test_nothing_is_read_no_offset():
    notes = ReadNotes()
    assert notes.offset is None
    with Path(os.devnull).open("rb") as file, notes.following(file):
        file.close()
        assert notes.offset is None


def test_standard_input_has_no_offset():
    notes = ReadNotes()
    reading, writing = os.pipe()
    os.close(writing)
    with os.fdopen(reading, "rb") as file, notes.following(file):
        assert notes.offset is None
