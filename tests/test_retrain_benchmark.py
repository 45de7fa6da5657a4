"""The retraining benchmark: dealing, kept runs, figures, the page, and one small benchmark through."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from benchmarks.retrain import app
from benchmarks.retraining import contrastive
from benchmarks.retraining.figures import CORE_MEAN, figures
from benchmarks.retraining.kitelake import read_kitelake
from benchmarks.retraining.page import page
from benchmarks.retraining.results import SourceResult, merged, read_results, result, write_results
from benchmarks.retraining.runs import Run, Starts, runs
from benchmarks.retraining.sources import HELD_OUT, Source, count_segments, deal, read_repositories
from benchmarks.retraining.systems import SYSTEMS, System, named_systems, unretrained
from benchmarks.retraining.tasks import Answer, Task
from benchmarks.retraining.unseen import RECORD, check_unseen, fit_without, without
from mot_nlp.errors import InputError
from mot_nlp.records import Segment
from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import ROOT, TAXONOMY
from tests.training.worlds import small_config
from training import presets
from training.config import DistilConfig
from training.corpus import LabelledDocument
from training.evaluate import gold_arrays, score_labels

PRAISE = {"stage": "post_purchase", "moment": "smot", "touchpoint": "product",
          "sentiment": "positive", "pivotal": "no"}  # fmt: skip
BLAME = {**PRAISE, "sentiment": "negative", "pivotal": "yes"}
WONDER = {"stage": "consideration", "moment": "zmot", "touchpoint": "price",
          "sentiment": "neutral", "pivotal": "no"}  # fmt: skip
GREETING = {"stage": "none", "moment": "none", "touchpoint": "none", "sentiment": "neutral",
            "pivotal": "no"}  # fmt: skip
KINDS = (PRAISE, BLAME, WONDER, GREETING)
WORDS = {
    "positive": "lovely bright sturdy warm quick tidy clever gentle",
    "negative": "broken dull flimsy cold slow messy stupid harsh",
    "neutral": "maybe which other whether somewhere cheaper instead hello",
}


def labelled(number, kinds, *, origin="shop/reviews", length=6):
    """A document of unlike sentences, a segment each."""
    generator = np.random.default_rng(number)
    text, segments = "", []
    for kind in kinds:
        own = " ".join(generator.choice(WORDS[kind["sentiment"]].split(), length)) + f" {number}."
        text += " " if text else ""
        segments.append(Segment(len(text), len(text) + len(own), 0))
        text += own
    return LabelledDocument(
        f"{origin}-{number}", "review", "shop", origin, text, tuple(segments), tuple(kinds)
    )  # fmt: skip


def source_of(sizes, owners=None):
    """Documents of so many segments each, whose labels go round."""
    documents = tuple(
        labelled(n, [KINDS[(n + s) % 4] for s in range(size)]) for n, size in enumerate(sizes)
    )
    owners = tuple(owners if owners is not None else range(len(documents)))
    return Source("shop/reviews", documents, owners, TAXONOMY)


def as_lines(documents):
    return "".join(
        json.dumps({
            "id": d.id, "source": d.source, "repo": d.origin, "text": d.text,
            "units": [{"start": s.start, "end": s.end, **labels}
                      for s, labels in zip(d.segments, d.labels, strict=True)],
        }) + "\n"
        for d in documents
    )  # fmt: skip


class TestDealing:
    @settings(max_examples=50)
    @given(
        st.lists(st.integers(1, 5), min_size=12, max_size=30),
        st.integers(0, 2**20),
        st.integers(1, 4),
    )
    def test_rows_are_nested_suffice_and_leave_the_test_part_alone(self, sizes, seed, authors):
        source = source_of(sizes, [number // authors for number in range(len(sizes))])
        total = sum(sizes)
        asked = [max(total // 4, 6), max(total // 2, 6)]
        try:
            dealt = deal(source, asked, seed)
        except InputError:  # too few authors, told in tests of its own
            reject()
        small, large = (dealt.rows[size] for size in asked)
        assert large[: len(small)] == small
        assert {*large} | {*dealt.test} == {*range(len(sizes))}
        assert len(large) + len(dealt.test) == len(sizes)
        for size in asked:
            assert count_segments([source.documents[n] for n in dealt.rows[size]]) >= size
        mine = {source.owners[n] for n in large}
        assert mine.isdisjoint(source.owners[n] for n in dealt.test)
        assert deal(source, asked, seed) == dealt

    def test_the_test_part_is_that_of_the_largest_size_and_seeds_differ(self):
        source = source_of([2] * 30)
        one, other = (deal(source, [10, 20], seed) for seed in (0, 1))
        assert len(one.test) == 20
        assert one.test != other.test
        assert deal(source, [20], 0).test == one.test

    @pytest.mark.parametrize(
        ("sizes", "message"),
        [
            ([60], r"60 rows leave nothing of shop/reviews to test on: it has 60 segments"),
            ([1000], r"1,000 rows leave nothing"),
            ([0], r"positive"),
            ([], r"positive"),
            ([1], r"1 rows .* single document"),
        ],
    )
    def test_sizes_that_cannot_be_dealt_are_refused(self, sizes, message):
        with pytest.raises(InputError, match=message):
            deal(source_of([2] * 30), sizes, 0)

    def test_the_chosen_repositories_leave_enough_and_are_of_three_kinds(self):
        kinds, counts = {}, dict.fromkeys(HELD_OUT, 0)
        with (ROOT / "data" / "real" / "labels.jsonl").open(encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                if row["repo"] in counts:
                    counts[row["repo"]] += len(row["units"])
                    kinds[row["repo"]] = row["source"]
        assert min(counts.values()) >= 1300
        assert sorted(kinds.values()) == ["review", "social", "transcript"]

    def test_a_repository_that_is_not_there_is_named_with_those_that_are(self, tmp_path):
        path = tmp_path / "real.jsonl"
        path.write_text(as_lines([labelled(1, [PRAISE]), labelled(2, [BLAME])]))
        (found,) = read_repositories(path, ["shop/reviews"], TAXONOMY)
        assert found.segments == 2
        with pytest.raises(InputError, match=r"no document of a/b; .*shop/reviews \(2\)"):
            read_repositories(path, ["a/b"], TAXONOMY)


class TestKitelake:
    TAXONOMY = """format = 1
