"""A table that fits the terminal: where it is too narrow, what matters least is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, ConsoleOptions, RenderResult

LABEL_WIDTH = 24
"""Widest that a label column is kept before it folds."""

GAP = 2
"""Blanks between columns."""

NARROW_LABEL = 6
"""Narrowest that a label column folds to."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of figures, or of labels.

    Attributes:
        title: Its heading.
        cells: A cell a row.
        rank: 0 for what is always shown; of the others, the highest is left out first.
        is_label: Whether it stands to the left and may fold.
    """

    title: Text
    cells: Sequence[Text]
    rank: int = 0
    is_label: bool = False

    @property
    def width(self) -> int:
        """Cells of the terminal that it takes, its gap included."""
        widest = max(cell_len(text.plain) for text in (self.title, *self.cells))
        return (min(widest, LABEL_WIDTH) if self.is_label else widest) + GAP


@dataclass(frozen=True, slots=True)
class Fitted:
    """Columns that a console shows as far as its width goes.

    Attributes:
        title: What stands above.
        columns: The columns in order, of equally many cells.
        strong: Rows that stand out.
        below: Lines that stand beneath.
    """

    title: Text
    columns: Sequence[Column]
    strong: Sequence[bool]
    below: Sequence[Text] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        shown = fitting(self.columns, options.max_width)
        yield _table(self.title, shown, self.strong, options.max_width)
        left_out = [column.title.plain for column in self.columns if column not in shown]
        if left_out:
            yield Text(f"left out at this width: {', '.join(left_out)}", style="dim")
        yield from self.below
        if left_out or self.below:
            yield Text("")


def fitting(columns: Sequence[Column], width: int) -> list[Column]:
    """The columns that fit into ``width``, in order; those of rank 0 whether they fit or not."""
    shown = list(columns)
    for column in sorted(columns, key=lambda column: -column.rank):
        if column.rank and _total(shown) > width:
            shown.remove(column)
    return shown


def _total(columns: Sequence[Column]) -> int:
    return 1 + sum(column.width for column in columns)


def _table(title: Text, columns: Sequence[Column], strong: Sequence[bool], width: int) -> Table:
    view = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", padding=(0, 1, 0, 0))
    fits = _total(columns) <= width
    for column in columns:
        if column.is_label:
            least = column.width - GAP if fits else NARROW_LABEL
            view.add_column(column.title, overflow="fold", min_width=least)
        else:
            view.add_column(column.title, justify="right", no_wrap=True)
    for number, is_strong in enumerate(strong):
        cells = [column.cells[number] for column in columns]
        view.add_row(*cells, style="bold" if is_strong else "")
    return view
