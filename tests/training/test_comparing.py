"""Two bundles side by side, and the gate between them."""

import json
import re
import shutil
from dataclasses import fields, replace

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from mot_nlp.bundle import MANIFEST, open_bundle
from mot_nlp.errors import InputError, TaxonomyError
from mot_nlp.tagger import MomentTagger
from mot_nlp.taxonomy import Head
from tests.tiny import BUNDLE
from tests.training.evaluation_world import documents, gold_set, predicted
from training.commands.comparing import compare_command
from training.evaluate import gold_arrays, score_labels
from training.evaluation.common import in_common
from training.evaluation.comparison import compare, compare_bundles
from training.evaluation.differences import FORMAT, Comparison, ComparisonSettings
from training.evaluation.gate import judge
from training.evaluation.gold import GoldSet
from training.evaluation.html import comparison_page
from training.evaluation.numbers import points
from training.evaluation.speed import compare_speed
from training.evaluation.writing import write_comparison

SETTINGS = ComparisonSettings(200, 0.05, 13)


@pytest.fixture(scope="module")
def bundle():
    return open_bundle(BUNDLE)


@pytest.fixture(scope="module")
def taxonomy(bundle):
    return bundle.taxonomy


def compared(bundle, old, new, *, count=120, same_errors=False, settings=SETTINGS, seed=0):
    """A comparison of predictions wrong at these rates."""
    gold = gold_set(bundle.taxonomy, count, seed=seed)
    found = {
        "old": predicted(gold, bundle.taxonomy, old, seed=1000 + seed),
        "new": predicted(
            gold, bundle.taxonomy, new, seed=1000 + seed if same_errors else 2000 + seed
        ),
    }
    return compare(bundle, bundle, gold, found, settings)


def heads_of(comparison):
    return {head.head: head for head in comparison.heads}


def test_a_bundle_is_as_good_as_itself(bundle):
    comparison = compared(bundle, 0.2, 0.2, same_errors=True)
    for head in comparison.heads:
        assert (head.macro_f1.difference.low, head.macro_f1.difference.high) == (0.0, 0.0)
        assert (head.fixed, head.broken, head.macro_f1.p) == (0, 0, 1.0)
    assert comparison.broken == ()
    assert "Both names stand for the same bundle." in comparison.warnings
    verdict = judge(comparison)
    assert verdict.passed
    assert verdict.heads == ("stage", "moment", "touchpoint", "sentiment", "pivotal")


def test_a_clearly_worse_bundle_is_stopped_with_the_figures(bundle):
    comparison = compared(bundle, 0.1, 0.35)
    verdict = judge(comparison)
    assert not verdict.passed
    assert len(verdict.reasons) == 5
    found = heads_of(comparison)["stage"].macro_f1
    assert found.p < 0.001
    assert verdict.reasons[0] == (
        f"stage is worse by {100 * -found.difference.value:.1f} points of macro-F1 "
        f"({points(found.difference.low)} to {points(found.difference.high)})"
    )


def test_a_better_bundle_passes_and_is_told_so(bundle):
    verdict = judge(compared(bundle, 0.35, 0.1))
    assert verdict.passed
    assert "better beyond noise on stage, moment" in verdict.reasons[0]


def test_noise_passes_as_often_as_it_should(bundle):
    """Bundles that are truly as good: each head is stopped once in 40, at 95 %."""
    settings = replace(SETTINGS, bootstrap=100)
    stops = 0
    for seed in range(20):
        comparison = compared(bundle, 0.25, 0.25, settings=settings, seed=seed, count=60)
        verdict = judge(comparison, least_segments=1)
        stops += 0 if verdict.passed else len(verdict.reasons)
    assert stops <= 8  # of 100 heads


def test_one_head_that_got_worse_stops_all_that_got_better(bundle):
    new = {"stage": 0.05, "moment": 0.05, "touchpoint": 0.05, "sentiment": 0.4, "pivotal": 0.05}
    comparison = compared(bundle, 0.2, new)
    verdict = judge(comparison)
    assert not verdict.passed
    (reason,) = verdict.reasons
    assert reason.startswith("sentiment is worse by ")
    assert judge(comparison, heads=["stage", "moment"]).passed
    assert judge(comparison, heads=["stage", "moment"]).heads == ("stage", "moment")


