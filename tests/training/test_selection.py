"""What is chosen to be labelled: bounded, without copies, for reasons that hold, and written safely."""

import csv
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from mot_nlp.errors import InputError
from mot_nlp.readers import Columns, expand, read_sources
from mot_nlp.records import Document, Rejected, Turn
from mot_nlp.tagger import MomentTagger
from mot_nlp.taxonomy import read_taxonomy
from mot_nlp.transcripts import document
from tests.tiny import BUNDLE, OWN_TAXONOMY, TAXONOMY
from training.commands.selecting import select_command
from training.corpus import LabelledDocument
from training.selection.choosing import choose, heads_of, shared_questions, with_shared_labels
from training.selection.distinct import distinct, text_key
from training.selection.judging import Candidate, Judge, normalised_entropy
from training.selection.likeness import text_vectors
from training.selection.pool import Pool
from training.selection.reading import (
    COPY,
    LABELLED,
    TOO_LONG,
    UNREADABLE,
    WORDLESS,
    read_candidates,
)
from training.selection.strategies import TURNS, Field, Wanted, pick, wanted_labels

TABLE = read_taxonomy(TAXONOMY)
OWN_STAGES = Path(__file__).parents[2] / "data" / "examples" / "kitelake" / "taxonomy.toml"
REVIEWS = (
    "The kettle leaked after two days and support never answered my mails.",
    "Saw the advert on the bus, looks nice but pricey.",
    "Delivery took three weeks. The courier was rude!",
    "Love it, I recommend it to all my friends and family.",
    "Has anybody compared this phone with the older model yet?",
    "Checkout was easy, paid by card in a minute.",
    "Returned it twice; the refund still has not come.",
    "The shop was clean and the girl at the till was lovely.",
    "Setup instructions are useless, took me all evening.",
    "Battery dies by noon. Would not buy again.",
    "Morning all, hope everybody has a good weekend.",
    "Renewed my membership because the lessons are great value.",
)


@pytest.fixture(scope="module")
def tagger():
    return MomentTagger.load(BUNDLE)


@pytest.fixture(scope="module")
def judged(tagger):
    documents = [document(f"r{i}", text) for i, text in enumerate(REVIEWS)]
    return [candidate for candidate, _ in Judge(tagger, tuple(TABLE.heads))(documents)]


def candidate(number, *, doubt=0.0, likely=(), text=""):
    text = text or f"text {number}"
    values = np.zeros(4, np.float32)
    values[: len(likely)] = likely
    return Candidate(document(str(number), text), (), np.zeros(1), doubt, values, 0.5)


def field(*, doubt, likely=None, vectors=None, known=None, wanted=()):
    count = len(doubt)
    return Field(
        doubt=np.array(doubt, float),
        likely=np.zeros((count, 4), np.float32) if likely is None else np.array(likely, np.float32),
        vectors=np.eye(count, dtype=np.float32)
        if vectors is None
        else np.array(vectors, np.float32),
        known=np.empty((0, count), np.float32) if known is None else np.array(known, np.float32),
        wanted=wanted,
    )


def places(found):
    return [entry.place for entry in found]


# ------------------------------------------------------------- judging


def test_doubt_is_the_mean_entropy_of_calibrated_probabilities(tagger, judged):
    doc = judged[0].document
    probabilities = tagger._decoder.probabilities(tagger.scores([doc]))
    by_head = [normalised_entropy(table).mean() for table in probabilities.values()]
    np.testing.assert_allclose(judged[0].by_head, by_head)
    assert judged[0].doubt == pytest.approx(np.mean(by_head))
    assert 0 < judged[0].doubt < 1


def test_labels_and_likelihoods_are_those_of_the_product(tagger, judged):
    for entry, tagged in zip(judged, tagger.stream(c.document for c in judged), strict=True):
        assert [(m.start, m.end) for m in entry.marked] == [
            (s.start, s.end) for s in tagged.segments
        ]
        assert [m.answers["stage"] for m in entry.marked] == [
            (s.labels["stage"],) for s in tagged.segments
        ]
        mean = np.mean([list(s.confidences.values()) for s in tagged.segments])
        assert entry.confidence == pytest.approx(mean, abs=1e-6)
    assert all(entry.likely.shape == (TABLE.width,) for entry in judged)


