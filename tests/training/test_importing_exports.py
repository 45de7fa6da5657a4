"""Exports of annotation tools: Label Studio, Argilla, Prodigy, spaCy, and the labelled format."""

from __future__ import annotations

import json

import pytest
import spacy
from spacy.tokens import DocBin, Span

from mot_nlp.errors import ReadError
from tests.training.importing_world import (
    read_back,
    run,
    units_of,
    with_emotions,
    write_csv,
    write_json,
    write_lines,
)
from training import labelstudio

TEXT = "Great screen, but the courier lost it. Never again."


def result(words, control, kind, *labels, text=TEXT, region="r1"):
    """One result of Label Studio, about words or, if these are empty, the whole text."""
    value = {kind: list(labels)}
    if words:
        start = text.index(words)
        value |= {"start": start, "end": start + len(words), "text": words}
    return {
        "id": region, "from_name": control, "to_name": "text", "type": kind, "origin": "manual",
        "value": value,
    }  # fmt: skip


def annotation(*results, by=1, cancelled=False):
    return {
        "id": 10, "completed_by": by, "was_cancelled": cancelled, "ground_truth": False,
        "lead_time": 4.2, "result_count": len(results), "task": 1, "result": list(results),
    }  # fmt: skip


def task(*annotations, number=1, text=TEXT, **more):
    return {
        "id": number, "annotations": list(annotations), "drafts": [], "predictions": [], "meta": {},
        "data": {"text": text, "author": "ann", "sku": 7}, "project": 2, **more,
    }  # fmt: skip


SEGMENT = result("Great screen", "segment", "labels", "Segment")
STAGE = result("Great screen", "stage", "choices", "Post-purchase")
MOOD = result("Great screen", "sentiment", "choices", "positive")


def test_choices_per_region_are_labels_of_its_segment(tmp_path):
    rows, report = run(write_json(tmp_path / "ls.json", [task(annotation(SEGMENT, STAGE, MOOD))]))
    assert units_of(rows[0]) == {
        "Great screen": {"stage": "post_purchase", "sentiment": "positive"}
    }
    assert (rows[0]["id"], rows[0]["author"]) == ("1", "ann")
    assert "sku" not in rows[0]
    assert report.files[0].format == "label-studio"
    roles = {use.field: use.role for use in report.fields}
    assert roles["segment"] == "borders of segments"
    assert roles["sku"] == ""
    assert report.is_clean


def test_a_choice_without_offsets_has_those_of_its_region(tmp_path):
    bare = result("", "stage", "choices", "decision")
    rows, _ = run(write_json(tmp_path / "ls.json", [task(annotation(SEGMENT, bare))]))
    assert units_of(rows[0]) == {"Great screen": {"stage": "decision"}}


def test_what_our_own_interface_asks_comes_back_as_it_was(tmp_path):
    answers = (
        {
            "stage": ("post_purchase",),
            "sentiment": ("positive",),
            "emotion": ("joy", "great relief"),
        },
        {"pivotal": ("yes",), "emotion": ()},
    )
    given = (labelstudio.Marked(0, 12, answers[0]), labelstudio.Marked(39, 51, answers[1]))
    project = labelstudio.Task("doc-7", "social", TEXT, suggested=(), given=given)
    exported = labelstudio.as_json(project)
    exported |= {"id": 31, "annotations": [annotation(*exported["annotations"][0]["result"])]}
    rows, report = run(write_json(tmp_path / "ls.json", [exported]), taxonomy=with_emotions())
    assert (rows[0]["id"], rows[0]["source"]) == ("doc-7", "social")
    assert units_of(rows[0]) == {
        "Great screen": {
            "stage": "post_purchase", "sentiment": "positive", "emotion": ["joy", "great relief"],
        },
        "Never again.": {"pivotal": "yes", "emotion": []},
    }  # fmt: skip
    assert report.is_clean
    assert report.notes == ()


