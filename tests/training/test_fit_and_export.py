"""A whole fit on a tiny encoder, resumed, exported, and held against torch."""

import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

import mot_nlp
from mot_nlp.bundle import open_bundle
from mot_nlp.errors import InputError
from mot_nlp.tagger import MomentTagger
from tests.local_hub import LocalHub
from tests.training.own_world import own_config, own_rows
from tests.training.worlds import small_config
from training.checkpoint import load_fitted
from training.export import export
from training.fit import fit
from training.parity import LEAST_AGREEMENT, Parity, ParityError
from training.publish import push

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # tracing and third-party progress bars warn at will
]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fit")
    config = small_config(folder, epochs=4, save_steps=3)
    return folder, config, fit(config, folder / "out")


@pytest.fixture(scope="module")
def bundle(world):
    folder, _, fitted = world
    return export(fitted, folder / "bundle")


def weights(folder):
    return {name: w.numpy() for name, w in load_fitted(folder).state_dict().items()}


def test_a_fit_records_what_it_was(world):
    _, _, fitted = world
    run = json.loads((fitted / "run.json").read_text())
    assert run["documents"] == {"train": 40, "validation": 5, "test": 5}
    assert run["config"]["fit"]["precision"] == "fp32"
    assert [entry["epoch"] for entry in run["log"]] == [1, 2, 3, 4]
    assert run["log"][-1]["eval_loss"] < run["log"][0]["eval_loss"]


def test_an_interrupted_fit_ends_in_the_same_weights(world, tmp_path):
    _, config, fitted = world
    out = tmp_path / "out"
    fit(config, out)
    for step in sorted(out.glob("checkpoint-*"), key=lambda p: int(p.name.split("-")[1]))[1:]:
        for file in step.iterdir():
            file.unlink()
        step.rmdir()
    again = fit(config, out)
    for name, expected in weights(fitted).items():
        np.testing.assert_array_equal(weights(again)[name], expected)


def test_another_configuration_is_refused(world):
    folder, config, _ = world
    other = replace(config, fit=replace(config.fit, learning_rate=1e-4))
    with pytest.raises(InputError, match=r"another fit .*other config.*--restart"):
        fit(other, folder / "out")


def test_the_bundle_is_sound_and_says_what_it_is(bundle):
    opened = open_bundle(bundle)
    manifest = opened.manifest
    assert manifest.precision in manifest.precisions
    assert set(manifest.temperatures) == set(opened.taxonomy.heads)
    assert set(manifest.metrics) == {
        "validation", "corpus_test", "calibration_error", "calibrated_on", "parity"
    }  # fmt: skip
    labels = sum(manifest.metrics["calibrated_on"].values())
    assert labels == 5 * manifest.metrics["validation"]["segments"]
    total = manifest.metrics["validation"]["segments"]
    assert all(np.sum(table) == total for table in manifest.confusion.values())
    assert manifest.data["sources"] == [
        {"name": "mot-nlp data/corpus", "licence": "CC BY 4.0", "documents": 45}
    ]
    text = (bundle / "bundle.json").read_text()
    assert str(Path(bundle).parent) not in json.dumps(
        json.loads(text)["run"]["config"]["model"]["encoder"]
    )


def test_the_card_is_filled_from_the_manifest(bundle):
    card = (bundle / "README.md").read_text()
    score = open_bundle(bundle).manifest.metrics["corpus_test"]["stage"]["macro_f1"]
    assert f"| stage | {score:.3f} |" in card
    assert "$" not in card


def test_two_roads_to_one_answer(world, bundle):
    """The runtime on the exported graph says what torch says, on the same segments."""
    from mot_nlp.encoding import WindowEncoder
    from mot_nlp.taxonomy import read_taxonomy
    from training.corpus import read_corpus
    from training.evaluate import as_documents, torch_scores

    _, config, fitted = world
    taxonomy = read_taxonomy(fitted / "taxonomy.toml")
    documents = read_corpus(Path(config.data.corpus), taxonomy)
    encoder = WindowEncoder.from_file(fitted / "tokenizer.json", window=config.model.window)
    expected = torch_scores(load_fitted(fitted), encoder, documents)
    tagger = MomentTagger.load(bundle)
    found = tagger.scores(as_documents(documents), segments=[d.segments for d in documents])
    for part in taxonomy.slices().values():
        agreement = (found[:, part].argmax(1) == expected[:, part].argmax(1)).mean()
        assert agreement >= LEAST_AGREEMENT


@pytest.mark.slow
def test_no_bundle_leaves_a_gate_it_does_not_pass(world, tmp_path, monkeypatch):
    _, _, fitted = world
    monkeypatch.setattr(Parity, "passes", False)
    with pytest.raises(ParityError, match="no graph agrees"):
        export(fitted, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_other_data_than_the_fits_are_refused(world, tmp_path):
    _, config, fitted = world
    part = Path(config.data.corpus) / "part-01.txt"
    text = part.read_text()
    try:
        part.write_text(text.replace("bargain", "steal"))
        with pytest.raises(InputError, match="train split differs"):
            export(fitted, tmp_path / "bundle")
    finally:
        part.write_text(text)
    logging.getLogger("nncf").setLevel(logging.WARNING)


@pytest.mark.slow
def test_from_own_rows_to_the_hub_and_back(tmp_path, monkeypatch):
    """Fit on own rows and labels, export, predict, push, and the same from wherever it is loaded."""
    monkeypatch.setattr("training.graph.CALIBRATION_WINDOWS", 20)  # enough for a tiny encoder
    hub = LocalHub(tmp_path / "hub", tmp_path / "cache").install(monkeypatch)
    config = own_config(tmp_path, own_rows(80), group="author", validation_share=0.25)
    fitted = fit(config, tmp_path / "run")
    bundle = export(fitted, tmp_path / "broadband", name="kite", licence="cc-by-4.0")
    manifest = open_bundle(bundle).manifest
    assert manifest.name == "kite"
    run = json.loads((fitted / "run.json").read_text(encoding="utf-8"))
    assert manifest.data["sha256"] == run["data_sha256"]
    assert manifest.metrics["test"]["segments"] == run["segments"]["test"] > 0
    assert {"effort", "emotion.joy"} <= manifest.metrics["test"].keys()
    card = (bundle / "README.md").read_text(encoding="utf-8")
    assert "On the test part of the rows" in card
    assert "They were split by author" in card
    text = "Saw the poster of tariff 3 and liked it. Router 9 hangs every night."
    expected = mot_nlp.predict(text, model=bundle, all_segments=True)
    assert set(expected["stage"]) <= set(manifest.heads["stage"])
    pushed = push(bundle, "broadband/feedback", private=True)
    shutil.rmtree(bundle)
    for address in (pushed.address, pushed.pinned):
        found = mot_nlp.predict(text, model=mot_nlp.load(address), all_segments=True)
        assert_frame_equal(found, expected)
    assert not list(hub.root.rglob("checkpoint"))  # what can be learned on from stays at home
