import json
from dataclasses import replace
from pathlib import Path

import pytest

from mot_nlp.errors import InputError
from tests.tiny import TAXONOMY
from tests.training.labelled_world import documents
from training.config import Config, FitConfig, ModelConfig
from training.manifest import claim, describe, settings_before, write_json
from training.splitting import Split

SPLIT = Split({"train": documents(4), "validation": documents(1), "test": []}, ("own.jsonl",))


@pytest.fixture
def config(tmp_path):
    start = tmp_path / "start"
    start.mkdir()
    (start / "model.safetensors").write_bytes(b"weights")
    return Config(
        model=ModelConfig(encoder=str(start), taxonomy=str(TAXONOMY)),
        fit=FitConfig(precision="fp32", threads=1),
    )


def described(config, split=SPLIT):
    return describe(config, split, Path(config.model.encoder))


def checkpoint(out, step, state="{}"):
    folder = out / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    if state is not None:
        (folder / "trainer_state.json").write_text(state)
    return folder


def test_equal_fits_are_described_alike_and_others_are_not(config, tmp_path):
    before = described(config)
    assert described(config) == before == json.loads(json.dumps(before))
    assert before["weights_sha256"].keys() == {"start"}
    other = replace(SPLIT, parts={**SPLIT.parts, "test": documents(6)[5:]})
    assert described(config, other)["split_sha256"] != before["split_sha256"]
    assert described(config, other)["data_sha256"]["train"] == before["data_sha256"]["train"]
    (tmp_path / "start" / "model.safetensors").write_bytes(b"others")
    assert described(config)["weights_sha256"] != before["weights_sha256"]


def test_the_last_whole_checkpoint_is_gone_on_from(config, tmp_path):
    out, run = tmp_path / "out", described(config)
    assert claim(out, run, resume=True) is None
    whole = checkpoint(out, 9)
    checkpoint(out, 4)
    lacking, torn = checkpoint(out, 10, None), checkpoint(out, 11, '{"log_his')
    assert claim(out, run, resume=True) == whole
    assert not lacking.exists()
    assert not torn.exists()


def test_another_fit_is_refused_by_what_differs(config, tmp_path):
    out = tmp_path / "out"
    claim(out, described(config), resume=True)
    checkpoint(out, 5)
    other = replace(config, fit=replace(config.fit, seed=99))
    with pytest.raises(InputError, match=r"other config, fit.seed: 13, now 99\).*--restart"):
        claim(out, described(other), resume=True)
    with pytest.raises(InputError, match=r"other data_sha256, .*split_sha256"):
        claim(out, described(config, replace(SPLIT, parts={"train": documents(9)})), resume=True)


def test_a_restart_clears_the_folder(config, tmp_path):
    out = tmp_path / "out"
    claim(out, described(config), resume=True)
    old = checkpoint(out, 5)
    (out / "search").mkdir()
    other = replace(config, fit=replace(config.fit, seed=99))
    assert claim(out, described(other), resume=False) is None
    assert not old.exists()
    assert not (out / "search").exists()


def test_checkpoints_of_nobody_knows_what_are_refused(config, tmp_path):
    checkpoint(tmp_path / "out", 5)
    with pytest.raises(InputError, match=r"holds checkpoints but no run\.json"):
        claim(tmp_path / "out", described(config), resume=True)


def test_what_was_settled_holds_for_a_fit_that_goes_on_and_for_no_other(config, tmp_path):
    out = tmp_path / "out"
    claim(out, described(config), resume=True)
    assert settings_before(out, resume=True) is None  # nothing to go on from
    checkpoint(out, 5)
    assert (settings_before(out, resume=True) or {})["threads"] == 1
    assert settings_before(out, resume=False) is None


def test_a_table_is_written_whole(tmp_path):
    path = tmp_path / "run.json"
    write_json({"name": "Zoë"}, path)
    assert json.loads(path.read_text(encoding="utf-8")) == {"name": "Zoë"}
    assert list(tmp_path.iterdir()) == [path]
