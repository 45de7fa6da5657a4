"""What is written: a JSON that keeps its shape, a page that is safe and whole, the command."""

import json
import re
from dataclasses import fields, replace

import pytest
import typer
from typer.testing import CliRunner

from mot_nlp.bundle import open_bundle
from mot_nlp.errors import InputError, OutputError
from tests.tiny import BUNDLE
from tests.training.evaluation_world import documents, gold_set, predicted
from tests.training.worlds import write_corpus
from training.commands.evaluating import evaluate_command
from training.evaluation import writing
from training.evaluation.collect import collect
from training.evaluation.data import FORMAT, Evaluation, HeadFigures, Settings
from training.evaluation.gold import GoldSet
from training.evaluation.html import evaluation_page
from training.evaluation.writing import check_folder, write_evaluation

SETTINGS = Settings("gold", 100, 0.95, 13)
HOSTILE = '<script>alert("1")</script><img src=x onerror=alert(2)>&'


@pytest.fixture(scope="module")
def bundle():
    return open_bundle(BUNDLE)


@pytest.fixture(scope="module")
def evaluation(bundle):
    gold = gold_set(bundle.taxonomy)
    return collect(bundle, gold, predicted(gold, bundle.taxonomy), SETTINGS)


@pytest.fixture(scope="module")
def page(evaluation):
    return evaluation_page(evaluation)


def test_the_json_is_the_evaluation(evaluation, page, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "evaluation_page", lambda _: page)
    path, written = write_evaluation(evaluation, tmp_path / "new" / "folder")
    table = json.loads(path.read_text(encoding="utf-8"))
    assert set(table) == {field.name for field in fields(Evaluation)}
    assert table["format"] == FORMAT
    assert set(table["heads"][0]) == {field.name for field in fields(HeadFigures)}
    first = evaluation.heads[0].macro_f1
    assert table["heads"][0]["macro_f1"] == {
        "value": round(first.value, 4), "low": round(first.low, 4), "high": round(first.high, 4),
    }  # fmt: skip
    assert written.read_text(encoding="utf-8") == page
    assert page.startswith("<!doctype html>")
    assert sorted(entry.name for entry in path.parent.iterdir()) == [
        "evaluation.html", "evaluation.json",
    ]  # fmt: skip


def test_the_page_needs_nothing_from_elsewhere(page):
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(", page)
    links = re.findall(r'(?:href|src)="([^"]*)"', page)
    assert links
    assert all(link.startswith("#") for link in links)
    assert "default-src 'none'" in page


def test_the_page_is_well_made(page, evaluation):
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in re.findall(r'href="(#[^"]*)"', page)} <= set(ids)
    pictures = re.findall(r"<svg[^>]*>", page)
    assert len(pictures) >= 3 * len(evaluation.heads)
    assert all('role="img"' in opening and 'aria-label="' in opening for opening in pictures)
    assert page.count("<table>") == page.count("<caption>")
    assert all('scope="' in head for head in re.findall(r"<th\b[^>]*>", page))
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL).lower().split()


def test_what_people_wrote_is_text_and_nothing_else(bundle):
    gold = GoldSet.of(
        HOSTILE,
        [
            replace(
                entry,
                id=HOSTILE + entry.id,
                domain=HOSTILE + entry.domain,
                text=HOSTILE[:9].ljust(len(entry.text), "<"),
                labels=tuple({"stage": labels["stage"]} for labels in entry.labels),
            )
            for entry in documents(bundle.taxonomy)
        ],
    )
    page = evaluation_page(collect(bundle, gold, predicted(gold, bundle.taxonomy), SETTINGS))
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert "onerror" in page  # it is shown, as text


def test_heads_of_two_labels_and_of_few_segments_have_no_empty_pictures(bundle):
    gold = gold_set(bundle.taxonomy, 1, seed=3)
    page = evaluation_page(collect(bundle, gold, predicted(gold, bundle.taxonomy), SETTINGS))
    assert "Confusion of stage" in page
    assert "Confusion of pivotal" not in page
    assert "Reliability of stage" not in page
    assert "Only 1 document" in page