def test_a_margin_forgives_what_lies_within_it(bundle):
    comparison = compared(bundle, 0.1, 0.2)
    assert not judge(comparison).passed
    forgiven = judge(comparison, margin=0.3)
    assert forgiven.passed
    assert "not worse by more than 30 points beyond noise" in forgiven.reasons[0]
    barely = judge(comparison, margin=0.001)
    assert "beyond the margin of 0.1 points" in barely.reasons[0]


def test_too_few_segments_shut_the_gate(bundle):
    comparison = compared(bundle, 0.2, 0.2, count=10, same_errors=True)
    verdict = judge(comparison)
    assert not verdict.passed
    (reason,) = verdict.reasons
    assert re.match(r"fewer than 100 labelled segments of stage \(\d\d\), moment", reason)
    assert judge(comparison, least_segments=1).passed
    single = compared(bundle, 0.2, 0.2, count=1, same_errors=True)
    assert "stands in one document" in judge(single, least_segments=1).reasons[0]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"heads": ["nope"]}, "nope cannot be judged; heads that .* are stage, moment"),
        ({"margin": -0.1}, "margin is -0.1; allowed: 0 up to"),
        ({"margin": 1.0}, "margin is 1.0; allowed"),
        ({"least_segments": 0}, "least segments is 0; allowed: 1 or more"),
    ],
    ids=["head", "negative", "margin", "least"],
)
def test_the_gate_refuses_settings_that_make_no_sense(bundle, settings, told):
    with pytest.raises(InputError, match=told):
        judge(compared(bundle, 0.2, 0.2, count=5), **settings)


def test_figures_of_both_sides_are_those_of_score_labels(bundle, taxonomy):
    gold = gold_set(taxonomy, 60)
    found = {"old": predicted(gold, taxonomy, 0.1), "new": predicted(gold, taxonomy, 0.3, seed=5)}
    comparison = compare(bundle, bundle, gold, found, SETTINGS)
    answers = gold_arrays(gold.documents, taxonomy)
    old, new = (score_labels(answers, dict(found[side].labels)) for side in ("old", "new"))
    for name, head in heads_of(comparison).items():
        assert round(head.macro_f1.old, 4) == old[name]["macro_f1"]
        assert round(head.macro_f1.new, 4) == new[name]["macro_f1"]
        assert {entry.name: round(entry.new, 4) for entry in head.labels} == new[name]["per_label"]
        assert {entry.name: entry.n for entry in head.labels} == new[name]["support"]
        for entry in (head.macro_f1, *head.labels):
            assert entry.difference.value == pytest.approx(entry.new - entry.old)
            assert entry.difference.low <= entry.difference.high
        assert all(entry.q >= entry.p for entry in head.labels)
    core = {entry.name: entry for entry in comparison.core}
    assert round(core["core mean"].new, 4) == new["core_mean_macro_f1"]
    assert round(core["core exact"].old, 4) == old["core_exact"]


def test_changed_segments_are_counted_and_shown(bundle, taxonomy):
    gold = gold_set(taxonomy, 60)
    found = {"old": predicted(gold, taxonomy, 0.1), "new": predicted(gold, taxonomy, 0.3, seed=5)}
    comparison = compare(bundle, bundle, gold, found, SETTINGS)
    answers = gold_arrays(gold.documents, taxonomy)["stage"]
    right = {side: found[side].labels["stage"] == answers for side in found}
    stage = heads_of(comparison)["stage"]
    assert stage.fixed == (~right["old"] & right["new"]).sum()
    assert stage.broken == (right["old"] & ~right["new"]).sum()
    assert stage.both_wrong == (~right["old"] & ~right["new"]).sum()
    own = [entry for entry in comparison.broken if entry.head == "stage"]
    assert len(own) == 5
    for entry in own:
        assert entry.gold != entry.new
        document = next(d for d in gold.documents if d.id == entry.excerpt.document)
        assert document.text[entry.excerpt.start : entry.excerpt.end] == entry.excerpt.text


def test_a_pair_is_told_apart_better_than_two_samples(bundle):
    """What is hard for both cancels out: the paired interval is narrower."""
    paired = compared(bundle, 0.3, 0.31, same_errors=True)
    apart = compared(bundle, 0.3, 0.31)
    for one, other in zip(paired.heads, apart.heads, strict=True):
        width = [h.macro_f1.difference.high - h.macro_f1.difference.low for h in (one, other)]
        assert width[0] < width[1] / 2


def with_heads(bundle, heads):
    return replace(bundle, taxonomy=replace(bundle.taxonomy, heads=heads))


