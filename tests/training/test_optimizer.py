"""Lower layers learn more slowly."""

import pytest
import torch

from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import TAXONOMY, write_encoder
from training.config import FitConfig, ModelConfig
from training.model import MomentModel
from training.optimizer import optimizer


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    encoder = write_encoder(tmp_path_factory.mktemp("encoder"), ["it broke at once"] * 9)
    return MomentModel.from_encoder(encoder, read_taxonomy(TAXONOMY), ModelConfig(window=64))


def rate_of(made, weights):
    return next(g["lr"] for g in made.param_groups if any(w is weights for w in g["params"]))


def test_every_weight_is_learned_once(model):
    made = optimizer(model, FitConfig(layer_decay=0.5))
    given = [id(w) for group in made.param_groups for w in group["params"]]
    assert sorted(given) == sorted(id(w) for w in model.parameters())


def test_rates_fall_from_the_heads_to_the_embeddings(model):
    made = optimizer(model, FitConfig(learning_rate=0.8, layer_decay=0.5))
    layers = model.encoder.encoder.layer
    assert rate_of(made, model.heads.weight) == pytest.approx(0.8)
    assert rate_of(made, layers[1].output.dense.weight) == pytest.approx(0.4)
    assert rate_of(made, layers[0].output.dense.bias) == pytest.approx(0.2)
    assert rate_of(made, model.encoder.get_input_embeddings().weight) == pytest.approx(0.1)


def test_one_rate_for_all_where_nothing_decays(model):
    made = optimizer(model, FitConfig(learning_rate=0.01, layer_decay=1.0))
    assert {group["lr"] for group in made.param_groups} == {0.01}


def test_biases_and_norms_keep_their_size(model):
    made = optimizer(model, FitConfig(weight_decay=0.1))
    for group in made.param_groups:
        shapes = {w.ndim > 1 for w in group["params"]}
        assert shapes == {group["weight_decay"] > 0}
    assert isinstance(made, torch.optim.AdamW)
