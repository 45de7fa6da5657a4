import numpy as np
import pytest
from scipy.optimize import check_grad
from sklearn.linear_model import LogisticRegression

from training.penalised import Departure, Scale, _Loss, departures

RNG = np.random.default_rng(3)
VECTORS = RNG.normal(size=(90, 6))
LABELS = (VECTORS @ RNG.normal(size=(6, 3))).argmax(axis=1)
NOTHING = np.zeros((90, 3))


def solved(penalty, before=NOTHING, *, weights=(1.0, 1.0, 1.0), smoothing=0.0):
    [found] = departures(
        VECTORS, before, LABELS, weights=np.array(weights), smoothing=smoothing, penalties=[penalty]
    )
    return found


def likely(scores):
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("weights", [(1.0, 1.0, 1.0), (0.5, 1.0, 3.0)], ids=["plain", "weighted"])
def test_without_a_head_before_it_is_logistic_regression(weights):
    """Two roads to one answer: scikit-learn's penalty is of the sum, this one of the mean."""
    penalty, shares = 0.02, np.array(weights)[LABELS]
    other = LogisticRegression(C=1 / (penalty * shares.sum()), tol=1e-8, max_iter=2000)
    other.fit(VECTORS, LABELS, sample_weight=shares)
    own = solved(penalty, weights=weights).scores(VECTORS, NOTHING)
    np.testing.assert_allclose(likely(own), other.predict_proba(VECTORS), atol=0.01)


def test_the_gradient_is_that_of_the_loss():
    loss = _Loss(VECTORS, RNG.normal(size=(90, 3)), LABELS, np.array([1.0, 2.0, 0.5]), 0.1)
    point = RNG.normal(size=loss.size)
    assert check_grad(lambda x: loss(x, 0.3)[0], lambda x: loss(x, 0.3)[1], point) < 1e-5


def test_the_dearer_the_departure_the_smaller_it_is():
    sizes = [np.square(solved(penalty).weight).sum() for penalty in (1000.0, 1.0, 0.01)]
    assert sizes == sorted(sizes)
    assert sizes[0] < 1e-4


def test_a_head_that_is_right_hardly_departs():
    right = solved(0.01).scores(VECTORS, NOTHING)
    assert np.square(solved(0.1, right).weight).sum() < np.square(solved(0.1).weight).sum() / 10


def test_the_search_may_begin_where_another_ended():
    *_, last = departures(
        VECTORS, NOTHING, LABELS, weights=np.ones(3), smoothing=0.05, penalties=[10, 1, 0.1]
    )
    np.testing.assert_allclose(last.weight, solved(0.1, smoothing=0.05).weight, atol=2e-3)


def test_scaling_does_not_change_what_a_head_says():
    raw = RNG.normal(3.0, 7.0, size=(20, 6))
    scale = Scale.of(raw)
    scaled = scale.scaled(raw)
    assert np.allclose(scaled.mean(axis=0), 0)
    assert np.square(scaled).mean() == pytest.approx(1)
    change = Departure(RNG.normal(size=(3, 6)), RNG.normal(size=3))
    plain = change.unscaled(scale)
    np.testing.assert_allclose(
        raw @ plain.weight.T + plain.bias, change.scores(scaled, np.zeros((20, 3)))
    )


def test_equal_vectors_have_a_scale():
    assert Scale.of(np.ones((4, 2))).spread == 1.0
