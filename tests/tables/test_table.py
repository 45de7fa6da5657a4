"""Sentiment tables: figures by hand, intervals by simulation, files against frames."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mot_nlp.errors import ColumnError, InputError, ReadError
from mot_nlp.tables import TABLE_COLUMNS, moment_table
from mot_nlp.taxonomy import parse_taxonomy
from mot_nlp.writers import SUFFIXES, open_writer, write_table

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
FIGURES = [name for name in TABLE_COLUMNS if name not in ("n", "documents", "share")]
ODD = 'weird "name; drop table moments --'


@pytest.fixture
def moments():
    columns = [
        "doc_id", "stage", "moment", "touchpoint", "sentiment", "sentiment_score", "pivotal",
        "brand", "date", ODD,
    ]  # fmt: skip
    rows = [
        ("a", "use", "smot", "app", "positive", 0.9, True, "Ode", "2025-01-31", "x"),
        ("a", "use", "smot", "web", "positive", 0.7, False, "Ode", "2025-01-31", "x"),
        ("a", "see", "zmot", "web", "neutral", 0.0, False, "Ode", "2025-01-31", "x"),
        ("b", "use", "smot", "app", "negative", -0.8, False, "Lun", "2025-02-01", "y"),
        ("c", "use", "smot", "app", "neutral", 0.1, False, None, None, None),
        ("c", "none", "none", "none", "neutral", 0.0, False, None, None, None),
        ("d", "buy", "fmot", "web", "negative", -0.6, True, "Lun", "2024-11-05", "y"),
    ]
    return pd.DataFrame(rows, columns=columns)


def table(moments, by=("stage", "moment"), **options):
    return moment_table(moments, by, taxonomy=TAXONOMY, **options)


class TestFigures:
    def test_hand_computed(self, moments):
        out = table(moments)

        assert list(out.columns) == ["stage", "moment", *TABLE_COLUMNS]
        assert out["stage"].tolist() == ["see", "buy", "use"]
        assert out["n"].tolist() == [1, 1, 4]
        assert out["documents"].tolist() == [1, 1, 3]
        assert out["share"].tolist() == pytest.approx([1 / 6, 1 / 6, 4 / 6])
        use = out.iloc[2]
        assert use["positive"] == 0.5
        assert use["neutral"] == use["negative"] == 0.25
        assert use["net_sentiment"] == 25
        assert use["mean_score"] == pytest.approx((0.9 + 0.7 - 0.8 + 0.1) / 4)
        assert use["pivotal_share"] == 0.25

    def test_interval_by_hand(self, moments):
        # y is (1, 1), (-1), (0) around a mean of 1/4: document sums 1.5, -1.25, -0.25.
        use = table(moments, confidence=0.5).iloc[2]
        error = np.sqrt((1.5**2 + 1.25**2 + 0.25**2) * 3 / 2) / 4
        half = 100 * 0.8164965809 * error  # t for 2 degrees of freedom at 0.75

        assert use["net_low"] == pytest.approx(25 - half)
        assert use["net_high"] == pytest.approx(25 + half)

    def test_interval_stays_on_the_scale(self, moments):
        use = table(moments, confidence=0.99).iloc[2]

        assert (use["net_low"], use["net_high"]) == (-100, 100)

    def test_documents_that_are_alike_are_not_certain(self, moments):
        # All 4 negative: with half of 5 % a side, up to 1 - 0.025**(1/4) of documents may stray.
        alike = moments[:4].assign(doc_id=list("abcd"), sentiment="negative")
        out = table(alike, ()).iloc[0]

        assert (out["net_sentiment"], out["net_low"]) == (-100, -100)
        assert out["net_high"] == pytest.approx(-100 + 200 * (1 - 0.025 ** (1 / 4)))

    def test_documents_that_are_alike_within(self, moments):
        # Each document has one positive and one neutral moment: the net of each is a half.
        alike = pd.concat([moments[:1], moments[2:3]] * 3).assign(
            doc_id=list("aabbcc"), stage="use"
        )
        out = table(alike, ()).iloc[0]
        strays = 1 - 0.025 ** (1 / 3)

        assert out["net_low"] == pytest.approx(50 - 150 * strays)
        assert out["net_high"] == pytest.approx(50 + 50 * strays)

    def test_one_document_has_no_interval(self, moments):
        assert table(moments).loc[:1, ["net_low", "net_high"]].isna().all(axis=None)

    def test_no_by_is_one_row(self, moments):
        out = table(moments, ())

        assert list(out.columns) == list(TABLE_COLUMNS)
        assert (len(out), out["n"][0], out["documents"][0], out["share"][0]) == (1, 6, 4, 1)

    def test_missing_scores_are_not_zeros(self, moments):
        moments.loc[[0, 1], "sentiment_score"] = np.nan
        assert table(moments)["mean_score"][2] == pytest.approx((-0.8 + 0.1) / 2)
        moments["sentiment_score"] = np.nan
        assert table(moments)["mean_score"].isna().all()

    @given(
        rows=st.lists(
            st.tuples(
                st.sampled_from("abcde"),
                st.sampled_from(["see", "buy", "use", "none", "other"]),
                st.sampled_from(["negative", "neutral", "positive"]),
                st.floats(-1, 1),
                st.booleans(),
            ),
            max_size=30,
        ),
        seed=st.integers(0, 99),
    )
    @settings(max_examples=30, deadline=None)
    def test_order_of_rows_does_not_matter_and_shares_add_up(self, rows, seed):
        columns = ["doc_id", "stage", "sentiment", "sentiment_score", "pivotal"]
        frame = pd.DataFrame(rows, columns=columns)
        out = table(frame, ("stage",))

        pd.testing.assert_frame_equal(
            out, table(frame.sample(frac=1, random_state=seed), ("stage",)), check_exact=True
        )
        assert out["n"].sum() == (frame["stage"] != "none").sum()
        assert np.allclose(out[["positive", "neutral", "negative"]].sum(axis=1), 1)
        assert not len(out) or out["share"].sum() == pytest.approx(1)
        known = out.dropna(subset=["net_low"])
        assert (known["net_low"] <= known["net_sentiment"] + 1e-9).all()
        assert (known["net_sentiment"] <= known["net_high"] + 1e-9).all()


class TestInterval:
    def test_covers_where_moments_of_a_document_resemble_each_other(self):
        """The tables are the cells of one: documents of 1 to 6 moments with a mood of their own."""
        rng = np.random.default_rng(20261122)
        tables, documents = 2_000, 40
        sizes = rng.integers(1, 7, size=tables * documents)
        cheer = np.repeat(rng.beta(1.2, 0.8, size=sizes.size), sizes)
        draw = rng.random(cheer.size)
        # Positive with 0.7 of the mood, negative with 0.7 of its absence: the net is 0.14.
        sentiment = np.where(
            draw < 0.7 * cheer, "positive", np.where(draw < 0.7, "negative", "neutral")
        )
        frame = pd.DataFrame(
            {
                "doc_id": np.repeat(np.arange(sizes.size), sizes),
                "stage": "use",
                "sentiment": sentiment,
                "sentiment_score": 0.0,
                "pivotal": False,
                "run": np.repeat(np.repeat(np.arange(tables), documents), sizes),
            }
        )
        out = table(frame, ("run",))
        covered = (out["net_low"] <= 14) & (out["net_high"] >= 14)
        naive = 196 * np.sqrt((0.7 - (out["net_sentiment"] / 100) ** 2) / out["n"])

        assert 0.93 <= covered.mean() <= 0.97
        assert ((out["net_sentiment"] - 14).abs() <= naive).mean() < 0.91


class TestSubtotals:
    def test_stand_below_the_cells_they_sum(self, moments):
        out = table(moments, ("journey", "stage", "sentiment"), subtotals=True)

        rows = out[["journey", "stage", "sentiment"]].to_numpy().tolist()
        assert rows == [
            ["before", "see", "neutral"],
            ["before", "see", "all"],
            ["before", "buy", "negative"],
            ["before", "buy", "all"],
            ["before", "all", "all"],
            ["after", "use", "negative"],
            ["after", "use", "neutral"],
            ["after", "use", "positive"],
            ["after", "use", "all"],
            ["after", "all", "all"],
            ["all", "all", "all"],
        ]
        assert out["subtotal"].tolist() == ["all" in row for row in rows]

    def test_are_the_tables_by_fewer_columns(self, moments):
        out = table(moments, ("brand", "touchpoint"), subtotals=True)
        by_brand = out[out["subtotal"] & (out["brand"] != "all")]

        pd.testing.assert_frame_equal(
            by_brand[list(TABLE_COLUMNS)].reset_index(drop=True),
            table(moments, ("brand",))[list(TABLE_COLUMNS)],
        )
        pd.testing.assert_frame_equal(
            out[list(TABLE_COLUMNS)].tail(1).reset_index(drop=True), table(moments, ())
        )
        assert out["brand"].isna().tolist() == [False] * 6 + [True, True, False]

    def test_numbers_become_text_beside_all(self, moments):
        out = table(moments.assign(stars=[5, 5, 5, 1, 3, 3, 1]), ("stars",), subtotals=True)

        assert out["stars"].tolist() == ["1", "3", "5", "all"]

    def test_thin_cells_and_no_rows(self, moments):
        out = table(moments, min_n=2, subtotals=True)
        assert out["thin"].tolist() == [True, True, True, True, False, False, False]
        empty = table(moments[:0], min_n=2, subtotals=True)
        assert empty.empty
        assert list(empty.columns) == list(out.columns)

    @pytest.mark.parametrize("name", ["place", "level", "subtotal_", "n_"])
    def test_columns_of_any_name(self, moments, name):
        plain = table(moments, ("stage", "brand"), subtotals=True)
        named = table(moments.rename(columns={"brand": name}), ("stage", name), subtotals=True)

        pd.testing.assert_frame_equal(named.rename(columns={name: "brand"}), plain)


class TestBy:
    def test_rollup_equals_grouping_by_hand(self, moments):
        by_hand = moments.assign(
            journey=moments["stage"].map(TAXONOMY.rollups["journey"].groups), touchpoint="web"
        )
        out = table(moments, ("journey",))

        assert out["journey"].tolist() == ["before", "after"]
        pd.testing.assert_frame_equal(out, table(by_hand, ("journey",)))

    @pytest.mark.parametrize(
        ("by", "expected"),
        [
            pytest.param("month", ["2024-11", "2025-01", "2025-02"], id="month"),
            pytest.param("quarter", ["2024-Q4", "2025-Q1"], id="quarter"),
            pytest.param("year", ["2024", "2025"], id="year"),
        ],
    )
    @pytest.mark.parametrize(
        "as_dates",
        [
            pytest.param(lambda dates: dates, id="text"),
            pytest.param(lambda dates: dates.fillna(""), id="empty text"),
            pytest.param(pd.to_datetime, id="datetime"),
            pytest.param(lambda dates: dates.astype("datetime64[ns]"), id="ns"),
            pytest.param(lambda dates: pd.to_datetime(dates, utc=True), id="utc"),
        ],
    )
    def test_periods(self, moments, by, expected, as_dates):
        out = table(moments.assign(date=as_dates(moments["date"])), (by,))

        assert out[by][:-1].tolist() == expected
        assert out[by][-1:].isna().all()

    def test_a_column_goes_before_a_period_or_rollup_of_its_name(self, moments):
        out = table(moments.assign(month="May", journey="use"), ["month", "journey"])

        assert out[["month", "journey"]].to_numpy().tolist() == [["May", "use"]]

    def test_missing_values_are_a_cell_of_their_own(self, moments):
        out = table(moments, ("brand",))

        assert out["brand"][:2].tolist() == ["Lun", "Ode"]
        assert out["brand"].isna().tolist() == [False, False, True]
        assert out["n"].tolist() == [2, 3, 1]

    def test_columns_that_are_not_asked_for_may_hold_anything(self, moments):
        strange = moments.assign(date=pd.period_range("2025-01", periods=7, freq="M"), odd=[[]] * 7)

        pd.testing.assert_frame_equal(table(strange), table(moments))

    def test_a_column_of_missing_values_is_one_cell(self, moments):
        out = table(moments.assign(brand=None), ("brand",))

        assert out["brand"].isna().tolist() == [True]

    def test_labels_of_another_taxonomy_come_last(self, moments):
        moments["stage"] = ["zoo", "use", "see", "ant", "use", "none", "buy"]

        assert table(moments, ("stage",))["stage"].tolist() == ["see", "buy", "use", "ant", "zoo"]
        assert table(moments, ("journey",))["journey"].tolist() == ["before", "after", "ant", "zoo"]

    def test_order_of_other_columns(self, moments):
        stars = [10, 9, 10, 9, 2, 2, 10]

        assert table(moments.assign(stars=stars), ("stars",))["stars"].tolist() == [2, 9, 10]
        as_text = moments.assign(stars=[str(star) for star in stars])
        assert table(as_text, ("stars",))["stars"].tolist() == ["2", "9", "10"]
        assert table(moments, ("pivotal",))["pivotal"].tolist() == [False, True]

    @pytest.mark.parametrize("name", [ODD, "Stage", "k0", "{braces}", "ünï", "n n", "select"])
    def test_any_column_name(self, moments, name):
        moments[name] = moments[ODD]
        out = table(moments, (name, "stage"))

        assert list(out.columns[:2]) == [name, "stage"]
        assert out["n"].sum() == 6

    def test_a_name_alone_is_not_read_as_letters(self, moments):
        pd.testing.assert_frame_equal(table(moments, "stage"), table(moments, ("stage",)))

    def test_a_reversed_frame(self, moments):
        pd.testing.assert_frame_equal(table(moments[::-1], ("brand",)), table(moments, ("brand",)))

    def test_categories_and_subclasses(self, moments):
        class Frame(pd.DataFrame):
            @property
            def _constructor(self):
                return Frame

        labels = dict.fromkeys(["stage", "moment", "sentiment"], "category")
        out = table(Frame(moments.astype(labels)))

        assert type(out) is pd.DataFrame
        pd.testing.assert_frame_equal(out, table(moments))


class TestSurrogates:
    """Half characters, which no encoding can write: Arrow holds none, Python's own strings do."""

    @pytest.mark.parametrize(
        "as_column",
        [
            pytest.param(lambda values: values, id="object"),
            pytest.param(lambda values: values.astype("string[python]"), id="string"),
            pytest.param(
                lambda values: pd.Series(
                    pd.Categorical.from_codes(
                        range(len(values)), pd.Index([f"{v}{n}" for n, v in enumerate(values)], dtype=object)
                    )
                ), id="category",
            ),
        ],
    )  # fmt: skip
    def test_become_replacement_characters(self, moments, as_column):
        moments["brand"] = as_column(pd.Series(["ü\udc80\udfff!"] * 7, dtype=object))

        out = table(moments, "brand")["brand"]
        assert out.str.startswith("ü\ufffd\ufffd!").all()
        assert moments["brand"][0].startswith("ü\udc80\udfff!")

    def test_beside_other_values(self, moments):
        moments["brand"] = pd.Series([1, "x\ud800", None, 2.5, True, "ok", None], dtype=object)

        assert "x\ufffd" in table(moments, "brand")["brand"].tolist()

    def test_in_names(self, moments, tmp_path: Path):
        name = "brand\udc80"
        columns = [name if own == "brand" else own for own in moments.columns]
        odd = moments.set_axis(pd.Index(columns, dtype=object), axis=1)
        pd.testing.assert_frame_equal(table(odd), table(moments))
        with pytest.raises(InputError, match=r"'brand\\udc80' of the moments .*; rename it"):
            table(odd, name)
        with pytest.raises(ReadError, match=r"a\\udc80\.csv' is not UTF-8; rename it"):
            table(tmp_path / "a\udc80.csv")


