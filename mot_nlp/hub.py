"""Model bundles in repositories of the Hugging Face hub, named ``hf://owner/name[@revision]``.

The hub's own client does the work: it keeps what was fetched in its cache, asks the hub whether there
is something newer, and makes do with the cache where the hub cannot be reached. It is imported when a
bundle of the hub is asked for and not before.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mot_nlp.errors import BundleError, InputError
from mot_nlp.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger(__name__)

SCHEME = "hf://"
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_ADDRESS = re.compile(
    rf"{SCHEME}(?P<repository>{REPOSITORY.pattern})(?:@(?P<revision>[\w./-]+))?", re.ASCII
)
LOGIN = "log in with 'hf auth login', or set HF_TOKEN"


def parse_address(address: str) -> tuple[str, str | None]:
    """Repository and revision of an address.

    Args:
        address: ``hf://owner/name``, with ``@`` and a branch, tag or commit behind it or without.

    Returns:
        ``owner/name``, and the revision or None.

    Raises:
        InputError: It is no such address.

    >>> parse_address("hf://kitelake/feedback@v2")
    ('kitelake/feedback', 'v2')
    """
    match = _ADDRESS.fullmatch(address)
    if match is None or ".." in address:
        raise InputError(
            f"{address!r} is no address of a model; write {SCHEME}owner/name or "
            f"{SCHEME}owner/name@revision"
        )
    return match["repository"], match["revision"]


def fetch(address: str, files: Sequence[str]) -> Path:
    """Folder with files of a repository: fetched if there is something newer, else as cached.

    Args:
        address: As :func:`parse_address` takes it.
        files: Names of the files to fetch; no others are. The first must be there.

    Returns:
        A folder in the hub's cache. Files that were not fetched to their end are not in it.

    Raises:
        InputError: The address cannot be read, or the hub's client is not installed.
        BundleError: There is no such repository or revision, it may not be read, it does not hold the
            first file, or the hub cannot be reached and the cache does not hold it.
    """
    repository, revision = parse_address(address)
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise InputError(
            f"{address} is on the Hugging Face hub, whose client is not installed; "
            "pip install huggingface-hub"
        ) from error
    logger.info("looking up %s", address)
    try:
        folder = Path(
            snapshot_download(
                repository,
                revision=revision,
                allow_patterns=list(files),
                library_name="mot-nlp",
                library_version=VERSION,
            )
        )
    except Exception as error:  # the base of the client's errors changes from release to release
        raise BundleError(_told(address, error)) from error
    if not (folder / files[0]).is_file():
        raise BundleError(f"{address} holds no {files[0]}, so it is no model bundle")
    return folder


def _told(address: str, error: Exception) -> str:
    """What went wrong, and what to do."""
    from huggingface_hub import errors

    unreachable = (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled, ConnectionError)
    if isinstance(error, errors.GatedRepoError):
        return f"{address} asks for its terms to be accepted on its page on the hub; then {LOGIN}"
    if isinstance(error, errors.RepositoryNotFoundError):
        return f"{address}: there is no such repository, or it is private; {LOGIN} if it is yours"
    if isinstance(error, errors.RevisionNotFoundError):
        return f"{address}: the repository has no such revision; name a branch, tag or commit of it"
    if isinstance(error, errors.HFValidationError):
        return f"{address} is no name that a repository of the hub can have: {error}"
    first = str(error).partition("\n")[0]
    if isinstance(error, unreachable):
        return (
            f"{address}: the hub cannot be reached, and the cache does not hold it whole ({first}); go "
            "online once, or name a bundle folder"
        )
    return f"{address} could not be fetched ({type(error).__name__}: {first}); try again"
