"""Tables of labels: a row a text, a row a segment; CSV, Parquet and Excel."""

from __future__ import annotations

import sys

import pandas as pd
import pytest

from mot_nlp.errors import ColumnError, InputError, ReadError
from tests.training.importing_world import (
    read_back,
    run,
    units_of,
    with_emotions,
    write_csv,
    write_lines,
)

WHOLE = (
    "id,text,Stage,moment,sentiment,pivotal\n"
    "a,  It broke. ,post-purchase,smot,negative,1\n"
    "b,Saw the ad.,awareness,,,\n"
)
SEGMENTS = (
    "document,author,date,text,stage,sentiment\n"
    "d1,ann,2025-01-02,Saw the ad.,awareness,neutral\n"
    "d2,bob,2025-01-03,Lovely!,,positive\n"
    "d1,ann,2025-01-02,Then it broke.,post_purchase,negative\n"
    "d1,ann,2025-01-04,Well.,,\n"
)


def test_a_row_is_a_text_with_one_unit(tmp_path):
    rows, report = run(write_csv(tmp_path / "a.csv", WHOLE))
    first, second = rows
    assert (first["id"], first["text"], first["source"]) == ("a", "  It broke. ", "review")
    assert units_of(first) == {
        "It broke.": {
            "stage": "post_purchase", "moment": "smot", "sentiment": "negative", "pivotal": "yes",
        },
    }  # fmt: skip
    assert units_of(second) == {"Saw the ad.": {"stage": "awareness"}}
    assert report.labels["stage"]["post_purchase"] == 1
    assert report.missing["sentiment"] == 1
    assert {(entry.theirs, entry.ours) for entry in report.read_as} == {
        ("post-purchase", "post_purchase"), ("1", "yes"),
    }  # fmt: skip
    assert report.is_clean


def test_what_is_written_reads_back_without_faults(tmp_path):
    rows, _ = run(write_csv(tmp_path / "a.csv", WHOLE), source="social")
    documents = read_back(rows, tmp_path / "labelled.jsonl")
    assert [document.source for document in documents] == ["social", "social"]
    assert documents[0].labels[0]["pivotal"] == "yes"
    assert [(s.start, s.end) for s in documents[0].segments] == [(2, 11)]


def test_rows_of_a_document_are_joined_in_order(tmp_path):
    rows, report = run(write_csv(tmp_path / "a.csv", SEGMENTS), document="document", group="author")
    first, second = rows
    assert first["text"] == "Saw the ad. Then it broke. Well."
    assert list(units_of(first)) == ["Saw the ad.", "Then it broke."]
    assert (first["id"], first["group"], first["author"]) == ("d1", "ann", "ann")
    assert "date" not in first
    roles = {use.field: use.role for use in report.fields}
    assert roles["author"] == "kept as author, kept as group"
    assert (second["id"], second["date"]) == ("d2", "2025-01-03")
    assert any("differ in the column 'date'" in note for note in report.notes)


def test_documents_that_were_not_named_are_asked_about(tmp_path):
    rows, report = run(write_csv(tmp_path / "a.csv", SEGMENTS))
    assert len(rows) == 3
    assert any("--document 'document'" in note for note in report.notes)
    assert report.skipped == {"rows without a label": 1}


FULL = (
    "doc,full,part,sentiment\n"
    "1,Good. Bad. Good.,Good.,positive\n"
    "1,,Bad.,negative\n"
    "1,,Ugly.,negative\n"
    "2,No. No. No.,No.,negative\n"
    "3,Ok. Ok.,Ok.,neutral\n"
    "3,Ok. Ok.,Ok.,positive\n"
    "4,One.,One.,neutral\n"
    "4,Other.,One.,neutral\n"
    ",Lost.,Lost.,neutral\n"
)


def test_segments_are_found_in_the_whole_text_or_set_aside(tmp_path):
    path = write_csv(tmp_path / "a.csv", FULL)
    rows, report = run(path, document="doc", text="full", segment="part")
    units = {row["id"]: [(u["start"], u["sentiment"]) for u in row["units"]] for row in rows}
    assert units == {
        "1": [(6, "negative")],
        "3": [(0, "neutral"), (4, "positive")],
        "4": [(0, "neutral")],
    }
    reasons = {entry.row: entry.reason for entry in report.set_aside}
    assert "stands 2 times in the whole text and in 1 rows" in reasons[1]
    assert "is not in the whole text" in reasons[3]
    assert "stands 3 times" in reasons[4]
    assert "whole text differs from that in row 7" in reasons[8]
    assert "column 'doc' is empty" in reasons[9]


