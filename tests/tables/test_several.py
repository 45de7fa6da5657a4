"""Tables by heads of several labels, by extra heads, and with sentiments of one's own."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from mot_nlp.errors import InputError
from mot_nlp.records import moment_columns
from mot_nlp.tables import (
    compare,
    consistency,
    drivers,
    moment_table,
    paths,
    quotes,
    trend,
)
from mot_nlp.tables.adding import Adder
from mot_nlp.taxonomy import read_taxonomy
from mot_nlp.writers import open_writer
from mot_nlp.writers.kinds import extra_kinds
from tests.tiny import OWN_TAXONOMY

OWN = read_taxonomy(OWN_TAXONOMY)
EMOTIONS, EFFORTS = OWN.order("emotion"), OWN.order("effort")
GOOD = OWN.rollups["tone"].groups
COLUMNS = (*moment_columns(OWN.extras), "brand", "date")


def rows_of(documents: int = 60, seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(documents):
        for k in range(int(rng.integers(1, 5))):
            sentiment = str(rng.choice(OWN.order("sentiment")))
            confidences = {name: 0.8 for name in COLUMNS if name.endswith("_confidence")}
            held = [label for label in EMOTIONS if rng.random() < 0.25]
            row = {
                "doc_id": f"d{number}", "moment_id": f"d{number}#{k + 1}", "start": 40 * k,
                "end": 40 * k + 30, "text": f"words number {k} of document {number}", "speaker": "",
                "stage": str(rng.choice(["using", "leaving", "none"])), "moment": "smot",
                "touchpoint": str(rng.choice(["router", "line"])), "sentiment": sentiment,
                "sentiment_score": OWN.scores[sentiment], "pivotal": bool(rng.random() < 0.2),
                **confidences, "n_segments": 1, "effort": str(rng.choice(EFFORTS)),
                "emotion": held, "brand": f"b{number % 3}", "date": f"2026-0{1 + number % 4}-03",
            }  # fmt: skip
            rows.append(row)
    return pd.DataFrame(rows, columns=list(COLUMNS))


MOMENTS = rows_of()
KEPT = MOMENTS[MOMENTS["stage"] != "none"]


def by_hand(names, moments=KEPT):
    """Counts of each cell, with every label of a moment in turn."""
    rows = moments.assign(
        tone=[list(dict.fromkeys(map(GOOD.get, held))) for held in moments["emotion"]]
    )
    for name in ("emotion", "tone"):
        if name in names:
            rows = rows.explode(name)
    signs = rows["sentiment"].map(OWN.signs)
    rows = rows.assign(up=signs > 0, down=signs < 0).fillna({"emotion": "-", "tone": "-"})
    return rows.groupby(names).agg(
        n=("up", "size"), positive=("up", "mean"), negative=("down", "mean"),
        documents=("doc_id", "nunique"),
    )  # fmt: skip


def compared_by_hand(table, names):
    """The table's rows in the shape of ``by_hand``."""
    rows = table.fillna({"emotion": "-", "tone": "-"}).set_index(names)
    return rows[["n", "positive", "negative", "documents"]]


@pytest.mark.parametrize(
    "names",
    [["emotion"], ["tone"], ["effort"], ["stage", "emotion"], ["emotion", "effort"]],
    ids="-".join,
)
def test_a_moment_counts_in_the_cell_of_each_label(names):
    table = moment_table(MOMENTS, names, taxonomy=OWN)
    found, expected = compared_by_hand(table, names), by_hand(names)
    pd.testing.assert_frame_equal(found.sort_index(), expected.sort_index(), check_dtype=False)
    assert table["share"].to_numpy() == pytest.approx(table["n"] / len(KEPT))


def test_labels_stand_in_order_and_what_has_none_last():
    table = moment_table(MOMENTS, "emotion", taxonomy=OWN)
    assert list(table["emotion"][:-1]) == list(EMOTIONS)
    assert table["emotion"].isna().tolist() == [False] * len(EMOTIONS) + [True]
    assert table["share"].sum() > 1


def test_a_label_and_its_group_are_those_of_one_label():
    table = moment_table(MOMENTS, ["tone", "emotion"], taxonomy=OWN).dropna()
    assert [GOOD[emotion] for emotion in table["emotion"]] == list(table["tone"])
    assert set(table["emotion"]) == set(EMOTIONS)


def test_subtotals_count_moments_and_not_labels():
    table = moment_table(MOMENTS, ["tone", "emotion"], subtotals=True, taxonomy=OWN)
    sums = table[table["subtotal"]].set_index("tone")
    assert sums.loc["all", "n"] == len(KEPT)
    assert sums.loc["all", "share"] == 1
    assert sums.loc["pleasant", "n"] == by_hand(["tone"]).loc["pleasant", "n"]


