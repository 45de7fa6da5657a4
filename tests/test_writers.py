"""Rows to files."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from html import unescape

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pyarrow import parquet

from mot_nlp.errors import OutputError
from mot_nlp.records import DOCUMENT_COLUMNS, MOMENT_COLUMNS
from mot_nlp.writers import (
    FORMATS,
    SUFFIXES,
    TABLE_FORMATS,
    defuse,
    open_writer,
    undefuse,
    write_table,
)
from mot_nlp.writers import parquet as parquet_module
from mot_nlp.writers.whole import write_whole

MESSY = st.text(
    st.characters(exclude_categories=["Cs"])
    | st.sampled_from("\",;'\n\r\t\0=+-@\u2028\U0001f600<b>&"),
    max_size=12,
)


def write(path, rows, columns=None, **options):
    with open_writer(path, columns or list(rows[0]), **options) as writer:
        writer.write(rows)
    return path


def read_csv(path, delimiter=","):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def read_json_lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def read_parquet(path):
    return parquet.read_table(path).to_pylist()


@pytest.fixture
def small_groups(monkeypatch):
    monkeypatch.setattr(parquet_module, "GROUP_ROWS", 2)


# ---------------------------------------------------------------- the same rows come back


@given(st.lists(st.fixed_dictionaries({"text": MESSY, "brand": MESSY}), max_size=4))
def test_messy_text_comes_back(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("out")
    columns = ["text", "brand"]
    assert read_parquet(write(folder / "a.parquet", rows, columns)) == rows
    assert read_json_lines(write(folder / "a.jsonl", rows, columns)) == rows
    defused = [{name: defuse(cell) for name, cell in row.items()} for row in rows]
    assert read_csv(write(folder / "a.csv", rows, columns)) == defused
    assert read_csv(write(folder / "a.tsv", rows, columns), "\t") == defused


@pytest.mark.parametrize("kind", FORMATS)
def test_rows_keep_their_order_over_writes(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    with open_writer(path, ["text"]) as writer:
        for part in (["a", "b"], [], ["c"]):
            writer.write([{"text": text} for text in part])
    read = {"parquet": read_parquet, "jsonl": read_json_lines}.get(kind, read_csv)
    assert [row["text"] for row in read(path)] == ["a", "b", "c"]


@pytest.mark.parametrize("kind", FORMATS)
def test_missing_cells_are_empty_and_other_keys_left_out(tmp_path, kind):
    path = write(tmp_path / f"a.{kind}", [{"a": "x", "b": None, "d": 1}], ["a", "b", "c"])
    read = {"parquet": read_parquet, "jsonl": read_json_lines, "tsv": lambda p: read_csv(p, "\t")}
    (row,) = read.get(kind, read_csv)(path)
    assert list(row) == ["a", "b", "c"]
    assert [value or None for value in row.values()] == ["x", None, None]


@pytest.mark.parametrize("kind", FORMATS)
def test_surrogates_are_replaced(tmp_path, kind):
    path = write(tmp_path / f"a.{kind}", [{"text": "a\ud800b", "tags": ["\ud800"]}])
    raw = str(read_parquet(path)) if kind == "parquet" else path.read_text(encoding="utf-8")
    assert "a\ufffdb" in raw


# ---------------------------------------------------------------- csv


@pytest.mark.parametrize("start", list("=+-@\t\r"))
def test_formulas_are_defused(tmp_path, start):
    assert defuse(start + "1+1") == f"'{start}1+1"
    assert undefuse(f"'{start}1+1") == start + "1+1"
    (row,) = read_csv(write(tmp_path / "a.csv", [{"text": start + "cmd|' /C calc'!A0"}]))
    assert row["text"].startswith("'" + start)


@pytest.mark.parametrize("text", ["", "fine", "'=1", " =1", "1-1"])
def test_other_text_is_left_as_it_is(text):
    assert defuse(text) == text


@pytest.mark.parametrize("text", ["-5", "+44", "-12.5", "-.5", "+1.", "-1e-3", "+2.5E+10"])
def test_text_that_is_a_number_is_left_as_it_is(text, tmp_path):
    assert read_csv(write(tmp_path / "a.csv", [{"text": text}])) == [{"text": text}]


@pytest.mark.parametrize(
    "text", ["-", "+", "-.", "--5", "-5+1", "=5", "+44 20", "-5\n", "-1e", "-\u0663"]
)
def test_what_is_almost_a_number_is_defused(text):
    assert defuse(text) == f"'{text}"


@given(MESSY)
def test_defusing_can_be_undone(text):
    # Only text that has the apostrophe by itself is bent.
    assume(not text.startswith(tuple(f"'{start}" for start in "=+-@\t\r")))
    assert undefuse(defuse(text)) == text


def test_numbers_stay_numbers_in_csv(tmp_path):
    row = {"a": -1.5, "b": -2, "c": True, "d": math.nan, "e": np.float64(-0.5), "f": np.int64(-3)}
    path = write(tmp_path / "a.csv", [row])
    assert path.read_bytes() == b"a,b,c,d,e,f\r\n-1.5,-2,true,,-0.5,-3\r\n"


def test_column_names_are_defused(tmp_path):
    assert write(tmp_path / "a.csv", [], ["=a"]).read_bytes() == b"'=a\r\n"


# ---------------------------------------------------------------- json lines


def test_json_lines_hold_any_value(tmp_path):
    row = {
        "nan": math.nan,
        "infinity": math.inf,
        "na": pd.NA,
        "nat": pd.NaT,
        "array": np.array([1, 2]),
        "deep": {"a": [np.float64(1.5), math.nan], 2: date(2026, 1, 2)},
        "time": pd.Timestamp("2026-01-02 03:04"),
        "bytes": b"a",
        "decimal": Decimal("1.50"),
    }
    (found,) = read_json_lines(write(tmp_path / "a.jsonl", [row]))
    assert found == {
        "nan": None,
        "infinity": None,
        "na": None,
        "nat": None,
        "array": [1, 2],
        "deep": {"a": [1.5, None], "2": "2026-01-02"},
        "time": "2026-01-02T03:04:00",
        "bytes": "a",
        "decimal": "1.50",
    }


# ---------------------------------------------------------------- parquet


@pytest.mark.parametrize("own", [MOMENT_COLUMNS, DOCUMENT_COLUMNS], ids=["moments", "documents"])
def test_own_columns_have_fixed_types_even_without_rows(tmp_path, own):
    schema = parquet.read_schema(write(tmp_path / "a.parquet", [], [*own, "brand"]))
    assert schema.names == [*own, "brand"]
    types = dict.fromkeys(("start", "end"), "int64") | {
        "pivotal": "bool",
        "sentiment_score": "double",
    }
    types |= {name: "int64" for name in own if name.startswith("n_")}
    types |= {name: "double" for name in own if name.endswith("_confidence")}
    assert {field.name: str(field.type) for field in schema} == {
        name: types.get(name, "string") for name in schema.names
    }


def test_columns_of_other_tables_are_not_fixed(tmp_path):
    rows = [{"stage": "purchase", "pivotal": 0.25}]
    assert read_parquet(write(tmp_path / "a.parquet", rows)) == rows


@pytest.mark.parametrize(
    ("values", "expected", "kind"),
    [
        ([1, None, 2], [1, None, 2], pa.int64()),
        ([None, None, 3], [None, None, 3], pa.int64()),
        ([1, 2, 4.5], [1.0, 2.0, 4.5], pa.float64()),
        ([1, 2, 2**60], [1, 2, 2**60], pa.int64()),
        ([0.5, 1, 2**60], ["0.5", "1.0", str(2**60)], pa.string()),
        ([2**70, 1, None], [str(2**70), "1", None], pa.string()),
        ([True, None, False], [True, None, False], pa.bool_()),
        ([True, False, 1], ["true", "false", "1"], pa.string()),
        ([1, 2, "many"], ["1", "2", "many"], pa.string()),
        ([4.5, math.nan, None], [4.5, None, None], pa.float64()),
        ([["a"], {"b": 1}, None], ['["a"]', '{"b": 1}', None], pa.string()),
        ([date(2026, 1, 2)] * 3, [date(2026, 1, 2)] * 3, pa.date32()),
        (
            [datetime(2026, 1, 2, 3), None, "soon"],
            ["2026-01-02T03:00:00", None, "soon"],
            pa.string(),
        ),
        (
            [pd.Timestamp("2026-01-02"), None, None],
            [datetime(2026, 1, 2), None, None],
            pa.timestamp("us"),
        ),
        (
            [datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=2))), None, None],
            [datetime(2026, 1, 2, 1, tzinfo=UTC), None, None],
            pa.timestamp("us", tz="UTC"),
        ),
        (
            [pd.Timestamp("2026-01-02 00:00:00.000000001"), None, None],
            ["2026-01-02T00:00:00.000000001", None, None],
            pa.string(),
        ),
        ([None, None, None], [None, None, None], pa.string()),
    ],
)
def test_kept_columns_take_the_type_that_holds_all(tmp_path, small_groups, values, expected, kind):
    rows = [{"text": f"t{n}", "kept": value} for n, value in enumerate(values)]
    table = parquet.read_table(write(tmp_path / "a.parquet", rows))
    assert table.column("kept").to_pylist() == expected
    assert table.schema.field("kept").type == kind
    assert table.column("text").to_pylist() == ["t0", "t1", "t2"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


def test_parquet_is_written_in_groups(tmp_path, small_groups):
    path = write(tmp_path / "a.parquet", [{"n": n} for n in range(5)])
    with parquet.ParquetFile(path) as file:
        groups = [file.metadata.row_group(group) for group in range(file.num_row_groups)]
        assert [group.num_rows for group in groups] == [2, 2, 1]
        assert groups[0].column(0).compression == "ZSTD"


def test_types_known_beforehand_hold_without_values_and_give_way_to_wider_ones(tmp_path):
    kinds = {"low": "float", "n": "integer", "thin": "bool", "day": "time", "at": "instant"}
    rows = [{**dict.fromkeys(kinds), "n": 2**60, "thin": "maybe"}]
    path = tmp_path / "a.parquet"
    with open_writer(path, list(kinds), kinds=kinds) as writer:
        writer.write(rows)
    types = {field.name: str(field.type) for field in parquet.read_schema(path)}
    assert types == {
        "low": "double",
        "n": "int64",
        "thin": "string",
        "day": "timestamp[us]",
        "at": "timestamp[us, tz=UTC]",
    }
    assert read_parquet(path)[0]["n"] == 2**60


# ---------------------------------------------------------------- tables

TABLE = pd.DataFrame(
    {
        "brand": ["=cmd|' /C calc'!A0", "-5 a", None],
        "n": [1, 2, 3],
        "change": [-0.5, math.nan, 1.0],
        "gap": pd.array([1, None, -3], dtype="Int64"),
        "day": [pd.Timestamp("2026-01-02"), pd.Timestamp("2026-01-02 03:04"), pd.NaT],
        "at": [pd.Timestamp("2026-01-02", tz="UTC"), pd.NaT, pd.NaT],
        "thin": [True, False, False],
    }
)


def test_a_table_as_csv_has_defused_text_numbers_and_empty_cells(tmp_path):
    write_table(TABLE, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8").split() == [
        "brand,n,change,gap,day,at,thin",
        "'=cmd|'", "/C", "calc'!A0,1,-0.5,1,2026-01-02T00:00:00,2026-01-02T00:00:00+00:00,true",
        "'-5", "a,2,,,2026-01-02T03:04:00,,false",
        ",3,1.0,-3,,,false",
    ]  # fmt: skip


def test_a_table_comes_back_from_parquet_even_without_rows(tmp_path):
    write_table(TABLE, tmp_path / "a.parquet")
    found = pd.read_parquet(tmp_path / "a.parquet")
    expected = TABLE.astype({"gap": "float64", "day": "M8[us]", "at": "M8[us, UTC]"})
    pd.testing.assert_frame_equal(found, expected)

    write_table(TABLE[:0], tmp_path / "b.parquet")
    empty = parquet.read_schema(tmp_path / "b.parquet")
    assert empty == parquet.read_schema(tmp_path / "a.parquet")


def test_a_column_of_a_table_without_a_figure_stays_a_column_of_figures(tmp_path):
    write_table(pd.DataFrame({"low": [math.nan]}), tmp_path / "a.parquet")
    assert parquet.read_schema(tmp_path / "a.parquet").field("low").type == pa.float64()


# ---------------------------------------------------------------- markdown


def test_markdown_is_rounded_and_has_its_numbers_to_the_right(tmp_path):
    table = TABLE.assign(net=[-13.26, 100.0, -0.04], p_value=[0.000002, 0.0346, -0.0], nil=None)
    write_table(table, tmp_path / "a.md")
    assert (tmp_path / "a.md").read_text(encoding="utf-8").splitlines() == [
        r"| brand | n | change | gap | day | at | thin | net | p\_value | nil |",
        "| --- | ---: | ---: | ---: | --- | --- | --- | ---: | ---: | --- |",
        r"| =cmd\|' /C calc'\!A0 | 1 | -0.500 | 1 | 2026-01-02 | 2026-01-02 | true | -13.3 | 2e-06 |  |",
        "| -5 a | 2 |  |  | 2026-01-02T03:04:00 |  | false | 100.0 | 0.035 |  |",
        "|  | 3 | 1.000 | -3 |  |  | false | 0.0 | 0.000 |  |",
    ]


def test_a_figure_and_its_interval_have_the_same_decimals_in_markdown(tmp_path):
    table = pd.DataFrame(
        {
            "net_sentiment": [1.0], "net_low": [-12.0], "net_high": [14.0],
            "penalty": [-0.893], "penalty_low": [-1.3], "penalty_high": [-0.5],
            "value": [3.0], "value_against": [40.0],
        }
    )  # fmt: skip
    write_table(table, tmp_path / "a.md")
    assert (tmp_path / "a.md").read_text(encoding="utf-8").splitlines()[-1] == (
        "| 1.0 | -12.0 | 14.0 | -0.893 | -1.300 | -0.500 | 3.0 | 40.0 |"
    )
    write_table(table, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text().splitlines()[-1].split(",")[3:5] == ["-0.893", "-1.3"]


def test_the_sentence_of_a_comparison_comes_before_its_figures_in_markdown_alone(tmp_path):
    table = pd.DataFrame({"stage": ["a"], "group": ["b"], "n": [1], "words": ["b is less"]})
    write_table(table, tmp_path / "a.md")
    assert (tmp_path / "a.md").read_text(encoding="utf-8").splitlines() == [
        "| stage | words | group | n |",
        "| --- | --- | --- | ---: |",
        "| a | b is less | b | 1 |",
    ]
    write_table(table, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text().startswith("stage,group,n,words\n")


def test_an_empty_table_is_a_heading_in_markdown(tmp_path):
    write_table(TABLE[["brand", "n"]][:0], tmp_path / "a.md")
    assert (tmp_path / "a.md").read_text() == "| brand | n |\n| --- | --- |\n"


MARKS = st.text(
    st.characters(exclude_categories=["Cs"])
    | st.sampled_from("|\\`*_~[]()!<>&#:/@$\"'-+=\n\r\t\0 1.w"),
    max_size=20,
)


def seen(markdown):
    """Texts of the cells of a table as they are shown, and what else they are made of."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    cells = [token.children or [] for token in tokens if token.type == "inline"]
    texts = ["".join(part.content for part in cell) for cell in cells]
    return texts, {part.type for cell in cells for part in cell} | {t.type for t in tokens}


