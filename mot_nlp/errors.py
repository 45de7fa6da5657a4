"""The one tree of errors that mot-nlp raises.

::

    MotError
    ├── InputError            what the caller gave cannot be used
    │   ├── ColumnError       a column was named that the data does not have
    │   └── ReadError         a file cannot be read as what its name says
    ├── OutputError           a result cannot be written where it was asked for
    ├── JobError              a job cannot go on: another run has it, it was of other options, it died
    ├── TaxonomyError         labels, roll-ups or allowed pairs do not fit together
    └── BundleError           a model folder is missing something, altered or of another format

Every message says what came, what is allowed, and what to do next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class MotError(Exception):
    """Base of everything that mot-nlp raises on purpose."""


class InputError(MotError, ValueError):
    """What the caller gave cannot be used."""


class ColumnError(InputError):
    """A column was named that the data does not have.

    Attributes:
        missing: The columns that are missing, as far as the error tells.
        known: What could be named in their place; empty where nothing else would do.
        rows: What lacks them (``"moments"`` or ``"documents"``), empty where the error does not tell.
    """

    def __init__(
        self,
        message: str,
        *,
        missing: Iterable[str] = (),
        known: Iterable[str] = (),
        rows: str = "",
    ) -> None:
        super().__init__(message)
        self.missing = tuple(missing)
        self.known = tuple(known)
        self.rows = rows

    def told(self, more: str) -> ColumnError:
        """The same error with more at the end of its message."""
        return ColumnError(f"{self}{more}", missing=self.missing, known=self.known, rows=self.rows)


class ReadError(InputError):
    """A file cannot be read as what its name says it is."""


class OutputError(MotError):
    """A result cannot be written where it was asked for."""


class JobError(MotError):
    """A job cannot go on: another run works on it, it is of other input or options, or workers died."""


class TaxonomyError(MotError):
    """Labels, roll-ups or allowed pairs do not fit together."""


class BundleError(MotError):
    """A model bundle is missing a file, altered, or of a format this version does not know."""