def test_labels_tell_their_head_by_their_own_name(tmp_path):
    one = result("Great screen", "label", "labels", "Awareness", "advertising")
    two = result("Never again.", "label", "labels", "none", region="r2")
    rows, report = run(write_json(tmp_path / "ls.json", [task(annotation(one, two))]))
    assert units_of(rows[0]) == {
        "Great screen": {"stage": "awareness", "touchpoint": "advertising"}
    }
    (unknown,) = report.unknown
    assert unknown.heads == ("stage", "moment", "touchpoint")
    assert unknown.cure.startswith("--map stage:none=none or --map moment:none=none")


def test_choices_for_the_task_are_labels_of_the_whole_text(tmp_path):
    whole = result("", "sentiment", "choices", "negative")
    rows, _ = run(write_json(tmp_path / "ls.json", [task(annotation(whole))]))
    assert units_of(rows[0]) == {TEXT: {"sentiment": "negative"}}


def test_a_label_of_the_whole_text_beside_segments_is_set_aside(tmp_path):
    whole = result("", "sentiment", "choices", "negative", region="other")
    rows, report = run(write_json(tmp_path / "ls.json", [task(annotation(SEGMENT, STAGE, whole))]))
    assert list(units_of(rows[0])) == ["Great screen"]
    assert "cannot stand beside labels of its segments" in report.set_aside[0].reason


def test_annotators_who_agree_are_merged_and_who_do_not_are_listed(tmp_path):
    other = result("Great screen", "sentiment", "choices", "negative")
    path = write_json(
        tmp_path / "ls.json",
        [
            task(
                annotation(STAGE, MOOD, by={"id": 1, "email": "ann@x.org"}),
                annotation(STAGE, other, by=2),
            )
        ],
    )
    rows, report = run(path)
    assert units_of(rows[0]) == {"Great screen": {"stage": "post_purchase"}}
    (conflict,) = report.conflicts
    assert (conflict.head, conflict.answers) == (
        "sentiment",
        ("positive by ann@x.org", "negative by 2"),
    )
    rows, report = run(path, annotator="ann@x.org")
    assert units_of(rows[0])["Great screen"]["sentiment"] == "positive"
    assert report.is_clean


def test_an_annotator_who_is_not_there_is_told(tmp_path):
    path = write_json(tmp_path / "ls.json", [task(annotation(STAGE, by=7))])
    rows, report = run(path, annotator="bob")
    assert not rows
    assert any("no label is by 'bob'; the annotators are 7" in note for note in report.notes)


def test_most_annotators_are_believed_if_asked_for(tmp_path):
    other = result("Great screen", "sentiment", "choices", "negative")
    wide = result("Great screen, but", "sentiment", "choices", "negative")
    path = write_json(
        tmp_path / "ls.json",
        [
            task(annotation(MOOD), annotation(MOOD), annotation(other)),
            task(
                annotation(MOOD), annotation(MOOD), annotation(wide), number=2, text=TEXT + " Ever."
            ),
            task(annotation(MOOD), annotation(other), number=3, text=TEXT + " No."),
        ],
    )
    rows, report = run(path, majority=True)
    assert [units_of(row) for row in rows] == [{"Great screen": {"sentiment": "positive"}}] * 2
    assert [entry.left_out for entry in report.conflicts] == ["unit", "label"]
    rows, report = run(path)
    assert not rows
    assert len(report.conflicts) == 4


def test_borders_that_differ_are_a_conflict(tmp_path):
    wide = result("Great screen, but", "sentiment", "choices", "positive")
    path = write_json(tmp_path / "ls.json", [task(annotation(MOOD, by=1), annotation(wide, by=2))])
    rows, report = run(path)
    assert not rows
    assert [entry.answers for entry in report.conflicts] == [("0:12 by 1",), ("0:17 by 2",)]


def test_cancelled_skipped_and_open_tasks_are_counted(tmp_path):
    path = write_json(
        tmp_path / "ls.json",
        [
            task(annotation(MOOD), annotation(by=2, cancelled=True)),
            task(number=2),
            task(annotation(), number=3),
            task(id=4, predictions=[{"model_version": "m1", "score": 0.9, "result": [MOOD]}]),
        ],
    )
    rows, report = run(path)
    assert len(rows) == 1
    assert report.skipped == {
        "annotations that were cancelled or skipped": 1, "annotations without a label": 1,
        "tasks not labelled yet": 1, "tasks with predictions only": 1,
    }  # fmt: skip
    assert report.is_clean
    rows, _ = run(path, suggestions=True)
    assert len(rows) == 1  # the text of task 4 is that of task 1, with the same label


