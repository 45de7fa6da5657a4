"""CSV, TSV, JSON Lines, JSON and Parquet to documents."""

from __future__ import annotations

import csv
import json

import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mot_nlp.errors import ColumnError, ReadError
from mot_nlp.readers import Columns, check_columns, delimited, expand, jsonfiles, jsonlines
from mot_nlp.readers import rows as rows_module
from mot_nlp.records import Document, Rejected
from tests.readers.world import json_lines, positions, read, texts, write_parquet

CELLS = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from('",;\n\t\0\u2028\U0001f600<b>'),
    max_size=15,
)

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
        ("a.tsv", "id;text", "semicolons; give --format csv"),
        ("a.csv", "id\ttext", "tabs; give --format tsv"),
        ("a.tsv", "id,text", "commas; give --format csv"),
    ],
)
def test_another_separator_is_named(write, name, header, cure):
    with pytest.raises(ReadError, match=cure):
        read(write(name, header + "\n1;a\n"))


@pytest.mark.parametrize(
    "content",
    [
        'id;text;n\r\n1;"Good, but; dear";2,5\r\n2;b;1\r\n',
        'sep=;\r\nid;text;n\r\n1;"Good, but; dear";2,5\r\n2;b;1\r\n',
        "SEP=|\nid|text|n\n1|Good, but; dear|2,5\n2|b|1\n",
        '\n"id";"text";"n"\n"1";"Good, but; dear";"2,5"\n2;b;1\n',
    ],
    ids=["semicolons", "told", "another", "quoted"],
)
def test_csv_of_excel_is_read(write, content):
    first, second = read(write("a.csv", content), Columns(keep=("n",)))
    assert (first.id, first.text, first.extra) == ("1", "Good, but; dear", {"n": "2,5"})
    assert (second.id, second.text) == ("2", "b")


def test_one_column_may_have_a_semicolon_in_its_name(write):
    path = write("a.csv", '"text; raw"\nGood; but dear\n')
    assert texts(path) == ["Good; but dear"]


def test_a_quote_that_swallows_much_is_told_early(write, monkeypatch):
    monkeypatch.setattr(delimited, "_SWALLOWED", 200)
    rows = [f"{number},fine {number}" for number in range(1, 200)]
    rows[3], rows[150] = '4,"open', '151,"open'
    path = write("a.csv", "\n".join(["id,text", *rows]))
    found = positions(path)
    assert [entry.row for _, entry in found if isinstance(entry, Rejected)] == [4, 151]
    assert len(found) == 199
    assert "that starts at line 5 never closes" in found[3][1].reason
    assert "that starts at line 152 never closes" in found[150][1].reason
    assert positions(path, start=found[100][0]) == found[101:]


def test_a_long_text_of_many_lines_is_kept(write, monkeypatch):
    monkeypatch.setattr(delimited, "_SWALLOWED", 200)
    prose = "It broke, again.\n\nNothing, they said, helps.\n" * 50
    first, second = read(write("a.csv", f'id,text\n1,"{prose}"\n2,fine\n'))
    assert (first.text, second.text) == (prose, "fine")


def test_the_limit_of_other_csv_readers_is_not_lowered(write):
    before = csv.field_size_limit(2**30)
    try:
        read(write("a.csv", "text\nfine\n"))
        assert csv.field_size_limit() == 2**30
    finally:
        csv.field_size_limit(before)


def test_rows_that_a_quote_swallowed_are_read_again(write):
    rows = [f"{number},fine {number},x" for number in range(1, 200)]
    rows[9] = '10,"open,x'
    rows[150] = '151,"whole, quoted",x'
    found = read(write("a.csv", "\n".join(["id,text,b", *rows])))
    assert [entry.row for entry in found if isinstance(entry, Rejected)] == [10]
    assert [entry.id for entry in found if isinstance(entry, Document)] == [
        str(number) for number in range(1, 200) if number != 10
    ]
    assert "row that starts at line 11" not in found[9].reason
    assert "double the quotes inside a quoted cell" in found[9].reason
    rows[150] = "151,fine,x"
    found = read(write("a.csv", "\n".join(["id,text,b", *rows])))
    assert "that starts at line 11 never closes" in found[9].reason
    assert sum(isinstance(entry, Document) for entry in found) == 198


def test_lines_of_a_text_are_not_read_as_rows(write):
    prose = "\n".join(["Well, it broke", "and, once more", "nothing helped", "at all"] * 20)
    (bad,) = read(write("a.csv", f'id,text\n1,"{prose}'))
    assert "that starts at line 2 never closes" in bad.reason
    (bad,) = read(write("b.csv", 'text\n"open\n' + "fine\n" * 20))
    assert bad.row == 1


