import numpy as np
import pytest

from mot_nlp.errors import InputError
from tests.training.labelled_world import LABELS, TAXONOMY_READ, document, documents
from training.collate import MISSING, label_indices
from training.folds import OutOfFold, deal_folds

STAGES = ("awareness", "consideration", "decision")


def rows(count, authors):
    return [
        document(f"d{n}", labels=[{"stage": STAGES[n % 3]}, LABELS], author=f"a{n % authors}")
        for n in range(count)
    ]


def dealt(given, folds=3, seed=1):
    groups = [d.extra.get("author", d.id) for d in given]
    return deal_folds(given, groups, TAXONOMY_READ, folds=folds, seed=seed)


def test_every_document_has_a_fold_and_no_author_has_two():
    given = rows(60, 11)
    folds = dealt(given)
    assert set(folds) == {0, 1, 2}
    for author in {d.extra["author"] for d in given}:
        assert (
            len({f for d, f in zip(given, folds, strict=True) if d.extra["author"] == author}) == 1
        )


def test_labels_are_spread_over_the_folds():
    given = rows(90, 90)
    folds = dealt(given)
    for stage in STAGES:
        own = [f for d, f in zip(given, folds, strict=True) if d.labels[0]["stage"] == stage]
        assert np.bincount(own).tolist() == [10, 10, 10]


def test_the_seed_decides():
    given = rows(60, 60)
    np.testing.assert_array_equal(dealt(given, seed=2), dealt(given, seed=2))
    assert (dealt(given, seed=2) != dealt(given, seed=3)).any()


def test_rare_labels_and_missing_ones_are_no_obstacle():
    given = [
        document("rare", labels=[{"stage": "decision"}]),
        document("none", labels=[{}]),
        *documents(8),
    ]
    assert set(dealt(given)) == {0, 1, 2}


def test_few_groups_are_fewer_folds_and_one_is_none(caplog):
    assert set(dealt(rows(6, 2), folds=5)) == {0, 1}
    assert "only 2 groups, so 2 folds instead of 5" in caplog.text
    with pytest.raises(InputError, match="6 documents are 1 group"):
        dealt(rows(6, 1))


def test_scores_across_folds_read_back(tmp_path):
    given = [*rows(6, 6), document("sad", labels=[{"sentiment": "negative"}])]
    labels = np.array([label_indices(entry, TAXONOMY_READ) for d in given for entry in d.labels])
    scores = np.random.default_rng(0).normal(size=(len(labels), TAXONOMY_READ.width))
    kept = OutOfFold.of(given, labels, scores, dealt(given), TAXONOMY_READ)
    kept.write(tmp_path / "oof.npz")
    back = OutOfFold.read(tmp_path / "oof.npz")
    np.testing.assert_array_equal(back.scores, scores.astype(np.float32))
    assert back.documents[-1] == "sad"
    assert back.segments[:3].tolist() == [1, 2, 1]
    assert (back.labels[-1] == MISSING).sum() == 4
    assert back.heads == {name: list(head.labels) for name, head in TAXONOMY_READ.heads.items()}
    assert list(tmp_path.iterdir()) == [tmp_path / "oof.npz"]


def test_no_scores_and_no_such_scores_are_told(tmp_path):
    with pytest.raises(InputError, match=r"no out-of-fold scores at .*; fit with the preset"):
        OutOfFold.read(tmp_path / "oof.npz")
    np.savez(tmp_path / "other.npz", x=np.zeros(2))
    with pytest.raises(InputError, match="holds no out-of-fold scores"):
        OutOfFold.read(tmp_path / "other.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(InputError, match="holds no out-of-fold scores"):
        OutOfFold.read(tmp_path / "text.npz")