def test_what_is_expected_adds_up_to_the_segments(tagger):
    documents = [document(str(i), text) for i, text in enumerate(REVIEWS[:3])]
    for entry, expected in Judge(tagger, ["stage"])(documents):
        for part in TABLE.slices().values():
            assert expected[part].sum() == pytest.approx(len(entry.marked))


# ------------------------------------------------------------- reading


def test_rows_that_cannot_be_chosen_are_counted_by_reason(tagger):
    entries: list[Document | Rejected] = [
        document("a", REVIEWS[0]),
        Rejected("dump.csv", 2, "", "the text is empty"),
        document("b", REVIEWS[0].upper()),
        document("c", "word " * 11_000),
        document("d", REVIEWS[1]),
        replace(document("e", REVIEWS[3]), turns=(Turn("Agent", 0, 20, is_customer=False),)),
    ]
    pool = Pool(TABLE.width)
    reading = read_candidates(
        entries, Judge(tagger, ["stage"]), pool, labelled={text_key(REVIEWS[1].lower())}
    )
    assert [entry.document.id for entry in pool.candidates()] == ["a"]
    assert reading.set_aside == Counter([UNREADABLE, COPY, TOO_LONG, LABELLED, WORDLESS])


def test_memory_holds_no_more_than_the_pool_and_the_best_stay():
    pool = Pool(4, size=40, seed=1)
    rng = np.random.default_rng(0)
    doubts, likely = rng.random(3000), rng.random((3000, 4))
    most = 0
    for number in range(3000):
        pool.add(candidate(number, doubt=doubts[number], likely=likely[number]), b"%d" % number)
        most = max(most, len(pool.candidates()) if number % 100 == 0 else 0)
    kept = {int(entry.document.id) for entry in pool.candidates()}
    assert most <= 40
    assert {*np.argsort(-doubts)[:10].tolist()} <= kept
    for column in likely.T:
        assert {*np.argsort(-column)[:2].tolist()} <= kept
    assert len(kept) >= 20
    assert (
        len([number for number in kept if number > 1500]) > 5
    )  # the sample is of the whole stream


def test_a_text_that_has_left_the_pool_is_not_held():
    pool = Pool(4, size=4, seed=0)
    for number in range(50):
        pool.add(candidate(number, doubt=number / 50), b"%d" % number)
    kept = {b"%d" % int(entry.document.id) for entry in pool.candidates()}
    assert {b"%d" % n for n in range(50) if pool.holds(b"%d" % n)} == kept


# ------------------------------------------------------------- copies


def test_near_duplicates_are_left_out_and_the_first_stays():
    texts = [REVIEWS[0], REVIEWS[0] + " Bad.", REVIEWS[2], "ok", "ok then", REVIEWS[3] + " Really."]
    assert distinct(texts) == [0, 2, 3, 4, 5]
    assert distinct(texts, known=[REVIEWS[3]]) == [0, 2, 3, 4]
    assert distinct([], known=texts) == []


def test_copies_are_found_however_many_there_are():
    texts = [f"{text} Number {i}." for i in range(60) for text in REVIEWS]
    assert distinct(texts) == list(range(len(REVIEWS)))


@given(st.lists(st.sampled_from("abcdefgh"), max_size=30))
def test_of_what_stays_no_two_are_alike_and_what_goes_is_like_one_that_stays(words):
    texts = [f"{w} b c d e {w}" for w in words]
    kept = distinct(texts)
    assert kept == sorted(kept)
    assert {texts[place] for place in kept} <= {*texts}
    assert len({texts[place] for place in kept}) == len(kept)
    assert bool(kept) == bool(texts)


def test_texts_without_words_are_told_apart():
    assert text_key("👍") != text_key("👎")
    assert text_key("It broke!") == text_key("it  BROKE")


def test_vectors_bring_like_texts_together():
    found = text_vectors([*REVIEWS, REVIEWS[0] + " Bad kettle.", "!?"], seed=0)
    assert np.isfinite(found).all()
    likeness = found @ found[len(REVIEWS)]
    assert likeness[:12].argmax() == 0
    assert not found[-1].any()
    assert text_vectors([], seed=0).shape == (0, 1)
    assert text_vectors(["one text"], seed=0).shape[0] == 1


