"""Sheets of Excel workbooks to rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mot_nlp.errors import ReadError
from mot_nlp.records import is_missing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from mot_nlp.readers.table import Row

SUFFIXES = (".xlsx", ".xlsm")
"""Endings of the workbooks that can be read."""


def read_sheet(path: Path, sheet: str | None = None) -> tuple[list[str], Iterator[Row], list[str]]:
    """A sheet: its columns, its numbered rows, and the names of the other sheets.

    Cells keep their types. Only empty cells are empty: ``none`` and ``n/a`` are labels like any other.

    Args:
        path: The workbook.
        sheet: Name of the sheet; the first if None.

    Raises:
        ReadError: It cannot be read, has no such sheet, or openpyxl is not installed.
    """
    import pandas as pd

    try:
        with pd.ExcelFile(path, engine="openpyxl") as book:
            names = [str(name) for name in book.sheet_names]
            chosen = sheet if sheet is not None else names[0]
            if chosen not in names:
                raise ReadError(
                    f"{path} has no sheet {chosen!r}; its sheets are {', '.join(names)}; name one with "
                    "--sheet"
                )
            table = pd.read_excel(
                book, sheet_name=chosen, dtype=object, keep_default_na=False, na_values=[""]
            )
    except ImportError as error:
        raise ReadError(
            f"{path}: reading Excel needs openpyxl; pip install openpyxl, or save the sheet as CSV (UTF-8)"
        ) from error
    except ReadError:
        raise
    except OSError:
        raise
    # A damaged workbook fails in zipfile, in the XML parser or in openpyxl, each in its own way.
    except Exception as error:
        raise ReadError(f"{path} is not a whole Excel workbook ({error}); save it again") from error
    if table.columns.empty:
        raise ReadError(
            f"the sheet {chosen!r} of {path} is empty; its first row must name the columns"
        )
    columns = [str(name).strip() for name in table.columns]
    return columns, _rows(table, columns), [name for name in names if name != chosen]


def _rows(table: pd.DataFrame, columns: list[str]) -> Iterator[Row]:
    for number, cells in enumerate(table.itertuples(index=False, name=None), 1):
        row: dict[str, Any] = {
            name: None if is_missing(cell) else cell
            for name, cell in zip(columns, cells, strict=True)
        }
        if any(cell is not None for cell in row.values()):
            yield number, row
