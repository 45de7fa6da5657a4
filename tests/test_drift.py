"""Drift: quiet on two samples of the same feedback, plain about what changed."""

import json
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

import mot_nlp
from mot_nlp.bundle import open_bundle
from mot_nlp.errors import BundleError, ColumnError, InputError
from mot_nlp.monitoring import (
    INCOMPARABLE,
    RELABEL,
    STABLE,
    UNKNOWN,
    VERDICTS,
    WATCH,
    DriftResult,
    sample,
)
from mot_nlp.monitoring.groups import MOST_GROUPS
from mot_nlp.monitoring.result import DISTANCES, FIGURE_COLUMNS, GROUP_COLUMNS, WORD_COLUMNS
from mot_nlp.records import TAGGED_BY
from tests.tiny import BUNDLE, write_own_bundle

STAGES = ["awareness", "consideration", "decision", "post_purchase"]
SENTIMENTS = ["negative", "neutral", "positive"]
WORDS = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in "bdgklmnprst"]
FRESH = [f"{word}x" for word in WORDS[:60]]
SHIFTED = (0.1, 0.35, 0.2, 0.35)


@cache
def world(
    seed, documents=300, *, stages=(0.1, 0.2, 0.2, 0.5), sure=0.8, words=tuple(WORDS), size=10
):
    """Moments whose documents have habits of their own, so that rows of one hang together."""
    dice = np.random.default_rng(seed)
    rows = []
    for number in range(documents):
        habit = dice.dirichlet(np.array(stages) * 4 + 0.01)
        mood = dice.dirichlet([2, 2, 2])
        usual = np.clip(dice.normal(sure, 0.08), 0.3, 0.99)
        for _ in range(dice.integers(1, 6)):
            spoken = dice.choice(words, size=dice.integers(size - 4, size + 5))
            rows.append(
                {
                    "doc_id": str(number),
                    "text": " ".join(spoken),
                    "stage": dice.choice(STAGES, p=habit),
                    "sentiment": dice.choice(SENTIMENTS, p=mood),
                    "pivotal": bool(dice.random() < 0.1),
                    "stage_confidence": float(np.clip(dice.normal(usual, 0.05), 0.2, 1.0)),
                }
            )
    return pd.DataFrame(rows)


def drift(reference, new, **settings):
    return mot_nlp.drift(reference, new, **{"model": BUNDLE, **settings})


@cache
def against_first(**changed):
    """The first world and another, of which something may be otherwise."""
    return drift(world(1), world(2, **changed))


def figure(found, kind, head="", label=""):
    figures = found.figures.set_index(["kind", "head", "label"])
    return figures.loc[(kind, head, label)]


# ---------------------------------------------------------------- verdicts
@pytest.mark.slow
def test_two_parts_of_the_same_feedback_rarely_alarm():
    verdicts = []
    for seed in range(20):
        moments = world(seed, 140)
        is_new = moments["doc_id"].isin(
            np.random.default_rng(seed).permutation(140)[:60].astype(str)
        )
        verdicts.append(drift(moments[~is_new], moments[is_new]).verdict)
    assert verdicts.count(STABLE) >= 18
    assert verdicts.count(RELABEL) == 0


def test_the_same_rows_twice_are_stable():
    moments = world(1)
    found = drift(moments, moments)
    assert found.verdict == STABLE
    apart = found.figures[~found.figures["kind"].isin(DISTANCES)]
    assert len(apart) > 10
    assert (apart["difference"] == 0).all()
    assert not found.figures["clear"].any()
    assert str(found).startswith("No sign of drift.")
    assert repr(found) == f"<DriftResult: {found}>"


def test_other_shares_of_stages_call_for_a_look():
    found = against_first(stages=SHIFTED)
    assert found.verdict == WATCH
    row = figure(found, "share", "stage", "post_purchase")
    assert row["clear"]
    assert row["low"] <= row["difference"] <= row["high"] < 0
    assert any("share of post_purchase (stage) went from" in reason for reason in found.reasons)
    assert "Read some of the moments" in found.advice


def test_quite_other_stages_call_for_labels():
    found = against_first(stages=(0.5, 0.3, 0.1, 0.1))
    assert found.verdict == RELABEL
    assert found.reasons[0].startswith("The labels of stage are distributed otherwise")
    row = figure(found, "stability_index", "stage")
    assert row["low"] > 0.25
    assert row["new"] - row["reference"] == pytest.approx(row["difference"])