# ------------------------------------------------------------- strategies


def shares(strategy, of, draws=400):
    """How often each candidate is drawn first."""
    found = [pick(of, 1, strategy, np.random.default_rng(n))[0].place for n in range(draws)]
    return np.bincount(found, minlength=len(of.doubt)) / draws


def test_uncertainty_prefers_the_doubtful():
    found = shares("uncertainty", field(doubt=[0.1, 0.9, 0.5, 0.0]))
    assert found[1] > 0.85
    assert found[1] > found[2] > found[0]
    assert found[3] == 0


def test_uncertainty_does_not_ask_the_same_twice():
    alike = field(doubt=[0.9, 0.9, 0.9, 0.6], vectors=[[1, 0], [1, 0], [1, 0], [0, 1]])
    for seed in range(10):
        assert 3 in places(pick(alike, 2, "uncertainty", np.random.default_rng(seed)))


def test_where_nothing_is_doubtful_uncertainty_still_finds_some():
    found = pick(
        field(doubt=[0.0] * 4, vectors=[[1, 0]] * 4), 4, "uncertainty", np.random.default_rng(0)
    )
    assert sorted(places(found)) == [0, 1, 2, 3]


def test_diversity_keeps_away_from_what_is_labelled():
    near, far = [[1.0, 0.0]] * 30, [[0.0, 1.0]]
    chosen = [
        pick(
            field(doubt=[0.0] * 31, vectors=near + far, known=[[1.0, 0.0]]),
            1, "diversity", np.random.default_rng(seed),
        )[0].place
        for seed in range(5)
    ]  # fmt: skip
    assert chosen == [30] * 5


def test_rare_labels_take_turns_and_unlikely_ones_are_not_hunted():
    likely = [[0.9, 0], [0.8, 0], [0, 0.3], [0.05, 0.05]]
    rows = [[*row, 0, 0] for row in likely]
    wanted = [Wanted(0, "touchpoint", "ad", 1, 100), Wanted(1, "touchpoint", "returns", 2, 100)]
    of = field(doubt=[0, 0, 0, 1], likely=rows, wanted=wanted)
    for seed in range(5):
        found = pick(of, 4, "rare", np.random.default_rng(seed))
        assert [e.wanted and e.wanted.label for e in found] == ["ad", "returns", "ad", None]
        assert [entry.strategy for entry in found] == ["rare"] * 3 + ["uncertainty"]
        assert places(found)[3] == 3


@settings(max_examples=40)
@given(st.integers(1, 25), st.integers(1, 40), st.sampled_from(sorted(TURNS)), st.integers(0, 5))
def test_as_many_as_there_are_come_each_once(candidates, count, strategy, seed):
    rng = np.random.default_rng(seed)
    likely = rng.random((candidates, 4))
    given_field = field(
        doubt=rng.random(candidates), likely=likely,
        vectors=rng.integers(0, 2, (candidates, 3)), known=[[0, 0, 0]],
        wanted=[Wanted(1, "stage", "decision", 0, 10)],
    )  # fmt: skip
    found = pick(given_field, count, strategy, np.random.default_rng(seed))
    assert len(found) == min(count, candidates)
    assert len({*places(found)}) == len(found)
    again = pick(given_field, count, strategy, np.random.default_rng(seed))
    assert places(again) == places(found)


def test_any_beginning_of_a_mixed_selection_is_mixed():
    rng = np.random.default_rng(3)
    given_field = field(
        doubt=rng.random(60), likely=rng.random((60, 4)), vectors=rng.random((60, 5)),
        wanted=[Wanted(2, "stage", "decision", 0, 10)],
    )  # fmt: skip
    found = pick(given_field, 20, "mixed", rng)
    for end in (5, 10, 20):
        counts = Counter(entry.strategy for entry in found[:end])
        assert counts == {"uncertainty": end * 3 / 5, "rare": end / 5, "diversity": end / 5}


def test_an_unknown_strategy_is_named():
    with pytest.raises(InputError, match="'best'; the strategies are mixed"):
        pick(field(doubt=[0.5]), 1, "best", np.random.default_rng(0))


