"""Kinds of columns: the narrowest that holds a value, and those of two kinds."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mot_nlp.records import DOCUMENT_COLUMNS, MOMENT_COLUMNS
from mot_nlp.writers.kinds import arrow_type, fitted, fixed_kinds, kind_of, wider

KINDS = ("bool", "integer", "long", "float", "date", "time", "instant", "text", "null")
kinds = st.sampled_from(KINDS)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        (True, "bool"),
        (0, "integer"),
        (2**53, "integer"),
        (-(2**53) - 1, "long"),
        (2**63 - 1, "long"),
        (2**63, "text"),
        (-(2**63), "text"),
        (0.5, "float"),
        (float("inf"), "float"),
        (date(2026, 1, 31), "date"),
        (datetime(2026, 1, 31), "time"),
        (datetime(2026, 1, 31, tzinfo=UTC), "instant"),
        (pd.Timestamp("2026-01-31 10:00"), "time"),
        (pd.Timestamp("2026-01-31 10:00:00.000000001"), "text"),
        ("5", "text"),
        ([1], "text"),
        (b"x", "text"),
    ],
    ids=repr,
)
def test_the_kind_of_a_value(value, kind):
    assert kind_of(value) == kind


@given(kinds, kinds)
def test_the_wider_of_two_is_the_same_either_way(one, other):
    assert wider(one, other) == wider(other, one)
    assert wider(one, one) == one
    assert wider(wider(one, other), one) == wider(one, other)


def test_wider_kinds_are_as_wide_in_any_order():
    """So that a column's kind does not depend on the order of its rows."""
    for some in itertools.combinations_with_replacement(KINDS, 3):
        found = set()
        for one, two, three in itertools.permutations(some):
            found.add(wider(wider(one, two), three))
        if {"integer", "long", "float"} <= set(some):
            continue  # text or text, by way of another kind
        assert len(found) == 1, some


def test_numbers_of_all_three_kinds_are_text():
    for order in itertools.permutations(("integer", "long", "float")):
        assert wider(wider(*order[:2]), order[2]) == "text"


def test_own_columns_have_their_kinds_from_the_start():
    own = fixed_kinds([*MOMENT_COLUMNS, "brand"])
    assert (own["doc_id"], own["start"], own["pivotal"]) == ("text", "integer", "bool")
    assert (own["sentiment_score"], own["stage_confidence"]) == ("float", "float")
    assert own["brand"] == "null"
    assert fixed_kinds(DOCUMENT_COLUMNS)["n_characters"] == "integer"
    assert fixed_kinds(DOCUMENT_COLUMNS)["language"] == "text"
    assert fixed_kinds(["start", "text"]) == {"start": "null", "text": "null"}


def test_a_text_column_holds_texts_alone():
    assert fitted([1, None, True, "x", [1]], "text") == ["1", None, "true", "x", "[1]"]
    assert fitted([1, None], "integer") == [1, None]


def test_every_kind_has_a_type():
    types = {kind: arrow_type(kind) for kind in KINDS}
    assert types["integer"] == types["long"] == pa.int64()
    assert types["instant"] == pa.timestamp("us", tz="UTC")
    assert types["null"] == types["text"] == pa.string()


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_whole_numbers_are_exact_in_their_column(value):
    assert pa.array([value], type=arrow_type(kind_of(value))).to_pylist() == [value]
