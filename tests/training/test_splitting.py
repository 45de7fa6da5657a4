import json
import logging
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mot_nlp.errors import ColumnError, InputError
from tests.training.labelled_world import LABELS, TAXONOMY_READ, document, documents
from training.config import DataConfig
from training.corpus import SPLITS
from training.labelled import as_row, read_labelled, write_rows
from training.splitting import Split, deal, documents_of, gaps, group_key, group_of


def by_authors(count, authors):
    return [document(f"d{n}", author=f"a{n % authors}") for n in range(count)]


def places(parts):
    return {d.id: part for part, held in parts.items() for d in held}


def written(folder, rows, name="own.jsonl"):
    folder.mkdir(parents=True, exist_ok=True)
    write_rows((as_row(row) for row in rows), folder / name)
    return folder / name


def test_shares_are_about_what_was_asked():
    parts = deal(documents(2000), "", test=0.2, validation=0.1)
    assert len(parts["test"]) == pytest.approx(400, abs=60)
    assert len(parts["validation"]) == pytest.approx(200, abs=50)
    assert sum(map(len, parts.values())) == 2000


def test_no_author_stands_on_two_sides():
    parts = deal(by_authors(200, 40), "author", test=0.3, validation=0.2)
    sides: dict[str, str] = {}
    for part, held in parts.items():
        for own in held:
            assert sides.setdefault(own.extra["author"], part) == part
    assert set(sides.values()) == set(SPLITS)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 5), st.booleans())
def test_added_rows_move_no_old_one(before, more, seed, grouped):
    rows = by_authors(before + more, 7)
    key = "author" if grouped else ""
    old = deal(rows[:before], key, test=0.2, validation=0.2, seed=seed)
    new = deal(rows[::-1], key, test=0.2, validation=0.2, seed=seed)
    assert places(old).items() <= places(new).items()


def test_another_split_seed_deals_anew():
    one, other = (deal(documents(50), "", test=0.3, validation=0.2, seed=seed) for seed in (0, 1))
    assert places(one) != places(other)


def test_a_split_that_is_given_is_taken_as_it_is(caplog):
    rows = [document(f"d{n}", split=part) for n, part in enumerate([*SPLITS, "test", ""])]
    with caplog.at_level(logging.WARNING):
        parts = deal(rows, "", test=0.9, validation=0.05)
    assert [d.id for d in parts["test"]] == ["d2", "d3"]
    assert [d.id for d in parts["train"]] == ["d0", "d4"]
    assert "1 of 5 documents have no split" in caplog.text


def test_a_given_split_without_validation_gets_one_from_train(caplog):
    rows = [document(f"d{n}", split="test" if n < 5 else "train") for n in range(100)]
    with caplog.at_level(logging.WARNING):
        parts = deal(rows, "", test=0.2, validation=0.2)
    assert {d.id for d in parts["test"]} == {f"d{n}" for n in range(5)}
    assert 10 < len(parts["validation"]) < 40
    assert "no row has split 'validation'" in caplog.text


def test_an_unknown_part_is_named():
    with pytest.raises(InputError, match="split 'dev'; allowed: train, validation, test"):
        deal([document("d", split="dev")], "", test=0.2, validation=0.2)


def test_the_group_is_the_key_named_else_group_else_the_document(caplog):
    assert group_key(documents(2)) == ""
    assert group_key(documents(2, group="g")) == "group"
    assert group_key([*documents(1, author="a"), document("x")], "author") == "author"
    assert "1 of 2 documents have no author; each of them is its own group" in caplog.text
    assert group_of(document("x", author=" Ann "), "author") == "author Ann"
    assert group_of(document("x", author=None), "author") == "document x"


def test_a_key_that_no_row_has_is_named_with_those_there_are():
    with pytest.raises(ColumnError, match=r"no labelled row has the key 'writer'.*author, date"):
        group_key(documents(3, author="a", date="b"), "writer")


