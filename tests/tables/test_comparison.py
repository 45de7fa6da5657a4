"""Comparisons: figures against other roads, tests by simulation, sentences word by word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from mot_nlp.errors import ColumnError, InputError
from mot_nlp.tables.comparison import COMPARISON_COLUMNS, compare
from mot_nlp.taxonomy import parse_taxonomy

if TYPE_CHECKING:
    from pathlib import Path

TAXONOMY = parse_taxonomy(
    {
        "format": 1,
        "heads": {
            "stage": {"labels": ["see", "buy", "use_it", "none"], "none": "none"},
            "moment": {"labels": ["zmot", "fmot", "smot", "none"], "none": "none"},
            "touchpoint": {"labels": ["web", "app", "word_of_mouth", "none"], "none": "none"},
            "sentiment": {"labels": ["negative", "neutral", "positive"], "none": "neutral"},
            "pivotal": {"labels": ["no", "yes"], "none": "no"},
        },
        "pairs": {
            "allowed": [["see", "zmot"], ["buy", "fmot"], ["use_it", "smot"], ["none", "none"]]
        },
        "rollups": {
            "journey": {"of": "stage", "before": ["see", "buy"], "after": ["use_it"], "none": ["none"]}
        },
    }
)  # fmt: skip
SENTIMENTS = np.array(["negative", "neutral", "positive"])
MEASURES = ["net_sentiment", "share", "pivotal_share", "negative"]

OPTIONS = [
    {}, {"measure": "share", "by": "touchpoint"}, {"between": "period"},
    {"by": ("journey", "touchpoint"), "between": "month", "measure": "share"},
    {"between": "touchpoint", "measure": "negative"},
]  # fmt: skip


def frame(doc, brand="Ode", sentiment="neutral", **columns):
    """Moments, a value each or the same for all; sentiments may be -1, 0 and 1."""
    size = len(doc)
    if not isinstance(sentiment, str):
        sentiment = SENTIMENTS[np.asarray(sentiment) + 1]
    return pd.DataFrame(
        {
            "doc_id": doc, "stage": ["use_it"] * size, "touchpoint": ["web"] * size, "brand": brand,
            "sentiment": sentiment, "sentiment_score": 0.0, "pivotal": False,
        }
        | columns
    )  # fmt: skip


def compared(moments, by=(), between="brand", **options):
    return compare(moments, by, between, taxonomy=TAXONOMY, **{"min_n": 1} | options)


def random_moments(rng, documents, *, brands=3, within=True, longest=5):
    """Documents with a mood of their own, whose moments are of several brands or of one."""
    sizes = rng.integers(1, longest + 1, size=documents)
    doc = np.repeat(np.arange(documents), sizes)
    mood = np.repeat(rng.beta(1.2, 0.8, size=documents), sizes)
    brand = rng.integers(0, brands, size=doc.size if within else documents)
    draw = rng.random(doc.size)
    return frame(
        doc,
        np.array(list("ABCDE"))[brand if within else brand[doc]],
        np.where(draw < 0.7 * mood, 1, np.where(draw < 0.7, -1, 0)),
        touchpoint=rng.choice(["web", "app"], size=doc.size),
        pivotal=rng.random(doc.size) < 0.3,
    )


class TestAgainstOtherRoads:
    def test_documents_of_one_moment_are_welch(self):
        rng = np.random.default_rng(0)
        one, two = rng.integers(-1, 2, size=14), rng.choice([-1, 1, 1], size=40)
        moments = frame(range(54), ["A"] * 14 + ["B"] * 40, np.concatenate([one, two]))
        out = compared(moments, confidence=0.9).iloc[0]
        welch = stats.ttest_ind(one, two, equal_var=False)
        interval = welch.confidence_interval(0.9)

        assert out["difference"] == pytest.approx(100 * (one.mean() - two.mean()))
        assert [out["low"], out["high"]] == pytest.approx([100 * interval.low, 100 * interval.high])
        assert out["p_value"] >= welch.pvalue - 1e-12

    def test_documents_of_one_moment_each_side_are_a_paired_test(self):
        rng = np.random.default_rng(1)
        one = rng.integers(-1, 2, size=25)
        two = np.clip(one + rng.integers(-1, 2, size=25), -1, 1)
        moments = frame([*range(25)] * 2, ["A"] * 25 + ["B"] * 25, np.concatenate([one, two]))
        out = compared(moments).iloc[0]
        paired = stats.ttest_rel(one, two)
        interval = paired.confidence_interval()

        assert [out["low"], out["high"]] == pytest.approx([100 * interval.low, 100 * interval.high])
        assert out["p_value"] >= paired.pvalue - 1e-12

    def test_p_value_is_the_larger_of_two(self):
        """Ten like documents against forty that vary: their own variance would be too small."""
        sentiment = np.array([1] * 9 + [0] + [1, 1, -1, 1, 0] * 8)
        moments = frame(range(50), ["A"] * 10 + ["B"] * 40, sentiment)
        out = compared(moments).iloc[0]
        # One ratio, and one variance over all fifty documents.
        variance = np.mean((sentiment - sentiment.mean()) ** 2)
        parts = np.array([variance / 9, variance / 39])
        freedom = parts.sum() ** 2 / (parts**2 / [9, 39]).sum()
        error = np.sqrt(parts.sum())
        pooled = 2 * stats.t.sf(out["difference"] / 100 / error, freedom)
        welch = stats.ttest_ind(sentiment[:10], sentiment[10:], equal_var=False)

        assert out["p_value"] == pytest.approx(pooled)
        assert welch.pvalue < 0.5 * pooled
        assert out["high"] == pytest.approx(100 * welch.confidence_interval().high)

    def test_short_documents_against_long_ones(self):
        """Pooling takes from the long ones how far moments of one document resemble each other."""
        rng = np.random.default_rng(8)
        short, long = np.array([1] * 11 + [0]), rng.integers(-1, 2, size=(30, 4))
        long[:8] = long[:8, :1]
        doc = [*range(12), *np.repeat(range(12, 42), 4)]
        sentiment = np.concatenate([short, long.ravel()])
        out = compared(frame(doc, ["A"] * 12 + ["B"] * 120, sentiment)).iloc[0]
        apart = long - sentiment.mean()
        pairs = [(apart[:, i] * apart[:, j]).mean() for i in range(4) for j in range(i)]
        resembling = np.mean(pairs) / np.mean((sentiment - sentiment.mean()) ** 2)
        squares = ((short - sentiment.mean()) ** 2).sum() + (apart.sum(axis=1) ** 2).sum()
        weights = np.array([12, 120 * (1 + 3 * resembling)])
        parts = squares * weights / weights.sum() / [12**2, 120**2] * [12 / 11, 30 / 29]
        freedom = parts.sum() ** 2 / (parts**2 / [11, 29]).sum()

        assert 0.05 < resembling < 0.5
        assert out["p_value"] == pytest.approx(
            2 * stats.t.sf(out["difference"] / 100 / np.sqrt(parts.sum()), freedom)
        )

    def test_a_side_that_does_not_vary_is_no_certainty(self):
        sentiment = np.array([1] * 10 + [1, 1, -1, 1, 0] * 8)
        out = compared(frame(range(50), ["A"] * 10 + ["B"] * 40, sentiment)).iloc[0]
        variance = np.mean((sentiment - sentiment.mean()) ** 2) / 9
        other = np.var(sentiment[10:], ddof=1) / 40
        freedom = (variance + other) ** 2 / (variance**2 / 9 + other**2 / 39)
        half = 100 * stats.t.ppf(0.975, freedom) * np.sqrt(variance + other)

        assert out["low"] == pytest.approx(out["difference"] - half)
        assert out["p_value"] > 0.05

    @given(seed=st.integers(0, 2**32 - 1), measure=st.sampled_from(MEASURES))
    @settings(max_examples=12, deadline=None)
    def test_documents_in_several_groups(self, seed, measure):
        """Sums of pairs of groups against influence document by document."""
        moments = random_moments(np.random.default_rng(seed), 12)
        moments.loc[moments.index % 7 == 0, "touchpoint"] = None
        out = compared(moments, ("touchpoint",), measure=measure)
        named = compared(moments, ("touchpoint",), measure=measure, against="A")
        for _, row in pd.concat([out, named]).iterrows():
            touchpoint = moments["touchpoint"]
            cell = (
                touchpoint.isna() if pd.isna(row["touchpoint"]) else touchpoint == row["touchpoint"]
            )
            one = moments["brand"] == row["group"]
            two = ~one if row["against"] == "others" else moments["brand"] == row["against"]
            check_row(row, moments, cell, one, two, measure)
        if measure == "share":
            assert len(out) == 3 * moments["touchpoint"].nunique(dropna=False)

    def test_q_values(self):
        rng = np.random.default_rng(3)
        moments = random_moments(rng, 900, within=False)
        moments["run"] = moments["doc_id"] // 30
        out = compared(moments, ("run",), min_n=20)
        tested = out.dropna(subset="p_value")

        assert 0 < len(tested) < len(out)
        assert tested["q_value"].to_numpy() == pytest.approx(
            multipletests(tested["p_value"], method="fdr_bh")[1]
        )


def check_row(row, moments, cell, one, two, measure):
    """One row of a comparison, whose two sides are masks, recomputed from its documents."""
    counts = {
        "net_sentiment": (moments["sentiment"] == "positive") * 1.0 - (moments["sentiment"] == "negative"),
        "share": cell * 1.0,
        "pivotal_share": moments["pivotal"] * 1.0,
        "negative": (moments["sentiment"] == "negative") * 1.0,
    }[measure]  # fmt: skip
    values, moved, variances, many = [], [], [], []
    for side in (one, two):
        inside = side if measure == "share" else side & cell
        assert row["n" if side is one else "n_against"] == (side & cell).sum()
        documents = moments["doc_id"][side & cell].nunique()
        assert row["documents" if side is one else "documents_against"] == documents
        by_document = counts[inside].groupby(moments["doc_id"]).agg(["sum", "size"])
        ratio = by_document["sum"].sum() / by_document["size"].sum()
        values.append(100 * ratio)
        influence = (
            100 * (by_document["sum"] - ratio * by_document["size"]) / by_document["size"].sum()
        )
        many.append(len(influence))
        moved.append(influence * np.sqrt(len(influence) / max(len(influence) - 1, 1)))
        variances.append((moved[-1] ** 2).sum())
    assert [row["value"], row["value_against"]] == pytest.approx(values, abs=1e-9)
    assert row["difference"] == pytest.approx(values[0] - values[1], abs=1e-9)
    if min(many) < 2 or min(variances) < 1e-9 or row["note"]:
        return
    variance = (moved[0].sub(moved[1], fill_value=0) ** 2).sum()
    common = len(moved[0].index.intersection(moved[1].index))
    alone = [part * (1 - common / size) for part, size in zip(variances, many, strict=True)]
    in_both = max(variance - sum(alone), 0)
    parts = [part**2 / ((1 - common / size) * (size - 1)) if common < size else 0
             for part, size in zip(alone, many, strict=True)]  # fmt: skip
    if common:
        parts.append(in_both**2 / (common * (1 - 1 / min(many))))
    freedom = (sum(alone) + in_both) ** 2 / sum(parts)
    half = stats.t.ppf(0.975, freedom) * np.sqrt(variance)
    limit = 200 if measure == "net_sentiment" else 100
    assert row["low"] == pytest.approx(max(row["difference"] - half, -limit))
    assert row["high"] == pytest.approx(min(row["difference"] + half, limit))
    welch = 2 * stats.t.sf(abs(row["difference"]) / np.sqrt(variance), freedom)
    assert row["p_value"] >= welch - 1e-9


class TestSimulated:
    """Many tables at once, as the cells of one."""

    def table(self, between, measure="net_sentiment"):
        rng = np.random.default_rng(20261122)
        moments = random_moments(rng, 300 * 90, brands=2, within=False)
        moments["run"] = moments["doc_id"] // 90
        return compared(moments, ("run",), between, measure=measure)

    @pytest.mark.parametrize("between", ["brand", "touchpoint"])
    @pytest.mark.parametrize("measure", ["net_sentiment", "pivotal_share", "negative"])
    def test_no_difference(self, between, measure):
        out = self.table(between, measure)

        assert len(out) == 300
        assert ((out["low"] <= 0) & (out["high"] >= 0)).mean() == pytest.approx(0.95, abs=0.03)
        assert 0.02 <= (out["p_value"] < 0.05).mean() <= 0.08
        assert out["p_value"].mean() == pytest.approx(0.5, abs=0.05)

    def test_overlap_counts(self):
        """Touchpoints share documents, so their differences are surer than those of brands."""
        widths = [
            (out["high"] - out["low"]).mean()
            for out in (self.table("touchpoint"), self.table("brand"))
        ]
        assert widths[0] < 0.8 * widths[1]

    def test_share_without_a_difference(self):
        """Two hundred brands of sixty documents, one moment in twenty in the app."""
        rng = np.random.default_rng(7)
        moments = random_moments(rng, 200 * 60)
        moments["brand"] = moments["doc_id"] // 60
        moments["touchpoint"] = np.where(rng.random(len(moments)) < 0.05, "app", "web")
        out = compared(moments, ("touchpoint",), measure="share")
        out = out[out["touchpoint"] == "app"]

        assert len(out) == 200
        assert 0.01 <= (out["p_value"] < 0.05).mean() <= 0.08
        assert ((out["low"] <= 0) & (out["high"] >= 0)).mean() == pytest.approx(0.95, abs=0.04)

    def test_true_differences_are_covered(self):
        """Small groups of net sentiment 10 or 40 against many of 80: the test supposes none."""
        rng = np.random.default_rng(21)
        covered = []
        for positive, few in [(0.55, 12), (0.55, 40), (0.7, 12), (0.7, 40)]:
            size = 300 * (few + 100)
            brand = np.where(np.arange(size) % (few + 100) < few, "A", "B")
            chance = np.where(brand == "A", positive, 0.9)
            felt = np.where(rng.random(size) < chance, 1, -1)
            out = compared(
                frame(range(size), brand, felt, run=np.arange(size) // (few + 100)), ("run",)
            )
            true = 200 * (positive - 0.9)
            covered.append(((out["low"] <= true) & (true <= out["high"])).mean())
        # Twelve documents of two values have few means, so that each alone is further off.
        assert np.mean(covered) >= 0.93
        assert min(covered) >= 0.91

    def test_small_groups_against_many_raise_no_false_alarms(self):
        """Cheerful throughout; a fifth of the groups of about eight documents have nothing else."""
        rng = np.random.default_rng(11)
        brand = np.where(np.arange(300 * 208) % 208 < 8, "A", "B")
        moments = frame(np.arange(brand.size), brand, (rng.random(brand.size) < 0.82) * 1)
        moments["run"] = np.arange(brand.size) // 208
        out = compared(moments, ("run",))

        assert (out["value"] == 100).mean() > 0.15
        assert (out["p_value"] < 0.05).mean() <= 0.06
        assert (out["p_value"] < 0.005).mean() <= 0.01

    def test_benjamini_hochberg_holds_its_rate(self):
        """A hundred cells that differ among four hundred: few of those called clear do not."""
        rng = np.random.default_rng(5)
        moments = random_moments(rng, 400 * 60, brands=2, within=False)
        moments["run"] = moments["doc_id"] // 60
        lifted = (moments["run"] < 100) & (moments["brand"] == "A")
        moments.loc[lifted & (rng.random(len(moments)) < 0.6), "sentiment"] = "positive"
        out = compared(moments, ("run",))
        clear = out["q_value"] <= 0.05

        assert clear[:100].mean() > 0.5
        assert clear[100:].sum() / clear.sum() <= 0.1
        assert (out["p_value"][100:] < 0.05).sum() > 2 * clear[100:].sum()


class TestWhatIsCompared:
    @pytest.fixture
    def moments(self):
        rows = [("Lun", 1), ("Ode", 0), ("Ode", -1), ("Lun", 1), ("Zed", 0), (None, -1), ("Zed", 1)]
        return frame(range(7), [row[0] for row in rows], [row[1] for row in rows])

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            pytest.param({}, ["Lun others", "Ode others", "Zed others"], id="all"),
            pytest.param({"group": "Zed"}, ["Zed others"], id="one"),
            pytest.param({"group": ["Zed", "Lun"]}, ["Lun others", "Zed others"], id="list"),
            pytest.param({"against": "Ode"}, ["Lun Ode", "Zed Ode"], id="against"),
            pytest.param({"group": "Zed", "against": "Lun"}, ["Zed Lun"], id="both"),
        ],
    )
    def test_groups(self, moments, options, expected):
        out = compared(moments, **options)

        assert (out["group"] + " " + out["against"]).tolist() == expected

    def test_two_groups_are_compared_once(self, moments):
        two = moments[moments["brand"] != "Zed"]

        assert compared(two)[["group", "against"]].to_numpy().tolist() == [["Lun", "Ode"]]
        turned = compared(two, group="Ode")
        assert turned[["group", "against"]].to_numpy().tolist() == [["Ode", "Lun"]]
        assert turned["difference"][0] == -compared(two)["difference"][0] == -150

    def test_one_group_has_nothing_to_be_compared_with(self, moments):
        assert compared(moments[moments["brand"] == "Ode"]).empty

    def test_moments_without_a_group_are_not_among_the_others(self, moments):
        out = compared(moments)

        assert out["n"].tolist() == [2, 2, 2]
        assert out["n_against"].tolist() == [4, 4, 4]
        assert out["value_against"].tolist() == [0, 75, 25]

    def test_a_cell_with_one_group_has_no_row(self, moments):
        moments["touchpoint"] = ["web"] * 6 + ["app"]

        assert compared(moments, ("touchpoint",))["touchpoint"].tolist() == ["web"] * 3

    def test_labels_stand_in_taxonomy_order(self, moments):
        moments["touchpoint"] = [
            "app",
            "word_of_mouth",
            "web",
            "web",
            "app",
            "word_of_mouth",
            "zoo",
        ]
        moments["stage"] = ["use_it", "see"] * 3 + ["none"]
        out = compared(moments, "stage", "touchpoint")

        assert out["stage"].tolist() == ["see", "see", "use_it", "use_it"]
        assert out["group"].tolist() == ["web", "word_of_mouth", "web", "app"]

    def test_numbers_and_truths_are_groups_too(self, moments):
        moments["stars"] = [10, 9, 10, 9, 2, 2, 10]
        moments["pivotal"] = [True, False] * 3 + [True]

        assert compared(moments, between="stars")["group"].tolist() == ["2", "9", "10"]
        assert compared(moments, between="stars", group=9)["group"].tolist() == ["9"]
        assert compared(moments, between="pivotal")["group"].tolist() == ["false"]

    def test_share_counts_what_is_not_there(self, moments):
        moments["touchpoint"] = ["web"] * 6 + ["app"]
        out = compared(moments, "touchpoint", measure="share", group="Lun")

        assert out["value"].tolist() == [100, 0]
        assert out["value_against"].tolist() == [75, 25]
        assert out[["n", "n_against"]].to_numpy().tolist() == [[2, 3], [0, 1]]
        assert out[["documents", "documents_against"]].to_numpy().tolist() == [[2, 3], [0, 1]]


class TestPeriods:
    @pytest.mark.parametrize(
        ("freq", "name", "days", "expected"),
        [
            pytest.param("D", None, ["2024-12-31", "2025-01-01", "2025-01-03"],
                         ["2025-01-01 2024-12-31"], id="days"),
            pytest.param("W-MON", "week", ["2024-12-29", "2024-12-30", "2025-01-12", "2025-01-20"],
                         ["2025-W01 2024-W52", "2025-W02 2025-W01"], id="weeks"),
            pytest.param("MS", "month", ["2024-12-31", "2025-01-01", "2025-03-31"],
                         ["2025-01 2024-12"], id="months"),
            pytest.param("QS", "quarter", ["2024-10-01", "2025-01-01", "2025-09-30"],
                         ["2025-Q1 2024-Q4"], id="quarters"),
            pytest.param("YS", "year", ["2023-01-01", "2024-12-31", "2026-01-01"],
                         ["2024 2023"], id="years"),
        ],
    )  # fmt: skip
    def test_each_with_the_one_before_it_in_the_calendar(self, freq, name, days, expected):
        moments = frame(range(len(days) + 1), date=[*days, None])
        out = compared(moments, between="period", freq=freq)

        assert (out["group"] + " " + out["against"]).tolist() == expected
        if name:
            words = compared(moments, between=name)
            pd.testing.assert_frame_equal(words, out)

    def test_weeks_of_a_long_year(self):
        moments = frame(range(3), date=["2026-12-27", "2026-12-31", "2027-01-04"])
        out = compared(moments, between="week")

        assert out["group"].tolist() == ["2026-W53", "2027-W01"]

    def test_against_a_period_that_is_named(self):
        moments = frame(range(3), date=["2025-01-01", "2025-02-01", "2025-05-01"])
        out = compared(moments, between="month", against="2025-01")

        assert out["group"].tolist() == ["2025-02", "2025-05"]
        assert compared(moments, between="month", group="2025-05").empty

    def test_another_column_of_dates(self):
        moments = frame(range(2), visited=pd.to_datetime(["2025-01-01", "2025-02-01"]))

        assert compared(moments, between="month", date="visited")["group"].tolist() == ["2025-02"]

    def test_a_column_of_that_name_goes_first(self):
        moments = frame(range(2), period=["later", "before"], date="2025-01-01")
        out = compared(moments, between="period")

        assert out[["group", "against"]].to_numpy().tolist() == [["before", "later"]]

    def test_share_over_time(self):
        dates = ["2025-01-01"] * 4 + ["2025-02-01"] * 4
        touchpoint = ["web", "web", "web", "app"] + ["web"] * 4
        moments = frame(range(8), date=dates, touchpoint=touchpoint)
        out = compared(moments, "touchpoint", "period", measure="share")

        assert out["difference"].tolist() == [25, -25]


class TestNotes:
    @pytest.mark.parametrize(
        ("doc", "sentiment", "min_n", "note"),
        [
            pytest.param([0, 1, 2, 3, 4, 5], [1, 0, 1, 1, 0, 0], 4, "too few moments", id="moments"),
            pytest.param([0, 0, 0, 3, 4, 5], [1, 0, 1, 1, 0, 0], 3, "too few documents", id="documents"),
            pytest.param([0, 1, 2, 3, 4, 5], [1] * 6, 3, "too little variation", id="variation"),
            pytest.param([0, 0, 2, 3, 4, 5], [1, 0, 1, 1, 0, 0], 3, "", id="none"),
        ],
    )  # fmt: skip
    def test_say_why_there_is_no_interval(self, doc, sentiment, min_n, note):
        out = compared(frame(doc, ["A"] * 3 + ["B"] * 3, sentiment), min_n=min_n).iloc[0]

        assert out["note"] == note
        assert out["difference"] == pytest.approx(
            100 * (np.mean(sentiment[:3]) - np.mean(sentiment[3:]))
        )
        figures = out[["low", "high", "p_value", "q_value"]]
        assert figures.isna().all() if note else figures.notna().all()
        assert note in out["words"]

    def test_rounding_is_no_variation(self):
        """In every document one of three is positive, which leaves squares of 1e-16."""
        doc = np.repeat(np.arange(20), 3)
        out = compared(frame(doc, ["A"] * 30 + ["B"] * 30, [1, 0, 0] * 20)).iloc[0]

        assert out["note"] == "too little variation"

    def test_a_share_may_be_of_few_moments_but_not_out_of_few(self):
        touchpoint = ["app"] * 8 + ["web"] * 12 + ["web"] * 20 + ["web", "app"]
        brand = ["A"] * 20 + ["B"] * 20 + ["C"] * 2
        moments = frame(range(42), brand, touchpoint=touchpoint)
        out = compared(moments, "touchpoint", measure="share", against="B", min_n=8)

        assert out["touchpoint"].tolist() == ["web", "web", "app", "app"]
        assert out["note"].tolist() == ["", "too few moments"] * 2
        assert out["n_against"].tolist() == [20, 20, 0, 0]


class TestWords:
    def words(self, by=(), cell=None, between="brand", rows=40, **options):
        """One side has nine of ten positive, the other one of ten; documents of one moment."""
        sides = np.repeat([1, 0], rows)
        sentiment = np.where(np.arange(2 * rows) % 10 == 0, 1 - sides, sides)
        columns = {"between": np.where(sides == 1, "Lun", "Ode"), "date": "2025-01-01"} | (
            cell or {}
        )
        columns["brand"] = columns.pop("between")
        moments = frame(range(2 * rows), sentiment=sentiment, **columns)
        if between == "month":
            moments["date"] = np.where(sides == 1, "2025-01-01", "2025-02-01")
        return compared(moments, by, between, **options)["words"].tolist()

    def test_clear(self):
        assert self.words() == [
            "net sentiment is 80 points higher for Lun than for Ode, 95 % CI 66 to 94"
        ]
        assert self.words(("touchpoint",), group="Ode", cell={"touchpoint": "word_of_mouth"}) == [
            "net sentiment of word of mouth is 80 points lower for Ode than for Lun, 95 % CI 66 to 94"
        ]

    def test_change(self):
        assert self.words(between="month", confidence=0.9) == [
            "net sentiment fell 80 points, 90 % CI 69 to 91"
        ]
        assert self.words(["stage", "touchpoint"], between="month") == [
            "net sentiment of use it web fell 80 points, 95 % CI 66 to 94"
        ]
        assert self.words(between="month", group="2025-01", against="2025-02") == [
            "net sentiment is 80 points higher in 2025-01 than in 2025-02, 95 % CI 66 to 94"
        ]

    def test_not_clear(self):
        sentiment = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0] * 2 + [1, 1, 0, 0, 0, 0, 0, 0, 0, 0] * 2
        moments = frame(range(40), ["A"] * 20 + ["B"] * 20, sentiment)
        assert compared(moments)["words"].tolist() == [
            "no clear difference in net sentiment between A and B (−10 points, 95 % CI −33 to 13)"
        ]
        moments["date"] = ["2025-01-01"] * 20 + ["2025-02-01"] * 20
        assert compared(moments, "touchpoint", "month")["words"].tolist() == [
            "no clear change in net sentiment of web (10 points, 95 % CI −13 to 33)"
        ]
        moments["brand"] = ["A", "B", "C", "C"] * 10
        assert "between A and the others (" in compared(moments)["words"][0]

    def test_not_clear_among_many(self):
        """One cell of thirty differs, by no more than chance would have it once in thirty."""
        run = np.repeat(np.arange(30), 80)
        felt = np.tile([0, 1], run.size // 2)
        felt[:80] = [1] * 27 + [0] * 13 + [1] * 17 + [0] * 23
        moments = frame(range(run.size), np.tile(np.repeat(["A", "B"], 40), 30), felt, run=run)
        out = compared(moments, "run")

        assert out["p_value"][0] < 0.05 < out["q_value"][0]
        low, high = out["low"].round().astype(int)[0], out["high"].round().astype(int)[0]
        assert out["words"][0] == (
            "no clear difference in net sentiment of run 0 between A and B among 30 comparisons "
            f"(25 points, 95 % CI {low} to {high})"
        )
        assert low > 0
        assert not out["words"][1:].str.contains("among").any()
        moments["date"] = np.where(moments["brand"] == "A", "2025-02-01", "2025-01-01")
        change = compared(moments, "run", "month")["words"][0]
        assert change.startswith("no clear change in net sentiment of run 0 among 30 comparisons (")

    @pytest.mark.parametrize(
        ("measure", "phrase"),
        [("negative", "negative share"), ("pivotal_share", "pivotal share")],
        ids=str,
    )
    def test_shares_are_in_percentage_points(self, measure, phrase):
        sides = np.repeat([True, False], 50)
        marked = np.where(np.arange(100) % 10 == 0, ~sides, sides)
        moments = frame(range(100), np.where(sides, "A", "B"), -1 * marked, pivotal=marked)

        assert compared(moments, measure=measure)["words"].tolist() == [
            f"{phrase} is 80 percentage points higher for A than for B, 95 % CI 68 to 92"
        ]

    def test_never_minus_zero(self):
        sentiment = [1] * 5001 + [0] * 4999 + [1] * 5002 + [0] * 4998
        moments = frame(range(20000), ["A"] * 10000 + ["B"] * 10000, sentiment)
        [words] = compared(moments)["words"]

        assert words.endswith("(0.0 points, 95 % CI −1.4 to 1.4)")

    def test_one_point(self):
        sentiment = [1] * 51 + [0] * 49 + [1] * 50 + [0] * 50
        [words] = compared(frame(range(200), ["A"] * 100 + ["B"] * 100, sentiment))["words"]

        assert words.endswith("(1 point, 95 % CI −13 to 15)")

    def test_many_moments_are_said_more_exactly(self):
        count = 20000
        sentiment = np.where(np.arange(2 * count) % 1000 < np.repeat([520, 500], count), 1, 0)
        [words] = compared(frame(range(2 * count), np.repeat(["A", "B"], count), sentiment))[
            "words"
        ]

        assert words == "net sentiment is 2.0 points higher for A than for B, 95 % CI 1.0 to 3.0"

    @pytest.mark.parametrize(
        ("column", "value", "said"),
        [
            ("stars", 5, "of stars 5 is"),
            ("stars", "5", "of stars 5 is"),
            ("order_value", 2.5, "of order value 2.5 is"),
            ("pivotal", True, "of pivotal true is"),
            ("stars", None, "of unknown stars is"),
            ("shop", "a_b", "of a_b is"),
        ],
        ids=repr,
    )
    def test_values_that_are_no_words(self, column, value, said):
        assert said in self.words((column,), cell={column: value})[0]


class TestTable:
    @pytest.fixture
    def moments(self):
        return random_moments(np.random.default_rng(4), 60).assign(
            date=lambda rows: np.where(rows["doc_id"] % 2, "2025-01-01", "2025-02-01")
        )

    @pytest.mark.parametrize("options", OPTIONS, ids=str)
    def test_order_of_rows_does_not_matter(self, moments, options):
        shuffled = moments.sample(frac=1, random_state=1)

        pd.testing.assert_frame_equal(
            compared(shuffled, **options), compared(moments, **options), check_exact=True
        )

    @pytest.mark.parametrize("options", OPTIONS, ids=str)
    def test_files_equal_the_frame(self, moments, tmp_path: Path, options):
        moments["doc_id"] = moments["doc_id"].astype(str)
        half = moments["doc_id"].isin(moments["doc_id"].unique()[:30])
        moments[half].to_parquet(tmp_path / "a.parquet")
        moments[~half].to_csv(tmp_path / "b.csv", index=False)
        out = compared([tmp_path / "a.parquet", tmp_path / "b.csv"], **options)

        pd.testing.assert_frame_equal(out, compared(moments, **options))

    @pytest.mark.parametrize("options", OPTIONS, ids=str)
    def test_empty(self, moments, options):
        full = compared(moments, **options)
        for empty in (moments[:0], pd.DataFrame(columns=moments.columns)):
            out = compared(empty, **options, group="Ode")
            assert out.empty
            pd.testing.assert_series_equal(out.dtypes, full.dtypes)
        assert tuple(full.columns[-len(COMPARISON_COLUMNS) :]) == COMPARISON_COLUMNS

    def test_says_what_was_compared(self, moments):
        expected = {"measure": "negative", "between": "touchpoint"}

        assert compared(moments, between="touchpoint", measure="negative").attrs == expected
        assert compared(moments[:0], measure="negative").attrs["measure"] == "negative"

    def test_by_none_is_one_cell(self, moments):
        pd.testing.assert_frame_equal(compared(moments, None), compared(moments, ()))

    def test_segments_without_a_moment_are_left_out(self, moments):
        none = moments[:20].assign(stage="none", brand="A")

        pd.testing.assert_frame_equal(compared(pd.concat([moments, none])), compared(moments))

    def test_a_missing_id_is_one_document(self, moments):
        moments["doc_id"] = moments["doc_id"].astype(str)
        with_none = moments.assign(doc_id=moments["doc_id"].where(moments["doc_id"] != "3"))

        pd.testing.assert_frame_equal(compared(with_none), compared(moments))


class TestErrors:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"measure": "mood"}, "measure is 'mood'; give one of net_sentiment, share"),
            ({"measure": "share"}, "by is empty; name in by what it is the share of"),
            ({"freq": "M"}, "freq is 'M'; give one of D, W-MON, MS"),
            ({"min_n": 0}, "min_n is 0; give 1"),
            ({"confidence": 95}, "confidence is 95; give a probability"),
            ({"by": ("brand",)}, "between is 'brand', which by names too"),
            ({"by": ("note",)}, "by names note, which the table itself has"),
            ({"group": "Oda"}, "group names 'Oda', which no moment has; there are A, B, C$"),
            ({"against": ["A", "x"]}, "against names 'x', which no moment has"),
            ({"against": ["A", "B"]}, "give one group against others than itself"),
            (
                {"group": ["A", "B"], "against": "A"},
                "against is 'A' and group .*others than itself",
            ),
        ],
        ids=lambda value: str(value)[:30],
    )
    def test_arguments(self, options, message):
        moments = frame(range(3), ["A", "B", "C"], note="x")
        with pytest.raises(InputError, match=message):
            compared(moments, **options)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"between": "shop"}, "there is no column 'shop'"),
            ({"by": "shop"}, "there is no column 'shop'"),
            ({"between": "period"}, "no column 'date' to take dates from"),
            ({"between": "month", "date": "when"}, "no column 'when' to take dates from"),
        ],
        ids=str,
    )
    def test_columns(self, options, message):
        with pytest.raises(ColumnError, match=message):
            compared(frame(range(3)), **options)

    def test_no_dates(self):
        with pytest.raises(InputError, match=r"cannot be tabled.*someday"):
            compared(frame(range(2), date="someday"), between="period")

    @pytest.mark.parametrize("wrong", ["infinity", "0044-03-15 (BC)"])
    @pytest.mark.parametrize("freq", ["D", "MS"])
    def test_a_date_of_no_calendar(self, wrong, freq):
        moments = frame(range(3), date=["2025-01-01", wrong, "2025-02-01"])
        with pytest.raises(InputError, match=r"is in no year from 1 to 9999\. See that .*YYYY"):
            compared(moments, between="period", freq=freq)
