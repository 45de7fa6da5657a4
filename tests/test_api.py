import logging

import numpy as np
import pandas as pd
import pytest

import mot_nlp
from mot_nlp.errors import ColumnError, InputError
from tests.tiny import BUNDLE

TEXT = "The parcel came late. I recommend the shop to everybody!"


@pytest.fixture(scope="module")
def tagger():
    return mot_nlp.load(BUNDLE)


@pytest.fixture
def frame():
    return pd.DataFrame(
        {"order": ["a", "b", "c"], "review": [TEXT, "ok", "It broke."], "brand": ["x", "y", "x"]}
    )


def test_a_text_gives_the_documented_columns(tagger):
    moments = mot_nlp.predict(TEXT, model=tagger)
    assert tuple(moments.columns) == mot_nlp.MOMENT_COLUMNS
    assert isinstance(moments, pd.DataFrame)
    for row in moments.to_dict("records"):
        assert TEXT[row["start"] : row["end"]] == row["text"]
        assert row["moment_id"].startswith(f"{row['doc_id']}#")


def test_a_text_a_list_a_series_and_a_frame_agree(tagger):
    texts = [TEXT, "It broke.", "Never again."]
    drop = ["doc_id", "moment_id"]
    expected = mot_nlp.predict(texts, model=tagger, all_segments=True).drop(columns=drop)
    for data in (iter(texts), pd.Series(texts), pd.DataFrame({"text": texts})):
        found = mot_nlp.predict(data, model=tagger, all_segments=True).drop(columns=drop)
        pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(expected))
    alone = mot_nlp.predict(texts[0], model=tagger, all_segments=True).drop(columns=drop)
    pd.testing.assert_frame_equal(pd.DataFrame(expected.iloc[: len(alone)]), pd.DataFrame(alone))


def test_kept_columns_stand_last_on_moments_and_documents(tagger, frame):
    moments, documents = mot_nlp.predict(
        frame, text="review", id="order", keep=["brand"], documents=True, model=tagger
    )
    assert tuple(moments.columns) == (*mot_nlp.MOMENT_COLUMNS, "brand")
    assert tuple(documents.columns) == (*mot_nlp.DOCUMENT_COLUMNS, "brand")
    assert documents["doc_id"].tolist() == ["a", "b", "c"]
    assert documents["n_moments"].sum() == len(moments)
    assert (documents["n_none"] <= documents["n_segments"]).all()


def test_documents_are_named_by_the_index_where_there_is_no_id(tagger):
    series = pd.Series(["It broke.", "Never again."], index=["left", "right"])
    _, documents = mot_nlp.predict(series, documents=True, model=tagger)
    assert documents["doc_id"].tolist() == ["left", "right"]
    _, documents = mot_nlp.predict(["It broke."], documents=True, model=tagger)
    assert documents["doc_id"].tolist() == ["1"]


def test_rows_without_text_are_set_aside_and_told(tagger, caplog):
    data = pd.Series(["It broke.", None, np.nan, "", "   ", 7, "\n"])
    with caplog.at_level(logging.WARNING, logger="mot_nlp"):
        moments, documents = mot_nlp.predict(data, documents=True, model=tagger)
    assert documents["doc_id"].tolist() == ["0"]
    assert [entry["row"] for entry in moments.attrs["rejected"]] == [2, 3, 4, 5, 6, 7]
    assert "6 of 7 rows set aside" in caplog.text
    assert all(entry["reason"] for entry in moments.attrs["rejected"])


def test_duplicate_ids_are_set_aside(tagger, frame):
    frame["order"] = ["a", "a", "b"]
    moments = mot_nlp.predict(frame, text="review", id="order", model=tagger)
    (entry,) = moments.attrs["rejected"]
    assert entry["row"] == 2
    assert entry["doc_id"] == "a"


def test_a_wrong_column_names_those_that_exist(tagger, frame):
    with pytest.raises(ColumnError, match=r"'reveiw'.*review"):
        mot_nlp.predict(frame, text="reveiw", model=tagger)


@pytest.mark.parametrize("data", [7, None, b"bytes", {"text": "x"}], ids=str)
def test_other_types_are_refused(tagger, data):
    with pytest.raises(InputError, match=f"cannot tag {type(data).__name__}; pass a str"):
        mot_nlp.predict(data, model=tagger)


def test_column_names_need_a_frame(tagger):
    with pytest.raises(InputError, match="name columns, but str has none"):
        mot_nlp.predict("text", text="review", model=tagger)


def test_an_empty_frame_gives_an_empty_typed_result(tagger):
    moments = mot_nlp.predict(pd.DataFrame({"text": []}), model=tagger)
    assert tuple(moments.columns) == mot_nlp.MOMENT_COLUMNS
    assert len(moments) == 0
    assert moments["start"].dtype == np.int64
    assert moments["pivotal"].dtype == np.bool_
    assert mot_nlp.moment_table(moments).empty


@pytest.mark.parametrize(
    "text",
    [
        "\x00\x01\x02 broke",
        "half an emoji \ud83d broke",
        "المنتج سيئ جدا",
        "😡😡😡",
        "<script>alert(1)</script> <b>bad</b>",
        "word" * 30_000,
        "x " * 50_000,
        "\u202eback to front",
        "￾\uffff",
        "a\r\nb\rc",
    ],
    ids=[
        "control",
        "surrogate",
        "arabic",
        "emoji",
        "html",
        "unbroken",
        "long",
        "bidi",
        "non",
        "crlf",
    ],
)
def test_odd_texts_are_tagged_whole(tagger, text):
    rows = mot_nlp.predict([text], model=tagger, all_segments=True)
    repaired = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert "".join("".join(rows["text"]).split()) == "".join(repaired.split())


def test_a_transcript_tags_the_customer_only(tagger):
    text = "Agent: How can I help?\nCustomer: The router is dead. It died today.\nAgent: Sorry."
    rows = mot_nlp.predict(text, model=tagger, all_segments=True)
    assert rows["text"].tolist() == ["The router is dead.", "It died today."]
    assert set(rows["speaker"]) == {"Customer"}
    named = mot_nlp.predict(text, model=tagger, all_segments=True, customer="agent")
    assert named["text"].tolist() == ["How can I help?", "Sorry."]


def test_a_transcript_without_a_customer_is_set_aside(tagger):
    moments = mot_nlp.predict(["Agent: Hello.\nBot: Welcome.\nAgent: Bye."], model=tagger)
    assert "no customer turn" in moments.attrs["rejected"][0]["reason"]


def test_a_result_shows_its_texts_escaped(tagger):
    moments = mot_nlp.predict("<script>x</script> It broke and I want my money back.", model=tagger)
    page = moments._repr_html_() or ""
    assert "<script>" not in page
    if len(moments):
        assert "<mark" in page


def test_a_bundle_folder_may_be_named(frame):
    by_path = mot_nlp.predict(frame, text="review", model=BUNDLE)
    by_tagger = mot_nlp.predict(frame, text="review", model=mot_nlp.load(BUNDLE))
    pd.testing.assert_frame_equal(pd.DataFrame(by_path), pd.DataFrame(by_tagger))


def test_tables_follow_the_taxonomy_and_count_what_is_there(tagger, frame):
    moments = mot_nlp.predict(frame, text="review", keep=["brand"], model=tagger)
    table = mot_nlp.moment_table(moments, by=["brand"], taxonomy=tagger.taxonomy)
    assert table["n"].sum() == len(moments)
