import shutil

import pytest
import torch

from mot_nlp.errors import BundleError, InputError
from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import BUNDLE, TAXONOMY, write_encoder
from training.checkpoint import save_half
from training.config import Config, ModelConfig
from training.model import MomentModel, carried_rows
from training.start import meant, starting_folder, tokenizer_of

SHIPPED = read_taxonomy(TAXONOMY)


def settings(folder):
    return ModelConfig(encoder=str(folder), taxonomy=str(TAXONOMY), window=64, emojis=False)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A fit's folder, and a checkpoint of it in half precision."""
    folder = tmp_path_factory.mktemp("start")
    encoder = write_encoder(folder / "encoder", ["some words to know", "and more of them"])
    model = MomentModel.from_encoder(encoder, SHIPPED, settings(encoder))
    fitted = folder / "run" / "fitted"
    model.save_pretrained(fitted)
    shutil.copyfile(encoder / "tokenizer.json", fitted / "tokenizer.json")
    shutil.copyfile(TAXONOMY, fitted / "taxonomy.toml")
    checkpoint = folder / "bundle" / "checkpoint"
    save_half(fitted, checkpoint)
    return folder, model, encoder, fitted, checkpoint


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Other stages, but for two; a touchpoint more; the other heads as they are."""
    text = TAXONOMY.read_text(encoding="utf-8")
    for name in ("awareness", "consideration"):
        text = text.replace(f'"{name}"', f'"my_{name}"').replace(f"\n{name} =", f"\nmy_{name} =")
    text = text.replace('"overall", "none",', '"lifts", "overall", "none",')
    path = tmp_path_factory.mktemp("own") / "taxonomy.toml"
    path.write_text(text, encoding="utf-8")
    return read_taxonomy(path)


def rows_of(taxonomy):
    return [(head, label) for head, labels in taxonomy.outputs for label in labels]


def test_labels_that_are_known_are_taken_over_one_by_one(world, own):
    _, model, _, fitted, _ = world
    old, new = rows_of(SHIPPED), rows_of(own)
    shared = {new.index(name): old.index(name) for name in new if name in old}
    assert carried_rows(fitted, own) == shared
    fresh = [row for row in range(len(new)) if row not in shared]
    assert {new[row] for row in fresh} == {
        ("stage", "my_awareness"), ("stage", "my_consideration"), ("touchpoint", "lifts"),
    }  # fmt: skip
    torch.manual_seed(4)
    made = MomentModel.from_encoder(fitted, own, settings(fitted))
    for row, before in shared.items():
        assert torch.equal(made.heads.weight[row], model.heads.weight[before])
        assert made.heads.bias[row] == model.heads.bias[before]
    assert not any(torch.equal(made.heads.weight[f], w) for f in fresh for w in model.heads.weight)


def test_equal_labels_are_all_taken_over_from_the_half_precision_checkpoint(world):
    _, model, _, _, checkpoint = world
    made = MomentModel.from_encoder(checkpoint, SHIPPED, settings(checkpoint))
    assert made.heads.weight.dtype == torch.float32
    torch.testing.assert_close(made.heads.weight, model.heads.weight.half().float())
    assert len(carried_rows(checkpoint, SHIPPED)) == SHIPPED.width


def test_a_plain_encoder_knows_no_labels(world, tmp_path):
    encoder = shutil.copytree(world[2], tmp_path / "encoder")
    assert carried_rows(encoder, SHIPPED) == {}
    shutil.copyfile(TAXONOMY, encoder / "taxonomy.toml")
    assert carried_rows(encoder, SHIPPED) == {}


def test_a_fit_and_a_bundle_stand_for_the_weights_inside_them(world):
    folder, _, encoder, fitted, checkpoint = world
    assert meant(str(folder / "run")) == str(fitted)
    assert meant(str(folder / "bundle")) == str(checkpoint)
    assert meant(str(encoder)) == str(encoder)
    assert (
        meant("sentence-transformers/all-MiniLM-L6-v2") == "sentence-transformers/all-MiniLM-L6-v2"
    )


def test_a_bundle_without_a_checkpoint_is_told():
    with pytest.raises(InputError, match="is a bundle without a checkpoint/"):
        starting_folder(str(BUNDLE))


def test_an_altered_checkpoint_is_refused(world, tmp_path):
    checkpoint = shutil.copytree(world[4], tmp_path / "checkpoint")
    assert starting_folder(str(checkpoint)) == checkpoint
    with (checkpoint / "tokenizer.json").open("a") as file:
        file.write("\n")
    with pytest.raises(BundleError, match=r"tokenizer\.json has sha256"):
        starting_folder(str(checkpoint))


def test_an_encoder_without_a_fast_tokenizer_is_told(world, tmp_path):
    encoder = shutil.copytree(world[2], tmp_path / "encoder")
    (encoder / "tokenizer.json").unlink()
    with pytest.raises(InputError, match=r"has no tokenizer\.json; name an encoder with a fast"):
        starting_folder(str(encoder))


def test_the_tokenizer_neither_cuts_nor_pads(world):
    _, model, _, fitted, _ = world
    config = Config(model=settings(fitted))
    found = tokenizer_of(fitted, model, config)
    assert found.truncation is None
    assert found.padding is None