def test_offsets_of_columns_are_checked_against_the_words(tmp_path):
    path = write_csv(
        tmp_path / "a.csv",
        "id,text,from,to,part,sentiment\n"
        "1,Good. Bad.,0,5,Good.,positive\n"
        "1,Good. Bad.,6,10,Good.,negative\n"
        "1,Good. Bad.,,10,Bad.,negative\n",
    )
    rows, report = run(path, start="from", end="to", segment="part")
    assert units_of(rows[0]) == {"Good.": {"sentiment": "positive"}}
    assert [entry.reason[:30] for entry in report.set_aside] == [
        "the offsets are missing: colum", "the offsets hold 'Bad.', but t",
    ]  # fmt: skip


def test_texts_without_an_id_of_their_own_are_told_by_the_text(tmp_path):
    path = write_csv(
        tmp_path / "reviews.csv",
        "review,sentence,sentiment\nGood. Bad.,Good.,positive\nGood. Bad.,Bad.,negative\n",
    )
    rows, _ = run(path, text="review", segment="sentence")
    assert [(row["id"], len(row["units"])) for row in rows] == [("reviews-1", 2)]


def test_only_what_is_usual_or_named_is_kept(tmp_path):
    path = write_csv(
        tmp_path / "a.csv",
        "text,sentiment,Author,email,shop,split\nOk.,neutral,ann,a@x.org,7,train\n",
    )
    rows, report = run(path, keep=("shop",))
    assert {key: rows[0][key] for key in ("author", "shop", "split")} == {
        "author": "ann", "shop": "7", "split": "train",
    }  # fmt: skip
    assert "email" not in rows[0]
    roles = {use.field: use.role for use in report.fields}
    assert roles == {
        "text": "text", "sentiment": "head sentiment", "Author": "kept as author",
        "shop": "kept as shop", "split": "kept as split", "email": "",
    }  # fmt: skip


def test_the_source_may_stand_in_a_column(tmp_path):
    path = write_csv(
        tmp_path / "a.csv",
        "text,sentiment,channel\nOk.,neutral,Social\nHm.,neutral,chat\nSo.,neutral,fax\nNo.,neutral,\n",
    )
    rows, report = run(
        path,
        columns={"source": "channel"},
        renamed={("source", "chat"): "transcript"},
        source="review",
    )
    assert [row["source"] for row in rows] == ["social", "transcript", "review", "review"]
    assert [(entry.head, entry.theirs) for entry in report.unknown] == [("source", "fax")]


def test_a_column_like_a_head_is_asked_about(tmp_path):
    path = write_csv(tmp_path / "a.csv", "text,sentiment,touch point\nOk.,neutral,product\n")
    _, report = run(path)
    assert any("--column 'touchpoint=touch point'" in note for note in report.notes)


@pytest.mark.parametrize(
    ("header", "options", "match"),
    [
        ("text,mood", {}, "no column has the name of a head"),
        ("words,stage", {}, "cannot tell which column holds the text"),
        ("text,stage", {"document": "dok"}, "no column 'dok'"),
        ("text,stage", {"columns": {"moment": "mot"}}, "no column 'mot'"),
        ("text,stage", {"keep": ("autor",)}, "no column 'autor'"),
        ("text,stage,stage", {}, "'stage' occurs more than once"),
    ],
)
def test_columns_that_are_missing_are_told(tmp_path, header, options, match):
    path = write_csv(tmp_path / "a.csv", f"{header}\n{','.join('x' * (header.count(',') + 1))}\n")
    with pytest.raises(ColumnError, match=match):
        run(path, **options)


def test_unreadable_rows_do_not_end_the_table(tmp_path):
    path = write_csv(
        tmp_path / "a.csv", "text,sentiment\nOk.,neutral,extra\n,positive\nFine.,positive\n"
    )
    rows, report = run(path)
    assert [row["text"] for row in rows] == ["Fine."]
    assert [entry.row for entry in report.set_aside] == [1, 2]


def test_cells_that_were_made_safe_for_spreadsheets_are_as_before(tmp_path):
    path = write_csv(tmp_path / "a.csv", "text,sentiment\n'-5 stars,negative\n'tis fine,positive\n")
    rows, report = run(path)
    assert [row["text"] for row in rows] == ["-5 stars", "'tis fine"]
    assert any("apostrophe" in note for note in report.notes)