def test_lost_confidence_calls_for_labels():
    found = against_first(sure=0.7)
    assert found.verdict == RELABEL
    assert found.reasons[0].startswith("Mean confidence in stage fell from 0.80 to 0.7")
    assert "Label about 250 moments of the new feedback, some 82 documents" in found.advice
    assert "--n 82 --heads stage" in found.advice


def test_more_confidence_is_no_alarm():
    assert against_first(sure=0.9).verdict == STABLE


def test_doubt_is_counted_by_the_thresholds_of_the_model():
    confidence = np.r_[np.full(90, 0.99), np.full(10, 0.5)]
    rows = pd.DataFrame({"doc_id": range(100), "stage": "decision", "stage_confidence": confidence})
    fallen = rows.assign(stage_confidence=confidence[::-1] - 0.001 * np.arange(100))
    found = drift(rows, fallen)
    row = figure(found, "doubt", "stage")
    assert row["reference"] == 0.1
    assert row["new"] > 0.5
    assert any(reason.startswith("Moments whose stage is in doubt") for reason in found.reasons)


def test_new_words_call_for_labels_and_are_named():
    found = against_first(words=(*WORDS[:200], *FRESH))
    assert found.verdict == RELABEL
    assert any("Words that the reference does not know" in reason for reason in found.reasons)
    assert figure(found, "word_distance")["clear"]
    named = found.words.head(10)
    assert set(named["word"]) <= set(FRESH)
    assert (named["documents_reference"] == 0).all()


def test_a_small_reference_does_not_make_words_look_new():
    found = drift(world(1, 40), world(2, 300))
    assert found.verdict == STABLE
    assert figure(found, "unknown_words")["reference"] > 0.1


def test_longer_moments_call_for_a_look():
    found = against_first(size=16)
    assert found.verdict == WATCH
    assert any("characters long on average" in reason for reason in found.reasons)
    assert figure(found, "length_distance")["difference"] == pytest.approx(23, abs=3)
    assert (found.lengths["new"] > found.lengths["reference"]).all()


def test_too_few_documents_say_so():
    found = drift(world(1, 200), world(2, 12))
    assert found.verdict == UNKNOWN
    assert "12 documents" in found.reasons[0]


def test_a_reference_as_small_as_may_be_still_sees_a_large_change():
    assert drift(world(1, 30), world(2, 30, sure=0.5)).verdict == RELABEL


@pytest.mark.parametrize("rows", [0, 1])
def test_next_to_nothing(rows):
    found = drift(world(1, 60), world(1, 60).head(rows))
    assert found.verdict == UNKNOWN
    assert found.documents[1] == rows
    assert found.moments[1] == rows


def test_nothing_at_all_on_either_side():
    nothing = world(1, 5).head(0)
    found = drift(nothing, nothing, by="stage")
    assert found.verdict == UNKNOWN
    assert found.groups.empty


# ---------------------------------------------------------------- groups
@pytest.fixture(scope="module")
def brands():
    one = pd.concat([world(1, 100).assign(brand="a"), world(2, 100).assign(brand="b")])
    two = pd.concat([world(3, 90).assign(brand="a"), world(4, 80, sure=0.6).assign(brand="b")])
    few = world(5, 8).assign(brand="c")
    return tuple(
        rows.assign(doc_id=rows["brand"] + rows["doc_id"]) for rows in (one, pd.concat([two, few]))
    )


def test_groups_have_verdicts_of_their_own(brands):
    found = drift(*brands, by="brand")
    assert tuple(found.groups.columns) == ("brand", *GROUP_COLUMNS)
    verdicts = dict(zip(found.groups["brand"], found.groups["verdict"], strict=True))
    assert verdicts == {"a": STABLE, "b": RELABEL, "c": UNKNOWN}
    assert list(found.groups["documents_new"]) == [90, 80, 8]
    assert list(found.groups["documents_reference"]) == [100, 100, 0]
    assert found.verdict == RELABEL
    assert "By brand, relabel: b." in found.reasons


def test_groups_may_be_roll_ups(brands):
    found = drift(*brands, by=["journey", "brand"])
    assert {"journey", "brand"} < set(found.groups.columns)
    assert "pre_purchase" in set(found.groups["journey"])


def test_only_the_largest_groups_are_judged():
    rows = world(1, 60).assign(shop=lambda frame: frame["doc_id"])
    found = drift(rows, rows, by="shop")
    assert len(found.groups) == MOST_GROUPS
    assert "30 groups of shop have fewer new documents and were not judged." in found.notes


