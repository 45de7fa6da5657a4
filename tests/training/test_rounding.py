"""Rounding while fitting: the noise of 8 bits, gradients as if there were none."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import TAXONOMY
from tests.training.worlds import small_config
from training.checkpoint import load_fitted
from training.fit import fit
from training.model import MomentModel
from training.rounding import STEPS, round_inputs


class Echo(torch.nn.Linear):
    """Gives back what it was given."""

    def forward(self, values):
        return values


@pytest.fixture
def echo():
    layer = Echo(4, 4)
    model: Any = torch.nn.Module()
    model.encoder = torch.nn.Sequential(layer)
    round_inputs(model)
    return layer


def test_at_most_256_values_stay_and_none_moves_by_more_than_half_a_step(echo):
    values = torch.linspace(-1.0, 3.0, 5000).reshape(-1, 4)
    found = echo(values)
    step = 4.0 / STEPS
    assert len(found.unique()) <= STEPS + 1
    assert float((found - values).abs().max()) <= step / 2 + step  # zero itself is kept exact
    assert not torch.equal(found, values)


def test_gradients_pass(echo):
    values = torch.randn(50, 4, requires_grad=True)
    echo(values).sum().backward()
    torch.testing.assert_close(values.grad, torch.ones_like(values))


@pytest.mark.parametrize("values", [torch.zeros(3, 4), torch.full((3, 4), 2.0)])
def test_one_value_alone_stays(echo, values):
    torch.testing.assert_close(echo(values), values, atol=1e-6, rtol=0)


def test_nothing_is_rounded_in_evaluation(echo):
    values = torch.randn(50, 4)
    assert torch.equal(echo.eval()(values), values)


def test_a_fitted_model_has_the_same_names_and_no_rounding(tmp_path):
    config = small_config(tmp_path, epochs=1)
    config = replace(config, model=replace(config.model, rounding=True))
    read = load_fitted(fit(config, tmp_path / "rounded")).train()
    plain = MomentModel.from_encoder(tmp_path / "encoder", read_taxonomy(TAXONOMY), config.model)
    assert read.state_dict().keys() == plain.state_dict().keys()
    assert not any(layer._forward_pre_hooks for layer in read.modules())
