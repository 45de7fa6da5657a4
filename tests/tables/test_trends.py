"""Trends: every period against the table of that period alone, gaps, dates of all kinds."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mot_nlp.errors import ColumnError, InputError
from mot_nlp.tables.periods import LENGTHS
from mot_nlp.tables.table import TABLE_COLUMNS, moment_table
from mot_nlp.tables.trends import MAX_PERIODS, MAX_ROWS, trend
from mot_nlp.taxonomy import parse_taxonomy

if TYPE_CHECKING:
    from pathlib import Path

TAXONOMY = parse_taxonomy(
    {
        "format": 1,
        "heads": {
            "stage": {"labels": ["see", "buy", "use", "none"], "none": "none"},
            "moment": {"labels": ["zmot", "fmot", "smot", "none"], "none": "none"},
            "touchpoint": {"labels": ["web", "app", "none"], "none": "none"},
            "sentiment": {"labels": ["negative", "neutral", "positive"], "none": "neutral"},
            "pivotal": {"labels": ["no", "yes"], "none": "no"},
        },
        "pairs": {"allowed": [["see", "zmot"], ["buy", "fmot"], ["use", "smot"], ["none", "none"]]},
        "rollups": {
            "journey": {"of": "stage", "before": ["see", "buy"], "after": ["use"], "none": ["none"]}
        },
    }
)
COLUMNS = ["doc_id", "stage", "sentiment", "sentiment_score", "pivotal", "brand", "date"]
FIGURES = [name for name in TABLE_COLUMNS if name not in ("n", "documents", "share")]


@pytest.fixture
def moments():
    rows = [
        ("a", "use", "positive", 0.9, True, "Ode", "2025-01-31"),
        ("a", "use", "positive", 0.7, False, "Ode", "2025-01-31"),
        ("a", "see", "neutral", 0.0, False, "Ode", "2025-01-31"),
        ("b", "use", "negative", -0.8, False, "Lun", "2025-01-06"),
        ("c", "use", "neutral", 0.1, False, None, None),
        ("c", "none", "neutral", 0.0, False, "Ode", "2025-02-01"),
        ("d", "buy", "negative", -0.6, True, "Lun", "2025-04-05"),
        ("e", "use", "positive", 0.6, False, "Lun", "2025-04-30"),
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def follow(moments, by=(), **options):
    return trend(moments, by, taxonomy=TAXONOMY, **options)


def starts(table):
    return [f"{period:%Y-%m-%d}" for period in table["period"]]


class TestFigures:
    def test_by_hand(self, moments):
        out = follow(moments)

        assert list(out.columns) == ["period", *TABLE_COLUMNS]
        assert starts(out) == ["2025-01-01", "2025-02-01", "2025-03-01", "2025-04-01"]
        assert out["n"].tolist() == [4, 0, 0, 2]
        assert out["documents"].tolist() == [2, 0, 0, 2]
        assert out["share"].tolist() == [1, 0, 0, 1]
        assert out["net_sentiment"][[0, 3]].tolist() == [25, 0]
        # Document sums around the mean 1/4 are 1.25 and -1.25; t for 1 degree at 0.75 is 1.
        half = 100 * np.sqrt((1.25**2 + 1.25**2) * 2 / 1) / 4
        assert follow(moments, confidence=0.5)["net_high"][0] == pytest.approx(25 + half)

    def test_share_is_of_the_period(self, moments):
        out = follow(moments, "stage", freq="QS")

        assert out["stage"].tolist() == ["see", "see", "buy", "buy", "use", "use"]
        assert starts(out) == ["2025-01-01", "2025-04-01"] * 3
        assert out["share"].tolist() == [1 / 4, 0, 0, 1 / 2, 3 / 4, 1 / 2]

    def test_gaps_are_kept_as_gaps(self, moments):
        out = follow(moments, "brand", min_n=2)
        lun, ode = out[:4], out[4:]

        assert lun["brand"].tolist() == ["Lun"] * 4
        assert ode["brand"].tolist() == ["Ode"] * 4
        assert ode["n"].tolist() == [3, 0, 0, 0]
        assert ode.loc[5:, ["documents", "share"]].eq(0).all(axis=None)
        assert ode.loc[5:, FIGURES].isna().all(axis=None)
        assert out["thin"].tolist() == [True, True, True, False, False, True, True, True]
        assert lun.loc[0, FIGURES].isna().all()
        assert lun["share"][0] == 1 / 4
        assert "thin" not in follow(moments)

    @given(
        rows=st.lists(
            st.tuples(
                st.sampled_from("abcde"),
                st.sampled_from(["see", "buy", "use", "none", "other"]),
                st.sampled_from(["negative", "neutral", "positive"]),
                st.floats(-1, 1),
                st.booleans(),
                st.sampled_from(["Ode", "Lun", None]),
                st.dates(date(2024, 11, 1), date(2025, 3, 31)) | st.none(),
            ),
            max_size=20,
        ),
        seed=st.integers(0, 99),
    )
    @settings(max_examples=12, deadline=None)
    def test_every_period_is_the_table_of_that_period(self, rows, seed):
        frame = pd.DataFrame(rows, columns=COLUMNS)
        frame["date"] = frame["date"].map(lambda day: day and day.isoformat())
        kept = frame[frame["stage"] != "none"]
        out = follow(frame, ("brand", "stage"))

        assert out.attrs == {"undated": kept["date"].isna().sum()}
        assert out["n"].sum() == kept["date"].notna().sum()
        pd.testing.assert_frame_equal(
            out,
            follow(frame.sample(frac=1, random_state=seed), ("brand", "stage")),
            check_exact=True,
        )
        for period, part in out.groupby("period"):
            alone = moment_table(
                frame[frame["date"].str.startswith(f"{period:%Y-%m}", na=False)],
                ("brand", "stage"),
                taxonomy=TAXONOMY,
            )
            full = part[part["n"] > 0].drop(columns="period").reset_index(drop=True)
            pd.testing.assert_frame_equal(full, alone, check_exact=True, check_dtype=False)


class TestPeriods:
    @pytest.mark.parametrize(
        ("freq", "first", "last", "number"),
        [
            pytest.param("D", "2024-12-31", "2025-03-02", 62, id="days"),
            pytest.param("W-MON", "2024-12-30", "2025-02-24", 9, id="weeks"),
            pytest.param("MS", "2024-12-01", "2025-03-01", 4, id="months"),
            pytest.param("QS", "2024-10-01", "2025-01-01", 2, id="quarters"),
            pytest.param("YS", "2024-01-01", "2025-01-01", 2, id="years"),
        ],
    )
    def test_start_and_spacing(self, moments, freq, first, last, number):
        moments = moments[:2].assign(date=["2025-03-02", "2024-12-31"])
        out = follow(moments, freq=freq)

        assert (starts(out)[0], starts(out)[-1], len(out)) == (first, last, number)
        assert out["n"].iloc[[0, -1]].tolist() == [1, 1]
        assert out["n"].sum() == 2
        assert out["period"].is_monotonic_increasing

    @pytest.mark.parametrize(
        "as_dates",
        [
            pytest.param(lambda dates: dates.fillna(""), id="empty text"),
            pytest.param(pd.to_datetime, id="datetime"),
            pytest.param(lambda dates: dates.astype("datetime64[ns]"), id="ns"),
            pytest.param(lambda dates: pd.to_datetime(dates, utc=True), id="utc"),
            pytest.param(lambda dates: dates.astype("str") + "T23:59:59Z", id="text with time"),
        ],
    )
    def test_dates_of_any_kind(self, moments, as_dates):
        pd.testing.assert_frame_equal(
            follow(
                moments.dropna(subset="date").pipe(lambda m: m.assign(date=as_dates(m["date"])))
            ),
            follow(moments),
            check_flags=False,
        )

    def test_days_are_those_of_utc(self, moments):
        out = follow(moments[:1].assign(date="2025-02-01T00:30:00+02:00"))

        assert starts(out) == ["2025-01-01"]

    def test_dates_before_the_reach_of_nanoseconds(self, moments):
        assert starts(follow(moments[:1].assign(date="1066-10-14"))) == ["1066-10-01"]

    def test_a_column_of_another_name(self, moments):
        out = follow(moments.rename(columns={"date": 'visited "on"'}), date='visited "on"')

        pd.testing.assert_frame_equal(out, follow(moments))

    def test_a_kept_column_period_is_not_read(self, moments):
        pd.testing.assert_frame_equal(follow(moments.assign(period="May")), follow(moments))


class TestUndated:
    def test_are_counted_and_left_out(self, moments):
        out = follow(moments, "brand")

        assert out.attrs == {"undated": 1}
        assert out["brand"].notna().all()  # the one moment without a brand has no date either
        assert out["n"].sum() == 6

    def test_missing_values_are_a_cell_of_their_own(self, moments):
        moments["date"] = moments["date"].fillna("2025-02-02")
        out = follow(moments, ("brand", "journey"))

        assert out["brand"].isna().tolist() == [False] * 16 + [True] * 4
        assert out["journey"].tolist() == (["before"] * 4 + ["after"] * 4) * 2 + ["after"] * 4
        assert out["n"][16:].tolist() == [0, 1, 0, 0]


class TestFiles:
    @pytest.mark.parametrize("suffix", ["parquet", "csv", "jsonl"])
    def test_equal_the_frame(self, moments, tmp_path: Path, suffix):
        path = tmp_path / f"moments.{suffix}"
        write = {
            "parquet": moments.to_parquet,
            "csv": lambda path: moments.to_csv(path, index=False),
            "jsonl": lambda path: moments.to_json(path, orient="records", lines=True),
        }
        write[suffix](path)

        for by in ((), ("brand", "stage")):
            out = follow(path, by)
            pd.testing.assert_frame_equal(out, follow(moments, by))
            assert out.attrs == follow(moments, by).attrs

    def test_two_equal_their_union(self, moments, tmp_path: Path):
        paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
        moments[:4].to_parquet(paths[0])
        moments[4:].to_parquet(paths[1])

        pd.testing.assert_frame_equal(follow(paths, "brand"), follow(moments, "brand"))


class TestEmpty:
    @pytest.mark.parametrize("by", [(), ("brand", "stage")], ids=str)
    def test_has_columns_and_types(self, moments, by):
        full = follow(moments.assign(brand="x"), by, min_n=2)
        for empty in (
            moments.iloc[:0],
            pd.DataFrame(columns=moments.columns),
            moments[moments["stage"] == "none"],
        ):
            out = follow(empty, by, min_n=2)
            assert out.empty
            assert out.attrs == {"undated": 0}
            pd.testing.assert_series_equal(out.dtypes, full.dtypes)

    def test_no_dates_at_all(self, moments):
        out = follow(moments.assign(date=None))

        assert out.empty
        assert out.attrs == {"undated": 7}
        assert out["period"].dtype == follow(moments)["period"].dtype


class TestErrors:
    def test_no_dates(self, moments):
        with pytest.raises(
            ColumnError, match=r"no column 'date' to take dates from; .*brand.*with keep"
        ):
            follow(moments.drop(columns="date"))

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            pytest.param({"freq": "M"}, "freq is 'M'; give one of D, W-MON, MS, QS, YS", id="freq"),
            pytest.param({"min_n": 0}, "min_n is 0; give 1", id="min_n"),
            pytest.param({"confidence": 2}, "confidence is 2; give", id="confidence"),
            pytest.param({"by": "period"}, "by names period, which the table", id="taken"),
            pytest.param({"by": ("stage", "stage")}, "stage more than once", id="twice"),
        ],
    )
    def test_arguments(self, moments, options, message):
        with pytest.raises(InputError, match=message):
            follow(moments, **options)

    def test_unknown_column(self, moments):
        with pytest.raises(ColumnError, match="no column 'shop' to table by"):
            follow(moments, "shop")

    def test_no_date(self, moments):
        with pytest.raises(InputError, match=r"cannot be tabled: .*someday.*YYYY-MM-DD"):
            follow(moments.assign(date="someday"))

    @pytest.mark.parametrize("wrong", ["1900-01-01", "0001-01-01", "9999-12-31"])
    def test_a_date_far_off_is_not_laid_out(self, moments, wrong):
        moments.loc[0, "date"] = wrong
        with pytest.raises(
            InputError, match=r"periods of freq 'D' for 2 cells; .*first and the last date are real"
        ):
            follow(moments, "brand", freq="D")

    @pytest.mark.parametrize("wrong", ["infinity", "-infinity", "0044-03-15 (BC)", "10000-01-01"])
    @pytest.mark.parametrize("freq", LENGTHS)
    def test_a_date_of_no_calendar_is_refused(self, moments, wrong, freq):
        moments.loc[0, "date"] = wrong
        with pytest.raises(
            InputError,
            match=rf"date {re.escape(wrong)} is in no year from 1 to 9999\. See that .*YYYY-MM-DD",
        ):
            follow(moments, freq=freq)

    def test_the_bounds_themselves(self, moments):
        first = date(2000, 1, 1)
        days = [str(first), str(first + timedelta(MAX_PERIODS - 1))]
        assert len(follow(moments[:2].assign(date=days), freq="D")) == MAX_PERIODS
        days[1] = str(first + timedelta(MAX_PERIODS))
        with pytest.raises(InputError, match="there are about 10,001 periods"):
            follow(moments[:2].assign(date=days), freq="D")

        cells = MAX_ROWS // 5_000 + 1
        wide = pd.concat([moments[:1]] * cells).assign(brand=range(cells), date=str(first))
        wide.iloc[0, wide.columns.get_loc("date")] = str(first + timedelta(4_999))
        with pytest.raises(InputError, match=r"5,000 periods .* for 101 cells"):
            follow(wide, "brand", freq="D")
        assert len(follow(wide[1:], "brand", freq="D")) == cells - 1

    def test_every_frequency_is_known_to_pandas(self):
        days = {"day": 1, "week": 7, "month": 30.4, "quarter": 91.3, "year": 365.25}
        for freq, length in LENGTHS.items():
            periods = pd.date_range("2000-01-01", "2009-12-31", freq=freq)
            assert len(periods) == pytest.approx(3653 / days[length], abs=1)
