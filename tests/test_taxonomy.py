"""Heads, labels, pairs and roll-ups."""

from __future__ import annotations

import copy
import re
import tomllib
from pathlib import Path

import pytest

from mot_nlp.errors import InputError, TaxonomyError
from mot_nlp.records import DOCUMENT_COLUMNS, MOMENT_COLUMNS
from mot_nlp.review import COLUMN
from mot_nlp.tables.comparison import COMPARISON_COLUMNS
from mot_nlp.tables.evenness import CONSISTENCY_COLUMNS
from mot_nlp.tables.excerpts import QUOTE_COLUMNS
from mot_nlp.tables.grouping import DATE, PERIODS
from mot_nlp.tables.outcomes.table import DRIVER_COLUMNS
from mot_nlp.tables.periods import PERIOD
from mot_nlp.tables.table import SHARE_INTERVAL, SUBTOTAL, TABLE_COLUMNS, THIN
from mot_nlp.tables.transitions import PATH_COLUMNS
from mot_nlp.taxonomy import (
    CONFIDENCE,
    HEADS,
    PIVOTAL,
    head_labels,
    parse_taxonomy,
    read_taxonomy,
)
from mot_nlp.taxonomy.faults import MOST_TOLD
from mot_nlp.taxonomy.naming import RESERVED
from tests.tiny import OWN_TAXONOMY, ROOT


@pytest.fixture
def table(taxonomy_path):
    """The real taxonomy as parsed TOML, free to be damaged."""
    return tomllib.loads(taxonomy_path.read_text(encoding="utf-8"))


# ---------------------------------------------------------------- the shipped taxonomy
def test_heads_stand_in_output_order(taxonomy):
    assert tuple(taxonomy.heads) == HEADS
    assert [head.name for head in taxonomy.heads.values()] == list(HEADS)
    assert taxonomy.heads["moment"].labels == ("zmot", "fmot", "smot", "tmot", "none")


def test_what_scores_rest_on_is_there(taxonomy):
    assert (taxonomy.positive, taxonomy.negative) == (("positive",), ("negative",))
    assert taxonomy.scores == {"negative": -1.0, "neutral": 0.0, "positive": 1.0}
    assert PIVOTAL in taxonomy.heads["pivotal"].labels


def test_slices_part_the_outputs_without_gap_or_overlap(taxonomy):
    row = list(range(taxonomy.width))
    parts = taxonomy.slices()
    assert list(parts) == list(HEADS)
    assert [i for part in parts.values() for i in row[part]] == row
    for name, part in parts.items():
        assert len(row[part]) == len(taxonomy.heads[name].labels)


def test_none_goes_with_none_alone(taxonomy):
    stage, moment = taxonomy.heads["stage"].none, taxonomy.heads["moment"].none
    assert [pair for pair in taxonomy.pairs if stage in pair or moment in pair] == [(stage, moment)]


def test_index_is_the_position_in_the_outputs(taxonomy):
    for head in taxonomy.heads.values():
        assert [head.index(label) for label in head.labels] == list(range(len(head.labels)))


def test_an_unknown_label_is_named_with_those_that_are_known(taxonomy):
    with pytest.raises(TaxonomyError, match=r"'sold' is not a label of stage; .*awareness, "):
        taxonomy.heads["stage"].index("sold")


def test_every_stage_moment_and_touchpoint_is_defined(taxonomy):
    for name in ("stage", "moment", "touchpoint"):
        head = taxonomy.heads[name]
        assert set(head.definitions) == set(head.labels)


def test_the_journey_rolls_stages_up(taxonomy):
    journey = taxonomy.rollups["journey"]
    assert journey.of == "stage"
    assert journey.labels == ("pre_purchase", "purchase", "post_purchase", "none")
    assert journey.groups["awareness"] == journey.groups["consideration"] == "pre_purchase"
    assert set(journey.groups) == set(taxonomy.heads["stage"].labels)


