"""What a result looks like in a notebook, and that it stays a DataFrame."""

from __future__ import annotations

import copy
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mot_nlp.records import MOMENT_COLUMNS
from mot_nlp.views import LONG, MAX_DOCUMENTS, MomentFrame, highlight, moment_frame

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "Great reviews.\nBut it died in a week."
TAGS = {"div", "mark", "small", "span"}


class Reader(HTMLParser):
    """Takes HTML apart: the text in each mark and caption, all text, and the tags seen."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.marks: list[str] = []
        self.captions: list[str] = []
        self.titles: list[str] = []
        self.text = ""
        self.feed(markup)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append(tag)
        values = dict(attrs)
        assert set(values) <= {"style", "title", "dir"}
        if tag == "mark":
            self.marks.append("")
            self.titles.append(values["title"])
        if tag == "small":
            self.captions.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "small" in self.open:
            self.captions[-1] += data
        elif "mark" in self.open:
            self.marks[-1] += data
        if "small" not in self.open:
            self.text += data


def row(start: Any, end: Any, **values: Any) -> dict[str, Any]:
    return {
        "doc_id": "a", "start": start, "end": end, "stage": "awareness", "moment": "zmot",
        "touchpoint": "word_of_mouth", "sentiment": "positive", "pivotal": False,
        "stage_confidence": 0.934, **values,
    }  # fmt: skip


ROWS = [
    row(0, 14),
    row(15, 37, stage="post_purchase", moment="smot", touchpoint="product",
        sentiment="negative", pivotal=True, stage_confidence=0.5),
]  # fmt: skip


def frame(documents: int = 2) -> MomentFrame:
    rows = [row_ | {"doc_id": f"d{n}"} for n in range(documents) for row_ in ROWS]
    texts = {f"d{n}": f"{TEXT} #{n}#" for n in range(documents)}
    return moment_frame(rows, [*MOMENT_COLUMNS, "brand"], texts)


class TestHighlight:
    def test_marks_and_captions(self):
        seen = Reader(highlight(TEXT, ROWS))

        assert seen.text == TEXT
        assert seen.marks == ["Great reviews.", "But it died in a week."]
        assert seen.captions == [
            "+ awareness · zmot · word_of_mouth",
            "- post_purchase · smot · product ★",
        ]
        assert seen.titles == [
            "positive; confidence: stage 0.93",
            "negative; confidence: stage 0.50",
        ]

    def test_order_of_rows_does_not_matter(self):
        assert highlight(TEXT, ROWS[::-1]) == highlight(TEXT, ROWS)

    def test_none_is_said_once(self):
        nothing = dict.fromkeys(["stage", "moment", "touchpoint"], "none")
        seen = Reader(highlight(TEXT, [row(0, 5, sentiment="neutral", **nothing)]))

        assert seen.captions == ["o none"]

    @pytest.mark.parametrize(
        "hostile",
        [
            "<script>alert(1)</script>",
            "</style><b>",
            '" onmouseover="x',
            "' x='",
            "&lt;&amp;",
            "]]>",
        ],
    )
    def test_everything_is_escaped(self, hostile):
        labels = dict.fromkeys(["stage", "moment", "touchpoint", "sentiment"], hostile)
        text = f"{hostile} and {hostile}"
        seen = Reader(highlight(text, [row(0, len(hostile), **labels)]))

        assert seen.text == text
        assert seen.marks == [hostile]
        assert seen.captions == [f"o {hostile}"]
        assert set(seen.tags) <= TAGS
        assert hostile in seen.titles[0]

    @pytest.mark.parametrize(
        ("start", "end"),
        [
            (-1, 5),
            (5, 5),
            (9, 3),
            (0, 999),
            (None, 5),
            (0, float("nan")),
            (0, "5"),
            (0.5, 3),
            (0, pd.NA),
        ],
        ids=str,
    )
    def test_rows_that_do_not_fit_are_left_out(self, start, end):
        assert Reader(highlight(TEXT, [row(start, end), ROWS[1]])).marks == [TEXT[15:]]

    def test_overlaps_are_left_out(self):
        seen = Reader(highlight(TEXT, [*ROWS, row(3, 20), row(0, 14)]))

        assert seen.text == TEXT
        assert len(seen.marks) == 2

    def test_offsets_that_pandas_made_floats(self):
        assert Reader(highlight(TEXT, [row(0.0, np.float64(5))])).marks == ["Great"]

    def test_missing_values(self):
        labels = {"stage": None, "moment": float("nan"), "touchpoint": pd.NA, "sentiment": None}
        seen = Reader(
            highlight(TEXT, [row(0, 5, pivotal=pd.NA, stage_confidence=np.nan, **labels)])
        )

        assert (seen.captions, seen.titles) == (["o"], [""])
        assert Reader(highlight(TEXT, [{"start": 0, "end": 5}])).marks == ["Great"]

    def test_pivotal_of_numpy(self):
        assert "★" in highlight(TEXT, [row(0, 5, pivotal=np.bool_(True))])

    def test_half_a_surrogate_pair_can_be_written(self):
        assert "a?b" in highlight("a\ud800b", []).encode("utf-8").decode("utf-8")

    def test_newlines_stay(self):
        markup = highlight("one\n\ntwo", [])

        assert "white-space:pre-wrap" in markup
        assert Reader(markup).text == "one\n\ntwo"

    @given(
        text=st.text(max_size=40),
        spans=st.lists(st.tuples(st.integers(-2, 42), st.integers(-2, 42)), max_size=6),
    )
    def test_the_text_is_all_there(self, text, spans):
        seen = Reader(highlight(text, [row(*span) for span in spans]))

        assert seen.text == text.encode("utf-8", "replace").decode()
        assert all(mark in text for mark in seen.marks)


class TestLong:
    TEXT = "".join(f"{number:06d} says little. " for number in range(5_000))

    def test_around_moments_only(self):
        seen = Reader(highlight(self.TEXT, [row(50_000, 50_022), row(90_000, 90_022)]))

        assert seen.marks == [self.TEXT[50_000:50_022], self.TEXT[90_000:90_022]]
        assert self.TEXT[49_900:50_100] in seen.text
        assert seen.text.count("[…]") == 3
        assert len(seen.text) < LONG

    def test_many_moments(self):
        rows = [row(start, start + 22) for start in range(0, 100_000, 50)]
        seen = Reader(highlight(self.TEXT, rows))

        assert len(seen.text) < 1.5 * LONG
        assert seen.captions[-1] == f"{2_000 - len(seen.marks)} more moments"

    def test_a_moment_as_long_as_the_text(self):
        seen = Reader(highlight(self.TEXT, [row(0, len(self.TEXT))]))

        assert len(seen.text) < LONG
        assert seen.marks[0].startswith("000000 says")

    def test_no_moment(self):
        assert Reader(highlight(self.TEXT, [])).text == self.TEXT[:LONG] + " […] "

    def test_just_not_long(self):
        assert Reader(highlight("x" * LONG, [])).text == "x" * LONG


class TestFrame:
    def test_texts_above_the_table(self):
        markup = frame()._repr_html_()

        assert markup is not None
        assert markup.count("<mark") == 4
        assert markup.index("#1#") < markup.index("<table")
        assert markup.endswith(pd.DataFrame(frame())._repr_html_())  # type: ignore[operator]

    def test_rows_left_out_are_not_marked(self):
        found = frame().query("doc_id == 'd1' and pivotal")

        assert isinstance(found, MomentFrame)
        markup = found._repr_html_() or ""
        assert markup.count("<mark") == 1
        assert "#1#" in markup
        assert "#0#" not in markup

    def test_remembers_the_first_documents(self):
        assert (frame(MAX_DOCUMENTS + 5)._repr_html_() or "").count("<mark") == 2 * MAX_DOCUMENTS

    def test_takes_a_frame_too(self):
        made = moment_frame(pd.DataFrame(ROWS), ["doc_id", "start", "end"], {"a": TEXT})

        assert list(made.columns) == ["doc_id", "start", "end"]
        assert "<mark" in (made._repr_html_() or "")

    @pytest.mark.parametrize(
        "plain",
        [
            pytest.param(lambda f: f[["stage", "text"]], id="columns gone"),
            pytest.param(lambda f: f.drop(columns="start"), id="no start"),
            pytest.param(lambda f: f.set_index("doc_id"), id="id in index"),
            pytest.param(lambda f: f.iloc[:0], id="no rows"),
            pytest.param(lambda f: f.assign(doc_id=7), id="other ids"),
            pytest.param(lambda f: f.T, id="transposed"),
            pytest.param(lambda f: pd.concat([f, f], axis=1), id="columns twice"),
            pytest.param(lambda f: f.groupby("stage").agg({"start": ["min", "max"]}), id="grouped"),
            pytest.param(lambda f: moment_frame(f, f.columns, {}), id="no texts"),
            pytest.param(lambda f: MomentFrame(f.to_dict("list")), id="own"),
        ],
    )
    def test_falls_back_to_the_table(self, plain):
        shown = plain(frame())

        assert shown._repr_html_() == pd.DataFrame(shown)._repr_html_()  # type: ignore[operator]

    def test_no_html_where_pandas_shows_none(self):
        with pd.option_context("display.notebook_repr_html", False):
            assert frame()._repr_html_() is None

    def test_hostile_id(self):
        shown = moment_frame([row(0, 5, doc_id="<b>")], MOMENT_COLUMNS, {"<b>": TEXT})

        assert "<b>" not in (shown._repr_html_() or "")

    def test_no_rows(self):
        empty = moment_frame([], MOMENT_COLUMNS, {"a": TEXT})

        assert list(empty.columns) == list(MOMENT_COLUMNS)
        assert "<mark" not in (empty._repr_html_() or "")


class TestStillADataFrame:
    def test_keeps_class_and_texts(self):
        whole = frame()
        for part in (whole[whole["pivotal"]], whole.head(1), whole.copy(), copy.deepcopy(whole),
                     whole.sort_values("start"), whole.reset_index(drop=True), whole.assign(x=1),
                     whole.rename(columns={"text": "words"})):  # fmt: skip
            assert isinstance(part, MomentFrame)
            assert "<mark" in (part._repr_html_() or "")

    def test_concat_and_merge(self):
        both = pd.concat([frame(1), frame(2)], ignore_index=True)
        joined = frame().merge(pd.DataFrame({"doc_id": ["d0"], "shop": ["x"]}), on="doc_id")

        assert len(both) == 6
        assert joined["shop"].tolist() == ["x", "x"]
        assert both._repr_html_()
        assert joined._repr_html_()

    def test_groupby(self):
        grouped = frame().groupby("stage", sort=True)

        assert grouped.size().to_dict() == {"awareness": 2, "post_purchase": 2}
        assert grouped["stage_confidence"].mean().tolist() == pytest.approx([0.934, 0.5])
        assert [len(part) for _, part in grouped] == [2, 2]

    def test_files(self, tmp_path: Path):
        whole = frame()
        whole.to_parquet(tmp_path / "moments.parquet")
        again = pd.read_parquet(tmp_path / "moments.parquet")

        pd.testing.assert_frame_equal(again, pd.DataFrame(whole), check_dtype=False)
        assert whole.to_csv() == pd.DataFrame(whole).to_csv()

    def test_changes_do_not_reach_the_rows_given(self):
        rows = [dict(row(0, 5))]
        made = moment_frame(rows, list(rows[0]), {"a": TEXT})
        made["stage"] = "changed"

        assert rows[0]["stage"] == "awareness"