@given(MARKS, MARKS)
def test_any_text_is_shown_letter_by_letter_in_markdown(tmp_path_factory, name, text):
    path = tmp_path_factory.mktemp("out") / "a.md"
    write_table(pd.DataFrame({"first": ["x"], f"a{name}": [text]}), path)
    texts, kinds = seen(path.read_text(encoding="utf-8"))
    blanks = dict.fromkeys(map(ord, "\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029"), " ")
    control = {code: "\ufffd" for code in (*range(32), *range(127, 160)) if code not in blanks}
    expected = ["first", f"a{name}", "x", text]
    assert [" ".join(found.split()) for found in texts] == [
        " ".join(cell.translate(blanks).translate(control).split()) for cell in expected
    ]
    table = {"table", "thead", "tbody", "tr", "th", "td"}
    assert kinds <= {f"{tag}_{end}" for tag in table for end in ("open", "close")} | {
        "inline",
        "text",
    }


@pytest.mark.parametrize(
    "text",
    [
        "[win](https://evil.example)",
        "![p](https://evil.example/p.png)",
        "<https://evil.example>",
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)</script>",
        "[a]: https://evil.example",
        "&#60;script&#62;",
        "`a` **b** ~~c~~ _d_",
        "a \\| b \\\\| c |",
    ],
)
def test_nothing_comes_alive_in_markdown(tmp_path, text):
    write_table(pd.DataFrame({"brand": [text]}), tmp_path / "a.md")
    html = (
        MarkdownIt("commonmark")
        .enable(["table", "strikethrough"])
        .render((tmp_path / "a.md").read_text())
    )
    (cell,) = re.findall("<td>(.*)</td>", html)
    assert unescape(cell) == text
    assert "<" not in cell


