import pytest

from training.parity import Parity


def parity(agreement, loss, segments=1000):
    return Parity("int8", {"stage": agreement}, {"stage": loss}, 100.0, segments)


@pytest.mark.parametrize(
    ("agreement", "loss", "segments", "passes"),
    [
        (0.99, 0.004, 1000, True),
        (0.99, -0.1, 1000, True),
        (0.979, 0.0, 1000, False),
        (0.99, 0.006, 1000, False),
        (0.99, 0.02, 100, True),
        (0.98, 0.02, 100, False),
    ],
    ids=["within", "better", "disagrees", "loses", "one label of 100", "two labels of 100"],
)
def test_the_gate(agreement, loss, segments, passes):
    assert parity(agreement, loss, segments).passes is passes


def test_every_head_must_pass():
    mixed = Parity("int8", {"stage": 1.0, "moment": 0.9}, {"stage": 0.0, "moment": 0.0}, 1.0, 1000)
    assert not mixed.passes
