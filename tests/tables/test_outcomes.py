"""Drivers: planted effects come back, statsmodels and refits agree, intervals cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import expit

from mot_nlp.errors import ColumnError, InputError, ReadError
from mot_nlp.tables.outcomes import DRIVER_COLUMNS, drivers
from mot_nlp.tables.outcomes.contrast import contrast
from mot_nlp.tables.outcomes.estimates import Estimates
from mot_nlp.tables.outcomes.impact import impacts
from mot_nlp.tables.outcomes.presence import Presence
from mot_nlp.tables.outcomes.regression import Design, linear, logistic
from mot_nlp.taxonomy import parse_taxonomy

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ["web", "app", "shop", "desk"]
TAXONOMY = parse_taxonomy(
    {
        "format": 1,
        "heads": {
            "stage": {"labels": ["see", "use", "none"], "none": "none"},
            "moment": {"labels": ["zmot", "smot", "none"], "none": "none"},
            "touchpoint": {"labels": [*KINDS, "none"], "none": "none"},
            "sentiment": {"labels": ["negative", "neutral", "positive"], "none": "neutral"},
            "pivotal": {"labels": ["no", "yes"], "none": "no"},
        },
        "pairs": {"allowed": [["see", "zmot"], ["use", "smot"], ["none", "none"]]},
        "rollups": {"journey": {"of": "stage", "before": ["see"], "after": ["use"], "none": ["none"]}},
    }
)  # fmt: skip
EFFECTS = [
    name for name in DRIVER_COLUMNS if name.startswith(("penalty", "reward")) and "doc" not in name
]


def table(moments, documents, *arguments, **options):
    return drivers(moments, documents, *arguments, taxonomy=TAXONOMY, **options)


def rows(negative, positive, neutral=None, *, kinds=KINDS):
    """Moment rows of documents d0, d1, … from who has which; each (documents, kinds)."""
    parts = []
    for sentiment, having in [
        ("negative", negative),
        ("positive", positive),
        ("neutral", np.zeros_like(negative) if neutral is None else neutral),
    ]:
        document, kind = np.nonzero(having)
        parts.append(
            pd.DataFrame(
                {
                    "doc_id": [f"d{number}" for number in document],
                    "stage": "use",
                    "touchpoint": np.array(kinds)[kind],
                    "sentiment": sentiment,
                    "sentiment_score": 0.0,
                    "pivotal": (document + kind) % 7 == 0,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def documents_of(outcome, **columns):
    ids = [f"d{number}" for number in range(len(outcome))]
    return pd.DataFrame({"doc_id": ids, "stars": outcome, **columns})


def draw(seed, documents, negative, positive):
    """Random presence with these chances a kind."""
    rng = np.random.default_rng(seed)
    shape = (documents, len(negative))
    return rng, rng.random(shape) < negative, rng.random(shape) < positive


@pytest.fixture(scope="module")
def world():
    """240 documents of 40 shoppers, a tenth without a moment, stars from 1 to 5 on a coarse scale."""
    rng, negative, positive = draw(7, 240, [0.3, 0.2, 0.25, 0.15], [0.25, 0.3, 0.2, 0.3])
    neutral = rng.random(negative.shape) < 0.1
    for having in (negative, positive, neutral):
        having[::10] = False
    line = 3.4 + negative @ [-1.5, -0.9, 0, -0.3] + positive @ [0.2, 0.9, 1, 0]
    shopper = np.minimum(rng.geometric(0.06, 240), 40)
    stars = np.round(2 * (line + rng.normal(size=240) + rng.normal(size=41)[shopper] / 2)) / 2
    moments = rows(negative, positive, neutral)
    documents = documents_of(stars, shopper=shopper, churned=line + rng.logistic(size=240) < 2.5)
    return moments, documents, negative, positive


def dense(negative, positive):
    """Dummies as the table orders its terms, with a constant before them; one row a document."""
    pairs = np.stack([negative, positive], axis=2).reshape(len(negative), -1)
    return sm.add_constant(pairs.astype(float))


def by_kind(out, names):
    """Values of a table in the order of kinds and then of names."""
    return out.set_index("touchpoint").loc[KINDS, names].to_numpy(float).ravel()


class TestLeastSquares:
    def test_equals_statsmodels(self, world):
        moments, documents, negative, positive = world
        out = table(moments, documents)
        fit = sm.OLS(documents["stars"], dense(negative, positive)).fit(cov_type="HC3", use_t=True)
        bounds = fit.conf_int().to_numpy()[1:]

        assert by_kind(out, ["penalty", "reward"]) == pytest.approx(fit.params.to_numpy()[1:])
        assert by_kind(out, ["penalty_low", "reward_low"]) == pytest.approx(bounds[:, 0])
        assert by_kind(out, ["penalty_high", "reward_high"]) == pytest.approx(bounds[:, 1])
        assert out.attrs["r_squared"] == pytest.approx(fit.rsquared)
        assert out.attrs["kind"] == "linear"

    def test_confidence(self, world):
        moments, documents, negative, positive = world
        out = table(moments, documents, confidence=0.8)
        fit = sm.OLS(documents["stars"], dense(negative, positive)).fit(cov_type="HC3", use_t=True)

        assert by_kind(out, ["penalty_low", "reward_low"]) == pytest.approx(
            fit.conf_int(alpha=0.2)[0].to_numpy()[1:]
        )

    def test_factor_rests_on_the_sum_of_both_effects(self, world):
        moments, documents, negative, positive = world
        out = table(moments, documents).set_index("touchpoint")
        fit = sm.OLS(documents["stars"], dense(negative, positive)).fit(cov_type="HC3", use_t=True)
        for place, kind in enumerate(KINDS):
            both = np.zeros(9)
            both[[1 + 2 * place, 2 + 2 * place]] = 1
            low, high = fit.t_test(both).conf_int()[0]
            penalty, reward = fit.params.iloc[[1 + 2 * place, 2 + 2 * place]]
            costs = fit.conf_int().to_numpy()[1 + 2 * place, 1] < 0
            earns = fit.conf_int().to_numpy()[2 + 2 * place, 0] > 0
            expected = (
                "basic" if costs and high < 0
                else "excitement" if earns and low > 0
                else "performance" if costs and earns
                else "harms" if costs
                else "helps" if earns
                else "unclear"
            )  # fmt: skip
            assert (out["factor"][kind], kind) == (expected, kind)
            assert penalty == pytest.approx(out["penalty"][kind])
            assert reward == pytest.approx(out["reward"][kind])
        assert set(out["factor"]) == {"basic", "excitement", "performance", "harms"}

    def test_clusters_equal_leaving_each_out_in_turn(self, world):
        moments, documents, negative, positive = world
        out = table(moments, documents, cluster="shopper")
        x, y = dense(negative, positive), documents["stars"].to_numpy()
        shoppers = documents["shopper"].unique()
        whole = sm.OLS(y, x).fit().params
        left = [
            sm.OLS(y[kept], x[kept]).fit().params
            for kept in (documents["shopper"] != shopper for shopper in shoppers)
        ]
        count = len(shoppers)
        error = np.sqrt((count - 1) / count * ((np.array(left) - whole) ** 2).sum(axis=0))
        half = stats.t.ppf(0.975, count - 1) * error

        sizes = documents["shopper"].value_counts()
        assert sizes.max() > 9 > sizes.min() == 1  # on both sides of the number of parameters
        assert by_kind(out, ["penalty", "reward"]) == pytest.approx(whole[1:])
        assert by_kind(out, ["penalty_low", "reward_low"]) == pytest.approx((whole - half)[1:])
        assert f"{count} clusters by shopper" in out.attrs["formula"]

    def test_documents_without_a_cluster_are_one_each(self, world):
        moments, documents, *_ = world
        given = documents["shopper"].astype("Int64")
        out = table(moments, documents.assign(shopper=given.mask(given > 3)), cluster="shopper")
        own = given.mask(given > 3, 1000 + np.arange(len(given)))

        pd.testing.assert_frame_equal(
            out, table(moments, documents.assign(shopper=own), cluster="shopper")
        )

    def test_clusters_of_one_document_are_no_clusters(self, world):
        moments, documents, *_ = world
        plain, out = table(moments, documents), table(moments, documents, cluster="doc_id")
        half = (out["penalty_high"] - out["penalty"]) / stats.t.ppf(0.975, 239)
        expected = (plain["penalty_high"] - plain["penalty"]) / stats.t.ppf(0.975, 231)

        # HC3 is the jackknife without its factor (G - 1) / G.
        assert half.to_numpy() == pytest.approx(expected.to_numpy() * np.sqrt(239 / 240))
        assert out["impact_low"].to_numpy() == pytest.approx(plain["impact_low"].to_numpy())


class TestLogistic:
    def test_effects_equal_statsmodels(self, world):
        moments, documents, negative, positive = world
        out = table(moments, documents, "churned")
        fit = sm.Logit(documents["churned"].astype(float), dense(negative, positive)).fit(disp=0)

        assert by_kind(out, ["penalty", "reward"]) == pytest.approx(
            fit.get_margeff(dummy=True).margeff, rel=1e-6
        )
        assert out.attrs["r_squared"] == pytest.approx(fit.prsquared)
        assert (out.attrs["kind"], out.attrs["higher_is_better"]) == ("logistic", False)
        assert out.attrs["mean_outcome"] == pytest.approx(documents["churned"].mean())

    @pytest.mark.parametrize("cluster", [None, "shopper"], ids=["documents", "clusters"])
    def test_intervals_by_hand(self, world, cluster):
        """The jackknife of each unit to first order, and the delta method by finite differences."""
        moments, documents, negative, positive = world
        out = table(moments, documents, "churned", cluster=cluster)
        x, y = dense(negative, positive), documents["churned"].to_numpy(float)
        unit = documents["doc_id" if cluster is None else cluster].to_numpy()
        coefficients = sm.Logit(y, x).fit(disp=0, tol=1e-12).params
        chance = expit(x @ coefficients)
        weights = (chance * (1 - chance))[:, None]
        bread = np.linalg.inv(x.T @ (weights * x))
        changes = []
        for name in np.unique(unit):
            own = unit == name
            left = np.linalg.inv(np.linalg.inv(bread) - x[own].T @ (weights[own] * x[own]))
            changes.append(left @ x[own].T @ (y - chance)[own])
        units = len(changes)
        factor = 1 if cluster is None else (units - 1) / units
        covariance = factor * np.array(changes).T @ np.array(changes)

        def effects(at):
            with_, without = (
                [expit(np.where(np.arange(9) == term, side, x) @ at).mean() for term in range(1, 9)]
                for side in (1, 0)
            )
            return np.subtract(with_, without)

        steps = np.eye(9) * 1e-6
        slopes = np.array(
            [(effects(coefficients + s) - effects(coefficients - s)) / 2e-6 for s in steps]
        )
        error = np.sqrt(np.diag(slopes.T @ covariance @ slopes))
        half = stats.t.ppf(0.975, 240 - 9 if cluster is None else units - 1) * error

        assert by_kind(out, ["penalty_high", "reward_high"]) == pytest.approx(
            effects(coefficients) + half, rel=1e-5
        )

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(lambda churned: churned.astype(int), id="numbers"),
            pytest.param(lambda churned: churned.astype("boolean"), id="nullable"),
            pytest.param(lambda churned: churned.map({True: " Yes", False: "no"}), id="words"),
            pytest.param(lambda churned: churned.map({True: "TRUE", False: "false"}), id="text"),
            pytest.param(lambda churned: churned.map({True: "1", False: "0.0"}), id="digits"),
        ],
    )
    def test_any_way_to_say_yes(self, world, change):
        moments, documents, *_ = world
        changed = documents.assign(churned=change(documents["churned"]))

        pd.testing.assert_frame_equal(
            table(moments, changed, "churned"), table(moments, documents, "churned")
        )

    def test_a_good_outcome_mirrors_a_bad_one(self, world):
        moments, documents, *_ = world
        out = table(moments, documents, "churned")
        stayed = table(moments, documents.assign(stayed=~documents["churned"]), "stayed")

        assert stayed.attrs["higher_is_better"]
        assert stayed["penalty"].to_numpy() == pytest.approx(-out["penalty"].to_numpy())
        same = ["touchpoint", "factor", "make_or_break", "rank"]
        pd.testing.assert_frame_equal(stayed[same], out[same])
        told = table(moments, documents, "churned", higher_is_better=True)
        assert told["make_or_break"].max() == pytest.approx(-out["make_or_break"].min())

    def test_a_moment_that_tells_all_is_set_aside_with_its_documents(self, world):
        moments, documents, negative, positive = world
        churned = documents["churned"] | negative[:, 0]
        out = table(moments, documents.assign(churned=churned), "churned").set_index("touchpoint")
        kept = ~negative[:, 0]
        x = np.delete(dense(negative, positive), 1, axis=1)[kept]
        fit = sm.Logit(churned[kept].astype(float), x).fit(disp=0)

        assert out.loc["web", EFFECTS[:3]].isna().all()
        assert pd.isna(out["rank"]["web"])
        assert out["factor"]["web"] == "unclear"
        assert out["note"]["web"] == (
            f"all documents with a negative moment ({negative[:, 0].sum()}) have the outcome 1, so that "
            "its effect has no finite estimate"
        )
        others = out.loc[KINDS, ["penalty", "reward"]].to_numpy(float).ravel()[1:]
        assert others == pytest.approx(fit.get_margeff(dummy=True).margeff, rel=1e-6)
        assert np.isfinite(out["impact_low"]).all()
        assert f"over {kept.sum()} documents" in out.attrs["formula"]

    def test_moments_that_tell_all_together(self):
        # Neither web nor app means no, both mean yes, and one of them leaves it open.
        rng, negative, positive = draw(0, 400, [0.4, 0.4, 0.1, 0.1], [0.2, 0.2, 0.2, 0.2])
        failures = negative[:, 0].astype(int) + negative[:, 1]
        documents = documents_of(failures > rng.integers(0, 2, 400))
        out = table(rows(negative, positive), documents)

        assert out[EFFECTS].isna().all(axis=None)
        assert (out["note"] == "no regression").all()
        assert out.attrs["said"].startswith("Some moments together tell stars of some documents")
        assert out.attrs["formula"] == "no regression"
        assert np.isfinite(out["impact_low"]).all()


class TestCoverage:
    """Intervals of 95 % cover between 93 and 97 %, over seeds that are fixed."""

    CHANCES = np.array([0.5, 0.3, 0.2, 0.1, 0.3])
    TRUTH = np.array([-1.0, 0.5, 0, -2, 0.3])

    @staticmethod
    def covers(fit, truth):
        half = stats.t.ppf(0.975, fit.dof) * np.sqrt(np.diag(fit.covariance))
        return np.abs(fit.effects - truth) <= half

    def test_least_squares(self):
        rng = np.random.default_rng(3)
        hits = []
        for _ in range(500):
            x = rng.random((120, 5)) < self.CHANCES
            y = x @ self.TRUTH + rng.normal(size=120) * (0.5 + x[:, 0])
            hits.append(self.covers(linear(Design(x, y, np.ones(120), None)), self.TRUTH))
        assert 0.93 <= np.mean(hits) <= 0.97

    def test_few_clusters_of_unequal_size(self):
        rng = np.random.default_rng(4)
        hits, naive = [], []
        for _ in range(400):
            sizes = np.maximum(2, rng.lognormal(np.log(15), 0.7, 20).astype(int))
            cluster = np.repeat(np.arange(20), sizes)
            count = len(cluster)
            chances = np.clip(self.CHANCES + rng.normal(0, 0.1, (20, 5)), 0.05, 0.95)[cluster]
            x = rng.random((count, 5)) < chances
            y = x @ self.TRUTH + rng.normal(size=count) + 0.7 * rng.normal(size=20)[cluster]
            hits.append(self.covers(linear(Design(x, y, np.ones(count), cluster)), self.TRUTH))
            naive.append(self.covers(linear(Design(x, y, np.ones(count), None)), self.TRUTH))
        assert 0.93 <= np.mean(hits) <= 0.97
        assert np.mean(naive) < 0.93

    def test_logistic(self):
        rng = np.random.default_rng(5)
        slopes = np.array([1.0, -0.6, 0, 1.2, 0.3])
        # Every document there can be, each with its chance.
        x = (np.arange(32)[:, None] >> np.arange(5)) % 2 > 0
        share = np.where(x, self.CHANCES, 1 - self.CHANCES).prod(axis=1)
        line = x @ slopes - 0.7
        truth = [
            share @ (expit(line + (~x[:, term]) * slope) - expit(line - x[:, term] * slope))
            for term, slope in enumerate(slopes)
        ]
        hits = []
        for _ in range(300):
            x = rng.random((250, 5)) < self.CHANCES
            y = (rng.random(250) < expit(x @ slopes - 0.7)).astype(float)
            fit = logistic(Design(x, y, np.ones(250), None))
            assert fit is not None
            hits.append(self.covers(fit, truth))
        assert 0.93 <= np.mean(hits) <= 0.97

    @pytest.mark.parametrize("clustered", [False, True], ids=["documents", "clusters"])
    def test_impact(self, clustered):
        rng = np.random.default_rng(6)
        hits = []
        for _ in range(400):
            cluster = np.repeat(np.arange(25), rng.integers(2, 9, 25))
            count = len(cluster)
            present = rng.random((count, 3)) < [0.15, 0.3, 0.6]
            y = present @ [-1.0, 0, 1] + rng.normal(size=count) * (0.6 + present[:, 0])
            if clustered:
                y += 0.5 * rng.normal(size=25)[cluster]
            presence = self.presence(present, y, cluster if clustered else None)
            impact, half = impacts(presence, 0.95)
            hits.append(np.abs(impact - [0.15, 0, -0.6]) <= half)
        assert 0.93 <= np.mean(hits) <= 0.97

    @staticmethod
    def presence(present, outcome, cluster):
        kinds = pd.DataFrame({"touchpoint": range(present.shape[1])})
        weight = np.ones(len(outcome))
        return Presence(kinds, kinds, present, present, present, outcome, weight, cluster, 0, 0, 0)

    def test_equal_effects_are_seldom_told_apart(self):
        """A performance factor is called basic or excitement in about one in twenty worlds."""
        rng = np.random.default_rng(8)
        called = []
        for _ in range(400):
            x = rng.random((200, 2)) < [0.3, 0.4]
            y = x @ [-1.0, 1.0] + rng.normal(size=200)
            fit = linear(Design(x, y, np.ones(200), None))
            found = Estimates(
                fit.effects[None], fit.covariance[None], np.ones((1, 2)), 200, fit.dof, 0.5
            )
            called.append(contrast(found, 0.95, higher_is_better=True)["factor"][0])
        share = pd.Series(called).value_counts(normalize=True)
        assert share["performance"] > 0.92
        assert 0.02 < share.get("basic", 0) + share.get("excitement", 0) < 0.08


class TestFactors:
    def test_planted_factors_are_found(self):
        rng, negative, positive = draw(11, 3000, [0.2, 0.2, 0.2, 0.2], [0.2, 0.2, 0.2, 0.2])
        penalty, reward = np.array([-1.5, 0, -0.8, 0]), np.array([0, 1.2, 0.8, 0])
        stars = 3 + negative @ penalty + positive @ reward + rng.normal(size=3000)
        out = (
            table(rows(negative, positive), documents_of(stars)).set_index("touchpoint").loc[KINDS]
        )

        assert out["factor"].tolist() == ["basic", "excitement", "performance", "unclear"]
        assert (out["note"] == "").all()
        out = (
            table(rows(negative, positive), documents_of(stars), confidence=0.999)
            .set_index("touchpoint")
            .loc[KINDS]
        )
        for name, truth in (("penalty", penalty), ("reward", reward)):
            assert ((out[f"{name}_low"] < truth) & (truth < out[f"{name}_high"])).all()

    @pytest.mark.parametrize(
        ("penalty", "reward", "shared", "expected"),
        [
            pytest.param(-3, 0, 0, "basic", id="costs more than it earns"),
            pytest.param(-3, 2.5, 0, "performance", id="costs as much as it earns"),
            pytest.param(-3, 2.5, -0.99, "basic", id="told by their covariance"),
            pytest.param(-2.5, 3, -0.99, "excitement", id="told by their covariance, up"),
            pytest.param(-1, 3.9, 0.99, "helps", id="hidden by their covariance"),
            pytest.param(-3, 1, 0, "harms", id="costs, and may earn as much"),
            pytest.param(1, 3, 0, "excitement", id="even its failure earns"),
            pytest.param(-3, -1, 0, "basic", id="even its success costs"),
            pytest.param(3, 1.5, 0, "unclear", id="only its failure earns"),
            pytest.param(-1.5, -3, 0, "unclear", id="only its success costs"),
            pytest.param(-3, np.nan, 0, "harms", id="costs, the other unknown"),
            pytest.param(np.nan, 3, 0, "helps", id="earns, the other unknown"),
            pytest.param(np.nan, 1, 0, "unclear", id="not clear, the other unknown"),
            pytest.param(np.nan, np.nan, 0, "untested", id="both unknown"),
        ],
    )
    def test_rule(self, penalty, reward, shared, expected):
        """Each effect has a variance of 1, so that an interval is 1.96 wide to each side."""
        covariance = np.array([[[1, shared], [shared, 1]]])
        unknown = np.isnan([penalty, reward])
        covariance = np.where(unknown | unknown[:, None], np.nan, covariance)
        for sign, higher_is_better in ((1, True), (-1, False)):
            effects = sign * np.array([[penalty, reward]])
            found = Estimates(effects, covariance, np.ones((1, 2)), 9, 1e9, 0.5)
            out = contrast(found, 0.95, higher_is_better=higher_is_better)
            assert out["factor"].tolist() == [expected]

    @pytest.mark.parametrize(
        ("name", "higher_is_better"),
        [
            (" Churned", False),
            ("left", False),
            ("refunded", False),
            ("nps", True),
            ("stayed", True),
        ],
    )
    def test_which_way_is_better(self, world, name, higher_is_better):
        moments, documents, *_ = world
        out = table(moments, documents.assign(**{name: documents["churned"]}), name)

        assert out.attrs["higher_is_better"] is higher_is_better

    def test_effects_against_expectation_are_unclear(self):
        rng, negative, positive = draw(12, 1000, [0.3] * 4, [0.3] * 4)
        stars = 3 + negative.sum(axis=1) - positive.sum(axis=1) + rng.normal(size=1000)
        out = table(rows(negative, positive), documents_of(stars))

        assert (out["factor"] == "unclear").all()
        assert (out["make_or_break"] < 0).all()
        turned = table(rows(negative, positive), documents_of(stars), higher_is_better=False)
        assert (turned["factor"] == "performance").all()

    def test_ranking_by_hand(self, world):
        moments, documents, *_ = world
        out = table(moments, documents)
        overall = moments["pivotal"].mean()
        share = moments.groupby("touchpoint")["pivotal"].agg(["sum", "size"]).loc[out["touchpoint"]]
        pulled = (share["sum"] + 10 * overall) / (share["size"] + 10)
        expected = (out["reward"] - out["penalty"]).to_numpy() * pulled.to_numpy()

        assert out["make_or_break"].to_numpy() == pytest.approx(expected)
        assert out["make_or_break"].is_monotonic_decreasing
        assert out["rank"].tolist() == [1, 2, 3, 4]
        assert out.attrs["said"] == ""
        assert out["rank"].dtype == "Int64"

    def test_what_cannot_be_ranked_comes_last_the_largest_that_is_shown_first(self, world):
        moments, documents, *_ = world
        thin = moments["touchpoint"].isin(["web", "app"]) & (moments["sentiment"] == "positive")
        for worst, order in (("web", ["web", "app"]), ("app", ["app", "web"])):
            bad = documents["doc_id"].isin(
                moments.loc[
                    (moments["touchpoint"] == worst) & (moments["sentiment"] == "negative"),
                    "doc_id",
                ]
            )
            out = table(moments[~thin], documents.assign(stars=documents["stars"] - 3 * bad))
            unranked = out[out["rank"].isna()]
            shown = unranked[unranked["factor"] == "harms"]

            assert shown["touchpoint"].tolist() == order
            assert unranked["touchpoint"].tolist()[:2] == order
            assert shown["penalty"].is_monotonic_increasing
            assert (shown["penalty_high"] < 0).all()

    def test_nothing_is_ranked_from_noise(self):
        """An outcome that no moment moves, at a confidence which chance seldom passes."""
        rng, negative, positive = draw(14, 300, [0.2] * 4, [0.2] * 4)
        documents = documents_of(rng.normal(size=300))
        out = table(rows(negative, positive), documents, confidence=0.999)

        assert out["make_or_break"].notna().all()
        assert out["rank"].isna().all()
        assert (out["factor"] == "unclear").all()
        assert out["touchpoint"].tolist() == KINDS

    def test_what_has_no_interval_at_all_comes_last(self):
        rng, negative, positive = draw(15, 300, [0.01, 0.2, 0.2, 0.2], [0.01, 0.2, 0.2, 0.2])
        out = table(rows(negative, positive), documents_of(rng.normal(size=300)), confidence=0.999)

        assert out["touchpoint"].tolist() == [*KINDS[1:], "web"]
        assert out["factor"].tolist() == ["unclear"] * 3 + ["untested"]


class TestImpact:
    def test_figures_by_hand(self, world):
        moments, documents, *_ = world
        out = table(moments, documents).set_index("touchpoint")
        for kind in KINDS:
            own = moments[moments["touchpoint"] == kind]
            having = documents["doc_id"].isin(own["doc_id"])
            row = out.loc[kind]
            assert (row["n"], row["documents"]) == (len(own), having.sum())
            assert row["share"] == having.mean()
            score = own["sentiment"].map({"negative": -1, "neutral": 0, "positive": 1})
            assert row["net_sentiment"] == pytest.approx(100 * score.mean())
            assert row["pivotal_share"] == pytest.approx(own["pivotal"].mean())
            assert (
                row["penalty_documents"] == own[own["sentiment"] == "negative"]["doc_id"].nunique()
            )
            assert (
                row["reward_documents"] == own[own["sentiment"] == "positive"]["doc_id"].nunique()
            )
            without = documents["stars"][~having].mean()
            assert row["impact"] == pytest.approx(without - documents["stars"].mean())

    @pytest.mark.parametrize("cluster", [None, "shopper"], ids=["documents", "clusters"])
    def test_interval_by_leaving_each_out_in_turn(self, world, cluster):
        moments, documents, *_ = world
        out = table(moments, documents, cluster=cluster).set_index("touchpoint")
        units = documents["doc_id" if cluster is None else cluster]
        count = units.nunique()
        for kind in KINDS:
            having = documents["doc_id"].isin(moments.loc[moments["touchpoint"] == kind, "doc_id"])
            left = np.array(
                [
                    documents["stars"][~having & (units != unit)].mean()
                    - documents["stars"][units != unit].mean()
                    for unit in units.unique()
                ]
            )
            error = np.sqrt((count - 1) / count * ((left - out["impact"][kind]) ** 2).sum())
            half = stats.t.ppf(0.975, count - 1) * error
            assert out["impact_high"][kind] == pytest.approx(out["impact"][kind] + half)
            assert out["impact_low"][kind] == pytest.approx(out["impact"][kind] - half)

    def test_documents_without_a_moment_count(self, world):
        moments, documents, *_ = world
        silent = pd.DataFrame({"doc_id": [f"s{n}" for n in range(100)], "stars": 5.0})
        before = table(moments, documents)
        after = table(moments, pd.concat([documents, silent], ignore_index=True))

        assert before.attrs["n_without_moment"] + 100 == after.attrs["n_without_moment"]
        assert after.attrs["n_documents"] == 340
        together = before.merge(after, on="touchpoint")
        assert (together["share_y"] == together["documents_x"] / 340).all()
        assert (together["penalty_y"] < together["penalty_x"]).all()
        assert (together["impact_y"] != together["impact_x"]).all()

    def test_a_moment_that_every_document_has(self):
        _, negative, positive = draw(2, 60, [0.5, 0.3, 0, 0], [0.5, 0.3, 0, 0])
        neutral = np.zeros_like(negative)
        neutral[:, 0] = True
        stars = np.arange(60) % 5
        out = table(rows(negative, positive, neutral), documents_of(stars)).set_index("touchpoint")

        assert out["impact"].isna().tolist() == (out.index == "web").tolist()
        assert out["note"]["web"] == "too few documents without the moment (0)"
        assert np.isfinite(out["penalty"]["web"])


class TestTooFew:
    def test_terms_are_left_out_and_noted(self, world):
        moments, documents, negative, positive = world
        rare = (moments["touchpoint"] == "web") & (moments["sentiment"] == "negative")
        seven = moments.loc[rare, "doc_id"].unique()[:7]
        fewer = moments[~rare | moments["doc_id"].isin(seven)]
        out = table(fewer, documents).set_index("touchpoint")
        x = np.delete(dense(negative, positive), 1, axis=1)
        fit = sm.OLS(documents["stars"], x).fit()

        assert out["note"]["web"] == "too few documents with a negative moment (7)"
        assert out.loc["web", EFFECTS].isna().tolist() == [True] * 3 + [False] * 3
        assert out["penalty_documents"]["web"] == 7
        others = out.loc[KINDS, ["penalty", "reward"]].to_numpy(float).ravel()[1:]
        assert others == pytest.approx(fit.params.to_numpy()[1:])
        assert table(fewer, documents, min_documents=7)["penalty"].notna().all()

    def test_too_many_documents_with_it(self):
        _, negative, positive = draw(3, 80, [0.5, 0.3, 0, 0], [0.5, 0.3, 0, 0])
        negative[:77, 0] = True
        negative[77:, 0] = False
        out = table(rows(negative, positive), documents_of(np.arange(80) % 5)).set_index(
            "touchpoint"
        )

        assert "too few documents without a negative moment (3)" in out["note"]["web"]

    def test_a_rare_moment_has_an_impact_without_an_interval(self, world):
        moments, documents, *_ = world
        few = moments.loc[moments["touchpoint"] == "web", "doc_id"].unique()[:4]
        out = table(
            moments[(moments["touchpoint"] != "web") | moments["doc_id"].isin(few)], documents
        )
        web = out.set_index("touchpoint").loc["web"]

        assert web["documents"] == 4
        assert np.isfinite(web["impact"])
        assert np.isnan(web["impact_low"])

    def test_no_regression_on_few_documents(self, world):
        moments, documents, *_ = world
        out = table(moments, documents[:39], min_documents=2)

        assert (out["note"] == "no regression").all()
        assert out.attrs["said"] == (
            "Too few documents with stars (39) to weigh 8 effects at once; 40 are needed. Try by='stage'."
        )
        assert (out["factor"] == "untested").all()
        assert out[EFFECTS].isna().all(axis=None)
        assert out["rank"].isna().all()
        assert out["touchpoint"].tolist() == KINDS
        assert out.attrs["r_squared"] is None
        assert table(moments, documents).attrs["said"] == ""
        few = table(moments, documents[:19], by="journey", min_documents=2)
        assert few.attrs["said"] == ""
        assert (
            table(moments, documents[:9], by="stage", min_documents=2)
            .attrs["said"]
            .endswith("are needed.")
        )
        assert table(moments, documents[:40], min_documents=2)["penalty"].notna().all()

    def test_a_logistic_one_takes_them_of_the_rarer_outcome(self, world):
        moments, documents, *_ = world
        yes = documents["churned"].to_numpy().nonzero()[0]
        fewer = documents.assign(churned=np.isin(np.arange(240), yes[:39]))
        out = table(moments, fewer, "churned", min_documents=2)

        assert out["note"].str.endswith("no regression").all()
        assert out.attrs["said"].startswith("Too few documents with churned (39) to weigh ")
        turned = table(moments, fewer.assign(churned=~fewer["churned"]), "churned", min_documents=2)
        assert turned.attrs["said"].startswith("Too few documents without churned (39) to weigh ")

    def test_one_outcome_for_all(self, world):
        moments, documents, *_ = world
        out = table(moments, documents.assign(stars=5))

        assert (out["note"] == "no regression").all()
        assert (
            out.attrs["said"] == "All documents have the same stars, so that nothing can move it."
        )
        assert (out["impact"] == 0).all()

    def test_terms_in_few_clusters_have_no_interval(self, world):
        moments, documents, negative, _ = world
        shop = np.where(negative[:, 0], np.arange(240) % 5, 5 + np.arange(240) % 30)
        out = table(moments, documents.assign(shop=shop), cluster="shop").set_index("touchpoint")

        assert out.loc["web", EFFECTS].isna().tolist() == [False, True, True] + [False] * 3
        assert out["factor"]["web"] == "unclear"
        assert (
            "documents with a negative moment are in 5 clusters, which take 10"
            in out["note"]["web"]
        )
        assert out["penalty"].to_numpy() == pytest.approx(
            table(moments, documents).set_index("touchpoint")["penalty"][out.index].to_numpy()
        )

    @pytest.mark.parametrize(
        ("shops_with", "shops_without", "expected"),
        [(5, 30, "with the moment are in 5"), (30, 1, "without the moment are in 1")],
        ids=["with", "without"],
    )
    def test_impacts_in_few_clusters_have_no_interval(
        self, world, shops_with, shops_without, expected
    ):
        moments, documents, *_ = world
        web = documents["doc_id"].isin(moments.loc[moments["touchpoint"] == "web", "doc_id"])
        number = np.arange(240)
        shop = np.where(web, number % shops_with, 100 + number % shops_without)
        out = table(moments, documents.assign(shop=shop), cluster="shop").set_index("touchpoint")

        assert np.isfinite(out["impact"]["web"])
        assert np.isnan(out["impact_low"]["web"])
        assert f"no interval of the impact: documents {expected} clusters" in out["note"]["web"]
        assert np.isfinite(out["impact_low"]["app"])


class TestCollinear:
    def test_two_that_always_go_together(self, world):
        _, documents, negative, positive = world
        twin = negative.copy()
        twin[:, 1] = twin[:, 0]
        out = table(rows(twin, positive), documents).set_index("touchpoint")
        x = np.delete(dense(twin, positive), 3, axis=1)
        fit = sm.OLS(documents["stars"], x).fit(cov_type="HC3", use_t=True)

        assert out["note"]["web"] == (
            "the effect of negative moments cannot be told apart from that of negative moments of app"
        )
        assert out["note"]["app"].endswith("from that of negative moments of web")
        assert out.loc[["web", "app"], EFFECTS[:3]].isna().all(axis=None)
        assert out["note"][["shop", "desk"]].tolist() == ["", ""]
        told = out.loc[KINDS, ["penalty", "reward"]].to_numpy(float).ravel()[[1, 3, 4, 5, 6, 7]]
        assert told == pytest.approx(fit.params.to_numpy()[2:])
        low = (
            out.loc[KINDS, ["penalty_low", "reward_low"]]
            .to_numpy(float)
            .ravel()[[1, 3, 4, 5, 6, 7]]
        )
        assert low == pytest.approx(fit.conf_int()[0].to_numpy()[2:])

    def test_nearly(self, world):
        _, documents, negative, positive = world
        twin = negative.copy()
        twin[:, 1] = twin[:, 0] ^ (np.arange(240) == 3)
        out = table(rows(twin, positive), documents).set_index("touchpoint")

        assert out["penalty"].isna().tolist() == out.index.isin(["web", "app"]).tolist()
        twin[:, 1] = twin[:, 0] ^ (np.arange(240) % 24 == 3)
        assert table(rows(twin, positive), documents)["penalty"].notna().all()

    def test_one_that_is_the_sum_of_two(self, world):
        _, documents, negative, positive = world
        mixed = negative.copy()
        mixed[:, 1] &= ~mixed[:, 0]
        mixed[:, 2] = mixed[:, 0] | mixed[:, 1]
        out = table(rows(mixed, positive), documents).set_index("touchpoint")

        assert "negative moments of web and negative moments of app" in out["note"]["shop"]
        assert out["penalty"].isna().tolist() == (out.index != "desk").tolist()

    def test_bad_wherever_it_is_not_good(self, world):
        _, documents, negative, positive = world
        negative = negative.copy()
        negative[:, 3] = ~positive[:, 3]
        out = table(rows(negative, positive), documents).set_index("touchpoint")

        assert out["note"]["desk"].endswith(
            "; the effect of negative moments cannot be told apart from that of positive moments of desk; "
            "the effect of positive moments cannot be told apart from that of negative moments of desk"
        )
        assert out["penalty"].isna().tolist() == (out.index == "desk").tolist()

    def test_logistic_too(self, world):
        _, documents, negative, positive = world
        twin = negative.copy()
        twin[:, 1] = twin[:, 0]
        out = table(rows(twin, positive), documents, "churned").set_index("touchpoint")

        assert out["penalty"].isna().tolist() == out.index.isin(["web", "app"]).tolist()


class TestRows:
    def test_order_does_not_matter(self, world):
        moments, documents, *_ = world
        for outcome, cluster in [("stars", None), ("stars", "shopper"), ("churned", "shopper")]:
            out = table(moments, documents, outcome, cluster=cluster)
            mixed = table(
                moments.sample(frac=1, random_state=1),
                documents.sample(frac=1, random_state=2),
                outcome,
                cluster=cluster,
            )
            pd.testing.assert_frame_equal(out, mixed, check_exact=True)
            assert out.attrs == mixed.attrs

    def test_missing_outcomes_and_unknown_documents_are_counted(self, world):
        moments, documents, *_ = world
        gaps = documents.assign(stars=documents["stars"].where(np.arange(240) % 4 > 0))
        stranger = moments.assign(doc_id="x" + moments["doc_id"])
        lost = moments[:3].assign(doc_id=None)
        out = table(pd.concat([moments, stranger, lost]), gaps)
        kept = gaps[gaps["stars"].notna()]
        ours = moments[moments["doc_id"].isin(kept["doc_id"])]

        pd.testing.assert_frame_equal(out, table(ours, kept))
        attrs = out.attrs
        assert (attrs["n_documents"], attrs["n_without_outcome"]) == (180, 60)
        assert attrs["n_unknown_moments"] == len(moments) + 3
        assert attrs["n_moments_without_outcome"] == len(moments) - len(ours)
        assert attrs["n_without_moment"] == (~kept["doc_id"].isin(ours["doc_id"])).sum()
        assert attrs["mean_outcome"] == pytest.approx(kept["stars"].mean())

    @pytest.mark.parametrize("missing", [None, "", "  ", "nan", np.nan], ids=repr)
    def test_ways_to_be_missing(self, world, missing):
        moments, documents, *_ = world
        text = documents["stars"].astype(str).astype(object)
        text[::3] = missing
        out = table(moments, documents.assign(stars=text))

        pd.testing.assert_frame_equal(out, table(moments, documents[np.arange(240) % 3 > 0]))
        assert out.attrs["n_without_outcome"] == 80

    def test_segments_without_a_moment_are_left_out(self, world):
        moments, documents, *_ = world
        nothing = moments.assign(stage="none")

        pd.testing.assert_frame_equal(
            table(pd.concat([moments, nothing]), documents), table(moments, documents)
        )

    def test_ids_are_compared_as_text(self, world):
        moments, documents, *_ = world
        numbers = documents.assign(doc_id=range(240))
        out = table(moments.assign(doc_id=moments["doc_id"].str[1:]), numbers)

        pd.testing.assert_frame_equal(out, table(moments, documents))

    def test_by_several_columns(self, world):
        moments, documents, *_ = world
        moments = moments.assign(
            brand=(moments["doc_id"].str[-1] < "5").map({True: "Ode", False: None})
        )
        out = table(moments, documents, by=("brand", "journey"), min_documents=5)
        joined = moments.assign(touchpoint=moments["brand"].fillna("none"))

        assert list(out.columns) == ["brand", "journey", *DRIVER_COLUMNS]
        assert out["journey"].eq("after").all()
        same = table(joined, documents, min_documents=5)
        pd.testing.assert_frame_equal(out[list(DRIVER_COLUMNS)], same[list(DRIVER_COLUMNS)])
        rare = table(moments[moments["brand"].isna()][:2], documents, by=("brand", "journey"))
        assert rare["note"].str.contains("too few").all()
        twins = pd.concat([moments, moments.assign(stage="see")])
        assert "moments of missing / before" in " ".join(
            table(twins, documents, by=("brand", "journey"))["note"]
        )

    @pytest.mark.parametrize("name", ['odd "name; --', "{braces}", "Value"])
    def test_any_column_name(self, world, name):
        moments, documents, *_ = world
        out = table(moments, documents.rename(columns={"stars": name}), name)
        pd.testing.assert_frame_equal(out, table(moments, documents))

        renamed = moments.rename(columns={"touchpoint": name})
        out = table(renamed, documents, by=name).set_index(name)
        expected = table(moments, documents).set_index("touchpoint")
        pd.testing.assert_series_equal(
            out["penalty"][KINDS], expected["penalty"][KINDS], check_names=False, check_index=False
        )

    def test_more_kinds_than_bits_in_a_word(self):
        rng = np.random.default_rng(9)
        having = rng.random((400, 70)) < 0.2
        names = [f"k{number:02}" for number in range(70)]
        out = table(
            rows(having, ~having[::-1] & having, kinds=names), documents_of(rng.normal(size=400))
        )

        counted = out.set_index("touchpoint").loc[names]
        assert counted["penalty_documents"].tolist() == having.sum(axis=0).tolist()
        assert counted["reward_documents"].tolist() == (~having[::-1] & having).sum(axis=0).tolist()

    @given(
        drawn=st.lists(
            st.tuples(
                st.integers(0, 11),
                st.sampled_from([*KINDS, "none"]),
                st.sampled_from(["negative", "neutral", "positive"]),
                st.booleans(),
            ),
            min_size=1,
            max_size=60,
        ),
        outcome=st.lists(st.sampled_from([None, 0, 1, 5]), min_size=12, max_size=12),
    )
    @settings(max_examples=15, deadline=None)
    def test_anything_small(self, drawn, outcome):
        moments = pd.DataFrame(drawn, columns=["doc_id", "touchpoint", "sentiment", "pivotal"])
        moments = moments.assign(stage="use", sentiment_score=0.0)
        documents = pd.DataFrame({"doc_id": range(12), "stars": outcome})
        out = table(moments, documents, min_documents=2)
        scored = documents.dropna()

        assert out["n"].sum() == moments["doc_id"].isin(scored["doc_id"]).sum()
        assert out.attrs["n_documents"] == len(scored)
        assert out["rank"].dropna().tolist() == list(range(1, out["rank"].count() + 1))
        # What is not ranked says why, or was weighed and found to move nothing.
        assert (out["rank"].notna() | (out["note"] != "") | (out["factor"] == "unclear")).all()
        for row in out.dropna(subset=["impact"]).itertuples():
            having = scored["doc_id"].isin(
                moments.loc[moments["touchpoint"] == row.touchpoint, "doc_id"]
            )
            gap = scored["stars"][~having].mean() - scored["stars"][having].mean()
            assert row.impact == pytest.approx(row.share * gap)


class TestFiles:
    @pytest.mark.parametrize("suffix", ["parquet", "csv", "jsonl"])
    @pytest.mark.parametrize("outcome", ["stars", "churned"])
    def test_equal_the_frame(self, world, tmp_path: Path, suffix, outcome):
        moments, documents, *_ = world
        gaps = documents.assign(stars=documents["stars"].where(np.arange(240) % 4 > 0))
        write(moments, tmp_path / f"moments.{suffix}")
        write(gaps, tmp_path / f"documents.{suffix}")
        expected = table(moments, gaps, outcome, cluster="shopper")
        out = table(
            tmp_path / f"moments.{suffix}", str(tmp_path / f"documents.{suffix}"), outcome,
            cluster="shopper",
        )  # fmt: skip

        pd.testing.assert_frame_equal(out, expected)
        assert out.attrs == expected.attrs

    def test_several(self, world, tmp_path: Path):
        moments, documents, *_ = world
        paths = [tmp_path / "a.parquet", tmp_path / "b.csv"]
        write(documents[:100], paths[0])
        write(documents[100:], paths[1])

        pd.testing.assert_frame_equal(
            table(moments, documents.astype({"stars": str}), min_documents=5),
            table(moments, paths, min_documents=5),
        )

    def test_missing_file(self, world, tmp_path: Path):
        with pytest.raises(ReadError, match=r"gone.csv is not a file of documents"):
            table(world[0], tmp_path / "gone.csv")

    @pytest.mark.parametrize("which", ["moments", "documents", "outcomes"])
    def test_empty_input_gives_the_columns(self, world, which):
        moments, documents, *_ = world
        full = table(moments, documents)
        out = {
            "moments": lambda: table(moments[:0], documents),
            "documents": lambda: table(moments, documents[:0]),
            "outcomes": lambda: table(moments, documents.assign(stars=None)),
        }[which]()

        assert out.empty
        pd.testing.assert_series_equal(out.dtypes, full.dtypes)
        assert out.attrs.keys() == full.attrs.keys()
        assert out.attrs["n_documents"] == (240 if which == "moments" else 0)
        assert out.attrs["formula"] == "no regression"


class TestErrors:
    def test_columns_of_the_documents(self, world):
        moments, documents, *_ = world
        with pytest.raises(
            ColumnError,
            match=r"documents lack the columns nps, .* they have doc_id, stars, shopper",
        ):
            table(moments, documents, "nps")
        with pytest.raises(ColumnError, match="documents lack the columns doc_id, author"):
            table(moments, documents.drop(columns="doc_id"), cluster="author")

    def test_columns_of_the_moments(self, world):
        moments, documents, *_ = world
        with pytest.raises(ColumnError, match="moments lack the columns doc_id"):
            table(moments.drop(columns="doc_id"), documents)
        with pytest.raises(ColumnError, match="no column 'shop' to table by"):
            table(moments, documents, by="shop")

    @pytest.mark.parametrize("value", ["five", "4,5", "inf", "1e16", "n/a"])
    def test_outcomes_that_are_no_number(self, world, value):
        moments, documents, *_ = world
        text = documents["stars"].astype(str).where(np.arange(240) != 17, value)
        with pytest.raises(InputError, match=f"outcome stars holds '{value}'; it takes numbers"):
            table(moments, documents.assign(stars=text))

    def test_words_among_numbers(self, world):
        moments, documents, *_ = world
        text = documents["stars"].astype(str).where(np.arange(240) > 0, "yes")
        with pytest.raises(InputError, match=r"holds both 'yes' and '.*'; make it numbers, or yes"):
            table(moments, documents.assign(stars=text))

    def test_documents_that_cannot_be_told_apart(self, world):
        moments, documents, *_ = world
        with pytest.raises(InputError, match="doc_id 'd3' stands 2 times in the documents"):
            table(moments, pd.concat([documents, documents[3:5]]))
        with pytest.raises(InputError, match="3 of the documents have no doc_id"):
            table(moments, documents.assign(doc_id=documents["doc_id"].where(documents.index > 2)))

    def test_documents_of_other_moments(self, world):
        moments, documents, *_ = world
        with pytest.raises(
            InputError, match="no moment has the doc_id of a document; give the doc"
        ):
            table(moments, documents.assign(doc_id=range(240)))

    def test_too_few_clusters(self, world):
        moments, documents, *_ = world
        brand = np.arange(240) % 4
        with pytest.raises(
            InputError, match="are 4 clusters by brand; an interval takes at least 10"
        ):
            table(moments, documents.assign(brand=brand), cluster="brand")

    def test_too_many_kinds(self, world):
        moments, documents, *_ = world
        with pytest.raises(InputError, match=r"sentence make \d+ kinds .* at most 300"):
            table(moments.assign(sentence=range(len(moments))), documents, by="sentence")

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            pytest.param({"by": ()}, "by names no column", id="none"),
            pytest.param({"by": ("stage", "stage")}, "stage more than once", id="twice"),
            pytest.param({"by": "rank"}, "rank, which the table itself has", id="taken"),
            pytest.param({"min_documents": 1}, "min_documents is 1; give 2 or more", id="few"),
            pytest.param({"confidence": 95}, "confidence is 95; give a prob", id="confidence"),
        ],
    )
    def test_arguments(self, world, options, message):
        moments, documents, *_ = world
        with pytest.raises(InputError, match=message):
            table(moments.assign(rank=1), documents, **options)


def write(frame: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_json(path, orient="records", lines=True)
