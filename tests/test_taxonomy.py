"""Heads, labels, pairs and roll-ups."""

from __future__ import annotations

import copy
import tomllib

import pytest

from mot_nlp.errors import TaxonomyError
from mot_nlp.taxonomy import HEADS, PIVOTAL, POLES, parse_taxonomy, read_taxonomy


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
    assert set(POLES) < set(taxonomy.heads["sentiment"].labels)
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
        (_label_twice, r"\[heads.moment\] needs at least two different labels"),
        (_none_unknown, r"\[heads.touchpoint\] none = 'nothing'"),
        (_none_missing, r"\[heads.touchpoint\] none = None"),
        (_defines_unknown, r"\[heads.stage.definitions\] defines unknown \['sold'\]"),
        (_no_pole, r"\[heads.sentiment\] lacks the label 'negative'"),
        (_no_pivotal_label, r"\[heads.pivotal\] lacks the label 'yes'"),
        (_pair_of_unknown, r"'sold' is not a label of stage"),
        (_none_not_allowed, r"must allow none with none"),
        (_stage_without_pair, r"no pair for stage decision"),
        (_moment_without_pair, r"no pair for moment tmot"),
        (_no_pairs, r"must allow none with none"),
        (_rollup_of_unknown, r"of = 'phase' is not a head"),
        (_rollup_leaves_label_out, r"place each label of stage exactly once"),
        (_rollup_invents_label, r"place each label of stage exactly once"),
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
    with pytest.raises(TaxonomyError, match=r"taxonomy\.toml: format is 7"):
        read_taxonomy(path)


@pytest.mark.parametrize("content", [b"heads = [", b"\xff\xfe\x00"], ids=["toml", "utf-8"])
def test_unreadable_files_are_named(tmp_path, content):
    path = tmp_path / "taxonomy.toml"
    path.write_bytes(content)
    with pytest.raises(TaxonomyError, match=r"taxonomy\.toml is not readable TOML"):
        read_taxonomy(path)
