"""The report without a browser: what it holds, what it escapes, what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mot_nlp
from mot_nlp.errors import ColumnError, InputError, OutputError, ReadError
from mot_nlp.reporting import report
from mot_nlp.reporting.coverage import coverage
from mot_nlp.reporting.cube import SUMS, cube
from mot_nlp.reporting.findings import extremes, make_or_break, overall
from mot_nlp.reporting.flow import flow
from mot_nlp.reporting.numbers import interval, signed
from mot_nlp.reporting.prepared import MISSING, OTHERS, prepared
from mot_nlp.reporting.quoting import AROUND, GAP, LONGEST, quoted
from mot_nlp.tables import moment_table
from mot_nlp.tables.figures import figures
from mot_nlp.tables.shipped import or_shipped
from tests.reporting.world import HOSTILE, world
from tests.tiny import BUNDLE

TAXONOMY = or_shipped(None)


@pytest.fixture(scope="module")
def rows():
    return world()


@pytest.fixture(scope="module")
def page(rows, tmp_path_factory):
    moments, documents = rows
    path = tmp_path_factory.mktemp("report") / "report.html"
    report(moments, documents, path=path, title="</title><script>alert(1)</script>")
    return path.read_text(encoding="utf-8")


def payload(page):
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


class TestPage:
    def test_holds_no_markup_of_the_texts(self, page):
        for text in HOSTILE[:3]:
            assert text not in page
        assert page.count("<script") == page.count("</script>") == 3
        assert page.count("</style>") == 1
        assert "{{ 7 * 7 }}" in page
        assert ">49<" not in page

    def test_the_title_is_text(self, page):
        assert "<title>&lt;/title&gt;&lt;script&gt;" in page

    def test_names_no_address_to_fetch_from(self, page):
        markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
        assert not re.search(r"(?:src|href)=[\"'](?!#)", markup)
        assert "url(" not in markup
        assert "@import" not in markup
        assert "default-src 'none'" in markup

    def test_the_policy_allows_the_scripts_that_are_there(self, page):
        import base64
        import hashlib

        scripts = re.findall(r'<script type="module">(.*?)</script>', page, re.DOTALL)
        hashes = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
        assert re.findall(r"'sha256-([^']+)'", page) == hashes
        assert len(hashes) == 2

    def test_data_is_plain_json(self, page):
        data = payload(page)
        assert data["sums"] == list(SUMS)
        assert {entry["name"] for entry in data["filters"]} == {"brand", "source", "period"}
        assert data["t"] == sorted(data["t"], reverse=True)

    def test_size_does_not_grow_with_the_moments(self, rows, tmp_path):
        moments, _ = rows
        many = pd.concat(
            [
                moments.assign(
                    doc_id=moments["doc_id"] + f"x{k}", moment_id=moments["moment_id"] + f"x{k}"
                )
                for k in range(20)
            ],
            ignore_index=True,
        )
        sizes = [
            report(m, path=tmp_path / f"{n}.html").stat().st_size
            for n, m in enumerate((moments, many))
        ]
        assert sizes[1] < sizes[0] + 60_000

    def test_from_files(self, rows, page, tmp_path):
        for frame, name in zip(rows, ("moments", "documents"), strict=True):
            frame.to_parquet(tmp_path / f"{name}.parquet")
        path = report(
            tmp_path / "moments.parquet",
            tmp_path / "documents.parquet",
            path=tmp_path / "page.html",
            title="</title><script>alert(1)</script>",
        )
        assert payload(path.read_text(encoding="utf-8")) == payload(page)

    @pytest.mark.parametrize("documents", [False, True], ids=["moments alone", "with documents"])
    def test_nothing_to_report(self, rows, tmp_path, documents):
        moments, feedback = rows
        path = report(moments[:0], feedback if documents else None, path=tmp_path / "empty.html")
        assert "There is no moment of truth in these rows." in path.read_text(encoding="utf-8")

    def test_what_predict_returns(self, tmp_path):
        moments, documents = mot_nlp.predict(
            ["It broke after a week.", "Lovely shop, kind people!"],
            documents=True,
            model=BUNDLE,
        )
        path = report(moments, documents, path=tmp_path / "small.html")
        text = path.read_text(encoding="utf-8")
        assert "no outcome such as stars" in text
        assert "Rows set aside" in text

    def test_moments_without_a_score(self, rows, tmp_path):
        moments, documents = rows
        some = moments.assign(
            sentiment_score=moments["sentiment_score"].where(moments["doc_id"] != "d1")
        )
        assert report(some, documents, path=tmp_path / "some.html").is_file()

    def test_labels_that_the_taxonomy_lacks(self, rows, tmp_path):
        moments, documents = rows
        other = moments.assign(touchpoint=moments["touchpoint"].replace("price", "pricing"))
        path = report(other, documents, path=tmp_path / "other.html")
        assert "pricing" in path.read_text(encoding="utf-8")

    def test_an_outcome_that_nobody_asked_for_does_not_stop_it(self, rows, tmp_path):
        moments, documents = rows
        worded = documents.assign(stars=documents["stars"].astype(str) + " stars")
        path = report(moments, worded, path=tmp_path / "worded.html")
        assert "Nothing can be said of what moves stars" in path.read_text(encoding="utf-8")
        with pytest.raises(InputError, match="stars"):
            report(moments, worded, path=tmp_path / "worded.html", outcome="stars")

    def test_surrogates_become_replacement_characters(self, rows, tmp_path):
        moments, documents = (
            frame.assign(
                **{
                    name: pd.Series([f"{v}\udc80" for v in frame[name]], dtype=object)
                    for name in frame.columns.intersection(["doc_id", "brand", "text"])
                }
            )
            for frame in rows
        )
        path = report(moments, documents, path=tmp_path / "page.html", title="Half \ud800")
        page = path.read_text(encoding="utf-8")
        assert "<title>Half \ufffd</title>" in page
        assert "Tal\ufffd" in {
            value for entry in payload(page)["filters"] for value in entry["values"]
        }
        assert "the parcel never came at all\ufffd</mark>" in page

    def test_levels(self, rows, tmp_path):
        path = report(rows[0], path=tmp_path / "level.html", confidence=0.8)
        assert "80\u00a0%\u00a0CI" in path.read_text(encoding="utf-8")


class TestRefuses:
    def test_a_missing_folder(self, rows, tmp_path):
        with pytest.raises(OutputError, match="there is no folder"):
            report(rows[0], path=tmp_path / "gone" / "page.html")

    def test_a_folder(self, rows, tmp_path):
        with pytest.raises(OutputError, match="is a folder; name a file in it"):
            report(rows[0], path=tmp_path)

    def test_another_suffix(self, rows, tmp_path):
        with pytest.raises(OutputError, match=r"end the name in \.html"):
            report(rows[0], path=tmp_path / "report.pdf")

    def test_an_unknown_date(self, rows, tmp_path):
        with pytest.raises(ColumnError, match="no column 'datum' to take dates from"):
            report(rows[0], path=tmp_path / "page.html", date="datum")

    def test_moments_without_texts(self, rows, tmp_path):
        with pytest.raises(ColumnError, match="lack the columns text"):
            report(rows[0].drop(columns="text"), path=tmp_path / "page.html")

    def test_an_unknown_filter(self, rows, tmp_path):
        with pytest.raises(ColumnError, match=r"no column 'shop' to filter by; there are .*brand"):
            report(*rows, path=tmp_path / "page.html", filters=["shop"])

    def test_a_filter_within_documents(self, rows, tmp_path):
        with pytest.raises(InputError, match="differ between moments of one document"):
            report(*rows, path=tmp_path / "page.html", filters=["touchpoint"])

    def test_an_outcome_without_documents(self, rows, tmp_path):
        with pytest.raises(InputError, match="'stars' needs documents"):
            report(rows[0], path=tmp_path / "page.html", outcome="stars")

    def test_an_unknown_outcome(self, rows, tmp_path):
        with pytest.raises(ColumnError, match="no column 'nps' for the outcome; they have doc_id"):
            report(*rows, path=tmp_path / "page.html", outcome="nps")

    def test_thin_cells_of_no_moment(self, rows, tmp_path):
        with pytest.raises(InputError, match="min_n is 0"):
            report(rows[0], path=tmp_path / "page.html", min_n=0)


class TestPrepared:
    def test_rare_values_share_an_entry(self, rows):
        moments, _ = rows
        numbers = moments["doc_id"].str[1:].astype(int)
        shops = "shop" + (numbers % 30).astype(str)
        shops[numbers % 30 < 3] = "big"
        with prepared(moments.assign(shop=shops), None, filters=["shop"], date="date") as file:
            values = file.filters[0].values
            found = pd.read_parquet(file.path)["filter_0"]
        assert len(values) == 12
        assert values[0] == "big"
        assert values[-1] == OTHERS
        assert set(found) == set(values)

    def test_missing_values_are_named(self, rows):
        moments, _ = rows
        brands = moments["brand"].where(moments["brand"] != "Tal", None)
        with prepared(moments.assign(brand=brands), None, filters=None, date="date") as file:
            assert file.filters[0].values == ("Lun <b>", "Ode & Sons", MISSING)

    def test_documents_lend_their_source(self, rows):
        moments, documents = rows
        with prepared(moments, documents, filters=None, date="date") as file:
            found = pd.read_parquet(file.path)
            assert [entry.name for entry in file.filters] == ["brand", "source", "period"]
        expected = found["doc_id"].map(documents.set_index("doc_id")["source"])
        assert (found["filter_1"] == expected).all()
        assert len(found) == len(moments)

    @pytest.mark.parametrize(
        ("days", "period", "count", "first"),
        [
            pytest.param(400, "month", 14, ("2026-01", "2026-01-01"), id="months"),
            pytest.param(2_000, "quarter", 23, ("2026-Q1", "2026-01-01"), id="quarters"),
            pytest.param(12_000, "year", 33, ("2026", "2026-01-01"), id="years"),
        ],
    )
    def test_periods_are_few_and_without_gaps(self, rows, days, period, count, first):
        moments = (
            rows[0]
            .iloc[:2]
            .assign(date=["2026-01-15", str(pd.Timestamp("2026-01-15") + pd.Timedelta(days=days))])
        )
        with prepared(moments, None, filters=[], date="date") as file:
            assert file.period == period
            [entry] = file.filters
            assert len(entry.values) == len(entry.starts) == count
            assert (entry.values[0], entry.starts[0]) == first

    def test_a_date_out_of_all_reason_is_refused(self, rows, tmp_path):
        moments = rows[0].assign(date=rows[0]["date"].where(rows[0].index > 0, "9999-12-31"))
        with pytest.raises(
            InputError, match=r"run from 2026-01-.* to 9999-12-31, more than 36 years"
        ):
            report(moments, path=tmp_path / "page.html")

    def test_values_named_as_the_folded_ones(self, rows):
        moments, _ = rows
        numbers = moments["doc_id"].str[1:].astype(int) % 20
        shops = ("shop" + numbers.astype(str)).where(numbers > 0, OTHERS)
        with prepared(moments.assign(shop=shops), None, filters=["shop"], date="date") as file:
            view = cube(file, {"v": ("stage",)}, TAXONOMY)["v"]
        assert sum(row[3] for row in view.rows) == len(moments)

    def test_a_filter_called_period_is_no_time(self, rows):
        moments, _ = rows
        with prepared(moments.assign(period="x"), None, filters=["period"], date="date") as file:
            assert [bool(entry.starts) for entry in file.filters] == [False, True]


class TestCube:
    def test_pieces_add_up_to_the_table(self, rows):
        moments, documents = rows
        with prepared(moments, documents, filters=None, date="date") as file:
            view = cube(file, {"v": ("stage", "touchpoint")}, TAXONOMY)["v"]
        width = len(file.filters)
        pieces = (
            pd.DataFrame(view.rows)
            .groupby(width)[list(range(width + 1, width + 1 + len(SUMS)))]
            .sum()
        )
        sums = pieces.set_axis(SUMS, axis=1)
        expected = moment_table(moments, ("stage", "touchpoint"))
        assert view.cells == expected[["stage", "touchpoint"]].to_numpy().tolist()
        made = figures(sums, 0.95).reset_index(drop=True)
        pd.testing.assert_frame_equal(
            made, expected[list(made)], check_dtype=False, atol=1e-5, rtol=1e-5
        )

    def test_the_flow_adds_up_to_the_paths(self, rows):
        from mot_nlp.tables.transitions import paths

        moments, documents = rows
        with prepared(moments, documents, filters=None, date="date") as file:
            found = flow(file, TAXONOMY)
        width = len(file.filters)
        pieces = pd.DataFrame(found.rows).groupby(width)[[width + 1, width + 2, width + 3]].sum()
        expected = paths(moments)
        assert found.cells == expected[["from", "to"]].to_numpy().tolist()
        assert pieces.iloc[:, 0].tolist() == expected["n"].tolist()
        net = 100 * (pieces.iloc[:, 1] - pieces.iloc[:, 2]) / pieces.iloc[:, 0]
        assert np.allclose(net, expected["net_after"])

    def test_too_many_cells_are_refused(self, rows, monkeypatch):
        monkeypatch.setattr("mot_nlp.reporting.cube.MOST_ROWS", 10)
        with (
            prepared(*rows, filters=None, date="date") as file,
            pytest.raises(InputError, match=r"make \d+ cells, and a page holds 10; name fewer"),
        ):
            cube(file, {"v": ("stage",)}, TAXONOMY)


class TestQuotes:
    @pytest.fixture
    def moments(self, rows):
        """One document about delivery: three moments, words that are none before the last."""
        texts = ["It came late.", "The box was torn and wet.", "Nobody answered my letter."]
        starts = [0, 14, 60]
        return (
            rows[0][:3]
            .assign(
                doc_id="a", moment_id=["a#1", "a#2", "a#3"], text=texts, start=starts,
                end=[s + len(t) for s, t in zip(starts, texts, strict=True)],
                stage="post_purchase", moment="smot", touchpoint=["product", "delivery", "product"],
                sentiment="negative",
            )
            .reset_index(drop=True)
        )  # fmt: skip

    @pytest.fixture
    def delivered(self, tmp_path):
        def quotes_of(moments):
            moments.to_parquet(tmp_path / "moments.parquet")
            return quoted(tmp_path / "moments.parquet", ["delivery"], TAXONOMY, each=9)

        return quotes_of

    def test_stand_among_their_neighbours(self, moments, delivered):
        [quote] = delivered(moments)["delivery"]

        assert quote.before == "It came late. "
        assert quote.text == "The box was torn and wet."
        assert quote.after == f"{GAP}Nobody answered my letter."
        assert quote.span == "14–39"

    @pytest.mark.parametrize("column", ["start", "end", "text"])
    def test_without_a_place_or_a_text_are_left_out(self, moments, delivered, column):
        moments = pd.concat(
            [moments, moments[1:2].assign(moment_id="a#4", doc_id="b", text="A very rude driver.")]
        ).astype({"start": "Int64", "end": "Int64"})
        for row, expected in ((3, ["a"]), (1, ["b"])):
            odd = moments.reset_index(drop=True)
            odd.loc[row, column] = None
            quotes = delivered(odd)["delivery"]
            assert [quote.doc_id for quote in quotes] == expected
            assert quotes[0].span == "14–39"

    def test_neighbours_without_a_place_or_a_text_are_left_out(self, moments, delivered):
        moments = moments.astype({"start": "Int64"})
        moments.loc[0, "start"] = None
        moments.loc[2, "text"] = " "
        [quote] = delivered(moments)["delivery"]

        assert (quote.before, quote.after, quote.span) == ("", "", "14–39")

    @pytest.mark.parametrize("words", ["word " * 100_000, "x" * 500_000], ids=["words", "one word"])
    def test_huge_ones_are_cut(self, moments, delivered, words):
        moments.loc[1, "text"] = words
        moments.loc[1, "end"] = 14 + len(words)
        moments["start"] += [0, 0, len(words)]
        moments["end"] += [0, 0, len(words)]
        [quote] = delivered(moments)["delivery"]

        shown, _, length = quote.text.partition("… ")
        assert words.startswith(shown)
        assert LONGEST - 5 <= len(shown) <= LONGEST
        assert length == "[500,000 characters in all]"
        assert quote.before == "It came late. "

    def test_huge_neighbours_are_cut(self, moments, delivered):
        size = 500_000
        moments.loc[[0, 2], "text"] = ["x" * size, "y " * size]
        moments["start"] = [0, size + 1, size + 27]
        moments["end"] = [size, size + 26, 3 * size + 27]
        [quote] = delivered(moments)["delivery"]

        assert quote.before == "…" + "x" * (AROUND - 1) + " "
        assert quote.after.startswith(" y y ")
        assert quote.after.endswith("…")
        assert len(quote.after) <= AROUND + 1


class TestCoverage:
    def test_counts(self, rows):
        moments, documents = rows
        facts = dict(coverage(moment_table(moments, ()), moments, documents, 4))
        assert facts["Documents read"] == "120"
        assert facts["Segments"] == f"{documents['n_segments'].sum():,}"
        assert facts["Moments"] == f"{len(moments):,}"
        assert facts["Rows set aside"] == "4"

    def test_reads_the_list(self, rows, tmp_path):
        path = tmp_path / "rejected.jsonl"
        path.write_text('{"reason": "no text"}\n{"reason": "no text"}\n\n{"reason": "no id"}\n')
        facts = dict(coverage(moment_table(rows[0], ()), rows[0], None, path))
        assert facts["Rows set aside"] == "3"
        assert facts["… no text"] == "2"

    @pytest.mark.parametrize("content", [b"oops", b"[1]", b'{"row": 1}', b"\xff\xfe"], ids=repr)
    def test_refuses_what_is_no_list(self, rows, tmp_path, content):
        path = tmp_path / "rejected.jsonl"
        path.write_bytes(content)
        with pytest.raises(ReadError, match=r"rejected\.jsonl"):
            coverage(moment_table(rows[0], ()), rows[0], None, path)

    def test_documents_of_other_moments_are_said(self, rows):
        moments, documents = rows
        facts = dict(coverage(moment_table(moments, ()), moments, documents[:40], None))
        expected = (~moments["doc_id"].isin(documents["doc_id"][:40])).sum()
        assert facts["Moments of a document that was not given"] == str(expected)
        assert "Moments of a document that was not given" not in dict(
            coverage(moment_table(moments, ()), moments, documents, None)
        )

    def test_says_what_it_does_not_know(self, rows):
        assert ("Rows set aside", "not known") in coverage(
            moment_table(rows[0], ()), Path("moments.parquet"), None, None
        )


class TestFindings:
    def table(self, **columns):
        base = {"n": 10, "documents": 9, "positive": 0.5, "negative": 0.2, "pivotal_share": 0.1}
        return pd.DataFrame({**base, **columns})

    def test_pull_is_share_times_net(self):
        table = self.table(
            touchpoint=["a_b", "c", "d", "e"], share=[0.5, 0.1, 0.3, 0.1],
            net_sentiment=[-20.0, -60.0, 30.0, 90.0], net_low=[-30.0, -70.0, 10.0, -5.0],
            net_high=[-10.0, -50.0, 50.0, 100.0],
        )  # fmt: skip
        low, high = extremes(table, "touchpoint", "95 % CI")
        assert low.head == "Pulls down most: a b"
        assert (
            "50\u00a0% of moments, at a net sentiment of −20 (95 % CI −30 to −10): −10.0 points"
            in low.text
        )
        assert low.mood == "negative"
        assert high.head == "Lifts most: d"

    def test_too_few(self):
        table = self.table(n=1, documents=1, share=1.0, net_sentiment=[-100.0])
        [found] = overall(table, "95 % CI", 5)
        assert found.text == "1 moment in 1 document: too few for figures."

    def test_no_sign_is_certain(self):
        table = self.table(
            touchpoint=["a"], share=[1.0], net_sentiment=[5.0], net_low=[-5.0], net_high=[15.0]
        )
        [found] = extremes(table, "touchpoint", "95 % CI")
        assert "clearly above or below zero" in found.text

    def test_overall(self):
        table = self.table(share=[1.0], net_sentiment=[30.0], net_low=[np.nan], net_high=[np.nan])
        [found] = overall(table, "95 % CI", 5)
        assert found.head == "Net sentiment +30"
        assert found.text == "10 moments in 9 documents, 50\u00a0% positive and 20\u00a0% negative."
        assert found.mood == ""

    def test_no_ranking_no_finding(self):
        assert make_or_break(None, "touchpoint", "stars", "95 % CI") == []


def test_numbers():
    assert signed(-0.4) == "0"
    assert signed(float("nan")) == "·"
    assert interval(-3.2, 0.1) == "−3 to 0"
    assert interval(None, 3) == ""
