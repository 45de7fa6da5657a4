"""Projects hold what Label Studio reads: its tags and results, each pointing at what exists."""

import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mot_nlp.errors import OutputError, TaxonomyError
from mot_nlp.taxonomy import head_labels, read_taxonomy
from tests.tiny import OWN_TAXONOMY
from training.labelstudio import (
    CONFIG,
    NONE_OF_THESE,
    SEGMENT,
    TASKS,
    TEXT,
    Marked,
    Task,
    answers,
    as_json,
    labelling_config,
    write_project,
)

TABLE = read_taxonomy(OWN_TAXONOMY)
CHOICES = {question.name: {*question.labels} for question in TABLE.questions.values()}
for question in TABLE.questions.values():
    if question.multiple:
        CHOICES[question.name].add(NONE_OF_THESE)


def chosen(question):
    """Answers to a question: a tuple of its labels, in their order where it takes several."""
    if not question.multiple:
        return st.sampled_from(question.labels).map(lambda label: (label,))
    several = st.lists(st.sampled_from(question.labels), unique=True)
    return several.map(lambda found: tuple(sorted(found, key=question.labels.index)))


segment_answers = st.fixed_dictionaries(
    {},
    optional={question.name: chosen(question) for question in TABLE.questions.values()},
)


@st.composite
def tasks(draw):
    pieces = draw(
        st.lists(st.text(min_size=1, max_size=12).filter(str.strip), min_size=1, max_size=4)
    )
    text, marked = "", []
    for piece in pieces:
        marked.append(Marked(len(text), len(text) + len(piece), draw(segment_answers)))
        text += piece + draw(st.sampled_from([" ", "\n", "\r\n"]))
    return Task(
        id=draw(st.text()), source="review", text=text, suggested=tuple(marked),
        given=draw(st.sampled_from([None, tuple(marked[:1])])), model="m", score=0.5,
    )  # fmt: skip


@given(tasks())
def test_results_are_those_of_the_interface_and_hold_every_answer(task):
    view = ElementTree.fromstring(labelling_config(TABLE))
    controls = {tag.get("name"): tag for tag in view.iter() if tag.get("toName")}
    assert {tag.get("toName") for tag in controls.values()} == {TEXT}
    row = json.loads(json.dumps(as_json(task)))
    text = row["data"]["text"]
    assert len(text) == len(task.text)
    sides = [(task.suggested, row["predictions"][0]["result"])]
    if task.given is not None:
        sides.append((task.given, row["annotations"][0]["result"]))
    assert ("annotations" in row) == (task.given is not None)
    for marked, results in sides:
        regions = [entry for entry in results if entry["from_name"] == SEGMENT]
        assert [(r["value"]["start"], r["value"]["end"]) for r in regions] == [
            (mark.start, mark.end) for mark in marked
        ]
        assert len({region["id"] for region in regions}) == len(regions)
        read: dict[str, dict[str, Any]] = {region["id"]: {} for region in regions}
        for entry in results:
            value, tag = entry["value"], controls[entry["from_name"]]
            assert entry["type"] == tag.tag.lower()
            assert entry["to_name"] == TEXT
            assert value["text"] == text[value["start"] : value["end"]]
            assert {*value[entry["type"]]} <= {child.get("value") for child in tag}
            if entry["type"] == "choices":
                labels = tuple(label for label in value["choices"] if label != NONE_OF_THESE)
                read[entry["id"]][entry["from_name"]] = labels
        assert list(read.values()) == [mark.answers for mark in marked]


def test_every_question_is_asked_of_a_segment_with_its_labels():
    view = ElementTree.fromstring(labelling_config(TABLE))
    asked = {tag.get("name"): tag for tag in view.iter("Choices")}
    assert {name: {c.get("value") for c in tag} for name, tag in asked.items()} == CHOICES
    assert all(tag.get("perRegion") == "true" for tag in asked.values())
    kinds = {name: tag.get("choice") for name, tag in asked.items()}
    assert kinds["emotion"] == "multiple"
    assert kinds["stage"] == "single-radio"
    hints = {c.get("value"): c.get("hint") for c in asked["stage"]}
    assert hints["using"] == TABLE.heads["stage"].definitions["using"]
    assert hints["none"] is None


def test_definitions_are_escaped():
    stage = TABLE.heads["stage"]
    nasty = 'says "<b>" & </View><Label value="x"/>'
    table = replace(
        TABLE, heads={**TABLE.heads, "stage": replace(stage, definitions={"using": nasty})}
    )
    view = ElementTree.fromstring(labelling_config(table))
    assert [c.get("hint") for c in view.iter("Choice") if c.get("hint")].count(nasty) == 1
    assert len(list(view.iter("Label"))) == 1


def test_a_head_named_as_regions_are_is_refused():
    effort = TABLE.heads["effort"]
    table = replace(TABLE, heads={**TABLE.heads, SEGMENT: replace(effort, name=SEGMENT)})
    with pytest.raises(TaxonomyError, match="rename the head"):
        labelling_config(table)


def test_offsets_count_characters_and_carriage_returns_keep_their_place():
    text = "ok 😀\r\nThe router died"
    task = Task("a", "review", text, (Marked(6, len(text), {"stage": ("using",)}),))
    row = as_json(task)
    assert row["data"]["text"] == "ok 😀 \nThe router died"
    assert row["predictions"][0]["result"][0]["value"] == {
        "start": 6,
        "end": 21,
        "text": "The router died",
        "labels": [SEGMENT],
    }


def test_notes_do_not_hide_the_document():
    row = as_json(Task("a", "review", "Hi", (), notes={"reason": "unsure", "text": "no"}))
    assert row["data"] == {"reason": "unsure", "id": "a", "source": "review", "text": "Hi"}


@given(segment_answers)
def test_answers_are_the_inverse_of_labels_by_head(given_answers):
    lists = {
        name: list(labels) if TABLE.questions[name].multiple else labels[0]
        for name, labels in given_answers.items()
    }
    assert answers(head_labels(lists, TABLE), TABLE) == given_answers


def test_a_question_that_is_half_answered_is_not_answered():
    assert answers({"emotion.joy": "yes", "effort": "easy"}, TABLE) == {"effort": ("easy",)}


def test_a_project_is_streamed_and_may_be_empty(tmp_path):
    made = (Task(str(n), "review", f"text {n}", ()) for n in range(3))
    assert write_project(made, TABLE, tmp_path) == 3
    read = json.loads((tmp_path / TASKS).read_text(encoding="utf-8"))
    assert [task["data"]["id"] for task in read] == ["0", "1", "2"]
    assert (tmp_path / CONFIG).read_text(encoding="utf-8") == labelling_config(TABLE)
    assert write_project([], TABLE, tmp_path) == 0
    assert json.loads((tmp_path / TASKS).read_text(encoding="utf-8")) == []
    assert {path.name for path in tmp_path.iterdir()} == {TASKS, CONFIG}


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        write_project([], TABLE, tmp_path / "none")
