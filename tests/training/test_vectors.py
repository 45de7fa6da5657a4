"""Segment vectors are what the model's own heads read."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mot_nlp.encoding import WindowEncoder
from mot_nlp.errors import InputError
from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import HIDDEN, TAXONOMY, write_encoder
from tests.training.worlds import write_corpus
from training.config import ModelConfig
from training.corpus import read_corpus
from training.evaluate import torch_scores
from training.model import MomentModel
from training.vectors import check_unlearned, default_encoder, load_encoder, segment_vectors

TABLE = read_taxonomy(TAXONOMY)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    documents = read_corpus(write_corpus(folder / "corpus", copies=3), TABLE)
    long = replace(
        documents[0], id="long", text=" ".join(["bargain"] * 90),
        segments=tuple(replace(documents[0].segments[0], start=s, end=s + 239) for s in (0, 240, 480)),
        labels=documents[0].labels[:1] * 3,
    )  # fmt: skip
    write_encoder(folder / "encoder", [d.text for d in documents], vocabulary=300)
    return folder / "encoder", [*documents, long]


def test_heads_of_the_model_read_these_vectors(world):
    encoder, documents = world
    model = MomentModel.from_encoder(encoder, TABLE, ModelConfig(window=32)).eval()
    windows = WindowEncoder.from_file(encoder / "tokenizer.json", window=32)
    vectors = segment_vectors(model, documents, windows=windows)
    assert vectors.dtype == np.float32
    assert vectors.shape == (sum(len(d.segments) for d in documents), HIDDEN)
    with torch.inference_mode():
        read = model.heads(torch.from_numpy(vectors)).numpy()
    np.testing.assert_allclose(read, torch_scores(model, windows, documents), atol=1e-4)


def test_a_folder_of_a_fit_and_its_model_give_the_same(world, tmp_path):
    encoder, documents = world
    model = MomentModel.from_encoder(encoder, TABLE, ModelConfig(window=32)).eval()
    model.save_pretrained(tmp_path)
    (tmp_path / "tokenizer.json").write_bytes((encoder / "tokenizer.json").read_bytes())
    windows = WindowEncoder.from_file(encoder / "tokenizer.json", window=32)
    np.testing.assert_array_equal(
        segment_vectors(tmp_path, documents), segment_vectors(model, documents, windows=windows)
    )


def test_a_plain_encoder_reads_documents_whatever_stands_beside_them(world):
    encoder, documents = world
    few = documents[-4:]
    together = segment_vectors(encoder, iter(few))
    alone = np.concatenate([segment_vectors(encoder, [document]) for document in few])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_documents_without_segments_have_no_rows(world):
    encoder, documents = world
    bare = replace(documents[0], segments=(), labels=())
    found = segment_vectors(encoder, [bare, documents[1]])
    np.testing.assert_array_equal(found, segment_vectors(encoder, [documents[1]]))
    assert segment_vectors(encoder, []).shape == (0, HIDDEN)


def test_a_model_keeps_its_mode(world):
    encoder, documents = world
    model = MomentModel.from_encoder(encoder, TABLE, ModelConfig(window=32)).train()
    windows = WindowEncoder.from_file(encoder / "tokenizer.json", window=32)
    segment_vectors(model, documents[:1], windows=windows)
    assert model.encoder.training


def test_windows_are_no_longer_than_an_encoder_reads(world):
    network, windows = load_encoder(str(world[0]))
    longest = windows.encode([" ".join(["bargain"] * 900)], [world[1][0].segments[:1]])
    assert max(len(window.ids) for found in longest for window in found) <= (
        network.config.max_position_embeddings
    )


def test_a_model_without_windows_is_refused(world):
    model = MomentModel.from_encoder(world[0], TABLE, ModelConfig(window=32))
    with pytest.raises(InputError, match="give windows="):
        segment_vectors(model, world[1])


def test_fits_are_refused_where_labels_are_judged(tmp_path):
    (tmp_path / "fitted").mkdir()
    (tmp_path / "fitted" / "config.json").write_text("{}")
    (tmp_path / "fitted" / "run.json").write_text("{}")
    with pytest.raises(InputError, match="may have learned these labels"):
        check_unlearned(str(tmp_path))
    check_unlearned("sentence-transformers/all-MiniLM-L6-v2")


def test_without_the_checkpoint_the_first_encoder_is_taken(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert default_encoder() == "sentence-transformers/all-MiniLM-L6-v2"
    checkpoint = tmp_path / "models" / "mot-minilm" / "checkpoint"
    checkpoint.mkdir(parents=True)
    (checkpoint / "config.json").write_text("{}")
    assert default_encoder() == "models/mot-minilm/checkpoint"
