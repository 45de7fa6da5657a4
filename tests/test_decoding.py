"""Scores to labels: consistent, calibrated, merged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mot_nlp.decoding import Decoder, segment_scores, softmax
from mot_nlp.encoding import Piece, Window
from mot_nlp.records import Document, Segment, Turn
from mot_nlp.taxonomy import HEADS, read_taxonomy
from tests.tiny import OWN_TAXONOMY

SURE = 20.0
BROKE = {"stage": "post_purchase", "moment": "smot", "touchpoint": "product"}
BROKE |= {"sentiment": "negative", "pivotal": "no"}
LATE = BROKE | {"touchpoint": "delivery"}
NONE = {"stage": "none", "moment": "none", "touchpoint": "none"}
NONE |= {"sentiment": "neutral", "pivotal": "no"}


@pytest.fixture(scope="module")
def decoder(taxonomy):
    return Decoder(taxonomy, {})


@st.composite
def any_scores(draw, width=30):
    """Scores of a few segments, from mild to extreme; the width is checked where it is used."""
    rows = draw(st.integers(1, 6))
    scale = draw(st.sampled_from([0.1, 3.0, 50.0]))
    seed = draw(st.integers(0, 2**32 - 1))
    return np.random.default_rng(seed).normal(0, scale, (rows, width)).astype(np.float32)


def scores_for(taxonomy, *rows, sure=SURE):
    """Scores that make each row's labels all but certain."""
    out = np.zeros((len(rows), taxonomy.width), np.float32)
    for number, labels in enumerate(rows):
        for name, part in taxonomy.slices().items():
            out[number, part.start + taxonomy.heads[name].index(labels[name])] = sure
    return out


def probabilities(taxonomy, **given):
    """Probabilities of one segment; heads and labels not named share what is left evenly."""
    out = {}
    for name, head in taxonomy.heads.items():
        named = given.get(name, {})
        rest = (1 - sum(named.values())) / (len(head.labels) - len(named))
        out[name] = np.array([[named.get(label, rest) for label in head.labels]])
    return out


def chosen(decoder, table):
    heads = decoder.taxonomy.heads
    found = decoder.choose(table)
    return [
        {name: heads[name].labels[int(found[name][row])] for name in HEADS}
        for row in range(len(found["stage"]))
    ]


def conversation(*turns):
    """A document of turns, each a list of segment lengths, and its segments."""
    text, spans, places = "", [], []
    for number, lengths in enumerate(turns):
        start = len(text)
        for length in lengths:
            spans.append(Segment(len(text), len(text) + length, number))
            text += "x" * length + " "
        places.append(Turn(f"speaker {number}", start, len(text), is_customer=True))
    return Document("d", text, "transcript", tuple(places)), spans


def tag(decoder, document, spans, scores):
    [tagged] = decoder.tag([document], [spans], scores)
    return tagged


# ---------------------------------------------------------------- softmax
@given(scores=any_scores())
def test_softmax_gives_probabilities_in_the_order_of_the_scores(scores):
    found = softmax(scores)
    assert found.shape == scores.shape
    assert np.allclose(found.sum(axis=1), 1)
    assert (found >= 0).all()
    assert (found.argmax(axis=1) == scores.argmax(axis=1)).all()
    assert np.allclose(softmax(scores + np.float32(7)), found, atol=1e-4)


def test_softmax_by_hand_and_of_huge_scores():
    assert softmax(np.log(np.array([[1.0, 2.0, 5.0]]))) == pytest.approx(
        np.array([[0.125, 0.25, 0.625]])
    )
    assert softmax(np.array([[5000.0, -5000.0]], np.float32)).tolist() == [[1.0, 0.0]]


# ---------------------------------------------------------------- labels that fit together
@settings(max_examples=100, deadline=None)
@given(scores=any_scores())
def test_only_labels_that_fit_together_come_out(decoder, taxonomy, scores):
    scores = scores[:, : taxonomy.width]
    assert scores.shape[1] == taxonomy.width
    none = {name: head.none for name, head in taxonomy.heads.items()}
    for labels in chosen(decoder, decoder.probabilities(scores)):
        assert (labels["stage"], labels["moment"]) in taxonomy.pairs
        if labels["stage"] == none["stage"]:
            assert labels == none
        else:
            assert labels["touchpoint"] != none["touchpoint"]


