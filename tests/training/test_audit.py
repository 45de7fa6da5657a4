"""The audit finds labels that were flipped, and says where labels are believed least."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from benchmarks.flipped import flip, found, mistake
from mot_nlp.errors import InputError
from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import TAXONOMY, write_encoder
from tests.training.signal import signal
from tests.training.worlds import small_config, write_corpus
from training.audit import (
    SUSPECT_COLUMNS,
    by_origin,
    check_fair,
    cross_scores,
    fold_of,
    quick_scores,
    suspects,
)
from training.collate import label_indices
from training.commands.auditing import audit_command
from training.config import Config, DistilConfig, ModelConfig
from training.corpus import read_corpus
from training.labelled import as_row, write_rows
from training.reviewing import first, review_tasks

TABLE = read_taxonomy(TAXONOMY)


@pytest.fixture
def documents(tmp_path):
    return read_corpus(write_corpus(tmp_path / "corpus"), TABLE)


def sure_scores(documents):
    """Scores of a model that gives every label as it is, with some doubt."""
    rng = np.random.default_rng(0)
    out = []
    for document in documents:
        rows = rng.normal(0, 0.3, (len(document.segments), TABLE.width)).astype(np.float32)
        for row, labels in zip(rows, document.labels, strict=True):
            for part, index in zip(
                TABLE.slices().values(), label_indices(labels, TABLE), strict=True
            ):
                row[part.start + index] += 3
        out.append(rows)
    return out


def flipped(document):
    labels = tuple(
        entry | ({"sentiment": "positive"} if entry["sentiment"] == "negative" else {})
        for entry in document.labels
    )
    return replace(document, labels=labels)


def test_flipped_labels_come_first(documents):
    scores = sure_scores(documents)
    wrong = [flipped(d) if number < 5 else d for number, d in enumerate(documents)]
    changed = {
        (after.id, number)
        for before, after in zip(documents, wrong, strict=True)
        for number, (a, b) in enumerate(zip(before.labels, after.labels, strict=True), 1)
        if a != b
    }
    table = suspects(wrong, scores, TABLE)
    assert tuple(table.columns) == SUSPECT_COLUMNS
    first = table.head(len(changed))
    assert {*zip(first["id"], first["segment"], strict=True)} == changed
    assert set(first["head"]) == {"sentiment"}
    assert set(first["given"]) == {"positive"}
    assert set(first["suggested"]) == {"negative"}
    assert first["quality"].max() < 0.5 < table["quality"].iloc[len(changed)]


def test_every_given_label_is_listed_once_with_its_text(documents):
    table = suspects(documents, sure_scores(documents), TABLE)
    segments = sum(len(d.segments) for d in documents)
    assert len(table) == segments * len(TABLE.heads)
    assert table["quality"].is_monotonic_increasing
    texts = {d.id: d.text for d in documents}
    for row in table.sample(20, random_state=1).itertuples():
        assert texts[row.id][row.start : row.end] == row.text


def test_heads_without_labels_are_left_out(documents):
    bare = [replace(d, labels=tuple({"stage": e["stage"]} for e in d.labels)) for d in documents]
    assert set(suspects(bare, sure_scores(documents), TABLE)["head"]) == {"stage"}


def test_the_origin_that_disagrees_most_comes_first(documents):
    scores = sure_scores(documents)
    bad = [replace(flipped(d), origin="part-99") for d in documents[:6]]
    table = by_origin(suspects([*bad, *documents[6:]], scores, TABLE))
    assert (table["origin"].iloc[0], table["head"].iloc[0]) == ("part-99", "sentiment")
    assert table["agreement"].is_monotonic_increasing


def test_folds_depend_on_ids_alone(documents):
    assert [fold_of(d, 3) for d in documents] == [
        fold_of(replace(d, text=""), 3) for d in documents
    ]
    assert {fold_of(d, 3) for d in documents} == {0, 1, 2}


def test_no_document_is_scored_by_a_model_that_saw_it(tmp_path, documents):
    config = small_config(tmp_path / "world", epochs=1)
    scores = cross_scores(config, documents, tmp_path / "out", TABLE, folds=2)
    assert [len(rows) for rows in scores] == [len(d.segments) for d in documents]
    again = cross_scores(config, documents, tmp_path / "out", TABLE, folds=2)
    for left, right in zip(scores, again, strict=True):
        np.testing.assert_array_equal(left, right)


def test_of_a_tenth_of_labels_flipped_most_stand_in_the_first_15_percent():
    documents, vectors = signal(270, noise=1.5)
    wrong, changed = flip(documents, TABLE, np.random.default_rng(5), share=0.10)
    assert 0.08 < len(changed) / (len(vectors) * len(TABLE.heads)) < 0.12
    table = suspects(wrong, quick_scores(vectors, wrong, TABLE, folds=5), TABLE)
    assert found(table, changed, 0.15) >= 0.7
    for head in TABLE.heads:
        assert found(table[table["head"] == head], changed, 0.15) >= 0.7, head
    shuffled = table.sample(frac=1, random_state=0)
    assert found(shuffled, changed, 0.15) < 0.25


def test_quick_scores_come_from_heads_that_did_not_see_the_document():
    documents, vectors = signal(60)
    scores = quick_scores(vectors, documents, TABLE, folds=3)
    assert [len(rows) for rows in scores] == [len(d.segments) for d in documents]
    own = fold_of(documents[0], 3)
    changed = [
        flipped_whole(d) if fold_of(d, 3) == own else d for d in documents
    ]  # other labels in the fold change nothing of what is said of it
    again = quick_scores(vectors, changed, TABLE, folds=3)
    for document, before, after in zip(documents, scores, again, strict=True):
        if fold_of(document, 3) == own:
            np.testing.assert_array_equal(before, after)
    assert any((a != b).any() for a, b in zip(scores, again, strict=True))


def flipped_whole(document):
    labels = tuple(entry | {"sentiment": "neutral"} for entry in document.labels)
    return replace(document, labels=labels)


def test_heads_whose_labels_are_all_alike_are_left_out():
    documents, vectors = signal(40)
    alike = [
        replace(d, labels=tuple(entry | {"sentiment": "neutral"} for entry in d.labels))
        for d in documents
    ]
    scores = quick_scores(vectors, alike, TABLE, folds=2)
    assert set(suspects(alike, scores, TABLE)["head"]) == set(TABLE.heads) - {"sentiment"}
    only = [replace(d, labels=tuple({"sentiment": "neutral"} for _ in d.labels)) for d in documents]
    with pytest.raises(InputError, match="no head has two different labels"):
        suspects(only, quick_scores(vectors, only, TABLE, folds=2), TABLE)


def test_labels_that_are_wrong_together_are_found_too():
    documents, vectors = signal(270, noise=1.5)
    wrong, changed = mistake(documents, TABLE, np.random.default_rng(5))
    spoilt = {(name, number) for name, number, _ in changed}
    assert 0.06 < len(spoilt) / len(vectors) < 0.12
    table = suspects(wrong, quick_scores(vectors, wrong, TABLE, folds=5), TABLE)
    assert found(table, changed) >= 0.7


def test_vectors_must_go_with_the_segments():
    documents, vectors = signal(20)
    with pytest.raises(InputError, match="do not go with"):
        quick_scores(vectors[1:], documents, TABLE, folds=2)
    with pytest.raises(InputError, match="too few for 5 folds"):
        quick_scores(vectors[: len(documents[0].segments)], documents[:1], TABLE, folds=5)


def test_a_model_that_may_know_the_labels_is_refused(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(InputError, match="may have learned these labels"):
        check_fair(Config(model=ModelConfig(encoder=str(tmp_path))))
    with pytest.raises(InputError, match="teachers may have"):
        check_fair(Config(distil=DistilConfig(teachers=("runs/default",), weight=0.5)))


def test_tasks_hold_the_labels_as_they_are_and_as_they_may_have_to_be(documents):
    wrong = [flipped(d) if number < 5 else d for number, d in enumerate(documents)]
    doubtful = suspects(wrong, sure_scores(documents), TABLE).head(40)  # most of them are right
    tasks = list(review_tasks(wrong, doubtful, TABLE, model="audit"))
    changed = [
        (a, b)
        for a, b in zip(wrong, documents, strict=True)
        if [e["sentiment"] for e in a.labels] != [e["sentiment"] for e in b.labels]
    ]
    assert {task.id for task in tasks} == {now.id for now, _ in changed}
    by_id = {task.id: task for task in tasks}
    for now, before in changed:
        given, suggested = (
            [mark.answers["sentiment"][0] for mark in side or ()]
            for side in (by_id[now.id].given, by_id[now.id].suggested)
        )
        assert given == [entry["sentiment"] for entry in now.labels]
        assert suggested == [entry["sentiment"] for entry in before.labels]
        assert "sentiment positive, or negative?" in by_id[now.id].notes["doubtful"]


@pytest.fixture
def command():
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(audit_command)
    return lambda *given: CliRunner().invoke(app, [str(entry) for entry in given])


def test_the_command_audits_own_rows(tmp_path, documents, command):
    rows = [as_row(d) for d in documents]
    write_rows([*rows, {"id": "faulty", "text": ""}], tmp_path / "own.jsonl")
    encoder = write_encoder(tmp_path / "encoder", [d.text for d in documents], vocabulary=300)
    out = tmp_path / "out"
    result = command(tmp_path / "own.jsonl", "--out", out, "--from", encoder, "--share", 0.05)
    assert result.exit_code == 0, result.output
    assert "rows set aside, as they cannot be used: 1" in result.output
    table = pd.read_csv(out / "suspects.csv", keep_default_na=False)
    assert len(table) == sum(len(d.segments) for d in documents) * len(TABLE.heads)
    tasks = json.loads((out / "tasks.json").read_text(encoding="utf-8"))
    top = first(table, 0.05)
    assert {task["data"]["id"] for task in tasks} == {*top[top.given != top.suggested]["id"]}
    assert {"config.xml", "duplicates.csv", "origins.csv"} <= {path.name for path in out.iterdir()}


def test_the_command_refuses_what_it_cannot_do(tmp_path, command):
    bad = command(tmp_path / "own.jsonl", "--out", tmp_path / "out", "--scores", "slow")
    assert bad.exit_code == 2
    assert "quick, fits" in bad.output
    both = command(tmp_path / "own.jsonl", "--out", tmp_path / "out", "--extra", "more.jsonl")
    assert both.exit_code == 2
    assert isinstance(
        command(tmp_path / "none.jsonl", "--out", tmp_path / "out").exception, InputError
    )
