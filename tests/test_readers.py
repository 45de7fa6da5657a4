"""Files and rows to documents."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from itertools import islice

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pyarrow import parquet

from mot_nlp.errors import ColumnError, ReadError
from mot_nlp.readers import (
    FORMATS,
    Columns,
    documents_from_rows,
    kept_columns,
    kept_names,
    read_documents,
)
from mot_nlp.records import Document, Rejected

CELLS = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from('",;\n\t\0\u2028\U0001f600<b>'),
    max_size=15,
)


@pytest.fixture
def write(tmp_path):
    """Write bytes or text to a file and return its path."""

    def put(name, content):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return put


def read(path, columns=None, **options):
    return list(read_documents(path, columns or Columns(), **options))


def texts(path, columns=None, **options):
    return [entry.text for entry in read(path, columns, **options)]


def from_rows(rows, columns=None, **options):
    names = list(dict.fromkeys(name for row in rows for name in row))
    return list(
        documents_from_rows(
            enumerate(rows, 1), columns or Columns(), names, where="rows", **options
        )
    )


def reason(rows, columns=None, **options):
    """Why the last row was set aside."""
    entry = from_rows(rows, columns, **options)[-1]
    assert isinstance(entry, Rejected), entry
    assert (entry.where, entry.row) == ("rows", len(rows))
    return entry.reason


def json_lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


# ---------------------------------------------------------------- columns


@pytest.mark.parametrize("name", ["text", "Review", "BODY", "comment", "transcript"])
def test_the_text_column_is_found_by_name(name):
    assert from_rows([{"brand": "Acme", name: "It broke."}])[0].text == "It broke."


def test_the_first_name_of_the_list_wins():
    assert from_rows([{"comment": "b", "text": "a"}])[0].text == "a"


def test_else_the_only_column_of_strings_is_the_text():
    rows = [{"id": "x", "stars": 2, "note": None}, {"id": "y", "stars": 2, "note": "It broke."}]
    assert from_rows(rows)[1].text == "It broke."


def test_no_column_is_guessed_among_several():
    with pytest.raises(ColumnError, match=r"cannot tell which column holds the text.*--text.*a, b"):
        from_rows([{"a": "x", "b": "y"}])


@pytest.mark.parametrize(
    "columns",
    [
        Columns(text="reviwe"),
        Columns(id="reviwe"),
        Columns(source="reviwe"),
        Columns(keep=("reviwe",)),
    ],
    ids=["text", "id", "source", "keep"],
)
def test_a_wrong_column_is_an_error_that_lists_what_there_is(columns):
    with pytest.raises(
        ColumnError,
        match=r"no column 'reviwe'; did you mean 'Review'. The columns are Review, stars",
    ):
        documents_from_rows([], columns, ["Review", "stars"], where="rows")


def test_a_column_that_is_read_may_not_occur_twice():
    with pytest.raises(ColumnError, match="'text' occurs more than once"):
        documents_from_rows([], Columns(), ["text", "text"], where="rows")


def test_many_columns_are_cut_short():
    with pytest.raises(ColumnError, match="c39 and 60 more"):
        kept_names(Columns(text="nothing"), [f"c{n}" for n in range(100)])


@pytest.mark.parametrize("name", ["stage", "doc_id", "n_segments", "text"])
def test_kept_columns_may_not_collide_with_results(name):
    with pytest.raises(ColumnError, match=rf"'{name}' cannot be kept.*rename it"):
        Columns(keep=(name,))


def test_the_source_column_is_dropped_from_the_kept_ones():
    columns = Columns(keep=("brand", "source", "brand"))
    assert kept_names(columns, ["text", "brand", "source"]) == ("brand",)
    with pytest.raises(ColumnError, match="'source' cannot be kept"):
        Columns(source="channel", keep=("source",))


# ---------------------------------------------------------------- rows


def test_ids_become_strings_and_missing_ones_name_the_row():
    rows = [{"id": 7, "text": "a"}, {"id": None, "text": "b"}, {"id": "", "text": "c"}]
    assert [entry.id for entry in from_rows(rows)] == ["7", "row-2", "row-3"]


def test_a_missing_id_takes_no_real_one():
    rows = [{"id": "1", "text": "a"}, {"id": None, "text": "b"}, {"id": "2", "text": "c"}]
    assert [entry.id for entry in from_rows(rows)] == ["1", "row-2", "2"]


def test_whole_ids_beside_a_missing_one_stay_whole():
    frame = pd.DataFrame({"id": [17, None, 2.5, 1e16, math.inf], "text": list("abcde")})
    ids = [entry.id for entry in from_rows(frame.to_dict("records"))]
    assert ids == ["17", "row-2", "2.5", "10000000000000000", "inf"]


def test_rows_are_numbered_where_there_is_no_id():
    assert [entry.id for entry in from_rows([{"text": "a"}, {"text": "a"}])] == ["1", "2"]


def test_an_empty_id_column_numbers_the_rows():
    rows = [{"id": "x", "text": "a"}, {"id": "x", "text": "b"}]
    assert [entry.id for entry in from_rows(rows, Columns(id=""))] == ["1", "2"]


def test_a_used_id_is_set_aside():
    rows = [{"id": "x", "text": "a"}, {"id": "x", "text": "b"}]
    assert "already has this id; leave --id out to number the rows" in reason(
        rows, Columns(id="id")
    )
    assert "already has this id; number the rows with an empty id" in reason(rows)


def test_an_id_of_a_row_set_aside_is_not_used():
    rows = [{"id": "x", "text": ""}, {"id": "x", "text": "b"}]
    first, second = from_rows(rows)
    assert (first.doc_id, second.id) == ("x", "x")


def test_sources_outside_the_list_are_guessed():
    rows = [
        {"text": "It broke.", "source": "social"},
        {"text": "It broke.", "source": " Transcript"},
        {"text": "It broke.", "source": "email"},
        {"text": "thanks @acme", "source": None},
    ]
    assert [d.source for d in from_rows(rows)] == ["social", "transcript", "review", "social"]
    (found,) = from_rows([{"text": "It broke.", "kind": "social"}], Columns(source="kind"))
    assert found.source == "social"


def test_kept_values_pass_through_as_they_are():
    rows = [{"text": "It broke.", "stars": 2, "tags": ["a"], "date": None}]
    (found,) = from_rows(rows, Columns(keep=("stars", "tags", "date")))
    assert found.extra == {"stars": 2, "tags": ["a"], "date": None}


@pytest.mark.parametrize(
    "value",
    [None, math.nan, float("nan"), pd.NA, pd.NaT, ""],
    ids=["None", "nan", "NaN", "NA", "NaT", "empty"],
)
def test_a_missing_text_is_set_aside(value):
    assert "the text is missing: column 'text' is empty" in reason([{"text": value}])


@pytest.mark.parametrize(
    ("value", "kind"),
    [(5, "int"), (True, "bool"), (["a"], "list"), ({"a": 1}, "dict"), (b"a", "bytes")],
)
def test_a_text_that_is_no_string_is_set_aside(value, kind):
    assert f"the text in column 'text' is {kind}, not a string" in reason([{"text": value}])


def test_a_blank_text_is_set_aside():
    assert reason([{"text": " \n "}]) == "the text is empty"


def test_a_transcript_without_a_customer_is_set_aside():
    rows = [{"text": "Agent: hi\nBot: hello"}]
    assert "its speakers are Agent, Bot" in reason(rows)
    assert from_rows(rows, customer="bot")[0].turns[1].is_customer


def test_turns_make_a_transcript():
    turns = [{"speaker": "Agent", "text": "hi"}, {"speaker": "Kim", "text": "It broke."}]
    for column in ("turns", "text"):
        (found,) = from_rows([{column: turns}])
        assert (found.text, found.source) == ("Agent: hi\nKim: It broke.", "transcript")
    (found,) = from_rows([{"turns": pd.array(turns, dtype=object).to_numpy()}])
    assert found.source == "transcript"


def test_bad_turns_are_set_aside():
    assert "turn 1 cannot be used: its text is None" in reason([{"turns": [{"speaker": "Kim"}]}])
    assert "turn 1 cannot be used: it is 'hi'" in reason([{"turns": ["hi"]}])


def test_texts_and_turns_may_be_mixed():
    rows = [{"text": "a"}, {"turns": [{"speaker": "Kim", "text": "b"}]}]
    assert [d.text for d in from_rows(rows)] == ["a", "Kim: b"]
    assert [d.text for d in from_rows(rows[::-1])] == ["Kim: b", "a"]


def test_rows_are_streamed():
    def rows():
        for number in range(1, 3):
            yield number, {"text": "a"}
        raise AssertionError("read ahead")

    found = documents_from_rows(rows(), Columns(text="text"), ["text"], where="rows")
    assert [entry.id for entry in islice(found, 2) if isinstance(entry, Document)] == ["1", "2"]


# ---------------------------------------------------------------- csv and tsv


@given(st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_csv_cells_come_back_as_written(tmp_path_factory, pairs):
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "brand"])
        writer.writerows([("x" + text, brand) for text, brand in pairs])
    assume(path.read_bytes().count(b"\0") < 5)  # many make a file binary
    found = read(path, Columns(keep=("brand",)))
    assert [(d.text, d.extra["brand"]) for d in found] == [
        ("x" + text, brand or None) for text, brand in pairs
    ]


def test_csv_with_quoted_newlines_blank_lines_and_spaced_names(write):
    path = write("a.csv", 'id, text \r\n1,"It broke.\r\nTwice."\r\n\r\n2,Fine\r\n')
    assert texts(path) == ["It broke.\r\nTwice.", "Fine"]


def test_tsv(write):
    for name in ("a.tsv", "a.tab", "a.TSV"):
        assert texts(write(name, "id\ttext\n1\tIt, broke\n")) == ["It, broke"]


def test_a_huge_cell_is_read(write):
    assert len(texts(write("a.csv", "id,text\n1," + "x" * 300_000))[0]) == 300_000


def test_csv_rows_that_cannot_be_used_are_set_aside(write):
    path = write("a.csv", 'id,text\n1,a,b\n2\n3,"a"b\n4,fine\n5,"open\n6,lost\n')
    cells, few, quote, fine, lost = read(path)
    assert cells == Rejected(str(path), 1, "", cells.reason)
    assert "the row has 3 cells, the header 2" in cells.reason
    assert "the row has 1 cells" in few.reason
    assert "double the quotes inside a quoted cell" in quote.reason
    assert (fine.id, fine.text) == ("4", "fine")
    assert lost.row == 5
    assert "that starts at line 6 never closes" in lost.reason


def test_a_header_alone_is_no_documents(write):
    assert read(write("a.csv", "id,foo,bar\n")) == []
    assert read(write("b.csv", "text")) == []


def test_csv_without_a_header_is_refused(write):
    with pytest.raises(ReadError, match=r"a.csv is empty; its first line must name the columns"):
        read(write("a.csv", "\n\n"))
    with pytest.raises(ReadError, match=r"a.csv: the header cannot be read.*quotes"):
        read(write("a.csv", '"text\nIt broke.'))


@pytest.mark.parametrize(
    ("name", "header", "cure"),
    [
        ("a.csv", "id;text", "semicolons; re-save it with commas"),
        ("a.csv", "id\ttext", "tabs; give --format tsv"),
        ("a.tsv", "id,text", "commas; give --format csv"),
    ],
)
def test_another_separator_is_named(write, name, header, cure):
    with pytest.raises(ReadError, match=cure):
        read(write(name, header + "\n1;a\n"))


# ---------------------------------------------------------------- encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_encodings(write, name, encoding):
    content = "text\nétroit \U0001f600\n" if name == "a.csv" else '{"text": "étroit \U0001f600"}\n'
    assert texts(write(name, content.encode(encoding))) == ["étroit \U0001f600"]


def test_rows_that_are_not_utf8_are_set_aside(write):
    for path in (
        write("a.csv", b"text,b\n\xe9troit,1\nfine,2\n"),
        write("a.jsonl", b'{"text": "\xe9troit"}\n{"text": "fine"}\n'),
    ):
        bad, fine = read(path)
        assert (bad.row, bad.reason) == (1, "the row is not UTF-8; re-save the file as UTF-8")
        assert fine.text == "fine"


def test_foreign_bytes_in_the_header_can_be_told(write):
    path = write("a.csv", b"r\xe9sum\xe9,text\nx,fine\n")
    assert texts(path) == ["fine"]
    with pytest.raises(ColumnError, match=r"The columns are r\?sum\?, text"):
        read(path, Columns(text="texts"))


# ---------------------------------------------------------------- json lines


def test_json_lines(write):
    path = write(
        "a.ndjson",
        json_lines(
            {"id": 1, "text": "a\ud800b\u2028c\0", "stars": 2},
            {"turns": [{"speaker": "Kim", "text": "b"}]},
        )
        + "\r\n  \n"
        + json_lines({"text": "d"}),
    )
    found = read(path, Columns(keep=("stars",)))
    assert [d.id for d in found] == ["1", "row-2", "row-3"]
    assert [d.text for d in found] == ["a\ufffdb\u2028c\0", "Kim: b", "d"]
    assert [d.extra["stars"] for d in found] == [2, None, None]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"text": "a"', "broken JSON"),
        ("text", "broken JSON"),
        ('["a"]', "is a JSON list, not an object"),
        ("null", "is a JSON NoneType, not an object"),
        ("[" * 100_000, "broken JSON"),
        ('{"text": NaN}', "the text is missing"),
    ],
    ids=["cut", "bare", "list", "null", "deep", "nan"],
)
def test_json_lines_that_cannot_be_used_are_set_aside(write, line, expected):
    bad, fine = read(write("a.jsonl", line + '\n{"text": "fine"}'))
    assert (bad.row, fine.id) == (1, "2")
    assert expected in bad.reason


def test_broken_lines_alone_are_no_column_error(write):
    assert [e.row for e in read(write("a.jsonl", "a\nb\n"), Columns(text="review"))] == [1, 2]


def test_columns_of_json_lines_are_looked_up(write):
    with pytest.raises(ColumnError, match="no column 'body'; the columns are id, text"):
        read(write("a.jsonl", '{"id": 1}\n{"text": "a"}\n'), Columns(text="body"))


# ---------------------------------------------------------------- parquet


def write_parquet(path, **columns):
    parquet.write_table(pa.table(columns), path)
    return path


def test_parquet(tmp_path):
    path = write_parquet(
        tmp_path / "a.pq",
        id=pa.array([5, None]),
        text=pa.array(["a", None]),
        stars=pa.array([2.5, 1.0]),
        unused=pa.array([1, 2]),
    )
    fine, bad = read(path, Columns(keep=("stars",)))
    assert (fine.id, fine.text, fine.extra) == ("5", "a", {"stars": 2.5})
    assert (bad.row, bad.doc_id) == (2, "")


def test_parquet_finds_turns_and_the_only_strings(tmp_path):
    turns = write_parquet(tmp_path / "a.parquet", turns=[[{"speaker": "Kim", "text": "a"}]])
    assert texts(turns) == ["Kim: a"]
    alone = write_parquet(tmp_path / "b.parquet", n=[1], note=pa.array(["a"]).dictionary_encode())
    assert texts(alone) == ["a"]


def test_parquet_rows_that_are_not_utf8_are_set_aside(tmp_path):
    raw = pa.array([b"a", b"\xe9", b"c"]).view(pa.string())
    entries = read(write_parquet(tmp_path / "a.parquet", text=raw))
    assert [isinstance(entry, Document) for entry in entries] == [True, False, True]
    assert "not UTF-8" in entries[1].reason


@pytest.mark.parametrize(
    "content", ["text\na\n", b"PAR1 and then nothing of use PAR1"], ids=["csv", "cut"]
)
def test_what_is_not_parquet_is_refused(write, content):
    with pytest.raises(ReadError, match=r"a.parquet is not (whole )?Parquet"):
        read(write("a.parquet", content))


# ---------------------------------------------------------------- files


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
    path = write("a.txt", "text\nfine\n")
    with pytest.raises(ReadError, match=r"the formats are csv, tsv, jsonl, parquet; .*--format"):
        read_documents(path, Columns())
    with pytest.raises(ReadError, match="'xls' is not a format; the formats are csv"):
        read_documents(path, Columns(), format="xls")
    assert texts(path, format="csv") == ["fine"]
    assert FORMATS == ("csv", "tsv", "jsonl", "parquet")


@pytest.mark.parametrize(
    ("start", "looks"),
    [
        (b"PAR1", "Parquet; give --format parquet"),
        (b"PK\x03\x04", "Excel workbook"),
        (b"\x1f\x8b", "gzip; unpack"),
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