def test_rare_labels_have_less_than_half_of_an_even_share():
    counts = np.full(TABLE.width, 100.0)
    parts = TABLE.slices()
    stage = TABLE.heads["stage"]
    counts[parts["stage"].start + stage.index("decision")] = 3
    counts[parts["stage"].start + stage.index("none")] = 1
    counts[parts["pivotal"]] = [95, 5]
    found = wanted_labels(counts, TABLE, tuple(TABLE.heads))
    assert [(w.head, w.label, w.count) for w in found] == [
        ("stage", "decision", 3.0), ("pivotal", "yes", 5.0)
    ]  # fmt: skip
    assert [w.head for w in wanted_labels(counts, TABLE, ["pivotal"])] == ["pivotal"]


def test_without_rare_labels_the_rarest_is_wanted():
    counts = np.full(TABLE.width, 100.0)
    counts[TABLE.slices()["sentiment"].start] = 90
    assert [w.label for w in wanted_labels(counts, TABLE, tuple(TABLE.heads))] == ["negative"]


# ------------------------------------------------------------- choosing


def labelled(text, **labels):
    segment = document("x", text)
    return LabelledDocument(
        id="l", source="review", domain="", origin="own", text=segment.text, segments=(), labels=(labels,)
    )  # fmt: skip


def test_a_selection_leaves_out_what_is_labelled_and_says_why_each_was_chosen(judged):
    known = [labelled(REVIEWS[0] + " Never.", stage="decision")]
    found = choose(judged, np.ones(TABLE.width), TABLE, count=6, labelled=known, seed=1)
    ids = [choice.candidate.document.id for choice in found.choices]
    assert len(ids) == 6
    assert "r0" not in ids
    assert (found.candidates, found.near_duplicates) == (len(REVIEWS) - 1, 1)
    for choice in found.choices:
        start = {"uncertainty": "unsure of", "rare": "probably", "diversity": "unlike"}
        assert choice.reason.startswith(start[choice.strategy])
    # Of stage, labels tell what is rare; of the other heads, what the model expects.
    stages = {wanted.label for wanted in found.wanted if wanted.head == "stage"}
    assert stages == {"awareness", "consideration", "post_purchase"}


def test_nothing_to_choose_is_said(judged):
    known = [labelled(text) for text in REVIEWS]
    with pytest.raises(InputError, match="no document to choose"):
        choose(judged, np.ones(TABLE.width), TABLE, count=1, labelled=known)


def test_heads_are_named_by_question_or_head():
    own = read_taxonomy(OWN_TAXONOMY)
    assert heads_of(["emotion"], own) == own.questions["emotion"].heads
    assert heads_of(["emotion.joy", "stage"], own) == ("stage", "emotion.joy")
    assert heads_of([], own) == tuple(own.heads)
    with pytest.raises(InputError, match=r"no head 'emotions'; .*emotion"):
        heads_of(["emotions"], own)


