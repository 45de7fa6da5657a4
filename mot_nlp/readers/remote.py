"""Files on other file systems, through fsspec, which is imported only where a URL is given."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import ReadError
from mot_nlp.readers.decoding import START
from mot_nlp.readers.source import is_pattern, shown

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# What a file system says that changes with the file, the surest first.
_VERSIONS = ("ETag", "etag", "md5Hash", "checksum", "mtime", "LastModified", "last_modified")
_MORE_VERSIONS = ("updated", "created")


def file_system(url: str) -> tuple[Any, str]:
    """The file system of a URL and the path in it.

    Raises:
        ReadError: There is no such file system, or the package that serves it is missing.
    """
    try:
        import fsspec
    except ImportError as error:
        raise ReadError(f"{shown(url)} needs the package fsspec; pip install fsspec") from error
    try:
        return fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise ReadError(
            f"{shown(url)} cannot be reached ({error}); install the package that serves it, as "
            "s3fs for s3:// or gcsfs for gs://, or check the start of the URL"
        ) from error


def find(url: str) -> tuple[bool, dict[str, dict[str, Any]]]:
    """The files that a URL stands for: itself, all in a folder, or what a pattern matches.

    Returns:
        Whether it is a folder; what is known of each file, by its URL, sorted.

    Raises:
        ReadError: The file system cannot be reached or asked.
    """
    files, path = file_system(url)
    try:
        files.invalidate_cache()
        if files.isdir(path):
            found = files.find(path, detail=True)
            return True, {files.unstrip_protocol(name): found[name] for name in sorted(found)}
        if files.exists(path):
            return False, {url: files.info(path)}
        found = files.glob(path, detail=True) if is_pattern(url) else {}
        names = sorted(name for name, info in found.items() if info["type"] == "file")
        return False, {files.unstrip_protocol(name): found[name] for name in names}
    except Exception as error:
        raise ReadError(
            f"{shown(url)} cannot be listed ({_said(error)}); check the name, the network and "
            "that you may read it"
        ) from error


def unstripped(url: str) -> str:
    """A URL in the way that ``find`` gives those in its folder."""
    files, path = file_system(url)
    return str(files.unstrip_protocol(path))


def version(info: dict[str, Any]) -> str:
    """What a file system tells of a file that changes with it; empty if nothing."""
    found = (info[key] for key in (*_VERSIONS, *_MORE_VERSIONS) if info.get(key) is not None)
    return str(next(found, ""))


def open_remote(url: str) -> io.BufferedReader:
    """The bytes of a file; whatever goes wrong while they are read is an ``OSError``.

    Raises:
        OSError: It cannot be opened.
        ReadError: Its file system is unknown.
    """
    return io.BufferedReader(_RemoteFile(url), START)


class _RemoteFile(io.RawIOBase):
    def __init__(self, url: str) -> None:
        files, path = file_system(url)
        try:
            self._file = files.open(path, "rb")
        except Exception as error:
            raise _translated(error) from error

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._file.seekable())

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        try:
            data = self._file.read(len(view))
        except Exception as error:
            raise _translated(error) from error
        view[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def _translated(error: Exception) -> OSError:
    return error if isinstance(error, OSError) else OSError(_said(error))


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
