"""Markdown: a table to read and paste, not to compute with.

A pipe table as GitHub and most others show it. Figures are rounded: three decimals in a column
whose figures all lie between -10 and 10 and one decimal in any other, a figure and its interval
alike; whoever computes takes another format. The sentence of a comparison stands before its
figures, where it is read. Texts are shown letter by letter: no mark-up, HTML, link or image in them comes alive. (One
thing is past escaping: GitHub itself turns a mail address into a link to that address.)
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from mot_nlp.writers.text import TextWriter
from mot_nlp.writers.values import as_read, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_BLANK = re.compile("[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Besides what marks up: what makes GitHub see an address, so the // of http:// and the dot of www.
_ACTIVE = re.compile(r"[\\`*_\[\]!~|$#@]|:(?=//)|(?<=www)\.", re.IGNORECASE)

_FINE, _COARSE = 3, 1
"""Decimals of columns whose figures lie between -10 and 10, and of the others."""

_WIDE = 10

_COMPANIONS = ("low", "high", "_against")
"""Ends of the names of columns that are rounded as the column before them."""

_SENTENCE, _FIGURES_FROM = "words", "group"
"""A comparison's column of sentences, and the one it is shown before."""


class MarkdownWriter(TextWriter):
    """A pipe table with numbers to the right; held in memory until it is closed."""

    def __init__(self, path: Path | None, columns: Sequence[str]) -> None:
        super().__init__(path, columns)
        self._rows: list[list[Any]] = []

    def _write_cells(self, cells: Sequence[Any]) -> None:
        self._rows.append([plain(cell) for cell in cells])

    def _finish(self) -> None:
        for line in _lines(self.columns, self._rows):
            self._stream.write(line + "\n")
        super()._finish()


def escaped(text: str) -> str:
    r"""``text`` as a cell that shows it as it is, on one line.

    >>> print(escaped("a|b *c* <d>"))
    a\|b \*c\* &lt;d&gt;
    """
    line = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", _BLANK.sub(" ", text))
    line = _ACTIVE.sub(r"\\\g<0>", line)
    return re.sub("[&<>]", lambda found: _HTML[found[0]], line)


def _lines(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    order = _order(columns)
    names = [columns[place] for place in order]
    values = [[row[place] for row in rows] for place in order]
    yield _line([escaped(name) for name in names])
    yield _line(["---:" if _is_numeric(column) else "---" for column in values])
    cells = [
        [_cell(value, decimals) for value in column]
        for column, decimals in zip(values, _decimals(names, values), strict=True)
    ]
    for place in range(len(rows)):
        yield _line([column[place] for column in cells])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _order(columns: Sequence[str]) -> list[int]:
    """The places of the columns as they are shown."""
    order = list(range(len(columns)))
    if _SENTENCE in columns and _FIGURES_FROM in columns:
        order.remove(columns.index(_SENTENCE))
        order.insert(columns.index(_FIGURES_FROM), columns.index(_SENTENCE))
    return order


def _decimals(names: Sequence[str], values: Sequence[Sequence[object]]) -> list[int]:
    """Decimals of each column."""
    families: list[list[Sequence[object]]] = []
    for name, column in zip(names, values, strict=True):
        if families and name.endswith(_COMPANIONS):
            families[-1].append(column)
        else:
            families.append([column])
    return [
        decimals
        for family in families
        for decimals in [_COARSE if any(map(_is_wide, family)) else _FINE] * len(family)
    ]


def _is_wide(values: Sequence[object]) -> bool:
    return any(
        isinstance(value, float) and math.isfinite(value) and abs(value) >= _WIDE
        for value in values
    )


def _cell(value: object, decimals: int) -> str:
    if value is None:
        return ""
    if not isinstance(value, float):
        return escaped(as_read(value))
    # A small probability is not naught: where the decimals would leave nothing, an exponent stays.
    if decimals == _FINE and 0 < abs(value) < 10**-decimals / 2:
        return f"{value:.0e}"
    return f"{value:z.{decimals}f}"


def _is_numeric(values: Sequence[object]) -> bool:
    given = [value for value in values if value is not None]
    return bool(given) and all(
        isinstance(value, (int, float)) and not isinstance(value, bool) for value in given
    )
