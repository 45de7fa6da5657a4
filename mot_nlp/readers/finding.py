"""Which files a path, folder, pattern or URL stands for."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mot_nlp.errors import ReadError
from mot_nlp.readers import remote
from mot_nlp.readers.opening import translated
from mot_nlp.readers.source import STANDARD_STREAM, is_pattern, is_url, printable, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, Literal

    Kind = Literal["file", "folder", "pattern"]

STDIN = "stdin"
_HIDDEN = (".", "_")


@dataclass(frozen=True, slots=True)
class Found:
    """A file, not yet known to be of use.

    Attributes:
        path: Path or URL, or ``-`` for standard input.
        relative: Its path within the folder that was given; else its name.
        size: Bytes, None if it cannot be told.
        version: What changes with the file, empty if it cannot be told.
    """

    path: str
    relative: str
    size: int | None = None
    version: str = ""


def find_files(given: str | Path) -> tuple[Kind, list[Found]]:
    """The files that an input stands for, sorted; hidden ones are left out unless they are named.

    Raises:
        ReadError: There is no such file or folder, or nothing matches.
    """
    if not str(given):
        raise ReadError("the name of an input is empty; name a file or folder, . for this folder")
    if str(given) == STANDARD_STREAM:
        return "file", [Found(STANDARD_STREAM, STDIN)]
    kind, files = _at_url(str(given)) if is_url(given) else _at_path(given)
    if kind == "pattern":
        named = str(given).split("/")
        files = [file for file in files if not _is_hidden(file.path.split("/"), named)]
    if not files and kind != "folder":
        came = "no file matches" if is_pattern(given) else "there is no file"
        raise ReadError(f"{came} {shown(given)}; check the name and the folder")
    return kind, files


def _at_path(given: str | Path) -> tuple[Kind, list[Found]]:
    path = Path(given)
    with translated(shown(given)):
        if path.is_dir():
            inside = sorted(_walk(path, set()), key=lambda file: file.parts)
            return "folder", [_local(file, file.relative_to(path).as_posix()) for file in inside]
        if path.exists():
            # Files are opened more than once, and what was read from a pipe is gone.
            if not path.is_file():
                raise ReadError(
                    f"{shown(path)} is not a regular file but a pipe or device; "
                    "pipe it to standard input and give - as the path"
                )
            return "file", [_local(path, path.name)]
        matches = map(Path, glob.glob(str(given), recursive=True))  # noqa: PTH207 - any pattern
        files = sorted((file for file in matches if file.is_file()), key=lambda file: file.parts)
        return "pattern", [_local(file, file.name) for file in files]


def _at_url(url: str) -> tuple[Kind, list[Found]]:
    is_folder, infos = remote.find(url)
    if not is_folder:
        kind: Kind = "file" if url in infos else "pattern"
        return kind, [_remote(name, PurePosixPath(name).name, infos[name]) for name in infos]
    root = remote.unstripped(url)
    found = []
    for name in infos:
        relative = name.removeprefix(root).lstrip("/")
        if not _is_hidden(relative.split("/")):
            found.append(_remote(name, relative, infos[name]))
    return "folder", sorted(found, key=lambda file: file.relative.split("/"))


def _is_hidden(parts: Sequence[str], named: Sequence[str] = ()) -> bool:
    """Whether a name or folder is hidden that was not named itself."""
    return any(part.startswith(_HIDDEN) and part not in named for part in parts)


def _walk(folder: Path, seen: set[Path]) -> Iterator[Path]:
    """Files in a folder and below; links are followed, but not in a circle."""
    real = folder.resolve()
    if real in seen:
        return
    seen.add(real)
    with translated(shown(folder)):
        entries = list(folder.iterdir())
    for entry in entries:
        if entry.name.startswith(_HIDDEN):
            continue
        if entry.is_dir():
            yield from _walk(entry, seen)
        elif entry.is_file():
            yield entry


def _local(path: Path, relative: str) -> Found:
    stat = path.stat()
    return Found(str(path), printable(relative), stat.st_size, str(stat.st_mtime_ns))


def _remote(url: str, relative: str, info: dict[str, Any]) -> Found:
    return Found(url, relative, info.get("size"), remote.version(info))