def test_order_of_heads_rollups_and_other_columns(taxonomy):
    assert taxonomy.order("sentiment") == ("negative", "neutral", "positive")
    assert taxonomy.order("journey")[0] == "pre_purchase"
    assert taxonomy.order("brand") == ()


# ---------------------------------------------------------------- faults
def _format(table):
    table["format"] = 2


def _no_heads(table):
    del table["heads"]


def _missing_head(table):
    del table["heads"]["pivotal"]


def _heads_in_another_order(table):
    table["heads"] = dict(reversed(table["heads"].items()))


def _one_label(table):
    table["heads"]["stage"]["labels"] = ["none"]


def _label_twice(table):
    table["heads"]["moment"]["labels"].append("zmot")


def _none_unknown(table):
    table["heads"]["touchpoint"]["none"] = "nothing"


def _none_missing(table):
    del table["heads"]["touchpoint"]["none"]


def _defines_unknown(table):
    table["heads"]["stage"]["definitions"]["sold"] = "paid"


def _no_pole(table):
    table["heads"]["sentiment"]["labels"] = ["bad", "neutral", "positive"]


def _no_pivotal_label(table):
    table["heads"]["pivotal"]["labels"] = ["no", "maybe"]


def _pair_of_unknown(table):
    table["pairs"]["allowed"].append(["sold", "zmot"])


def _none_not_allowed(table):
    table["pairs"]["allowed"].remove(["none", "none"])


def _stage_without_pair(table):
    table["pairs"]["allowed"].remove(["decision", "fmot"])


def _moment_without_pair(table):
    table["pairs"]["allowed"].remove(["post_purchase", "tmot"])


def _no_pairs(table):
    del table["pairs"]


def _rollup_of_unknown(table):
    table["rollups"]["journey"]["of"] = "phase"


def _rollup_leaves_label_out(table):
    table["rollups"]["journey"]["purchase"] = []


def _rollup_invents_label(table):
    table["rollups"]["journey"]["purchase"].append("sold")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_format, r"format is 2; this version reads 1"),
        (_no_heads, r"heads are missing; write stage, "),
        (_missing_head, r"heads are stage, .*sentiment; write .*pivotal, in that order"),
        (_heads_in_another_order, r"heads are pivotal, .*; write stage, "),
        (_one_label, r"\[heads.stage\] needs at least two"),
        (_label_twice, r"'zmot' stands twice; labels of a head must be different"),
        (_none_unknown, r"\[heads.touchpoint\] none = 'nothing'"),
        (_none_missing, r"\[heads.touchpoint\] none = None"),
        (_defines_unknown, r"\[heads.stage.definitions\] defines unknown 'sold'"),
        (_no_pole, r"\[heads.sentiment\] lacks a table \[heads.sentiment.scores\]"),
        (_no_pivotal_label, r"\[heads.pivotal\] lacks the label 'yes'"),
        (_pair_of_unknown, r"'sold' is not a label of stage"),
        (_none_not_allowed, r"must allow none with none"),
        (_stage_without_pair, r"no pair for stage decision"),
        (_moment_without_pair, r"no pair for moment tmot"),
        (_no_pairs, r"must allow none with none"),
        (_rollup_of_unknown, r"of = 'phase' is not a head"),
        (_rollup_leaves_label_out, r"place each label of stage exactly once"),
        (_rollup_invents_label, r"'sold' is not a label of stage; the labels are"),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "says",
)
def test_labels_that_do_not_fit_together_are_named(table, damage, message):
    damage(table)
    with pytest.raises(TaxonomyError, match=message):
        parse_taxonomy(table)


def test_the_table_given_is_left_alone(table):
    before = copy.deepcopy(table)
    parse_taxonomy(table)
    assert table == before


