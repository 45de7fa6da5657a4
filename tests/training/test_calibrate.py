import numpy as np
import pytest

from mot_nlp.decoding import softmax
from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import TAXONOMY
from training.calibrate import (
    NEVER,
    calibrate,
    expected_calibration_error,
    fit_temperature,
    review_threshold,
)


def overconfident(seed=0, n=4000, labels=5, factor=3.0):
    """Scores whose true probabilities are their softmax, then sharpened by ``factor``."""
    rng = np.random.default_rng(seed)
    honest = rng.normal(size=(n, labels)) * 1.5
    gold = np.array([rng.choice(labels, p=row) for row in softmax(honest)])
    return honest * factor, gold


def test_the_temperature_that_was_hidden_is_found():
    scores, gold = overconfident(factor=3.0)
    assert fit_temperature(scores, gold) == pytest.approx(3.0, rel=0.08)


def test_calibration_error_by_hand():
    confidence = np.array([0.95, 0.95, 0.65, 0.65])
    correct = np.array([True, True, True, False])
    assert expected_calibration_error(confidence, correct) == pytest.approx(0.5 * 0.05 + 0.5 * 0.15)
    assert expected_calibration_error(np.array([]), np.array([], dtype=bool)) == 0.0
    assert expected_calibration_error(np.array([1.0]), np.array([True])) == 0.0


def test_all_heads_get_better_and_missing_labels_are_left_out():
    taxonomy = read_taxonomy(TAXONOMY)
    parts = [
        overconfident(seed, labels=len(head.labels))
        for seed, head in enumerate(taxonomy.heads.values())
    ]
    scores = np.concatenate([scores for scores, _ in parts], axis=1).astype(np.float32)
    labels = np.stack([gold for _, gold in parts], axis=1)
    labels[:100, 2] = -100
    documents = np.arange(len(labels)) // 5
    temperatures, errors = calibrate(scores, labels, documents, taxonomy)
    assert list(temperatures) == list(taxonomy.heads)
    for head in taxonomy.heads:
        assert errors[head]["after"] < 0.05 < errors[head]["before"]


# ---------------------------------------------------------------- thresholds and ties
def test_a_threshold_keeps_all_rows_of_a_tie_or_none():
    found = review_threshold(np.array([0.9, 0.9]), np.array([True, False]))
    assert found == {"threshold": NEVER, "kept": 0.0}
    found = review_threshold(np.array([0.9, 0.8, 0.8]), np.array([True, True, False]))
    assert found == {"threshold": 0.9, "kept": pytest.approx(1 / 3, abs=1e-4)}


def test_rounding_lets_no_further_row_in():
    sure = np.array([0.80004, 0.80001])
    found = review_threshold(sure, np.array([True, False]))
    assert ((sure >= found["threshold"]).sum()) <= 1


def test_nothing_to_fit_is_no_temperature():
    assert fit_temperature(np.empty((0, 3)), np.empty(0, int)) == 1.0
