"""Minimal pairs: well formed and balanced, and passed as often as when the model was shipped."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from difflib import SequenceMatcher
from itertools import chain

import pytest

from benchmarks.behaviour import FLOORS, NOT, PAIRS, Marked, Pair, failures, fulfils, read_slices
from mot_nlp.tagger import MomentTagger
from mot_nlp.taxonomy import HEADS
from mot_nlp.transcripts import document

LEAST_PAIRS = 320
LEAST_IN_SLICE = 15
LEAST_TRADES = 9
LEAST_ALIKE = 0.4
SLICES = read_slices()
EVERY = [pair for part in SLICES for pair in part.pairs]
ASKED = {
    "agent", "bare", "but", "capitals", "conditionals", "emojis", "expectation", "negation",
    "numbers", "pivotal", "reported", "rival", "sarcasm", "stages", "touchpoints", "typos",
    "varieties",
}  # fmt: skip
KEYS = {"name", "trade", "a", "b", "same", *HEADS}

each_pair = pytest.mark.parametrize("pair", EVERY, ids=lambda pair: f"{pair.slice}: {pair.name}")
each_slice = pytest.mark.parametrize("part", SLICES, ids=lambda part: part.name)


def asked_of(pair):
    """All (head, label asked) of a pair, the "not" ones too."""
    for head, sides in pair.expected.items():
        for label in chain(*sides):
            yield head, label


def test_every_slice_is_there_and_the_pairs_are_many():
    assert {part.name for part in SLICES} == ASKED
    assert len(EVERY) >= LEAST_PAIRS


@each_slice
def test_slice_has_pairs_enough_of_several_trades(part):
    assert part.about.endswith(".")
    assert len(part.pairs) >= LEAST_IN_SLICE
    assert len({pair.trade for pair in part.pairs}) >= LEAST_TRADES
    assert len({pair.name for pair in part.pairs}) == len(part.pairs)


@pytest.mark.parametrize("path", sorted(PAIRS.glob("*.toml")), ids=lambda path: path.stem)
def test_file_has_no_key_that_is_not_read(path):
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(table) == {"about", "pairs"}
    for entry in table["pairs"]:
        assert set(entry) <= KEYS, entry["name"]


def test_no_text_comes_twice():
    texts = Counter(marked.text for pair in EVERY for marked in pair.texts)
    assert [text for text, count in texts.items() if count > 1] == []


@each_pair
def test_pair_is_well_formed(pair, taxonomy):
    for marked in pair.texts:
        assert marked.spans
        assert not set("[]") & set(marked.text)
        assert marked.text == marked.text.strip()
        assert document("1", marked.text).text == marked.text
        for start, end in marked.spans:
            assert marked.text[start:end].strip() == marked.text[start:end] != ""
    assert pair.expected
    for head, label in asked_of(pair):
        assert label.removeprefix(NOT) in taxonomy.heads[head].labels
    for sides in pair.expected.values():
        assert [len(labels) for labels in sides] == [len(marked.spans) for marked in pair.texts]
    assert set(pair.same) <= set(HEADS)
    assert not pair.same or len({len(marked.spans) for marked in pair.texts}) == 1


@each_pair
def test_labels_asked_for_may_occur_together(pair, taxonomy):
    for side, marked in enumerate(pair.texts):
        for span in range(len(marked.spans)):
            asked = {head: sides[side][span] for head, sides in pair.expected.items()}
            assert any(
                fulfils(stage, asked.get("stage", stage))
                and fulfils(moment, asked.get("moment", moment))
                for stage, moment in taxonomy.pairs
            )


@each_pair
def test_texts_of_a_pair_are_alike(pair):
    a, b = (marked.text.casefold() for marked in pair.texts)
    assert a != b or pair.texts[0].text != pair.texts[1].text
    assert SequenceMatcher(None, a, b, autojunk=False).ratio() >= LEAST_ALIKE


@each_pair
def test_pair_asks_for_a_difference_or_for_equality(pair, taxonomy):
    """So that a fixed answer passes only where labels must be equal."""
    differing = {
        head
        for head, (of_a, of_b) in pair.expected.items()
        for one, other in zip(of_a, of_b, strict=True)
        if not any(
            fulfils(label, one) and fulfils(label, other) for label in taxonomy.heads[head].labels
        )
    }
    assert bool(pair.same) != bool(differing)


def test_every_label_of_every_head_is_asked_for(taxonomy):
    asked = Counter(chain.from_iterable(asked_of(pair) for pair in EVERY))
    for name, head in taxonomy.heads.items():
        for label in head.labels:
            assert asked[name, label] >= 4, (name, label)


def test_neither_side_is_always_the_good_one():
    order = Counter(
        tuple(sides)
        for pair in EVERY
        for sides in [pair.expected.get("sentiment")]
        if sides in [(("positive",), ("negative",)), (("negative",), ("positive",))]
    )
    assert min(order.values()) >= 0.4 * order.total()


def test_marks_are_taken_out_and_counted_in_the_text():
    marked = Marked.of("[Nice soup,] but [cold.]")
    assert marked.text == "Nice soup, but cold."
    assert [marked.text[start:end] for start, end in marked.spans] == ["Nice soup,", "cold."]
    assert Marked.of("Plain.").spans == ((0, 6),)


def test_misses_tell_the_head_the_text_and_what_was_found():
    pair = Pair.of(
        "toy",
        {
            "name": "toy",
            "trade": "toys",
            "a": "[It squeaks.] [It rolls.]",
            "b": "[it squeaks] [it rolls]",
            "same": ["stage"],
            "sentiment": [["negative", "not negative"], ["negative", "positive"]],
        },
    )
    good = [{"stage": "none", "sentiment": s} for s in ("negative", "positive")]
    assert pair.misses(good, good) == []
    bad = [{"stage": "decision", "sentiment": "negative"}] * 2
    assert pair.misses(good, bad) == [
        ("sentiment", "sentiment of B2: positive, found negative"),
        ("stage", "stage not equal: none, none | decision, decision"),
    ]


@pytest.mark.slow
def test_shipped_model_passes_as_many_as_when_recorded():
    floors = json.loads(FLOORS.read_text(encoding="utf-8"))
    assert set(floors) == ASKED
    failed = failures(MomentTagger.load(), SLICES)
    passed = {part.name: len(part.pairs) - len(failed[part.name]) for part in SLICES}
    fallen = {name: passed[name] for name, floor in floors.items() if passed[name] < floor}
    assert fallen == {}