class TestThin:
    def test_blanks_figures_and_keeps_counts(self, moments):
        out = table(moments, min_n=4)

        assert out["thin"].tolist() == [True, True, False]
        assert out["thin"].dtype == bool
        assert out.loc[:1, FIGURES].isna().all(axis=None)
        pd.testing.assert_frame_equal(
            out[["stage", "n", "documents", "share"]],
            table(moments)[["stage", "n", "documents", "share"]],
        )
        assert out["net_sentiment"][2] == 25

    def test_no_column_where_every_cell_counts(self, moments):
        assert "thin" not in table(moments)


class TestFiles:
    @pytest.mark.parametrize("suffix", ["parquet", "csv", "jsonl"])
    @pytest.mark.parametrize(
        "by", [("stage", "moment"), ("journey",), ("month", ODD), ("pivotal",), ()], ids=str
    )
    def test_equal_the_frame(self, moments, tmp_path: Path, suffix, by):
        (tmp_path / "brand=Zed").mkdir()
        path = tmp_path / "brand=Zed" / f"a[1]*.{suffix}"
        write(moments, path)

        pd.testing.assert_frame_equal(table(path, by), table(moments, by))
        pd.testing.assert_frame_equal(table(str(path), by), table(moments, by))

    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_whatever_was_written_can_be_read(self, moments, tmp_path: Path, suffix):
        path = tmp_path / f"moments{suffix}"
        with open_writer(path, list(moments.columns)) as writer:
            writer.write(moments.to_dict("records"))

        pd.testing.assert_frame_equal(table(path, ("stage", ODD)), table(moments, ("stage", ODD)))

    @pytest.mark.parametrize("suffix", [".csv", ".tsv"])
    def test_what_was_defused_is_shown_as_it_was(self, moments, tmp_path: Path, suffix):
        values = ["=1", "+x", "-5", "@acme", "\tx", "\rx", "'tis"]
        moments["=brand"] = values
        path = tmp_path / f"moments{suffix}"
        with open_writer(path, list(moments.columns)) as writer:
            writer.write(moments.to_dict("records"))

        assert "'@acme" in path.read_text(encoding="utf-8")
        pd.testing.assert_frame_equal(table(path, ("=brand",)), table(moments, ("=brand",)))

    @pytest.mark.parametrize("suffix", SUFFIXES)
    @pytest.mark.parametrize("name", ["moments[1]", "moments*", "moments?"])
    def test_a_path_is_no_pattern(self, moments, tmp_path: Path, suffix, name):
        path = tmp_path / f"{name}{suffix}"
        for own, rows in ((path, moments), (tmp_path / f"moments1{suffix}", moments[:1])):
            with open_writer(own, list(moments.columns)) as writer:
                writer.write(rows.to_dict("records"))

        pd.testing.assert_frame_equal(table(path), table(moments))

    @pytest.mark.parametrize(
        "value",
        [
            "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
            "12-11-2025",
            "2025-01-31T10:00:00",
            "2025-01-31T10:00:00Z",
            "07:30",
        ],
    )
    def test_json_texts_stay_as_they_are(self, moments, tmp_path: Path, value):
        path = tmp_path / "moments.jsonl"
        kept = moments.assign(brand=value, doc_id=value)
        write(kept, path)

        assert table(path, "brand")["brand"].tolist() == [value]
        pd.testing.assert_frame_equal(table(path, "month"), table(kept, "month"))
        write(kept.assign(brand=[value, *moments["brand"][1:]]), path)
        assert value in table(path, "brand")["brand"].tolist()

    def test_csv_ids_stay_apart(self, moments, tmp_path: Path):
        path = tmp_path / "moments.csv"
        write(moments.assign(doc_id=["7", "7", "7", "07", "007", "007", "7.0"]), path)

        assert table(path, ())["documents"][0] == 4

    @given(
        split=st.integers(0, 6),
        suffixes=st.tuples(st.sampled_from([".csv", ".parquet", ".jsonl"]), st.just(".csv")),
    )
    @settings(max_examples=10, deadline=None)
    def test_several_files_equal_their_union(self, tmp_path_factory, split, suffixes):
        rows = pd.DataFrame(
            [(f"d{i}", "use", "smot", "positive" if i % 3 else "negative", i / 9, i == 2, f"b{i % 2}")
             for i in range(7)],
            columns=["doc_id", "stage", "moment", "sentiment", "sentiment_score", "pivotal", "brand"],
        )  # fmt: skip
        folder = tmp_path_factory.mktemp("parts")
        paths = [folder / f"part{n}{suffix}" for n, suffix in enumerate(suffixes)]
        for path, part in zip(paths, (rows[:split], rows[split:]), strict=True):
            write_table(part, path)

        pd.testing.assert_frame_equal(table(paths, ("brand",)), table(rows, ("brand",)))

    def test_a_document_in_two_files_is_refused(self, moments, tmp_path: Path):
        paths = [tmp_path / "one.csv", tmp_path / "two.csv"]
        write(moments[:4], paths[0])
        write(moments[3:], paths[1])
        with pytest.raises(InputError, match=r"document 'b' stands in more than one of the files"):
            table(paths)
        with pytest.raises(InputError, match=r"document 'a' stands"):
            table([paths[0], paths[0]])

    def test_texts_with_newlines_and_quotes(self, moments, tmp_path: Path):
        path = tmp_path / "moments.csv"
        write(moments.assign(text="it \"broke\",\nthen; 'again'\r\n"), path)

        pd.testing.assert_frame_equal(table(path), table(moments))

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            pytest.param("bad.parquet", b"no parquet at all", id="parquet"),
            pytest.param("void.parquet", b"", id="empty parquet"),
            pytest.param("bad.jsonl", b'{"doc_id": "a"}\n{oops\n', id="json"),
            pytest.param(
                "bad.csv", b"doc_id,stage,sentiment,sentiment_score,pivotal\na,use,neutral,x,True\n",
                id="score in csv",
            ),
        ],
    )  # fmt: skip
    def test_broken(self, tmp_path: Path, name, content):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(
            ReadError, match=rf"{name} cannot be tabled: .*See that a file is whole"
        ):
            table(tmp_path / name, ())

    @pytest.mark.parametrize("name", ["gone.csv", "moments.xlsx"])
    def test_no_file_of_moments(self, tmp_path: Path, name):
        (tmp_path / "moments.xlsx").touch()
        with pytest.raises(
            ReadError, match=r"not a file of moments; .*\.parquet, \.pq, \.csv, \.tsv"
        ):
            table(tmp_path / name)


