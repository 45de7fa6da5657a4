"""Pairs of groups for the share that a cell has of each group's moments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mot_nlp.tables.pairs import (
    PRODUCTS,
    Pairs,
    between_groups,
    lay_out,
    own_sums,
    shared_sums,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mot_nlp.tables.store import Store
    from mot_nlp.taxonomy import Taxonomy

# All that a document says within a group, whatever the cell.
_WHOLE = """
CREATE TEMP TABLE whole AS
SELECT
    0 AS cell,
    "group",
    document,
    CAST(sum(n) AS BIGINT) AS n,
    CAST(sum(part) AS BIGINT) AS part,
    CAST(sum(square) AS BIGINT) AS square
FROM stood
GROUP BY ALL
"""

_OF_THE_CELL = ["n", "documents", "rest_documents", "part", "part_part", "moment_squares"]
_OF_THE_GROUP = ["whole", "whole_whole", "clusters", "alone", "rest_clusters"]


def share_pairs(
    store: Store,
    names: Sequence[str],
    between: str,
    taxonomy: Taxonomy,
    expressions: Mapping[str, str] | None = None,
) -> Pairs:
    """Pairs of the share of a group's moments that fall in the cell.

    ``part`` are a document's moments in the cell and ``whole`` all that it has in the group, so its
    documents are those of the group and not of the cell alone, and every cell has every group.

    Args:
        store: The moments.
        names: The ``by`` columns.
        between: Column, roll-up or period that tells groups apart.
        taxonomy: Labels, and what segments without a moment are called.
        expressions: SQL of names that are no column, roll-up or period of the column ``date``.
    """
    cells, groups = lay_out(store, names, between, "share", taxonomy, expressions)
    inside = own_sums(store, "stood")
    inside_shared = between_groups(store, "stood", inside)
    store.connection.execute(_WHOLE)
    whole = own_sums(store, "whole")
    whole_shared = between_groups(store, "whole", whole)
    crossed = shared_sums(store, "stood", "whole", condition="TRUE")
    return Pairs(
        cells,
        groups,
        _sums(inside, whole, crossed),
        _shared(inside_shared, whole_shared, crossed, len(cells)),
    )


def _sums(inside: pd.DataFrame, whole: pd.DataFrame, crossed: pd.DataFrame) -> pd.DataFrame:
    """Sums of every cell and group; a cell that a group never enters has no moments of it."""
    keys = ["cell", "group"]
    every = pd.MultiIndex.from_product([inside["cell"].unique(), whole["group"]], names=keys)
    all_documents = (inside["rest_documents"] + inside["alone"]).groupby(inside["cell"]).first()
    diagonal = crossed[crossed["group"] == crossed["other"]].set_index(keys)["part_whole"]
    sums = inside.set_index(keys)[_OF_THE_CELL]
    sums = sums.reindex(every).reset_index()
    sums["rest_documents"] = sums["rest_documents"].fillna(sums["cell"].map(all_documents))
    sums["part_whole"] = diagonal.reindex(every).to_numpy()
    counts = ["n", "documents", "rest_documents"]
    sums = sums.fillna(0.0).astype(dict.fromkeys(counts, np.int64))
    return sums.merge(whole[["group", *_OF_THE_GROUP]], on="group")


def _shared(
    inside: pd.DataFrame, whole: pd.DataFrame, crossed: pd.DataFrame, cells: int
) -> pd.DataFrame:
    """Products of every cell and pair of groups with documents in common, in the cell or not."""
    keys = ["cell", "group", "other"]
    every = whole[["group", "other", "clusters", "whole_whole"]].merge(
        pd.DataFrame({"cell": np.arange(cells)}), how="cross"
    )
    turned = crossed[[*keys, "part_whole"]].set_axis(
        ["cell", "other", "group", "whole_part"], axis=1
    )
    products = ((inside, "part_part"), (crossed, "part_whole"), (turned, "whole_part"))
    for table, product in products:
        every = every.merge(table[[*keys, product]], on=keys, how="left")
    return every.fillna(0.0)[[*keys, "clusters", *PRODUCTS]]