@pytest.mark.parametrize("text", ["see https://evil.example", "see www.evil.example", "WWW.x.de"])
def test_bare_addresses_are_broken_for_those_who_link_them(tmp_path, text):
    write_table(pd.DataFrame({"brand": [text]}), tmp_path / "a.md")
    raw = (tmp_path / "a.md").read_text()
    assert "s://" not in raw
    assert "www." not in raw.lower()
    assert seen(raw)[0] == ["brand", text]


def test_markdown_holds_tables_and_no_rows_and_is_never_read(tmp_path):
    assert ".md" not in SUFFIXES
    assert "md" not in FORMATS
    refused = r"Markdown holds tables, not rows; write parquet, csv"
    with pytest.raises(OutputError, match=refused):
        open_writer(tmp_path / "a.md", ["text"])
    for path in (tmp_path / "a", "-"):
        with pytest.raises(OutputError, match=refused):
            open_writer(path, ["text"], format="md")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OutputError, match="the formats are parquet, csv, tsv, jsonl, md"):
        write_table(TABLE, tmp_path / "a.xlsx")


# ---------------------------------------------------------------- all or nothing


@pytest.mark.parametrize("kind", TABLE_FORMATS)
def test_a_file_bears_its_name_only_when_whole(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    path.write_text("before")
    with open_writer(path, ["text"], table=True) as writer:
        writer.write([{"text": "a"}])
        assert path.read_text() == "before"
        assert path.with_name(f"a.{kind}.part").exists()
    assert path.read_bytes() != b"before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", TABLE_FORMATS)
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_leaves_nothing(tmp_path, small_groups, kind, error):
    def fail():
        with open_writer(tmp_path / f"a.{kind}", ["text"], table=True) as writer:
            writer.write([{"text": "a"}] * 5)
            raise error("stop")

    with pytest.raises(error, match="stop"):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", TABLE_FORMATS)