def test_five_sentiments_count_by_sign():
    [row] = moment_table(MOMENTS, None, taxonomy=OWN).to_dict("records")
    signs = KEPT["sentiment"].map(OWN.signs)
    assert row["net_sentiment"] == pytest.approx(100 * signs.mean())
    assert row["neutral"] == pytest.approx((signs == 0).mean())
    assert row["mean_score"] == pytest.approx(KEPT["sentiment_score"].mean())


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_files_give_the_table_of_the_frame(tmp_path, suffix):
    path = tmp_path / f"moments.{suffix}"
    with open_writer(path, COLUMNS, kinds=extra_kinds(OWN.extras)) as writer:
        writer.write([{str(k): v for k, v in row.items()} for row in MOMENTS.to_dict("records")])
    for names in (["emotion"], ["tone", "stage"]):
        expected = moment_table(MOMENTS, names, taxonomy=OWN)
        pd.testing.assert_frame_equal(moment_table(path, names, taxonomy=OWN), expected)


@pytest.mark.parametrize(
    "written",
    [lambda held: "; ".join(held), json.dumps, str, tuple, lambda held: np.array(held, object)],
    ids=["semicolons", "json", "python", "tuple", "array"],
)
def test_labels_are_read_however_they_are_written(written):
    given = MOMENTS.assign(emotion=[written(held) for held in MOMENTS["emotion"]])
    expected = moment_table(MOMENTS, "emotion", taxonomy=OWN)
    pd.testing.assert_frame_equal(moment_table(given, "emotion", taxonomy=OWN), expected)


def test_a_label_named_twice_counts_once():
    given = MOMENTS.assign(emotion=pd.Series([[*held, *held] for held in MOMENTS["emotion"]]))
    expected = moment_table(MOMENTS, "emotion", taxonomy=OWN)
    pd.testing.assert_frame_equal(moment_table(given, "emotion", taxonomy=OWN), expected)


@pytest.mark.parametrize("by", [("emotion",), ("tone", "stage"), ("effort",)], ids="-".join)
def test_parts_add_up_to_the_table_of_all(tmp_path, by):
    import pyarrow as pa
    from pyarrow import parquet

    parts, half = [], [f"d{n}" for n in range(30)]
    with Adder(OWN) as adder:
        for number, own in enumerate((True, False)):
            rows = MOMENTS[MOMENTS["doc_id"].isin(half) == own]
            parts.append(tmp_path / f"{number}.parquet")
            table = pa.Table.from_pandas(rows, preserve_index=False)
            parquet.write_table(adder.sums(table, by), parts[-1])
        found = adder.table(parts, by)
    pd.testing.assert_frame_equal(found, moment_table(MOMENTS, list(by), taxonomy=OWN))


def test_trends_keep_shares_of_all_moments():
    table = trend(MOMENTS, "emotion", date="date", freq="MS", taxonomy=OWN)
    month = KEPT["date"].str[:7] == "2026-02"
    rows = table[(table["period"] == "2026-02-01") & (table["emotion"] == "joy")]
    joyful = month & KEPT["emotion"].map(lambda held: "joy" in held)
    assert rows["n"].tolist() == [joyful.sum()]
    assert rows["share"].tolist() == [pytest.approx(joyful.sum() / month.sum())]


def test_groups_may_be_labels_of_several():
    table = compare(MOMENTS, "stage", "emotion", min_n=1, taxonomy=OWN)
    assert set(table["group"]) == set(EMOTIONS)
    expected = by_hand(["stage", "emotion"])
    for row in table.to_dict("records"):
        cell = expected.loc[(row["stage"], row["group"])]
        assert row["n"] == cell["n"]
        assert row["value"] == pytest.approx(100 * (cell["positive"] - cell["negative"]))
    spread = consistency(MOMENTS, "emotion", min_n=1, taxonomy=OWN)
    assert spread["groups"].tolist() == [len(EMOTIONS)]


def test_the_share_of_a_stage_among_the_moments_with_a_label():
    table = compare(MOMENTS, "stage", "emotion", measure="share", min_n=1, taxonomy=OWN)
    counts = by_hand(["stage", "emotion"])["n"].unstack()
    for row in table.to_dict("records"):
        own = counts[row["group"]]
        assert row["value"] == pytest.approx(100 * own[row["stage"]] / own.sum())