def test_a_cell_beyond_measure_is_set_aside(write, monkeypatch):
    monkeypatch.setattr(delimited, "LONGEST_TEXT", 100)
    rows = [f"{number},fine" for number in range(2, 50)]
    found = read(write("a.csv", "\n".join(["id,text", '1,"open', *rows])))
    assert "that starts at line 2 never closes" in found[0].reason
    assert [entry.id for entry in found[1:]] == [str(number) for number in range(2, 50)]
    bad, fine = read(write("b.csv", "id,text\n1," + "x" * 200 + "\n2,fine\n"))
    assert (bad.row, bad.reason) == (1, "the row is longer than 100 characters; split its text")
    assert fine.id == "2"


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json", "a.txt", "a.parquet"])
def test_a_text_beyond_measure_is_set_aside(write, tmp_path, monkeypatch, name):
    monkeypatch.setattr(rows_module, "LONGEST_TEXT", 50)
    long = "x" * 51
    contents = {
        "a.csv": f"text\nfine\n{long}\nfine\n",
        "a.jsonl": json_lines({"text": "fine"}, {"text": long}, {"text": "fine"}),
        "a.json": json.dumps([{"text": "fine"}, {"text": long}, {"text": "fine"}]),
        "a.txt": f"fine\n{long}\nfine\n",
    }
    if name in contents:
        path = write(name, contents[name])
    else:
        path = write_parquet(tmp_path / name, text=["fine", long, "fine"])
    first, bad, last = read(path)
    assert (first.id, bad.row, last.id) == ("1", 2, "3")
    assert bad.reason == "the text has 51 characters, at most 50 can be read; split it"


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
        ("[" * 100_000, "more than 100 brackets in each other"),
        ('{"text": "a", "n": ' + "[" * 100 + "]" * 100 + "}", "more than 100 brackets"),
        ('{"text": "a", "n": ' + "9" * 5000 + "}", "a number has too many digits"),
        ('{"text": NaN}', "the text is missing"),
    ],
    ids=["cut", "bare", "list", "null", "deep", "nested", "digits", "nan"],
)
def test_json_lines_that_cannot_be_used_are_set_aside(write, line, expected):
    bad, fine = read(write("a.jsonl", line + '\n{"text": "fine"}'))
    assert (bad.row, fine.id) == (1, "2")
    assert expected in bad.reason


def test_brackets_in_texts_do_not_count(write):
    line = {"text": "[" * 500 + '"', "n": [[1]] * 200}
    (fine,) = read(write("a.jsonl", json_lines(line)), Columns(keep=("n",)))
    assert (fine.text, fine.extra) == (line["text"], {"n": line["n"]})


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_an_order_mark_where_files_were_joined_is_passed_over(write, name):
    assert texts(write(name, '\ufeff{"text": "a"}\n\ufeff{"text": "b"}\n')) == ["a", "b"]


def test_long_rows_are_not_all_looked_at(write, monkeypatch):
    monkeypatch.setattr(jsonlines, "_PEEKED_CHARACTERS", 60)
    taken: list[int] = []
    row_of = jsonlines.row_of

    def counted(number, *given):
        taken.append(number)
        return row_of(number, *given)

    monkeypatch.setattr(jsonlines, "row_of", counted)
    path = write("a.jsonl", json_lines(*[{"text": "x" * 20}] * 9))
    assert check_columns(expand(path), Columns()) == ()
    assert taken == [1, 2]
    assert len(read(path)) == 9


def test_a_file_without_a_readable_row_at_its_start_is_not_held(write):
    lines = "broken\n" * 5000 + '{"text": "fine"}\n'
    with pytest.raises(
        ReadError, match="none of the first 1,000 rows can be read, the first as the"
    ):
        read(write("a.jsonl", lines))
    found = read(write("b.jsonl", lines), Columns(text="text"))
    assert (len(found), found[-1].text) == (5001, "fine")


def test_broken_lines_alone_are_no_column_error(write):
    assert [e.row for e in read(write("a.jsonl", "a\nb\n"), Columns(text="review"))] == [1, 2]


def test_columns_of_json_lines_are_looked_up(write):
    with pytest.raises(ColumnError, match="no column 'body'; the columns are id, text"):
        read(write("a.jsonl", '{"id": 1}\n{"text": "a"}\n'), Columns(text="body"))


