"""Steps of a Ray Data pipeline: rows in, rows of moments out."""

from __future__ import annotations

import logging
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from mot_nlp.batch.options import SHARD_DOCUMENTS, Options
from mot_nlp.batch.parts import arrow_table, moment_schema
from mot_nlp.bundle import open_bundle
from mot_nlp.distributed.actors import tagged_shard
from mot_nlp.distributed.delivery import RemoteModel, bundle_files
from mot_nlp.distributed.intake import RowIntake
from mot_nlp.errors import InputError
from mot_nlp.readers import Columns, check_kept

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ray.data import Dataset

    from mot_nlp.records import Rejected

logger = logging.getLogger(__name__)

REJECTED_SCHEMA = pa.schema([("doc_id", pa.string()), ("reason", pa.string())])
"""Columns of ``rejected``."""


def tag(
    dataset: Dataset,
    *,
    text: str | None = None,
    id: str | None = None,  # noqa: A002 - the word users expect
    source: str | None = None,
    keep: Sequence[str] = (),
    customer: str | None = None,
    all_segments: bool = False,
    mask: bool = False,
    model: str | Path | None = None,
    precision: str | None = None,
    concurrency: int | None = None,
    threads: int = 1,
    batch_size: int = SHARD_DOCUMENTS,
) -> Dataset:
    """Find and tag the moments of a dataset's rows, on all nodes, as a stream.

    Nothing is tagged before the result is consumed. Its columns are those of the parts ``moments/`` of
    a job, and its rows too, in no particular order. Types are the same but for two things: labels and
    speakers are plain strings, as Ray Data cannot group by dictionaries that differ from block to
    block, and those of kept columns follow the schema of the dataset, where a job looks at the first
    rows.

    **Ids.** A column of ids is needed: the rows of a distributed dataset have no numbers that would
    stay the same. A row whose id is empty is set aside. That two rows have one id cannot be seen
    from any one place; unlike a job, ``tag`` tags both, and they share their ``moment_id``.

    **Rows set aside** (no text, no id) give no moments. How many there are is logged as a warning
    where they are found; ``rejected`` gives them with their reasons, without tagging anything.

    **Failures.** Ray tags the rows of a lost node again. Whether each row is written once is what
    the sink promises; a job (``mot predict --engine ray``) promises it for its folder.

    Args:
        dataset: Rows. Only the columns that are needed are read.
        text: Column of texts or turns; found by its name if None.
        id: Column of ids; found by its name if None.
        source: Column that says review, social or transcript; guessed by shape if None.
        keep: Columns to pass on to every row of the result.
        customer: Speaker label of the customer in transcripts.
        all_segments: One row a segment, unmerged, the none segments too.
        mask: Hide personal data in the text of rows.
        model: Bundle folder on this machine, sent to nodes that do not have it; the shipped model
            if None.
        precision: What to compute in; the bundle's own choice if None.
        concurrency: Actors, each with a model; if None, as many as find room.
        threads: Cores of an actor, 1 or more.
        batch_size: Rows that are tagged together, 1 or more; a text that occurs in them twice is
            tagged once.

    Returns:
        Rows of moments.

    Raises:
        ColumnError: A named column does not exist, or there is none of ids or texts.
        InputError: A number is under 1, or the bundle does not hold the precision.
        BundleError: The model is no sound bundle.
    """
    from ray.data import ActorPoolStrategy

    for name, value in (
        ("concurrency", concurrency),
        ("threads", threads),
        ("batch_size", batch_size),
    ):
        if value is not None and value < 1:
            raise InputError(f"{name} is {value}; allowed: 1 or more")
    columns = Columns(text=text, id=id, source=source, keep=_names(keep))
    options = Options(columns=columns, customer=customer, all_segments=all_segments, mask=mask)
    intake = _intake(dataset, options)
    bundle = open_bundle(model)
    check_kept(columns, bundle.taxonomy.extras)
    remote = RemoteModel.of(
        bundle,
        bundle_files(bundle),
        precision=bundle.checked_precision(precision),
        threads=threads,
    )
    rows = dataset.select_columns(intake.names)
    return rows.repartition(target_num_rows_per_block=batch_size).map_batches(
        BatchTagger,
        fn_constructor_kwargs={"model": remote, "intake": intake, "options": options},
        batch_size=batch_size,
        batch_format="pyarrow",
        num_cpus=threads,
        compute=ActorPoolStrategy(size=concurrency),
    )


