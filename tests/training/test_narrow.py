"""Narrower feed-forward layers: what matters stays."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mot_nlp.encoding import WindowEncoder
from mot_nlp.errors import InputError
from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import TAXONOMY
from tests.training.worlds import small_config
from training.checkpoint import load_fitted
from training.config import HeadsConfig
from training.corpus import read_corpus
from training.evaluate import torch_scores
from training.fit import fit
from training.model import MomentModel
from training.narrow import narrow

TABLE = read_taxonomy(TAXONOMY)


@pytest.fixture
def world(tmp_path):
    config = small_config(tmp_path)
    documents = read_corpus(tmp_path / "corpus", TABLE)
    model = MomentModel.from_encoder(tmp_path / "encoder", TABLE, config.model).eval()
    encoder = WindowEncoder.from_file(tmp_path / "encoder" / "tokenizer.json", window=64)
    return config, model, documents, encoder


def units(model):
    return [layer.intermediate.dense.out_features for layer in model.encoder.encoder.layer]


def test_units_that_add_nothing_go_and_the_scores_stay(world):
    _, model, documents, encoder = world
    full = units(model)[0]
    idle = torch.arange(0, full, 2)
    with torch.no_grad():
        for layer in model.encoder.encoder.layer:
            layer.output.dense.weight[:, idle] = 0.0
    before = torch_scores(model, encoder, documents)
    narrow(model, documents, encoder, full - len(idle))
    assert set(units(model)) == {full - len(idle)}
    np.testing.assert_allclose(torch_scores(model, encoder, documents), before, atol=1e-5)


def test_a_unit_that_is_never_active_goes_before_one_that_is(world):
    _, model, documents, encoder = world
    layer = model.encoder.encoder.layer[0]
    with torch.no_grad():
        layer.intermediate.dense.weight[3] = 0.0
        layer.intermediate.dense.bias[3] = 0.0
    kept = torch.cat([layer.intermediate.dense.weight[:3], layer.intermediate.dense.weight[4:]])
    narrow(model, documents, encoder, units(model)[0] - 1)
    torch.testing.assert_close(layer.intermediate.dense.weight, kept)


def test_a_narrow_fit_is_saved_and_read_back_narrow(world, tmp_path):
    config, model, documents, encoder = world
    half = units(model)[0] // 2
    config = replace(
        config,
        model=replace(config.model, feed_forward=half),
        fit=replace(config.fit, epochs=1),
    )
    read = load_fitted(fit(config, tmp_path / "narrow"))
    assert set(units(read)) == {half}
    assert torch_scores(read, encoder, documents[:3]).shape[1] == TABLE.width


def test_heads_alone_are_fitted_on_a_narrowed_encoder(world, tmp_path):
    config, model, documents, encoder = world
    half = units(model)[0] // 2
    config = replace(
        config,
        model=replace(config.model, feed_forward=half),
        fit=replace(config.fit, method="heads"),
        heads=HeadsConfig(penalties=(0.1,), folds=2),
    )
    read = load_fitted(fit(config, tmp_path / "narrow"))
    assert set(units(read)) == {half}
    moments = torch_scores(read, encoder, documents)[:, TABLE.slices()["moment"]].argmax(axis=1)
    told = [labels["moment"] for d in documents for labels in d.labels]
    right = [TABLE.heads["moment"].labels[n] == name for n, name in zip(moments, told, strict=True)]
    assert np.mean(right) > 0.8


def test_more_units_than_there_are(world):
    _, model, documents, encoder = world
    with pytest.raises(InputError, match=r"feed_forward is 9999; the encoder has \d+ units"):
        narrow(model, documents, encoder, 9999)


def test_an_encoder_that_is_not_bert_like(world):
    _, model, documents, encoder = world
    model.encoder = torch.nn.Linear(2, 2)
    with pytest.raises(InputError, match="Linear is none, leave it 0"):
        narrow(model, documents, encoder, 8)