class TestFolders:
    @pytest.fixture
    def job(self, moments, tmp_path):
        """The folder of a job in two parts, with what else lies there."""
        (tmp_path / "moments").mkdir()
        ids = sorted(moments["doc_id"].unique())
        for number, own in enumerate((ids[::2], ids[1::2])):
            part = moments[moments["doc_id"].isin(own)]
            part.to_parquet(tmp_path / "moments" / f"part-0000{number}.parquet", index=False)
        (tmp_path / "moments" / ".writing-part-00002.parquet").write_bytes(b"half")
        (tmp_path / "manifest.json").write_text("{}")
        return tmp_path

    def test_a_job_is_the_table_of_its_parts(self, moments, job):
        wanted = moment_table(moments, ["stage", "moment"])
        for place in (job, str(job), job / "moments"):
            pd.testing.assert_frame_equal(moment_table(place, ["stage", "moment"]), wanted)

    def test_a_job_that_is_not_done_is_refused(self, job):
        (job / "_shards").mkdir()
        for place in (job, job / "moments"):
            with pytest.raises(ReadError, match="is not done, and its moments are not all there"):
                moment_table(place)

    def test_a_folder_without_parts_is_refused(self, tmp_path):
        with pytest.raises(ReadError, match="holds no Parquet file of moments; name another"):
            moment_table(tmp_path)