@settings(max_examples=50, deadline=None)
@given(scores=any_scores())
def test_rows_agree_with_the_choice_and_stay_in_range(decoder, taxonomy, scores):
    scores = scores[:, : taxonomy.width]
    document, spans = conversation([3] * len(scores))
    tagged = tag(decoder, document, spans, scores)
    labels = chosen(decoder, decoder.probabilities(scores))
    for row, expected in zip(tagged.segments, labels, strict=True):
        assert row.labels == {name: expected[name] for name in HEADS if name != "pivotal"}
        assert row.pivotal == (expected["pivotal"] == "yes")
        assert set(row.confidences) == set(HEADS)
        assert all(0 <= value <= 1 for value in row.confidences.values())
        assert -1 <= row.sentiment_score <= 1
        if expected["stage"] == "none":
            assert row.sentiment_score == 0
    assert sum(m.n_segments for m in tagged.moments) == sum(e["stage"] != "none" for e in labels)


@pytest.mark.parametrize("labels", [BROKE, LATE, NONE], ids=["product", "delivery", "none"])
def test_labels_that_fit_are_kept(decoder, taxonomy, labels):
    scores = scores_for(taxonomy, labels)
    assert chosen(decoder, decoder.probabilities(scores)) == [labels]


def test_stage_and_moment_are_the_likeliest_pair_not_the_likeliest_each(decoder, taxonomy):
    table = probabilities(
        taxonomy,
        stage={"decision": 0.5, "post_purchase": 0.4},
        moment={"fmot": 0.2, "smot": 0.6},
    )
    # decision goes with fmot only: 0.5 x 0.2 is less than 0.4 x 0.6.
    [labels] = chosen(decoder, table)
    assert (labels["stage"], labels["moment"]) == ("post_purchase", "smot")


def test_none_takes_everything_with_it(decoder, taxonomy):
    labels = {"stage": "none", "moment": "none", "touchpoint": "product"}
    scores = scores_for(taxonomy, labels | {"sentiment": "positive", "pivotal": "yes"})
    document, spans = conversation([4])
    tagged = tag(decoder, document, spans, scores)
    [row] = tagged.segments
    assert row.labels == {name: NONE[name] for name in HEADS if name != "pivotal"}
    assert (row.pivotal, row.sentiment_score) == (False, 0.0)
    assert row.confidences["touchpoint"] == pytest.approx(0, abs=1e-6)
    assert tagged.moments == ()


def test_elsewhere_the_touchpoint_is_the_likeliest_but_none(decoder, taxonomy):
    table = probabilities(
        taxonomy,
        stage={"post_purchase": 0.9},
        moment={"smot": 0.9},
        touchpoint={"none": 0.8, "support": 0.15},
    )
    assert chosen(decoder, table)[0]["touchpoint"] == "support"


def test_the_sentiment_score_is_positive_less_negative(decoder, taxonomy):
    scores = scores_for(taxonomy, BROKE)
    part = taxonomy.slices()["sentiment"]
    scores[0, part] = np.log([0.2, 0.1, 0.7])  # negative, neutral, positive
    document, spans = conversation([4])
    [row] = tag(decoder, document, spans, scores).segments
    assert row.labels["sentiment"] == "positive"
    assert row.sentiment_score == pytest.approx(0.5)
    assert row.confidences["sentiment"] == pytest.approx(0.7)


# ---------------------------------------------------------------- calibration
@settings(max_examples=50, deadline=None)
@given(scores=any_scores(), temperature=st.floats(0.3, 5))
def test_a_temperature_keeps_the_order_of_labels(taxonomy, scores, temperature):
    scores = scores[:, : taxonomy.width]
    plain = Decoder(taxonomy, {}).probabilities(scores)
    scaled = Decoder(taxonomy, dict.fromkeys(HEADS, temperature)).probabilities(scores)
    for name in HEADS:
        best = plain[name].argmax(axis=1)
        at_best = np.take_along_axis(scaled[name], best[:, None], axis=1)[:, 0]
        assert np.allclose(at_best, scaled[name].max(axis=1))


def test_a_temperature_changes_the_confidence_of_its_head_alone(taxonomy):
    scores = scores_for(taxonomy, BROKE, sure=2.0)
    document, spans = conversation([4])
    plain, cooled, heated = (
        tag(Decoder(taxonomy, given), document, spans, scores).segments[0]
        for given in ({}, {"sentiment": 0.5}, {"sentiment": 2.0})
    )
    assert plain.labels == cooled.labels == heated.labels
    found = [row.confidences["sentiment"] for row in (heated, plain, cooled)]
    assert found == sorted(found)
    assert found[0] < found[1] < found[2]
    assert heated.confidences["touchpoint"] == plain.confidences["touchpoint"]
    # Two labels at 0 and one at 2: e^(2/t) / (e^(2/t) + 2).
    assert heated.confidences["sentiment"] == pytest.approx(np.e / (np.e + 2))