def test_a_page_without_core_slices_and_mistakes(bundle):
    only = [
        replace(entry, domain="x", source="review",
                labels=tuple({"stage": labels["stage"]} for labels in entry.labels))
        for entry in documents(bundle.taxonomy)
    ]  # fmt: skip
    gold = GoldSet.of("world", only)
    evaluation = collect(bundle, gold, predicted(gold, bundle.taxonomy, 0.0), SETTINGS)
    page = evaluation_page(replace(evaluation, slices=()))
    assert "core mean" not in page
    assert "Worst segments" not in page
    assert "Slices" not in page


def test_a_place_that_cannot_be_written_is_told_with_the_cure(evaluation, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "evaluation_page", lambda _: "")
    taken = tmp_path / "file"
    taken.write_text("")
    with pytest.raises(OutputError, match=r"cannot be made a folder.*name another with --out"):
        check_folder(taken)
    (tmp_path / "evaluation.json").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        write_evaluation(evaluation, tmp_path)
    assert not list(tmp_path.glob("*.part"))


@pytest.fixture(scope="module")
def app():
    own = typer.Typer()
    own.command("evaluate")(evaluate_command)
    own.command("other")(lambda: None)
    return own


def run(app, *arguments):
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)], env={"COLUMNS": "200"})


@pytest.fixture
def labelled(bundle, tmp_path):
    path = tmp_path / "labelled.jsonl"
    lines = []
    for entry in documents(bundle.taxonomy, 12):
        lines.append({"id": entry.id, "source": "review", "domain": entry.domain, "text": entry.text,
                      "team": entry.id[-1], "units": []})  # fmt: skip
        for segment, labels in zip(entry.segments, entry.labels, strict=True):
            fitting = {"sentiment": labels["sentiment"], "pivotal": labels["pivotal"]}
            lines[-1]["units"].append({"start": segment.start, "end": segment.end, **fitting})
    lines.append({"id": "bad"})
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def test_the_command_scores_a_file(app, labelled, tmp_path):
    out = tmp_path / "out"
    result = run(app, BUNDLE, labelled, "--out", out, "--slice", "team", "--bootstrap", 100,
                 "--own-segments", "--worst", 2)  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "1 row of labelled.jsonl could not be used" in result.output
    assert "row 13: has no text" in result.output
    assert "sentiment" in result.output
    table = json.loads((out / "evaluation.json").read_text(encoding="utf-8"))
    assert table["gold"]["documents"] == 12
    assert table["gold"]["set_aside"][0]["doc_id"] == "bad"
    assert table["settings"]["borders"] == "own"
    assert "team" in {entry["key"] for entry in table["slices"]}
    assert len(table["mistakes"]) <= 2
    assert str(tmp_path) not in (out / "evaluation.html").read_text(encoding="utf-8")


def test_the_command_scores_the_corpus_as_it_always_did(app, tmp_path):
    corpus = write_corpus(tmp_path / "corpus", copies=4)
    result = run(app, BUNDLE, "--split", "train", "--corpus", corpus, "--bootstrap", 100)
    assert result.exit_code == 0, result.output
    assert "core mean macro-F1" in result.output
    assert "all three right" in result.output
    assert not (tmp_path / "evaluation.json").exists()


def test_the_command_refuses_what_makes_no_sense(app, labelled, tmp_path):
    assert "'dev' is not one of train" in run(app, BUNDLE, "--split", "dev").output
    both = run(app, BUNDLE, labelled, "--extra", labelled)
    assert both.exit_code == 2
    assert "leave the labelled file out" in both.output
    few = run(app, BUNDLE, labelled, "--bootstrap", 5, "--out", tmp_path / "never")
    assert isinstance(few.exception, InputError)
    assert not (tmp_path / "never").exists()
