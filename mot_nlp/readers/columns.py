"""Which columns hold text, id and source, and which are passed on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from mot_nlp.errors import ColumnError
from mot_nlp.records import DOCUMENT_COLUMNS, MOMENT_COLUMNS, moment_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mot_nlp.taxonomy import Question

TURNS = "turns"
SOURCE = "source"
TEXT_NAMES = (
    "text",
    "review",
    "review_text",
    "body",
    "content",
    "comment",
    "message",
    "transcript",
    TURNS,
)
ID_NAMES = (
    "id",
    "doc_id",
    "document_id",
    "review_id",
    "post_id",
    "tweet_id",
    "comment_id",
    "message_id",
    "transcript_id",
    "uuid",
)

_MOST_LISTED = 40


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the columns to read; None means "find it".

    Attributes:
        text: Column of texts or of turns; else the first of ``TEXT_NAMES`` that exists, whatever
            its case; else the only column of strings.
        id: Column of document ids; else the first of ``ID_NAMES``; else rows are numbered from 1.
            An empty string numbers them even if such a column exists. Where the column exists
            and its cell is empty, the id is ``row-`` and the number.
        source: Column that says review, social or transcript, other values are guessed; else a
            column named "source"; else all are guessed.
        keep: Columns to pass on with every row. ``source`` may be named and is dropped, as rows
            have it already.

    Raises:
        ColumnError: A kept column has the name of a column of the results.
    """

    text: str | None = None
    id: str | None = None
    source: str | None = None
    keep: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.keep:
            if name in {*MOMENT_COLUMNS, *DOCUMENT_COLUMNS} and not self._is_source(name):
                raise _taken(name)

    @property
    def kept(self) -> tuple[str, ...]:
        """The columns passed on, each once."""
        return tuple(name for name in dict.fromkeys(self.keep) if not self._is_source(name))

    def _is_source(self, name: str) -> bool:
        return name == SOURCE and self.source in (None, SOURCE)

    @property
    def named(self) -> tuple[str, ...]:
        """Every column that is named."""
        names = (self.text, self.id, self.source, *self.keep)
        return tuple(name for name in names if name)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The columns that are read, found in the data.

    Attributes:
        texts: Columns of texts, the first with a value counts; empty if yet to be found.
        id: Column of ids, None to number the rows.
        id_named: Whether the caller named the column of ids.
        source: Column of sources, if any.
        kept: Columns passed on.
    """

    texts: tuple[str, ...]
    id: str | None
    id_named: bool
    source: str | None
    kept: tuple[str, ...]

    @property
    def used(self) -> set[str]:
        """Every column that is read."""
        others = {name for name in (self.id, self.source) if name is not None}
        return {*self.texts, *self.kept, *others}


def choose(columns: Columns, names: Sequence[str], *, must_keep: bool = True) -> Chosen:
    """Find ``columns`` among the columns that exist.

    Args:
        columns: What the caller asked for.
        names: Columns of the data; none if it has no readable row, then nothing is checked.
        must_keep: Whether the kept columns must exist; of several files, one may lack them.

    Raises:
        ColumnError: A column that was named does not exist, or one that is read occurs twice.
    """
    named = columns.named if must_keep else replace(columns, keep=()).named
    for name in named if names else ():
        if name not in names:
            raise unknown_column(name, names)
    if columns.text is not None:
        texts: tuple[str, ...] = (columns.text,)
    else:
        # Of JSON Lines, some may hold a text and some turns.
        found = _first(TEXT_NAMES, names)
        texts = tuple(dict.fromkeys((found, TEXT_NAMES[0], TURNS))) if found else ()
    chosen = Chosen(
        texts=texts,
        id=_first(ID_NAMES, names) if columns.id is None else columns.id or None,
        id_named=bool(columns.id),
        source=columns.source or _first((SOURCE,), names),
        kept=columns.kept,
    )
    twice = [name for name in sorted(chosen.used) if names.count(name) > 1]
    if twice:
        raise ColumnError(f"the column {twice[0]!r} occurs more than once; rename all but one")
    return chosen


def check_kept(columns: Columns, extras: Iterable[Question]) -> None:
    """Refuse kept columns that have the name of a column of the model's extra heads.

    Args:
        columns: What is to be kept.
        extras: Questions of the model after the core ones.

    Raises:
        ColumnError: One has.
    """
    own = set(moment_columns(extras))
    for name in columns.kept:
        if name in own:
            raise _taken(name)


def kept_names(columns: Columns, names: Sequence[str]) -> tuple[str, ...]:
    """The columns passed on, checked to be among ``names``.

    Raises:
        ColumnError: A column that was named does not exist.
    """
    return choose(columns, names).kept


def _taken(name: str) -> ColumnError:
    """The error that a kept column would stand twice in the results."""
    return ColumnError(
        f"the column {name!r} cannot be kept, the results have one of that name; "
        "rename it in the input"
    )


def no_text_column(names: Iterable[str]) -> ColumnError:
    """The error that no column is surely the text."""
    return ColumnError(
        "cannot tell which column holds the text; name it with text=/--text; "
        f"the columns are {_listed(list(names))}"
    )


def _first(wanted: Sequence[str], names: Sequence[str]) -> str | None:
    by_lower = {name.strip().lower(): name for name in reversed(names)}
    return next((by_lower[name] for name in wanted if name in by_lower), None)


def unknown_column(name: str, names: Sequence[str]) -> ColumnError:
    """The error that no column has the name ``name``."""
    by_lower = {other.lower(): other for other in names}
    close = get_close_matches(name.lower(), by_lower, n=1)
    hint = f"did you mean {by_lower[close[0]]!r}? The" if close else "the"
    return ColumnError(f"there is no column {name!r}; {hint} columns are {_listed(names)}")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_LISTED
    listed = ", ".join(names[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")
    return listed.encode("utf-8", "replace").decode("utf-8")
