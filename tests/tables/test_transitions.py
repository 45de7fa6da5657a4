"""Paths: steps by hand and by brute force, intervals against statsmodels, files against their union."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from mot_nlp.errors import ColumnError, InputError
from mot_nlp.tables.transitions import PATH_COLUMNS, paths
from mot_nlp.taxonomy import parse_taxonomy

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
FIGURES = list(PATH_COLUMNS[3:])
SCORES = {"negative": -1, "neutral": 0, "positive": 1}
rows_of_moments = st.lists(
    st.tuples(
        st.sampled_from("abcd"),
        st.integers(0, 5),
        st.sampled_from(["see", "buy", "use", "none", "zoo"]),
        st.sampled_from(["web", "app", None]),
        st.sampled_from(sorted(SCORES)),
    ),
    max_size=30,
)


@pytest.fixture
def moments():
    return framed(
        [
            ("a", 0, "see", "web", "positive"),
            ("a", 10, "none", "none", "neutral"),
            ("a", 20, "buy", "web", "negative"),
            ("a", 30, "use", "app", "positive"),
            ("b", 5, "see", "web", "negative"),
            ("b", 6, "buy", "app", "positive"),
            ("c", 0, "see", "web", "positive"),
            ("c", 9, "buy", "web", "neutral"),
            ("c", 10, "see", "app", "negative"),
            ("c", 100, "buy", "web", "negative"),
            ("d", 0, "use", "app", "positive"),
        ]
    )


def framed(rows):
    frame = pd.DataFrame(rows, columns=["doc_id", "start", "stage", "touchpoint", "sentiment"])
    frame["end"] = frame["start"] + 5
    frame["moment_id"] = [f"{number:04}" for number in range(len(frame))]
    return frame


def walk(moments, by="stage", **options):
    return paths(moments, by, taxonomy=TAXONOMY, **options)


def steps_by_hand(moments, names):
    """One row a step, by pandas."""
    kept = moments[moments["stage"] != "none"]
    ordered = kept.sort_values(["doc_id", "start", "end", "moment_id"])
    columns = [*names, "sentiment"]
    following = ordered.groupby("doc_id")[columns].shift(-1)
    steps = pd.concat(
        [
            ordered[["doc_id"]],
            ordered[columns].add_prefix("from_").rename(columns={"from_sentiment": "before"}),
            following.add_prefix("to_").rename(columns={"to_sentiment": "after"}),
        ],
        axis=1,
    )
    return steps[steps["after"].notna()]


class TestSteps:
    def test_by_hand(self, moments):
        out = walk(moments)

        assert list(out.columns) == ["from", "to", *PATH_COLUMNS]
        assert list(zip(out["from"], out["to"], strict=True)) == [
            ("see", "buy"), ("buy", "see"), ("buy", "use"),
        ]  # fmt: skip
        assert out["n"].tolist() == [4, 1, 1]
        assert out["documents"].tolist() == [3, 1, 1]
        assert out["share"].tolist() == [1, 0.5, 0.5]
        first = out.iloc[0]
        assert first["net_before"] == 0  # positive, negative, positive, negative
        assert first["net_after"] == -25  # negative, positive, neutral, negative
        assert first["soured"] == 0.5
        assert first["recovered"] == 0.5
        assert out["soured"].isna().tolist() == [False, True, True]
        assert out["recovered"].tolist()[2] == 1  # bought in anger, used with joy

    def test_interval_by_hand(self, moments):
        # After steps from see to buy: -1 | 1 | 0, -1 around a mean of -1/4.
        first = walk(moments, confidence=0.5).iloc[0]
        error = np.sqrt((0.75**2 + 1.25**2 + 0.5**2) * 3 / 2) / 4
        half = 100 * 0.8164965809 * error  # t for 2 degrees of freedom at 0.75

        assert first["after_low"] == pytest.approx(-25 - half)
        assert first["after_high"] == pytest.approx(-25 + half)
        assert walk(moments).loc[1:, ["after_low", "after_high"]].isna().all(axis=None)
        assert walk(moments, confidence=0.999).loc[0, ["after_low", "after_high"]].tolist() == [
            -100, 100,
        ]  # fmt: skip

    def test_interval_is_that_of_statsmodels(self):
        rng = np.random.default_rng(7)
        documents = np.repeat(np.arange(60), rng.integers(2, 9, 60))
        frame = framed(
            [
                (f"d{document}", place, "use", "app", str(rng.choice(sorted(SCORES))))
                for place, document in enumerate(documents)
            ]
        )
        out = walk(frame).iloc[0]
        steps = steps_by_hand(frame, ["stage"])
        after = steps["after"].map(SCORES).to_numpy(dtype=float)
        groups = pd.factorize(steps["doc_id"])[0]
        fit = sm.OLS(after, np.ones(len(after))).fit(
            cov_type="cluster", cov_kwds={"groups": groups}, use_t=True
        )
        low, high = 100 * fit.conf_int()[0]

        # With one parameter statsmodels corrects by G / (G - 1) * (N - 1) / (N - 1).
        assert (out["after_low"], out["after_high"]) == pytest.approx((low, high))

    @given(rows=rows_of_moments, seed=st.integers(0, 99))
    @settings(max_examples=15, deadline=None)
    def test_brute_force(self, rows, seed):
        frame = framed(rows)
        out = walk(frame, ("stage", "touchpoint"))
        steps = steps_by_hand(frame, ["stage", "touchpoint"])
        ends = ["from_stage", "from_touchpoint", "to_stage", "to_touchpoint"]

        pd.testing.assert_frame_equal(
            out,
            walk(frame.sample(frac=1, random_state=seed), ("stage", "touchpoint")),
            check_exact=True,
        )
        assert list(out.columns[:4]) == ends
        steps[ends], out[ends] = steps[ends].fillna("?"), out[ends].fillna("?")
        leaving = steps.groupby(ends[:2]).size().to_dict()
        found = {tuple(row[:4]): row[4:] for row in out.to_numpy().tolist()}
        assert len(found) == len(steps[ends].drop_duplicates())
        for key, part in steps.groupby(ends):
            n, documents, share, before, after, _, _, soured, recovered = found[key]
            assert (n, documents) == (len(part), part["doc_id"].nunique())
            assert share == pytest.approx(n / leaving[key[:2]])
            assert before == pytest.approx(100 * part["before"].map(SCORES).mean())
            assert after == pytest.approx(100 * part["after"].map(SCORES).mean())
            glad, sad = part[part["before"] == "positive"], part[part["before"] == "negative"]
            assert soured == pytest.approx((glad["after"] == "negative").mean(), nan_ok=True)
            assert recovered == pytest.approx((sad["after"] == "positive").mean(), nan_ok=True)

    @given(rows=rows_of_moments)
    @settings(max_examples=15, deadline=None)
    def test_sums_add_up_over_documents(self, rows):
        frame = framed(rows)
        first = frame["doc_id"].isin(["a", "b"])
        parts = [walk(frame[first]), walk(frame[~first])]
        both = pd.concat(parts)
        whole = walk(frame).set_index(["from", "to"])
        counts = both.groupby(["from", "to"])[["n", "documents"]].sum()

        pd.testing.assert_frame_equal(
            counts.sort_index(), whole[["n", "documents"]].sort_index(), check_index_type=False
        )
        weighted = both.assign(net=both["n"] * both["net_after"]).groupby(["from", "to"])["net"]
        expected = (weighted.sum() / counts["n"]).sort_index()
        assert np.allclose(expected, whole["net_after"].sort_index())
        assert np.allclose(whole["share"].groupby("from").sum(), 1)

    def test_order_is_by_number_and_not_by_text(self, moments):
        as_text = moments.astype({"start": str, "end": str})

        pd.testing.assert_frame_equal(walk(as_text), walk(moments))

    def test_ties_go_by_end_and_then_by_moment_id(self, moments):
        tied = moments.iloc[[0, 3, 2]].assign(start=0, end=[7, 7, 3], moment_id=["y", "x", "z"])
        out = walk(tied)

        assert list(zip(out["from"], out["to"], strict=True)) == [("buy", "use"), ("use", "see")]


class TestBy:
    def test_rollup(self, moments):
        out = walk(moments, "journey")

        assert out[["from", "to"]].to_numpy().tolist() == [
            ["before", "before"],
            ["before", "after"],
        ]
        assert out["n"].tolist() == [5, 1]
        assert out["share"].tolist() == pytest.approx([5 / 6, 1 / 6])

    def test_sentiment_after_sentiment(self, moments):
        out = walk(moments, "sentiment")

        assert out[["from", "to"]].to_numpy().tolist() == [
            ["negative", "negative"], ["negative", "positive"], ["neutral", "negative"],
            ["positive", "negative"], ["positive", "neutral"],
        ]  # fmt: skip
        assert out["net_before"].tolist() == [-100, -100, 0, 100, 100]
        assert out["net_after"].tolist() == [-100, 100, -100, -100, 0]

    def test_missing_values_and_labels_of_another_taxonomy_come_last(self, moments):
        out = walk(moments.replace({"touchpoint": {"web": None, "app": "zoo"}}), "touchpoint")

        assert out["from"].fillna("?").tolist() == ["zoo", "?", "?"]
        assert out["to"].fillna("?").tolist() == ["?", "zoo", "?"]
        assert out["share"].tolist() == [1, 3 / 5, 2 / 5]

    @pytest.mark.parametrize("name", ['weird "name', "k0", "{braces}", "n", "from", "document"])
    def test_any_column_name(self, moments, name):
        moments[name] = moments["stage"]

        out = walk(moments, name).sort_values(["from", "to"], ignore_index=True)

        pd.testing.assert_frame_equal(
            out, walk(moments).sort_values(["from", "to"], ignore_index=True)
        )
        assert list(walk(moments, (name, "stage")).columns[:4]) == [
            f"from_{name}", "from_stage", f"to_{name}", "to_stage",
        ]  # fmt: skip


class TestThin:
    def test_blanks_figures_and_keeps_counts(self, moments):
        out = walk(moments, min_n=2)

        assert out["thin"].tolist() == [False, True, True]
        assert out.loc[1:, FIGURES].isna().all(axis=None)
        assert out.loc[0, FIGURES].notna().all()
        assert out["share"].tolist() == [1, 0.5, 0.5]
        assert "thin" not in walk(moments)


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

        pd.testing.assert_frame_equal(walk(path), walk(moments))

    def test_two_equal_their_union(self, moments, tmp_path: Path):
        files = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
        moments[:6].to_parquet(files[0])
        moments[6:].to_parquet(files[1])

        pd.testing.assert_frame_equal(walk(files), walk(moments))


class TestEmpty:
    @pytest.mark.parametrize("by", ["stage", ("stage", "touchpoint")], ids=str)
    def test_has_columns_and_types(self, moments, by):
        full = walk(moments, by, min_n=2)
        for empty in (
            moments.iloc[:0],
            pd.DataFrame(columns=moments.columns),
            moments[moments["stage"] == "none"],
            moments[-1:],  # a document of one moment
        ):
            out = walk(empty, by, min_n=2)
            assert out.empty
            pd.testing.assert_series_equal(out.dtypes, full.dtypes)


class TestErrors:
    def test_columns(self, moments):
        with pytest.raises(ColumnError, match="lack the columns moment_id, start, which"):
            walk(moments.drop(columns=["start", "moment_id"]))
        with pytest.raises(ColumnError, match=r"no column 'shop' to table by; .*journey"):
            walk(moments, "shop")

    @pytest.mark.parametrize(
        ("by", "options", "message"),
        [
            pytest.param((), {}, "by names no column; name what a moment is", id="none"),
            pytest.param(("stage", "stage"), {}, "stage more than once", id="twice"),
            pytest.param("stage", {"min_n": 0}, "min_n is 0; give 1", id="min_n"),
            pytest.param("stage", {"confidence": 1}, "confidence is 1; give", id="confidence"),
        ],
    )
    def test_arguments(self, moments, by, options, message):
        with pytest.raises(InputError, match=message):
            walk(moments, by, **options)

    def test_offsets_that_are_none(self, moments):
        with pytest.raises(InputError, match=r"cannot be tabled: .*half"):
            walk(moments.astype({"start": object}).assign(start="half"))
