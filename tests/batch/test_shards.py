"""Shards: cut by the rows alone, wherever cutting begins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mot_nlp.batch import shards as module
from mot_nlp.batch.intake import Entry
from mot_nlp.batch.shards import shards
from mot_nlp.readers import Position
from mot_nlp.records import Document, Rejected

BOUND = 50


@pytest.fixture(autouse=True, scope="module")
def a_small_bound():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "SHARD_CHARACTERS", BOUND)
        yield


def row(number, kind):
    """A document of so many characters; or a row set aside that keeps its id, one that does not, or
    one that the sample leaves out."""
    name, where = f"r{number}", Position(number // 7, number % 7 + 1)
    if isinstance(kind, int):
        return Entry(where, Document(name, "x" * kind, "review", ()))
    if kind == "left out":
        return Entry(where, None)
    return Entry(where, Rejected("in.csv", number, name, "why"), takes_id=kind == "kept")


kinds = st.lists(
    st.one_of(st.integers(0, 2 * BOUND), st.sampled_from(["left out", "rejected", "kept"])),
    max_size=60,
)


def cut(entries, size, start=Position(), number=0):  # noqa: B008 - it is frozen
    return list(shards(iter(entries), start=start, number=number, size=size))


@given(kinds, st.integers(1, 12))
def test_going_on_behind_any_shard_gives_the_same_shards(given_kinds, size):
    entries = [row(number, kind) for number, kind in enumerate(given_kinds)]
    whole = cut(entries, size)
    assert [shard.number for shard in whole] == list(range(len(whole)))
    for done in whole:
        left = [entry for entry in entries if entry.end > done.end]
        assert cut(left, size, done.end, done.number + 1) == whole[done.number + 1 :]


@given(kinds, st.integers(1, 12))
def test_every_row_is_in_one_shard_and_shards_are_bounded(given_kinds, size):
    entries = [row(number, kind) for number, kind in enumerate(given_kinds)]
    whole = cut(entries, size)
    documents = [found for shard in whole for found in shard.documents]
    assert documents == [e.what for e in entries if isinstance(e.what, Document)]
    rejected = [found for shard in whole for found in shard.rejected]
    assert rejected == [e.what for e in entries if isinstance(e.what, Rejected)]
    assert sum(shard.left_out for shard in whole) == given_kinds.count("left out")
    assert [name for shard in whole for name in shard.kept_ids] == [
        entry.what.doc_id
        for entry in entries
        if isinstance(entry.what, Rejected) and entry.takes_id
    ]
    for shard in whole:
        assert len(shard.documents) + len(shard.rejected) <= size
        # Only the last document of a shard may go beyond the bound.
        assert sum(len(found.text) for found in shard.documents[:-1]) < BOUND
    for shard in whole[:-1]:
        is_full = len(shard.documents) + len(shard.rejected) == size
        assert is_full or sum(len(found.text) for found in shard.documents) >= BOUND
    if entries:
        assert whole[-1].end == entries[-1].end


def test_no_rows_are_one_empty_shard_but_none_behind_others():
    (empty,) = cut([], 5)
    assert (empty.number, empty.end, empty.documents, empty.rejected) == (0, Position(), [], [])
    assert cut([], 5, Position(0, 9), number=3) == []


def test_rows_left_out_fill_no_shard_but_are_counted():
    (only,) = cut([row(number, "left out") for number in range(20)], 5)
    assert (only.left_out, only.end) == (20, Position(2, 6))
    full, rest = cut([*(row(n, 1) for n in range(5)), row(5, "left out")], 5)
    assert (len(full.documents), full.left_out, rest.left_out) == (5, 0, 1)


def test_shards_are_cut_while_rows_are_read():
    read = []

    def rows():
        for number in range(100):
            read.append(number)
            yield row(number, 1)

    next(shards(rows(), start=Position(), number=0, size=4))
    assert len(read) == 4