def test_errors_name_the_file(tmp_path):
    path = tmp_path / "taxonomy.toml"
    path.write_text("format = 7\n", encoding="utf-8")
    with pytest.raises(TaxonomyError, match=r"taxonomy\.toml:1: format is 7"):
        read_taxonomy(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"format = 1\nheads = [", r"taxonomy\.toml:2: not readable TOML"),
        (b"format = 1\n\na = b\n", r"taxonomy\.toml:3: not readable TOML"),
        (b"\xff\xfe\x00", r"taxonomy\.toml is not readable TOML: .*save it as UTF-8"),
    ],
    ids=["at the end", "within", "utf-8"],
)
def test_unreadable_files_are_named(tmp_path, content, message):
    path = tmp_path / "taxonomy.toml"
    path.write_bytes(content)
    with pytest.raises(TaxonomyError, match=message):
        read_taxonomy(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TaxonomyError, match=r"none\.toml cannot be read \(No such file"):
        read_taxonomy(tmp_path / "none.toml")


# ---------------------------------------------------------------- an own taxonomy
@pytest.fixture(scope="module")
def own():
    return read_taxonomy(OWN_TAXONOMY)


def test_every_taxonomy_in_the_checkout_can_be_read():
    found = {*ROOT.glob("training/configs/*taxonomy.toml"), *ROOT.glob("data/**/taxonomy.toml")}
    assert OWN_TAXONOMY in found
    for path in found:
        assert tuple(read_taxonomy(path).heads)[: len(HEADS)] == HEADS


def test_the_example_is_the_one_of_the_documentation():
    page = (ROOT / "docs" / "taxonomy.md").read_text(encoding="utf-8")
    [told] = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert told == OWN_TAXONOMY.read_text(encoding="utf-8")


def test_a_head_of_several_labels_is_a_head_a_label(own):
    assert list(own.questions) == [*HEADS, "effort", "emotion"]
    emotion = own.questions["emotion"]
    assert (emotion.multiple, emotion.none) == (True, None)
    assert emotion.heads[:2] == ("emotion.joy", "emotion.relief")
    assert list(own.heads)[len(HEADS) :] == ["effort", *emotion.heads]
    for name in emotion.heads:
        assert (own.heads[name].labels, own.heads[name].none) == (("no", "yes"), "no")
    assert own.order("emotion") == emotion.labels == ("joy", "relief", "trust", "anger", "worry",
                                                      "disappointment")  # fmt: skip
    assert emotion.definitions["relief"] == own.heads["emotion.relief"].definitions["yes"]
    assert own.width == sum(len(head.labels) for head in own.heads.values())


def test_an_extra_head_of_one_label_is_as_it_stands(own):
    effort = own.questions["effort"]
    assert effort.heads == ("effort",)
    assert effort.labels == ("not_told", "easy", "hard")
    assert effort.none == "not_told"
    assert [extra.name for extra in own.extras] == ["effort", "emotion"]


def test_what_a_cell_found_is_less_the_none_label(own):
    effort, emotion = own.extras
    assert (effort.found("hard"), effort.found("not_told"), effort.found(None)) == (
        ["hard"],
        [],
        [],
    )
    assert (emotion.found(["joy"]), emotion.found([]), emotion.found(float("nan"))) == (
        ["joy"],
        [],
        [],
    )


def test_five_sentiments_count_by_their_scores(own):
    assert own.positive == ("positive", "very_positive")
    assert own.negative == ("very_negative", "negative")
    assert list(own.scores.values()) == [-1.0, -0.5, 0.0, 0.5, 1.0]


def test_the_five_usual_sentiments_need_no_scores():
    table = tomllib.loads(OWN_TAXONOMY.read_text(encoding="utf-8"))
    told = parse_taxonomy(table).scores
    del table["heads"]["sentiment"]["scores"]
    assert parse_taxonomy(table).scores == told


def test_several_labels_roll_up_too(own):
    assert own.takes_several("tone")
    assert own.takes_several("emotion")
    assert not any(own.takes_several(name) for name in ("effort", "stage", "journey", "brand"))
    assert own.order("tone") == ("pleasant", "unpleasant")


