"""Which ids are taken, without holding them all in memory."""

from __future__ import annotations

import sqlite3
from hashlib import blake2b
from typing import TYPE_CHECKING

from mot_nlp.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable

_CACHE_KIB = 8192
_DIGEST_BYTES = 8
_TAKE = "INSERT OR IGNORE INTO used VALUES (?)"


class UsedIds:
    """The ids that documents have so far, for one run.

    Digests of 64 bits are kept in a temporary database that goes to disk beyond 8 MB; it takes about
    25 bytes an id there. Of 100 million ids two share a digest with a probability of 3 in 10,000, and
    then only a row is set aside.
    """

    def __init__(self) -> None:
        self._cursor: sqlite3.Cursor | None = None

    def take(self, doc_id: str) -> bool:
        """Take an id; False if it is taken already.

        Raises:
            OutputError: The temporary folder is full or cannot be written.
        """
        try:
            return (self._cursor or self._open()).execute(_TAKE, (_digest(doc_id),)).rowcount > 0
        except sqlite3.DatabaseError as error:
            raise _full(error) from error

    def update(self, doc_ids: Iterable[str]) -> None:
        """Take ids, as those of the documents that an earlier part of the run is done with.

        Raises:
            OutputError: The temporary folder is full or cannot be written.
        """
        try:
            digests = ((_digest(doc_id),) for doc_id in doc_ids)
            (self._cursor or self._open()).executemany(_TAKE, digests)
        except sqlite3.DatabaseError as error:
            raise _full(error) from error

    def close(self) -> None:
        """Forget them all."""
        if self._cursor is not None:
            self._cursor.connection.close()
            self._cursor = None

    def _open(self) -> sqlite3.Cursor:
        # No name: a temporary file, made only when the cache is full, gone with the connection.
        database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        database.execute("CREATE TABLE used (digest INTEGER PRIMARY KEY)")
        database.execute("BEGIN")
        self._cursor = database.cursor()
        return self._cursor


def _full(error: sqlite3.DatabaseError) -> OutputError:
    return OutputError(
        f"the list of used ids cannot be kept in the temporary folder ({error}); free it, or "
        "name another with the environment variable SQLITE_TMPDIR"
    )


def _digest(doc_id: str) -> int:
    digest = blake2b(doc_id.encode(), digest_size=_DIGEST_BYTES).digest()
    return int.from_bytes(digest, "big", signed=True)
