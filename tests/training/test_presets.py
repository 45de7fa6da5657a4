import logging
from pathlib import Path

import pytest

from mot_nlp.errors import InputError
from training.checkpoint import DEFAULT_ENCODER
from training.config import Config, ModelConfig
from training.presets import CHECKPOINT, PRESETS, preset, resolve


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A working folder in which the shipped checkpoint is at hand."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / CHECKPOINT
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    return folder


def test_the_presets_do_what_their_names_say():
    quick, standard, thorough = (preset(name) for name in PRESETS)
    assert quick.fit.method == "heads"
    assert standard.fit.method == "full"
    assert standard.distil.start
    steps = 200 * standard.fit.epochs / standard.fit.batch_size
    assert standard.fit.save_steps < steps / 2  # killed with 200 documents, it need not begin again
    assert thorough.search.folds >= 2
    assert quick.search.folds == standard.search.folds == 0


def test_an_unknown_preset_is_named():
    with pytest.raises(InputError, match="no preset 'fast'; the presets are quick, standard"):
        preset("fast")


def test_flags_beat_the_file_and_the_file_beats_the_preset(shipped):
    file = Path("mine.toml")
    file.write_text("[fit]\nepochs = 7\nseed = 7\n[loss]\nlabel_smoothing = 0.0\n")
    config, origins = resolve(name="standard", file=file, flags={"fit": {"seed": 8}})
    assert (config.fit.epochs, config.fit.seed, config.loss.label_smoothing) == (7.0, 8, 0.0)
    assert config.fit.batch_size == preset("standard").fit.batch_size
    assert origins["fit.epochs"] == "mine.toml"
    assert origins["fit.seed"] == "flag"
    assert origins["fit.batch_size"] == "preset standard"
    assert "fit.warmup" not in origins


def test_nothing_given_is_the_recipe_of_the_shipped_model():
    assert resolve() == (Config(), {})


def test_a_preset_starts_from_the_shipped_checkpoint(shipped):
    model = resolve(name="quick")[0].model
    assert model == ModelConfig(encoder=CHECKPOINT)  # all else is as the checkpoint has it


def test_without_a_checkpoint_it_says_what_it_starts_from(tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    with caplog.at_level(logging.WARNING):
        config, origins = resolve(name="quick")
    assert config.model.encoder == DEFAULT_ENCODER
    assert origins["model.encoder"] == "no checkpoint at hand"
    assert f"no checkpoint of the shipped model at {CHECKPOINT}" in caplog.text


def test_a_start_that_was_asked_for_is_never_replaced(tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    config, _ = resolve(name="quick", flags={"model": {"encoder": "no/such/folder"}})
    assert config.model.encoder == "no/such/folder"
    assert not caplog.records