@pytest.mark.parametrize(
    ("answers", "yes"),
    [
        ({"emotion": ["joy", "anger"]}, {"emotion.joy", "emotion.anger"}),
        ({"emotion": "joy"}, {"emotion.joy"}),
        ({"emotion": []}, set()),
        ({"emotion": ["joy"], "emotion.joy": "yes"}, {"emotion.joy"}),
    ],
    ids=["several", "one", "none of them", "also told by head"],
)
def test_answers_become_labels_of_heads(own, answers, yes):
    found = head_labels({"stage": "using", "start": 3, **answers}, own)
    heads = own.questions["emotion"].heads
    assert found == {"stage": "using"} | {head: "yes" if head in yes else "no" for head in heads}


@pytest.mark.parametrize("missing", [None, "", "left out"])
def test_what_is_not_answered_is_missing(own, missing):
    answers = {} if missing == "left out" else {"emotion": missing, "effort": missing}
    assert head_labels(answers, own) == {}
    assert head_labels({"emotion.joy": "yes", **answers}, own) == {"emotion.joy": "yes"}


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"emotion": ["joi"]}, r"'joi' is not a label of emotion; the labels are joy, "),
        ({"emotion": {"joy": 1}}, r"emotion is \{'joy': 1\}; give a list of labels"),
        ({"emotion": ["anger"], "emotion.joy": "yes"}, r"joy is 'yes', but emotion is \['anger'\]"),
    ],
    ids=["unknown", "no list", "contradiction"],
)
def test_answers_that_cannot_be_taken(own, answers, message):
    with pytest.raises(InputError, match=message):
        head_labels(answers, own)