def rejected(
    dataset: Dataset,
    *,
    text: str | None = None,
    id: str | None = None,  # noqa: A002 - as tag
    source: str | None = None,
    keep: Sequence[str] = (),
    customer: str | None = None,
) -> Dataset:
    """The rows that ``tag`` sets aside, given the same arguments; no model is needed.

    Args:
        dataset: Rows.
        text: Column of texts or turns; found by its name if None.
        id: Column of ids; found by its name if None.
        source: Column that says review, social or transcript.
        keep: Columns that are passed on.
        customer: Speaker label of the customer in transcripts.

    Returns:
        Rows with ``doc_id``, empty where that is what is missing, and ``reason``.

    Raises:
        ColumnError: A named column does not exist, or there is none of ids or texts.
    """
    columns = Columns(text=text, id=id, source=source, keep=_names(keep))
    intake = _intake(dataset, Options(columns=columns, customer=customer))
    return dataset.select_columns(intake.names).map_batches(
        partial(_rejected_rows, intake=intake),
        batch_size=SHARD_DOCUMENTS,
        batch_format="pyarrow",
    )


class BatchTagger:
    """What an actor of Ray Data calls with batches.

    Args:
        model: What to tag with.
        intake: How rows become documents.
        options: What is asked for.
    """

    def __init__(self, model: RemoteModel, intake: RowIntake, options: Options) -> None:
        self._tagger = model.tagger()
        self._intake = intake
        self._options = options
        self._schema = plain_schema(moment_schema(intake.kinds, self._tagger.taxonomy.extras))
        self._reasons: Counter[str] = Counter()
        self._told = 0

    def __call__(self, batch: pa.Table) -> pa.Table:
        """Rows of moments for a batch of rows."""
        documents, set_aside = self._intake.sifted(batch)
        self._note(set_aside)
        rows = tagged_shard(self._tagger, documents, self._options).moments
        return arrow_table(rows, self._schema, self._intake.kinds)

    def _note(self, set_aside: Sequence[Rejected]) -> None:
        """Warn of rows set aside: of the first, and whenever they are twice as many as last told."""
        self._reasons.update(row.reason for row in set_aside)
        count = self._reasons.total()
        if count and count >= 2 * self._told:
            self._told = count
            reason, most = self._reasons.most_common(1)[0]
            logger.warning("an actor has set %d rows aside so far: %d × %s", count, most, reason)


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """A schema with the values of dictionaries in their place.

    Every batch would have its own dictionary, and Ray Data cannot group or join by such a column.
    """
    plain = [
        field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field
        for field in schema
    ]
    return pa.schema(plain, metadata=schema.metadata)


def _rejected_rows(batch: pa.Table, intake: RowIntake) -> pa.Table:
    _, found = intake.sifted(batch)
    rows = {"doc_id": [row.doc_id for row in found], "reason": [row.reason for row in found]}
    return pa.table(rows, schema=REJECTED_SCHEMA)


def _names(keep: Sequence[str]) -> tuple[str, ...]:
    return (keep,) if isinstance(keep, str) else tuple(keep)


def _intake(dataset: Dataset, options: Options) -> RowIntake:
    schema = dataset.schema()
    if schema is None:
        raise InputError(
            "the dataset has no rows, and so no columns to tag; check where it is read"
        )
    types = dict(zip(schema.names, schema.types, strict=True))
    return RowIntake.of(options.columns, types, options.customer)
