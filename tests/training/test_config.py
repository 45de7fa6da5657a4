from dataclasses import fields, replace
from pathlib import Path

import pytest

from mot_nlp.errors import InputError
from training.config import (
    Config,
    DataConfig,
    FitConfig,
    ModelConfig,
    SearchConfig,
    as_toml,
    read_config,
    with_values,
)

CONFIGS = Path(__file__).resolve().parents[2] / "training" / "configs"


def test_the_shipped_configuration_is_the_default():
    config = read_config(CONFIGS / "default.toml")
    assert isinstance(config, Config)
    assert config.model.encoder == "sentence-transformers/all-MiniLM-L6-v2"
    assert config == with_values(Config(), {"model": {"activation_limit": 6.0}})


@pytest.mark.parametrize(
    "path",
    sorted({*CONFIGS.rglob("*.toml")} - {*CONFIGS.glob("*taxonomy.toml")}),
    ids=lambda path: path.stem,
)
def test_every_shipped_configuration_loads(path):
    assert isinstance(read_config(path), Config)


@pytest.mark.parametrize("name", [entry.name for entry in fields(Config)])
def test_every_field_is_explained(name):
    source = (CONFIGS.parent / "config" / "sections.py").read_text(encoding="utf-8")
    section = type(getattr(Config(), name))
    for entry in fields(section):
        after = source.split(f"    {entry.name}: ", 1)[1].split("\n", 2)
        assert after[1].strip().startswith('"""'), entry.name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[fit]\nepoch = 3", "unknown key \\['epoch'\\]; the keys are .*epochs"),
        ("[train]\nepochs = 3", "unknown table \\['train'\\]"),
        ("[fit]\nepochs = -1", "fit.epochs is -1.0; allowed: a positive number"),
        ("[fit]\nprecision = 'fp8'", "fit.precision is 'fp8'"),
        ("[loss]\nclass_weight_power = 2", "loss.class_weight_power is 2"),
        ("[fit]\nmethod = 'head'", "fit.method is 'head'; allowed: .*heads.*full"),
        ("[fit]\nreport_to = ['excel']", "fit.report_to is .*allowed: .*tensorboard"),
        ("[fit]\nreport_to = 'wandb'", r"report_to is a list; write \['wandb'\]"),
        ("[fit]\nseed = '13'", "seed is '13'; write a whole number"),
        ("[fit]\nepochs = true", "epochs is True; write a number"),
        ("[search]\nlearning_rates = ['fast']", "an entry of .*learning_rates is 'fast'"),
        ("[search]\nfolds = 1", "search.folds is 1; allowed: 0, or 2 or more"),
        ("[heads]\npenalties = []", "heads.penalties is"),
        (
            "[data]\ntest_share = 0.9\nvalidation_share = 0.2",
            "test_share .* is 1.1; allowed: below 1",
        ),
        ("[data]\ncontext = false\n[fit]\nmethod = 'heads'", "context = false is a baseline"),
        ("[data]\nrough = 0.1\n[fit]\nmethod = 'heads'", "data.rough is 0.1, which heads alone do"),
        (
            "[model]\nrounding = true\n[search]\nfolds = 2",
            "model.rounding is True, which heads alone",
        ),
        (
            "[distil]\nteachers = ['a']\n[fit]\nmethod = 'heads'",
            r"teachers is \['a'\], which heads",
        ),
        ("[model]\nwindow = 'all'", "window is 'all'; write a whole number"),
        ("[model]\nactivation_limit = -1", "activation_limit is -1.0; allowed: 0 or more"),
        ("fit = 3", r"\[fit\] is 3; write a table"),
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


def test_what_is_left_out_keeps_the_value_of_the_base(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("[fit]\nepochs = 5\n")
    base = Config(fit=FitConfig(seed=3, epochs=2.0))
    assert read_config(path, base).fit == FitConfig(seed=3, epochs=5.0)


def test_a_written_configuration_reads_back(tmp_path):
    config = Config(
        data=DataConfig(labelled=("a b.jsonl", 'qu"o\\te.jsonl'), group="Verfasser ü"),
        fit=FitConfig(learning_rate=1e-5, report_to=("wandb",)),
        search=SearchConfig(folds=3, epochs=(1.5,)),
    )
    path = tmp_path / "config.toml"
    path.write_text(as_toml(config), encoding="utf-8")
    assert read_config(path) == config


def test_rough_texts_and_rounding_may_be_searched_over_where_every_weight_learns():
    asked = {
        "data": {"rough": 0.1},
        "model": {"rounding": True},
        "search": {"folds": 2, "methods": ["full"]},
    }
    assert with_values(Config(), asked).search.methods == ("full",)


def test_values_by_name_are_all_of_them():
    config = with_values(Config(), {"fit": {"seed": 4}})
    assert config == replace(Config(), fit=FitConfig(seed=4))
    assert config.values()["fit.seed"] == 4
    assert len(config.values()) == sum(len(fields(getattr(config, t.name))) for t in fields(config))
