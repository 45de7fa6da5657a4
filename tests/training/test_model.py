import json
import shutil

import numpy as np
import pytest
import torch

from mot_nlp.encoding import WindowEncoder
from mot_nlp.errors import BundleError, InputError
from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import TAXONOMY, write_encoder
from tests.training.worlds import write_corpus
from training.checkpoint import check_sha256, load_fitted, resolve_encoder, save_half
from training.collate import MISSING, Collator, examples, label_indices
from training.config import ModelConfig
from training.corpus import read_corpus
from training.evaluate import torch_scores
from training.model import MomentModel, carried_settings


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    taxonomy = read_taxonomy(TAXONOMY)
    documents = read_corpus(write_corpus(folder / "corpus"), taxonomy)
    encoder = write_encoder(folder / "encoder", [d.text for d in documents], vocabulary=300)
    model = MomentModel.from_encoder(encoder, taxonomy, ModelConfig(window=64, dropout=0.0)).eval()
    windows = WindowEncoder.from_file(encoder / "tokenizer.json", window=64)
    return folder, taxonomy, documents, model, windows


def test_training_and_inference_score_segments_alike(world):
    _, taxonomy, documents, model, windows = world
    rows = examples(documents, windows, taxonomy)
    batch = Collator(windows.padding)(rows.to_list())
    with torch.inference_mode():
        logits = model(**batch)["logits"].numpy()
    np.testing.assert_allclose(logits, torch_scores(model, windows, documents), atol=1e-5)


def test_the_mean_of_token_scores_is_the_score_of_the_mean(world):
    _, taxonomy, documents, model, windows = world
    batch = Collator(windows.padding)(examples(documents[:1], windows, taxonomy).to_list())
    with torch.inference_mode():
        tokens = model.token_scores(batch["input_ids"], batch["attention_mask"])[0]
        logits = model(**batch)["logits"]
    first = tokens[batch["segment_ids"][0] == 0].mean(dim=0)
    assert torch.allclose(first, logits[0], atol=1e-5)


def test_pretrained_weights_are_taken_over(world):
    folder, _, _, model, _ = world
    from transformers import AutoModel

    pretrained = AutoModel.from_pretrained(folder / "encoder")
    name = "embeddings.word_embeddings.weight"
    assert torch.equal(model.encoder.state_dict()[name], pretrained.state_dict()[name])
    assert not [key for key in model.state_dict() if "pooler" in key]


def test_saved_and_loaded_again(world, tmp_path):
    _, _, documents, model, windows = world
    model.save_pretrained(tmp_path / "fitted")
    loaded = load_fitted(tmp_path / "fitted")
    expected = torch_scores(model, windows, documents[:4])
    np.testing.assert_array_equal(torch_scores(loaded, windows, documents[:4]), expected)


def test_half_precision_checkpoint_is_close_and_guarded(world, tmp_path):
    folder, _, documents, model, windows = world
    model.save_pretrained(tmp_path / "fitted")
    (tmp_path / "fitted" / "tokenizer.json").write_bytes(
        (folder / "encoder" / "tokenizer.json").read_bytes()
    )
    shutil.copy(TAXONOMY, tmp_path / "fitted" / "taxonomy.toml")
    save_half(tmp_path / "fitted", tmp_path / "half")
    half = load_fitted(tmp_path / "half")
    np.testing.assert_allclose(
        torch_scores(half, windows, documents[:4]),
        torch_scores(model, windows, documents[:4]),
        atol=0.02,
    )
    (tmp_path / "half" / "tokenizer.json").write_text("{}")
    with pytest.raises(BundleError, match=r"tokenizer\.json has sha256 .*, expected"):
        load_fitted(tmp_path / "half")


def test_collator_numbers_segments_through_the_batch(world):
    _, taxonomy, documents, _, windows = world
    rows = examples(documents[:3], windows, taxonomy).to_list()
    batch = Collator(windows.padding)(rows)
    count = sum(len(d.segments) for d in documents[:3])
    assert batch["labels"].shape == (count, len(taxonomy.heads))
    assert set(batch["segment_ids"].unique().tolist()) - {-1} == set(range(count))
    assert batch["input_ids"].shape[1] % 16 == 0
    assert (batch["attention_mask"].sum(dim=1) == torch.tensor([r["length"] for r in rows])).all()


def test_labels_not_given_are_marked_missing():
    taxonomy = read_taxonomy(TAXONOMY)
    assert label_indices({"sentiment": "positive"}, taxonomy) == [MISSING] * 3 + [2, MISSING]


