"""The model folder: written, verified, and every kind of damage named."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mot_nlp import bundle as bundle_module
from mot_nlp.bundle import (
    FILES,
    FORMAT_VERSION,
    MANIFEST,
    Manifest,
    bundle_path,
    file_sha256,
    open_bundle,
    shipped_path,
    verify,
    write_manifest,
)
from mot_nlp.errors import BundleError, InputError
from tests.tiny import BUNDLE


@pytest.fixture
def folder(tmp_path, taxonomy, taxonomy_path):
    """A sound bundle whose model is a few bytes that nobody can run."""
    place = tmp_path / "mine"
    place.mkdir()
    for name in FILES:
        (place / name).write_bytes(f"bytes of {name}\0\xff".encode("latin-1"))
    shutil.copy(taxonomy_path, place / "taxonomy.toml")
    manifest = Manifest(
        name="mine",
        precision="int8",
        precisions=("int8", "fp32"),
        window=256,
        heads={name: list(head.labels) for name, head in taxonomy.heads.items()},
        temperatures={"stage": 1.25},
        metrics={"stage": {"macro_f1": 0.8}},
    )
    write_manifest(place, manifest)
    return place


def rewrite(folder, **changes):
    """Change entries of the manifest, or drop those given as None."""
    path = folder / MANIFEST
    table = json.loads(path.read_text(encoding="utf-8")) | changes
    table = {name: value for name, value in table.items() if value is not None}
    path.write_text(json.dumps(table), encoding="utf-8")


# ---------------------------------------------------------------- sound
def test_a_bundle_says_what_was_written(folder, taxonomy):
    bundle = open_bundle(folder)
    assert bundle.path == folder
    assert bundle.taxonomy == taxonomy
    manifest = bundle.manifest
    assert (manifest.name, manifest.precision, manifest.window) == ("mine", "int8", 256)
    assert manifest.precisions == ("int8", "fp32")
    assert manifest.temperatures == {"stage": 1.25}
    assert manifest.metrics == {"stage": {"macro_f1": 0.8}}
    assert manifest.format_version == FORMAT_VERSION


def test_the_manifest_holds_the_hash_of_every_other_file(folder):
    bundle = open_bundle(str(folder))
    assert set(bundle.manifest.sha256) == set(FILES)
    for name, recorded in bundle.manifest.sha256.items():
        assert recorded == hashlib.sha256(bundle.file(name).read_bytes()).hexdigest()


def test_writing_the_manifest_again_changes_nothing(folder):
    before = (folder / MANIFEST).read_bytes()
    write_manifest(folder, open_bundle(folder).manifest)
    assert (folder / MANIFEST).read_bytes() == before


def test_one_hash_stands_for_the_whole_bundle(folder):
    before = open_bundle(folder).sha256
    assert open_bundle(folder).sha256 == before
    manifest = open_bundle(folder).manifest
    (folder / "model.bin").write_bytes(b"other weights")
    write_manifest(folder, manifest)
    assert open_bundle(folder).sha256 != before


def test_files_beside_the_bundle_are_left_alone(folder):
    (folder / "checkpoint").mkdir()
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    assert open_bundle(folder).manifest.name == "mine"


# ---------------------------------------------------------------- damaged files
@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(BundleError, match=rf"{re.escape(name)} cannot be read .*No such file"):
        open_bundle(folder)


@pytest.mark.parametrize("name", FILES)
def test_one_changed_byte_is_named(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(BundleError, match=rf"{re.escape(name)} was changed: .* recorded is"):
        open_bundle(folder)


def test_a_folder_in_place_of_a_file_is_named(folder):
    (folder / "model.bin").unlink()
    (folder / "model.bin").mkdir()
    with pytest.raises(BundleError, match=r"model\.bin cannot be read"):
        open_bundle(folder)


def test_a_taxonomy_of_other_labels_is_named(folder):
    heads = open_bundle(folder).manifest.heads
    rewrite(folder, heads=heads | {"pivotal": ["yes", "no"]})
    with pytest.raises(BundleError, match=r"taxonomy\.toml and bundle\.json name different labels"):
        open_bundle(folder)


# ---------------------------------------------------------------- damaged manifests
def test_a_missing_manifest_is_named(folder):
    (folder / MANIFEST).unlink()
    with pytest.raises(BundleError, match=r"holds no bundle\.json"):
        open_bundle(folder)


@pytest.mark.parametrize(
    "content",
    [b"", b'{"name": "mine",', b"\xff\xfe{}", b"PK\x03\x04"],
    ids=["empty", "cut off", "not utf-8", "archive"],
)
def test_a_manifest_that_is_no_json_is_named(folder, content):
    (folder / MANIFEST).write_bytes(content)
    with pytest.raises(BundleError, match=r"bundle\.json cannot be read"):
        open_bundle(folder)


@pytest.mark.parametrize("content", ["[]", "3", "null"])
def test_a_manifest_that_is_no_table_is_named(folder, content):
    (folder / MANIFEST).write_text(content, encoding="utf-8")
    with pytest.raises(BundleError, match=r"bundle\.json has format version None"):
        open_bundle(folder)


@pytest.mark.parametrize("version", [FORMAT_VERSION + 1, "1", None], ids=repr)
def test_an_unknown_format_version_is_named(folder, version):
    rewrite(folder, format_version=version)
    with pytest.raises(BundleError, match=rf"bundle\.json has format version {version!r}; .*reads"):
        open_bundle(folder)


@pytest.mark.parametrize("entry", ["name", "precisions", "window", "heads", "temperatures"])
def test_a_missing_entry_is_named(folder, entry):
    rewrite(folder, **{entry: None})
    with pytest.raises(BundleError, match=rf"bundle\.json lacks or misnames an entry: .*{entry}"):
        open_bundle(folder)


def test_an_entry_of_another_name_is_named(folder):
    rewrite(folder, colour="blue")
    with pytest.raises(BundleError, match=r"bundle\.json lacks or misnames an entry: .*colour"):
        open_bundle(folder)


def test_a_precision_that_is_not_listed_is_named(folder):
    rewrite(folder, precision="bf16")
    with pytest.raises(
        BundleError,
        match=r"bundle\.json: precision is 'bf16' of .* a bundle holds the one it names",
    ):
        open_bundle(folder)


def test_a_file_without_a_hash_is_named(folder):
    hashes = open_bundle(folder).manifest.sha256
    rewrite(folder, sha256={name: hashes[name] for name in FILES if name != "model.bin"})
    with pytest.raises(BundleError, match=r"bundle\.json records no hash of model\.bin"):
        open_bundle(folder)


@pytest.mark.parametrize("name", ["weights.pkl", "../outside.txt", "/etc/hostname"])
def test_a_file_that_no_bundle_holds_is_named_and_not_read(folder, name):
    hashes = open_bundle(folder).manifest.sha256
    rewrite(folder, sha256=hashes | {name: "0" * 64})
    with pytest.raises(BundleError, match=rf"bundle\.json names '{name}', which no bundle holds"):
        open_bundle(folder)


# ---------------------------------------------------------------- no bundle at all
def test_no_folder_is_named(tmp_path):
    with pytest.raises(BundleError, match=r"no model bundle at .*nowhere; name the folder"):
        open_bundle(tmp_path / "nowhere")


def test_a_file_instead_of_a_folder_is_named(folder):
    with pytest.raises(BundleError, match=r"no model bundle at .*model\.xml"):
        open_bundle(folder / "model.xml")


def test_an_empty_folder_is_no_bundle(tmp_path):
    with pytest.raises(BundleError, match=r"holds no bundle\.json, so it is no model bundle"):
        open_bundle(tmp_path)


def test_where_the_shipped_model_is_missing_both_places_are_named(monkeypatch):
    monkeypatch.setitem(bundle_module.SHIPPED, "default", "never-shipped")
    with pytest.raises(BundleError, match=r"mot_nlp.*never-shipped nor .*models.*never-shipped"):
        shipped_path()
    with pytest.raises(BundleError, match="never-shipped"):
        open_bundle()


def test_shipped_models_have_names(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fast").mkdir()
    assert bundle_path(None) == bundle_path("default") == shipped_path()
    assert bundle_path("fast") == shipped_path("fast") != shipped_path()
    assert bundle_path("./fast") == Path("fast")
    assert bundle_path(Path("fast")) == Path("fast")


# ---------------------------------------------------------------- one file
def test_verify_accepts_the_recorded_hash_and_no_other(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_bytes(b"\x00" * 10)
    verify(path, file_sha256(path))
    with pytest.raises(BundleError, match=r"weights\.bin was changed"):
        verify(path, "0" * 64)


def test_a_manifest_is_not_written_over_missing_files(folder):
    manifest = open_bundle(folder).manifest
    (folder / "README.md").unlink()
    with pytest.raises(BundleError, match=r"README\.md cannot be read"):
        write_manifest(folder, manifest)


def test_the_precision_to_compute_in_is_one_that_the_bundle_holds():
    bundle = open_bundle(BUNDLE)
    assert bundle.checked_precision(None) == bundle.manifest.precision
    for held in bundle.manifest.precisions:
        assert bundle.checked_precision(held) == held
    both = replace(bundle, manifest=replace(bundle.manifest, precisions=("int8", "fp32")))
    assert both.checked_precision("fp32") == "fp32"
    with pytest.raises(
        InputError, match="precision 'bf16' is not in this bundle, which holds int8, fp32"
    ):
        both.checked_precision("bf16")
