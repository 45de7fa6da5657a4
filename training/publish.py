"""A bundle to a repository of the Hugging Face hub, from where ``hf://owner/name`` loads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mot_nlp.bundle import FILES, MANIFEST, open_bundle
from mot_nlp.errors import BundleError, InputError, OutputError
from mot_nlp.hub import LOGIN, REPOSITORY, SCHEME
from mot_nlp.version import VERSION
from training.parity import Parity

if TYPE_CHECKING:
    from pathlib import Path

    from huggingface_hub import HfApi

    from mot_nlp.bundle import Bundle


@dataclass(frozen=True, slots=True)
class Pushed:
    """Where a bundle went.

    Attributes:
        address: What loads the newest state of it.
        pinned: What loads this very state, whatever comes after it.
        sha256: Of the bundle.
        licence: What its card states.
    """

    address: str
    pinned: str
    sha256: str
    licence: str


def push(
    bundle: str | Path,
    repository: str,
    *,
    private: bool = False,
    revision: str | None = None,
    message: str | None = None,
) -> Pushed:
    """Upload the files of a bundle, and nothing beside them, in one commit.

    The bundle goes as it is: its card has had what the hub reads since its export, so the hashes in
    ``bundle.json`` hold for the copy too.

    Args:
        bundle: Folder or name of a bundle.
        repository: ``owner/name``; it is made where there is none.
        private: Whether nobody else may see it.
        revision: Branch to push to, made where there is none; the main one if None.
        message: Of the commit; name and hash of the bundle if None.

    Raises:
        InputError: The name is none that a repository can have.
        BundleError: The bundle is not sound, does not pass its parity gate, or its card lacks what
            the hub reads.
        OutputError: The hub cannot be reached or refuses it, or a repository that should be private
            is public.
    """
    if not REPOSITORY.fullmatch(repository):
        raise InputError(f"{repository!r} is no name of a repository; write owner/name")
    opened = open_bundle(bundle)
    check_gate(opened)
    licence = card_licence(opened)
    from huggingface_hub import HfApi

    api = HfApi(library_name="mot-nlp", library_version=VERSION)
    told = message or f"{opened.manifest.name} ({opened.sha256[:12]})"
    try:
        commit = _upload(api, opened, repository, private=private, revision=revision, message=told)
    except OutputError:
        raise
    except Exception as error:  # the base of the client's errors changes from release to release
        raise OutputError(_told(repository, error)) from error
    address = f"{SCHEME}{repository}"
    newest = f"{address}@{revision}" if revision else address
    return Pushed(newest, f"{address}@{commit}", opened.sha256, licence)


def check_gate(bundle: Bundle) -> None:
    """Hold a bundle against the parity gate by what its manifest says.

    Raises:
        BundleError: It says nothing, or its graph does not pass.
    """
    graph, precision = bundle.manifest.run.get("graph"), bundle.manifest.precision
    try:
        rows = [Parity(**row) for row in bundle.manifest.metrics.get("parity", [])]
    except TypeError:
        rows = []  # of a version that told less
    # A manifest that does not name its graph is of an earlier version: one of this precision it is.
    own = [
        parity
        for parity in rows
        if (parity.candidate == graph if graph else parity.candidate.startswith(precision))
    ]
    if not own:
        raise BundleError(
            f"{bundle.path} does not say how its graph compares with the fitted model; export it again "
            "with 'python -m training export'"
        )
    if not any(parity.passes for parity in own):
        least = max(min(parity.agreement.values(), default=1.0) for parity in own)
        raise BundleError(
            f"{bundle.path} fails the parity gate: its labels agree with the fitted model's on {least:.1%} "
            "of a head; export it again"
        )


def card_licence(bundle: Bundle) -> str:
    """The licence that a bundle's card states.

    Raises:
        BundleError: The card has no front matter, which the hub reads, or states no licence in it.
    """
    from huggingface_hub import ModelCard

    card = ModelCard.load(bundle.file("README.md"))
    if not card.data.license:
        raise BundleError(
            f"{bundle.file('README.md')} is no model card: it lacks the front matter that the hub "
            "reads; export the bundle again with 'python -m training export'"
        )
    return str(card.data.get("license_name") or card.data.license)


def _upload(
    api: HfApi,
    bundle: Bundle,
    repository: str,
    *,
    private: bool,
    revision: str | None,
    message: str,
) -> str:
    """The hash of the commit."""
    api.create_repo(repository, private=private or None, exist_ok=True)
    if private and not api.repo_info(repository).private:
        raise OutputError(
            f"{repository} is there already and is public, so --private would not hold; make it private "
            "on its page on the hub, or name another"
        )
    if revision:
        api.create_branch(repository, branch=revision, exist_ok=True)
    commit = api.upload_folder(
        repo_id=repository,
        folder_path=bundle.path,
        allow_patterns=[MANIFEST, *FILES],
        revision=revision,
        commit_message=message,
    )
    return str(commit.oid)


def _told(repository: str, error: Exception) -> str:
    """What went wrong, and what to do."""
    from huggingface_hub import errors

    first = str(error).partition("\n")[0]
    if isinstance(error, errors.HFValidationError):
        return f"{repository!r} is no name that a repository of the hub can have: {first}"
    if isinstance(error, errors.LocalTokenNotFoundError):
        return f"nobody is logged in to the hub; {LOGIN}"
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in (401, 403):
        return (
            f"the hub does not let you write to {repository}; {LOGIN}, with a token that may write"
        )
    if isinstance(error, ConnectionError | errors.OfflineModeIsEnabled) or status is None:
        return f"the hub cannot be reached ({type(error).__name__}: {first}); nothing was pushed"
    return f"the hub refused {repository} ({status}): {first}"
