"""Rows to documents: columns found, ids made, what is set aside."""

from __future__ import annotations

import math
from itertools import islice

import pandas as pd
import pytest

from mot_nlp.errors import ColumnError
from mot_nlp.readers import Columns, documents_from_rows, kept_names
from mot_nlp.records import Document, Rejected


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