# ---------------------------------------------------------------- faults by line
# What is replaced by what, where the fault then stands, and what is said of it.
_EFFORT = '["not_told", "easy", "hard"]'
FAULTS = {
    "format": ("format = 1", "format = 2", "format = 2", "format is 2; this version reads 1"),
    "unknown table": ("[pairs]", "[pears]\n[pairs]", "[pears]", "key 'pears'; did you mean pairs?"),
    "unknown key": (
        f"labels = {_EFFORT}", f"labels = {_EFFORT}\nlables = 1", "lables",
        "[heads.effort] has an unknown key 'lables'; did you mean labels?",
    ),
    "scores of another head": (
        f"labels = {_EFFORT}", f"labels = {_EFFORT}\nscores = 1", "scores = 1",
        "[heads.effort] has an unknown key 'scores'; it takes labels, none, multiple, definitions",
    ),
    "one label": (_EFFORT, '["not_told"]', '["not_told"]', "needs at least two different labels"),
    "labels no list": (_EFFORT, '"easy"', 'labels = "easy"', "labels is 'easy'; write a list of texts"),
    "label twice": ('"technician"', '"technician",\n"price"', '\n"price"', "'price' stands twice"),
    "labels by case": ('"hard"', '\n"Easy"', '"Easy"', "'Easy' and 'easy' differ in case alone"),
    "label with a sign": ('"hard"', '\n"ha|rd"', '"ha|rd"', "'ha|rd' cannot be a label; begin with"),
    "label with a blank": ('"hard"', '\n" hard"', '" hard"', "' hard' cannot be a label"),
    "label with a formula": ('"hard"', '\n"=1+1"', '"=1+1"', "'=1+1' cannot be a label"),
    "empty label": ('"hard"', '\n""', '""', "'' cannot be a label"),
    "none unknown": (
        'none = "not_told"', 'none = "untold"', '"untold"',
        "none = 'untold' is not one of its labels; name the label of segments without a moment",
    ),
    "none of several": (
        "multiple = true", 'multiple = true\nnone = "joy"', 'none = "joy"', "takes several labels",
    ),
    "multiple no truth": (
        "multiple = true", 'none = "joy"\nmultiple = "yes"', 'multiple = "yes"', "write true or false",
    ),
    "several of a core head": (
        'none = "neutral"', 'none = "neutral"\nmultiple = true', "multiple = true",
        "[heads.sentiment] is a core head, which takes one label",
    ),
    "definition of unknown": (
        'worry = "expects', 'worrry = "expects', "worrry", "unknown 'worrry'; did you mean worry?",
    ),
    "definition no text": ('worry = "expects', 'worry = 3 # "', "worry = 3", "worry is 3; write a text"),
    "score out of range": ("very_positive = 1.0", "very_positive = 1.5", "= 1.5", "from -1 to 1"),
    "score no number": ("very_positive = 1.0", "very_positive = true", "= true", "from -1 to 1"),
    "score missing": (
        "neutral = 0.0\n", "", "[heads.sentiment.scores]", "lacks neutral; write a score for each label",
    ),
    "score of unknown": (
        "neutral = 0.0", "neutral = 0.0\nneutrl = 0.1", "neutrl", "'neutrl'; did you mean neutral?",
    ),
    "nothing negative": (
        "very_negative = -1.0\nnegative = -0.5", "very_negative = 0.1\nnegative = 0",
        "[heads.sentiment.scores]", "has no label under 0",
    ),
    "score of a new label": (
        '"very_negative", "negative"', '"awful", "negative"', "[heads.sentiment.scores]", "lacks awful",
    ),
    "pivotal without no": (
        'labels = ["no", "yes"]', 'labels = ["not", "yes"]', '["not", "yes"]', "lacks the label 'no'",
    ),
    "pivotal none": (
        'none = "no"\n', 'none = "yes"\n', 'none = "yes"', "make segments without a moment pivotal",
    ),
    "head like a column": ("[heads.effort]", "[heads.Share]", "[heads.Share]", "name of a column"),
    "head like a confidence": (
        "[heads.effort]", "[heads.stage_confidence]", "[heads.stage_confidence]", "name of a column",
    ),
    "head with a dot": (
        "[heads.effort]", '[heads."a.b"]', '[heads."a.b"]', "'a.b' cannot be the name of a column",
    ),
    "heads by case": (
        "[heads.effort]", "[heads.Emotion]", "[heads.emotion]", "and 'Emotion' would be one column",
    ),
    "pair of unknown": (
        '["using", "tmot"]', '["usng", "tmot"]', '["usng"', "not a label of stage; did you mean using?",
    ),
    "pair of three": ('["using", "tmot"]', '["using", "tmot", "x"]', '"x"', "a stage and a moment"),
    "half a none": ('["using", "tmot"]', '["using", "none"]', '["using", "none"]', "with none alone"),
    "stage without a pair": ('["hearing", "zmot"], ', "", "allowed = [", "no pair for stage hearing"),
    "roll-up leaves out": (
        'after = ["using", "leaving"]', 'after = ["using"]', "[rollups.journey]",
        "must place each label of stage exactly once; it leaves out leaving",
    ),
    "roll-up repeats": (
        'after = ["using", "leaving"]', 'after = ["using", "leaving",\n"hearing"]', '\n"hearing"]',
        "'hearing' stands in before too",
    ),
    "roll-up of unknown label": (
        'pleasant = ["joy"', 'pleasant = ["joy",\n"jo"', '"jo"', "label of emotion; did you mean joy?",
    ),
    "roll-up of unknown head": (
        'of = "emotion"', 'of = "emotions"', '"emotions"', "'emotions' is not a head; the heads are stage",
    ),
    "roll-up like a head": (
        "[rollups.tone]", "[rollups.effort]", "[rollups.effort]", "'effort' would be one column",
    ),
    "roll-up like a column": ("[rollups.tone]", "[rollups.week]", "[rollups.week]", "'week' is the name"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "at", "message"), FAULTS.values(), ids=FAULTS)
