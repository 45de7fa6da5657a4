"""The rows of a shard: repeated texts tagged once, in order, masked where that is asked for."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mot_nlp.batch.options import Options
from mot_nlp.batch.tagging import LABELS, Collector
from mot_nlp.masking import MASK
from mot_nlp.readers import Columns
from mot_nlp.records import DOCUMENT_COLUMNS, MOMENT_COLUMNS
from mot_nlp.transcripts import document
from tests.batch.world import TEXTS, tagger

KEPT = Options(columns=Columns(keep=("brand",)))


def documents(numbers):
    found = [document(f"d{n}", TEXTS[place]) for n, place in enumerate(numbers)]
    return [replace(d, extra={"brand": f"b{n}"}, language="en") for n, d in enumerate(found)]


def collected(given_documents, options=KEPT, *, sizes=None):
    collector = Collector(given_documents, options)
    left, counts = collector.distinct(), []
    sizes = iter(sizes or [])
    while left:
        size = next(sizes, 3)
        for results in tagger().batches([left[:size]]):
            counts.append(collector.add(results))
        left = left[size:]
    assert collector.is_done
    assert sum(counts) == len(given_documents)
    return collector.tagged


def test_repeated_texts_are_tagged_once():
    given_documents = documents([0, 1, 0, 0, 2, 1])
    collector = Collector(given_documents, KEPT)
    assert [found.id for found in collector.distinct()] == ["d0", "d1", "d4"]
    assert collector.tagged.repeated == 3


def test_the_same_text_of_another_source_is_tagged_by_itself():
    call = document("t", "Customer: It broke.", source="transcript")
    post = document("s", "Customer: It broke.", source="social")
    assert len(Collector([call, post], KEPT).distinct()) == 2


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(0, len(TEXTS) - 1), max_size=25),
    st.lists(st.integers(1, 5), max_size=5),
    st.booleans(),
)
def test_the_rows_are_those_of_each_document_tagged_alone(numbers, sizes, all_segments):
    given_documents = documents(numbers)
    tagged = collected(given_documents, replace(KEPT, all_segments=all_segments), sizes=sizes)
    alone = [found for one in given_documents for found in tagger().stream([one])]
    rows = [row for found in alone for row in found.moment_rows(all_segments=all_segments)]
    assert tagged.moments == {
        name: [row[name] for row in rows] for name in (*MOMENT_COLUMNS, "brand")
    }
    assert tagged.documents == {
        name: [found.document_row()[name] for found in alone]
        for name in (*DOCUMENT_COLUMNS, "brand")
    }
    moments = [moment for found in alone for moment in found.moments]
    for name in LABELS[:-1]:
        assert tagged.labels[name] == Counter(moment.labels[name] for moment in moments)
    assert tagged.labels["pivotal"] == Counter(
        "true" if moment.pivotal else "false" for moment in moments
    )
    assert tagged.languages == Counter({"en": len(numbers)} if numbers else {})
    assert tagged.repeated == len(numbers) - len(set(numbers))


def test_rows_come_as_soon_as_all_before_them_are_there():
    collector = Collector(documents([0, 1, 0, 2]), KEPT)
    (first,) = tagger().batches([collector.distinct()[:1]])
    assert collector.add(first) == 1
    (second,) = tagger().batches([collector.distinct()[1:2]])
    assert collector.add(second) == 2
    assert not collector.is_done


def test_a_shard_without_documents_is_done():
    collector = Collector([], KEPT)
    assert collector.is_done
    assert collector.distinct() == []
    assert list(collector.tagged.moments) == [*MOMENT_COLUMNS, "brand"]


def test_masked_text_has_the_same_length_and_offsets():
    given_documents = documents(range(len(TEXTS)))
    masked = collected(given_documents, replace(KEPT, mask=True)).moments
    plain = collected(given_documents).moments
    assert {**masked, "text": None} == {**plain, "text": None}
    changed = 0
    for hidden, shown in zip(masked["text"], plain["text"], strict=True):
        assert len(hidden) == len(shown)
        assert all(a in (b, MASK) for a, b in zip(hidden, shown, strict=True))
        changed += hidden != shown
    assert changed
    assert "jane.doe@mail.com" not in "".join(masked["text"])


@pytest.mark.parametrize("seed", range(3), ids=str)
def test_a_shard_gives_the_same_whatever_is_tagged_between(seed):
    """One tagger serves all shards of a worker: no shard may show in another's rows."""
    numbers = random.Random(seed).choices(range(len(TEXTS)), k=12)
    first = collected(documents(numbers))
    collected(documents(range(len(TEXTS))))
    again = collected(documents(numbers))
    assert (first.moments, first.documents) == (again.moments, again.documents)
