"""What readers of all formats share: where they are, what they were told, and what a row keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from mot_nlp.errors import InputError
from mot_nlp.readers import TEXT_NAMES
from mot_nlp.readers.decoding import LONGEST_TEXT
from mot_nlp.records import SOURCES, is_missing
from mot_nlp.transcripts import without_surrogates
from mot_nlp.writers.values import as_json_text, as_read
from training.importing.assigning import key_of
from training.importing.options import DOMAIN, SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from training.importing.assigning import Assigner
    from training.importing.options import ImportOptions
    from training.importing.tally import Tally

KEPT = (SOURCE, DOMAIN, "author", "date", "group", "split", "variety", "licence", "repo")
"""Keys of a row that are kept where it has them, whatever their case."""

_TEXTS = (SOURCE, DOMAIN, "group", "split", "variety", "licence", "repo")
"""Keys whose values are text, also where a spreadsheet has numbers."""

_OWN = ("id", "text", "units")


@dataclass(frozen=True, slots=True)
class Context:
    """One file that is read.

    Attributes:
        file: Its name, as reports tell it.
        stem: Its name without folder and ending; rows without an id are called after it.
        options: What the import was told.
        assigner: Knows which columns are heads.
        tally: Takes what is noticed.
    """

    file: str
    stem: str
    options: ImportOptions
    assigner: Assigner
    tally: Tally

    def use(self, name: str, role: str) -> None:
        """Note what a column or control is used as."""
        self.tally.use(self.file, name, role)

    def made_id(self, row: int) -> str:
        """The id of a row that has none."""
        return f"{self.stem}-{row}"

    def id_of(self, row: int, value: object) -> str:
        """The id in a cell, or one made of the row's number."""
        if is_missing(value):
            return self.made_id(row)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return without_surrogates(str(value)).strip() or self.made_id(row)

    def extra_names(self, names: Iterable[str], *, every: bool = False) -> dict[str, str]:
        """What is kept of a row: their name by ours, as far as the row has it.

        Args:
            names: Names that the row has.
            every: Whether all of them are kept, as of rows of the labelled format itself.
        """
        names = list(names)
        options = self.options
        found = {name: name for name in names if every}
        found |= {key_of(name): name for name in reversed(names) if key_of(name) in KEPT}
        found |= {name: name for name in options.keep}
        found |= {
            ours: options.columns[ours] for ours in (SOURCE, DOMAIN) if ours in options.columns
        }
        if options.group is not None:
            found["group"] = options.group
        found = {ours: name for ours, name in found.items() if name in names and ours not in _OWN}
        for ours, name in found.items():
            self.use(name, f"kept as {ours}")
        return found

    def extra(self, row: int, cells: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
        """What is kept of a row, as JSON has it; empty cells are not.

        ``source`` is always there: the row's own if it is one we know, else that of the options, else
        review.
        """
        found = {}
        for ours, theirs in names.items():
            value = cells.get(theirs)
            if is_missing(value) or (isinstance(value, str) and not value.strip()):
                continue
            found[ours] = _as_text(value) if ours in _TEXTS else _as_json(value)
        source = self._source(row, found.get(SOURCE))
        return {**found, SOURCE: source}

    def _source(self, row: int, given: str | None) -> str:
        where = f"{self.file}, row {row}"
        renamed = {key_of(their): our for (head, their), our in self.options.renamed.items() if head == SOURCE}  # fmt: skip
        told = renamed.get(key_of(given), key_of(given)) if given else ""
        if told in SOURCES:
            return told
        if told:
            self.assigner.unknown(SOURCE, str(given), where)
        if self.options.source is None:
            self.tally.count("texts whose source is not told, taken as review (--source)", where)
        return self.options.source or SOURCES[0]


def text_of(value: object) -> str:
    """The text in a cell, each lone surrogate replaced.

    Raises:
        InputError: There is none, or it is no text.
    """
    if is_missing(value) or (isinstance(value, str) and not value.strip()):
        raise InputError("the text is empty; fill it or drop the row")
    if not isinstance(value, str):
        raise InputError(
            f"the text is {type(value).__name__}, not a string; name its column with --text"
        )
    if len(value) > LONGEST_TEXT:
        raise InputError(f"the text has {len(value):,} characters; split it")
    return without_surrogates(value)


def text_name(cells: Mapping[str, Any], wanted: str | None, likely: Sequence[str] = ()) -> str:
    """The name of the text among the fields of a task.

    That is the one asked for, else one of those that are likely, else one with a usual name, else the
    only one that is a string.

    Raises:
        InputError: It cannot be told.
    """
    if wanted is not None:
        if wanted in cells:
            return wanted
        raise InputError(f"there is no field {wanted!r}; the fields are {', '.join(cells)}")
    strings = [name for name, value in cells.items() if isinstance(value, str)]
    by_key = {key_of(name): name for name in reversed(strings)}
    for name in (*likely, *(by_key[usual] for usual in TEXT_NAMES if usual in by_key)):
        if name in strings:
            return name
    if len(strings) == 1:
        return strings[0]
    raise InputError(
        f"cannot tell which field holds the text; name it with --text; the fields are "
        f"{', '.join(cells) or 'none'}"
    )


def mapping(value: object) -> Mapping[str, Any]:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: object) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def offset(span: Mapping[str, Any], key: str) -> object:
    """An offset of a span; a word in its place if there is none, as None stands for the whole text."""
    value = span.get(key)
    return "missing" if value is None else value


def _as_json(value: object) -> Any:  # noqa: ANN401 - as JSON is
    """A value as JSON has it; a date without a time of day is a day."""
    return json.loads(as_json_text(as_read(value) if isinstance(value, date) else value))


def _as_text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return without_surrogates(str(value)).strip()
