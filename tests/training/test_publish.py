"""Bundles pushed to a folder that stands for the hub, and what is not pushed."""

import shutil
from dataclasses import asdict, replace

import pytest
import typer
from huggingface_hub import errors
from typer.testing import CliRunner

from mot_nlp.bundle import FILES, MANIFEST, open_bundle, write_manifest
from mot_nlp.errors import BundleError, InputError, OutputError
from tests.local_hub import LocalHub, Response, refusal
from tests.tiny import BUNDLE
from training.commands.publishing import push_command
from training.parity import Parity
from training.publish import push

REPOSITORY = "kitelake/feedback"
GRAPHS = ("int8", "int8-spared", "bf16", "fp32")


@pytest.fixture
def hub(tmp_path, monkeypatch):
    return LocalHub(tmp_path / "hub", tmp_path / "cache").install(monkeypatch)


@pytest.fixture
def bundle(tmp_path):
    """A bundle beside which lies what is none of it."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    for name in (MANIFEST, *FILES):
        shutil.copy(BUNDLE / name, folder / name)
    (folder / "checkpoint").mkdir()
    (folder / "checkpoint" / "model.bin").write_bytes(b"weights")
    (folder / "labelled.jsonl").write_text("what customers wrote")
    manifest = open_bundle(folder).manifest
    heads = dict.fromkeys(manifest.heads, 1.0)
    rows = [asdict(Parity(name, heads, dict.fromkeys(heads, 0.0), 9.0, 1000)) for name in GRAPHS]
    write_manifest(folder, replace(manifest, metrics=manifest.metrics | {"parity": rows}))
    return folder


def changed(folder, **metrics):
    """The bundle with other figures in its manifest."""
    manifest = open_bundle(folder).manifest
    write_manifest(folder, replace(manifest, metrics=manifest.metrics | metrics))


def names(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_bundle_is_pushed_as_it_is_and_nothing_beside_it(hub, bundle):
    pushed = push(bundle, REPOSITORY)
    there = hub.root / REPOSITORY / "main"
    assert names(there) == {MANIFEST, *FILES}
    assert open_bundle(there).sha256 == open_bundle(bundle).sha256 == pushed.sha256
    assert open_bundle(pushed.address).sha256 == pushed.sha256
    assert [name for name, _ in hub.calls if name != "snapshot_download"] == [
        "create_repo", "upload_folder",
    ]  # fmt: skip


def test_a_later_push_does_not_move_what_is_pinned(hub, bundle):
    first = push(bundle, REPOSITORY)
    changed(bundle, behaviour={})
    second = push(bundle, REPOSITORY)
    assert open_bundle(first.pinned).sha256 == first.sha256
    assert open_bundle(first.address).sha256 == second.sha256 != first.sha256


def test_a_revision_is_a_branch_of_its_own(hub, bundle):
    pushed = push(bundle, REPOSITORY, revision="v2", message="Second labels")
    assert pushed.address == f"hf://{REPOSITORY}@v2"
    assert not names(hub.root / REPOSITORY / "main")
    assert open_bundle(pushed.address).sha256 == pushed.sha256
    assert hub.calls[-2][1]["commit_message"] == "Second labels"


def test_what_should_be_private_is(hub, bundle):
    push(bundle, REPOSITORY, private=True)
    assert REPOSITORY in hub.private
    push(bundle, REPOSITORY, private=True)  # and may be pushed again


def test_private_does_not_hold_for_a_repository_that_is_public(hub, bundle):
    (hub.root / REPOSITORY / "main").mkdir(parents=True)
    with pytest.raises(OutputError, match="is public, so --private would not hold"):
        push(bundle, REPOSITORY, private=True)
    assert not names(hub.root / REPOSITORY)


@pytest.mark.parametrize("name", ["feedback", "a/b/c", "hf://a/b", "a b/c", "", "/b"])
def test_a_repository_has_an_owner_and_a_name(hub, bundle, name):
    with pytest.raises(InputError, match="write owner/name"):
        push(bundle, name)
    assert not hub.calls


def test_a_bundle_that_was_changed_is_not_pushed(hub, bundle):
    (bundle / "README.md").write_text("another card")
    with pytest.raises(BundleError, match=r"README\.md was changed"):
        push(bundle, REPOSITORY)
    assert not hub.calls


def test_a_card_that_the_hub_cannot_read_is_none(hub, bundle):
    manifest = open_bundle(bundle).manifest
    (bundle / "README.md").write_text("# A model\n")
    write_manifest(bundle, manifest)
    with pytest.raises(BundleError, match=r"lacks the front matter .* export the bundle again"):
        push(bundle, REPOSITORY)
    assert not hub.calls


@pytest.mark.parametrize(
    ("share", "message"),
    [(0.9, r"fails the parity gate: .* on 90\.0%"), (None, "does not say how its graph compares")],
    ids=["fails", "says nothing"],
)
def test_a_bundle_that_does_not_say_what_was_fitted_is_not_pushed(hub, bundle, share, message):
    rows = open_bundle(bundle).manifest.metrics["parity"]
    for row in rows:
        row["agreement"]["stage"] = share
    changed(bundle, parity=rows if share else [])
    with pytest.raises(BundleError, match=message):
        push(bundle, REPOSITORY)
    assert not hub.calls


@pytest.mark.parametrize("graph", GRAPHS)
def test_it_is_the_graph_that_is_shipped_that_must_pass(hub, bundle, graph):
    manifest = open_bundle(bundle).manifest
    own = next(row for row in manifest.metrics["parity"] if row["candidate"] == graph)
    own["agreement"]["stage"] = 0.5
    write_manifest(bundle, replace(manifest, run=manifest.run | {"graph": graph}))
    with pytest.raises(BundleError, match="fails the parity gate"):
        push(bundle, REPOSITORY)
    write_manifest(bundle, replace(manifest, run=manifest.run | {"graph": "none of them"}))
    with pytest.raises(BundleError, match="does not say"):
        push(bundle, REPOSITORY)


def forbidden(status):
    error = refusal(errors.HfHubHTTPError, "no\nmore")
    error.response = Response()
    error.response.status_code = status
    return error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (forbidden(401), "does not let you write"),
        (forbidden(403), "with a token that may write"),
        (forbidden(500), r"the hub refused kitelake/feedback \(500\): no$"),
        (errors.LocalTokenNotFoundError("none"), "nobody is logged in"),
        (errors.HFValidationError("bad"), "is no name that a repository"),
        (ConnectionError("no route"), "cannot be reached .* nothing was pushed"),
    ],
    ids=["unknown", "read only", "broken", "no token", "name", "offline"],
)
def test_what_goes_wrong_is_told(hub, bundle, error, message):
    hub.broken = error
    with pytest.raises(OutputError, match=message):
        push(bundle, REPOSITORY)


def test_the_command_says_how_to_load_it(hub, bundle):
    app = typer.Typer()
    app.command()(push_command)
    result = CliRunner().invoke(app, [str(bundle), REPOSITORY, "--private", "--revision", "v1"])
    assert result.exit_code == 0, result.output
    assert f"--model hf://{REPOSITORY}@v1" in result.output
    assert "states no licence" not in result.output
    assert REPOSITORY in hub.private
