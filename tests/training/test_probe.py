"""Heads on frozen vectors: they learn what vectors tell, and only from the labels that are there."""

import numpy as np
import pytest

from mot_nlp.decoding import softmax
from mot_nlp.errors import InputError
from tests.training.signal import TABLE, signal
from training.collate import MISSING, label_indices
from training.probe import fit_probe

PARTS = TABLE.slices()


@pytest.fixture(scope="module")
def world():
    documents, vectors = signal(200)
    return vectors, np.array([label_indices(e, TABLE) for d in documents for e in d.labels])


def found(scores, head):
    return scores[:, PARTS[head]].argmax(axis=1)


def test_labels_that_vectors_tell_are_learned(world):
    vectors, labels = world
    scores = fit_probe(vectors[:400], labels[:400], TABLE).scores(vectors[400:])
    assert scores.dtype == np.float32
    assert scores.shape == (len(vectors) - 400, TABLE.width)
    for column, head in enumerate(TABLE.heads):
        gold = labels[400:, column]
        commonest = np.bincount(gold).max() / len(gold)
        assert (found(scores, head) == gold).mean() > max(0.7, commonest)


def test_missing_labels_change_their_own_head_alone(world):
    vectors, labels = world
    partial = labels.copy()
    partial[::2, 0] = MISSING
    partial[:, 4] = MISSING
    whole, part = (fit_probe(vectors, given, TABLE).scores(vectors) for given in (labels, partial))
    assert np.abs(whole - part)[:, PARTS["stage"]].max() > 0.01
    np.testing.assert_allclose(whole[:, PARTS["moment"]], part[:, PARTS["moment"]])
    assert np.ptp(part[:, PARTS["pivotal"]]) == 0  # nothing was said of it, so nothing is preferred


def test_a_label_that_was_never_met_is_never_found(world):
    vectors, labels = world
    keep = labels[:, 3] != 1
    scores = fit_probe(vectors[keep], labels[keep], TABLE).scores(vectors)
    assert 1 not in found(scores, "sentiment")
    likely = softmax(scores[:, PARTS["sentiment"]])
    assert likely[:, 1].max() < 1e-6
    assert np.isfinite(likely).all()


def test_a_single_label_is_always_found(world):
    vectors, labels = world
    same = labels.copy()
    same[:, 1] = 2
    assert set(found(fit_probe(vectors, same, TABLE).scores(vectors), "moment")) == {2}


def test_dimensions_that_say_nothing_do_no_harm(world):
    vectors, labels = world
    flat = np.hstack([vectors, np.full((len(vectors), 1), 3.0, np.float32)])
    with_it, without = (fit_probe(v, labels, TABLE).scores(v) for v in (flat, vectors))
    np.testing.assert_allclose(with_it, without, atol=1e-3)


def test_balance_finds_more_of_a_rare_label(world):
    vectors, labels = world
    rng = np.random.default_rng(1)
    rare = (labels[:, 4] == 1) & (rng.random(len(labels)) < 0.15)
    keep = rare | (labels[:, 4] == 0)
    hits = [
        (found(fit_probe(vectors[keep], labels[keep], TABLE, balance=b).scores(vectors), "pivotal") == 1).sum()
        for b in (0.0, 1.0)
    ]  # fmt: skip
    assert hits[1] > hits[0]


def test_nothing_to_learn_from_is_said():
    with pytest.raises(InputError, match="no labelled segment"):
        fit_probe(np.empty((0, 4), np.float32), np.empty((0, 5), np.int64), TABLE)
