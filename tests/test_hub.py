"""Bundles on the hub, which a folder stands for: found, pinned, cached, and what can go wrong told."""

from __future__ import annotations

import builtins
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import errors

import mot_nlp
from mot_nlp.bundle import FILES, MANIFEST, open_bundle
from mot_nlp.errors import BundleError, InputError
from mot_nlp.hub import fetch, parse_address
from tests.local_hub import LocalHub, refusal
from tests.tiny import BUNDLE

ADDRESS = "hf://kitelake/feedback"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub with one repository: the tiny bundle, beside files that are none of it."""
    hub = LocalHub(tmp_path / "hub", tmp_path / "cache").install(monkeypatch)
    for revision in ("main", "v1"):
        folder = hub.root / "kitelake" / "feedback" / revision
        shutil.copytree(BUNDLE, folder)
        (folder / "pytorch_model.bin").write_bytes(b"large")
        (folder / "onnx").mkdir()
        (folder / "onnx" / "model.bin").write_bytes(b"another")
    return hub


@pytest.mark.parametrize(
    ("address", "repository", "revision"),
    [
        ("hf://a/b", "a/b", None),
        ("hf://kite-lake/feed.back_2", "kite-lake/feed.back_2", None),
        ("hf://a/b@v1.0", "a/b", "v1.0"),
        ("hf://a/b@refs/pr/3", "a/b", "refs/pr/3"),
    ],
)
def test_an_address_names_repository_and_revision(address, repository, revision):
    assert parse_address(address) == (repository, revision)


@pytest.mark.parametrize(
    "address",
    [
        "hf://",
        "hf://a",
        "hf://a/b/c",
        "hf://a/b@",
        "hf://a/b@x y",
        "hf://a/ü",
        "hf://../b/..",
        "a/b",
    ],
)
def test_what_is_no_address_is_refused(address):
    with pytest.raises(InputError, match=r"is no address of a model; write hf://owner/name"):
        parse_address(address)


def test_a_bundle_on_the_hub_is_loaded_and_verified(hub):
    text = "The parcel came late and the box was broken."
    expected = mot_nlp.predict(text, model=str(BUNDLE))
    assert mot_nlp.predict(text, model=ADDRESS).equals(expected)
    assert mot_nlp.load(ADDRESS).bundle.sha256 == open_bundle(BUNDLE).sha256


def test_nothing_is_fetched_but_the_files_of_a_bundle(hub):
    folder = fetch(ADDRESS, (MANIFEST, *FILES))
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert found == {MANIFEST, *FILES}


def test_a_revision_is_the_one_that_is_meant(hub):
    (hub.root / "kitelake" / "feedback" / "v1" / MANIFEST).write_text("{}")
    open_bundle(ADDRESS)
    with pytest.raises(BundleError, match="format version"):
        open_bundle(f"{ADDRESS}@v1")


def test_without_a_network_the_cache_will_do(hub):
    fetched = open_bundle(ADDRESS)
    hub.online = False
    assert open_bundle(ADDRESS).path == fetched.path
    with pytest.raises(
        BundleError, match=r"cannot be reached, and the cache does not hold it .* online"
    ):
        open_bundle(f"{ADDRESS}@v1")


def test_a_file_that_was_changed_on_the_way_is_noticed(hub):
    with (hub.root / "kitelake" / "feedback" / "main" / "model.bin").open("ab") as file:
        file.write(b"more")
    with pytest.raises(BundleError, match=r"model\.bin was changed"):
        open_bundle(ADDRESS)


def test_a_repository_that_holds_no_bundle_is_none(hub):
    (hub.root / "kitelake" / "feedback" / "main" / MANIFEST).unlink()
    with pytest.raises(BundleError, match=r"holds no bundle\.json"):
        open_bundle(ADDRESS)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (errors.RepositoryNotFoundError, "no such repository, or it is private; log in"),
        (errors.RevisionNotFoundError, "no such revision"),
        (errors.GatedRepoError, "terms to be accepted"),
        (errors.HFValidationError, "no name that a repository"),
        (errors.OfflineModeIsEnabled, "cannot be reached"),
        (errors.LocalEntryNotFoundError, "cannot be reached"),
        (errors.HfHubHTTPError, "could not be fetched"),
        (RuntimeError, r"could not be fetched \(RuntimeError: first line\)"),
    ],
)
def test_what_goes_wrong_is_told(hub, error, message):
    hub.broken = refusal(error, "first line\nsecond line")
    with pytest.raises(BundleError, match=message):
        fetch(ADDRESS, FILES)


def test_a_client_that_is_not_installed_is_named(monkeypatch):
    before = builtins.__import__

    def without(name, *rest):
        if name.startswith("huggingface_hub"):
            raise ImportError(name)
        return before(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match="pip install huggingface-hub"):
        fetch(ADDRESS, FILES)


def test_the_client_is_not_imported_before_it_is_needed():
    code = "import sys, mot_nlp.bundle; sys.exit('huggingface_hub' in sys.modules)"
    root = Path(__file__).resolve().parent.parent
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
