"""Consistency: figures against other roads, coverage and false alarms by simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mot_nlp.errors import ColumnError, InputError
from mot_nlp.tables import evenness
from mot_nlp.tables.evenness import CONSISTENCY_COLUMNS, consistency
from mot_nlp.tables.spread import Sample, spread_of
from mot_nlp.taxonomy import parse_taxonomy

if TYPE_CHECKING:
    from pathlib import Path

TAXONOMY = parse_taxonomy(
    {
        "format": 1,
        "heads": {
            "stage": {"labels": ["see", "buy", "use", "none"], "none": "none"},
            "moment": {"labels": ["zmot", "fmot", "smot", "none"], "none": "none"},
            "touchpoint": {"labels": ["web", "app", "shop", "none"], "none": "none"},
            "sentiment": {"labels": ["negative", "neutral", "positive"], "none": "neutral"},
            "pivotal": {"labels": ["no", "yes"], "none": "no"},
        },
        "pairs": {"allowed": [["see", "zmot"], ["buy", "fmot"], ["use", "smot"], ["none", "none"]]},
        "rollups": {},
    }
)
SENTIMENTS = np.array(["negative", "neutral", "positive"])


def frame(doc, brand, sentiment, **columns):
    """Moments, a value each or the same for all; sentiments are -1, 0 and 1."""
    size = len(doc)
    return pd.DataFrame(
        {
            "doc_id": doc, "stage": ["use"] * size, "touchpoint": ["web"] * size, "brand": brand,
            "sentiment": SENTIMENTS[np.asarray(sentiment) + 1], "sentiment_score": 0.0,
            "pivotal": False,
        }
        | columns
    )  # fmt: skip


def evened(moments, across="brand", by=(), **options):
    return consistency(moments, across, by, taxonomy=TAXONOMY, **{"min_n": 1} | options)


def world(rng, runs, sizes, net, *, within=False):
    """Runs of documents of one to four moments with a mood of their own.

    Args:
        rng: Where chance comes from.
        runs: How many worlds there are, in the column ``run``.
        sizes: Documents of each brand; those of all brands together where ``within``.
        net: True net sentiment of each brand, from -60 to 60.
        within: Whether moments of one document are of several brands.
    """
    documents = runs * sum(sizes)
    lengths = rng.integers(1, 5, size=documents)
    doc = np.repeat(np.arange(documents), lengths)
    brand = np.tile(np.repeat(np.arange(len(sizes)), sizes), runs)[doc]
    if within:
        brand = rng.choice(len(sizes), p=np.array(sizes) / sum(sizes), size=doc.size)
    # Moods have mean 0; six of ten moments follow mood and brand, the others are neutral.
    mood = rng.uniform(-0.3, 0.3, size=documents)[doc]
    chance = 0.5 + (mood + np.asarray(net)[brand] / 60 * 0.7) / 2
    felt = np.where(rng.random(doc.size) < chance, 1, -1)
    felt[rng.random(doc.size) < 1 - 6 / 7] = 0
    return frame(doc, np.array(list("ABCDEFGH"))[brand], felt, run=doc // sum(sizes))


class TestAgainstOtherRoads:
    def test_two_groups_are_welch(self):
        rng = np.random.default_rng(0)
        one, two = rng.integers(-1, 2, size=30), rng.choice([-1, 1, 1], size=50)
        out = evened(frame(range(80), ["A"] * 30 + ["B"] * 50, np.concatenate([one, two]))).iloc[0]
        welch = stats.ttest_ind(one, two, equal_var=False)
        gap = 100 * (two.mean() - one.mean())
        sampling = 1e4 * (np.var(one, ddof=1) / 30 + np.var(two, ddof=1) / 50)

        assert out["p_value"] == pytest.approx(welch.pvalue)
        assert out["observed_spread"] == pytest.approx(gap / np.sqrt(2))
        assert out["spread"] == pytest.approx(np.sqrt((gap**2 - sampling) / 2))
        assert out["beyond_sampling"] == pytest.approx(1 - sampling / gap**2)
        assert out["mean_net_sentiment"] == pytest.approx(50 * (one.mean() + two.mean()))
        assert out[["lowest", "highest"]].tolist() == ["A", "B"]

    def test_groups_of_one_size(self):
        """Weights are equal then: the spread is what is left of the variance over groups."""
        rng = np.random.default_rng(2)
        felt = rng.integers(-1, 2, size=(5, 40))
        felt[0] = rng.choice([0, 1], size=40)
        felt[1] = rng.choice([0, -1], size=40)
        out = evened(frame(range(200), np.repeat(list("ABCDE"), 40), felt.ravel())).iloc[0]
        means, errors = 100 * felt.mean(axis=1), 1e4 * felt.var(axis=1, ddof=1) / 40

        assert out["observed_spread"] == pytest.approx(means.std(ddof=1))
        assert out["spread"] == pytest.approx(np.sqrt(means.var(ddof=1) - errors.mean()))
        assert 0 < out["spread_low"] < out["spread"] < out["spread_high"]

    def test_interval_is_that_of_noncentral_f(self):
        """Alike groups whose errors are well known: Q is the F of an analysis of variance."""
        estimates = np.array([0.0, 10.0, 20.0, 30.0])
        clusters = np.full(4, 101.0)
        found = spread_of(Sample(estimates, np.diag(np.full(4, 25.0)), clusters), 0.9)
        ratio = estimates.var(ddof=1) / 25
        for limit, under in ((found.low, 0.95), (found.high, 0.05)):
            noncentral = stats.ncf(3, 400, 3 * limit**2 / 25)
            assert noncentral.cdf(ratio) == pytest.approx(under, abs=1e-6)
        assert found.p_value == pytest.approx(stats.f.sf(ratio, 3, 400))

    @given(seed=st.integers(0, 2**32 - 1))
    @settings(max_examples=10, deadline=None)
    def test_documents_in_several_groups(self, seed):
        """The covariance against influence document by document."""
        rng = np.random.default_rng(seed)
        doc = rng.integers(0, 9, size=40)
        moments = frame(doc, rng.choice(list("ABC"), size=40), rng.integers(-1, 2, size=40))
        out = evened(moments).iloc[0]
        signs = moments["sentiment"].map({"negative": -1, "neutral": 0, "positive": 1})
        moved, nets, clusters = {}, [], []
        for brand, own in signs.groupby(moments["brand"]):
            by_document = own.groupby(moments["doc_id"]).agg(["sum", "size"])
            many = len(by_document)
            if many < 2:
                continue
            net = own.mean()
            influence = (by_document["sum"] - net * by_document["size"]) / len(own)
            moved[brand] = influence * np.sqrt(many / (many - 1))
            nets.append(100 * net)
            clusters.append(float(many))
        influences = pd.DataFrame(moved).fillna(0).to_numpy() * 100
        sample = Sample(np.array(nets), influences.T @ influences, np.array(clusters))

        assert out["groups"] == len(nets)
        if len(nets) > 1 and out["note"] == "":
            expected = spread_of(sample, 0.95)
            figures = out[["spread", "spread_low", "spread_high", "beyond_sampling", "p_value"]]
            assert figures.tolist() == pytest.approx(list(expected), abs=1e-6)


class TestSimulated:
    """Many tables at once, as the cells of one."""

    @pytest.mark.parametrize(
        ("sizes", "within"),
        [
            pytest.param([30, 30, 30], False, id="equal"),
            pytest.param([120, 60, 30, 15, 10], False, id="unequal"),
            pytest.param([40, 30, 20, 15, 10], True, id="overlap"),
        ],
    )
    def test_no_spread(self, sizes, within):
        rng = np.random.default_rng(1)
        out = evened(world(rng, 300, sizes, [18] * len(sizes), within=within), by="run", min_n=10)

        assert 0.02 <= (out["p_value"] < 0.05).mean() <= 0.08
        assert out["p_value"].mean() == pytest.approx(0.5, abs=0.06)
        assert (out["spread_low"] == 0).mean() >= 0.95
        assert out["spread"].mean() < 0.6 * out["observed_spread"].mean()

    @pytest.mark.parametrize(
        ("sizes", "net", "within"),
        [
            pytest.param([60] * 4, [-10, 0, 10, 20], False, id="small"),
            pytest.param([80] * 6, [-40, 30, 0, 50, -20, 10], False, id="large"),
            pytest.param([150, 80, 50, 30, 20], [10, -20, 35, -35, 20], False, id="unequal"),
            pytest.param([80, 60, 40, 30], [-30, 0, 30, 15], True, id="overlap"),
        ],
    )
    def test_true_spread_is_covered(self, sizes, net, within):
        rng = np.random.default_rng(3)
        out = evened(world(rng, 200, sizes, net, within=within), by="run")
        true = np.std(net, ddof=1)

        covered = (out["spread_low"] <= true) & (true <= out["spread_high"])
        assert 0.92 <= covered.mean() <= 0.99
        assert out["spread"].mean() == pytest.approx(true, rel=0.12)
        assert (out["spread_low"] <= out["spread"]).all()
        assert (out["spread"] <= out["spread_high"]).all()

    def test_small_variances_by_chance_are_no_certainty(self):
        """Brands of few documents where all feel the same would weigh without end."""
        rng = np.random.default_rng(6)
        brands = np.tile(np.repeat(list("ABCDEF"), [10, 10, 10, 40, 40, 40]), 200)
        felt = (rng.random(brands.size) < 0.85) * 1
        moments = frame(range(brands.size), brands, felt, run=np.arange(brands.size) // 150)
        out = evened(moments, by="run")

        assert (out["p_value"] < 0.05).mean() <= 0.08


class TestCells:
    def test_counts(self):
        doc = [0, 0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9]
        brand = ["A"] * 4 + ["B", "B", "B", "C", "D", "D", "D", None]
        out = evened(frame(doc, brand, [1, 1, 0, 1, 1, 0, -1, 1, 0, 1, 1, 1]), min_n=3).iloc[0]

        assert out[["groups", "left_out", "n", "documents"]].tolist() == [3, 1, 11, 9]
        assert out["mean_net_sentiment"] == pytest.approx(100 * (0.75 + 0 + 2 / 3) / 3)
        assert out[["lowest", "highest", "note"]].tolist() == ["B", "A", ""]

    @pytest.mark.parametrize(
        ("doc", "brand", "sentiment", "note"),
        [
            pytest.param([0, 1], ["A", "A"], [1, 0], "fewer than two groups", id="one group"),
            pytest.param([0, 1], ["A", "B"], [1, 0], "fewer than two groups", id="one document each"),
            pytest.param([0, 1, 2, 3], list("AABB"), [1, 1, 0, 0], "too little variation", id="all alike"),
            pytest.param([0, 1, 0, 1], list("AABB"), [1, 0, 1, 0], "too little variation", id="together"),
        ],
    )  # fmt: skip
    def test_notes(self, doc, brand, sentiment, note):
        out = evened(frame(doc, brand, sentiment)).iloc[0]
        unknown = ["spread", "spread_low", "spread_high", "beyond_sampling", "p_value"]

        assert out["note"] == note
        assert out[unknown].isna().all()
        assert out[["observed_spread", "lowest", "highest"]].isna().all() == (note[:5] == "fewer")

    def test_each_cell_is_as_if_alone(self):
        rng = np.random.default_rng(8)
        moments = world(rng, 1, [30, 20, 10], [0, 20, 40], within=True).drop(columns="run")
        moments["stage"] = rng.choice(["see", "use"], size=len(moments))
        moments.loc[::9, "stage"] = None
        out = evened(moments, by="stage")

        assert out["stage"][:2].tolist() == ["see", "use"]
        for position, rows in enumerate((moments["stage"] == "see", moments["stage"] == "use")):
            alone = evened(moments[rows])
            pd.testing.assert_frame_equal(
                out.drop(columns="stage")[position : position + 1].reset_index(drop=True), alone
            )

    @pytest.mark.parametrize("across", ["touchpoint", "stage", "month"])
    def test_across(self, across):
        moments = frame(range(60), "A", [1, 0, -1] * 20, date="2025-01-01")
        moments[across if across != "month" else "date"] = (
            ["2025-01-31"] * 30 + ["2025-02-01"] * 30 if across == "month" else ["see", "use"] * 30
        )
        out = evened(moments, across).iloc[0]

        assert out["groups"] == 2
        assert out["highest"] in ("see", "use", "2025-01", "2025-02")


class TestTable:
    @pytest.fixture
    def moments(self):
        rng = np.random.default_rng(9)
        return world(rng, 3, [20, 15, 10], [0, 20, 40], within=True)

    def test_columns(self, moments):
        out = evened(moments, by="run")

        assert list(out.columns) == ["run", *CONSISTENCY_COLUMNS]
        assert out["run"].tolist() == [0, 1, 2]

    def test_by_none_is_one_row(self, moments):
        pd.testing.assert_frame_equal(evened(moments, by=None), evened(moments))

    def test_order_of_rows_does_not_matter(self, moments):
        shuffled = moments.sample(frac=1, random_state=1)

        pd.testing.assert_frame_equal(evened(shuffled, by="run"), evened(moments, by="run"))

    def test_files_equal_the_frame(self, moments, tmp_path: Path):
        moments["run"] = moments["run"].astype(str)
        first = moments["doc_id"] < 20
        moments[first].to_parquet(tmp_path / "a.parquet")
        moments[~first].to_json(tmp_path / "b.jsonl", orient="records", lines=True)
        out = evened([tmp_path / "a.parquet", tmp_path / "b.jsonl"], by="run")

        pd.testing.assert_frame_equal(out, evened(moments.astype({"doc_id": str}), by="run"))

    @pytest.mark.parametrize("by", [("brand",), ("month", "stage"), ()], ids=str)
    def test_empty(self, moments, by):
        moments["date"] = "2025-01-01"
        full = evened(moments, "touchpoint", by)
        for empty in (moments[:0], pd.DataFrame(columns=moments.columns)):
            out = evened(empty, "touchpoint", by)
            assert out.empty
            pd.testing.assert_series_equal(out.dtypes, full.dtypes)

    def test_more_confidence_is_wider(self, moments):
        narrow, wide = evened(moments, confidence=0.5).iloc[0], evened(moments).iloc[0]

        assert wide["spread_low"] <= narrow["spread_low"]
        assert narrow["spread_high"] < wide["spread_high"]
        assert narrow["spread"] == wide["spread"]


class TestSpread:
    @given(
        estimates=st.lists(st.floats(-100, 100), min_size=2, max_size=12),
        scale=st.sampled_from([1e-6, 1e-2, 1.0, 400.0]),
        seed=st.integers(0, 99),
    )
    @settings(max_examples=60, deadline=None)
    def test_is_always_an_answer_in_order(self, estimates, scale, seed):
        rng = np.random.default_rng(seed)
        covariance = np.diag(rng.uniform(0.2, 2, size=len(estimates)) * scale)
        clusters = rng.integers(2, 200, size=len(estimates)).astype(float)
        found = spread_of(Sample(np.array(estimates), covariance, clusters), 0.95)

        assert np.isfinite(found).all()
        assert 0 <= found.low <= found.high
        assert found.low <= found.value + 1e-6
        assert 0 <= found.beyond_sampling <= 1
        assert 0 <= found.p_value <= 1
        assert (found.low > 0) == (found.p_value < 0.025)

    def test_follows_the_unit(self):
        rng = np.random.default_rng(0)
        estimates, clusters = rng.normal(0, 20, size=6), np.full(6, 30.0)
        covariance = np.diag(rng.uniform(10, 90, size=6))
        one = spread_of(Sample(estimates, covariance, clusters), 0.95)
        two = spread_of(Sample(estimates / 100, covariance / 1e4, clusters), 0.95)

        assert [100 * value for value in two[:3]] == pytest.approx(list(one[:3]))
        assert two[3:] == pytest.approx(one[3:])


class TestErrors:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"min_n": 0}, "min_n is 0; give 1"),
            ({"confidence": 1}, "confidence is 1; give a probability"),
            ({"by": "brand"}, "across is 'brand', which by names too"),
            ({"by": "spread"}, "by names spread, which the table itself has"),
        ],
        ids=str,
    )
    def test_arguments(self, options, message):
        with pytest.raises(InputError, match=message):
            evened(frame([0], "A", [1], spread=1), **options)

    def test_columns(self):
        with pytest.raises(ColumnError, match="there is no column 'shop' to table by"):
            evened(frame([0], "A", [1]), "shop")

    def test_too_many_groups(self, monkeypatch):
        monkeypatch.setattr(evenness, "MAX_GROUPS", 2)
        moments = frame([0, 1] * 3, list("AABBCC"), [1] * 6)
        with pytest.raises(
            InputError, match="there are 3 groups in one cell; at most 2 are compared"
        ):
            evened(moments)
