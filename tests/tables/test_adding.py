"""Tables added up from parts: the same as the table of all moments at once, to the last bit."""

from __future__ import annotations

import random

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from mot_nlp.errors import ColumnError, InputError, ReadError
from mot_nlp.records import MOMENT_COLUMNS
from mot_nlp.tables import TABLE_COLUMNS, adding, moment_table
from mot_nlp.tables.adding import Adder, check_table, columns_to_keep, needs_dates

STAGES = ("awareness", "consideration", "decision", "post_purchase", "none")
BY = (
    ("stage", "moment"),
    ("brand",),
    ("month", "sentiment"),
    ("journey", "week"),
    ("quarter",),
    ("year", "pivotal"),
    ("stars",),
    (),
)

moments = st.lists(
    st.tuples(
        st.sampled_from(STAGES),
        st.sampled_from(["zmot", "fmot", "smot", "tmot"]),
        st.sampled_from(["negative", "neutral", "positive"]),
        st.floats(-1, 1),
        st.booleans(),
        st.sampled_from(["Ode", "Lun", "", None]),
        st.sampled_from([1, 2, 10, None]),
        st.sampled_from(["2026-01-31", "2025-12-29", "2026-02-01T23:30:00Z", "", None]),
    ),
    max_size=25,
)


def frame(rows, doc_ids):
    columns = [
        "stage",
        "moment",
        "sentiment",
        "sentiment_score",
        "pivotal",
        "brand",
        "stars",
        "date",
    ]
    found = pd.DataFrame(rows, columns=columns)
    found.insert(0, "doc_id", doc_ids)
    return found


def as_arrow(rows):
    schema = pa.schema(
        {
            "doc_id": pa.string(),
            "stage": pa.dictionary(pa.int32(), pa.string()),
            "moment": pa.dictionary(pa.int32(), pa.string()),
            "sentiment": pa.dictionary(pa.int32(), pa.string()),
            "sentiment_score": pa.float64(),
            "pivotal": pa.bool_(),
            "brand": pa.string(),
            "stars": pa.int64(),
            "date": pa.string(),
        }
    )
    return pa.Table.from_pandas(rows, schema=schema, preserve_index=False)


def added(parts, by, taxonomy, folder):
    paths = []
    with Adder(taxonomy) as adder:
        for number, part in enumerate(parts):
            paths.append(folder / f"{number}.parquet")
            parquet.write_table(adder.sums(part, by), paths[-1])
        return adder.table(paths, by)


@pytest.mark.parametrize("by", BY, ids=lambda by: "-".join(by) or "whole")
@settings(max_examples=12, deadline=None)
@given(rows=moments, seed=st.integers(0, 9))
def test_parts_add_up_to_the_table_of_all(by, rows, seed, taxonomy, tmp_path_factory):
    chance = random.Random(seed)
    whole = frame(rows, [f"d{chance.randrange(1 + len(rows) // 2)}" for _ in rows])
    # The rows of a document are in one part; parts may be empty.
    part_of = {name: chance.randrange(4) for name in sorted(set(whole["doc_id"]))}
    parts = [whole[whole["doc_id"].map(part_of) == number] for number in range(4)]
    folder = tmp_path_factory.mktemp("parts")
    found = added([as_arrow(part) for part in parts], by, taxonomy, folder)
    arrow = as_arrow(whole)
    parquet.write_table(arrow, folder / "whole.parquet")
    expected = moment_table(folder / "whole.parquet", list(by), taxonomy=taxonomy)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, check_exact=True)
    assert list(found.columns) == [*by, *TABLE_COLUMNS]
    assert found["n"].sum() == sum(row[0] != "none" for row in rows)


def test_the_order_of_parts_does_not_show(taxonomy, tmp_path):
    chance = random.Random(0)
    rows = [
        (chance.choice(STAGES[:4]), "smot", "positive", chance.uniform(-1, 1), True, "Ode", 1, "")
        for _ in range(60)
    ]
    parts = [as_arrow(frame(rows[n : n + 10], [f"d{n}"] * 10)) for n in range(0, 60, 10)]
    first = added(parts, ("stage",), taxonomy, tmp_path)
    for _ in range(3):
        chance.shuffle(parts)
        pd.testing.assert_frame_equal(added(parts, ("stage",), taxonomy, tmp_path), first)


