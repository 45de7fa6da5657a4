"""What an import is told, and the two options that are small languages of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from mot_nlp.errors import InputError
from mot_nlp.records import SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mot_nlp.taxonomy import Taxonomy

SOURCE, DOMAIN = "source", "domain"
OFFSETS = ("characters", "utf-16", "bytes")
"""What offsets may count: Unicode characters, UTF-16 units as JavaScript does, or UTF-8 bytes."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How files are to be read; None means "find it".

    Attributes:
        format: One of ``telling.FORMATS``; else told by the file.
        sheet: Sheet of a workbook; else the first.
        text: Name of the column, key or field of the texts.
        id: That of the ids.
        document: Column that says which rows belong to one text.
        segment: Column of a segment's words, where ``text`` is the whole text.
        start: Column of a segment's first character in the whole text.
        end: Column of its end.
        group: Column of what must stay on one side of a split, as the author.
        columns: Their name of a head, or of ``source`` or ``domain``, by ours.
        renamed: Our label by head and theirs; an empty one is to be passed over.
        keep: Further columns to keep.
        source: Source of the texts that do not say theirs: review, social or transcript.
        offsets: What offsets count, one of ``OFFSETS``.
        annotator: The only one whose labels are taken.
        majority: Whether most of several annotators are believed, rather than only all of them.
        suggestions: Whether what a model suggested counts where nobody answered.
    """

    format: str | None = None
    sheet: str | None = None
    text: str | None = None
    id: str | None = None
    document: str | None = None
    segment: str | None = None
    start: str | None = None
    end: str | None = None
    group: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    keep: tuple[str, ...] = ()
    source: str | None = None
    offsets: str = "characters"
    annotator: str | None = None
    majority: bool = False
    suggestions: bool = False

    def __post_init__(self) -> None:
        _check_among(self.source, SOURCES, "--source")
        _check_among(self.offsets, OFFSETS, "--offsets")
        if (self.start is None) != (self.end is None):
            raise InputError("--start and --end go together; name both columns or none")
        if self.annotator is not None and self.majority:
            raise InputError("--annotator takes one person's labels; leave --majority out")


def parse_columns(given: Iterable[str], taxonomy: Taxonomy) -> dict[str, str]:
    """``["stage=Journey Stage"]`` as ``{"stage": "Journey Stage"}``.

    Raises:
        InputError: One has another form, or is for what is neither a head nor source or domain.
    """
    columns: dict[str, str] = {}
    for entry in given:
        ours, is_pair, theirs = entry.partition("=")
        if not is_pair or not ours.strip() or not theirs:
            raise InputError(f"--column {entry!r} is not head=COLUMN; write stage=STAGE_COLUMN")
        ours = ours.strip()
        _check_head(ours, taxonomy, f"--column {entry!r}", (SOURCE, DOMAIN))
        if columns.setdefault(ours, theirs) != theirs:
            raise InputError(
                f"--column is given twice for {ours}: {columns[ours]!r} and {theirs!r}; name one"
            )
    return columns


def parse_renamed(given: Iterable[str], taxonomy: Taxonomy) -> dict[tuple[str, str], str]:
    """``["stage:post sale=post_purchase"]`` as ``{("stage", "post sale"): "post_purchase"}``.

    Raises:
        InputError: One has another form, or its head or our label is unknown.
    """
    renamed: dict[tuple[str, str], str] = {}
    for entry in given:
        head, has_head, rest = entry.partition(":")
        theirs, is_pair, ours = rest.rpartition("=")
        if not has_head or not is_pair or not head.strip() or not theirs.strip():
            raise InputError(
                f"--map {entry!r} is not head:theirs=ours; write 'stage:after sale=post_purchase', "
                "or nothing after the = to pass the label over"
            )
        head, theirs, ours = head.strip(), theirs.strip(), ours.strip()
        _check_head(head, taxonomy, f"--map {entry!r}", (SOURCE,))
        labels = SOURCES if head == SOURCE else taxonomy.order(head)
        if ours and labels and ours not in labels:
            near = get_close_matches(ours, labels, 1)
            hint = f"did you mean {near[0]}? The" if near else "the"
            raise InputError(
                f"--map {entry!r}: {ours!r} is not a label of {head}; {hint} labels are "
                f"{', '.join(labels)}"
            )
        if renamed.setdefault((head, theirs), ours) != ours:
            raise InputError(f"--map is given twice for {theirs!r} of {head}; give it once")
    return renamed


def _check_head(name: str, taxonomy: Taxonomy, where: str, others: tuple[str, ...]) -> None:
    known = [*dict.fromkeys([*taxonomy.questions, *taxonomy.heads]), *others]
    if name in known:
        return
    near = get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}? The" if near else "the"
    heads = ", ".join([*taxonomy.questions, *others])
    raise InputError(f"{where}: there is no head {name!r}; {hint} heads are {heads}")


def _check_among(given: str | None, known: Iterable[str], option: str) -> None:
    if given is not None and given not in known:
        raise InputError(f"{option} is {given!r}; give one of {', '.join(known)}")