def test_a_close_that_fails_leaves_nothing(tmp_path, kind, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    writer = open_writer(tmp_path / f"a.{kind}", ["text"], table=True)
    monkeypatch.setattr("pathlib.Path.replace", refuse)
    with pytest.raises(OutputError, match=r"cannot be written \(No space left on device\)"):
        writer.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", TABLE_FORMATS)
def test_a_closed_writer_takes_no_rows(tmp_path, kind):
    writer = open_writer(tmp_path / f"a.{kind}", ["text"], table=True)
    writer.close()
    writer.close()
    writer.abandon()
    with pytest.raises(OutputError, match=f"a.{kind} is closed; open another writer"):
        writer.write([{"text": "a"}])
    assert (tmp_path / f"a.{kind}").exists()


# ---------------------------------------------------------------- paths


@pytest.mark.parametrize("kind", FORMATS)
def test_places_that_cannot_be_written_are_named(tmp_path, kind):
    with pytest.raises(OutputError, match=r"there is no folder .*none; create it"):
        open_writer(tmp_path / "none" / f"a.{kind}", ["text"])
    (tmp_path / f"b.{kind}").mkdir()
    with pytest.raises(OutputError, match=f"b.{kind} is a folder; name a file in it"):
        open_writer(tmp_path / f"b.{kind}", ["text"])
    for length in (250, 300):  # too long a name, with or already without the part's suffix
        with pytest.raises(OutputError, match=r"cannot be written .*name too long"):
            open_writer(tmp_path / f"{'c' * (length - len(kind))}.{kind}", ["text"])


def test_formats_are_told_by_suffix_or_named(tmp_path):
    with pytest.raises(
        OutputError, match=r"the formats are parquet, csv, tsv, jsonl; .*--output-format"
    ):
        open_writer(tmp_path / "a.txt", ["text"])
    with pytest.raises(OutputError, match="'xls' is not a format; the formats are parquet"):
        open_writer(tmp_path / "a.txt", ["text"], format="xls")
    assert read_csv(write(tmp_path / "a.txt", [{"a": "x"}], format="csv")) == [{"a": "x"}]


@pytest.mark.parametrize(
    ("given_format", "expected"),
    [
        (None, "text\r\nétroit\r\n"),
        ("csv", "text\r\nétroit\r\n"),
        ("jsonl", '{"text": "étroit"}\n'),
    ],
    ids=["default", "csv", "jsonl"],
)
def test_standard_output_is_utf8_and_stays_open(monkeypatch, given_format, expected):
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    write("-", [{"text": "étroit"}], format=given_format)
    assert raw.getvalue().decode("utf-8") == expected


def test_standard_output_without_bytes_takes_text(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stdout", stream)
    write("-", [{"text": "a"}])
    assert stream.getvalue() == "text\r\na\r\n"


def test_standard_output_takes_a_table_in_markdown(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stdout", stream)
    write_table(pd.DataFrame({"a": [1]}), "-", format="md")
    assert stream.getvalue() == "| a |\n| ---: |\n| 1 |\n"
    with pytest.raises(OutputError, match="takes csv, jsonl or md, not parquet; name a file"):
        write_table(TABLE, "-", format="parquet")


@pytest.mark.parametrize("kind", ["parquet", "tsv"])
def test_standard_output_takes_csv_and_json_lines_only(kind):
    with pytest.raises(OutputError, match=f"takes csv or jsonl, not {kind}; name a file"):
        open_writer("-", ["text"], format=kind)


def test_a_broken_pipe_passes(monkeypatch):
    class Closed(io.StringIO):
        def write(self, *_):
            raise BrokenPipeError

    monkeypatch.setattr("sys.stdout", Closed())
    with pytest.raises(BrokenPipeError):
        write("-", [{"text": "a"}])


def test_a_whole_file_takes_the_place_of_the_old_one_or_leaves_it(tmp_path):
    path = tmp_path / "page.html"
    write_whole(path, ["one ", "\ud83d"])
    assert path.read_text(encoding="utf-8") == "one \ufffd"
    with pytest.raises(OutputError, match=r"cannot be written \(No such file.*name another place"):
        write_whole(tmp_path / "none" / "page.html", ["two"])
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]