def test_a_missing_group_is_one_too(brands):
    one, two = (rows.assign(brand=rows["brand"].where(rows["brand"] != "b")) for rows in brands)
    found = drift(one, two, by="brand")
    row = found.groups[found.groups["brand"].isna()]
    assert list(row["verdict"]) == [RELABEL]
    assert "By brand, relabel: none." in found.reasons


# ---------------------------------------------------------------- form
def test_files_and_frames_say_the_same(tmp_path):
    one, two = world(1), world(2, sure=0.7)
    one.to_parquet(tmp_path / "one.parquet")
    two.to_csv(tmp_path / "two.csv", index=False)
    frames = drift(one, two)
    files = drift(tmp_path / "one.parquet", tmp_path / "two.csv")
    pd.testing.assert_frame_equal(frames.figures, files.figures, rtol=1e-9)
    pd.testing.assert_frame_equal(frames.words, files.words)


def test_row_order_does_not_matter():
    found = against_first()
    shuffled = drift(world(1).sample(frac=1, random_state=0), world(2).iloc[::-1])
    pd.testing.assert_frame_equal(found.figures, shuffled.figures, rtol=1e-9)


def test_several_files_are_one_side(tmp_path):
    one, two = world(1), world(2)
    paths = []
    for name, part in (
        ("a", one["doc_id"].astype(int) < 150),
        ("b", one["doc_id"].astype(int) > 149),
    ):
        paths.append(tmp_path / f"{name}.parquet")
        one[part].to_parquet(paths[-1])
    pd.testing.assert_frame_equal(drift(paths, two).figures, against_first().figures, rtol=1e-9)


def test_columns_are_the_documented_ones():
    found = against_first()
    assert isinstance(found, DriftResult)
    assert tuple(found.figures.columns) == FIGURE_COLUMNS
    assert tuple(found.words.columns) == WORD_COLUMNS
    assert found.verdict in VERDICTS
    assert set(found.figures["kind"]) == {
        "share", "confidence", "doubt", "length", "unknown_words", "stability_index",
        "length_distance", "word_distance",
    }  # fmt: skip
    tested = found.figures.dropna(subset="p_value")
    assert tested["q_value"].ge(tested["p_value"] - 1e-12).all()
    for kind in ("share", "doubt", "confidence"):
        bounded = found.figures[found.figures["kind"] == kind]
        assert bounded["low"].ge(-1).all()
        assert bounded["high"].le(1).all()


def test_everything_is_told_as_plain_values():
    told = against_first(sure=0.7).as_dict()
    assert told["verdict"] == RELABEL
    assert told["new"] == {"documents": 300, "moments": len(world(2))}
    assert {"kind", "low", "high", "q_value"} <= set(told["figures"][0])


def test_without_texts_and_confidences_labels_are_compared():
    columns = ["doc_id", "stage", "pivotal"]
    found = drift(world(1)[columns], world(2)[columns])
    assert set(found.figures["kind"]) == {"share", "stability_index"}
    assert found.words.empty
    assert found.lengths.empty
    assert "no texts" in found.notes[0]
    assert "no confidences" in found.notes[1]


def test_texts_without_a_word_and_missing_values():
    rows = world(1, 60).assign(text="12 !!", stage_confidence=np.nan)
    found = drift(rows, rows)
    assert found.verdict == STABLE
    assert "word_distance" not in set(found.figures["kind"])
    assert np.isnan(figure(found, "confidence", "stage")["p_value"])


def test_a_head_of_several_labels_is_one_head_a_label(tmp_path):
    bundle = write_own_bundle(tmp_path / "own")
    taxonomy = mot_nlp.read_taxonomy(bundle / "taxonomy.toml")
    several = next(question for question in taxonomy.extras if question.multiple)
    first, second = several.labels[:2]
    stage = next(s for s in taxonomy.heads["stage"].labels if s != taxonomy.heads["stage"].none)
    rows = pd.DataFrame({"doc_id": range(200), "stage": stage})
    old = rows.assign(**{several.name: pd.Series([[first], [], [first, second], []] * 50)})
    new = rows.assign(**{several.name: pd.Series([[first], [first], [first, second], []] * 50)})
    found = drift(old, new, model=bundle)
    assert figure(found, "share", several.name, first)["difference"] == pytest.approx(0.25)
    assert figure(found, "share", several.name, second)["difference"] == 0
    assert figure(found, "stability_index", f"{several.name}.{first}")["difference"] > 0.2
    assert f"--heads {several.name} " in found.advice


