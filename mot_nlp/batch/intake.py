"""What is taken in of what is read: the sample, the language guard, the types of kept columns, the limit."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from mot_nlp import language
from mot_nlp.errors import InputError
from mot_nlp.masking import mask
from mot_nlp.records import Document, Rejected
from mot_nlp.tables.grouping import DATE
from mot_nlp.writers.values import as_text, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mot_nlp.batch.kept import KeptColumns
    from mot_nlp.batch.options import Options
    from mot_nlp.readers import Position, Source


LONGEST_DOCUMENT = 1_000_000
"""Most characters of a document that is tagged, a book's worth; a longer one would need gigabytes, and is
mostly the rest of a file behind a quote that was never closed."""

_SHOWN = 40
_ISO = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?(Z|[+-]([01][0-9])(:[0-5][0-9])?)?)?"
)


class Entry(NamedTuple):
    """A row that was read.

    Attributes:
        end: The position behind it.
        what: Its document, why it is set aside, or None if the sample leaves it out.
        takes_id: Whether its id is taken for good, though it is set aside.
    """

    end: Position
    what: Document | Rejected | None
    takes_id: bool = False


class Intake:
    """Decides row by row; the same rows give the same decisions wherever reading begins.

    Args:
        sources: The files that positions refer to.
        options: What is asked for.
        kept: Types of the kept columns; rows are taken as they are where there are none.
        taken: Documents taken in before, of a run that goes on.
        needs_dates: Whether a table takes periods from the column of dates, so that these must be
            dates.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        options: Options,
        *,
        kept: KeptColumns | None = None,
        taken: int = 0,
        needs_dates: bool = False,
    ) -> None:
        self.kept = kept
        self._sources = sources
        self._options = options
        self._taken = taken
        self._needs_dates = needs_dates

    def entries(self, read: Iterable[tuple[Position, Document | Rejected]]) -> Iterator[Entry]:
        """What becomes of each row; ends with the row that reaches the limit."""
        limit = self._options.limit
        if limit is not None and self._taken >= limit:
            return
        for position, row in read:
            entry = self._entry(position, row)
            yield entry
            self._taken += isinstance(entry.what, Document)
            if limit is not None and self._taken >= limit:
                return

    def _entry(self, position: Position, row: Document | Rejected) -> Entry:
        if self._is_left_out(position, row):
            return Entry(position, None)
        if isinstance(row, Rejected):
            return Entry(position, row)
        try:
            return Entry(position, self._checked(row))
        except InputError as error:
            where = self._sources[position.source].name
            reason = mask(str(error)) if self._options.mask else str(error)
            return Entry(position, Rejected(where, position.row, row.id, reason), takes_id=True)

    def _is_left_out(self, position: Position, row: Document | Rejected) -> bool:
        share = self._options.sample
        doc_id = row.id if isinstance(row, Document) else row.doc_id
        # A row without an id goes by its place, so that the sample of bad rows is a sample too.
        return share is not None and _place(doc_id or f"{position}") >= share

    def _checked(self, document: Document) -> Document:
        if len(document.text) > LONGEST_DOCUMENT:
            raise InputError(
                f"the text has {len(document.text):,} characters; the most that is tagged as one document "
                f"is {LONGEST_DOCUMENT:,}; split it, and see that no quote before it was left open"
            )
        found = language.with_language(document)
        if self._options.only_english and not language.is_english(found.language):
            raise InputError(
                f"the text is in another language than English ({found.language}); tag it without "
                "--only-english, or with a model of its language"
            )
        if self._needs_dates:
            check_date(found.extra.get(DATE))
        if self.kept is None:
            return found
        return replace(found, extra=self.kept.typed(found.extra))


def check_date(value: object) -> None:
    """Refuse what no period can be told from.

    Raises:
        InputError: It is no date in ISO form, as 2026-01-31, with or without a time.
    """
    text = as_text(plain(value)).strip() if plain(value) is not None else ""
    found = _ISO.fullmatch(text)
    try:
        if text:
            datetime.fromisoformat(found["day"] if found else "")
    except ValueError:
        raise InputError(
            f"the date {text[:_SHOWN]!r} is not written as 2026-01-31, with or without a time, so that no "
            "period can be told; mend it, or ask for a table without periods"
        ) from None


def _place(doc_id: str) -> float:
    """A number from 0 to 1 that an id always gets, evenly spread."""
    return int.from_bytes(blake2b(doc_id.encode(), digest_size=8).digest()) / 2**64
