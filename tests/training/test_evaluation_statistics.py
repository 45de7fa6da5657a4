"""Counts by document, their replicates, and what is made of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_recall_fscore_support

from benchmarks.labelling import align as benchmark_align
from mot_nlp.errors import InputError
from training.evaluation import tallies
from training.evaluation.alignment import NOWHERE, align
from training.evaluation.estimates import adjusted, chance, check_draws, estimate
from training.evaluation.reliability import brier_score, equal_mass_bins
from training.evaluation.scoring import ELSEWHERE, accuracy, entries, indices, macro_f1, rates
from training.evaluation.tallies import Tally


def interval(value, replicates):
    return estimate(float(value), replicates)


def tally_of(documents, gold, predicted, labels, name="head"):
    tally = Tally(int(documents.max()) + 1)
    tally.add(name, 3 * labels, *entries(documents, gold, predicted, labels))
    return tally


def some_labels(seed=0, documents=40, segments=300, labels=4):
    rng = np.random.default_rng(seed)
    gold = rng.integers(0, labels, segments)
    predicted = np.where(rng.random(segments) < 0.3, rng.integers(0, labels, segments), gold)
    return np.sort(rng.integers(0, documents, segments)), gold, predicted


labellings = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60
)


@settings(deadline=None)
@given(labellings)
def test_sums_make_the_figures_of_scikit_learn(rows):
    documents, gold, predicted = np.array(rows).T
    sums = tally_of(documents, gold, predicted, 4).sums()["head"]
    held = np.unique(gold)
    expected = precision_recall_fscore_support(gold, predicted, labels=held, zero_division=0.0)
    for name, values in zip(("precision", "recall", "f1"), expected, strict=False):
        assert rates(sums)[name][held] == pytest.approx(values)
        assert np.isnan(np.delete(rates(sums)[name], held)).all()
    assert macro_f1(sums) == pytest.approx(expected[2].mean())
    assert accuracy(sums) == pytest.approx((gold == predicted).mean())


def test_a_replicate_is_the_figure_of_documents_drawn_again():
    documents, gold, predicted = some_labels()
    tally = tally_of(documents, gold, predicted, 4)
    number = np.arange(40)
    tally.add("which", 40, (number, number))
    drawn = tally.resampled(50, seed=3)
    for times, sums in zip(drawn["which"].astype(int), drawn["head"], strict=True):
        rows = np.repeat(np.arange(len(gold)), times[documents])
        again = f1_score(gold[rows], predicted[rows], average="macro")
        assert macro_f1(sums) == pytest.approx(again)
        assert times.sum() == 40


def test_blocks_and_seeds(monkeypatch):
    documents, gold, predicted = some_labels()
    tally = tally_of(documents, gold, predicted, 4)
    whole = tally.resampled(30, seed=1)["head"]
    assert not np.array_equal(whole, tally.resampled(30, seed=2)["head"])
    monkeypatch.setattr(tallies, "_BLOCK_WEIGHTS", 100)
    assert np.array_equal(whole, tally.resampled(30, seed=1)["head"])


def test_a_single_document_has_no_replicates():
    tally = tally_of(np.zeros(3, int), np.array([0, 1, 1]), np.array([0, 1, 0]), 2)
    sums, drawn = tally.with_replicates(500, seed=1)["head"]
    assert drawn.shape == (0, 6)
    found = interval(macro_f1(sums), macro_f1(drawn))
    assert found.low is None
    assert not found.below(2.0)
    assert not found.above(-1.0)


def test_a_table_has_one_name():
    documents, gold, predicted = some_labels()
    tally = tally_of(documents, gold, predicted, 4)
    with pytest.raises(ValueError, match="holds 'head' already"):
        tally.add("head", 1)


def test_a_label_asked_by_nobody_counts_as_wrong_and_for_none():
    gold, predicted = np.array([0, 0, 1]), np.array([0, ELSEWHERE, 1])
    sums = tally_of(np.arange(3), gold, predicted, 2).sums()["head"]
    assert rates(sums)["recall"].tolist() == [0.5, 1.0]
    assert rates(sums)["precision"].tolist() == [1.0, 1.0]
    assert indices(np.array(["x", "b"]), ["a", "b"]).tolist() == [ELSEWHERE, 1]


def covering(seeds, *, by_document):
    """Share of worlds whose true accuracy, 0.8, lies in the interval; documents are alike within."""
    hits = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        owners = np.repeat(np.arange(80), 5)
        right = rng.random(400) < np.repeat(rng.beta(0.8, 0.2, 80), 5)
        rows = owners if by_document else np.arange(400)
        tally = Tally(int(rows.max()) + 1)
        tally.add("n", 2, (rows, np.zeros(400, int)), (rows[right], np.ones(right.sum(), int)))
        drawn = tally.resampled(200, seed)["n"]
        found = interval(right.mean(), drawn[:, 1] / drawn[:, 0])
        hits.append(found.low <= 0.8 <= found.high)
    return np.mean(hits)


def test_intervals_over_documents_hold_what_they_promise_and_over_segments_do_not():
    assert covering(range(100), by_document=True) >= 0.89
    assert covering(range(100), by_document=False) <= 0.85


def test_undefined_figures_have_no_estimate():
    assert estimate(float("nan"), np.zeros(3)) is None
    partly = interval(0.5, np.array([0.4, np.nan, 0.6]))
    assert 0.4 <= partly.low <= partly.high <= 0.6


def test_chances_are_uniform_where_nothing_differs_and_small_where_it_does():
    rng = np.random.default_rng(0)
    nothing = [chance(rng.normal(), rng.normal(0, 1, 300)) or 0.0 for _ in range(400)]
    assert np.mean(np.array(nothing) <= 0.05) == pytest.approx(0.05, abs=0.03)
    assert chance(10.0, rng.normal(10, 1, 300)) == pytest.approx(0.0, abs=1e-9)
    assert chance(0.2, np.zeros(50)) is None
    assert chance(float("nan"), np.zeros(50)) is None
    assert adjusted([0.001, 0.9, None, 0.02]) == [0.003, 0.9, None, 0.03]
    assert adjusted([None]) == [None]


def test_too_few_replicates_are_refused():
    with pytest.raises(InputError, match="bootstrap is 99; allowed: 100 or more"):
        check_draws(99)


confidences = st.floats(0, 1).map(lambda value: round(value, 6))


@settings(deadline=None)
@given(st.lists(confidences, max_size=80), st.integers(1, 10))
def test_bins_hold_about_as_many_and_never_part_equals(values, count):
    confidence = np.array(values)
    bins = equal_mass_bins(confidence, count)
    assert set(bins.tolist()) == set(range(len(set(bins.tolist()))))
    assert bins.max(initial=0) < count
    order = np.argsort(confidence, kind="stable")
    assert (np.diff(bins[order]) >= 0).all()
    for value in confidence:
        assert len(set(bins[confidence == value])) == 1
    if len(set(values)) == len(values) >= count:
        sizes = np.bincount(bins)
        assert sizes.max() - sizes.min() <= 2


def test_brier_score_of_the_sure():
    sure = np.array([[1.0, 0.0], [1.0, 0.0]])
    assert brier_score(sure, np.array([0, 0])) == 0.0
    assert brier_score(sure, np.array([1, 1])) == 2.0


spans = st.lists(st.integers(0, 60), min_size=0, max_size=12, unique=True).map(
    lambda cuts: list(zip(sorted(cuts), sorted(cuts)[1:], strict=False))
)


@settings(max_examples=200, deadline=None)
@given(spans, spans)
def test_alignment_is_that_of_the_quality_benchmark(wanted, found):
    labels = [{"stage": str(place)} for place in range(len(found))]
    places = align(wanted, found)
    expected = benchmark_align(wanted, found, labels, {"stage": str(NOWHERE)})
    assert [str(place) for place in places] == [entry["stage"] for entry in expected]
    for (start, end), place in zip(wanted, places, strict=True):
        if (start, end) in found:
            assert found[place] == (start, end)
