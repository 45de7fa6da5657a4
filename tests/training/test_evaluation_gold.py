"""Labelled rows to score on: what is read, what is set aside, which part."""

import json

import pytest

from mot_nlp.errors import ColumnError, InputError, ReadError
from mot_nlp.taxonomy import read_taxonomy
from tests.tiny import TAXONOMY
from training.corpus import read_jsonl
from training.evaluation.gold import GoldSet, read_gold

LABELS = {"stage": "decision", "moment": "fmot", "touchpoint": "price", "sentiment": "positive",
          "pivotal": "no"}  # fmt: skip


@pytest.fixture(scope="module")
def taxonomy():
    return read_taxonomy(TAXONOMY)


def row(number, **more):
    text = f"Paid {number} quid and it was a bargain."
    return {
        "id": f"r{number}",
        "text": text,
        "units": [{"start": 0, "end": len(text), **LABELS}],
    } | more


def write(path, rows, *, encoding="utf-8"):
    lines = [entry if isinstance(entry, str) else json.dumps(entry) for entry in rows]
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def test_good_rows_are_read_as_the_corpus_reader_does(tmp_path, taxonomy):
    path = write(tmp_path / "gold.jsonl", [row(n, domain="bank") for n in range(5)])
    gold = read_gold(path, [taxonomy])
    assert list(gold.documents) == read_jsonl(path, taxonomy)
    assert gold.segments == 5
    assert gold.owners().tolist() == list(range(5))
    assert gold.columns == {"source": ("review",) * 5, "domain": ("bank",) * 5}
    assert gold.set_aside == ()


UNIT = {"start": 0, "end": 3}
FAULTY = {
    "no JSON": ("not JSON", "Expecting value"),
    "a list": ("[1]", "is not a JSON object"),
    "no text": ({"id": "a", "units": [UNIT]}, "has no text"),
    "blank text": ({"id": "a", "text": "  ", "units": [UNIT]}, "has no text"),
    "no units": ({"id": "a", "text": "abc"}, "has no labelled units"),
    "no end": ({"id": "a", "text": "abc", "units": [{"start": 0}]}, "without whole numbers"),
    "text for an end": ({"id": "a", "text": "abc", "units": [UNIT | {"end": "3"}]}, "without whole numbers"),
    "outside": ({"id": "a", "text": "abc", "units": [UNIT | {"end": 9}]}, "leaves the text"),
    "text for a unit": ({"id": "a", "text": "abc", "units": ["x"]}, "without whole numbers"),
    "unknown label": ({"id": "a", "text": "abc", "units": [UNIT | {"stage": "nope"}]}, "'nope' is not a label"),
    "no id": ({"text": "abc", "units": [UNIT | {"stage": "none"}]}, "lacks the key 'id'"),
    "an id again": (row(0), "another row has the same id"),
}  # fmt: skip


@pytest.mark.parametrize(("bad", "reason"), FAULTY.values(), ids=FAULTY)
def test_a_faulty_row_is_set_aside_with_its_place_and_reason(tmp_path, taxonomy, bad, reason):
    gold = read_gold(write(tmp_path / "gold.jsonl", [row(0), "", bad, row(1)]), [taxonomy])
    assert [document.id for document in gold.documents] == ["r0", "r1"]
    (aside,) = gold.set_aside
    assert (aside.where, aside.row) == ("gold.jsonl", 3)
    assert reason in aside.reason


def test_nothing_usable_is_an_error_that_tells_why(tmp_path, taxonomy):
    with pytest.raises(InputError, match=r"no labelled file at .*name JSON Lines"):
        read_gold(tmp_path / "none.jsonl", [taxonomy])
    with pytest.raises(InputError, match=r"of 1 rows; the first: has no text"):
        read_gold(write(tmp_path / "bad.jsonl", [{"id": "a"}]), [taxonomy])
    with pytest.raises(InputError, match="of 0 rows"):
        read_gold(write(tmp_path / "empty.jsonl", []), [taxonomy])
    odd = [json.dumps(row(0, domain="café"), ensure_ascii=False)]
    latin = write(tmp_path / "latin.jsonl", odd, encoding="latin-1")
    with pytest.raises(ReadError, match="save it as UTF-8"):
        read_gold(latin, [taxonomy])


def test_a_byte_order_mark_and_lone_surrogates_do_no_harm(tmp_path, taxonomy):
    bad = row(0)
    bad["text"] = "\ud83d" + bad["text"][1:]
    gold = read_gold(write(tmp_path / "g.jsonl", [bad], encoding="utf-8-sig"), [taxonomy])
    assert gold.documents[0].text.startswith("\ufffd")


def test_slices_by_keys_of_the_rows(tmp_path, taxonomy):
    rows = [row(0, author="ann", variety="British"), row(1, author=None, tags=["x"]), row(2)]
    path = write(tmp_path / "gold.jsonl", rows)
    gold = read_gold(path, [taxonomy], keys=["author", "origin"])
    assert gold.columns["author"] == ("ann", "", "")
    assert gold.columns["variety"] == ("British", "", "")
    assert gold.columns["origin"] == ("gold.jsonl",) * 3
    with pytest.raises(ColumnError, match="has no 'brand' to slice by; there are author") as error:
        read_gold(path, [taxonomy], keys=["brand"])
    assert error.value.missing == ("brand",)
    with pytest.raises(ColumnError, match="'tags'"):
        read_gold(path, [taxonomy], keys=["tags"])
    with pytest.raises(ColumnError, match="corpus has no 'brand'"):
        GoldSet.of("corpus", gold.documents, keys=["brand"])


def test_parts_are_what_the_rows_say(tmp_path, taxonomy):
    rows = [row(n, split="test" if n < 3 else "train") for n in range(9)]
    own = write(tmp_path / "own.jsonl", [*rows, row(9)])
    gold = read_gold(own, [taxonomy], part="test")
    assert [document.id for document in gold.documents] == ["r0", "r1", "r2"]
    assert (gold.part, len(gold.columns["source"])) == ("test", 3)
    assert len(read_gold(own, [taxonomy]).documents) == 10
    with pytest.raises(InputError, match=r"part 'dev'; there are test \(3\), train \(6\)"):
        read_gold(own, [taxonomy], part="dev")


def test_rows_that_do_not_say_are_not_dealt_anew(tmp_path, taxonomy):
    plain = write(tmp_path / "plain.jsonl", [row(n) for n in range(40)])
    with pytest.raises(InputError, match=r"no key 'split'.*test\.jsonl in the folder of the fit"):
        read_gold(plain, [taxonomy], part="test")


def test_a_row_is_read_by_the_first_taxonomy_that_fits(tmp_path, taxonomy):
    from dataclasses import replace

    stage = taxonomy.heads["stage"]
    fewer = replace(stage, labels=tuple(label for label in stage.labels if label != "decision"))
    other = replace(taxonomy, heads={**taxonomy.heads, "stage": fewer})
    path = write(tmp_path / "gold.jsonl", [row(0)])
    assert read_gold(path, [other, taxonomy]).documents[0].labels[0]["stage"] == "decision"
    with pytest.raises(InputError, match="'decision' is not a label of stage"):
        read_gold(path, [other])