# ------------------------------------------------------------- the command


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("select")
    with (folder / "dump.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "review"])
        for i, text in enumerate(
            [*REVIEWS, "=cmd|'/c calc'!A1 is what the <b>ticket</b> said, broken!"]
        ):
            rows.writerow([f"r{i}", text])
        rows.writerow(["empty", ""])
        rows.writerow(["copy", REVIEWS[4].upper()])
    row = {"id": "l1", "text": REVIEWS[5], "units": [{"start": 0, "end": 17, "stage": "decision"}]}
    (folder / "labelled.jsonl").write_text(json.dumps(row), encoding="utf-8")
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(select_command)

    def invoke(*options):
        fixed = [folder / "dump.csv", "--bundle", BUNDLE, "--out", folder / "out"]
        return CliRunner().invoke(app, [str(entry) for entry in (*fixed, *options)])

    result = invoke("--n", 30, "--labelled", folder / "labelled.jsonl")
    assert result.exit_code == 0, result.output
    return folder, result.output, invoke


def test_the_command_writes_a_project_a_sheet_and_a_record(run):
    folder, output, _ = run
    out = folder / "out"
    record = json.loads((out / "selection.json").read_text(encoding="utf-8"))
    assert record["counts"] == {
        "judged": 13, "set_aside": {UNREADABLE: 1, COPY: 1, LABELLED: 1}, "near_duplicates": 0,
        "candidates": 12, "wanted": 30, "chosen": 12, "by_strategy": record["counts"]["by_strategy"],
    }  # fmt: skip
    assert sum(record["counts"]["by_strategy"].values()) == 12
    tasks = json.loads((out / "tasks.json").read_text(encoding="utf-8"))
    assert [task["data"]["id"] for task in tasks] == [entry["id"] for entry in record["documents"]]
    assert {task["data"]["reason"] for task in tasks} == {d["reason"] for d in record["documents"]}
    assert "30 were asked for; there are no more" in output
    assert (out / "config.xml").is_file()


def test_the_sheet_is_empty_where_people_are_to_label_and_runs_nothing(run):
    folder, _, _ = run
    with (folder / "out" / "sheet.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert {row["document"] for row in rows} == {f"r{i}" for i in range(13) if i != 5}
    for row in rows:
        assert not any(row[name] for name in TABLE.questions)
        assert row["predicted_stage"] in TABLE.heads["stage"].labels
        assert not row["text"].startswith("=")
        if not row["document_text"].startswith("'"):
            part = row["document_text"][int(row["start"]) : int(row["end"])]
            assert part == row["text"].removeprefix("'")


def test_own_labels_are_asked_for_where_the_bundle_has_others(run):
    folder, _, invoke = run
    row = {"id": "l1", "text": REVIEWS[5], "units": [{"start": 0, "end": 17, "stage": "dreaming"}]}
    (folder / "own.jsonl").write_text(json.dumps(row), encoding="utf-8")
    out = folder / "own"
    result = invoke("--labelled", folder / "own.jsonl", "--taxonomy", OWN_STAGES, "--out", out)
    assert result.exit_code == 0, result.output
    assert "suggests nothing for stage, touchpoint" in result.output
    record = json.loads((out / "selection.json").read_text(encoding="utf-8"))
    assert record["counts"]["set_aside"][LABELLED] == 1
    assert 'value="dreaming"' in (out / "config.xml").read_text(encoding="utf-8")
    [controls] = {
        tuple(sorted({result["from_name"] for result in task["predictions"][0]["result"]}))
        for task in json.loads((out / "tasks.json").read_text(encoding="utf-8"))
    }
    assert controls == ("moment", "pivotal", "segment", "sentiment")
    with (out / "sheet.csv").open(newline="", encoding="utf-8-sig") as file:
        columns = csv.DictReader(file).fieldnames or ()
    assert {"stage", "sentiment", "predicted_sentiment"} <= {*columns}
    assert "predicted_stage" not in columns


def test_labels_that_mean_something_else_do_not_count():
    own = read_taxonomy(OWN_STAGES)
    assert shared_questions(TABLE, own) == {"moment", "sentiment", "pivotal"}
    known = replace(labelled("It broke"), labels=({"stage": "dreaming", "sentiment": "negative"},))
    [carried] = with_shared_labels([known], TABLE, own)
    assert carried.labels == ({"sentiment": "negative"},)


def test_the_same_command_chooses_the_same(run):
    folder, _, invoke = run
    before = (folder / "out" / "selection.json").read_bytes()
    assert invoke("--n", 30, "--labelled", folder / "labelled.jsonl").exit_code == 0
    assert (folder / "out" / "selection.json").read_bytes() == before


def test_the_command_refuses_what_it_cannot_do(run):
    _, _, invoke = run
    for options, words in (
        (["--strategy", "best"], "no strategy 'best'"),
        (["--heads", "stages"], "no head 'stages'"),
        (["--text", "body"], "there is no column 'body'"),
    ):
        result = invoke(*options)
        assert isinstance(result.exception, InputError)
        assert words in str(result.exception)


def test_any_dump_that_readers_read_is_taken(tmp_path, tagger):
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": "j", "text": REVIEWS[0]}), encoding="utf-8")
    (tmp_path / "b.txt").write_text(REVIEWS[1], encoding="utf-8")
    pool = Pool(TABLE.width)
    entries = read_sources(expand([tmp_path]), Columns())
    read_candidates(entries, Judge(tagger, ["stage"]), pool)
    assert len(pool.candidates()) == 2
    assert replace(pool.candidates()[0], doubt=0.0).document.text == REVIEWS[0]
