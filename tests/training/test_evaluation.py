"""Figures of a bundle: heads, labels, calibration, slices, mistakes, on either kind of borders."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mot_nlp.bundle import open_bundle
from mot_nlp.errors import InputError
from mot_nlp.records import Segment
from mot_nlp.segmentation import Segmenter
from mot_nlp.tagger import MomentTagger
from mot_nlp.transcripts import document as as_read
from tests.tiny import BUNDLE
from tests.training.evaluation_world import documents, gold_set, predicted
from tests.training.worlds import write_corpus
from training.corpus import LabelledDocument, fingerprint, read_corpus
from training.evaluate import evaluate, gold_arrays, score_labels
from training.evaluation.collect import collect, evaluate_bundle
from training.evaluation.data import Settings
from training.evaluation.findings import findings
from training.evaluation.gold import GoldSet
from training.evaluation.mistakes import in_words
from training.evaluation.predicting import predict, predict_own

SETTINGS = Settings("gold", 200, 0.95, 13)


@pytest.fixture(scope="module")
def bundle():
    return open_bundle(BUNDLE)


@pytest.fixture(scope="module")
def tagger():
    return MomentTagger.load(BUNDLE, threads=1)


@pytest.fixture(scope="module")
def taxonomy(bundle):
    return bundle.taxonomy


def figures(bundle, gold, found, settings=SETTINGS, **more):
    return collect(bundle, gold, found, settings, **more)


def by_name(evaluation):
    return {head.head: head for head in evaluation.heads}


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_figures_are_those_of_score_labels(bundle, taxonomy, missing):
    gold = gold_set(taxonomy, missing=missing)
    found = predicted(gold, taxonomy)
    evaluation = figures(bundle, gold, found)
    answers = gold_arrays(gold.documents, taxonomy)
    expected = score_labels(answers, dict(found.labels))
    for name, head in by_name(evaluation).items():
        assert round(head.macro_f1.value, 4) == expected[name]["macro_f1"]
        assert round(head.accuracy.value, 4) == expected[name]["accuracy"]
        per_label = {label.label: label for label in head.labels if label.n}
        assert {k: round(v.f1.value, 4) for k, v in per_label.items()} == expected[name][
            "per_label"
        ]
        assert {k: v.n for k, v in per_label.items()} == expected[name]["support"]
        assert sum(map(sum, head.confusion)) == head.segments
    assert round(evaluation.core_mean_macro_f1.value, 4) == expected["core_mean_macro_f1"]
    if not missing:
        assert round(evaluation.core_exact.value, 4) == expected["core_exact"]


def test_segments_without_all_core_labels_do_not_count_as_not_exact(bundle, taxonomy):
    gold = gold_set(taxonomy, missing=0.3)
    evaluation = figures(bundle, gold, predicted(gold, taxonomy, 0.0))
    assert evaluation.core_exact.value == 1.0


def test_the_runtime_on_gold_borders_gives_the_figures_of_evaluate(tagger, tmp_path):
    labelled = read_corpus(write_corpus(tmp_path, copies=4), tagger.taxonomy)
    evaluation: Any = evaluate_bundle(tagger, GoldSet.of("world", labelled), bootstrap=100)
    expected = evaluate(tagger, labelled)
    for name, head in by_name(evaluation).items():
        assert round(head.macro_f1.value, 4) == expected[name]["macro_f1"]
    assert round(evaluation.core_exact.value, 4) == expected["core_exact"]
    assert evaluation.not_found == 0


def test_intervals_hold_their_figure_and_repeat(bundle, taxonomy):
    gold = gold_set(taxonomy)
    found = predicted(gold, taxonomy)
    one, other = (figures(bundle, gold, found) for _ in range(2))
    assert one == other
    assert one != figures(bundle, gold, found, replace(SETTINGS, seed=14))
    for head in by_name(one).values():
        assert head.macro_f1.low < head.macro_f1.value < head.macro_f1.high
        assert head.accuracy.low < head.accuracy.value < head.accuracy.high


def test_rare_labels_are_marked_and_told(bundle, taxonomy):
    gold = gold_set(taxonomy, 40)
    evaluation = figures(bundle, gold, predicted(gold, taxonomy))
    rare = [label for label in by_name(evaluation)["touchpoint"].labels if label.few]
    assert rare
    assert all(label.n < 20 and label.f1 for label in rare if label.n)
    (told,) = [text for text in evaluation.warnings if "say little" in text]
    assert f"touchpoint {rare[0].label} ({rare[0].n})" in told


def test_heads_without_labels_are_left_out_and_told(bundle, taxonomy):
    only = [
        replace(entry, labels=tuple({"stage": labels["stage"]} for labels in entry.labels))
        for entry in documents(taxonomy)
    ]
    gold = GoldSet.of("world", only)
    evaluation = figures(bundle, gold, predicted(gold, taxonomy))
    assert [head.head for head in evaluation.heads] == ["stage"]
    assert evaluation.core_mean_macro_f1 is None
    assert evaluation.core_exact is None
    assert any(
        "No label in the gold for moment, touchpoint" in text for text in evaluation.warnings
    )
    bare = [replace(entry, labels=tuple({} for _ in entry.labels)) for entry in only]
    with pytest.raises(InputError, match="no segment bears a label of any head"):
        figures(bundle, GoldSet.of("bare", bare), predicted(gold, taxonomy))


def test_few_documents_are_told_and_one_has_no_intervals(bundle, taxonomy):
    gold = gold_set(taxonomy, 1, seed=3)
    evaluation = figures(bundle, gold, predicted(gold, taxonomy))
    assert evaluation.heads[0].macro_f1.low is None
    assert any("Only 1 document:" in text for text in evaluation.warnings)


def test_documents_that_the_bundle_was_fitted_on_are_told(bundle, taxonomy):
    gold = gold_set(taxonomy)
    manifest = replace(bundle.manifest, data={"sha256": {"train": fingerprint(gold.documents)}})
    evaluation = figures(
        replace(bundle, manifest=manifest), gold, predicted(gold, taxonomy), SETTINGS
    )
    assert "the bundle's own train documents" in evaluation.warnings[0]


def test_any_number_of_heads(bundle, taxonomy):
    joy = replace(taxonomy.heads["pivotal"], name="emotion.joy")
    wider = replace(taxonomy, heads={**taxonomy.heads, "emotion.joy": joy})
    gold = gold_set(wider)
    evaluation = figures(replace(bundle, taxonomy=wider), gold, predicted(gold, wider))
    joy_found = by_name(evaluation)["emotion.joy"]
    assert [label.label for label in joy_found.labels] == ["no", "yes"]
    assert joy_found.calibration.review is None  # the bundle has no threshold for it


def test_confusions_in_words(bundle, taxonomy):
    gold = gold_set(taxonomy)
    evaluation = figures(bundle, gold, predicted(gold, taxonomy))
    stage = by_name(evaluation)["stage"]
    first = stage.confused[0]
    labels = [label.label for label in stage.labels]
    row = stage.confusion[labels.index(first.gold)]
    assert first.n == row[labels.index(first.predicted)]
    assert first.of == sum(row)
    assert (
        in_words(first) == f"gold {first.gold} read as {first.predicted}: {first.n} of {first.of}"
    )
    assert [entry.n for entry in stage.confused] == sorted(
        (e.n for e in stage.confused), reverse=True
    )
    assert first.gold != first.predicted


def test_honest_confidences_have_little_error_and_boasts_are_told(bundle, taxonomy):
    gold = gold_set(taxonomy, 300)
    honest = figures(bundle, gold, predicted(gold, taxonomy, 0.2))
    boast = figures(bundle, gold, predicted(gold, taxonomy, 0.2, sure=0.15))
    for one, other in zip(by_name(honest).values(), by_name(boast).values(), strict=True):
        assert one.calibration.ece < 0.04
        assert other.calibration.ece > 0.1
        assert one.calibration.brier < other.calibration.brier
    assert any("too sure of stage" in told for told in findings(boast))
    assert not any("too sure" in told for told in findings(honest))


def test_reliability_curve_and_review(bundle, taxonomy):
    gold = gold_set(taxonomy, 300)
    hard = np.random.default_rng(5).random(gold.segments) < 0.5
    manifest = replace(bundle.manifest, review={"stage": {"threshold": 0.7, "kept": 0.5}})
    found = predicted(gold, taxonomy, 0.1, where=hard)
    evaluation = figures(replace(bundle, manifest=manifest), gold, found)
    calibration = by_name(evaluation)["stage"].calibration
    low, high = calibration.bins  # two kinds of segments, and equals are never parted
    assert (low.confidence, high.confidence) == pytest.approx((0.51, 0.9))
    assert low.n + high.n == calibration.segments == gold.segments
    assert low.accuracy.value == pytest.approx(0.5, abs=0.06)
    assert high.accuracy.low < 0.9 < high.accuracy.high + 0.02
    assert calibration.review.kept.value == pytest.approx(1 - hard.mean())
    assert calibration.review.right.value == high.accuracy.value


def slices_of(evaluation, key):
    return {entry.value: entry for entry in evaluation.slices if entry.key == key}


def test_slices_hold_what_they_say(bundle, taxonomy):
    gold = gold_set(taxonomy)
    gold = replace(gold, columns={**gold.columns, "only": ("same",) * 60, "some": ("", "x") * 30})
    evaluation = figures(bundle, gold, predicted(gold, taxonomy))
    for key in ("source", "domain", "length", "document_length", "position", "some"):
        own = slices_of(evaluation, key)
        assert sum(entry.segments for entry in own.values()) == gold.segments, key
    assert not slices_of(evaluation, "only")
    assert set(slices_of(evaluation, "some")) == {"(not given)", "x"}
    bank = slices_of(evaluation, "domain")["bank"]
    part = GoldSet.of("bank", [d for d in gold.documents if d.domain == "bank"])
    assert (bank.documents, bank.segments) == (len(part.documents), part.segments)
    assert slices_of(evaluation, "position")["first"].segments == sum(
        len(document.segments) > 1 for document in gold.documents
    )


def test_many_values_stand_together_and_small_slices_are_not_tested(bundle, taxonomy):
    gold = gold_set(taxonomy, 50)
    gold = replace(gold, columns={"author": tuple(f"a{number}" for number in range(50))})
    authors = slices_of(figures(bundle, gold, predicted(gold, taxonomy)), "author")
    assert len(authors) == 21
    assert sum(entry.segments for entry in authors.values()) == gold.segments
    small = [head for name, entry in authors.items() if name != "(others)" for head in entry.heads]
    assert all(head.few and head.q is None and not head.low for head in small)


def test_a_slice_of_a_single_document_is_not_told(bundle, taxonomy):
    gold = gold_set(taxonomy, 60)
    long = replace(
        gold.documents[0],
        segments=gold.documents[0].segments[:1] * 30,
        labels=gold.documents[0].labels[:1] * 30,
        domain="long",
    )
    gold = GoldSet.of("world", [long, *gold.documents[1:]])
    found = predicted(gold, taxonomy, 0.1, where=gold.owners() == 0)
    own = slices_of(figures(bundle, gold, found), "domain")["long"]
    assert (own.documents, own.segments) == (1, 30)
    assert all(head.few and not head.low and head.q is None for head in own.heads)


def test_a_slice_that_is_worse_is_told_and_the_others_are_not(bundle, taxonomy):
    gold = gold_set(taxonomy, 200)
    bad = np.array([d.domain == "bank" for d in gold.documents])[gold.owners()]
    found = predicted(gold, taxonomy, 0.1, where=bad)
    evaluation = figures(bundle, gold, found)
    clear = {(e.key, e.value) for e in evaluation.slices for head in e.heads if head.clear}
    assert ("domain", "bank") in clear
    assert ("domain", "travel") not in clear
    bank = {head.head: head for head in slices_of(evaluation, "domain")["bank"].heads}
    assert all(head.clear and head.low and head.q < 0.01 for head in bank.values())
    assert any("where domain is bank" in told for told in findings(evaluation))


def test_slices_of_nothing_but_noise_are_hardly_ever_told(bundle, taxonomy):
    told, settings = 0, replace(SETTINGS, bootstrap=100)
    for seed in range(8):
        gold = gold_set(taxonomy, 80, seed=seed)
        found = predicted(gold, taxonomy, seed=100 + seed)
        evaluation = figures(bundle, gold, found, settings)
        told += any(head.clear for entry in evaluation.slices for head in entry.heads)
    assert told <= 2


def test_a_slice_is_held_against_the_labels_that_it_has(bundle, taxonomy):
    easy, hard = taxonomy.heads["touchpoint"].labels[:2]
    gold = GoldSet.of(
        "world",
        [
            replace(
                entry,
                domain="easy" if number % 2 else "both",
                labels=tuple(
                    {"touchpoint": easy if number % 2 or place % 2 else hard}
                    for place in range(len(entry.labels))
                ),
            )
            for number, entry in enumerate(documents(taxonomy, 120))
        ],
    )
    found = predicted(gold, taxonomy, 0.0)
    answers = gold_arrays(gold.documents, taxonomy)["touchpoint"]
    found.labels["touchpoint"][:] = np.where(answers == hard, "none", answers)
    evaluation = figures(bundle, gold, found)
    whole = by_name(evaluation)["touchpoint"]
    (own,) = slices_of(evaluation, "domain")["easy"].heads
    assert whole.macro_f1.value == pytest.approx(0.5)
    assert own.overall == own.macro_f1.value == 1.0


def test_the_worst_segments_come_first_with_their_surroundings(bundle, taxonomy):
    gold = gold_set(taxonomy, 30)
    found = predicted(gold, taxonomy, 0.0)
    owner = next(n for n, d in enumerate(gold.documents) if len(d.segments) >= 3)
    row = int(np.flatnonzero(gold.owners() == owner)[1])
    other = next(r for r in range(gold.segments) if r != row)
    labels = [entry for document in gold.documents for entry in document.labels]
    head = taxonomy.heads["stage"]
    for place, confidence in ((row, 0.98), (other, 0.6)):
        right = head.index(labels[place]["stage"])
        wrong = (right + 1) % len(head.labels)
        rest = (1 - confidence) / (len(head.labels) - 1)
        found.probabilities["stage"][place] = rest
        found.probabilities["stage"][place, wrong] = confidence
        found.confidences["stage"][place] = confidence
        found.labels["stage"][place] = head.labels[wrong]
    evaluation = figures(bundle, gold, found)
    first, second = evaluation.mistakes
    assert first.surprise > second.surprise
    document, segment = gold.documents[owner], gold.documents[owner].segments[1]
    excerpt = first.excerpt
    assert excerpt.text == document.text[segment.start : segment.end]
    assert excerpt.before + excerpt.text + excerpt.after == document.text
    (wrong_label,) = first.wrong
    assert (wrong_label.head, wrong_label.confidence) == ("stage", 0.98)
    assert wrong_label.gold == labels[row]["stage"] != wrong_label.predicted
    assert len(figures(bundle, gold, found, most_mistakes=1).mistakes) == 1


TEXT = "Paid 40 quid and it was a bargain. It broke on day two. Support never answers, I gave up."


def labelled(document, segments):
    labels = {"stage": "decision", "moment": "fmot", "touchpoint": "price", "sentiment": "positive"}
    return LabelledDocument(
        id=document.id, source=document.source, domain="", origin="", text=document.text,
        segments=tuple(segments), labels=(labels,) * len(segments),
    )  # fmt: skip


def test_own_borders_that_are_the_golds_change_nothing(tagger):
    read = as_read("a", TEXT, source="review")
    gold = [labelled(read, Segmenter()(read))]
    there, own = predict(tagger, gold), predict_own(tagger, gold)
    for name in tagger.taxonomy.heads:
        assert there.labels[name].tolist() == own.labels[name].tolist()
        assert there.confidences[name].tolist() == own.confidences[name].tolist()
    assert own.not_found == 0


def test_own_borders_that_miss_a_segment_read_it_as_none(tagger):
    text = "Agent: How can I help you today?\nCustomer: The router is dead.\nAgent: I see."
    read = as_read("a", text, source="transcript")
    start = text.index("The router")
    gold = [
        labelled(read, [Segment(7, 32, 0), Segment(start, start + 19, 1)]),
        labelled(replace(read, id="b", text="Agent: Nobody here."), [Segment(7, 19, 0)]),
    ]
    found = predict_own(tagger, gold)
    assert found.not_found == 2
    assert [found.labels["stage"][row] for row in (0, 2)] == ["none", "none"]
    assert np.isnan(found.confidences["stage"][[0, 2]]).all()
    settings = replace(SETTINGS, borders="own")
    evaluation = figures(tagger.bundle, GoldSet.of("world", gold), found, settings)
    assert evaluation.not_found == 2
    assert by_name(evaluation)["stage"].calibration.segments == 1
    assert all(mistake.excerpt.start == start for mistake in evaluation.mistakes)


def test_too_few_replicates_are_refused(tagger, taxonomy):
    with pytest.raises(InputError, match="bootstrap is 1; allowed: 100 or more"):
        evaluate_bundle(tagger, gold_set(taxonomy, 5), bootstrap=1)