[heads.stage]
none = "none"
labels = ["planning", "after", "none"]
[heads.moment]
none = "none"
labels = ["zmot", "fmot", "smot", "tmot", "none"]
[heads.touchpoint]
none = "none"
labels = ["lessons", "price", "none"]
[heads.sentiment]
none = "neutral"
labels = ["negative", "neutral", "positive"]
[heads.pivotal]
none = "no"
labels = ["no", "yes"]
[pairs]
allowed = [["planning", "zmot"], ["planning", "fmot"], ["after", "smot"], ["after", "tmot"],
  ["none", "none"]]
"""
    HEADER = "document,author,date,channel,text,stage,moment,touchpoint,sentiment,pivotal\n"
    ROWS = (
        "d1,ann,2025-01-02,review,What is a day pass?,planning,zmot,price,neutral,no\n"
        "d1,ann,2025-01-02,review,“Lovely” teacher.,after,smot,lessons,positive,no\n"
        "d2,,2025-01-03,chat,None of it worked,after,smot,lessons,negative,\n"
        "d3,ann,2025-02-03,social,again!,after,,lessons,positive,yes\n"
    )

    def folder(self, path, rows=ROWS):
        (path / "taxonomy.toml").write_text(self.TAXONOMY, encoding="utf-8")
        (path / "labelled.csv").write_text(self.HEADER + rows, encoding="utf-8")
        return path

    def test_rows_of_a_document_are_joined_and_missing_labels_stay_missing(self, tmp_path):
        source = read_kitelake(self.folder(tmp_path))
        first, second, third = source.documents
        assert first.text == "What is a day pass? “Lovely” teacher."
        assert [first.text[s.start : s.end] for s in first.segments] == [
            "What is a day pass?", "“Lovely” teacher."
        ]  # fmt: skip
        assert second.text == "None of it worked"
        assert "pivotal" not in second.labels[0]
        assert "moment" not in third.labels[0]
        assert source.owners == (0, 1, 0)

    @pytest.mark.parametrize(
        ("row", "message"),
        [
            ("d9,bo,,review,x,planning,smot,price,neutral,no\n", r"row 5: stage planning"),
            ("d9,bo,,review,x,arrived,smot,price,neutral,no\n", r"row 5: 'arrived'.*planning"),
            ("d9,bo,,fax,x,planning,zmot,price,neutral,no\n", r"row 5: channel 'fax'"),
            ("d9,bo,,chat, ,planning,zmot,price,neutral,no\n", r"row 5: text is empty"),
        ],
    )
    def test_faults_are_told_with_their_row(self, tmp_path, row, message):
        with pytest.raises(InputError, match=message):
            read_kitelake(self.folder(tmp_path, self.ROWS + row))

    def test_the_shipped_rows_can_be_read_and_dealt(self):
        source = read_kitelake(ROOT / "data" / "examples" / "kitelake")
        assert source.segments == 800
        assert len({*source.owners}) < len(source.documents)
        dealt = deal(source, [100, 300, 600], 0)
        assert 100 < count_segments([source.documents[n] for n in dealt.test]) <= 200

    def test_missing_files_and_columns_are_named(self, tmp_path):
        folder = self.folder(tmp_path)
        (folder / "labelled.csv").write_text("document,text\n1,x\n")
        with pytest.raises(InputError, match=r"lacks the columns \['author', 'channel', 'stage'"):
            read_kitelake(folder)
        (folder / "labelled.csv").unlink()
        with pytest.raises(InputError, match="no labelled rows"):
            read_kitelake(folder)


def gold_answer(source, dealt, **changed):
    """An answer that is all right, but for the heads given."""
    gold = gold_arrays([source.documents[n] for n in dealt.test], read_taxonomy(TAXONOMY))
    return Answer({**gold, **{head: change(gold[head]) for head, change in changed.items()}}, 60.0)


def wrong(labels):
    return np.where(labels == "negative", "positive", labels)


class TestFigures:
    source = source_of([3] * 40)
    deals = (deal(source, [30], 0), deal(source, [30], 1))

    def test_one_seed_is_scored_as_everywhere_else(self):
        dealt = self.deals[0]
        generator = np.random.default_rng(3)
        answer = gold_answer(
            self.source, dealt, sentiment=generator.permutation, stage=generator.permutation
        )
        found = figures(self.source, [dealt], {(0, "ours"): answer}, draws=100)
        gold = gold_arrays([self.source.documents[n] for n in dealt.test], read_taxonomy(TAXONOMY))
        expected = score_labels(gold, answer.labels)
        for entry in found:
            wanted = (
                expected["core_mean_macro_f1"]
                if entry.head == CORE_MEAN
                else expected[entry.head]["macro_f1"]
            )
            assert entry.scores["ours"].value == pytest.approx(wanted, abs=1e-4)
            assert entry.ahead == {}

    def test_what_is_better_is_clearly_ahead_and_what_is_equal_is_not(self):
        answers = {}
        for dealt in self.deals:
            answers[dealt.seed, "ours"] = gold_answer(self.source, dealt)
            answers[dealt.seed, "setfit"] = gold_answer(self.source, dealt, sentiment=wrong)
        by_head = {e.head: e for e in figures(self.source, self.deals, answers, draws=200)}
        ahead = by_head["sentiment"].ahead["setfit"]
        assert ahead.clear == 1
        assert ahead.low is not None
        assert ahead.high is not None
        assert ahead.low <= ahead.value <= ahead.high
        assert list(ahead.seeds) == pytest.approx([ahead.value] * 2, abs=0.1)
        assert by_head[CORE_MEAN].ahead["setfit"].value == pytest.approx(ahead.value / 3)
        same = by_head["moment"].ahead["setfit"]
        assert (same.value, same.low, same.high, same.clear) == (0, 0, 0, 0)

    def test_a_column_is_not_scored_on_heads_it_does_not_know(self):
        dealt = self.deals[0]
        half = gold_answer(self.source, dealt)
        half = replace(half, labels={"sentiment": half.labels["sentiment"]})
        answers = {(0, "ours"): gold_answer(self.source, dealt), (0, "unretrained"): half}
        by_head = {e.head: e for e in figures(self.source, [dealt], answers, draws=100)}
        assert "unretrained" in by_head["sentiment"].scores
        assert "unretrained" not in by_head["stage"].scores
        assert "unretrained" not in by_head["stage"].ahead
        assert set(by_head[CORE_MEAN].scores) == {"ours"}

    def test_documents_of_an_author_are_drawn_together(self):
        """Where an author's documents are all right or all wrong, the interval is wider."""
        dealt = self.deals[0]
        authors = tuple(number // 5 for number in range(40))
        odd = np.repeat([authors[number] % 2 == 1 for number in dealt.test], 3)
        answers = {
            (0, "ours"): gold_answer(self.source, dealt),
            (0, "setfit"): gold_answer(
                self.source, dealt, sentiment=lambda gold: np.where(odd, wrong(gold), gold)
            ),
        }

        def width(owners):
            source = replace(self.source, owners=owners)
            found = {e.head: e for e in figures(source, [dealt], answers, draws=500)}
            ahead = found["sentiment"].ahead["setfit"]
            assert ahead.low is not None
            assert ahead.high is not None
            return ahead.high - ahead.low

        assert width(authors) > 1.2 * width(tuple(range(40)))


class TestRuns:
    source = source_of([3] * 20)
    deals = (deal(source, [12, 24], 0),)

    @pytest.fixture
    def starts(self, tmp_path):
        for name in ("checkpoint", "encoder"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "config.json").write_text("{}")
            (tmp_path / name / "model.safetensors").write_bytes(name.encode())
        return Starts(tmp_path / "checkpoint", str(tmp_path / "encoder"), tmp_path / "cache")

    def system(self, calls, *, settings="3 epochs", learns=True, fails_at=None):
        def run(task: Task) -> dict[str, Answer]:
            calls.append(len(task.rows))
            if len(calls) == fails_at:
                raise KeyboardInterrupt
            (task.scratch / "weights").write_text("large")
            labels = {"emotion.joy": np.array(["no", "ärgerlich"]), "stage": np.array(["none"])}
            return {"ours": Answer(labels, 61.5), "other": Answer({}, 0.0)}

        return {"ours": System(run, settings, learns=learns, starts="checkpoint")}

    def run_all(self, system, starts):
        return list(runs(self.source, self.deals, system, starts))

    def test_a_finished_run_is_read_and_not_done_again(self, starts):
        calls: list[int] = []
        first = self.run_all(self.system(calls), starts)
        again = self.run_all(self.system(calls), starts)
        assert len(calls) == 2
        assert [run.cached for run in first + again] == [False, False, True, True]
        assert again[0].answers["ours"].seconds == 61.5
        assert again[0].answers["other"].labels == {}
        for head, values in first[0].answers["ours"].labels.items():
            np.testing.assert_array_equal(again[0].answers["ours"].labels[head], values)
        assert not list(starts.cache.rglob("weights"))

    def test_a_killed_benchmark_goes_on_where_it_was(self, starts):
        calls: list[int] = []
        with pytest.raises(KeyboardInterrupt):
            self.run_all(self.system(calls, fails_at=2), starts)
        assert not list(starts.cache.rglob("scratch-*"))
        found = self.run_all(self.system(calls), starts)
        assert [run.cached for run in found] == [True, False]
        assert len(calls) == 3

    def test_what_a_killed_run_left_is_removed_but_not_what_another_system_uses(self, starts):
        folder = starts.cache / "shop-reviews" / "seed-0" / "rows-12"
        for name in ("scratch-ours-x1", "scratch-setfit-x2"):
            (folder / name).mkdir(parents=True)
        self.run_all(self.system([]), starts)
        assert [path.name for path in folder.glob("scratch-*")] == ["scratch-setfit-x2"]

    def test_other_settings_or_weights_make_it_anew(self, starts, caplog):
        calls: list[int] = []
        self.run_all(self.system(calls), starts)
        self.run_all(self.system(calls, settings="9 epochs"), starts)
        assert "done again" in caplog.text
        (starts.checkpoint / "model.safetensors").write_bytes(b"other")
        self.run_all(self.system(calls, settings="9 epochs"), starts)
        assert len(calls) == 6

    def test_labels_without_their_record_do_not_count(self, starts):
        calls: list[int] = []
        self.run_all(self.system(calls), starts)
        for record in starts.cache.rglob("ours.json"):
            record.unlink()
        self.run_all(self.system(calls), starts)
        assert len(calls) == 4

    def test_what_does_not_learn_runs_once_a_deal(self, starts):
        calls: list[int] = []
        found = self.run_all(self.system(calls, learns=False), starts)
        assert len(calls) == 1
        assert [run.size for run in found] == [12, 24]

    def test_a_start_without_weights_is_named(self, starts):
        (starts.checkpoint / "model.safetensors").unlink()
        with pytest.raises(InputError, match=r"the checkpoint .* has no model\.safetensors"):
            self.run_all(self.system([]), starts)

    def test_a_name_stays_within_the_cache(self, starts):
        calls: list[int] = []
        source = replace(self.source, name="../../etc/x")
        list(runs(source, self.deals, self.system(calls), starts))
        assert [path.name for path in starts.cache.iterdir()] == ["etc-x"]


def small_result(**changes) -> SourceResult:
    source = source_of([3] * 40)
    deals = [deal(source, [30, 60], seed) for seed in (0, 1)]
    finished = []
    for dealt in deals:
        for size in dealt.rows:
            good = gold_answer(source, dealt)
            bad = gold_answer(source, dealt, sentiment=wrong)
            known = replace(good, labels={"sentiment": good.labels["sentiment"]}, seconds=0.0)
            finished += [
                Run(dealt.seed, size, "ours", {"ours": good}, cached=False),
                Run(dealt.seed, size, "unretrained", {"unretrained": known}, cached=False),
                Run(dealt.seed, size, "setfit", {"setfit": bad}, cached=False),
            ]
    weights = {"checkpoint": "c" * 64, "encoder": "e" * 64}
    found = result(source, deals, finished, draws=100, weights=weights, settings={"ours": "8"})
    return replace(found, **changes)


class TestResults:
    def test_figures_read_back_as_they_were_written(self, tmp_path):
        found = small_result()
        write_results([found], tmp_path / "retrain.json")
        (again,) = read_results(tmp_path / "retrain.json")
        assert asdict(again).keys() == asdict(found).keys()
        write_results([again], tmp_path / "again.json")
        assert read_results(tmp_path / "again.json") == [again]

    def test_a_source_found_anew_takes_the_place_of_the_old_one(self):
        old = [small_result(name="a"), small_result(name="b")]
        new = [small_result(name="a", made="2030-01-01"), small_result(name="c")]
        assert [(e.name, e.made == "2030-01-01") for e in merged(old, new)] == [
            ("a", True), ("b", False), ("c", False)
        ]  # fmt: skip

    def test_another_format_is_refused(self, tmp_path):
        (tmp_path / "retrain.json").write_text('{"format": 99}')
        with pytest.raises(InputError, match="format 99, allowed: 1"):
            read_results(tmp_path / "retrain.json")
        assert read_results(tmp_path / "none.json") == []


class TestPage:
    def test_a_clear_difference_is_bold_and_an_unknown_head_is_a_dot(self):
        text = page([small_result()])
        lines = {line.split(" | ")[0]: line for line in text.splitlines() if line.startswith("| ")}
        assert "| **+" in lines["| sentiment"]
        cells = lines["| stage"].strip("| ").split(" | ")
        assert cells == ["stage", "1.000", "·", "1.000", "·", "0.0 (0.0 to 0.0)"]
        assert lines["| *minutes of the fit*"].startswith(
            "| *minutes of the fit* | 1.0 | · | 1.0 |"
        )
        # sentiment on two sizes; the core mean, which follows from it, is not counted as a head
        assert "| SetFit | 2 | 8 | 0 |" in text

    def test_every_table_is_whole(self):
        width = None
        for line in page([small_result(), small_result(name="b")]).splitlines():
            columns = line.count("|")
            assert not line.startswith("|") or width in (None, columns)
            width = columns if line.startswith("|") else None


class TestSystems:
    @pytest.fixture
    def with_setfit(self, monkeypatch):
        """As where SetFit, which is no requirement of the project, is installed."""
        monkeypatch.setattr(contrastive, "check_installed", lambda: None)

    def test_an_unknown_system_is_refused(self):
        with pytest.raises(InputError, match=r"\['svm'\]; allowed: ours, quick, unretrained"):
            named_systems(["ours", "svm"])
        with pytest.raises(InputError, match="nothing"):
            named_systems([])

    def test_a_missing_setfit_is_told_before_hours_of_fits(self, monkeypatch):
        monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
        with pytest.raises(InputError, match=r"pip install setfit==1\.2\.0"):
            named_systems(["ours", "setfit"])

    @pytest.mark.usefixtures("with_setfit")
    def test_order_is_that_of_the_page(self):
        assert list(named_systems(["unretrained", "ours"])) == ["ours", "unretrained"]
        assert tuple(named_systems(SYSTEMS)) == SYSTEMS

    @pytest.mark.usefixtures("with_setfit")
    def test_what_takes_long_can_be_run_less_often(self):
        known = named_systems(["ours", "setfit"], setfit_deals=1, setfit_rows=[400])
        told = {(deal, rows) for deal in (0, 1) for rows in (100, 400)}
        assert {at for at in told if known["setfit"].runs_at(*at)} == {(0, 400)}
        assert {at for at in told if known["ours"].runs_at(*at)} == told


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A checkpoint of the tiny encoder that has not seen one of two repositories."""
    folder = tmp_path_factory.mktemp("retrain")
    config = small_config(folder, epochs=1)
    held_out = [labelled(n, [KINDS[(n + s) % 4] for s in range(3)]) for n in range(40)]
    other = [labelled(n, [PRAISE, BLAME], origin="other/x") for n in range(100, 110)]
    copy = replace(held_out[0], id="copy", origin="other/x")
    real = folder / "real.jsonl"
    real.write_text(as_lines([*held_out, *other, copy]), encoding="utf-8")
    fitted, left_out = fit_without(config, real, ["shop/reviews"], folder / "held-out")
    return folder, config, real, fitted, left_out


@pytest.mark.filterwarnings("ignore")  # third-party progress bars warn at will
class TestThrough:
    def test_the_checkpoint_has_not_seen_what_is_held_out_nor_copies_of_it(self, world):
        _, _, _, fitted, left_out = world
        assert left_out.documents == {"shop/reviews": 40}
        assert left_out.copies == 1
        run = json.loads((fitted / "run.json").read_text())
        assert run["documents"]["train"] + run["documents"]["validation"] == 45 + 10
        check_unseen(fitted, ["shop/reviews"])
        with pytest.raises(InputError, match=r"without shop/reviews, but may have seen other/x"):
            check_unseen(fitted, ["shop/reviews", "other/x"])

    def test_nothing_of_a_repository_is_left_in_any_part(self):
        documents = [labelled(n, [PRAISE], origin=f"{'ab'[n % 2]}/x", length=20) for n in range(9)]
        splits = {"train": documents[:6], "validation": documents[6:8], "test": documents[8:]}
        kept, left_out = without(splits, ["a/x"])
        assert {d.origin for part in kept.values() for d in part} == {"b/x"}
        assert (left_out.documents, left_out.copies) == ({"a/x": 5}, 0)

    def test_a_checkpoint_of_unknown_origin_is_refused(self, tmp_path):
        (tmp_path / "config.json").write_text("{}")
        with pytest.raises(InputError, match=rf"{RECORD} is missing.*checkpoint --hold-out a/b"):
            check_unseen(tmp_path, ["a/b"])
        with pytest.raises(InputError, match="no fitted model"):
            check_unseen(tmp_path / "none", ["a/b"])

    def test_a_start_that_may_have_seen_them_is_refused(self, world, tmp_path):
        _, config, real, fitted, _ = world
        taught = replace(config, distil=DistilConfig(teachers=("runs/13",)))
        with pytest.raises(InputError, match="teachers"):
            fit_without(taught, real, ["shop/reviews"], tmp_path)
        resumed = replace(config, model=replace(config.model, encoder=str(fitted)))
        with pytest.raises(InputError, match="starts from the fitted model"):
            fit_without(resumed, real, ["shop/reviews"], tmp_path)

    def test_of_other_labels_the_checkpoint_answers_those_it_knows(self, world, tmp_path):
        _, config, _, fitted, _ = world
        source = read_kitelake(TestKitelake().folder(tmp_path))
        task = Task(
            (), source.documents, source.taxonomy, fitted, config.model.encoder, 0, tmp_path
        )
        answer = unretrained(task)["unretrained"]
        assert set(answer.labels) == {"moment", "sentiment", "pivotal"}
        assert {len(labels) for labels in answer.labels.values()} == {4}

    def test_a_small_benchmark_from_the_shell_and_again(self, world, tmp_path, monkeypatch):
        _, config, real, fitted, _ = world
        monkeypatch.setattr(presets, "FOLDER", tmp_path / "presets")
        (tmp_path / "presets").mkdir()
        fixed = "[fit]\nepochs = 2\nbatch_size = 4\nlearning_rate = 2e-4\n"
        (tmp_path / "presets" / "standard.toml").write_text(fixed)
        (tmp_path / "presets" / "quick.toml").write_text('[fit]\nmethod = "heads"\n')
        command = [
            "held-out", "--real", str(real), "--checkpoint", str(fitted), "--repo", "shop/reviews",
            "--rows", "40,20", "--seeds", "1", "--systems", "ours,quick,unretrained", "--encoder",
            config.model.encoder, "--bootstrap", "100",
            "--threads", str(torch.get_num_threads()), "--cache", str(tmp_path / "cache"),
            "--out", str(tmp_path / "page.md"),
        ]  # fmt: skip
        done = CliRunner().invoke(app, command, catch_exceptions=False)
        assert done.exit_code == 0
        first = (tmp_path / "page.json").read_text()
        (found,) = json.loads(first)["sources"]
        assert [size["rows"] for size in found["sizes"]] == [20, 40]
        assert found["test_segments"] == [78]
        (scores,) = (
            head["scores"] for head in found["sizes"][1]["heads"] if head["head"] == "sentiment"
        )
        assert scores["quick"]["value"] > scores["unretrained"]["value"] + 0.1
        assert set(scores) == {"ours", "quick", "unretrained"}
        assert (tmp_path / "page.md").read_text() == page(read_results(tmp_path / "page.json"))
        again = CliRunner().invoke(app, command, catch_exceptions=False)
        assert again.output.count("kept from before") == 6
        assert (tmp_path / "page.json").read_text() == first

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--rows", "many"], "--rows is 'many'; write numbers"),
            (["--rows", "4000"], "leave nothing"),
            (["--systems", "svm"], "allowed: ours"),
            (["--bootstrap", "3"], "bootstrap is 3"),
            (["--repo", "a/b"], "may have seen a/b"),
        ],
    )
    def test_bad_options_are_told_before_any_run(self, world, tmp_path, options, message):
        _, config, real, fitted, _ = world
        command = [
            "held-out", "--real", str(real), "--checkpoint", str(fitted), "--encoder",
            config.model.encoder, "--cache", str(tmp_path / "cache"),
            "--out", str(tmp_path / "page.md"), "--systems", "unretrained",
            *(options if "--repo" in options else ["--repo", "shop/reviews", *options]),
        ]  # fmt: skip
        done = CliRunner().invoke(app, command)
        assert isinstance(done.exception, InputError)
        assert message in str(done.exception)
        assert not (tmp_path / "cache").exists()
        assert not (tmp_path / "page.md").exists()


@pytest.mark.filterwarnings("ignore")
class TestSetFit:
    def test_every_head_is_answered_and_both_logistic_heads_learn(self, world, tmp_path):
        pytest.importorskip("setfit")
        _, config, _, fitted, _ = world
        documents = [labelled(n, [PRAISE, BLAME, WONDER]) for n in range(14)]
        task = Task(
            tuple(documents[:10]), tuple(documents[10:]), TAXONOMY, fitted, config.model.encoder, 0,
            tmp_path,
        )  # fmt: skip
        found = contrastive.setfit(task, steps=2)
        assert set(found) == {"setfit", "setfit-balanced"}
        for answer in found.values():
            assert set(answer.labels) == {"stage", "moment", "touchpoint", "sentiment", "pivotal"}
            assert {len(labels) for labels in answer.labels.values()} == {12}
            assert answer.seconds > 0

    def test_a_head_with_one_label_is_answered_with_it(self, world, tmp_path):
        _, config, _, fitted, _ = world
        documents = tuple(labelled(n, [PRAISE, PRAISE]) for n in range(4))
        task = Task(documents, documents, TAXONOMY, fitted, config.model.encoder, 0, tmp_path)
        answer = contrastive.setfit(task)["setfit"]
        assert set(answer.labels["stage"]) == {"post_purchase"}
        assert answer.seconds == 0
