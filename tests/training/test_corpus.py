import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mot_nlp.errors import InputError
from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import ROOT, TAXONOMY
from tests.training.worlds import write_corpus
from training.contradictions import label_faults
from training.corpus import (
    each_alone,
    fingerprint,
    gather,
    read_corpus,
    read_jsonl,
    split,
)


@pytest.fixture(scope="module")
def taxonomy():
    return read_taxonomy(TAXONOMY)


def write_part(folder, text):
    (folder / "part-01.txt").write_text(text, encoding="utf-8")
    return folder


def test_reads_text_offsets_turns_and_labels(tmp_path, taxonomy):
    folder = write_part(
        tmp_path,
        "## transcript | telecom | 7\nA> Hello.\nC> n n no 0 . | Hi.\nC+ p s po - ! | It is dead.\n"
        "C> p s su + . | Thanks.\n\n## review | hotel | 8\nd f pr + . | Cheap.\n¶\np s po 0 . | Room 4.\n",
    )
    transcript, review = read_corpus(folder, taxonomy)
    assert transcript.id == "part-01-7"
    assert transcript.text == "Agent: Hello.\nCustomer: Hi. It is dead.\nCustomer: Thanks."
    assert [transcript.text[s.start : s.end] for s in transcript.segments] == [
        "Hi.",
        "It is dead.",
        "Thanks.",
    ]
    assert [s.turn for s in transcript.segments] == [1, 1, 2]
    assert transcript.labels[1] == {
        "stage": "post_purchase",
        "moment": "smot",
        "touchpoint": "product",
        "sentiment": "negative",
        "pivotal": "yes",
    }
    assert review.text == "Cheap.\nRoom 4."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Text first.\n", "part-01.txt:1: text before the first header"),
        ("## letter | hotel | 1\nn n no 0 . | Hi.", "part-01.txt:1: header is not"),
        ("## review | hotel | 1\nx n no 0 . | Hi.", "part-01.txt:2: 'x' is no code for stage"),
        ("## review | hotel | 1\na s po 0 . | Hi.", "awareness does not go with moment smot"),
        ("## review | hotel | 1\nn n no + . | Hi.", "none takes sentiment neutral, not positive"),
        ("## review | hotel | 1\np s no 0 . | Hi.", "post_purchase needs a touchpoint"),
        ("## review | hotel | 1\nC> p s po 0 . | Hi.", "belong to transcripts"),
        ("## review | hotel | 1\nfree text", "part-01.txt:2: segment is not"),
        ("## review | hotel | 1\n", "no customer segment"),
    ],
)
def test_faults_name_file_and_line(tmp_path, taxonomy, text, message):
    with pytest.raises(InputError, match=message):
        read_corpus(write_part(tmp_path, text), taxonomy)


def test_an_empty_folder_is_an_error(tmp_path, taxonomy):
    with pytest.raises(InputError, match=r"no part-\*.txt"):
        read_corpus(tmp_path, taxonomy)


def test_the_shipped_corpus_is_sound_and_its_split_fixed(taxonomy):
    documents = read_corpus(ROOT / "data" / "corpus", taxonomy)
    assert len(documents) == 7404
    assert sum(len(d.segments) for d in documents) == 39410
    splits = split(documents)
    assert {name: len(part) for name, part in splits.items()} == {
        "train": 5956,
        "validation": 700,
        "test": 748,
    }
    assert "part-11-1" in {d.id for d in splits["train"]}
    for document in documents:
        for segment in document.segments:
            assert document.text[segment.start : segment.end].strip()


def test_split_is_disjoint_whole_and_unmoved_by_new_parts(tmp_path, taxonomy):
    before = split(read_corpus(write_corpus(tmp_path), taxonomy))
    old = {d.id: name for name, part in before.items() for d in part}
    write_corpus(tmp_path / "other")
    (tmp_path / "other" / "part-01.txt").rename(tmp_path / "part-02.txt")
    after = split(read_corpus(tmp_path, taxonomy))
    new = {d.id: name for name, part in after.items() for d in part}
    assert len(old) == 50
    assert len(new) == 100
    assert {name: new[name] for name in old} == old


def test_extra_files_join_train_and_validation_only(tmp_path, taxonomy):
    folder = write_corpus(tmp_path / "corpus")
    unit = {"start": 0, "end": 5, "stage": "none", "moment": "none", "touchpoint": "none"}
    rows = [
        {"id": f"x{i}", "source": "review", "text": "Hello", "units": [unit]} for i in range(40)
    ]
    path = tmp_path / "extra.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    alone, joined = gather(folder, [], taxonomy), gather(folder, [path], taxonomy)
    assert len(joined["test"]) == len(alone["test"])
    assert len(joined["validation"]) == len(alone["validation"]) + 4
    assert len(joined["train"]) == len(alone["train"]) + 36
    assert "sentiment" not in joined["train"][-1].labels[0]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"id": 1}', "extra.jsonl:1: KeyError"),
        ("{", "extra.jsonl:1: JSONDecodeError"),
        ('{"id": 1, "text": "ab", "units": [{"start": 0, "end": 9}]}', "leaves the text"),
        (
            '{"id": 1, "text": "ab", "units": [{"start": 0, "end": 1, "stage": "later"}]}',
            "'later' is not a label of stage",
        ),
    ],
)
def test_faulty_json_lines_are_named(tmp_path, taxonomy, row, message):
    path = tmp_path / "extra.jsonl"
    path.write_text(row)
    with pytest.raises(InputError, match=message):
        read_jsonl(path, taxonomy)


def test_missing_extra_file(tmp_path, taxonomy):
    with pytest.raises(InputError, match="no labelled file at"):
        read_jsonl(tmp_path / "none.jsonl", taxonomy)


def test_each_alone_keeps_words_and_labels(tmp_path, taxonomy):
    documents = read_corpus(write_corpus(tmp_path), taxonomy)
    alone = each_alone(documents)
    assert len(alone) == sum(len(d.segments) for d in documents)
    assert alone[0].text == documents[0].text[: documents[0].segments[0].end]
    assert alone[1].labels == (documents[0].labels[1],)


def test_fingerprint_sees_labels_but_not_order(tmp_path, taxonomy):
    documents = read_corpus(write_corpus(tmp_path), taxonomy)
    assert fingerprint(documents) == fingerprint(documents[::-1])
    part = tmp_path / "part-01.txt"
    part.write_text(part.read_text().replace("p s po - !", "p s po - .", 1))
    assert fingerprint(documents) != fingerprint(read_corpus(tmp_path, taxonomy))


@given(st.sampled_from(["stage", "moment", "touchpoint", "sentiment", "pivotal"]))
def test_unknown_labels_are_faults_for_every_head(head):
    (fault,) = label_faults({head: "no such label"}, read_taxonomy(TAXONOMY))
    assert f"not a label of {head}" in fault
