"""A small but real fit: the default encoder, found and verified, on a part of the corpus."""

import shutil
from dataclasses import replace

import pytest

from mot_nlp.tagger import MomentTagger
from mot_nlp.transcripts import document
from tests.tiny import ROOT, TAXONOMY
from training.checkpoint import DEFAULT_ENCODER, resolve_encoder
from training.config import read_config
from training.export import export
from training.fit import fit

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def test_the_default_encoder_is_found_and_verified():
    folder = resolve_encoder(DEFAULT_ENCODER)
    assert (folder / "model.safetensors").is_file()
    assert (folder / "tokenizer.json").is_file()


def test_from_texts_to_a_working_bundle(tmp_path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for part in ("part-37.txt", "part-38.txt"):
        shutil.copy(ROOT / "data" / "corpus" / part, corpus)
    config = read_config(ROOT / "training" / "configs" / "default.toml")
    config = replace(
        config,
        data=replace(config.data, corpus=str(corpus)),
        model=replace(config.model, taxonomy=str(TAXONOMY)),
        fit=replace(config.fit, epochs=2.0),
    )
    fitted = fit(config, tmp_path / "out")
    bundle = export(fitted, tmp_path / "bundle")
    tagger = MomentTagger.load(bundle)
    scores = tagger.bundle.manifest.metrics["validation"]
    assert scores["sentiment"]["accuracy"] > 0.5
    assert scores["stage"]["accuracy"] > 0.5
    (tagged,) = tagger.stream([document("1", "The zip broke after a week. Terrible quality.")])
    assert tagged.moments[0].labels["stage"] == "post_purchase"
    assert tagged.moments[0].labels["sentiment"] == "negative"
