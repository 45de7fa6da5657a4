"""Labels as people wrote them to labels of the taxonomy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mot_nlp.errors import InputError
from tests.training.importing_world import SHIPPED, with_emotions
from training.importing import ImportOptions, parse_columns, parse_renamed
from training.importing.assigning import Assigner
from training.importing.marks import Mark

HERE = "a.csv, row 1"


def assigned(*marks, taxonomy=SHIPPED, **names):
    assigner = Assigner(taxonomy, **names)
    found = assigner.labels([Mark(*mark) for mark in marks], HERE)
    return found, assigner.notes


@pytest.mark.parametrize(
    "theirs",
    ["post_purchase", "Post-purchase", " post  purchase ", "POST PURCHASE", "\uff30ost_purchase"],
)
def test_spelling_is_forgiven_and_told(theirs):
    found, notes = assigned(("stage", theirs))
    assert found.by_head == {"stage": "post_purchase"}
    expected = {} if theirs == "post_purchase" else {("stage", theirs.strip(), "post_purchase"): 1}
    assert notes.read_as == expected


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [(True, "yes"), (0, "no"), (1.0, "yes"), ("TRUE", "yes"), ("false", "no"), ("Yes", "yes")],
)
def test_one_and_true_are_yes_in_a_yes_or_no_head(theirs, ours):
    assert assigned(("pivotal", theirs))[0].by_head == {"pivotal": ours}


def test_one_is_no_label_of_other_heads():
    found, notes = assigned(("sentiment", 1))
    assert found.by_head == {}
    assert notes.unknown == {("sentiment", "1"): 1}
    assert notes.first == {("sentiment", "1"): HERE}


@pytest.mark.parametrize("empty", [None, "", "  ", float("nan"), []])
def test_an_empty_cell_is_no_answer(empty):
    found, notes = assigned(("stage", empty), ("sentiment", "positive"))
    assert found.by_head == {"sentiment": "positive"}
    assert not notes.unknown


def test_an_unknown_label_leaves_the_others():
    found, notes = assigned(("stage", "aftersale"), ("touchpoint", "product"))
    assert found.by_head == {"touchpoint": "product"}
    assert notes.unknown == {("stage", "aftersale"): 1}


def test_a_label_of_one_head_needs_no_name_of_it():
    found, _ = assigned(("label", "Awareness"), ("label", "delivery"), ("", "zmot"))
    assert found.by_head == {"stage": "awareness", "touchpoint": "delivery", "moment": "zmot"}


def test_a_label_of_several_heads_is_asked_about():
    found, notes = assigned(("label", "none"))
    assert found.by_head == {}
    assert notes.unknown == {("", "none"): 1}


def test_a_mapped_label_of_several_heads_is_that_of_the_one():
    found, notes = assigned(("label", "None"), renamed={("stage", "none"): "none"})
    assert found.by_head == {"stage": "none"}
    assert not notes.unknown


@pytest.mark.parametrize("theirs", ["stage:none", "Stage = none", "stage/none"])
def test_a_label_may_name_its_head(theirs):
    assert assigned(("label", theirs))[0].by_head == {"stage": "none"}


def test_a_label_called_after_a_yes_or_no_head_gives_it():
    assert assigned(("label", "PIVOTAL"))[0].by_head == {"pivotal": "yes"}


@pytest.mark.parametrize("theirs", ["yes", "No", True, 1, "false"])
def test_yes_and_no_may_answer_anything_and_need_the_name_of_a_head(theirs):
    found, notes = assigned(("urgent", theirs))
    assert found.by_head == {}
    assert len(notes.unknown) == 1


def test_what_is_mapped_for_the_source_is_no_label():
    found, notes = assigned(("channel", "chat"), renamed={("source", "chat"): "transcript"})
    assert found.by_head == {}
    assert notes.unknown == {("", "chat"): 1}


def test_a_column_may_have_another_name_and_then_the_head_has_no_other():
    marks = (("Journey", "decision"), ("stage", "awareness"))
    found, _ = assigned(*marks, columns={"stage": "Journey"})
    assert found.clashes == {"stage": ["decision", "awareness"]}
    found, _ = assigned(("stage", "none"), columns={"stage": "Journey"})
    assert found.by_head == {}


def test_mapped_labels_are_read_and_told():
    found, notes = assigned(
        ("stage", "After Sale"), renamed={("stage", "after-sale"): "post_purchase"}
    )
    assert found.by_head == {"stage": "post_purchase"}
    assert notes.read_as == {("stage", "After Sale", "post_purchase"): 1}


def test_a_label_mapped_to_nothing_is_passed_over():
    found, notes = assigned(("stage", "unsure"), renamed={("stage", "unsure"): ""})
    assert (found.by_head, dict(notes.unknown)) == ({}, {})
    assert notes.passed_over == {("stage", "unsure"): 1}


def test_two_answers_to_one_question_are_a_clash():
    found, _ = assigned(("stage", ["awareness", "decision"]), ("sentiment", ["negative"]))
    assert found.clashes == {"stage": ["awareness", "decision"]}
    assert found.by_head == {"sentiment": "negative"}


def test_the_same_answer_twice_is_none():
    assert assigned(("stage", "awareness"), ("label", "Awareness"))[0].by_head == {
        "stage": "awareness"
    }


@pytest.mark.parametrize(
    "cell", [["joy", "anger"], "joy|anger", "Joy; anger", "anger, joy", '["joy", "anger"]']
)
def test_several_labels_answer_all_heads_of_their_question(cell):
    found, _ = assigned(("emotion", cell), taxonomy=with_emotions())
    assert found.by_head == {
        "emotion.joy": "yes", "emotion.anger": "yes", "emotion.great relief": "no",
    }  # fmt: skip


def test_a_label_with_a_space_is_one_label():
    found, _ = assigned(("emotion", "Great-relief"), taxonomy=with_emotions())
    assert [head for head, label in found.by_head.items() if label == "yes"] == [
        "emotion.great relief"
    ]


@pytest.mark.parametrize("cell", [[], "[]"])
def test_an_empty_list_says_that_none_holds(cell):
    found, _ = assigned(("emotion", cell), taxonomy=with_emotions())
    assert set(found.by_head.values()) == {"no"}
    assert len(found.by_head) == 3


def test_beside_an_unknown_label_no_label_is_said_not_to_hold():
    found, notes = assigned(("emotion", ["joy", "angst"]), taxonomy=with_emotions())
    assert found.by_head == {"emotion.joy": "yes"}
    assert notes.unknown == {("emotion", "angst"): 1}


def test_an_unrelated_unknown_label_does_not_unsay_a_named_question():
    found, _ = assigned(("emotion", ["joy"]), ("language", "English"), taxonomy=with_emotions())
    assert found.by_head["emotion.anger"] == "no"


def test_labels_of_spans_gather_to_an_answer_of_several():
    found, _ = assigned(("sc", "joy"), ("sc", "anger"), taxonomy=with_emotions())
    assert found.by_head["emotion.joy"] == found.by_head["emotion.anger"] == "yes"
    assert found.by_head["emotion.great relief"] == "no"


def test_a_question_and_one_of_its_heads_may_contradict_each_other():
    found, _ = assigned(("emotion", ["joy"]), ("emotion.anger", "yes"), taxonomy=with_emotions())
    assert found.clashes == {"emotion.anger": ["no", "yes"]}
    assert found.by_head == {"emotion.joy": "yes", "emotion.great relief": "no"}


def test_a_denied_label_counts_where_it_says_which_holds():
    taxonomy = with_emotions()
    denied = [Mark("", label, denied=True) for label in ("pivotal", "joy")]
    assigner = Assigner(taxonomy)
    assert [assigner.denies(mark) for mark in denied] == [True, True]
    assert assigner.labels(denied, HERE).by_head == {"pivotal": "no", "emotion.joy": "no"}
    assert not assigner.denies(Mark("", "awareness", denied=True))


@given(st.lists(st.tuples(st.sampled_from(["stage", "emotion", "label", ""]), st.text() | st.lists(st.text()))))  # fmt: skip
def test_whatever_comes_labels_are_of_the_taxonomy(marks):
    taxonomy = with_emotions()
    found, _ = assigned(*marks, taxonomy=taxonomy)
    assert all(label in taxonomy.heads[head].labels for head, label in found.by_head.items())


@pytest.mark.parametrize(
    ("given_", "match"),
    [
        ("stage", "is not head=COLUMN"),
        ("stag=x", "did you mean stage"),
        ("=x", "is not head=COLUMN"),
    ],
)
def test_a_column_option_is_checked(given_, match):
    with pytest.raises(InputError, match=match):
        parse_columns([given_], SHIPPED)


@pytest.mark.parametrize(
    ("given_", "match"),
    [
        ("stage=awareness", "is not head:theirs=ours"),
        ("stage:aware=awarenes", "did you mean awareness"),
        ("stge:a=awareness", "no head 'stge'"),
        ("source:chat=phone", "not a label of source"),
        ("domain:tv=tele", "no head 'domain'"),
    ],
)
def test_a_map_option_is_checked(given_, match):
    with pytest.raises(InputError, match=match):
        parse_renamed([given_], SHIPPED)


def test_their_label_may_hold_the_signs_of_the_option():
    assert parse_renamed(["stage:a:b=c=decision"], SHIPPED) == {("stage", "a:b=c"): "decision"}


def test_an_option_given_twice_must_agree():
    with pytest.raises(InputError, match="given twice"):
        parse_renamed(["stage:a=decision", "stage:a=none"], SHIPPED)
    with pytest.raises(InputError, match="given twice"):
        parse_columns(["stage=a", "stage=b"], SHIPPED)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"source": "email"}, "--source is 'email'"),
        ({"offsets": "tokens"}, "--offsets is 'tokens'"),
        ({"start": "s"}, "go together"),
        ({"annotator": "ann", "majority": True}, "leave --majority out"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, match):
    with pytest.raises(InputError, match=match):
        ImportOptions(**options)
