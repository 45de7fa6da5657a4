import numpy as np
import pytest
import torch

from mot_nlp.encoding import WindowEncoder
from tests.tiny import HIDDEN, TAXONOMY, write_encoder
from tests.training.labelled_world import LABELS, TAXONOMY_READ, document, documents
from training.config import HeadsConfig, LossConfig, ModelConfig
from training.heads_only import cached_vectors, fit_heads
from training.model import MomentModel

SENTIMENTS = TAXONOMY_READ.heads["sentiment"].labels
PART = TAXONOMY_READ.slices()["sentiment"]
WIDTH = TAXONOMY_READ.width


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    texts = [d.text for d in documents(20)]
    return write_encoder(tmp_path_factory.mktemp("encoder"), texts, vocabulary=200)


@pytest.fixture
def model(folder):
    torch.manual_seed(0)
    settings = ModelConfig(encoder=str(folder), taxonomy=str(TAXONOMY), window=64)
    return MomentModel.from_encoder(folder, TAXONOMY_READ, settings).eval()


def world(count, *, noise=0.0, seed=0, heads=("sentiment",)):
    """Vectors with the sentiment in them, documents with it as their label, and folds."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, 3, count)
    vectors = rng.normal(size=(count, HIDDEN)) + 3 * np.eye(HIDDEN)[kinds]
    told = np.where(rng.random(count) < noise, rng.integers(0, 3, count), kinds)
    docs = [
        document(f"d{n}", labels=[{"sentiment": SENTIMENTS[kind]} if "sentiment" in heads else {}])
        for n, kind in enumerate(told)
    ]
    return vectors.astype(np.float32), docs, np.arange(count) % 4, kinds


def fitted(model, vectors, docs, folds, carried=(), **settings):
    return fit_heads(
        model, vectors, docs, folds, carried, TAXONOMY_READ, LossConfig(), HeadsConfig(**settings)
    )


def answers(model, vectors):
    with torch.inference_mode():
        return model.heads(torch.from_numpy(vectors)).numpy()[:, PART].argmax(axis=1)


def test_heads_learn_what_the_vectors_tell(model):
    vectors, docs, folds, _ = world(120)
    found = fitted(model, vectors, docs, folds)
    new, _, _, kinds = world(200, seed=1)
    assert (answers(model, new) == kinds).mean() > 0.9
    assert found.penalties["sentiment"] is not None
    assert found.scores.shape == (120, WIDTH)


def test_the_encoder_stays_as_it_is(model):
    before = {name: weights.clone() for name, weights in model.encoder.state_dict().items()}
    fitted(model, *world(40)[:3])
    for name, weights in model.encoder.state_dict().items():
        assert torch.equal(weights, before[name])


def test_scores_across_the_folds_are_by_heads_that_had_not_seen_them(model):
    """On labels of pure chance a head that has seen them is right far more often than one in three."""
    vectors, docs, folds, _ = world(120, noise=1.0)
    found = fitted(model, vectors, docs, folds, penalties=(0.001,))
    gold = np.array([SENTIMENTS.index(d.labels[0]["sentiment"]) for d in docs])
    assert (found.scores[:, PART].argmax(axis=1) == gold).mean() < 0.5
    assert (answers(model, vectors) == gold).mean() > 0.7


def test_a_head_without_labels_stays_and_a_fresh_one_is_empty(model):
    before = model.heads.weight[0].clone()
    vectors, docs, folds, _ = world(40)
    found = fitted(model, vectors, docs, folds, carried=[0])
    assert torch.equal(model.heads.weight[0], before)
    assert not model.heads.weight[1].any()
    assert found.penalties["stage"] is None


def test_a_head_that_is_good_is_kept_when_the_new_labels_are_noise(model):
    vectors, docs, folds, _ = world(120)
    carried = range(PART.start, PART.stop)
    fitted(model, vectors, docs, folds)
    before = model.heads.weight[PART].clone()
    vectors, docs, folds, kinds = world(30, noise=0.7, seed=5)
    fitted(model, vectors, docs, folds, carried=carried, penalties=(0.01,))
    new, _, _, kinds = world(200, seed=1)
    assert (answers(model, new) == kinds).mean() > 0.85
    assert torch.equal(model.heads.weight[PART], before)


def test_equal_data_give_equal_heads(folder):
    settings = ModelConfig(encoder=str(folder), taxonomy=str(TAXONOMY), window=64)
    weights = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        own = MomentModel.from_encoder(folder, TAXONOMY_READ, settings)
        fitted(own, *world(60)[:3])
        weights.append(own.heads.weight)
    assert torch.equal(*weights)


def test_vectors_are_read_once(model, folder, tmp_path, monkeypatch):
    encoder = WindowEncoder.from_file(folder / "tokenizer.json", window=64)
    docs = documents(4, labels=[LABELS, LABELS])
    found = cached_vectors(model, docs, encoder, tmp_path)
    assert found.shape == (8, HIDDEN)
    [file] = tmp_path.iterdir()
    monkeypatch.setattr("training.heads_only.segment_vectors", lambda *_, **__: 1 / 0)
    np.testing.assert_array_equal(cached_vectors(model, docs, encoder, tmp_path), found)
    with pytest.raises(ZeroDivisionError):  # other documents have vectors of their own
        cached_vectors(model, docs[:3], encoder, tmp_path)
    with torch.no_grad():
        next(model.encoder.parameters()).add_(1)
    with pytest.raises(ZeroDivisionError):  # as has another encoder
        cached_vectors(model, docs, encoder, tmp_path)
    assert list(tmp_path.iterdir()) == [file]