def test_offsets_of_javascript_are_told_and_read_if_asked_for(tmp_path):
    text = "💩 Great screen, bad app."
    mark = result("Great screen", "sentiment", "choices", "positive", text=text)
    mark["value"]["start"] += 1
    mark["value"]["end"] += 1
    path = write_json(tmp_path / "ls.json", [task(annotation(mark), text=text)])
    rows, report = run(path)
    assert not rows
    assert "the file quotes 'Great screen'; those stand at 2:14" in report.set_aside[0].reason
    assert any("--offsets utf-16" in note for note in report.notes)
    rows, report = run(path, offsets="utf-16")
    assert list(units_of(rows[0])) == ["Great screen"]
    assert report.is_clean


def test_what_is_rendered_or_no_label_is_not_taken(tmp_path):
    html = {
        "id": "h", "from_name": "ner", "to_name": "text", "type": "hypertextlabels",
        "value": {"start": "/text()[1]", "end": "/text()[1]", "startOffset": 0, "endOffset": 5,
                  "globalOffsets": {"start": 0, "end": 5}, "hypertextlabels": ["awareness"]},
    }  # fmt: skip
    note = {
        "id": "n",
        "from_name": "note",
        "to_name": "text",
        "type": "textarea",
        "value": {"text": ["hm"]},
    }
    stars = {
        "id": "s",
        "from_name": "stars",
        "to_name": "text",
        "type": "rating",
        "value": {"rating": 4},
    }
    path = write_json(tmp_path / "ls.json", [task(annotation(html, note, stars, MOOD))])
    rows, report = run(path)
    assert units_of(rows[0]) == {"Great screen": {"sentiment": "positive"}}
    assert "hypertextlabels count in the rendered page" in report.set_aside[0].reason
    assert {use.field for use in report.fields if not use.role} >= {"note", "stars"}
    assert not report.unknown


def test_the_field_of_the_text_is_told_by_the_results_or_by_name(tmp_path):
    two = task(annotation(MOOD), number=2)
    two["data"] = {"title": "Screens", "review": TEXT, "shop": "x"}
    path = write_json(tmp_path / "ls.json", [two])
    assert run(path)[0][0]["text"] == TEXT
    two["data"] = {"title": "Screens", "words": TEXT}
    path = write_json(tmp_path / "ls.json", [two])
    rows, report = run(path)
    assert not rows
    assert "name it with --text; the fields are title, words" in report.set_aside[0].reason
    assert run(path, text="words")[0][0]["text"] == TEXT


MIN = [
    {
        "id": 1, "text": TEXT, "author": "ann", "annotator": 1, "annotation_id": 5,
        "label": [{"start": 0, "end": 12, "text": "Great screen", "labels": ["Awareness"]}],
        "created_at": "2025", "updated_at": "2025", "lead_time": 1.5,
    },
    {
        "id": 2, "text": "Nice.", "sentiment": "positive", "annotator": 1, "annotation_id": 6,
        "comment": "free words",
    },
    {"id": 2, "text": "Nice.", "sentiment": {"choices": ["negative"]}, "annotator": 2, "annotation_id": 7},
    {
        "id": 3, "text": "Great screen. Bad app.", "annotator": 1, "annotation_id": 8,
        "stage": [{"start": 0, "end": 13, "text": "Great screen.", "labels": ["decision"]}],
        "sentiment": ["positive", "negative"],
    },
]  # fmt: skip


def test_json_min_gives_spans_and_whole_texts(tmp_path):
    rows, report = run(write_json(tmp_path / "min.json", MIN))
    assert report.files[0].format == "label-studio-min"
    assert [units_of(row) for row in rows] == [
        {"Great screen": {"stage": "awareness"}},
        {"Great screen.": {"stage": "decision"}},
    ]
    assert report.conflicts[0].answers == ("positive by 1", "negative by 2")
    assert "do not say for which region a choice of 'sentiment'" in report.set_aside[0].reason


