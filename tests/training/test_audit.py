"""The audit finds labels that were flipped, and says where labels are believed least."""

from dataclasses import replace

import numpy as np
import pytest

from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import TAXONOMY
from tests.training.worlds import small_config, write_corpus
from training.audit import SUSPECT_COLUMNS, by_origin, cross_scores, fold_of, suspects
from training.collate import label_indices
from training.corpus import read_corpus

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