def test_encoder_of_a_local_folder(world):
    folder, *_ = world
    assert resolve_encoder(str(folder / "encoder")) == folder / "encoder"


def test_unknown_encoder_says_where_it_looked(monkeypatch):
    monkeypatch.setattr("training.checkpoint._from_hub", lambda _: None)
    with pytest.raises(InputError, match="no local folder, not in the hub's cache"):
        resolve_encoder("nobody/nothing")


def test_missing_fit_says_what_to_run(tmp_path):
    with pytest.raises(InputError, match="run 'python -m training fit"):
        load_fitted(tmp_path)


def test_missing_weights(tmp_path):
    with pytest.raises(BundleError, match=r"model\.safetensors is missing"):
        check_sha256(tmp_path / "model.safetensors", "0")


# ---------------------------------------------------------------- what a model starts from
def test_a_fitted_model_gives_its_encoder_and_its_heads(world, tmp_path):
    _, taxonomy, _, model, _ = world
    model.save_pretrained(tmp_path)
    shutil.copy(TAXONOMY, tmp_path / "taxonomy.toml")
    again = MomentModel.from_encoder(tmp_path, taxonomy, ModelConfig(window=64))
    assert all(
        torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True)
    )


@pytest.fixture(scope="module")
def fitted(world, tmp_path_factory):
    """A fitted model of another window and bound than those of pretrained encoders."""
    folder, taxonomy, *_ = world
    path = tmp_path_factory.mktemp("fitted")
    settings = ModelConfig(window=48, activation_limit=0.5)
    MomentModel.from_encoder(folder / "encoder", taxonomy, settings).save_pretrained(path)
    return path


def decided(settings, folder):
    found = carried_settings(settings, folder)
    return found.window, found.activation_limit, found.emojis


def test_what_is_left_open_is_as_the_fitted_model_has_it(world, fitted):
    assert decided(ModelConfig(), fitted) == (48, 0.5, False)
    again = MomentModel.from_encoder(fitted, world[1], ModelConfig())
    assert (again.config.window, again.config.activation_limit) == (48, 0.5)
    act = again.encoder.encoder.layer[0].intermediate.intermediate_act_fn
    assert act(torch.tensor([9.0])).item() == 0.5


def test_what_is_asked_for_holds_whatever_it_starts_from(fitted):
    asked = ModelConfig(window=32, activation_limit=0.0, emojis=True)
    assert decided(asked, fitted) == (32, 0.0, True)
    assert decided(ModelConfig(window=32), fitted) == (32, 0.5, False)


def test_pretrained_encoders_have_the_usual_window_bound_and_emojis(world, tmp_path):
    encoder = shutil.copytree(world[0] / "encoder", tmp_path / "encoder")
    described = json.loads((encoder / "config.json").read_text())
    for positions, window in ((512, 256), (128, 128)):
        described["max_position_embeddings"] = positions
        (encoder / "config.json").write_text(json.dumps(described))
        assert decided(ModelConfig(), encoder) == (window, 6.0, True)


def test_layers_are_kept_by_number(world):
    folder, taxonomy, _, model, _ = world
    settings = ModelConfig(window=64, layers=(1,))
    small = MomentModel.from_encoder(folder / "encoder", taxonomy, settings)
    assert small.config.encoder["num_hidden_layers"] == 1
    whole, kept = model.encoder.encoder.layer[1], small.encoder.encoder.layer[0]
    pairs = zip(whole.parameters(), kept.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_a_layer_that_is_not_there(world):
    folder, taxonomy, *_ = world
    with pytest.raises(InputError, match="names layer 2; the encoder has 2"):
        MomentModel.from_encoder(folder / "encoder", taxonomy, ModelConfig(layers=(0, 2)))


def test_activations_are_limited_after_saving_too(world, tmp_path):
    folder, taxonomy, *_ = world
    settings = ModelConfig(window=64, activation_limit=0.5)
    MomentModel.from_encoder(folder / "encoder", taxonomy, settings).save_pretrained(tmp_path)
    for layer in load_fitted(tmp_path).encoder.encoder.layer:
        assert layer.intermediate.intermediate_act_fn(torch.tensor([9.0])).item() == 0.5
    free = MomentModel.from_encoder(
        folder / "encoder", taxonomy, ModelConfig(window=64, activation_limit=0)
    )
    act = free.encoder.encoder.layer[0].intermediate.intermediate_act_fn
    assert act(torch.tensor([9.0])).item() == pytest.approx(9.0)
