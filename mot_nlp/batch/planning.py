"""What a job will do: input found, columns and tables checked, before a row is tagged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mot_nlp.batch.intake import Intake
from mot_nlp.batch.tagging import Collector
from mot_nlp.bundle import open_bundle
from mot_nlp.readers import check_columns, check_kept, expand
from mot_nlp.records import moment_columns
from mot_nlp.tables.adding import check_table, columns_to_keep, needs_dates

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mot_nlp.batch.options import JobOptions
    from mot_nlp.bundle import Bundle
    from mot_nlp.readers import ReadNotes, Source
    from mot_nlp.records import Document


@dataclass(frozen=True, slots=True)
class Plan:
    """A job that could begin: its input found, its columns and tables checked.

    Attributes:
        sources: The files.
        bundle: The model.
        precision: What to compute in.
        options: What is asked for, with the columns that the tables need among those kept.
    """

    sources: Sequence[Source]
    bundle: Bundle
    precision: str
    options: JobOptions

    def intake(self, *, taken: int = 0) -> Intake:
        """What takes rows in, behind so many documents."""
        columns = _columns(self.options, self.bundle)
        dated = any(needs_dates(by, columns) for by in self.options.tables)
        return Intake(self.sources, self.options, taken=taken, needs_dates=dated)

    def collector(self, documents: Sequence[Document]) -> Collector:
        """What gathers the rows of some documents."""
        return Collector(documents, self.options, self.bundle.taxonomy.extras)


def plan(
    inputs: str | Path | Sequence[str | Path],
    options: JobOptions,
    *,
    model: str | Path | None = None,
    precision: str | None = None,
    source_format: str | None = None,
    output: str | Path | None = None,
    notes: ReadNotes | None = None,
) -> Plan:
    """Find the input and check what can be checked before a row is tagged.

    Args:
        inputs: Files, folders, patterns or URLs, ``-`` for standard input.
        options: What is asked for.
        model: Bundle folder; the shipped model if None.
        precision: What to compute in; the bundle's own choice if None.
        source_format: Format of all files; by their names if None.
        output: The job's folder, which is no input, whatever lies in it by now.
        notes: Where the encodings of files are noted.

    Raises:
        ReadError: The input does not exist or cannot be read.
        ColumnError: A column that is named does not exist.
        BundleError: The model is no sound bundle.
        InputError: An option is out of range.
    """
    sources = expand(inputs, format=source_format, without=output)
    bundle = open_bundle(model)
    taxonomy = bundle.taxonomy
    check_kept(options.columns, taxonomy.extras)
    own = _columns(options, bundle)
    extra = [name for by in options.tables for name in columns_to_keep(by, own, taxonomy)]
    columns = options.columns
    keep = tuple(dict.fromkeys([*columns.keep, *extra]))
    options = replace(options, columns=replace(columns, keep=keep))
    for by in options.tables:
        check_table(by, _columns(options, bundle), taxonomy)
    check_columns(sources, options.columns, notes=notes)
    return Plan(sources, bundle, bundle.checked_precision(precision), options)


def _columns(options: JobOptions, bundle: Bundle) -> list[str]:
    return [*moment_columns(bundle.taxonomy.extras), *options.columns.kept]
