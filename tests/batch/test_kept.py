"""Kept columns: one type from the first rows to the end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mot_nlp.batch.kept import KeptColumns
from mot_nlp.errors import InputError
from mot_nlp.writers.kinds import arrow_type, fitted, kind_of
from mot_nlp.writers.values import plain

KINDS = ("bool", "integer", "long", "float", "date", "time", "instant", "text")
NOON = datetime(2026, 1, 31, 12)

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.integers(-9, 9),
    st.floats(),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])),
    st.text(),
    st.binary(max_size=9),
    st.sampled_from(["5", "5.0", " 7 ", "true", "False", "2026-01-31", "2026-01-31T12:00", "1e5", "nan",
                     "inf", "2026-01-31T12:00Z", "9" * 20]),
    st.lists(st.integers(), max_size=2),
)  # fmt: skip


def fit(kind, value):
    return KeptColumns({"x": kind}).typed({"x": value})["x"]


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        ([1, 2, None], "integer"),
        ([1, 2.5], "float"),
        ([1, 2**60], "long"),
        ([2**60, 0.5], "text"),
        ([2**70], "text"),
        ([True, False], "bool"),
        ([True, 1], "text"),
        ([date(2026, 1, 31)], "date"),
        ([date(2026, 1, 31), NOON], "text"),
        ([NOON], "time"),
        ([NOON.replace(tzinfo=UTC)], "instant"),
        (["5"], "text"),
        ([None, float("nan")], "text"),
        ([], "text"),
        ([[1, 2]], "text"),
        ([np.int64(3), pd.NA], "integer"),
    ],
    ids=repr,
)
def test_the_first_rows_tell_the_kind(found, kind):
    assert KeptColumns.of(["x"], [{"x": value} for value in found]).kinds == {"x": kind}


def test_a_row_without_the_column_holds_nothing():
    columns = KeptColumns.of(["x", "y"], [{"y": 1}, {"x": 2}])
    assert columns.kinds == {"x": "integer", "y": "integer"}
    assert columns.typed({"x": 5, "z": 6}) == {"x": 5, "y": None}


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("integer", "5", 5),
        ("integer", 5.0, 5),
        ("integer", " -5 ", -5),
        ("integer", "5.0", 5),
        ("integer", 2**60, 2**60),
        ("integer", "", None),
        ("integer", "  ", None),
        ("integer", float("nan"), None),
        ("long", 5, 5),
        ("float", 5, 5.0),
        ("float", "5.5", 5.5),
        ("float", "1e3", 1000.0),
        ("bool", "true", True),
        ("bool", "False", False),
        ("date", "2026-01-31", date(2026, 1, 31)),
        ("date", datetime(2026, 1, 31), date(2026, 1, 31)),
        ("time", "2026-01-31 12:00:00", NOON),
        ("time", date(2026, 1, 31), datetime(2026, 1, 31)),
        ("instant", "2026-01-31T12:00:00Z", NOON.replace(tzinfo=UTC)),
        ("text", 5, "5"),
        ("text", True, "true"),
        ("text", None, None),
        ("text", date(2026, 1, 31), "2026-01-31"),
        ("text", np.float64(2.5), "2.5"),
    ],
    ids=repr,
)
def test_values_of_another_type_are_taken_where_they_can_be(kind, value, expected):
    found = fit(kind, value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("kind", "value", "holds"),
    [
        ("integer", "five", "whole numbers"),
        ("integer", 5.5, "whole numbers"),
        ("integer", 2**70, "whole numbers"),
        ("integer", True, "whole numbers"),
        ("integer", "inf", "whole numbers"),
        ("float", "many", "numbers"),
        ("float", "1,5", "numbers"),
        ("bool", 1, "true and false"),
        ("bool", "yes", "true and false"),
        ("date", "31.01.2026", r"dates \(YYYY-MM-DD\)"),
        ("date", NOON, "dates"),
        ("time", "2026-01-31T12:00Z", "times"),
        ("instant", "2026-01-31T12:00", "times with a zone"),
        ("instant", [1], "times with a zone"),
    ],
    ids=repr,
)
def test_values_that_are_none_of_the_kind_are_refused(kind, value, holds):
    with pytest.raises(InputError, match=rf"column 'x' holds .* here, but {holds}.* in the first"):
        fit(kind, value)


def test_a_long_value_is_shown_by_its_start():
    with pytest.raises(InputError) as caught:
        fit("integer", "x" * 10_000)
    assert len(str(caught.value)) < 300


@given(st.sampled_from(KINDS), values)
def test_what_fits_fits_again_and_can_be_written(kind, value):
    try:
        found = fit(kind, value)
    except InputError:
        return
    assert plain(fit(kind, found)) == plain(found)
    cells = fitted([plain(found)], kind)
    assert pa.array(cells, type=arrow_type(kind)).to_pylist() == cells


@given(st.lists(values, max_size=8))
def test_the_first_rows_themselves_always_fit_and_can_be_written(found):
    """Rows of the first shard are taken as they are, and again as those of a known kind."""
    columns = KeptColumns.of(["x"], [{"x": value} for value in found])
    kind = columns.kinds["x"]
    raw = pa.array(fitted([plain(value) for value in found], kind), type=arrow_type(kind))
    again = [columns.typed({"x": value})["x"] for value in found]
    assert raw.equals(pa.array(fitted([plain(v) for v in again], kind), type=arrow_type(kind)))


@given(values)
def test_the_kind_of_a_value_holds_it(value):
    value = plain(value)
    kind = kind_of(value)
    pa.array(fitted([value], kind), type=arrow_type(kind))