# ---------------------------------------------------------------- json

TURNS = [{"speaker": "Kim", "text": 'It } broke " ['}]
OBJECTS = st.lists(
    st.fixed_dictionaries(
        {"text": st.text('ab{}[]",\\\n\U0001f600 ', min_size=1, max_size=9)},
        optional={"more": st.lists(st.integers(0, 9) | st.text('{}[]"', max_size=3), max_size=3)},
    ),
    max_size=6,
)


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"id": "c1", "turns": TURNS}),
        json.dumps({"id": "c1", "turns": TURNS}, indent=2),
        " \n" + json.dumps([{"id": "c1", "turns": TURNS}]) + "\n",
        "\ufeff" + json.dumps([{"id": "c1", "turns": TURNS}], indent=2),
        json_lines({"id": "c1", "turns": TURNS}),
    ],
    ids=["object", "indented", "list", "mark", "lines"],
)
def test_json_of_turns(write, content):
    (found,) = read(write("a.json", content))
    assert (found.id, found.text) == ("c1", 'Kim: It } broke " [')


@given(OBJECTS, st.sampled_from([None, 0, 2]), st.sampled_from([1, 2, 5, 2**16]), st.booleans())
def test_json_comes_back_as_written(tmp_path_factory, rows, indent, chunk, is_list):
    path = tmp_path_factory.mktemp("json") / "x.json"
    if is_list:
        path.write_text(json.dumps(rows, indent=indent, ensure_ascii=False), encoding="utf-8")
    else:
        written = [json.dumps(row, indent=indent, ensure_ascii=False) for row in rows]
        path.write_text("\n".join([" ", *written]), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonfiles, "_CHUNK", chunk)
        found = read(path)
    assert [entry.row for entry in found if isinstance(entry, Rejected)] == [
        number for number, row in enumerate(rows, 1) if not row["text"].strip()
    ]
    assert [entry.text for entry in found if isinstance(entry, Document)] == [
        row["text"] for row in rows if row["text"].strip()
    ]


@pytest.mark.parametrize(
    ("content", "reasons"),
    [
        ('[{"text": "a"}, {"text": "b" "c"}, {"text": "d"}]', {2: "broken JSON"}),
        ('[{"text": "a"}, 7, {"text": "d"}, ["e"]]', {2: "is a JSON int", 4: "is a JSON list"}),
        ('[{"text": "a"}, {"text": "d"}] more', {3: "broken JSON"}),
        ('[{"text": "a"}, {"text": "d"}, {"text": "e', {3: "never closes"}),
        ('[{"text": "a"}, {"text": "d"}, {"text": {"e": 1}]', {3: "broken JSON"}),
        ('{"text": "a"}\n{"text": }\n\n{"text": "d"}', {2: "the line is broken JSON"}),
        ('{"text":\n"a"}\n{"text": }\n\n{"text": "d"}', {2: "the element is broken JSON"}),
        ('{"text": "a"}}{"text": "d"}', {2: "broken JSON"}),
    ],
    ids=["comma", "no object", "tail", "cut", "bracket", "lines", "objects", "one line"],
)
def test_json_that_cannot_be_used_is_set_aside(write, content, reasons):
    found = read(write("a.json", content))
    for number, entry in enumerate(found, 1):
        assert isinstance(entry, Rejected) == (number in reasons), found
        assert not isinstance(entry, Rejected) or reasons[entry.row] in entry.reason


def test_json_without_a_row_is_no_documents(write):
    for content in ("[]", " [ ] \n", " \n "):
        assert read(write("a.json", content)) == []


def test_an_element_beyond_measure_is_set_aside(write, monkeypatch):
    monkeypatch.setattr(jsonfiles, "LONGEST_LINE", 50)
    monkeypatch.setattr(jsonfiles, "_CHUNK", 10)
    fine, bad = read(write("a.json", '[{"text": "a"}, {"text": "' + "x" * 200))
    assert (fine.text, bad.row) == ("a", 2)
    assert "never closes" in bad.reason


# ---------------------------------------------------------------- parquet


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


def test_parquet_rows_that_cannot_be_converted_are_set_aside(tmp_path):
    dates = pa.array([0, 2**40, 1], pa.int64()).cast(pa.timestamp("s"))
    path = write_parquet(tmp_path / "a.parquet", text=["a", "b", "c"], date=dates)
    first, bad, last = read(path, Columns(keep=("date",)))
    assert (first.text, last.text) == ("a", "c")
    assert (bad.row, "the row cannot be read" in bad.reason) == (2, True)