# ---------------------------------------------------------------- merging
def test_neighbours_with_equal_labels_are_one_moment(decoder, taxonomy):
    document, spans = conversation([5, 6, 7])
    tagged = tag(decoder, document, spans, scores_for(taxonomy, BROKE, BROKE, LATE))
    assert [(m.start, m.end, m.n_segments) for m in tagged.moments] == [(0, 12, 2), (13, 20, 1)]
    assert [m.labels["touchpoint"] for m in tagged.moments] == ["product", "delivery"]
    assert [m.n_segments for m in tagged.segments] == [1, 1, 1]


@pytest.mark.parametrize(
    ("name", "label"),
    [("moment", "tmot"), ("touchpoint", "support"), ("sentiment", "positive")],
    ids=lambda value: value,
)
def test_a_difference_in_any_label_parts_moments(decoder, taxonomy, name, label):
    document, spans = conversation([5, 6])
    scores = scores_for(taxonomy, BROKE, BROKE | {name: label})
    assert len(tag(decoder, document, spans, scores).moments) == 2


def test_a_moment_never_crosses_a_turn(decoder, taxonomy):
    document, spans = conversation([5, 6], [7])
    moments = tag(decoder, document, spans, scores_for(taxonomy, BROKE, BROKE, BROKE)).moments
    assert [m.n_segments for m in moments] == [2, 1]
    assert [m.speaker for m in moments] == ["speaker 0", "speaker 1"]


def test_a_none_segment_breaks_a_run(decoder, taxonomy):
    document, spans = conversation([5, 6, 7])
    moments = tag(decoder, document, spans, scores_for(taxonomy, BROKE, NONE, BROKE)).moments
    assert [(m.start, m.end) for m in moments] == [(0, 5), (13, 20)]


@pytest.mark.parametrize("pivotal", [("no", "yes"), ("yes", "no")], ids="-".join)
def test_a_moment_is_pivotal_if_any_of_its_segments_is(decoder, taxonomy, pivotal):
    document, spans = conversation([5, 6])
    rows = [BROKE | {"pivotal": answer} for answer in pivotal]
    [moment] = tag(decoder, document, spans, scores_for(taxonomy, *rows)).moments
    assert moment.pivotal
    assert moment.n_segments == 2


def test_score_and_confidences_are_means_by_length(decoder, taxonomy):
    document, spans = conversation([30, 10])
    scores = scores_for(taxonomy, BROKE, BROKE)
    part = taxonomy.slices()["sentiment"]
    scores[0, part] = np.log([0.8, 0.1, 0.1])
    scores[1, part] = np.log([0.6, 0.1, 0.3])
    [moment] = tag(decoder, document, spans, scores).moments
    assert moment.sentiment_score == pytest.approx((30 * -0.7 + 10 * -0.3) / 40)
    assert moment.confidences["sentiment"] == pytest.approx((30 * 0.8 + 10 * 0.6) / 40)
    assert moment.confidences["stage"] == pytest.approx(1)


def test_documents_get_their_own_rows_and_empty_ones_none(decoder, taxonomy):
    (first, spans), (last, others) = conversation([5, 6]), conversation([4])
    empty = Document("empty", "", "review", ())
    scores = scores_for(taxonomy, BROKE, LATE, NONE)
    tagged = decoder.tag([first, empty, last], [spans, [], others], scores)
    assert [len(one.segments) for one in tagged] == [2, 0, 1]
    assert [len(one.moments) for one in tagged] == [2, 0, 0]
    assert [one.document for one in tagged] == [first, empty, last]


# ---------------------------------------------------------------- pieces to segments
def test_pieces_of_a_segment_are_averaged_by_their_tokens():
    windows = [
        Window((1,) * 12, (Piece(0, 1, 5), Piece(1, 5, 11))),  # 4 and 6 tokens
        Window((1,) * 5, (Piece(1, 1, 3), Piece(2, 3, 4))),  # 2 and 1
    ]
    scores = [np.array([[1, 0], [4, 8]], np.float32), np.array([[8, 0], [5, 5]], np.float32)]
    found = segment_scores(windows, scores, 3)
    assert found.tolist() == [[1, 0], [5, 6], [5, 5]]
    assert found.dtype == np.float32


# ---------------------------------------------------------------- labels of one's own
OWN = {"stage": "using", "moment": "smot", "touchpoint": "router", "sentiment": "negative"}
OWN |= {"pivotal": "no", "effort": "hard"}
OWN_NONE = {"stage": "none", "moment": "none", "touchpoint": "none", "sentiment": "neutral"}
OWN_NONE |= {"pivotal": "no", "effort": "not_told"}


@pytest.fixture(scope="module")
def own():
    return Decoder(read_taxonomy(OWN_TAXONOMY), {})


