"""What the reader tests share: reading all of a file, and files that are packed."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import parquet

from mot_nlp.readers import Columns, expand, read_documents, read_positions, read_sources

if TYPE_CHECKING:
    from collections.abc import Callable


def read(path, columns=None, **options):
    return list(read_documents(path, columns or Columns(), **options))


def texts(path, columns=None, **options):
    return [entry.text for entry in read(path, columns, **options)]


def read_all(inputs, columns=None, **options):
    return list(read_sources(expand(inputs), columns or Columns(), **options))


def entries(sources, columns=None):
    return list(read_sources(sources, columns or Columns()))


def positions(inputs, columns=None, **options):
    return list(read_positions(expand(inputs), columns or Columns(), **options))


def comma_separated(*rows):
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def json_lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def write_parquet(path, *, row_group_size=None, write_options=None, **columns):
    table = pa.table(columns)
    parquet.write_table(table, path, row_group_size=row_group_size, **(write_options or {}))
    return path


def zstd(content):
    stream = pa.BufferOutputStream()
    with pa.CompressedOutputStream(stream, "zstd") as packed:
        packed.write(content)
    return stream.getvalue().to_pybytes()


PACKERS: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".zst": zstd}
