import numpy as np
import pytest

from training.parity import Parity, _chance


def parity(agreement, loss, segments=1000, chance=0.01):
    return Parity("int8", {"stage": agreement}, {"stage": loss}, 100.0, segments, {"stage": chance})


@pytest.mark.parametrize(
    ("agreement", "loss", "segments", "chance", "passes"),
    [
        (0.99, 0.004, 1000, 0.01, True),
        (0.99, -0.1, 1000, 0.01, True),
        (0.99, 0.006, 1000, 0.01, False),
        (0.99, 0.006, 1000, 0.2, True),
        (0.973, 0.0, 1000, 0.01, True),
        (0.97, 0.0, 1000, 0.01, False),
        (0.978, 0.0, 10_000, 0.01, True),
        (0.976, 0.0, 10_000, 0.01, False),
        (0.92, 0.0, 25, 0.5, True),
        (0.84, 0.0, 25, 0.5, False),
    ],
    ids=[
        "within",
        "better",
        "loses",
        "loses by chance",
        "27 labels of 1,000 may be 2 %",
        "30 labels of 1,000 are more",
        "220 of 10,000 may be 2 %",
        "240 of 10,000 are more",
        "two labels of 25",
        "four labels of 25",
    ],
)
def test_the_gate(agreement, loss, segments, chance, passes):
    assert parity(agreement, loss, segments, chance).passes is passes


def test_every_head_must_pass():
    both = {"stage": 0.0, "moment": 0.0}
    mixed = Parity("int8", {"stage": 1.0, "moment": 0.9}, both, 1.0, 1000, both)
    assert not mixed.passes


def test_what_goes_wrong_is_weighed_against_what_goes_right():
    gold = np.array(["a"] * 20 + [""])
    before = np.array(["a"] * 10 + ["b"] * 10 + ["a"])
    assert _chance(gold, before, before) == 1
    worse = np.array(["b"] * 20 + ["b"])
    assert _chance(gold, before, worse) == pytest.approx(2 / 2**10, abs=1e-4)
    other = np.array(["b"] * 2 + ["a"] * 8 + ["a"] * 2 + ["b"] * 8 + ["a"])
    assert _chance(gold, before, other) == 1
