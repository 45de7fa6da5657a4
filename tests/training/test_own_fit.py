"""Fits on own labelled rows with a tiny encoder: split, interrupted, resumed, repeated."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from transformers import set_seed
from typer.testing import CliRunner

from mot_nlp.errors import InputError
from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import TAXONOMY
from tests.training.worlds import small_config
from training.__main__ import app
from training.checkpoint import load_fitted, sha256_of
from training.config import DataConfig, HeadsConfig, SearchConfig, as_toml, read_config
from training.corpus import read_corpus
from training.fit import fit
from training.folds import OutOfFold
from training.labelled import as_row, read_labelled, write_rows
from training.precision import bf16_pays
from training.repeatable import StepSeed

pytestmark = pytest.mark.filterwarnings("ignore")  # third-party progress bars warn at will


class Killed(Exception):
    """Stands for the end of a process."""


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """Rows of 17 authors, in small: heads alone, or every weight with patience."""
    folder = tmp_path_factory.mktemp("own")
    small = small_config(folder, epochs=4)
    documents = read_corpus(Path(small.data.corpus), read_taxonomy(TAXONOMY))
    rows = [as_row(d) | {"author": f"a{n % 17}"} for n, d in enumerate(documents[:35])]
    write_rows(rows, folder / "own.jsonl")
    return replace(
        small,
        data=DataConfig(
            labelled=(str(folder / "own.jsonl"),), group="author", test_share=0.2,
            validation_share=0.2,
        ),
        fit=replace(small.fit, method="full", patience=1, threads=1, learning_rate=1e-2),
        heads=HeadsConfig(penalties=(1.0, 0.1), folds=3),
    )  # fmt: skip


def heads(config):
    return replace(config, fit=replace(config.fit, method="heads"))


def searching(config):
    small = SearchConfig(folds=2, methods=("heads", "full"), learning_rates=(1e-2,), epochs=(1.0,))
    return replace(config, search=small)


def weights(folder):
    return sha256_of(folder / "model.safetensors")


def told(folder):
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


def metrics_of(out):
    text = (out / "metrics.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def killed(*_, **__):
    """End the process."""
    raise Killed


def kill_at(monkeypatch, step):
    """End the process before a step is taken, counting the steps of all fits."""
    taken = iter(range(1, 10**6))
    before = StepSeed.on_step_begin

    def begin(self, *args, **rest):
        if next(taken) == step:
            raise Killed
        before(self, *args, **rest)

    monkeypatch.setattr(StepSeed, "on_step_begin", begin)


@pytest.fixture(scope="module")
def full(config, tmp_path_factory):
    return fit(config, tmp_path_factory.mktemp("full") / "run")


def test_a_fit_ends_when_validation_gets_no_better_and_keeps_the_best_epoch(full):
    run = told(full)
    means = [entry["eval_mean"] for entry in run["log"]]
    best = means.index(max(means))
    assert len(means) == min(4, best + 1 + 1)
    assert run["epoch"] == best + 1
    assert run["validation"]["mean"] == means[best]


def test_the_manifest_says_what_it_was(full):
    run = told(full)
    assert set(run["data_sha256"]) == {"train", "validation", "test"}
    assert run["config"]["fit"]["threads"] == 1
    assert run["weights_sha256"].keys() == {"encoder"}
    assert run["outcome"]["model_sha256"] == weights(full)
    assert run["outcome"]["peak_memory_mb"] > 100
    assert {"torch", "transformers", "mot-nlp", "python"} <= run["versions"].keys()
    metrics = metrics_of(full.parent)
    assert {"loss", "eval_mean"} <= {key for entry in metrics for key in entry}


def test_the_written_configuration_gives_the_same_weights(full, tmp_path):
    again = fit(read_config(full.parent / "config.toml"), tmp_path / "run")
    assert weights(again) == weights(full)
    ours, theirs = told(again), told(full)
    timed = {"outcome", "log"}  # these hold seconds
    assert {key: value for key, value in ours.items() if key not in timed} == {
        key: value for key, value in theirs.items() if key not in timed
    }


def test_another_seed_gives_other_weights(config, full, tmp_path):
    other = replace(config, fit=replace(config.fit, seed=99, epochs=1.0))
    assert weights(fit(other, tmp_path / "run")) != weights(full)


@pytest.mark.parametrize("epoch", [1, 2], ids=["before a checkpoint", "after one"])
def test_a_killed_fit_ends_in_the_same_weights(config, full, tmp_path, monkeypatch, epoch):
    steps = -(-told(full)["documents"]["train"] // config.fit.batch_size)
    with monkeypatch.context() as patch:
        kill_at(patch, steps * epoch)
        with pytest.raises(Killed):
            fit(config, tmp_path / "run")
    again = fit(config, tmp_path / "run")
    assert weights(again) == weights(full)
    assert told(again)["validation"] == told(full)["validation"]
    assert told(again)["resumed"] == (epoch > 1)
    epochs = [entry["epoch"] for entry in metrics_of(tmp_path / "run") if "eval_mean" in entry]
    assert epochs == sorted(set(epochs))


def test_a_fit_that_was_killed_after_its_last_epoch_takes_no_other(
    config, full, tmp_path, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr("training.fit._write", killed)
        with pytest.raises(Killed):
            fit(config, tmp_path / "run")
    moved = tmp_path / "moved"  # a folder may be moved meanwhile
    shutil.move(tmp_path / "run", moved)
    monkeypatch.setattr(StepSeed, "on_step_begin", killed)
    assert weights(fit(config, moved)) == weights(full)


def test_heads_alone_are_fitted_the_same_every_time(config, tmp_path):
    one, other = (fit(heads(config), tmp_path / name) for name in ("one", "other"))
    assert weights(one) == weights(other)
    run = told(one)
    assert run["validation"]["mean"] > 0.5
    assert set(run["penalties"]) == set(run["validation"]) - {"mean", "core"}
    kept = OutOfFold.read(tmp_path / "one" / "oof.npz")
    assert len(kept.scores) == run["segments"]["train"]


def test_the_test_part_is_kept_apart_and_ready_to_evaluate(config, full):
    taxonomy = read_taxonomy(TAXONOMY)
    everything, _ = read_labelled([Path(config.data.labelled[0])], taxonomy)
    held, _ = read_labelled([full.parent / "test.jsonl"], taxonomy)
    authors = {document.extra["author"] for document in held}
    table = json.loads((full.parent / "split.json").read_text())
    learned = {*table["parts"]["train"], *table["parts"]["validation"]}
    assert held
    assert not authors & {d.extra["author"] for d in everything if d.id in learned}


@pytest.fixture(scope="module")
def searched(config, tmp_path_factory):
    return fit(searching(config), tmp_path_factory.mktemp("search") / "run")


def test_a_fit_goes_on_as_the_model_it_starts_from_was(config, full, tmp_path):
    other = replace(config, model=replace(config.model, encoder=str(full), window=None))
    asked = replace(other, fit=replace(config.fit, method="heads"))
    run = told(fit(asked, tmp_path / "run"))
    begun = json.loads((full / "config.json").read_text())
    assert run["config"]["model"]["window"] == begun["window"] == 64
    assert run["config"]["model"]["activation_limit"] == begun["activation_limit"]
    written = read_config(tmp_path / "run" / "config.toml")
    assert (written.model.window, written.model.emojis) == (64, False)
    before, after = (folder / "tokenizer.json" for folder in (full, tmp_path / "run" / "fitted"))
    assert after.read_bytes() == before.read_bytes()


@pytest.mark.parametrize("method", ["heads", "full"])
def test_a_head_that_no_row_labels_breaks_nothing(config, tmp_path, method):
    lines = Path(config.data.labelled[0]).read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    for row in rows:
        for unit in row["units"]:
            unit.pop("pivotal", None)
    write_rows(rows, tmp_path / "own.jsonl")
    asked = replace(
        config,
        data=replace(config.data, labelled=(str(tmp_path / "own.jsonl"),)),
        fit=replace(config.fit, method=method, epochs=1.0),
    )
    run = told(fit(asked, tmp_path / "run"))
    assert "pivotal" not in run["validation"]
    assert run["validation"]["mean"] > 0
    assert np.isfinite(load_fitted(tmp_path / "run" / "fitted").heads.weight.detach()).all()


def test_a_search_takes_the_setting_that_does_best_on_what_it_had_not_seen(searched):
    run = told(searched)
    best = max(run["trials"], key=lambda trial: trial["mean"])
    assert [trial["name"] for trial in run["trials"]] == ["heads", "full-1-epochs-rate-0.01"]
    assert run["config"]["fit"]["method"] == best["settings"]["method"]
    assert all(len(trial["by_fold"]) == 2 for trial in run["trials"])
    assert OutOfFold.read(searched.parent / "oof.npz").heads


def test_a_killed_search_keeps_its_folds_and_ends_in_the_same_weights(
    config, searched, tmp_path, monkeypatch
):
    with monkeypatch.context() as patch:
        kill_at(patch, 3)
        with pytest.raises(Killed):
            fit(searching(config), tmp_path / "run")
    finished = {path.name for path in (tmp_path / "run" / "search").rglob("fold-*.npy")}
    assert finished == {"fold-1-scores.npy", "fold-2-scores.npy"}
    begun = []
    monkeypatch.setattr("training.finetuning.set_seed", lambda seed: begun.append(set_seed(seed)))
    again = fit(searching(config), tmp_path / "run")
    assert len(begun) == 2  # the fold that was interrupted, and the fit itself
    assert weights(again) == weights(searched)
    assert told(again)["trials"] == told(searched)["trials"]


def test_a_tracker_that_is_missing_is_told_before_any_work(config, tmp_path):
    asked = replace(config, fit=replace(config.fit, report_to=("mlflow",)))
    with pytest.raises(InputError, match="mlflow is not installed; pip install mlflow"):
        fit(asked, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_auto_precision_is_one_of_two():
    assert bf16_pays() in (True, False)


def test_the_command_fits_and_says_what_it_does(config, tmp_path):
    out = tmp_path / "run"
    given = [config.data.labelled[0], "--preset", "quick", "--from", config.model.encoder]
    result = CliRunner().invoke(
        app, ["fit", *given, "--group", "author", "--seed", "5", "--out", str(out)]
    )
    assert result.exit_code == 0, result.output
    for said in ("preset quick", "flag", "kept together by: author", "test.jsonl", "macro-F1"):
        assert said in result.output
    assert told(out / "fitted")["config"]["fit"]["seed"] == 5


def test_a_configuration_alone_fits_on_the_corpus(tmp_path):
    file, out = tmp_path / "mine.toml", tmp_path / "run"
    file.write_text(as_toml(small_config(tmp_path, epochs=0.5)), encoding="utf-8")
    result = CliRunner().invoke(app, ["fit", "--config", str(file), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert told(out / "fitted")["documents"] == {"train": 40, "validation": 5, "test": 5}
    assert "preset" not in result.output
    assert not (out / "split.json").exists()  # the corpus has a split of its own


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to fit on; name labelled JSON Lines, or --config"),
        (
            ["--preset", "quick", "--group", "author"],
            "--group and --test-share split labelled rows",
        ),
        (["none.jsonl", "--preset", "quickly"], "no preset 'quickly'"),
        (["none.jsonl", "--from", "no/where/at/all/x"], "encoder 'no/where/at/all/x' is no local"),
    ],
    ids=["nothing", "group of the corpus", "preset", "start"],
)
def test_what_cannot_be_is_told(tmp_path, arguments, message, monkeypatch):
    result = CliRunner().invoke(app, ["fit", *arguments, "--out", str(tmp_path / "run")])
    assert isinstance(result.exception, InputError)
    assert message in str(result.exception)
    assert not (tmp_path / "run").exists()