class TestEmpty:
    @pytest.mark.parametrize("by", [("stage", "journey", "month", "brand"), ()], ids=str)
    def test_has_columns_and_types(self, moments, tmp_path: Path, by):
        full = table(moments, by, min_n=2)
        for empty in (moments.iloc[:0], pd.DataFrame(columns=moments.columns)):
            out = table(empty, by, min_n=2)
            assert out.empty
            pd.testing.assert_series_equal(out.dtypes, full.dtypes)

        typed = pa.Table.from_pandas(moments, preserve_index=False).slice(0, 0)
        pq.write_table(typed, tmp_path / "empty.parquet")
        (tmp_path / "empty.csv").write_text(",".join(moments.columns[:-1]) + "\n")
        (tmp_path / "void.csv").touch()
        (tmp_path / "void.jsonl").touch()
        for path in tmp_path.iterdir():
            out = table(path, by, min_n=2)
            assert out.empty
            pd.testing.assert_series_equal(out.dtypes, full.dtypes)

    def test_only_none_segments(self, moments):
        assert table(moments[moments["stage"] == "none"], ()).empty


class TestErrors:
    def test_required_columns(self, moments):
        with pytest.raises(ColumnError, match=r"lack the columns doc_id, stage.*they have moment,"):
            table(moments.drop(columns=["doc_id", "stage"]), ("journey",))

    def test_unknown_column(self, moments):
        with pytest.raises(
            ColumnError, match=r"no column 'shop' .*brand, .*journey, week, month, quarter"
        ):
            table(moments, ("stage", "shop"))

    def test_period_without_a_date(self, moments):
        with pytest.raises(ColumnError, match=r"no column 'month' .*had you kept a column date"):
            table(moments.drop(columns="date"), ("month",))

    @pytest.mark.parametrize(
        ("by", "options", "message"),
        [
            pytest.param(("stage",), {"min_n": 0}, "min_n is 0; give 1", id="min_n"),
            pytest.param(("stage",), {"confidence": 0}, "confidence is 0; give", id="low"),
            pytest.param(("stage",), {"confidence": 1.0}, "confidence is 1.0; give", id="high"),
            pytest.param(("stage",), {"confidence": np.nan}, "confidence is nan", id="nan"),
            pytest.param(("stage", "stage"), {}, "names stage more than once", id="twice"),
            pytest.param(("n",), {}, "by names n, which the table itself has", id="taken"),
        ],
    )
    def test_arguments(self, moments, by, options, message):
        with pytest.raises(InputError, match=message):
            table(moments.assign(n=1), by, **options)

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("sentiment_score", "high"),
            ("pivotal", "perhaps"),
            ("date", "someday"),
            ("sentiment", "Bad"),
        ],
        ids=str,
    )
    def test_values_that_do_not_fit(self, moments, column, value):
        with pytest.raises(InputError, match=rf"cannot be tabled: .*{value}.*YYYY-MM-DD") as caught:
            table(moments.assign(**{column: value}), ("month",))
        assert not isinstance(caught.value, ReadError)

    @pytest.mark.parametrize("wrong", ["infinity", "-infinity", "0044-03-15 (BC)", "10000-01-01"])
    def test_dates_of_no_calendar(self, moments, wrong):
        moments.loc[0, "date"] = wrong
        message = rf"date {re.escape(wrong)} is in no year from 1 to 9999\. See that .*YYYY-MM-DD"
        for by in ("week", "month", "quarter", "year"):
            with pytest.raises(InputError, match=message):
                table(moments, by)
        assert table(moments, "brand")["n"].sum() == 6

    @pytest.mark.parametrize("rows", [123, None, {"a": 1}, ["a.csv", 1]], ids=str)
    def test_rows_that_are_none(self, rows):
        with pytest.raises(
            InputError, match=rf"are of type {type(rows).__name__}; give a DataFrame, the path"
        ):
            table(rows)

    def test_errors_carry_the_columns_they_are_about(self, moments):
        error = table_error(moments, "shop")
        assert (error.missing, error.rows) == (("shop",), "moments")
        assert {"brand", "journey", "month"} <= set(error.known)
        assert table_error(moments.drop(columns="date"), "month").known[-1] == "journey"
        # Nothing else would do in the place of a column that every table reads.
        error = table_error(moments.drop(columns="stage"), "brand")
        assert (error.missing, error.known) == (("stage",), ())

    def test_one_moment_twice(self, moments):
        twice = moments.assign(moment_id=["1#1", "1#2", "1#3", "2#1", "1#1", "1#2", "4#1"])
        with pytest.raises(InputError, match=r"moment '1#1' stands twice in the moments, as when"):
            table(twice)

    def test_one_name_twice(self, moments):
        with pytest.raises(InputError, match="one occurs twice; rename it"):
            table(pd.concat([moments, moments[["stage"]]], axis=1))


def table_error(moments: pd.DataFrame, by: str) -> ColumnError:
    with pytest.raises(ColumnError) as caught:
        table(moments, by)
    return caught.value


def write(frame: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_json(path, orient="records", lines=True)
