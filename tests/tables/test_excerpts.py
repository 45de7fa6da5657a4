"""Quotes: what is chosen and why, filters, and the same answer whatever the order of rows."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mot_nlp.errors import ColumnError, InputError
from mot_nlp.tables.context import CONTEXT_COLUMNS, context
from mot_nlp.tables.diversity import centrality, compared, pick
from mot_nlp.tables.excerpts import CANDIDATES, MAX_CELLS, QUOTE_COLUMNS, quotes
from mot_nlp.taxonomy import HEADS, parse_taxonomy

if TYPE_CHECKING:
    from pathlib import Path

TAXONOMY = parse_taxonomy(
    {
        "format": 1,
        "heads": {
            "stage": {"labels": ["see", "buy", "use", "none"], "none": "none"},
            "moment": {"labels": ["zmot", "fmot", "smot", "none"], "none": "none"},
            "touchpoint": {"labels": ["web", "app", "none"], "none": "none"},
            "sentiment": {"labels": ["negative", "neutral", "positive"], "none": "neutral"},
            "pivotal": {"labels": ["no", "yes"], "none": "no"},
        },
        "pairs": {"allowed": [["see", "zmot"], ["buy", "fmot"], ["use", "smot"], ["none", "none"]]},
        "rollups": {
            "journey": {"of": "stage", "before": ["see", "buy"], "after": ["use"], "none": ["none"]}
        },
    }
)
WORDS = ["parcel", "late", "courier", "rude", "box", "broken", "again", "three", "days", "gate"]


def moment(text, doc_id="a", *, sure=0.9, **fields):
    """A moment row; ``sure`` is the confidence of each head."""
    row = {
        "doc_id": doc_id, "start": 0, "text": text, "speaker": "", "stage": "use", "moment": "smot",
        "touchpoint": "app", "sentiment": "negative", "sentiment_score": -0.5, "pivotal": False,
        "brand": "Ode", "stars": 1, "date": "2025-01-31",
    } | fields | {f"{head}_confidence": sure for head in HEADS}  # fmt: skip
    return row | {"moment_id": f"{doc_id}#{row['start']}", "end": row["start"] + len(text)}


def framed(*rows):
    return pd.DataFrame(list(rows), columns=list(moment("")))


def quoted(moments, where=None, k=5, **options):
    return quotes(moments, where, k, taxonomy=TAXONOMY, **options)


def texts(moments, where=None, k=5, **options):
    return quoted(moments, where, k, **options)["text"].tolist()


@pytest.fixture
def moments():
    return framed(
        moment("The parcel came three days late.", "a", brand="Ode", date="2025-01-31"),
        moment("A rude courier threw my parcel over the gate.", "b", brand="Lun", stars=2),
        moment(
            "Nobody has ever been so kind to us.", "c", sentiment="positive", sentiment_score=0.9
        ),
        moment(
            "The web shop forgot my basket again.", "d", touchpoint="web", pivotal=True, stars=5
        ),
        moment("I saw it on a bus stop once.", "e", stage="see", moment="zmot", brand=None),
        moment("This is no moment of anything.", "e", stage="none", moment="none", start=90),
    )


class TestRepresentative:
    def test_what_resembles_the_others_goes_first(self):
        moments = framed(
            moment("An owl sang outside all night.", "a"),
            moment("The parcel was late again.", "b"),
            moment("The courier left the parcel outside, late.", "c"),
            moment("A late courier brought my neighbour's parcel.", "d"),
        )

        assert texts(moments, k=1) == ["The courier left the parcel outside, late."]

    def test_what_is_doubtful_goes_last(self):
        moments = framed(
            moment("The parcel was late again.", "a", sure=0.5),
            moment("The parcel was late yesterday evening.", "b", sure=0.9),
            moment("The courier brought it far too late.", "c", sure=0.8),
        )
        out = quoted(moments)

        assert out["doc_id"].tolist() == ["b", "c", "a"]
        assert out["confidence"].tolist() == pytest.approx([0.9**5, 0.8**5, 0.5**5])

    def test_quotes_differ_from_one_another(self):
        moments = framed(
            moment("The parcel was late and wet.", "late 1"),
            moment("The parcel was late and torn open.", "late 2"),
            moment("The parcel was late and much too small.", "late 3"),
            moment("That driver is rude on the phone.", "rude 1"),
            moment("That driver is rude to my mother.", "rude 2"),
        )

        assert sorted(doc_id[:4] for doc_id in quoted(moments, k=2)["doc_id"]) == ["late", "rude"]

    def test_the_same_text_is_quoted_once(self):
        moments = framed(
            moment("Would never buy from them again", "a"),
            moment("WOULD never buy from them again!", "b"),
            moment("would never buy from them again", "c", sure=0.95),
            moment("Would never ever buy from them again", "d"),
            moment("They gave my money back at once", "e"),
        )

        assert sorted(quoted(moments)["doc_id"]) == ["c", "e"]

    def test_of_copies_the_most_confident_and_then_the_first_document_is_quoted(self):
        copies = [moment("One and the same long text", name) for name in "cba"]

        assert quoted(framed(*copies, moment("ONE AND THE same long text", "d", sure=0.5)))[
            "doc_id"
        ].tolist() == ["a"]

    def test_each_cell_has_its_own_copy(self):
        moments = framed(
            moment("They let me down again", "a", brand="x"),
            moment("They let me down again", "a", brand="y", start=50),
        )

        assert quoted(moments, by="brand")["brand"].tolist() == ["x", "y"]

    def test_copies_do_not_crowd_out_the_rest(self):
        copies = [
            moment("Copied and pasted here once more", f"c{n}") for n in range(2 * CANDIDATES)
        ]
        others = [moment(f"{word} {word}s {word}ed here", word, sure=0.6) for word in WORDS]

        assert len(texts(framed(*copies, *others), k=4)) == 4

    def test_one_quote_a_document_while_there_are_others(self):
        moments = framed(
            moment("The parcel was three days late.", "a", start=0),
            moment("The courier was rude to me.", "a", start=50),
            moment("The box of the parcel was broken.", "a", start=100),
            moment("I like owls at night.", "b", sure=0.3),
        )

        assert quoted(moments, k=2)["doc_id"].tolist() == ["a", "b"]
        assert quoted(moments, k=4)["doc_id"].tolist() == ["a", "b", "a", "a"]

    @pytest.mark.parametrize("text", ["Late again.", "late " * 100])
    def test_short_and_long_texts_are_passed_over_while_there_are_others(self, text):
        moments = framed(
            moment(text, "a", sure=0.99),
            moment("The parcel was three days late.", "b", sure=0.4),
            moment("The courier was late and rude.", "b", sure=0.4, start=50),
        )

        assert quoted(moments)["doc_id"].tolist() == ["b", "b", "a"]

    def test_short_texts_do_not_crowd_out_the_rest(self):
        short = [moment(f"Late {n}", f"s{n}", sure=0.99) for n in range(2 * CANDIDATES)]
        four = moment("It came too late", "z", sure=0.5)

        assert quoted(framed(*short, four), k=2)["doc_id"][0] == "z"

    def test_only_the_most_confident_texts_of_a_large_cell_are_weighed(self):
        rows = [
            moment(
                " ".join(["lately", *(WORDS[int(digit)] for digit in f"{n:03}")]),
                f"d{n:03}",
                sure=0.5 + n / 2_000,
            )
            for n in range(CANDIDATES + 100)
        ]

        assert min(quoted(framed(*rows), k=9)["doc_id"]) >= "d100"

    def test_hand_computed_order(self):
        moments = framed(
            moment("alpha beta gamma delta", "a"),
            moment("alpha beta epsilon zeta", "b"),
            moment("alpha eta theta iota", "c"),
        )
        rare, two, three = np.log(4), np.log(4 / 2), np.log(4 / 3)
        norm_ab = np.sqrt(three**2 + two**2 + 2 * rare**2)
        norm_c = np.sqrt(three**2 + 3 * rare**2)
        ab = (three**2 + two**2) / norm_ab**2  # 0.13
        ac = three**2 / (norm_ab * norm_c)  # 0.02
        similarity, alike = compared(moments["text"].tolist())

        assert similarity == pytest.approx(np.array([[1, ab, ac], [ab, 1, ac], [ac, ac, 1]]))
        assert alike.tolist() == np.eye(3, dtype=bool).tolist()
        assert centrality(similarity) == pytest.approx([1, 1, 2 * ac / (ab + ac)])
        # Second: 1 - 0.13 of the twin against 0.23 - 0.02, halved.
        assert quoted(moments)["doc_id"].tolist() == ["a", "b", "c"]


class TestExtreme:
    def test_greatest_score_either_way(self, moments):
        moments = moments.assign(sentiment_score=[-0.99, -0.3, 0.9, 0.0, -0.4, -1], pivotal=False)

        assert quoted(moments, k=3, kind="extreme")["sentiment_score"].tolist() == [
            -0.99,
            0.9,
            -0.4,
        ]

    def test_pivotal_goes_first_where_its_labels_are_as_sure(self):
        moments = framed(
            moment("It is the worst app of all.", "a", sentiment_score=-0.95),
            moment("I shall never come back here.", "b", sentiment_score=-0.6, pivotal=True),
            moment(
                "They lost me with that email.", "c", sentiment_score=-0.7, pivotal=True, sure=0.5
            ),
        )

        assert quoted(moments, kind="extreme")["doc_id"].tolist() == ["b", "a", "c"]


class TestShape:
    def test_columns_and_values(self, moments):
        out = quoted(moments, {"doc_id": "d"}, 1)

        assert list(out.columns) == list(QUOTE_COLUMNS)
        assert out.iloc[0].to_dict() == {
            "kind": "representative", "rank": 1, "doc_id": "d", "moment_id": "d#0", "start": 0,
            "end": 36, "text": "The web shop forgot my basket again.", "speaker": "", "stage": "use",
            "moment": "smot", "touchpoint": "web", "sentiment": "negative", "sentiment_score": -0.5,
            "pivotal": True, "confidence": pytest.approx(0.9**5),
        }  # fmt: skip

    def test_by_gives_k_for_each_cell_in_taxonomy_order(self, moments):
        out = quoted(moments, k=2, by=("journey", "touchpoint"))

        assert list(out.columns) == [
            "journey", "touchpoint", *(name for name in QUOTE_COLUMNS if name != "touchpoint"),
        ]  # fmt: skip
        assert out["journey"].tolist() == ["before", "after", "after", "after"]
        assert out["touchpoint"].tolist() == ["app", "web", "app", "app"]
        assert out["rank"].tolist() == [1, 1, 1, 2]
        for (journey, touchpoint), part in out.groupby(["journey", "touchpoint"]):
            alone = quoted(moments, {"journey": journey, "touchpoint": touchpoint}, 2)
            assert part["text"].tolist() == alone["text"].tolist()

    def test_missing_values_are_a_cell_of_their_own(self, moments):
        out = quoted(moments, by="brand", k=1)

        assert out["brand"].fillna("?").tolist() == ["Lun", "Ode", "?"]
        assert out["doc_id"].tolist()[::2] == ["b", "e"]

    def test_none_rows_are_left_out(self, moments):
        assert "This is no moment of anything." not in texts(moments, k=9)
        assert texts(moments[-1:]) == []

    def test_missing_confidence_counts_as_no_confidence(self, tmp_path: Path):
        moments = framed(
            moment("alpha beta gamma delta", "a"), moment("eta theta iota kappa", "b", sure=0.2)
        )
        moments.loc[0, "stage_confidence"] = np.nan
        pq.write_table(
            pa.Table.from_pandas(moments, preserve_index=False).set_column(
                moments.columns.get_loc("stage_confidence"),
                "stage_confidence",
                pa.array(moments["stage_confidence"], from_pandas=False),
            ),
            tmp_path / "nan.parquet",
        )
        for rows in (moments, tmp_path / "nan.parquet"):
            out = quoted(rows)
            assert out["doc_id"].tolist() == ["b", "a"]
            assert out["confidence"].isna().tolist() == [False, True]

    @given(
        rows=st.lists(
            st.tuples(
                st.lists(st.sampled_from(WORDS), min_size=1, max_size=7).map(" ".join),
                st.sampled_from("abcdef"),
                st.integers(0, 9),
                st.sampled_from([0.5, 0.7, 0.9]),
                st.sampled_from(["web", "app"]),
                st.floats(-1, 1),
                st.booleans(),
            ),
            max_size=25,
            unique_by=lambda row: row[1:3],
        ),
        kind=st.sampled_from(["representative", "extreme"]),
        seed=st.integers(0, 99),
    )
    @settings(max_examples=15, deadline=None)
    def test_order_of_rows_does_not_matter(self, rows, kind, seed):
        frame = framed(
            *(
                moment(
                    text, doc_id, sure=sure, start=100 * start, touchpoint=touchpoint,
                    sentiment_score=score, pivotal=pivotal,
                )
                for text, doc_id, start, sure, touchpoint, score, pivotal in rows
            )
        )  # fmt: skip
        out = quoted(frame, k=3, by="touchpoint", kind=kind)

        pd.testing.assert_frame_equal(
            out,
            quoted(frame.sample(frac=1, random_state=seed), k=3, by="touchpoint", kind=kind),
            check_exact=True,
        )
        for touchpoint, part in out.groupby("touchpoint"):
            assert part["rank"].tolist() == list(range(1, len(part) + 1))
            bags = part["text"].map(lambda text: frozenset(text.split()))
            assert bags.is_unique
            own = frame[frame["touchpoint"] == touchpoint]
            assert set(part["moment_id"]) <= set(own["moment_id"])
            fit = own[own["text"].str.split().str.len() >= 4]
            if len(part) == 3 and fit["doc_id"].nunique() < 2:
                continue
            # A text that is not fit comes after all that are.
            is_fit = part["moment_id"].isin(fit["moment_id"]).tolist()
            assert is_fit == sorted(is_fit, reverse=True)


class TestPicking:
    def test_first_of_equals_wins(self):
        similarity = np.eye(4)
        picked = pick(
            np.ones(4), similarity, similarity > 0, 3, documents=list("abcd"), fit=np.ones(4, bool)
        )

        assert picked == [0, 1, 2]

    def test_brute_force(self):
        rng = np.random.default_rng(5)
        sentences = [" ".join(rng.choice(WORDS, 6)) for _ in range(40)]
        relevance = rng.random(40)
        similarity, alike = compared(sentences)
        documents = [str(place % 30) for place in range(40)]
        picked = pick(
            relevance, similarity, alike, 12, documents=documents, fit=np.ones(40, dtype=bool)
        )

        for rank, place in enumerate(picked):
            before = picked[:rank]
            left = [
                other
                for other in range(40)
                if other not in before
                and not alike[before][:, other].any()
                and documents[other] not in {documents[one] for one in before}
            ]
            gains = {
                other: relevance[other] - max((similarity[one, other] for one in before), default=0)
                for other in left
            }
            assert place == max(gains, key=gains.__getitem__)

    def test_texts_without_words(self):
        similarity, alike = compared(["!!!", "👍", ""])

        assert not similarity.any()
        assert not alike.any()
        assert centrality(similarity).tolist() == [1, 1, 1]
        assert texts(framed(moment("!!!", "a"), moment("👍", "b"))) == ["!!!", "👍"]

    def test_words_of_any_script_and_with_apostrophes(self):
        similarity, alike = compared(
            ["Доставка ОПОЗДАЛА", "доставка опоздала!", "It’s late", "it's LATE", "s it"]
        )

        assert similarity[0, 1] == similarity[2, 3] == pytest.approx(1)
        assert alike[0, 1]
        assert alike[2, 3]
        assert similarity[3, 4] == 0


class TestWhere:
    @pytest.mark.parametrize(
        ("where", "documents"),
        [
            pytest.param({"touchpoint": "web"}, "d", id="label"),
            pytest.param({"touchpoint": ["web", "app"], "brand": "Lun"}, "b", id="list and value"),
            pytest.param({"journey": "before"}, "e", id="rollup"),
            pytest.param({"month": "2025-01", "sentiment": "positive"}, "c", id="period"),
            pytest.param({"month": "2025-02"}, "", id="nothing"),
            pytest.param({"stars": 2}, "b", id="number"),
            pytest.param({"stars": [2.0, np.int64(5)]}, "bd", id="numbers"),
            pytest.param({"stars": "2"}, "b", id="number as text"),
            pytest.param({"brand": None}, "e", id="missing"),
            pytest.param({"brand": {"Lun", None}}, "be", id="set with missing"),
            pytest.param({"pivotal": True}, "d", id="pivotal"),
            pytest.param({"pivotal": "yes"}, "d", id="pivotal as label"),
            pytest.param({"pivotal": np.False_, "touchpoint": "web"}, "", id="plain"),
            pytest.param({"brand": "'; drop table moments --"}, "", id="quote"),
            pytest.param({}, "abcde", id="everything"),
        ],
    )
    def test_values(self, moments, where, documents):
        assert "".join(sorted(quoted(moments, where)["doc_id"])) == documents

    def test_a_number_finds_a_text_that_is_one(self, moments):
        assert quoted(moments.astype({"stars": str}), {"stars": 2})["doc_id"].tolist() == ["b"]

    @pytest.mark.parametrize(
        "as_dates",
        [
            pytest.param(lambda dates: dates, id="text"),
            pytest.param(lambda dates: dates + " 00:00:00", id="text with midnight"),
            pytest.param(pd.to_datetime, id="datetime"),
            pytest.param(lambda dates: pd.to_datetime(dates, utc=True), id="utc"),
            pytest.param(lambda dates: dates.map(date.fromisoformat), id="date"),
        ],
    )
    @pytest.mark.parametrize(
        "day",
        [
            "2025-01-31",
            "2025-01-31 00:00:00",
            date(2025, 1, 31),
            pd.Timestamp("2025-01-31"),
            pd.Timestamp("2025-01-31", tz="UTC"),
        ],
        ids=repr,
    )
    def test_a_day_is_its_midnight(self, moments, as_dates, day):
        moments["date"] = ["2025-02-01", "2025-01-31", *["2025-01-30"] * 4]
        moments["date"] = as_dates(moments["date"])

        assert quoted(moments, {"date": day})["doc_id"].tolist() == ["b"]

    def test_a_time_of_day_is_not_its_day(self, moments):
        moments["date"] = pd.to_datetime(["2025-01-31 12:00", *["2025-01-31 00:00"] * 5])

        assert "a" not in quoted(moments, {"date": "2025-01-31"})["doc_id"].tolist()
        assert quoted(moments, {"date": "2025-01-31 12:00:00"})["doc_id"].tolist() == ["a"]

    def test_surrogates_are_found_as_they_are_quoted(self, moments):
        moments["brand"] = pd.Series([*["x\udc80"] * 2, *["y"] * 4], dtype=object)

        for brand in ("x\udc80", "x\ufffd"):
            assert sorted(quoted(moments, {"brand": brand})["doc_id"]) == ["a", "b"]

    def test_a_column_goes_before_a_rollup_of_its_name(self, moments):
        out = quoted(moments.assign(journey=list("xyzxyz")), {"journey": "y"})

        assert sorted(out["doc_id"]) == ["b", "e"]

    def test_together_with_by(self, moments):
        out = quoted(moments, {"journey": "after", "touchpoint": ["web", "app"]}, by=["touchpoint"])

        assert out["touchpoint"].tolist() == ["web", "app", "app", "app"]


class TestFiles:
    @pytest.mark.parametrize("suffix", ["parquet", "csv", "jsonl"])
    def test_equal_the_frame(self, moments, tmp_path: Path, suffix):
        path = tmp_path / f"moments.{suffix}"
        write = {
            "parquet": moments.to_parquet,
            "csv": lambda path: moments.to_csv(path, index=False),
            "jsonl": lambda path: moments.to_json(path, orient="records", lines=True),
        }
        write[suffix](path)

        for kind in ("representative", "extreme"):
            options = {"where": {"stars": [1, 2, 5]}, "by": "brand", "kind": kind}
            pd.testing.assert_frame_equal(quoted(path, **options), quoted(moments, **options))
        pd.testing.assert_frame_equal(context(path, ["a", "e"]), context(moments, ["a", "e"]))

    def test_two_equal_their_union(self, moments, tmp_path: Path):
        files = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
        moments[:3].to_parquet(files[0])
        moments[3:].to_parquet(files[1])

        pd.testing.assert_frame_equal(quoted(files), quoted(moments))


class TestEmpty:
    @pytest.mark.parametrize("by", [None, ("brand", "touchpoint")], ids=str)
    def test_has_columns_and_types(self, moments, by):
        full = quoted(moments.assign(brand="x"), by=by)
        for empty in (moments[:0], pd.DataFrame(columns=moments.columns), moments[-1:]):
            out = quoted(empty, by=by)
            assert out.empty
            pd.testing.assert_series_equal(out.dtypes, full.dtypes)


class TestErrors:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            pytest.param({"k": 0}, "k is 0; give 1 for one quote", id="k"),
            pytest.param({"k": 301}, "k is 301; give at most 300", id="large k"),
            pytest.param({"kind": "best"}, "kind is 'best'; give one of representative, extr", id="kind"),
            pytest.param({"by": "rank"}, "by names rank, which the table", id="taken"),
            pytest.param(
                {"where": "app"}, r"where is 'app'; give a column and a value of it, as \{'t", id="no mapping"
            ),
            pytest.param({"where": {"brand": []}}, "no value for brand; give one", id="no value"),
            pytest.param(
                {"where": {"touchpoint": ["app", "shop"]}},
                "touchpoint 'shop', and its labels are web, app, none; choose", id="label",
            ),
            pytest.param(
                {"where": {"journey": "during"}}, "labels are before, after, none", id="rollup"
            ),
            pytest.param({"where": {"pivotal": "maybe"}}, "labels are no, yes; choose", id="pivotal"),
            pytest.param({"where": {"stage": None}}, "labels are see, buy, use, none", id="missing"),
        ],
    )  # fmt: skip
    def test_arguments(self, moments, options, message):
        with pytest.raises(InputError, match=message):
            quoted(moments, **options)

    @pytest.mark.parametrize("options", [{"where": {"shop": "x"}}, {"by": "shop"}], ids=str)
    def test_unknown_column(self, moments, options):
        with pytest.raises(ColumnError, match=r"no column 'shop' .*brand.*journey, week"):
            quoted(moments, **options)

    def test_required_columns(self, moments):
        with pytest.raises(ColumnError, match="lack the columns text, sentiment_confidence, which"):
            quoted(moments.drop(columns=["text", "sentiment_confidence"]))
        with pytest.raises(ColumnError, match="lack the columns text, which"):
            context(moments.drop(columns=["text"]), "a")

    def test_too_many_cells(self):
        rows = [moment(f"It happened {n} times today", f"d{n}") for n in range(MAX_CELLS + 1)]
        assert len(quoted(framed(*rows[:-1]), by="doc_id")) == MAX_CELLS
        with pytest.raises(InputError, match="by doc_id makes more than 500 cells to quote; leave"):
            quoted(framed(*rows), by="doc_id")


class TestContext:
    def test_all_rows_of_the_documents_in_their_order(self):
        moments = framed(
            moment("second of b", "b", start=20),
            moment("none of b", "b", start=30, stage="none"),
            moment("first of a", "a"),
            moment("first of b", "b", start=3),
            moment("of c", "c"),
        )
        out = context(moments, ["b", "a", "zzz"])

        assert list(out.columns) == list(CONTEXT_COLUMNS)
        assert out["text"].tolist() == ["first of a", "first of b", "second of b", "none of b"]
        assert out["start"].tolist() == [0, 3, 20, 30]
        pd.testing.assert_frame_equal(
            context(moments.sample(frac=1, random_state=1), {"a", "b"}), out
        )

    def test_a_name_alone_is_not_read_as_letters(self, moments):
        moments["doc_id"] = "ab"

        assert len(context(moments, "ab")) == 6

    def test_numbers_for_ids(self, moments):
        assert len(context(moments.assign(doc_id=[7, 7, 8, 9, 9, 9]), [7, 8])) == 3

    def test_surrogates_in_ids(self, moments):
        moments["doc_id"] = pd.Series(["a\udc80", *"abcde"], dtype=object)

        assert context(moments, "a\udc80")["doc_id"].tolist() == ["a\ufffd"]

    def test_nothing(self, moments):
        for out in (context(moments, []), context(moments[:0], "a")):
            assert out.empty
            pd.testing.assert_series_equal(out.dtypes, context(moments, "a").dtypes)