def test_several_labels_stand_in_a_cell_or_a_list(tmp_path):
    taxonomy = with_emotions()
    table = write_csv(tmp_path / "a.csv", "text,emotion\nOk.,joy|great relief\nHm.,\nNo.,[]\n")
    lines = write_lines(tmp_path / "b.jsonl", [{"text": "So.", "emotion": ["anger", "rage"]}])
    rows, report = run(table, lines, taxonomy=taxonomy)
    answers = {row["text"]: units_of(row)[row["text"]] for row in rows}
    assert answers == {
        "Ok.": {"emotion": ["joy", "great relief"]},
        "No.": {"emotion": []},
        "So.": {"emotion.anger": "yes"},
    }
    assert report.labels["emotion"] == {
        "joy": 1, "anger": 1, "great relief": 1, "(none of them)": 1,
    }  # fmt: skip
    documents = read_back(rows, tmp_path / "labelled.jsonl", taxonomy)
    assert documents[1].labels[0]["emotion.joy"] == "no"
    assert documents[2].labels[0] == {"emotion.anger": "yes"}


def test_parquet_keeps_its_types(tmp_path):
    path = tmp_path / "a.parquet"
    table = pd.DataFrame(
        {
            "id": [7.0, None],
            "text": ["Good.", "none"],
            "pivotal": [True, False],
            "stage": ["decision", None],
            "date": pd.to_datetime(["2025-01-02T00:00", "2025-01-03T10:00"]),
        }
    )
    table.to_parquet(path)
    rows, _ = run(path)
    assert [(row["id"], row["date"]) for row in rows] == [
        ("7", "2025-01-02"), ("a-2", "2025-01-03T10:00:00"),
    ]  # fmt: skip
    assert units_of(rows[1]) == {"none": {"pivotal": "no"}}


def test_a_workbook_is_read_sheet_by_sheet(tmp_path):
    pytest.importorskip("openpyxl")
    path = tmp_path / "a.xlsx"
    first = pd.DataFrame({"text": ["Good.", None, "N/A"], "stage": ["decision", None, "none"]})
    other = pd.DataFrame({"text": ["Bad."], "sentiment": ["negative"], "pivotal": [1]})
    with pd.ExcelWriter(path) as book:
        first.to_excel(book, sheet_name="May", index=False)
        other.to_excel(book, sheet_name="June", index=False)
    rows, report = run(path)
    assert [units_of(row) for row in rows] == [
        {"Good.": {"stage": "decision"}}, {"N/A": {"stage": "none"}},
    ]  # fmt: skip
    assert any("only the first sheet was read, not 'June'" in note for note in report.notes)
    rows, _ = run(path, sheet="June")
    assert units_of(rows[0]) == {"Bad.": {"sentiment": "negative", "pivotal": "yes"}}
    with pytest.raises(ReadError, match="no sheet 'July'; its sheets are May, June"):
        run(path, sheet="July")


def test_a_broken_workbook_is_an_error_of_ours(tmp_path):
    pytest.importorskip("openpyxl")
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(ReadError, match="not a whole Excel workbook"):
        run(path)


def test_without_openpyxl_the_cure_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(ReadError, match="pip install openpyxl"):
        run(path)


def test_an_empty_text_and_one_of_numbers_are_set_aside(tmp_path):
    rows = [
        {"text": " ", "stage": "none"},
        {"text": 5, "stage": "none"},
        {"text": "Hi", "stage": "none"},
    ]
    found, report = run(write_lines(tmp_path / "a.jsonl", rows))
    assert len(found) == 1
    assert [entry.reason[:20] for entry in report.set_aside] == [
        "the text is empty; f", "the text is int, not",
    ]  # fmt: skip


def test_nothing_to_read_is_an_error(tmp_path):
    with pytest.raises(ReadError, match="is empty"):
        run(write_csv(tmp_path / "a.csv", ""))
    with pytest.raises(ReadError, match="there is no file"):
        run(tmp_path / "missing.csv")
    with pytest.raises(InputError, match="no file is given"):
        run()
    for name in ("a.srt", "a.ods", "a"):
        with pytest.raises(ReadError, match="has the ending of no file of labels"):
            run(write_csv(tmp_path / name, "1"))