def test_segments_without_a_moment_are_left_out():
    moments = world(1)
    extra = moments.head(200).assign(stage="none", text="hello " * 50)
    found = drift(moments, pd.concat([moments, extra]))
    assert not figure(found, "length")["clear"]
    assert found.moments[0] == found.moments[1] == len(moments)


def test_of_much_feedback_a_part_is_read_for_words_and_lengths(monkeypatch):
    monkeypatch.setattr(sample, "MOST_MOMENTS", 300)
    found = drift(world(1), world(2))
    assert found.verdict == STABLE
    assert "Lengths and words rest on" in found.notes[0]
    monkeypatch.setattr(sample, "MOST_DOCUMENTS", 40)
    found = drift(world(1), world(2, words=(*WORDS[:200], *FRESH)))
    assert found.verdict == RELABEL
    assert found.notes[0].endswith("rest on 40 documents of the reference and 40 new ones.")


# ---------------------------------------------------------------- models
def job(folder, moments, sha256, precision="int8"):
    """A folder as a finished job leaves it."""
    (folder / "moments").mkdir(parents=True)
    moments.to_parquet(folder / "moments" / "part-00000.parquet")
    model = f'{{"name": "mine", "sha256": "{sha256}", "precision": "{precision}"}}'
    (folder / "manifest.json").write_text(f'{{"model": {model}, "shards": []}}', encoding="utf-8")
    return folder


def test_files_of_different_models_are_not_comparable(tmp_path):
    one = job(tmp_path / "one", world(1), "aaaa1111")
    other = job(tmp_path / "two", world(2), "bbbb2222")
    found = drift(one, other / "moments")
    assert found.verdict == INCOMPARABLE
    assert "mine in int8 (sha256 aaaa1111…), the new feedback by mine in int8" in found.reasons[0]
    assert found.advice.startswith("Tag both with the same model")
    assert len(found.figures) > 5
    part = other / "moments" / "part-00000.parquet"
    assert drift(one, part).verdict == INCOMPARABLE


def test_single_files_tell_their_model_too(tmp_path):
    def single(name, seed, sha256):
        model = {"name": "mine", "sha256": sha256, "precision": "int8"}
        table = pa.Table.from_pandas(world(seed, 40))
        parquet.write_table(
            table.replace_schema_metadata({TAGGED_BY: json.dumps(model)}), tmp_path / name
        )
        return tmp_path / name

    one, same = single("1.parquet", 1, "aaaa1111"), single("2.parquet", 2, "aaaa1111")
    assert drift(one, same).verdict != INCOMPARABLE
    assert drift(one, single("3.parquet", 2, "bbbb2222")).verdict == INCOMPARABLE


def test_files_of_one_model_are_comparable(tmp_path):
    sha256 = open_bundle(BUNDLE).sha256
    one = job(tmp_path / "one", world(1), sha256)
    assert drift(one, job(tmp_path / "two", world(2), sha256)).notes == ()
    found = drift(one, job(tmp_path / "three", world(2), sha256, "bf16"))
    assert found.verdict == STABLE
    assert found.notes == ("The model ran in bf16 and int8, which alone moves a few labels.",)
    found = drift(one, world(2))
    assert found.verdict == STABLE
    assert "a model that its file does not tell; see that it is the same" in found.notes[0]


def test_thresholds_of_another_model_are_pointed_out(tmp_path):
    one = job(tmp_path / "one", world(1, 40), "aaaa1111")
    found = drift(one, job(tmp_path / "two", world(2, 40), "aaaa1111"))
    assert found.verdict == STABLE
    assert "neither side; name mine (model=, --model)" in found.notes[0]


def test_labels_of_another_model_are_refused():
    moments = world(1, 40)
    with pytest.raises(InputError, match="new moments have the stage 'besitz', which is no label"):
        drift(moments, moments.assign(stage="besitz"))


# ---------------------------------------------------------------- bad input
def test_what_is_no_table_of_moments(tmp_path):
    moments = world(1, 40)
    with pytest.raises(ColumnError, match="the new moments lack the columns stage"):
        drift(moments, moments.drop(columns="stage"))
    with pytest.raises(InputError, match=r"confidence is 1\.5"):
        drift(moments, moments, confidence=1.5)
    with pytest.raises(ColumnError, match="no column 'brnd'"):
        drift(moments, moments, by="brnd")
    with pytest.raises(InputError, match="by names verdict, which the table itself has"):
        drift(moments, moments, by="verdict")
    with pytest.raises(BundleError, match="no model bundle at"):
        drift(moments, moments, model=tmp_path / "nowhere")
    with pytest.raises(InputError, match="are of type int"):
        drift(moments, 3)