def test_taxonomies_that_differ_are_compared_on_what_they_share(bundle, taxonomy):
    stage = taxonomy.heads["stage"]
    renamed = replace(stage, labels=tuple(n.replace("decision", "booking") for n in stage.labels))
    emotion = Head("emotion", ("calm", "angry"), "calm", {})
    heads = {name: head for name, head in taxonomy.heads.items() if name != "pivotal"}
    new = with_heads(bundle, {**heads, "stage": renamed, "emotion": emotion})
    gold = gold_set(new.taxonomy, 60)
    found = {"old": predicted(gold, taxonomy, 0.0), "new": predicted(gold, new.taxonomy, 0.0)}
    comparison = compare(bundle, new, gold, found, SETTINGS)
    assert list(heads_of(comparison)) == ["stage", "moment", "touchpoint", "sentiment"]
    own = heads_of(comparison)["stage"]
    assert "booking" not in {entry.name for entry in own.labels}
    booked = sum(labels["stage"] == "booking" for d in gold.documents for labels in d.labels)
    assert own.segments == gold.segments - booked
    assert own.macro_f1.new == 1.0
    assert comparison.left_out == (
        "stage: only the old bundle has decision",
        "stage: only the new bundle has booking",
        "emotion: only the new bundle has it",
        "pivotal: only the old bundle has it",
        f"stage: {booked} segments whose label only one of the bundles has",
    )
    with pytest.raises(InputError, match="pivotal cannot be judged"):
        judge(comparison, heads=["pivotal"])


def test_a_label_of_one_bundle_alone_is_a_wrong_answer(bundle, taxonomy):
    moment = taxonomy.heads["moment"]
    wider = replace(moment, labels=(*moment.labels, "later"))
    new = with_heads(bundle, {**taxonomy.heads, "moment": wider})
    gold = gold_set(taxonomy, 60)
    found = {"old": predicted(gold, taxonomy, 0.0), "new": predicted(gold, new.taxonomy, 0.0)}
    found["new"].labels["moment"][:10] = "later"
    own = heads_of(compare(bundle, new, gold, found, SETTINGS))["moment"]
    assert own.broken == 10
    assert own.macro_f1.new < own.macro_f1.old == 1.0


def test_nothing_in_common_is_an_error(bundle, taxonomy):
    other = replace(taxonomy, heads={"mood": Head("mood", ("good", "bad"), "good", {})})
    with pytest.raises(
        TaxonomyError, match=r"nothing to compare; .* stage, .*, the new one's mood"
    ):
        in_common(taxonomy, other)
    only_one = replace(taxonomy.heads["pivotal"], labels=("no", "maybe"))
    found = in_common(taxonomy, replace(taxonomy, heads={**taxonomy.heads, "pivotal": only_one}))
    assert "pivotal" not in found.labels
    assert "pivotal: fewer than two labels in common" in found.left_out


def test_a_gold_without_labels_in_common_is_an_error(bundle, taxonomy):
    bare = [replace(d, labels=tuple({} for _ in d.labels)) for d in documents(taxonomy, 5)]
    gold = GoldSet.of("bare", bare)
    found = dict.fromkeys(("old", "new"), predicted(gold, taxonomy))
    with pytest.raises(InputError, match="no segment bears a label that both bundles have"):
        compare(bundle, bundle, gold, found, SETTINGS)


def test_the_json_and_the_page(bundle, tmp_path):
    comparison = compared(bundle, 0.1, 0.3)
    verdict = judge(comparison)
    path, page = write_comparison(comparison, tmp_path, verdict=verdict)
    table = json.loads(path.read_text(encoding="utf-8"))
    assert set(table) == {field.name for field in fields(Comparison)} | {"gate"}
    assert table["format"] == FORMAT
    assert table["gate"]["passed"] is False
    text = page.read_text(encoding="utf-8")
    assert "The gate is shut" in text
    assert "The gate" not in comparison_page(comparison, None)
    assert not re.search(r"<script|<link|<img", text)
    ids = re.findall(r'\bid="([^"]*)"', text)
    assert len(ids) == len(set(ids))
    hostile = replace(comparison, left_out=("<script>x</script>",))
    assert "<script" not in comparison_page(hostile, None)