def own_scores(decoder, *rows, sure=SURE):
    """Scores that make each row's labels all but certain; ``emotion`` is a set of labels."""
    taxonomy = decoder.taxonomy
    emotions = taxonomy.questions["emotion"]
    split = [
        {name: label for name, label in row.items() if name != "emotion"}
        | {
            head: "yes" if label in row["emotion"] else "no"
            for label, head in zip(emotions.labels, emotions.heads, strict=True)
        }
        for row in rows
    ]
    return scores_for(taxonomy, *split, sure=sure)


def own_moments(decoder, lengths, *rows):
    document, spans = conversation(lengths)
    return tag(decoder, document, spans, own_scores(decoder, *rows))


def test_extra_heads_answer_beside_the_core_ones(own):
    tagged = own_moments(own, [5], OWN | {"emotion": {"worry", "anger"}})
    for row in (*tagged.segments, *tagged.moments):
        assert row.labels == {name: OWN[name] for name in HEADS if name != "pivotal"}
        assert row.answers == {"effort": "hard", "emotion": ("anger", "worry")}  # taxonomy order
        assert set(row.confidences) == {*HEADS, "effort", "emotion"}


def test_none_takes_the_extra_heads_with_it(own):
    tagged = own_moments(own, [5], OWN_NONE | {"effort": "hard", "emotion": {"joy"}})
    [row] = tagged.segments
    assert row.answers == {"effort": "not_told", "emotion": ()}
    assert row.confidences["emotion"] == pytest.approx(0, abs=1e-6)


def test_several_labels_are_as_sure_as_the_least_sure(own):
    scores = own_scores(own, OWN | {"emotion": {"joy"}})
    part = own.taxonomy.slices()
    scores[0, part["emotion.joy"]] = np.log([0.4, 0.6])
    scores[0, part["emotion.anger"]] = np.log([0.7, 0.3])
    document, spans = conversation([4])
    [row] = tag(own, document, spans, scores).segments
    assert row.answers["emotion"] == ("joy",)
    assert row.confidences["emotion"] == pytest.approx(0.6)
    scores[0, part["emotion.trust"]] = np.log([0.55, 0.45])
    [row] = tag(own, document, spans, scores).segments
    assert row.confidences["emotion"] == pytest.approx(0.55)


def test_five_sentiments_make_one_score(own):
    scores = own_scores(own, OWN | {"emotion": set()})
    scores[0, own.taxonomy.slices()["sentiment"]] = np.log([0.4, 0.3, 0.1, 0.15, 0.05])
    document, spans = conversation([4])
    [row] = tag(own, document, spans, scores).segments
    assert row.labels["sentiment"] == "very_negative"
    assert row.sentiment_score == pytest.approx(-0.4 - 0.5 * 0.3 + 0.5 * 0.15 + 0.05)


@settings(max_examples=50, deadline=None)
@given(scores=any_scores())
def test_three_sentiments_score_to_the_bit_as_positive_less_negative(decoder, taxonomy, scores):
    scores = scores[:, : taxonomy.width]
    document, spans = conversation([3] * len(scores))
    found = [row.sentiment_score for row in tag(decoder, document, spans, scores).segments]
    likely = decoder.probabilities(scores)
    none = decoder.choose(likely)["stage"] == taxonomy.heads["stage"].index("none")
    expected = likely["sentiment"][:, 2] - likely["sentiment"][:, 0]
    assert found == np.where(none, 0.0, expected).tolist()


def test_extra_heads_part_no_moments(own):
    rows: list[dict[str, Any]] = [
        OWN | {"effort": "easy", "emotion": {"joy"}},
        OWN | {"emotion": {"anger", "joy"}},
    ]
    [moment] = own_moments(own, [5, 20], *rows).moments
    assert moment.n_segments == 2
    assert moment.answers == {"effort": "hard", "emotion": ("joy", "anger")}


def test_a_run_takes_the_label_that_most_of_the_text_is_surest_of(own):
    rows: list[dict[str, Any]] = [
        OWN | {"effort": label, "emotion": set()} for label in ("easy", "hard", "easy")
    ]
    scores = own_scores(own, *rows)
    part = own.taxonomy.slices()["effort"]  # not_told, easy, hard
    scores[0, part] = np.log([0.3, 0.5, 0.2])
    scores[1, part] = np.log([0.05, 0.05, 0.9])
    scores[2, part] = np.log([0.3, 0.4, 0.3])
    document, spans = conversation([10, 11, 10])
    [moment] = tag(own, document, spans, scores).moments
    assert moment.answers["effort"] == "hard"  # 11 x 0.9 is more than 10 x 0.5 + 10 x 0.4
    assert moment.confidences["effort"] == pytest.approx((5 + 9.9 + 4) / 31)
    document, spans = conversation([12, 11, 12])
    [moment] = tag(own, document, spans, scores).moments
    assert moment.answers["effort"] == "easy"
