"""Several fits become one: by the mean of their weights, or by teaching a student."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mot_nlp.encoding import WindowEncoder
from mot_nlp.errors import InputError
from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import OWN_TAXONOMY, TAXONOMY
from tests.training.worlds import small_config
from training.average import average
from training.checkpoint import load_fitted
from training.collate import Collator, examples, label_indices
from training.config import DistilConfig, LossConfig
from training.corpus import gather
from training.distil import start_scores, teacher_scores
from training.evaluate import torch_scores
from training.fit import fit
from training.losses import MultiHeadLoss

TABLE = read_taxonomy(TAXONOMY)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    config = small_config(folder, epochs=1)
    fits = [
        fit(replace(config, fit=replace(config.fit, seed=seed)), folder / f"seed-{seed}")
        for seed in (1, 2)
    ]
    return folder, config, fits


# ---------------------------------------------------------------- average
def test_the_mean_of_the_weights(world, tmp_path):
    _, _, fits = world
    found = load_fitted(average(fits, tmp_path / "mean")).state_dict()
    one, two = (load_fitted(folder).state_dict() for folder in fits)
    assert any(not torch.equal(one[name], two[name]) for name in one)
    for name, weights in found.items():
        torch.testing.assert_close(weights, (one[name] + two[name]) / 2)


def test_the_mean_names_its_seeds_and_can_be_used(world, tmp_path):
    _, _, fits = world
    folder = average(fits, tmp_path / "mean")
    assert json.loads((folder / "run.json").read_text())["seeds"] == [1, 2]
    for name in ("tokenizer.json", "taxonomy.toml"):
        assert (folder / name).read_bytes() == (fits[0] / name).read_bytes()


def test_one_fit_is_no_set(world, tmp_path):
    with pytest.raises(InputError, match="1 fitted model is no set to average"):
        average(world[2][:1], tmp_path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"config": {"fit": {"epochs": 9}}}, r"was fitted with fit\.epochs = 9"),
        ({"data_sha256": {"train": "other"}}, "fitted on different data"),
    ],
)
def test_fits_that_differ_in_more_than_their_seed(world, tmp_path, change, told):
    import shutil

    _, _, fits = world
    other = tmp_path / "other"
    shutil.copytree(fits[1], other)
    run = json.loads((other / "run.json").read_text())
    for table, values in change.get("config", {}).items():
        run["config"][table] |= values
    run |= {key: value for key, value in change.items() if key != "config"}
    (other / "run.json").write_text(json.dumps(run))
    with pytest.raises(InputError, match=told):
        average([fits[0], other], tmp_path / "mean")


# ---------------------------------------------------------------- distil
def test_teachers_are_averaged_document_by_document(world):
    _, config, fits = world
    documents = gather_train(config)[:5]
    found = teacher_scores(fits, documents, TABLE)
    assert [len(rows) for rows in found] == [len(d.segments) for d in documents]
    single = []
    for folder in fits:
        model = load_fitted(folder)
        encoder = WindowEncoder.from_file(folder / "tokenizer.json", window=model.config.window)
        single.append(torch_scores(model, encoder, documents))
    np.testing.assert_allclose(np.concatenate(found), (single[0] + single[1]) / 2, atol=1e-5)


def gather_train(config):
    return gather(Path(config.data.corpus), [], TABLE)["train"]


def test_rows_carry_the_teachers_scores_of_their_own_segments(world):
    _, config, fits = world
    documents = gather_train(config)[:6]
    soft = teacher_scores(fits[:1], documents, TABLE)
    encoder = WindowEncoder.from_file(fits[0] / "tokenizer.json", window=64)
    rows = examples(documents, encoder, TABLE, soft=soft)
    batch = Collator(encoder.padding)(rows.to_list())
    np.testing.assert_allclose(batch["soft"].numpy(), np.concatenate(soft), atol=1e-6)
    assert batch["soft"].shape[0] == batch["labels"].shape[0]


def loss_of(weight, logits, soft, labels):
    distil = DistilConfig(("t",), weight=weight, temperature=2.0)
    made = MultiHeadLoss(TABLE, labels.numpy(), LossConfig(label_smoothing=0), distil)
    return float(made({"logits": logits, "soft": soft}, labels))


def test_a_student_that_says_what_the_teacher_says_loses_nothing_by_it():
    entry = {
        "stage": "none",
        "moment": "none",
        "touchpoint": "none",
        "sentiment": "neutral",
        "pivotal": "no",
    }
    labels = torch.tensor([label_indices(entry, TABLE)] * 3)
    torch.manual_seed(0)
    logits = torch.randn(3, TABLE.width)
    assert loss_of(1.0, logits, logits + 5, labels) == pytest.approx(0, abs=1e-6)
    assert loss_of(1.0, logits, -logits, labels) > 0.1
    plain = MultiHeadLoss(TABLE, labels.numpy(), LossConfig(label_smoothing=0))
    assert loss_of(0.0, logits, -logits, labels) == pytest.approx(
        float(plain({"logits": logits}, labels))
    )


def test_a_student_is_fitted_with_a_teacher(world, tmp_path):
    _, config, fits = world
    taught = replace(config, distil=DistilConfig((str(fits[0]),), weight=0.5))
    folder = fit(taught, tmp_path / "student")
    run = json.loads((folder / "run.json").read_text())
    assert run["config"]["distil"]["teachers"] == [str(fits[0])]
    assert np.isfinite(run["log"][-1]["eval_loss"])


def test_a_teacher_with_other_labels(world, tmp_path):
    import shutil

    _, config, fits = world
    other = tmp_path / "teacher"
    shutil.copytree(fits[0], other)
    table = (other / "taxonomy.toml").read_text(encoding="utf-8")
    ordered = '["negative", "neutral", "positive"]'
    assert ordered in table
    swapped = table.replace(ordered, '["neutral", "negative", "positive"]')
    (other / "taxonomy.toml").write_text(swapped, encoding="utf-8")
    with pytest.raises(InputError, match="has other labels than this fit"):
        teacher_scores([other], gather_train(config)[:2], TABLE)


# ---------------------------------------------------------------- the start as a teacher
def test_the_start_teaches_the_heads_that_it_has_whole(world):
    _, config, fits = world
    documents = gather_train(config)[:4]
    np.testing.assert_array_equal(
        np.concatenate(start_scores(fits[0], documents, TABLE) or []),
        np.concatenate(teacher_scores(fits[:1], documents, TABLE)),
    )
    own = read_taxonomy(OWN_TAXONOMY)  # its moments and pivotal are the shipped ones
    found = np.concatenate(start_scores(fits[0], documents, own) or [])
    taught = {name for name, part in own.slices().items() if not np.isnan(found[:, part]).any()}
    assert taught == {"moment", "pivotal"}
    shipped = np.concatenate(teacher_scores(fits[:1], documents, TABLE))
    np.testing.assert_array_equal(
        found[:, own.slices()["moment"]], shipped[:, TABLE.slices()["moment"]]
    )


def test_an_encoder_teaches_nothing(world):
    _, config, _ = world
    assert start_scores(Path(config.model.encoder), gather_train(config)[:4], TABLE) is None


def test_heads_without_a_teacher_learn_from_labels_alone():
    torch.manual_seed(0)
    logits, soft = torch.randn(3, TABLE.width), torch.randn(3, TABLE.width)
    labels = torch.zeros(3, len(TABLE.heads), dtype=torch.long)
    soft[:, TABLE.slices()["stage"]] = torch.nan
    none = torch.full_like(soft, torch.nan)
    assert loss_of(0.5, logits, none, labels) == pytest.approx(loss_of(0.0, logits, none, labels))
    partly = loss_of(0.5, logits, soft, labels)
    assert np.isfinite(partly)
    assert partly != pytest.approx(loss_of(0.5, logits, none, labels))


def test_the_start_and_other_teachers_at_once_are_refused():
    with pytest.raises(InputError, match=r"distil\.start is True; allowed: false where"):
        DistilConfig(teachers=("t",), start=True)


def test_a_fit_taught_by_its_start_stays_nearer_to_it(world, tmp_path):
    _, config, fits = world
    model = replace(config.model, encoder=str(fits[0]))
    documents = gather_train(config)
    before = np.concatenate(teacher_scores(fits[:1], documents, TABLE))
    moved = []
    for start in (False, True):
        settings = replace(config, model=model, distil=DistilConfig(start=start, weight=0.9))
        folder = fit(settings, tmp_path / str(start))
        after = np.concatenate(teacher_scores([folder], documents, TABLE))
        moved.append(np.abs(after - before).mean())
    assert moved[1] < moved[0]
