"""The benchmarks' own arithmetic: what a gold unit takes, what a page says of several fits."""

import json

import pytest

from benchmarks.ceiling import operations
from benchmarks.experiments import differences
from benchmarks.labelling import align
from benchmarks.shares import kind_of, portion
from mot_nlp.encoding import Piece, Window
from mot_nlp.errors import InputError
from training.corpus import LabelledDocument

NONE = {"stage": "none"}
LEFT, RIGHT = {"stage": "decision"}, {"stage": "awareness"}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ((0, 10), LEFT),
        ((5, 14), LEFT),
        ((8, 18), RIGHT),
        ((20, 50), NONE),
        ((60, 70), NONE),
    ],
)
def test_a_unit_takes_the_row_that_covers_most_of_it(wanted, found):
    assert align([wanted], [(0, 10), (10, 25)], [LEFT, RIGHT], NONE) == [found]


def test_operations_grow_with_tokens_and_not_with_padding():
    network = {"num_hidden_layers": 2, "hidden_size": 4, "intermediate_size": 16}
    one = operations(network, [Window((1,) * 10, (Piece(0, 1, 9),))])
    assert one == 2 * (2 * (4 * 16 + 2 * 4 * 16) * 10 + 2 * 2 * 4 * 100)
    assert operations(network, [Window((1,) * 10, ())] * 3) == 3 * one


def test_of_a_fit_only_what_differs_is_told(tmp_path):
    for name, rate, teachers in (("a", 0.1, []), ("b", 0.2, ["/somewhere/runs/mean/fitted"])):
        (tmp_path / name / "fitted").mkdir(parents=True)
        config = {"fit": {"learning_rate": rate, "seed": 1}, "distil": {"teachers": teachers}}
        (tmp_path / name / "fitted" / "run.json").write_text(json.dumps({"config": config}))
    first, second = tmp_path / "a" / "fitted", tmp_path / "b" / "fitted"
    assert differences(first, first) == "—"
    assert differences(second, first) == "learning_rate 0.2, teachers mean"


def labelled(number, origin):
    return LabelledDocument(f"{origin}-{number}", "review", "", origin, "Fine.", (), ())


DOCUMENTS = [
    labelled(n, origin) for origin in ("part-11", "part-31", "shop/feed") for n in range(60)
]


def test_shares_are_nested_and_about_as_large_as_asked():
    eighth, half, all_of_it = (
        {d.id for d in portion(DOCUMENTS, share, "all")} for share in (0.125, 0.5, 1.0)
    )
    assert eighth < half < all_of_it
    assert all_of_it == {d.id for d in DOCUMENTS}
    assert 70 < len(half) < 110


@pytest.mark.parametrize(
    ("only", "kinds"),
    [
        ("real", {"real"}),
        ("written", {"witty", "plain"}),
        ("witty", {"witty"}),
        ("plain", {"plain"}),
    ],
)
def test_one_kind_of_document_alone(only, kinds):
    assert {kind_of(d) for d in portion(DOCUMENTS, 1.0, only)} == kinds


def test_a_share_of_nothing():
    with pytest.raises(InputError, match="leaves no document"):
        portion(DOCUMENTS[:1], 1e-9, "all")
    with pytest.raises(InputError, match="'odd' is no kind of document"):
        portion(DOCUMENTS, 1.0, "odd")
