"""A folder that stands for the Hugging Face hub, and functions that stand for those of its client.

Every call is held against the signature of the client's own function, so that code which passes here
calls the client as the client can be called.
"""

from __future__ import annotations

import fnmatch
import hashlib
import inspect
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import huggingface_hub
from huggingface_hub import errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REAL_API, REAL_SNAPSHOT = huggingface_hub.HfApi, huggingface_hub.snapshot_download


class Response:
    """What the client's errors want to know of an answer."""

    headers: dict[str, str] = {}  # noqa: RUF012 - nobody writes to it
    request = None
    status_code = 404


def refusal(kind: Any, message: str) -> Any:
    """An error as the client raises it."""
    return (
        kind(message, response=Response())
        if issubclass(kind, errors.HfHubHTTPError)
        else kind(message)
    )


@dataclass
class LocalHub:
    """Repositories as folders: ``root/owner/name/<branch or commit>/files``.

    Attributes:
        root: The hub.
        cache: Where files are fetched to.
        online: Whether it can be reached.
        calls: What was asked of it.
        private: Repositories that are.
        broken: Error of every request, if any.
    """

    root: Path
    cache: Path
    online: bool = True
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    private: set[str] = field(default_factory=set)
    broken: Exception | None = None

    def install(self, monkeypatch: Any) -> LocalHub:
        """Take the place of the client's functions."""
        monkeypatch.setattr(huggingface_hub, "HfApi", self.api)
        monkeypatch.setattr(huggingface_hub, "snapshot_download", self.snapshot_download)
        return self

    def api(self, *args: Any, **rest: Any) -> _Api:
        """``HfApi``."""
        inspect.signature(REAL_API).bind(*args, **rest)
        return _Api(self)

    def snapshot_download(self, *args: Any, **rest: Any) -> str:
        """Copy a revision to the cache, or give what is there where the hub cannot be reached."""
        asked = self.noted(REAL_SNAPSHOT, args, rest)
        repository, revision = asked["repo_id"], asked.get("revision") or "main"
        to = self.cache / repository / revision
        if not self.online:
            if to.is_dir():
                return str(to)
            raise errors.LocalEntryNotFoundError("cannot find it in the cache")
        if self.broken:
            raise self.broken
        source = self.root / repository
        if not source.is_dir():
            raise refusal(errors.RepositoryNotFoundError, "404")
        if not (source / revision).is_dir():
            raise refusal(errors.RevisionNotFoundError, "404")
        blobs = self.cache / repository / "blobs" / revision
        for stale in (blobs, to):
            shutil.rmtree(stale, ignore_errors=True)
        copy(source / revision, blobs, asked["allow_patterns"])
        to.mkdir(parents=True)
        for path in list(
            blobs.iterdir()
        ):  # as the client does: files by their hash, and links to them
            blob = path.rename(blobs / hashlib.sha256(path.name.encode()).hexdigest())
            (to / path.name).symlink_to(blob)
        return str(to)

    def noted(
        self, real: Callable[..., Any], args: tuple[Any, ...], rest: dict[str, Any]
    ) -> dict[str, Any]:
        """Arguments of a call by name, held against the client's own signature."""
        asked = inspect.signature(real).bind(*args, **rest).arguments
        self.calls.append((real.__name__, dict(asked)))
        return asked


class _Api:
    def __init__(self, hub: LocalHub) -> None:
        self.hub = hub

    def _asked(self, name: str, args: tuple[Any, ...], rest: dict[str, Any]) -> dict[str, Any]:
        asked = self.hub.noted(getattr(REAL_API, name), (self, *args), rest)
        if not self.hub.online:
            raise ConnectionError("no route to the hub")
        if self.hub.broken:
            raise self.hub.broken
        return asked

    def create_repo(self, *args: Any, **rest: Any) -> None:
        asked = self._asked("create_repo", args, rest)
        folder = self.hub.root / asked["repo_id"]
        if not folder.exists() and asked.get("private"):
            self.hub.private.add(asked["repo_id"])
        (folder / "main").mkdir(parents=True, exist_ok=asked.get("exist_ok", False))

    def repo_info(self, *args: Any, **rest: Any) -> Any:
        asked = self._asked("repo_info", args, rest)
        private = asked["repo_id"] in self.hub.private
        return type("RepoInfo", (), {"private": private})()

    def create_branch(self, *args: Any, **rest: Any) -> None:
        asked = self._asked("create_branch", args, rest)
        folder = self.hub.root / asked["repo_id"] / asked["branch"]
        folder.mkdir(exist_ok=asked.get("exist_ok", False))

    def upload_folder(self, *args: Any, **rest: Any) -> Any:
        asked = self._asked("upload_folder", args, rest)
        branch = self.hub.root / asked["repo_id"] / (asked.get("revision") or "main")
        if not branch.is_dir():
            raise refusal(errors.RevisionNotFoundError, "404")
        from pathlib import Path

        copy(Path(asked["folder_path"]), branch, asked["allow_patterns"])
        content = b"".join(path.read_bytes() for path in sorted(branch.iterdir()))
        oid = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        copy(branch, branch.parent / oid, None)
        return type("CommitInfo", (), {"oid": oid})()


def copy(source: Path, to: Path, patterns: list[str] | None) -> None:
    """Copy the files of a folder, and of folders in it, whose names fit a pattern."""
    to.mkdir(parents=True, exist_ok=True)
    for path in source.rglob("*"):
        name = str(path.relative_to(source))
        if path.is_file() and (patterns is None or any(fnmatch.fnmatch(name, p) for p in patterns)):
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to / name)