def test_the_level_of_the_interval(taxonomy, tmp_path):
    rows = [("decision", "smot", s, 0.1, False, "", 1, "") for s in ("positive", "negative") * 4]
    path, whole = tmp_path / "p.parquet", frame(rows, list("abcdefgh"))
    with Adder(taxonomy) as adder:
        parquet.write_table(adder.sums(as_arrow(whole), ["stage"]), path)
        narrow, wide = (adder.table([path], ["stage"], confidence=c) for c in (0.5, 0.99))
    assert not narrow.equals(wide)
    for found, confidence in ((narrow, 0.5), (wide, 0.99)):
        expected = moment_table(whole, "stage", confidence=confidence, taxonomy=taxonomy)
        pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_many_parts_are_added_up_in_rounds(taxonomy, tmp_path, monkeypatch):
    rows = [(STAGES[n % 4], "smot", "positive", n / 99, True, "Ode", 1, "") for n in range(50)]
    parts = [as_arrow(frame(rows[n : n + 5], [f"d{n}"] * 5)) for n in range(0, 50, 5)]
    at_once = added(parts, ("stage",), taxonomy, tmp_path)
    monkeypatch.setattr(adding, "ROUND", 3)
    pd.testing.assert_frame_equal(added(parts, ("stage",), taxonomy, tmp_path), at_once)


def test_one_adder_makes_many_tables(taxonomy, tmp_path):
    rows = [("decision", "smot", "positive", 0.5, True, brand, 1, "") for brand in "aab"]
    part, path = as_arrow(frame(rows, list("xyz"))), tmp_path / "[odd] name=1" / "p'*.parquet"
    path.parent.mkdir()
    with Adder(taxonomy) as adder:
        for by in (["brand"], ["stage"], ["brand"]):
            parquet.write_table(adder.sums(part, by), path)
            assert list(adder.table([path], by).columns[:2]) == [*by, "n"]


def test_a_label_that_is_none_is_refused(taxonomy):
    part = as_arrow(frame([("decision", "smot", "great", 0.1, False, "", 1, "")], ["a"]))
    with (
        Adder(taxonomy) as adder,
        pytest.raises(InputError, match="the sentiment great is none of"),
    ):
        adder.sums(part, ["stage"])


def test_sums_that_cannot_be_read_are_an_error(taxonomy, tmp_path):
    (tmp_path / "p.parquet").write_bytes(b"PAR1 no PAR1")
    with Adder(taxonomy) as adder, pytest.raises(ReadError, match="begin anew with --restart"):
        adder.table([tmp_path / "p.parquet"], ["stage"])


@pytest.mark.parametrize(
    ("by", "kept"),
    [
        (("stage", "moment", "doc_id"), []),
        (("brand",), ["brand"]),
        (("brand", "month"), ["brand", "date"]),
        (("journey", "year"), ["date"]),
        (("date",), ["date"]),
        ((), []),
    ],
    ids=str,
)
def test_columns_that_a_table_needs_are_kept(taxonomy, by, kept):
    assert columns_to_keep(by, MOMENT_COLUMNS, taxonomy) == kept
    assert columns_to_keep(by, [*MOMENT_COLUMNS, *kept], taxonomy) == []


def test_a_column_called_as_a_period_is_itself():
    assert needs_dates(["month"], ["doc_id"])
    assert not needs_dates(["month"], ["doc_id", "month"])
    assert not needs_dates(["stage"], [])


@pytest.mark.parametrize(
    ("by", "error", "message"),
    [
        (("stage", "stage"), InputError, "stage"),
        (("n",), InputError, "n"),
        (("nope",), ColumnError, "'nope'"),
        (("month",), ColumnError, "date"),
    ],
    ids=str,
)
def test_tables_that_cannot_be_are_refused(taxonomy, by, error, message):
    with pytest.raises(error, match=message):
        check_table(by, MOMENT_COLUMNS, taxonomy)


def test_tables_that_can_be_pass(taxonomy):
    check_table(
        ("stage", "journey", "brand", "month"), [*MOMENT_COLUMNS, "brand", "date"], taxonomy
    )