def test_csv_of_label_studio_is_read_as_json_min(tmp_path):
    label = json.dumps(MIN[0]["label"]).replace('"', '""')
    path = write_csv(
        tmp_path / "ls.csv",
        f'text,id,label,sentiment,annotator,annotation_id,lead_time\n"{TEXT}",1,"{label}",,1,5,1.5\n'
        "Nice.,2,,Positive,1,6,1.0\n",
    )
    rows, _ = run(path)
    assert [units_of(row) for row in rows] == [
        {"Great screen": {"stage": "awareness"}}, {"Nice.": {"sentiment": "positive"}},
    ]  # fmt: skip


def record(name, text, responses, suggestions=None):
    return {
        "id": name, "fields": {"text": text}, "metadata": {"author": "ann"}, "vectors": {},
        "suggestions": suggestions or {}, "responses": responses, "_server_id": "0f3e",
    }  # fmt: skip


SPANS = [
    {"label": "awareness", "start": 0, "end": 12},
    {"label": "Loyalty", "start": 39, "end": 51},
]
ARGILLA = [
    record("a", TEXT, {"spans": [{"value": SPANS, "user_id": "u1"}], "why": [{"value": "so", "user_id": "u1"}]}),
    record("b", "Nice.", {"sentiment": [{"value": "positive", "user_id": u} for u in ("u1", "u2")]}),
    record("c", "Hm.", {"sentiment": [{"value": "neutral", "user_id": "u1", "status": "discarded"}]}),
    record("d", "So.", {}, {"sentiment": {"value": "neutral", "score": 0.8, "agent": "m"}}),
]  # fmt: skip


def test_records_of_argilla_give_spans_and_answers(tmp_path):
    rows, report = run(write_json(tmp_path / "records.json", ARGILLA))
    assert {row["id"]: units_of(row) for row in rows} == {
        "a": {"Great screen": {"stage": "awareness"}, "Never again.": {"touchpoint": "loyalty"}},
        "b": {"Nice.": {"sentiment": "positive"}},
    }
    assert rows[0]["author"] == "ann"
    assert report.skipped["records with suggestions only"] == 1
    assert report.skipped["answers that were drafts or discarded"] == 1
    assert any("drafts and discarded answers may be" in note for note in report.notes)
    rows, _ = run(tmp_path / "records.json", suggestions=True)
    assert rows[-1]["id"] == "d"


def test_a_dataset_folder_of_argilla_says_where_spans_are(tmp_path):
    two = [{**ARGILLA[0], "fields": {"title": "Screens", "body": TEXT}}]
    write_json(tmp_path / "records.json", two)
    (tmp_path / ".argilla").mkdir()
    question = {"name": "spans", "settings": {"type": "span", "field": "body"}}
    write_json(tmp_path / ".argilla" / "settings.json", {"questions": [question], "fields": []})
    rows, _ = run(tmp_path)
    assert rows[0]["text"] == TEXT
    (tmp_path / ".argilla" / "settings.json").write_text("{", encoding="utf-8")
    with pytest.raises(ReadError, match=r"settings\.json cannot be read as JSON"):
        run(tmp_path)
    (tmp_path / "records.json").unlink()
    with pytest.raises(ReadError, match="no dataset of Argilla"):
        run(tmp_path)


def test_several_labels_and_old_records_of_argilla(tmp_path):
    old = {
        "external_id": "o", "fields": {"text": "Nice."}, "metadata": {}, "suggestions": [],
        "responses": [{"user_id": "u1", "status": "submitted", "values": {"emotion": {"value": ["joy"]}}}],
    }  # fmt: skip
    rows, _ = run(write_json(tmp_path / "r.json", [old]), taxonomy=with_emotions())
    assert (rows[0]["id"], units_of(rows[0])) == ("o", {"Nice.": {"emotion": ["joy"]}})


