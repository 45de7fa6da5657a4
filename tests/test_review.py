"""Rows a person should look at."""

from dataclasses import replace

import pandas as pd
import pytest

import mot_nlp
from mot_nlp.bundle import open_bundle
from mot_nlp.errors import ColumnError, InputError
from mot_nlp.review import COLUMN, heads_to_review, thresholds
from mot_nlp.tagger import MomentTagger
from tests.tiny import BUNDLE

TEXTS = ["Saw the advert and bought one. It broke at once!", "Never again."]


@pytest.fixture(scope="module")
def tagger():
    return MomentTagger.load(BUNDLE)


def with_thresholds(tagger, least):
    manifest = replace(
        tagger.bundle.manifest,
        review={head: {"threshold": least, "kept": 0.5} for head in tagger.taxonomy.heads},
    )
    return MomentTagger(replace(tagger.bundle, manifest=manifest))


def test_every_head_under_its_threshold_is_named(tagger):
    heads = ",".join(tagger.taxonomy.heads)
    strict = mot_nlp.predict(TEXTS, review=True, model=with_thresholds(tagger, 1.01))
    assert set(strict[COLUMN]) == {heads}
    lenient = mot_nlp.predict(TEXTS, review=True, model=with_thresholds(tagger, 0.0))
    assert set(lenient[COLUMN]) == {""}


def test_a_confidence_at_the_threshold_is_sure_enough():
    frame = pd.DataFrame({"stage_confidence": [0.5, 0.4999]})
    assert heads_to_review(frame, {"stage": 0.5}) == ["", "stage"]


def test_the_column_stands_before_the_kept_ones(tagger):
    frame = pd.DataFrame({"text": TEXTS, "store": ["A", "B"]})
    found = mot_nlp.predict(frame, keep=["store"], review=True, model=tagger)
    assert [*found.columns][-2:] == [COLUMN, "store"]
    assert COLUMN not in mot_nlp.predict(frame, keep=["store"], model=tagger)


def test_no_rows_no_reviews(tagger):
    found = mot_nlp.predict([], review=True, model=tagger)
    assert list(found[COLUMN]) == []


def test_a_bundle_without_thresholds(tagger):
    bare = replace(tagger.bundle.manifest, review={})
    with pytest.raises(InputError, match="holds no review thresholds; export it again"):
        thresholds(bare)
    with pytest.raises(InputError, match="no review thresholds"):
        mot_nlp.predict(
            TEXTS, review=True, model=MomentTagger(replace(tagger.bundle, manifest=bare))
        )


def test_the_shipped_thresholds_are_probabilities():
    least = thresholds(open_bundle().manifest)
    assert set(least) == set(open_bundle().taxonomy.heads)
    assert all(0 < limit <= 1.01 for limit in least.values())


def test_a_kept_column_of_the_same_name(tagger):
    frame = pd.DataFrame({"text": TEXTS, COLUMN: ["", "stage"]})
    with pytest.raises(ColumnError, match="would be kept and written anew"):
        mot_nlp.predict(frame, keep=[COLUMN], review=True, model=tagger)
