"""Rough copies keep their segments and labels."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mot_nlp.records import Segment
from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import TAXONOMY
from tests.training.worlds import small_config, write_corpus
from training.checkpoint import sha256_of
from training.corpus import LabelledDocument, read_corpus
from training.fit import fit
from training.noise import roughen, roughened


def document(*parts, before="Customer: "):
    text, segments = before, []
    for part in parts:
        segments.append(Segment(len(text), len(text) + len(part), 0))
        text += part + " "
    labels = tuple({"stage": "none"} for _ in parts)
    return LabelledDocument("a", "review", "", "part-01", text, tuple(segments), labels)


@given(
    st.lists(st.text(min_size=1).map(str.strip).filter(bool), min_size=1, max_size=5),
    st.integers(0, 1000),
)
def test_segments_stay_in_order_stripped_and_never_empty(parts, seed):
    before = document(*parts)
    after = roughen(before, random.Random(seed))
    assert after.labels == before.labels
    assert [s.turn for s in after.segments] == [s.turn for s in before.segments]
    last = 0
    for segment in after.segments:
        own = after.text[segment.start : segment.end]
        assert segment.start >= last
        assert own == own.strip() != ""
        last = segment.end
    assert after.text.startswith("Customer: ")


def test_all_ways_occur_and_most_letters_stay():
    text = "The parcel came late, and I'm not happy! It cost 3.50 more than they said."
    seen = {roughen(document(text), random.Random(seed)).text[10:].strip() for seed in range(60)}
    assert {text.lower(), text.upper()} <= seen
    assert "the parcel came late and im not happy it cost 3.50 more than they said" in seen
    mistyped = [t for t in seen if t.lower() != text.lower() and "," in t]
    assert len(mistyped) > 10
    assert all(abs(len(t) - len(text)) <= 10 for t in mistyped)


def test_the_share_and_the_seed_decide():
    documents = [
        replace(document("It broke on the very first day."), id=str(n)) for n in range(400)
    ]
    assert roughened(documents, 0.0, seed=1) == documents
    once = roughened(documents, 0.25, seed=1)
    assert once == roughened(documents, 0.25, seed=1) != roughened(documents, 0.25, seed=2)
    assert 60 < sum(a != b for a, b in zip(documents, once, strict=True)) < 140


@pytest.mark.parametrize("rough", [0.0, 0.5])
def test_a_fit_reads_rough_texts_where_it_is_told_to(tmp_path, rough):
    config = small_config(tmp_path, epochs=1)
    plain = fit(config, tmp_path / "plain") / "model.safetensors"
    config = replace(config, data=replace(config.data, rough=rough))
    other = fit(config, tmp_path / "rough") / "model.safetensors"
    assert (sha256_of(plain) == sha256_of(other)) == (rough == 0.0)


def test_labelled_documents_of_all_sources(tmp_path):
    documents = read_corpus(write_corpus(tmp_path / "corpus", copies=3), read_taxonomy(TAXONOMY))
    for before, after in zip(documents, roughened(documents, 1.0, seed=3), strict=True):
        assert len(after.segments) == len(before.segments)
        if before.source == "transcript":
            assert after.text.startswith("Agent: Hello, how can I help with order")