PRODIGY = [
    {
        "text": TEXT, "meta": {"source": "social", "shop": 3}, "_input_hash": 11, "_task_hash": 21,
        "tokens": [], "_view_id": "spans_manual", "_annotator_id": "db-ann", "_session_id": "db-ann",
        "spans": [
            {"start": 0, "end": 12, "token_start": 0, "token_end": 1, "label": "AWARENESS"},
            {"start": 0, "end": 12, "token_start": 0, "token_end": 1, "label": "advertising"},
            {"start": 39, "end": 51, "token_start": 8, "token_end": 10, "label": "loyalty"},
        ],
        "answer": "accept", "_timestamp": 1707211049,
    },
    {
        "text": "Meh.", "_input_hash": 12, "_task_hash": 22, "_view_id": "choice", "answer": "accept",
        "options": [{"id": "neutral", "text": "Neutral"}], "accept": ["neutral"],
    },
    {"text": "Meh.", "_input_hash": 12, "_task_hash": 23, "label": "PIVOTAL", "answer": "reject"},
    {"text": "Ok.", "_input_hash": 13, "_task_hash": 24, "label": "PIVOTAL", "answer": "ignore"},
    {"text": "No.", "_input_hash": 14, "_task_hash": 25, "label": "awareness", "answer": "reject"},
    {"text": "Go.", "_input_hash": 15, "_task_hash": 26, "label": "awareness", "answer": "accept"},
    {"text": "Two.", "_input_hash": 16, "spans": [{"label": "awareness"}], "answer": "accept"},
]  # fmt: skip


def test_prodigy_gives_spans_choices_and_labels(tmp_path):
    rows, report = run(write_lines(tmp_path / "p.jsonl", PRODIGY))
    assert {row["id"]: units_of(row) for row in rows} == {
        "11": {
            "Great screen": {"stage": "awareness", "touchpoint": "advertising"},
            "Never again.": {"touchpoint": "loyalty"},
        },
        "12": {"Meh.": {"sentiment": "neutral", "pivotal": "no"}},
        "15": {"Go.": {"stage": "awareness"}},
    }
    assert rows[0]["source"] == "social"
    assert report.skipped == {"lines answered ignore": 1, "lines answered reject": 1}
    assert "'missing' and 'missing'" in report.set_aside[0].reason


def test_spans_of_different_heads_must_share_their_borders(tmp_path):
    spans = [{"start": 0, "end": 12, "label": "awareness"}, {"start": 6, "end": 17, "label": "positive"},
             {"start": 39, "end": 51, "label": "negative"}]  # fmt: skip
    path = write_lines(tmp_path / "p.jsonl", [{"text": TEXT, "spans": spans, "answer": "accept"}])
    rows, report = run(path)
    assert list(units_of(rows[0])) == ["Never again."]
    assert [(entry.start, entry.end) for entry in report.set_aside] == [(0, 12), (6, 17)]
    assert "on the same borders" in report.set_aside[0].reason


def docbin(path, *docs):
    DocBin(docs=docs, store_user_data=True).to_disk(path)
    return path


def test_a_docbin_gives_span_groups_entities_and_categories(tmp_path):
    nlp = spacy.blank("en")
    groups = nlp("The 💩 courier was late. I love it.")
    groups.spans["stage"] = [Span(groups, 0, 6, label="post-purchase")]
    groups.spans["sc"] = [
        Span(groups, 0, 6, label="delivery"),
        Span(groups, 6, 10, label="positive"),
    ]
    groups.user_data["id"] = "doc-a"
    groups.user_data["author"] = "ann"
    entities = nlp("I saw the advert.")
    entities.set_ents([Span(entities, 2, 4, label="ADVERTISING")])
    cats = nlp("All fine.")
    cats.cats = {"positive": 1.0, "negative": 0.0, "pivotal": 0.0, "awareness": 0.0}
    scores = nlp("All fine?")
    scores.cats = {"positive": 0.7}
    rows, report = run(docbin(tmp_path / "x.spacy", groups, entities, cats, scores, nlp("Bare.")))
    assert {row["id"]: units_of(row) for row in rows} == {
        "doc-a": {
            "The 💩 courier was late.": {"stage": "post_purchase", "touchpoint": "delivery"},
            "I love it.": {"sentiment": "positive"},
        },
        "x-2": {"the advert": {"touchpoint": "advertising"}},
        "x-3": {"All fine.": {"sentiment": "positive", "pivotal": "no"}},
    }
    assert rows[0]["author"] == "ann"
    assert "the category 'positive' is 0.7, a score and no label" in report.set_aside[0].reason
    assert report.skipped == {"documents without a label": 2}