def test_what_moves_stars_by_label():
    stars = {f"d{n}": 1 + n % 5 for n in range(60)}
    documents = pd.DataFrame({"doc_id": list(stars), "stars": list(stars.values())})
    table = drivers(MOMENTS, documents, by="emotion", taxonomy=OWN)
    expected = by_hand(["emotion"])
    found = table.fillna({"emotion": "-"}).set_index("emotion")
    assert found["documents"].to_dict() == expected["documents"].to_dict()
    joyful = {
        name for name, held in zip(KEPT["doc_id"], KEPT["emotion"], strict=True) if "joy" in held
    }
    without = [value for name, value in stars.items() if name not in joyful]
    impact = np.mean(without) - np.mean(list(stars.values()))
    assert found.loc["joy", "impact"] == pytest.approx(impact)


@pytest.mark.parametrize(
    ("where", "by", "wanted"),
    [
        ({"emotion": "joy"}, None, lambda held: "joy" in held),
        ({"emotion": ["joy", "anger"]}, None, lambda held: {"joy", "anger"} & set(held)),
        ({"emotion": None}, None, lambda held: not held),
        ({"emotion": ["joy", None]}, None, lambda held: "joy" in held or not held),
        ({"tone": "pleasant"}, None, lambda held: "pleasant" in map(GOOD.get, held)),
        ({"emotion": "joy"}, ["effort"], lambda held: "joy" in held),
    ],
    ids=["one", "any of two", "none", "one or none", "roll-up", "by another"],
)
def test_quotes_of_labels(where, by, wanted):
    found = quotes(MOMENTS, where, 200, by=by, taxonomy=OWN)
    expected = KEPT[KEPT["emotion"].map(lambda held: bool(wanted(held)))]
    told = {row.moment_id for row in expected.itertuples()}
    assert len(found) > 0
    assert set(found["moment_id"]) <= told
    assert found["moment_id"].is_unique


def test_quotes_by_label_keep_to_the_labels_asked_for():
    found = quotes(MOMENTS, {"emotion": ["joy", "anger"]}, 1, by="emotion", taxonomy=OWN)
    assert set(found["emotion"]) == {"joy", "anger"}
    held = dict(zip(KEPT["moment_id"], KEPT["emotion"], strict=True))
    assert all(
        label in held[moment]
        for label, moment in zip(found["emotion"], found["moment_id"], strict=True)
    )


def test_a_label_that_does_not_exist_is_told():
    with pytest.raises(InputError, match=r"emotion 'joi', and its labels are joy, relief"):
        quotes(MOMENTS, {"emotion": "joi"}, taxonomy=OWN)


@pytest.mark.parametrize(
    "asked",
    [
        lambda: paths(MOMENTS, "emotion", taxonomy=OWN),
        lambda: paths(MOMENTS, "tone", taxonomy=OWN),
        lambda: compare(MOMENTS, "emotion", "brand", measure="share", taxonomy=OWN),
        lambda: moment_table(MOMENTS, "emotion", correct=True, confusion={}, taxonomy=OWN),
    ],
    ids=["paths", "roll-up", "share", "correct"],
)
def test_where_a_moment_must_be_one_thing_several_labels_are_refused(asked):
    with pytest.raises(InputError, match=r"(emotion|tone) holds several labels a moment; "):
        asked()


def test_paths_go_by_extra_heads_of_one_label_and_by_five_sentiments():
    table = paths(MOMENTS, "effort", taxonomy=OWN)
    assert {*table["from"], *table["to"]} <= set(EFFORTS)
    for row in paths(MOMENTS, "sentiment", taxonomy=OWN).to_dict("records"):
        before, after = OWN.signs[row["from"]], OWN.signs[row["to"]]
        assert row["net_after"] == 100 * after
        assert row["soured"] == (after < 0) if before > 0 else np.isnan(row["soured"])
        assert row["recovered"] == (after > 0) if before < 0 else np.isnan(row["recovered"])


def test_corrected_tables_by_an_extra_head_of_one_label():
    sure = {}
    for name, head in OWN.heads.items():  # 1000 segments without a moment, 4000 with one
        is_none = np.array([label == head.none for label in head.labels])
        shared = ~is_none if name in ("stage", "moment", "touchpoint") else np.ones(len(is_none))
        sure[name] = np.diag(1000 * is_none + 4000 * shared / shared.sum()).tolist()
    found = moment_table(MOMENTS, "effort", correct=True, confusion=sure, taxonomy=OWN)
    counted = moment_table(MOMENTS, "effort", taxonomy=OWN)
    for name in ("share", "positive", "negative", "net_sentiment"):
        assert found[name].to_numpy() == pytest.approx(counted[name].to_numpy(), abs=1e-6)


def test_no_moments_give_an_empty_table():
    assert moment_table(MOMENTS.iloc[:0], "emotion", taxonomy=OWN).empty
