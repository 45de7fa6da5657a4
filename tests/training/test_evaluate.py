import numpy as np
import pytest

from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import TAXONOMY
from tests.training.worlds import write_corpus
from training.corpus import read_corpus
from training.evaluate import (
    as_documents,
    confusion,
    gold_arrays,
    head_score,
    quick_scores,
    score_labels,
)


def arrays(**labels):
    return {name: np.array(values) for name, values in labels.items()}


def test_head_score_by_hand():
    score = head_score(np.array(["a", "a", "a", "b"]), np.array(["a", "a", "b", "c"]))
    assert score.per_label == {"a": 0.8, "b": 0.0}
    assert score.support == {"a": 3, "b": 1}
    assert score.macro_f1 == 0.4
    assert score.accuracy == 0.5


def test_sentiment_counts_only_where_there_is_a_moment():
    gold = arrays(
        stage=["none", "decision"], moment=["none", "fmot"], sentiment=["neutral", "positive"]
    )
    found = arrays(
        stage=["none", "decision"], moment=["none", "fmot"], sentiment=["negative", "positive"]
    )
    scores = score_labels(gold, found)
    assert scores["sentiment"]["macro_f1"] == 1.0
    assert scores["core_mean_macro_f1"] == 1.0
    assert scores["core_exact"] == 0.5


def test_labels_not_given_are_left_out():
    gold = arrays(stage=["decision", ""], moment=["fmot", "smot"])
    scores = score_labels(gold, arrays(stage=["decision", "none"], moment=["fmot", "fmot"]))
    assert scores["stage"]["accuracy"] == 1.0
    assert scores["moment"]["accuracy"] == 0.5
    assert "core_exact" not in scores


def test_quick_scores_agree_with_labels():
    taxonomy = read_taxonomy(TAXONOMY)
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(50, taxonomy.width)).astype(np.float32)
    labels = np.stack([logits[:, p].argmax(axis=1) for p in taxonomy.slices().values()], axis=1)
    assert set(quick_scores(logits, labels, taxonomy).values()) == {1.0}


def test_confusion_counts_every_segment_once(tmp_path):
    taxonomy = read_taxonomy(TAXONOMY)
    gold = gold_arrays(read_corpus(write_corpus(tmp_path), taxonomy), taxonomy)
    tables = confusion(gold, gold, taxonomy)
    for name, table in tables.items():
        assert np.array(table).shape == (len(taxonomy.heads[name].labels),) * 2
        assert np.trace(table) == np.sum(table) == len(gold[name])


def test_documents_have_a_turn_for_every_segment(tmp_path):
    labelled = read_corpus(write_corpus(tmp_path), read_taxonomy(TAXONOMY))
    for entry, document in zip(labelled, as_documents(labelled), strict=True):
        for segment in entry.segments:
            turn = document.turns[segment.turn]
            assert turn.start <= segment.start < segment.end <= turn.end


@pytest.mark.parametrize("predicted", [["b", "b"], ["c", "c"]])
def test_nothing_right_scores_zero(predicted):
    assert head_score(np.array(["a", "a"]), np.array(predicted)).macro_f1 == 0.0
