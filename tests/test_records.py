"""Rows of tagged documents."""

from __future__ import annotations

import dataclasses

import pytest

from mot_nlp.records import (
    DOCUMENT_COLUMNS,
    MOMENT_COLUMNS,
    SOURCES,
    Document,
    Moment,
    Rejected,
    Segment,
    TaggedDocument,
    Turn,
)

TEXT = "Saw the ad. Bought it. Broke. Hello."


def moment(start, end, stage="post_purchase", n_segments=1):
    heads = ("stage", "moment", "touchpoint", "sentiment", "pivotal")
    return Moment(
        start=start,
        end=end,
        speaker="Ann",
        labels={"stage": stage, "moment": "smot", "touchpoint": "product", "sentiment": "negative"},
        pivotal=True,
        sentiment_score=-0.5,
        confidences={name: 0.25 * number for number, name in enumerate(heads)},
        n_segments=n_segments,
    )


@pytest.fixture
def tagged():
    """Four segments: two of one moment, one of another, one none."""
    document = Document(
        id="d7",
        text=TEXT,
        source="review",
        turns=(Turn("Ann", 0, len(TEXT), is_customer=True),),
        extra={"brand": "Acme", "stars": 2},
        language="en",
    )
    segments = (moment(0, 11), moment(12, 22), moment(23, 29), moment(30, 36, stage="none"))
    return TaggedDocument(document, segments, (moment(0, 22, n_segments=2), moment(23, 29)))


def test_moment_rows_follow_the_documented_columns(tagged):
    for row in tagged.moment_rows():
        assert tuple(row) == (*MOMENT_COLUMNS, "brand", "stars")


def test_a_moment_row_says_what_the_moment_says(tagged):
    first, second = tagged.moment_rows()
    assert first["text"] == TEXT[first["start"] : first["end"]] == "Saw the ad. Bought it."
    assert (first["moment_id"], second["moment_id"]) == ("d7#1", "d7#2")
    assert first["doc_id"] == "d7"
    assert first["speaker"] == "Ann"
    assert (first["stage"], first["sentiment"]) == ("post_purchase", "negative")
    assert (first["pivotal"], first["sentiment_score"], first["n_segments"]) == (True, -0.5, 2)
    assert (first["stage_confidence"], first["pivotal_confidence"]) == (0.0, 1.0)
    assert first["brand"] == "Acme"


def test_all_segments_are_unmerged_rows_with_the_none_segments(tagged):
    rows = tagged.moment_rows(all_segments=True)
    assert [row["text"] for row in rows] == ["Saw the ad.", "Bought it.", "Broke.", "Hello."]
    assert [row["moment_id"] for row in rows] == ["d7#1", "d7#2", "d7#3", "d7#4"]
    assert rows[-1]["stage"] == "none"


def test_the_document_row_counts(tagged):
    row = tagged.document_row()
    assert tuple(row) == (*DOCUMENT_COLUMNS, "brand", "stars")
    assert (row["n_segments"], row["n_none"], row["n_moments"]) == (4, 1, 2)
    assert (row["n_characters"], row["source"], row["language"]) == (len(TEXT), "review", "en")


def test_a_document_without_segments_has_a_row_and_no_moments():
    document = Document("empty", "", "social", ())
    tagged = TaggedDocument(document, (), ())
    assert tagged.moment_rows() == []
    row = tagged.document_row()
    assert (row["n_segments"], row["n_none"], row["n_moments"]) == (0, 0, 0)
    assert row["language"] is None


@pytest.mark.parametrize(
    "record",
    [Turn("", 0, 1, True), Segment(0, 1, 0), moment(0, 1), Rejected("a.csv", 1, "", "empty")],
    ids=lambda record: type(record).__name__,
)
def test_records_are_frozen_and_have_no_room_for_more(record):
    name = dataclasses.fields(record)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError, match=name):
        setattr(record, name, 3)
    assert not hasattr(record, "__dict__")


def test_sources_are_the_three_kinds_of_feedback():
    assert set(SOURCES) == {"review", "social", "transcript"}
