"""Rows of a distributed dataset to documents: which columns, of which types, and what is set aside.

Everything is decided by the dataset's schema and by each row alone, so that it does not depend on how
the rows are spread.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from mot_nlp.batch.kept import KeptColumns
from mot_nlp.errors import ColumnError, InputError
from mot_nlp.readers import ID_NAMES, Columns, UsedIds
from mot_nlp.readers.columns import choose, no_text_column
from mot_nlp.readers.rows import Origin, numbered_documents
from mot_nlp.records import Document, Rejected, is_missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mot_nlp.readers.columns import Chosen
    from mot_nlp.readers.table import Row

_WHERE = "dataset"
_NO_ID = (
    "the id is missing: column {column!r} is empty in this row, and a row of a distributed dataset has "
    "no number to be named by; fill it"
)


@dataclass(frozen=True, slots=True)
class RowIntake:
    """How rows become documents.

    Attributes:
        names: The columns that are read, in the order of the dataset.
        chosen: Which of them hold what.
        kinds: Kinds of the kept ones, as :mod:`mot_nlp.writers.kinds` names them.
        customer: In transcripts, the speaker who is the customer.
    """

    names: list[str]
    chosen: Chosen
    kinds: Mapping[str, str]
    customer: str | None

    @classmethod
    def of(cls, columns: Columns, types: Mapping[str, object], customer: str | None) -> RowIntake:
        """Find the columns in a schema.

        Args:
            columns: What the caller asked for.
            types: Type of each column; what is no type of Arrow is taken for text.
            customer: In transcripts, the speaker who is the customer.

        Raises:
            ColumnError: A named column does not exist, none can be told to be the text, or there is
                none of ids.
        """
        names = list(types)
        chosen = choose(columns, names)
        if chosen.id is None:
            raise ColumnError(
                f"a distributed dataset needs a column of ids, as its rows have no numbers: name one with "
                f"id= or call it {ID_NAMES[0]!r} (the columns are {', '.join(names)}), or have files "
                "read by mot predict --engine ray, which numbers their rows"
            )
        if not chosen.texts:
            chosen = replace(chosen, texts=(_only_text(chosen, types),))
        kinds = {name: kind_of_type(types[name]) for name in chosen.kept}
        read = [name for name in names if name in chosen.used]
        return cls(read, chosen, kinds, customer)

    def sifted(self, batch: pa.Table) -> tuple[list[Document], list[Rejected]]:
        """The documents of a batch, and the rows that are set aside."""
        documents: list[Document] = []
        rejected: list[Rejected] = []
        origin = Origin(_WHERE, _AnyIds(), self.customer)
        rows = self._rows(batch.to_pylist())
        for number, entry in numbered_documents(rows, self.chosen, origin):
            if isinstance(entry, Rejected):
                rejected.append(entry)
                continue
            try:
                extra = KeptColumns(self.kinds).typed(entry.extra)
            except InputError as error:
                rejected.append(Rejected(_WHERE, number, entry.id, str(error)))
            else:
                documents.append(replace(entry, extra=extra))
        return documents, rejected

    def _rows(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
        column = self.chosen.id
        for number, cells in enumerate(rows, 1):
            given = cells.get(column) if column is not None else None
            if is_missing(given) or given == "":
                yield number, Rejected(_WHERE, number, "", _NO_ID.format(column=column))
            else:
                yield number, cells


class _AnyIds(UsedIds):
    """Takes every id: which others are in the same batch says nothing of the dataset."""

    def take(self, doc_id: str) -> bool:  # noqa: ARG002 - the one method that is asked
        return True


def kind_of_type(given: object) -> str:
    """The kind of a column of this type; text where there is no better one.

    >>> kind_of_type(pa.int32()), kind_of_type(pa.timestamp("ns", "UTC")), kind_of_type(object)
    ('integer', 'instant', 'text')
    """
    if not isinstance(given, pa.DataType):
        return "text"
    if pa.types.is_dictionary(given):
        return kind_of_type(given.value_type)
    if pa.types.is_timestamp(given):
        return "time" if given.tz is None else "instant"
    tests = {
        "bool": pa.types.is_boolean,
        "integer": pa.types.is_integer,
        "float": pa.types.is_floating,
        "date": pa.types.is_date,
    }
    return next((kind for kind, test in tests.items() if test(given)), "text")


def _only_text(chosen: Chosen, types: Mapping[str, object]) -> str:
    found = [name for name, of in types.items() if name not in chosen.used and _is_text(of)]
    if len(found) != 1:
        raise no_text_column(types)
    return found[0]


def _is_text(given: object) -> bool:
    return isinstance(given, pa.DataType) and (
        pa.types.is_string(given) or pa.types.is_large_string(given)
    )