@pytest.mark.parametrize("content", [b"", b"no docbin", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_what_is_no_docbin_is_an_error_of_ours(tmp_path, content):
    path = tmp_path / "x.spacy"
    path.write_bytes(content)
    with pytest.raises(ReadError, match="not a whole DocBin"):
        run(path)


LABELLED = {
    "id": "l1", "source": "social", "text": TEXT, "repo": "r", "weather": {"rain": True},
    "units": [{"start": 0, "end": 12, "text": "Great screen", "sentiment": "positive", "by": "ann"}],
}  # fmt: skip


def test_the_labelled_format_comes_through_as_it_is(tmp_path):
    rows, report = run(write_lines(tmp_path / "l.jsonl", [LABELLED]))
    expected = {**LABELLED, "units": [{"start": 0, "end": 12, "sentiment": "positive"}]}
    assert rows == [expected]
    assert [use.field for use in report.fields if not use.role] == ["by"]


def test_units_of_the_labelled_format_are_checked(tmp_path):
    units = [
        {"start": 0, "end": 12, "stage": "none", "touchpoint": "product"},
        {"start": 39, "sentiment": "negative"},
        {"start": 14, "end": 17, "sentiment": "neutral"},
    ]
    path = write_lines(
        tmp_path / "l.jsonl", [{**LABELLED, "units": units}, {"id": 2, "text": "x", "units": 5}]
    )
    rows, report = run(path)
    assert list(units_of(rows[0])) == ["but"]
    assert [entry.reason for entry in report.set_aside] == [
        "the unit has the offsets 39 and 'missing'; give whole numbers of characters from the start of "
        "the text",
        "stage none takes touchpoint none, not product",
    ]
    assert report.skipped == {"texts without a labelled unit": 1}


def test_a_form_may_be_named(tmp_path):
    path = write_lines(tmp_path / "a.jsonl", [{"text": "Ok.", "sentiment": "neutral", "spans": []}])
    assert run(path)[1].files[0].format == "prodigy"
    rows, report = run(path, format="table")
    assert (len(rows), report.files[0].format) == (1, "table")


JUNK: tuple[object, ...] = (
    None,
    True,
    -1,
    2.5,
    "",
    "x",
    [],
    [[]],
    [None, 3],
    {},
    {"a": []},
    "\ud83d",
)


def with_junk(value):
    """The value with each of its parts in turn, and itself, replaced by each kind of junk."""
    yield from JUNK
    parts = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, part in parts:
        for other in with_junk(part):
            copy = value.copy()
            copy[key] = other
            yield copy


@pytest.mark.parametrize(
    ("form", "row"),
    [
        ("label-studio", task(annotation(SEGMENT, STAGE, by={"email": "a"}), predictions=[{"result": [MOOD]}])),
        ("label-studio-min", MIN[0]),
        ("argilla", ARGILLA[0]),
        ("argilla", ARGILLA[3]),
        ("prodigy", PRODIGY[0]),
        ("prodigy", PRODIGY[1]),
        ("labelled", LABELLED),
        ("table", {"id": 1, "text": "Ok.", "stage": "none", "sentiment": ["neutral"], "source": "review"}),
    ],
)  # fmt: skip
def test_whatever_is_broken_in_an_export_is_set_aside(tmp_path, form, row):
    broken = [entry for entry in with_junk(row) if isinstance(entry, dict)]
    path = tmp_path / "any.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in [row, *broken]), encoding="utf-8")
    found, _ = run(path, format=form, suggestions=True)
    assert len(read_back(found, tmp_path / "labelled.jsonl")) == len(found) > 0
