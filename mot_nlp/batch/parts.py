"""Rows to the parts of a job: Parquet with one schema for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import parquet

from mot_nlp.batch.folder import replacing
from mot_nlp.batch.tagging import LABELS, PIVOTAL_HEAD
from mot_nlp.records import DOCUMENT_COLUMNS, MOMENT_COLUMNS
from mot_nlp.writers.kinds import arrow_type, extra_kinds, fitted, fixed_kinds
from mot_nlp.writers.values import plain

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from mot_nlp.batch.tagging import Columns
    from mot_nlp.taxonomy import Question

SCHEMA_VERSION = 1
"""Version of the columns of a part; told in its metadata as ``mot_nlp.schema``."""

# Few values, many rows: held once each, also in memory by what reads Arrow types.
_DICTIONARIES = (
    *(name for name in LABELS if name != PIVOTAL_HEAD),
    "speaker",
    "source",
    "language",
)


def moment_schema(kept: Mapping[str, str], extras: Sequence[Question] = ()) -> pa.Schema:
    """Columns of the moments, those of the model's extra heads, then the kept ones of these kinds."""
    few = [extra.name for extra in extras if not extra.multiple]
    own = _own_kinds(MOMENT_COLUMNS) | extra_kinds(extras)
    return _schema(own, kept, (*_DICTIONARIES, *few))


def document_schema(kept: Mapping[str, str]) -> pa.Schema:
    """Columns of the documents, then the kept ones of these kinds."""
    return _schema(_own_kinds(DOCUMENT_COLUMNS), kept, _DICTIONARIES)


def arrow_table(columns: Columns, schema: pa.Schema, kept: Mapping[str, str]) -> pa.Table:
    """Rows as Arrow has them."""
    arrays = []
    for field in schema:
        values = columns[field.name]
        if field.name in kept:
            values = fitted([plain(value) for value in values], kept[field.name])
        arrays.append(pa.array(values, type=field.type))
    return pa.table(arrays, schema=schema)


def write_part(path: Path, rows: pa.Table) -> None:
    """Write a part; the same rows always give the same bytes.

    Raises:
        OutputError: It cannot be written.
    """
    # An open file, as a name with a colon would pass for a URL.
    with replacing(path) as hidden, hidden.open("wb") as file:
        parquet.write_table(rows, file, compression="zstd", store_schema=True)


def _own_kinds(columns: Sequence[str]) -> dict[str, str]:
    kinds = fixed_kinds(columns)
    return {name: kinds[name] for name in columns}


def _schema(own: Mapping[str, str], kept: Mapping[str, str], few: Collection[str]) -> pa.Schema:
    fields = [
        (name, pa.dictionary(pa.int32(), pa.string()) if name in few and name not in kept
         else arrow_type(kind))
        for name, kind in {**own, **kept}.items()
    ]  # fmt: skip
    return pa.schema(fields, metadata={"mot_nlp.schema": str(SCHEMA_VERSION)})