@pytest.fixture(scope="module")
def turned(tmp_path_factory):
    """The tiny bundle with two labels of sentiment changed about: wrong there, as good elsewhere."""
    folder = tmp_path_factory.mktemp("turned") / "bundle"
    shutil.copytree(BUNDLE, folder)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    toml = (folder / "taxonomy.toml").read_text(encoding="utf-8")
    order = 'labels = ["negative", "neutral", "positive"]'
    assert order in toml
    toml = toml.replace(order, 'labels = ["positive", "neutral", "negative"]')
    (folder / "taxonomy.toml").write_text(toml, encoding="utf-8")
    manifest["heads"]["sentiment"].reverse()
    import hashlib

    manifest["sha256"]["taxonomy.toml"] = hashlib.sha256(toml.encode()).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """What the tiny bundle itself says of some texts, so that it is right."""
    from mot_nlp.segmentation import Segmenter
    from mot_nlp.transcripts import document
    from training.corpus import LabelledDocument
    from training.evaluation.predicting import predict

    tagger, segmenter = MomentTagger.load(BUNDLE, threads=1), Segmenter()
    texts = [
        f"Paid {n} quid and it was a bargain. It broke on day {n}. I recommend it to all {n} friends."
        for n in range(20)
    ]
    read = [document(f"d{n}", text, source="review") for n, text in enumerate(texts)]
    docs = [LabelledDocument(d.id, "review", "", "", d.text, tuple(segmenter(d)), ()) for d in read]
    found = predict(tagger, docs)
    rows, row = [], 0
    for entry in docs:
        units = []
        for segment in entry.segments:
            labels = {head: str(found.labels[head][row]) for head in found.labels}
            units.append({"start": segment.start, "end": segment.end, **labels})
            row += 1
        rows.append({"id": entry.id, "source": "review", "text": entry.text, "units": units})
    path = tmp_path_factory.mktemp("gold") / "labelled.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def app():
    own = typer.Typer()
    own.command("compare")(compare_command)
    own.command("other")(lambda: None)
    return own


def run(app, *arguments):
    common = ["--bootstrap", "100", "--speed-runs", "0", "--least", "10"]
    return CliRunner().invoke(
        app, ["compare", *map(str, arguments), *common], env={"COLUMNS": "200"}
    )


def test_the_command_lets_the_same_bundle_pass(app, labelled, tmp_path):
    result = run(app, BUNDLE, BUNDLE, labelled, "--gate", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert "gate open" in result.output
    assert json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))["gate"]["passed"]


def test_the_command_stops_what_got_worse_but_only_with_the_gate(app, labelled, turned):
    stopped = run(app, BUNDLE, turned, labelled, "--gate")
    assert stopped.exit_code == 1
    assert "gate shut: keep the old bundle" in stopped.output
    assert "sentiment is worse by" in stopped.output
    told = run(app, BUNDLE, turned, labelled)
    assert told.exit_code == 0
    assert "gate" not in told.output
    elsewhere = run(app, BUNDLE, turned, labelled, "--gate", "--heads", "stage, moment")
    assert elsewhere.exit_code == 0, elsewhere.output


def test_the_command_refuses_heads_and_levels_before_the_work(app, labelled, turned):
    unknown = run(app, BUNDLE, turned, labelled, "--gate", "--heads", "nope")
    assert isinstance(unknown.exception, InputError)
    level = run(app, BUNDLE, turned, labelled, "--alpha", "5")
    assert isinstance(level.exception, InputError)
    assert "alpha is 5.0; allowed: 0.001 to 0.5" in str(level.exception)


def test_speed_is_measured_where_asked(bundle, taxonomy):
    tagger = MomentTagger(bundle, threads=1)
    gold = gold_set(taxonomy, 5)
    assert compare_speed(tagger, tagger, gold, runs=0) is None
    speed = compare_speed(tagger, tagger, gold, runs=1)
    assert speed is not None
    assert (speed.documents, speed.runs) == (5, 1)
    assert min(speed.old, speed.new) > 0
    with pytest.raises(InputError, match="speed runs is -1"):
        compare_speed(tagger, tagger, gold, runs=-1)


def test_bundles_are_compared_from_text_to_verdict(bundle, taxonomy):
    tagger = MomentTagger(bundle, threads=1)
    comparison = compare_bundles(
        tagger, tagger, gold_set(taxonomy, 30), bootstrap=100, speed_runs=1
    )
    assert comparison.speed is not None
    assert all(head.fixed == head.broken == 0 for head in comparison.heads)
    assert not np.isnan(comparison.core[0].new)
