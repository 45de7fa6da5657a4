"""Distances of distributions and changes of ratios: right on average, and honest about chance."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.stats import wasserstein_distance

from mot_nlp.monitoring.changes import changes, variances
from mot_nlp.monitoring.distances import length_distance, stability, word_distance
from mot_nlp.monitoring.measures import SUMS
from mot_nlp.monitoring.words import log_odds

QUIET = settings(max_examples=40, deadline=None, derandomize=True)


def sums(parts, wholes):
    """A table of sums of one share."""
    parts, wholes = np.array(parts, float), np.array(wholes, float)
    figures = (
        len(parts), parts.sum(), wholes.sum(), parts @ parts, parts @ wholes, wholes @ wholes,
        parts.sum(),
    )  # fmt: skip
    named = {"kind": ["share"], "head": ["stage"], "label": ["decision"]}
    return pd.DataFrame(named | dict(zip(SUMS, ([value] for value in figures), strict=True)))


def change(old, new, confidence=0.95):
    return changes(sums(*old), sums(*new), (), confidence=confidence).iloc[0]


# ---------------------------------------------------------------- changes
def test_the_variance_is_that_of_drawing_documents():
    dice = np.random.default_rng(1)
    wholes = dice.integers(1, 9, 400)
    parts = dice.binomial(wholes, dice.beta(1, 2, 400))
    draws = dice.integers(0, 400, (4000, 400))
    resampled = parts[draws].sum(axis=1) / wholes[draws].sum(axis=1)
    assert variances(sums(parts, wholes)).item() == pytest.approx(resampled.var(), rel=0.1)


def test_a_change_covers_the_truth_about_as_often_as_it_says():
    dice = np.random.default_rng(2)
    sides = []
    for share in (2, 3):  # true shares of 2/8 and 3/9
        rows = []
        for number in range(150):
            wholes = dice.integers(1, 6, 80)
            parts = dice.binomial(wholes, dice.beta(share, 6, 80))
            rows.append(sums(parts, wholes).assign(number=number))
        sides.append(pd.concat(rows))
    found = changes(sides[0], sides[1], ["number"], confidence=0.9)
    assert len(found) == 150
    truth = 3 / 9 - 2 / 8
    covered = (found["low"] <= truth) & (truth <= found["high"])
    assert 0.83 <= covered.mean() <= 0.96


def test_one_document_has_no_interval():
    found = change(([1, 0], [2, 2]), ([1], [2]))
    assert found["difference"] == pytest.approx(0.25)
    assert found[["low", "high", "p_value"]].isna().all()


def test_a_label_that_was_never_there_has_an_interval_all_the_same():
    found = change(
        (np.zeros(50), np.full(50, 3)), (np.r_[np.full(10, 2), np.zeros(40)], np.full(50, 3))
    )
    assert found["reference"] == 0
    assert 0 < found["low"] < found["difference"] < found["high"]
    assert found["p_value"] < 0.01


# ---------------------------------------------------------------- stability index
def index_of(old, new, noise=1e-4, confidence=0.95):
    old, new = np.array(old, float), np.array(new, float)
    return stability((old, new), (old.sum(), new.sum()), np.full(len(old), noise), confidence)


def test_the_stability_index_is_the_textbook_one():
    old, new = np.array([600, 300, 100]), np.array([400, 400, 200])
    shares = old / 1000, new / 1000
    textbook = ((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum()
    assert index_of(old, new).value == pytest.approx(textbook, rel=0.01)


def test_what_chance_gives_is_what_samples_are_apart_on_average():
    dice = np.random.default_rng(3)
    shares, n = np.array([0.5, 0.3, 0.15, 0.05]), 300
    noise = 2 * shares * (1 - shares) / n

    def drawn(shares, n):
        return dice.multinomial(n, shares).astype(float)

    found = [
        stability((drawn(shares, n), drawn(shares, n)), (n, n), noise, 0.95) for _ in range(500)
    ]
    assert np.mean([d.value for d in found]) == pytest.approx(
        np.mean([d.by_chance for d in found]), rel=0.1
    )
    assert 0.02 <= np.mean([d.p_value < 0.05 for d in found]) <= 0.08


def test_the_interval_of_a_stability_index_covers_the_truth():
    dice = np.random.default_rng(4)
    old, new, n = np.array([0.5, 0.3, 0.2]), np.array([0.35, 0.35, 0.3]), 400
    truth = ((new - old) * np.log(new / old)).sum()
    noise = (old * (1 - old) + new * (1 - new)) / n
    covered = 0
    for _ in range(400):
        parts = dice.multinomial(n, old).astype(float), dice.multinomial(n, new).astype(float)
        found = stability(parts, (n, n), noise, 0.9)
        covered += found.low <= truth <= found.high
    assert 0.86 <= covered / 400 <= 0.95


@QUIET
@given(
    st.lists(st.integers(0, 1000), min_size=2, max_size=6),
    st.lists(st.integers(0, 1000), min_size=2, max_size=6),
    st.floats(1e-8, 1e-2),
)
def test_a_stability_index_is_never_negative_and_its_interval_in_order(old, new, noise):
    width = min(len(old), len(new))
    found = index_of(old[:width], new[:width], noise)
    if not np.isnan(found.value):
        assert found.value >= 0
    if not np.isnan(found.p_value):
        assert 0 <= found.low <= found.high
        assert 0 <= found.p_value <= 1


def test_a_side_without_moments_has_no_index():
    assert np.isnan(index_of([0, 0], [5, 5])).all()
    assert np.isnan(index_of([5, 0], [5, 0]).p_value)


# ---------------------------------------------------------------- lengths and words
def lengths_of(seed, documents, *, mean=40.0):
    dice = np.random.default_rng(seed)
    sizes = dice.integers(1, 5, documents)
    owners = np.repeat(np.arange(documents), sizes)
    usual = dice.normal(mean, 10, documents)
    return dice.normal(usual[owners], 5).round(), owners


def test_the_distance_of_lengths_is_that_of_scipy():
    lengths, owners = lengths_of(5, 200)
    is_new = np.arange(200) >= 120
    found = length_distance(lengths, owners, is_new, 0.95)
    expected = wasserstein_distance(lengths[~is_new[owners]], lengths[is_new[owners]])
    assert found.value == pytest.approx(expected)


def test_the_interval_of_lengths_allows_for_documents():
    shift, covered = 8.0, 0
    is_new = np.arange(160) >= 80
    for seed in range(40):
        lengths, owners = lengths_of(seed, 160)
        lengths = lengths + shift * is_new[owners]
        found = length_distance(lengths, owners, is_new, 0.9)
        covered += found.low <= shift <= found.high
        assert found.p_value < 0.05
    assert covered >= 30


def test_the_divergence_of_words_is_the_textbook_one():
    counts = csr_matrix(np.array([[4.0, 4, 0], [4, 4, 0], [0, 4, 4], [0, 4, 4]]))
    found = word_distance(counts, np.array([False, False, True, True]), 0.95)
    assert found.value == pytest.approx(0.5)
    apart = csr_matrix(np.array([[3.0, 0], [0, 5]]))
    assert word_distance(apart, np.array([False, True]), 0.95).value == pytest.approx(1)


def test_the_same_words_are_apart_by_chance_alone():
    dice = np.random.default_rng(6)
    shares = 1 / np.arange(1, 301)
    p_values = []
    for _ in range(40):
        counts = csr_matrix(dice.multinomial(15, shares / shares.sum(), 60).astype(float))
        found = word_distance(counts, np.arange(60) >= 30, 0.95)
        assert found.value > 0.1
        assert found.low == 0
        p_values.append(found.p_value)
    assert np.mean(np.array(p_values) < 0.05) <= 0.15
    assert 0.35 <= np.mean(p_values) <= 0.65


def test_words_are_ranked_by_how_sure_it_is_that_they_rose():
    old, new = np.array([1000, 10, 2, 0, 500]), np.array([1000, 60, 30, 1, 500])
    z = log_odds(old, new, 1000, 1000)
    assert z[1] > z[2] > 3
    assert abs(z[0]) < 1e-9  # stands in every document
    assert abs(z[3]) < 1.5
    assert abs(z[4]) < 1e-9
