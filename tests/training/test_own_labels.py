"""Labelled texts of an own taxonomy: several labels a segment, five sentiments, other none labels."""

from __future__ import annotations

import json
import re
import tomllib

import numpy as np
import pytest

from mot_nlp.errors import InputError
from mot_nlp.taxonomy import parse_taxonomy, read_taxonomy
from tests.tiny import OWN_TAXONOMY, ROOT
from training.collate import MISSING, label_indices
from training.contradictions import label_faults
from training.corpus import read_jsonl
from training.evaluate import confusion, gold_arrays, quick_scores, score_labels

OWN = read_taxonomy(OWN_TAXONOMY)
EMOTIONS = OWN.questions["emotion"].heads
NONE = {name: head.none for name, head in OWN.heads.items()}


def written(path, *units, text="It works now. Hello."):
    row = {"id": "a", "text": text, "units": list(units)}
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    return path


def test_lists_become_labels_of_heads(tmp_path):
    unit = {"start": 0, "end": 13, "stage": "using", "effort": "hard", "emotion": ["joy", "relief"]}
    [document] = read_jsonl(written(tmp_path / "a.jsonl", unit), OWN)
    [labels] = document.labels
    yes = {"emotion.joy", "emotion.relief"}
    told = {head: "yes" if head in yes else "no" for head in EMOTIONS}
    assert labels == {"stage": "using", "effort": "hard"} | told


def test_what_was_not_asked_is_missing_and_an_empty_list_is_an_answer(tmp_path):
    units = [
        {"start": 0, "end": 13, "stage": "using"},
        {"start": 14, "end": 20, "emotion": []},
    ]
    [document] = read_jsonl(written(tmp_path / "a.jsonl", *units), OWN)
    first, second = (label_indices(labels, OWN) for labels in document.labels)
    places = [list(OWN.heads).index(head) for head in EMOTIONS]
    assert [first[place] for place in places] == [MISSING] * len(EMOTIONS)
    assert [second[place] for place in places] == [0] * len(EMOTIONS)
    assert second[0] == MISSING


def test_the_labels_of_the_documentation_can_be_read(tmp_path):
    page = (ROOT / "docs" / "taxonomy.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    path = tmp_path / "a.jsonl"
    path.write_text(example.replace("\n", " ") + "\n", encoding="utf-8")
    [document] = read_jsonl(path, OWN)
    texts = [document.text[segment.start : segment.end] for segment in document.segments]
    assert texts == ["Ordered on Monday.", "Still nobody here!"]
    assert document.labels[1]["emotion.worry"] == "yes"


@pytest.mark.parametrize(
    ("unit", "message"),
    [
        ({"emotion": ["joi"]}, "'joi' is not a label of emotion; the labels are joy"),
        ({"emotion": {}}, "emotion is {}; give a list of labels"),
        ({"effort": "harder"}, "'harder' is not a label of effort; the labels are not_told"),
        ({"emotion": ["joy"], "emotion.joy": "no"}, "emotion.joy is 'no', but emotion is ['joy']"),
        ({"stage": "none", "emotion": ["joy"]}, "stage none takes emotion.joy no, not yes"),
        ({"stage": "none", "effort": "hard"}, "stage none takes effort not_told, not hard"),
    ],
    ids=["unknown", "no list", "extra head", "contradiction", "several on none", "extra on none"],
)
def test_faults_name_file_and_line(tmp_path, unit, message):
    path = written(tmp_path / "a.jsonl", {"start": 0, "end": 13} | unit)
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        read_jsonl(path, OWN)
    assert "a.jsonl:1:" in str(caught.value)


def test_none_labels_of_all_heads_go_together():
    assert label_faults(NONE, OWN) == []
    assert len(label_faults(NONE | {"effort": "hard", "emotion.joy": "yes"}, OWN)) == 2


def test_the_none_label_is_called_as_the_taxonomy_calls_it():
    text = OWN_TAXONOMY.read_text(encoding="utf-8").replace('"none"', '"nothing"')
    table = tomllib.loads(text.replace('none = ["nothing"]', 'nothing = ["nothing"]'))
    taxonomy = parse_taxonomy(table)
    [fault] = label_faults({"stage": "nothing", "sentiment": "positive"}, taxonomy)
    assert fault == "stage nothing takes sentiment neutral, not positive"


def test_figures_and_confusions_are_by_head(tmp_path):
    units = [
        {"start": 0, "end": 13, "stage": "using", "moment": "smot", "emotion": ["joy"]},
        {"start": 14, "end": 20, "stage": "none", "moment": "none", "emotion": []},
    ]
    documents = read_jsonl(written(tmp_path / "a.jsonl", *units), OWN)
    gold = gold_arrays(documents, OWN)
    predicted = gold | {"emotion.joy": np.array(["yes", "yes"])}
    predicted |= {name: np.array([NONE[name]] * 2) for name in ("effort", "sentiment")}
    assert score_labels(gold, predicted)["emotion.joy"]["accuracy"] == 0.5
    counted = confusion(gold, predicted, OWN)
    assert counted["emotion.joy"] == [[0, 1], [0, 1]]
    assert counted["effort"] == [[0] * 3] * 3  # nobody judged it
    labels = np.array([label_indices(entry, OWN) for entry in documents[0].labels])
    scores = np.zeros((2, OWN.width), np.float32)
    found = quick_scores(scores, labels, OWN)
    assert "effort" not in found
    assert found["emotion.anger"] == 1.0


def test_sentiment_counts_where_there_is_a_moment_whatever_none_is_called():
    gold = {"moment": np.array(["nothing", "smot"]), "sentiment": np.array(["neutral", "positive"])}
    predicted = gold | {"sentiment": np.array(["positive", "positive"])}
    assert score_labels(gold, predicted, none="nothing")["sentiment"]["accuracy"] == 1.0
    assert score_labels(gold, predicted)["sentiment"]["accuracy"] == 0.5
