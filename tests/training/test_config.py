from dataclasses import fields
from pathlib import Path

import pytest

from mot_nlp.errors import InputError
from training.config import Config, FitConfig, ModelConfig, read_config

CONFIGS = Path(__file__).resolve().parents[2] / "training" / "configs"


def test_the_shipped_configuration_is_the_default():
    config = read_config(CONFIGS / "default.toml")
    assert isinstance(config, Config)
    assert config.model.encoder == "sentence-transformers/all-MiniLM-L6-v2"
    assert config == Config()


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("[!t]*.toml")), ids=lambda path: path.stem)
def test_every_shipped_configuration_loads(path):
    assert isinstance(read_config(path), Config)


@pytest.mark.parametrize("name", [entry.name for entry in fields(Config)])
def test_every_field_is_explained(name):
    source = (CONFIGS.parent / "config.py").read_text(encoding="utf-8")
    section = type(getattr(Config(), name))
    for entry in fields(section):
        after = source.split(f"    {entry.name}: ", 1)[1].split("\n", 2)
        assert after[1].strip().startswith('"""'), entry.name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[fit]\nepoch = 3", "unknown key \\['epoch'\\]; the keys are .*epochs"),
        ("[train]\nepochs = 3", "unknown table \\['train'\\]"),
        ("[fit]\nepochs = -1", "fit.epochs is -1; allowed: a positive number"),
        ("[fit]\nprecision = 'fp8'", "fit.precision is 'fp8'"),
        ("[loss]\nclass_weight_power = 2", "loss.class_weight_power is 2"),
        ("[fit\n", "is not TOML"),
    ],
)
def test_faults_are_named(tmp_path, text, message):
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_config(path)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"no configuration at .*start from"):
        read_config(tmp_path / "none.toml")


def test_ranges_are_checked_at_birth():
    with pytest.raises(InputError, match=r"model\.window is 8; allowed: 16 to 512"):
        ModelConfig(window=8)
    with pytest.raises(InputError, match=r"fit\.batch_size is 0"):
        FitConfig(batch_size=0)