def test_what_a_training_text_gives_away_is_left_out(tmp_path):
    story = "the kettle arrived on tuesday with a dent in the lid and nobody would help me with it"
    rows = [
        document("t0", story, split="train"), document("t1", split="train", author="ann"),
        document("v0", split="validation"), document("v1", story.upper(), split="validation"),
        document("e0", split="test"), document("e1", f"{story} at all", split="test"),
        document("e2", split="test", author="ann"),
        document("e3", as_row(document("v0"))["text"], split="test"),
    ]  # fmt: skip
    path = written(tmp_path, rows)
    split = documents_of(DataConfig(labelled=(str(path),), group="author"), [], TAXONOMY_READ)
    assert {name: [d.id for d in held] for name, held in split.parts.items()} == {
        "train": ["t0", "t1"], "validation": ["v0"], "test": ["e0"],
    }  # fmt: skip
    told = {(entry.id, entry.part, entry.like, entry.why.split(",")[0]) for entry in split.left_out}
    assert told == {
        ("v1", "validation", "t0", "same text"), ("e1", "test", "t0", "near-duplicate"),
        ("e2", "test", "t1", "same group"), ("e3", "test", "v0", "same text"),
    }  # fmt: skip


def test_faulty_rows_are_set_aside_and_the_rest_is_used(tmp_path):
    path = written(tmp_path, documents(40))
    more = written(tmp_path, [document("new"), document("d3")], "more.jsonl")
    with path.open("a") as file:
        file.write('{"id": "x", "text": "no units"}\nno json\n')
    split = documents_of(DataConfig(labelled=(str(path),)), [more], TAXONOMY_READ)
    assert [entry.row for entry in split.set_aside] == [41, 42, 2]
    assert "another file has the same id" in split.set_aside[-1].reason
    assert "new" in {d.id for d in split.parts["train"]}  # extra files are learned from alone
    assert sum(map(len, split.parts.values())) == 41


def test_a_part_that_would_be_empty_is_an_error_with_the_cure(tmp_path):
    path = written(tmp_path, documents(1))
    with pytest.raises(
        InputError, match=r"no document is in the part .* of 1 documents; label more"
    ):
        documents_of(DataConfig(labelled=(str(path),)), [], TAXONOMY_READ)


def test_the_split_is_written_with_the_test_part_ready_to_evaluate(tmp_path):
    path = written(tmp_path / "in", by_authors(60, 20))
    data = DataConfig(labelled=(str(path),), group="author")
    split = documents_of(data, [], TAXONOMY_READ)
    (tmp_path / "rejected.jsonl").write_text("of an earlier run\n")
    split.write(tmp_path)
    table = json.loads((tmp_path / "split.json").read_text())
    assert table["parts"]["test"] == [d.id for d in split.parts["test"]]
    back, set_aside = read_labelled([tmp_path / "test.jsonl"], TAXONOMY_READ)
    assert back == split.parts["test"]
    assert not set_aside
    assert not (tmp_path / "rejected.jsonl").exists()


def test_the_hash_is_of_who_is_where():
    split = Split({"train": documents(3), "test": []})
    assert split.sha256 == replace(split, parts={"train": documents(3)[::-1], "test": []}).sha256
    assert split.sha256 != Split({"train": documents(2), "test": documents(3)[2:]}).sha256


def test_labels_without_examples_are_told():
    sad = LABELS | {"sentiment": "negative"}
    stage_only = {"stage": "decision"}
    parts = {
        "train": [document("a", labels=[LABELS, sad])],
        "validation": [document("b", labels=[LABELS])],
        "test": [],
    }
    lines = gaps(Split(parts), TAXONOMY_READ)
    assert "sentiment: no example of neutral" in lines
    assert "sentiment: no example in validation of negative" in lines
    assert not any("test" in line for line in lines)
    lines = gaps(Split({"train": [document("a", labels=[stage_only])]}), TAXONOMY_READ)
    assert "pivotal: no row has a label; nothing is learned of it" in lines