def test_a_fault_names_its_line(tmp_path, old, new, at, message):
    text = OWN_TAXONOMY.read_text(encoding="utf-8")
    assert old in text
    damaged = text.replace(old, new, 1)
    path = tmp_path / "taxonomy.toml"
    path.write_text(damaged, encoding="utf-8")
    place = damaged.index(at) + len(at) - len(at.lstrip())
    start = f"{path}:{damaged.count(chr(10), 0, place) + 1}: "
    with pytest.raises(TaxonomyError) as caught:
        read_taxonomy(path)
    told = str(caught.value).splitlines()
    assert [line for line in told if line.startswith(start) and message in line], told


def test_all_faults_are_told_at_once_in_the_order_of_lines(tmp_path):
    path = tmp_path / "taxonomy.toml"
    text = OWN_TAXONOMY.read_text(encoding="utf-8").replace("format = 1", "format = 9")
    path.write_text(text.replace('"zmot"', '"zmott"', 1), encoding="utf-8")
    with pytest.raises(TaxonomyError, match=r"^\d+ faults in ") as caught:
        read_taxonomy(path)
    lines = [int(told.split(":")[1]) for told in str(caught.value).splitlines()[1:]]
    assert lines == sorted(lines)
    assert len(lines) > 2


def test_no_more_faults_are_told_than_can_be_read(tmp_path):
    path = tmp_path / "taxonomy.toml"
    labels = ", ".join(f'"l{n}?"' for n in range(50))
    text = OWN_TAXONOMY.read_text(encoding="utf-8").replace('"easy", "hard"', labels)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TaxonomyError, match=r"^50 faults in ") as caught:
        read_taxonomy(path)
    told = str(caught.value).splitlines()
    assert (len(told), told[-1]) == (1 + MOST_TOLD + 1, "and 30 more")


@pytest.mark.parametrize(
    "wrong",
    [
        {"heads": 3}, {"heads": dict.fromkeys(HEADS, 1)}, {"pairs": {"allowed": [1]}},
        {"pairs": {"allowed": 1}}, {"pairs": []}, {"rollups": {"x": 1}},
        {"rollups": {"x": {"of": [1]}}}, {"rollups": {"x": {"of": "stage", "a": 1}}}, {"rollups": 2},
    ],
    ids=str,
)  # fmt: skip
def test_whatever_stands_there_is_a_taxonomy_error(table, wrong):
    with pytest.raises(TaxonomyError, match=r"^(taxonomy: |\d+ faults in taxonomy)"):
        parse_taxonomy(table | wrong)


def test_no_head_can_be_called_as_a_column_of_results():
    columns = {
        *MOMENT_COLUMNS, *DOCUMENT_COLUMNS, COLUMN, *TABLE_COLUMNS, *SHARE_INTERVAL, THIN, SUBTOTAL,
        *COMPARISON_COLUMNS, *DRIVER_COLUMNS, *CONSISTENCY_COLUMNS, *PATH_COLUMNS, *QUOTE_COLUMNS,
        PERIOD, DATE, *PERIODS,
    }  # fmt: skip
    assert {name for name in columns if not name.endswith(CONFIDENCE)} <= RESERVED


def test_the_faults_of_the_documentation_are_those_that_come(tmp_path, monkeypatch):
    page = (ROOT / "docs" / "taxonomy.md").read_text(encoding="utf-8")
    [told] = re.findall(r"```\nerror: (.*?)\n```", page, re.DOTALL)
    text = OWN_TAXONOMY.read_text(encoding="utf-8").replace('none = "neutral"', 'none = "neutrl"')
    (tmp_path / "taxonomy.toml").write_text(
        text.replace('["using", "smot"]', '["usng", "smot"]'), encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TaxonomyError) as caught:
        read_taxonomy(Path("taxonomy.toml"))
    for line, expected in zip(str(caught.value).splitlines(), told.splitlines(), strict=True):
        assert line.startswith(expected.removesuffix(" …"))
