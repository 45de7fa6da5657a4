"""Charts: what is drawn is read back from the SVG that Vega-Lite makes of them."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import altair as alt
import numpy as np
import pandas as pd
import pytest
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st

from mot_nlp.errors import ColumnError, InputError, OutputError
from mot_nlp.reporting import charts
from mot_nlp.reporting.charts import (
    dumbbells,
    expressions,
    flow,
    heat_map,
    journey_curve,
    make_or_break_map,
    orders,
    rows,
    save,
    specification,
    theme,
    trend_lines,
)
from mot_nlp.reporting.charts.make_or_break import MOST_LABELS
from mot_nlp.reporting.charts.marks import LINE, NOTHING, spread
from mot_nlp.reporting.charts.sankey import MOST_RIBBONS
from mot_nlp.reporting.charts.trends import MOST_LINES
from mot_nlp.tables import moment_table

NAN = float("nan")
VERSION = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])


# ---------------------------------------------------------------- small tables


def sentiment(by: dict[str, list[object]], nets: list[float], **others) -> pd.DataFrame:
    """A sentiment table with intervals of 20 points, counts of 10, 20, 30 and so on."""
    net = np.array(nets, dtype=float)
    n = 10 * np.arange(1, len(net) + 1)
    figures = {
        "n": n, "documents": n // 2, "share": n / n.sum(), "net_sentiment": net,
        "net_low": net - 10, "net_high": net + 10,
    }  # fmt: skip
    return pd.DataFrame({**by, **figures, **others})


def journey() -> pd.DataFrame:
    stages = ["awareness", "consideration", "decision", "post_purchase"]
    return sentiment({"stage": stages}, [8.2, -10.6, 0.3, -80])


def pairs() -> pd.DataFrame:
    by = {
        "stage": ["see", "see", "buy", "buy", "buy"],
        "touchpoint": ["web", "shop", "web", "price", "shop"],
    }
    return sentiment(by, [100, NAN, -100, 0, -44.4])


def drivers() -> pd.DataFrame:
    impact = np.array([0.3, -0.1, 0.02, 0.021, NAN])
    return pd.DataFrame(
        {
            "touchpoint": ["word_of_mouth", "staff", "price", "store", "loyalty"],
            "n": [50, 40, 30, 20, 10],
            "documents": [30, 25, 20, 1, 5],
            "share": [0.5, 0.4, 0.3, 0.02, 0.1],
            "net_sentiment": [-40.0, 30.0, -10.0, 5.0, 20.0],
            "impact": impact,
            "impact_low": impact - 0.05,
            "impact_high": impact + 0.05,
            "factor": ["basic", "excitement", "performance", "unclear", "unclear"],
            "rank": pd.array([1, 2, 4, None, None], dtype="Int64"),
        }
    )


def trend(series: int = 2) -> pd.DataFrame:
    periods = pd.date_range("2025-11-01", periods=5, freq="MS")
    names = [f"brand_{number}" for number in range(series)]
    by = {
        "brand": [name for name in names for _ in periods],
        "period": [period for _ in names for period in periods],
    }
    nets = [place * 10.0 + number for place in range(series) for number in (0, 1, NAN, 3, 4)]
    return sentiment(by, nets)


def comparison() -> pd.DataFrame:
    value, against = np.array([10.0, -20, 5, 60]), np.array([-20.0, 10, 0, 50])
    known = np.array([1, 1, 1, NAN])
    difference = value - against
    return pd.DataFrame(
        {
            "touchpoint": ["web", "shop", "price", "staff"],
            "group": "Lun",
            "against": "Ode_x",
            "value": value,
            "value_against": against,
            "difference": difference,
            "low": (difference - 20) * known,
            "high": (difference + 20) * known,
            "q_value": [0.01, 0.05, 0.4, NAN],
            "note": ["", "", "", "too few moments"],
            "words": ["rose", "fell", "no clear difference", "too few moments to compare"],
        }
    )


def steps() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "from": ["see", "see", "buy", "buy", "use"],
            "to": ["buy", "use", "buy", "use", "use"],
            "n": [10, 5, 20, 40, 100],
            "documents": [10, 5, 15, 30, 60],
            "net_before": 0.0,
            "net_after": [50.0, NAN, -100, 0, 17],
            "after_low": [40.0, NAN, -100, -5, 10],
            "after_high": [60.0, NAN, -100, 5, 24],
        }
    )


CHARTS = {
    "journey": (journey_curve, journey()),
    "journey down": (journey_curve, sentiment({"touchpoint": list("abcdefg")}, [1, NAN, 3, 4, 5, 6, 7])),
    "heat": (heat_map, pairs()),
    "make or break": (make_or_break_map, drivers()),
    "trend": (trend_lines, trend()),
    "trend of one": (trend_lines, trend().query("brand == 'brand_0'").drop(columns="brand")),
    "trend panels": (trend_lines, trend(MOST_LINES + 1)),
    "dumbbells": (dumbbells, comparison()),
    "flow": (flow, steps()),
}  # fmt: skip
EVERY = pytest.mark.parametrize(("draw", "table"), list(CHARTS.values()), ids=list(CHARTS))


# ---------------------------------------------------------------- reading a picture


class Picture:
    """An SVG and what is in it."""

    def __init__(self, spec: dict[str, object]) -> None:
        self.svg = vl_convert.vegalite_to_svg(spec, vl_version=VERSION)
        self.root = ET.fromstring(re.sub(r' xmlns="[^"]+"', "", self.svg))

    @property
    def width(self) -> float:
        return float(self.root.attrib["width"])

    @property
    def texts(self) -> list[str]:
        """Every text; the lines of one are joined by spaces."""
        return [
            " ".join("".join(e.itertext()) for e in lines(text)) for text in self.root.iter("text")
        ]

    def marks(self, kind: str) -> list[list[ET.Element]]:
        """The elements of each layer of a kind, in order of the layers."""
        groups = [g for g in self.root.iter("g") if f"mark-{kind} role-mark" in g.get("class", "")]
        return [[e for e in group.iter() if e.tag in ("path", "text", "line")] for group in groups]

    def told(self) -> list[str]:
        """What a screen reader says of each mark that it does not skip."""
        return [
            e.attrib["aria-label"]
            for e in self.root.iter()
            if e.get("role") == "graphics-symbol" and "aria-label" in e.attrib and e.tag == "path"
        ]


def lines(text: ET.Element) -> list[ET.Element]:
    return text.findall("tspan") or [text]


def picture(chart: alt.TopLevelMixin) -> Picture:
    return Picture(chart.to_dict())


def fed(spec: dict[str, object], table: pd.DataFrame) -> Picture:
    """What a page shows."""
    return Picture(spec | {"data": {"name": "table", "values": rows(table)}})


def position(element: ET.Element) -> tuple[float, float]:
    match = re.match(r"translate\(([^,]+),([^)]+)\)", element.attrib["transform"])
    assert match
    return float(match[1]), float(match[2])


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


# ---------------------------------------------------------------- what holds of every chart


def test_all_is_sorted_and_there():
    assert charts.__all__ == sorted(charts.__all__)
    assert all(callable(getattr(charts, name)) for name in charts.__all__)


@EVERY
class TestEvery:
    def test_specification_and_rows_make_the_same_picture(self, draw, table):
        chart = draw(table)
        spec = json.loads(json.dumps(specification(chart), allow_nan=False))
        again = fed(spec | {"background": "white"}, table)

        assert again.svg.replace("currentColor", theme.INK) == picture(chart).svg

    def test_specification_holds_no_rows_and_no_address(self, draw, table):
        spec = specification(draw(table))
        sources = list(found(spec, "data"))

        assert sources[0] == {"name": "table"}
        assert all(set(source) == {"sequence"} for source in sources[1:])
        assert "datasets" not in spec
        assert not list(found(spec, "url"))

    def test_a_page_gives_the_ink(self, draw, table):
        spec = specification(draw(table))

        assert spec["background"] is None
        assert theme.INK not in json.dumps(spec)
        assert "currentColor" in json.dumps(spec)

    @pytest.mark.parametrize("kept", [slice(0, 0), slice(0, 2), slice(1, None, 2)], ids=str)
    def test_rows_may_be_missing(self, draw, table, kept):
        shown = fed(specification(draw(table)), table[kept])

        assert "NaN" not in shown.svg
        assert "undefined" not in shown.svg
        if kept.stop == 0 and isinstance(draw(table), alt.LayerChart):
            assert NOTHING in shown.texts

    def test_empty(self, draw, table):
        for empty in (table.iloc[:0], pd.DataFrame(columns=table.columns)):
            shown = picture(draw(empty))
            assert NOTHING in shown.texts
            assert "NaN" not in shown.svg
        assert NOTHING not in picture(draw(table)).texts

    def test_a_chart_of_nothing_can_be_fed(self, draw, table):
        shown = fed(specification(draw(table.iloc[:0])), table)

        assert NOTHING not in shown.texts
        assert len(shown.told()) >= min(len(table), 4)

    @pytest.mark.parametrize("width", [340, 640])
    def test_width_is_that_of_the_picture(self, draw, table, width):
        chart = draw(table, width=width)
        drawn = picture(chart).width

        assert (
            drawn == width if isinstance(chart, alt.LayerChart) else width * 0.85 < drawn <= width
        )

    def test_container(self, draw, table):
        chart = draw(table, width="container")

        if isinstance(chart, alt.LayerChart):
            assert specification(chart)["width"] == "container"
            assert picture(chart).width == theme.WIDTH
        else:
            assert picture(chart).svg == picture(draw(table)).svg

    def test_labels_have_no_underscores(self, draw, table):
        assert not [text for text in picture(draw(table)).texts if "_" in text]

    def test_is_described(self, draw, table):
        shown = picture(draw(table))

        assert len(shown.root.attrib["aria-label"]) > 60
        assert shown.told()
        assert not [text for text in shown.told() if "undefined" in text or "null" in text]

    def test_a_missing_column(self, draw, table):
        with pytest.raises(
            ColumnError, match=r"lacks the columns n?.*which this chart draws; it has"
        ):
            draw(table.drop(columns=table.columns[-2]))

    def test_leaves_the_notebook_alone(self, draw, table):
        before = picture(draw(table)).svg
        with alt.theme.enable("dark"):
            spec = specification(draw(table))
            assert alt.theme.active == "dark"

        assert (
            fed(spec | {"background": "white"}, table).svg.replace("currentColor", theme.INK)
            == before
        )

    def test_saves(self, draw, table, tmp_path):
        save(draw(table), tmp_path / "chart.svg")

        assert (tmp_path / "chart.svg").read_text(encoding="utf-8") == picture(draw(table)).svg


def found(part: object, key: str):
    """Every value of a key, outermost first."""
    if isinstance(part, dict):
        if key in part:
            yield part[key]
        for value in part.values():
            yield from found(value, key)
    elif isinstance(part, list):
        for value in part:
            yield from found(value, key)


# ---------------------------------------------------------------- one by one


class TestJourney:
    def test_figures_and_counts(self):
        texts = picture(journey_curve(journey())).texts

        assert [t for t in texts if t in {"+8", "−11", "0", "−80"}][-4:] == [
            "+8",
            "−11",
            "0",
            "−80",
        ]
        assert [t for t in texts if t.startswith("n ")] == ["n 10", "n 20", "n 30", "n 40"]
        assert "post purchase" in texts

    def test_dots_stand_in_the_order_of_rows_and_are_as_large_as_the_share(self):
        (dots,) = picture(journey_curve(journey()[::-1])).marks("symbol")
        radii = [float(re.match(r"M([\d.]+),0A", dot.attrib["d"])[1]) for dot in dots]
        expected = np.sqrt(theme.SHARE_AREA * journey()["share"][::-1] / np.pi)

        assert [position(dot)[0] for dot in dots] == sorted(position(dot)[0] for dot in dots)
        np.testing.assert_allclose(radii, expected, atol=0.001)
        heights = [position(dot)[1] for dot in dots]
        assert (
            np.argsort(heights).tolist() == np.argsort(-journey()["net_sentiment"][::-1]).tolist()
        )

    @pytest.mark.parametrize("how", ["blank", "missing"])
    @pytest.mark.parametrize("extra", [0, 3], ids=["across", "down"])
    def test_a_gap_breaks_the_line(self, how, extra):
        names = [*"abcde", *"fgh"[:extra]]
        table = sentiment({"stage": names}, [1, 2, NAN, 4, *range(5, 6 + extra)])
        spec = specification(journey_curve(table))
        shown = fed(spec, table if how == "blank" else table.drop(index=2))

        assert shown.marks("line")[0][0].attrib["d"].count("M") == 2
        assert shown.marks("area")[0][0].attrib["d"].count("Z") == 2

    def test_is_told(self):
        told = picture(journey_curve(journey())).told()

        assert told[0] == "awareness: net sentiment +8 (−2 to +18), 10 moments in 5 documents"
        assert "post purchase: " in told[3]

    @pytest.mark.parametrize("by", [(), ("stage", "touchpoint")], ids=str)
    def test_draws_one_column(self, by):
        table = pairs().drop(columns=[name for name in ("stage", "touchpoint") if name not in by])
        with pytest.raises(
            InputError, match=r"by 1 column, and this one is by .*; give moment_table"
        ):
            journey_curve(table.assign(share=0.2))

    @pytest.mark.parametrize(
        "name", ["my.shop", "a[0]", 'q"uote', "it's", "ünï", "label", "\\n", "source"]
    )
    def test_any_column_name_and_value(self, name):
        values = [None, True, 5.0, 2.5, "x_y · z", 'say "hi"', "it's <b>", 10**12, "datum.n"]
        table = sentiment({name: pd.Series(values, dtype=object)}, list(range(9)))
        shown = picture(journey_curve(table))
        words = [
            "missing",
            "true",
            "5",
            "2.5",
            "x y · z",
            'say "hi"',
            "it's <b>",
            "1000000000000",
            "datum.n",
        ]

        assert orders.labels(table, [name]) == words
        assert [text for text in shown.texts if text in words] == words
        assert len({position(dot)[1] for dot in shown.marks("symbol")[0]}) == len(values)

    def test_real_table(self):
        moments = pd.DataFrame(
            {
                "doc_id": list("aabbc"), "stage": ["awareness", "decision", "decision", "none", "decision"],
                "sentiment": ["positive", "negative", "neutral", "neutral", "positive"],
                "sentiment_score": 0.0, "pivotal": False, "brand": ["x", "x", None, None, "y"],
            }
        )  # fmt: skip
        told = picture(journey_curve(moment_table(moments, by="stage", subtotals=True))).told()

        assert [text.split(":")[0] for text in told] == ["awareness", "decision"]
        assert "awareness: net sentiment +100, 1 moment in 1 document" in told


class TestHeat:
    def test_colours_tell_the_figures(self):
        filled, blank = picture(heat_map(pairs())).marks("rect")

        assert [colour(rect.attrib["fill"]) for rect in filled[:3]] == [
            theme.NET_COLOURS[4], theme.NET_COLOURS[0], theme.NET_COLOURS[2]
        ]  # fmt: skip
        assert len(filled) == 4
        assert [rect.get("fill", "none") for rect in blank] == ["none"]

    def test_figures_have_signs(self):
        texts = picture(heat_map(pairs())).texts

        assert {"+100", "−100", "0", "−44"} <= set(texts)
        assert [text for text in texts if text.startswith("n ")] == [
            "n 10",
            "n 30",
            "n 40",
            "n 50",
            "n 20",
        ]

    def test_the_shorter_column_stands_across_and_both_are_in_order(self):
        shown = picture(heat_map(pairs()))
        cells = dict(
            zip(
                [t.split(":")[0] for t in shown.told()],
                map(corner, shown.marks("rect")[0]),
                strict=True,
            )
        )

        assert cells["see · web"][0] < cells["buy · web"][0]
        assert (
            cells["see · web"][1]
            == cells["buy · web"][1]
            < cells["buy · price"][1]
            < cells["buy · shop"][1]
        )

    def test_needs_two_columns(self):
        with pytest.raises(
            InputError, match=r"by 2 columns, and this one is by stage; give moment_table"
        ):
            heat_map(journey())

    def test_texts_can_be_read_on_every_colour(self):
        stops = [np.array([int(c[at : at + 2], 16) for at in (1, 3, 5)]) for c in theme.NET_COLOURS]
        for one, other in pairwise(stops):
            for part in np.linspace(0, 1, 50):
                mixed = "#{:02x}{:02x}{:02x}".format(
                    *np.round(one + (other - one) * part).astype(int)
                )
                assert contrast(mixed, theme.ON_COLOUR) >= 4.5

    def test_the_scale_is_even(self):
        """Neither side looks stronger in grey."""
        grey = [luminance(colour) for colour in theme.NET_COLOURS]

        assert max(grey) == grey[2]
        assert abs(grey[0] - grey[4]) < 0.05
        assert abs(grey[1] - grey[3]) < 0.1


@pytest.mark.parametrize("shade", [*theme.LINE_COLOURS, theme.NEUTRAL])
def test_lines_can_be_seen_on_paper_and_in_the_dark(shade):
    assert contrast(shade, "#ffffff") >= 3
    assert contrast(shade, "#000000") >= 3


def test_quiet_text_can_be_read():
    ink = [int(theme.INK[at : at + 2], 16) for at in (1, 3, 5)]
    on_white = [round(theme.QUIET * part + (1 - theme.QUIET) * 255) for part in ink]

    assert contrast("#{:02x}{:02x}{:02x}".format(*on_white), "#ffffff") >= 4.5


class TestMakeOrBreak:
    def heights(self, table) -> dict[str, float]:
        shown = picture(make_or_break_map(table))
        return dict(zip([t.split(":")[0] for t in shown.told()], [position(d)[1] for d in shown.marks("symbol")[0]], strict=True))  # fmt: skip

    def test_what_goes_with_a_better_outcome_is_above(self):
        stars, churn = drivers(), drivers()
        churn.attrs = {"outcome": "churned", "higher_is_better": False}

        assert self.heights(stars)["staff"] < 210 < self.heights(stars)["word of mouth"]
        assert self.heights(churn)["word of mouth"] < 210 < self.heights(churn)["staff"]

    def test_outcome_is_named(self):
        table = drivers()
        table.attrs = {"outcome": 'the "nps"_score'}
        shown = picture(make_or_break_map(table))

        assert any('change of mean the "nps" score without' in text for text in shown.texts)
        assert shown.told()[0] == (
            'word of mouth: without its documents mean the "nps" score would change by +0.30 (+0.25 to '
            "+0.35); net sentiment −40; 30 documents; basic factor"
        )

    def test_what_cannot_be_placed_is_left_out(self):
        assert "loyalty" not in " ".join(picture(make_or_break_map(drivers())).texts)

    def test_labels_have_ranks_and_the_first_are_bold(self):
        texts = {
            "".join(e.itertext()): e
            for e in picture(make_or_break_map(drivers())).root.iter("text")
        }

        assert texts["1 word of mouth"].attrib["font-weight"] == "bold"
        assert texts["2 staff"].attrib["font-weight"] == "bold"
        assert "font-weight" not in texts["4 price"].attrib
        assert "font-weight" not in texts["store"].attrib

    def test_dots_are_solid_where_the_impact_is_clear(self):
        (dots,) = picture(make_or_break_map(drivers())).marks("symbol")

        assert [dot.attrib["fill"] == theme.LINE_COLOURS[0] for dot in dots] == [
            True,
            True,
            False,
            False,
        ]

    def test_many_labels(self):
        many = pd.concat([drivers()[:1]] * 40).assign(
            touchpoint=[f"t{number:02}" for number in range(40)], impact=np.linspace(0.01, 0.4, 40)
        )
        labelled = [t for t in picture(make_or_break_map(many)).texts if re.match(r"1 t\d\d", t)]

        assert len(labelled) == MOST_LABELS
        assert "1 t39" in labelled


class TestTrend:
    def test_few_lines_share_a_picture(self):
        assert isinstance(trend_lines(trend(MOST_LINES)), alt.LayerChart)
        assert isinstance(trend_lines(trend(MOST_LINES + 1)), alt.FacetChart)

    def test_gaps_stay_gaps(self):
        shown = picture(trend_lines(trend()))

        assert [line.attrib["d"].count("M") for line in shown.marks("line")[0]] == [2]
        assert [len(layer) for layer in shown.marks("line")] == [1, 1]

    def test_lines_are_told_apart_without_colour(self):
        shown = picture(trend_lines(trend(4)))
        dashes = [line.get("stroke-dasharray") for layer in shown.marks("line") for line in layer]

        assert len(set(dashes)) == 4
        assert [text for text in shown.texts if text.startswith("brand ")] == [
            f"brand {n}" for n in range(4)
        ]

    def test_panels_are_named_in_order(self):
        table = trend(6)
        table["brand"] = table["brand"].map(
            dict(zip(table["brand"].unique(), "zyxwvu", strict=True))
        )
        texts = picture(trend_lines(table)).texts

        assert [text for text in texts if text in set("zyxwvu")] == list("zyxwvu")

    def test_a_lone_interval_is_seen(self):
        table = trend(1)
        table.loc[[1, 3], ["net_sentiment", "net_low", "net_high"]] = NAN
        shown = picture(trend_lines(table))
        lone = [rule for rule in shown.marks("rule")[0] if rule.get("opacity") != "0"]

        assert len(lone) == 2  # the first; the last; the middle one is blank already

    @pytest.mark.parametrize("form", ["%Y-%m", "%Y-%m-%d", "%Y-%m-%dT00:00:00Z"])
    def test_periods_as_text(self, form):
        table = trend()
        as_text = table.assign(period=table["period"].dt.strftime(form))

        assert picture(trend_lines(as_text)).svg == picture(trend_lines(table)).svg

    def test_is_told(self):
        told = picture(trend_lines(trend())).told()

        assert (
            told[0]
            == "brand 0, 1 Nov 2025: net sentiment 0 (−10 to +10), 10 moments in 5 documents"
        )
        assert len(told) == 8


class TestDumbbells:
    def test_differences_are_told_and_clear_ones_are_bold(self):
        texts = {
            "".join(e.itertext()): e for e in picture(dumbbells(comparison())).root.iter("text")
        }

        assert texts["+30 (+10 to +50)"].attrib["font-weight"] == "bold"
        assert texts["−30 (−50 to −10)"].attrib["font-weight"] == "bold"
        assert "font-weight" not in texts["+5 (−15 to +25)"].attrib
        assert "too few moments" in texts

    def test_colours_and_sides(self):
        ticks, dots = picture(dumbbells(comparison())).marks("symbol")
        blue, orange, grey = theme.LINE_COLOURS[0], theme.LINE_COLOURS[1], theme.NEUTRAL

        assert [dot.attrib["fill"] for dot in dots] == [blue, orange, grey, grey]
        right = [
            position(dot)[0] > position(tick)[0] for dot, tick in zip(dots, ticks, strict=True)
        ]
        assert right == [True, False, True, True]

    def test_the_legend_names_the_pair(self):
        texts = picture(dumbbells(comparison())).texts

        assert {"Lun", "Ode x"} <= set(texts)

    def test_several_groups(self):
        table = pd.concat([comparison(), comparison().assign(group="Zed")])
        texts = picture(dumbbells(table)).texts

        assert {"web · Lun", "web · Zed", "named at the left", "Ode x"} <= set(texts)

    def test_without_a_column(self):
        texts = picture(dumbbells(comparison()[:1].drop(columns="touchpoint"))).texts

        assert "Lun · Ode x" in texts

    def test_shares(self):
        texts = picture(dumbbells(comparison(), measure="pivotal_share")).texts

        assert "pivotal share (%)" in texts
        assert "+30.0 (+10.0 to +50.0)" in texts
        assert "net sentiment" not in texts

    def test_is_told_in_words(self):
        assert picture(dumbbells(comparison())).told() == comparison()["words"].tolist()


class TestFlow:
    def ribbons(self, table) -> dict[str, list[tuple[float, float]]]:
        """Outline of each ribbon, by what it is told as."""
        (paths,) = picture(flow(table)).marks("area")
        numbers = {
            p.attrib["aria-label"].split(":")[0]: re.findall(r"[-\d.]+", p.attrib["d"])
            for p in paths
        }
        return {name: list(zip(map(float, n[::2]), map(float, n[1::2]), strict=True)) for name, n in numbers.items()}  # fmt: skip

    def ends(self, table) -> dict[str, tuple[tuple[float, float], tuple[float, float]]]:
        """Where each ribbon starts and ends, both from top to bottom."""
        out = {}
        for name, outline in self.ribbons(table).items():
            xs = [x for x, _ in outline]
            left, right = ([y for x, y in outline if x == edge] for edge in (min(xs), max(xs)))
            out[name] = ((min(left), max(left)), (min(right), max(right)))
        return out

    def test_is_a_sankey_diagram(self):
        """Against the same layout by hand: 175 steps, three bars a side with two gaps of 10 pixels."""
        ends = self.ends(steps())
        pixels = (360 - 2 * 10) / 175
        left = {"see": 0.0, "buy": 15 * pixels + 10, "use": 75 * pixels + 20}
        # At the right there are two bars, so the column stands half a gap lower.
        right = {"buy": 5.0, "use": 30 * pixels + 15}
        for source, target, n in steps()[["from", "to", "n"]].itertuples(index=False):
            expected = []
            for own, name in ((left, source), (right, target)):
                expected.append((own[name], own[name] + n * pixels))
                own[name] += n * pixels
            np.testing.assert_allclose(ends[f"{source} then {target}"], expected, atol=0.01)

    def test_fewer_rows_fill_the_same_picture(self):
        spec = specification(flow(steps()))
        (ribbon,) = fed(spec, steps()[3:4]).marks("area")[0]
        ys = [float(y) for y in re.findall(r",([-\d.]+)", ribbon.attrib["d"])]

        assert (min(ys), max(ys)) == (0, 360)

    def test_colours_and_figures(self):
        shown = picture(flow(steps()))
        (paths,) = shown.marks("area")
        colours = {p.attrib["aria-label"].split(":")[0]: p.attrib["fill"] for p in paths}

        assert colour(colours["buy then buy"]) == theme.NET_COLOURS[0]
        assert colour(colours["buy then use"]) == theme.NET_COLOURS[2]
        assert {"−100", "+17", "100", "20", "see 15", "use 145"} <= set(shown.texts)
        assert "5" not in shown.texts  # its ribbon is too thin

    def test_of_many_pairs_the_most_frequent_are_drawn(self):
        names = [f"t{number:02}" for number in range(10)]
        many = pd.DataFrame(
            {"from": np.repeat(names, 10), "to": names * 10, "n": np.arange(1, 101), "documents": 1,
             "net_after": 0.0, "after_low": 0.0, "after_high": 0.0}
        )  # fmt: skip
        shown = picture(flow(many))
        share = sum(range(101 - MOST_RIBBONS, 101)) / 5050

        assert len(shown.marks("area")[0]) == MOST_RIBBONS
        assert (
            f"ribbons: the 40 most frequent of 100 pairs, {share:.0%} of all steps" in shown.texts
        )
        assert "t00 55" in shown.texts

    def test_several_columns(self):
        table = steps().rename(columns={"from": "from_stage", "to": "to_stage"})
        table.insert(1, "from_brand", "x")
        table.insert(3, "to_brand", "x")

        assert "see · x then buy · x" in self.ribbons(table)


def colour(fill: str) -> str:
    """``rgb(1, 2, 3)`` as ``#010203``."""
    return "#{:02x}{:02x}{:02x}".format(*map(int, re.findall(r"\d+", fill)))


def corner(rect: ET.Element) -> tuple[float, float]:
    """The upper left corner of a rectangle with round ones."""
    x, y = re.findall(r"[-\d.]+", rect.attrib["d"])[:2]
    return float(x), float(y)


# ---------------------------------------------------------------- pieces


class TestSpread:
    def places(self, wanted: list[float], gap: float) -> list[float]:
        layer = alt.Chart().transform_calculate(gap=str(gap))
        own = spread(layer, "y", "gap").mark_text(text="x").encode(
            y=alt.Y("spread:Q", scale=alt.Scale(domain=[0, 1000], reverse=True), axis=None)
        )  # fmt: skip
        data = alt.InlineData(values=[{"y": y} for y in wanted])
        chart = alt.layer(own, data=data).properties(height=1000)
        return [position(text)[1] for text in Picture(chart.to_dict()).marks("text")[0]]

    @given(st.lists(st.floats(200, 800, allow_subnormal=False), min_size=1, max_size=12))
    @settings(max_examples=25, deadline=None)
    def test_keeps_order_gap_and_centre(self, wanted):
        placed = np.array(self.places(wanted, 16))[np.argsort(wanted, kind="stable")]

        assert (np.diff(placed) >= 16 - 0.01).all()
        runs = np.sort(wanted)
        if (np.diff(runs) >= 16).all():
            np.testing.assert_allclose(placed, runs, atol=0.01)
        assert runs[0] - 16 * len(runs) <= placed[0]

    def test_a_cluster_stays_centred_and_the_rest_in_place(self):
        np.testing.assert_allclose(self.places([100, 500, 500, 500], LINE), [100, 484, 500, 516])


class TestOrders:
    @given(st.permutations(list("abcdefg")), st.data())
    def test_runs_of_one_order_are_put_in_it(self, order, data):
        runs = data.draw(
            st.lists(st.sets(st.sampled_from(order), min_size=1), min_size=1, max_size=5)
        )
        table = pd.DataFrame(
            [
                (run, label)
                for run, own in enumerate(runs)
                for label in sorted(own, key=order.index)
            ],
            columns=["run", "label"],
        )
        found = orders.inner_order(table, ["run"], ["label"])

        assert sorted(found) == sorted({label for own in runs for label in own})
        for own in runs:
            kept = [label for label in found if label in own]
            assert kept == sorted(own, key=order.index)

    def test_runs_that_contradict_each_other(self):
        table = pd.DataFrame({"run": [1, 1, 2, 2], "label": ["b", "a", "a", "b"]})

        assert orders.inner_order(table, ["run"], ["label"]) == ["b", "a"]


class TestRows:
    def test_are_json(self):
        table = pd.DataFrame(
            {
                "text": ["a", None, "\ud800"],
                "number": [1.5, NAN, float("inf")],
                "whole": pd.array([1, None, 3], dtype="Int64"),
                "when": [pd.Timestamp("2026-10-01 12:30"), pd.NaT, pd.Timestamp("1999-01-01")],
                "zoned": pd.to_datetime(["2026-10-01T02:00+02:00"] * 3, utc=False),
                "flag": [True, False, True],
                "kind": pd.Categorical(["x", "y", None]),
            }
        )
        first, second, third = json.loads(json.dumps(rows(table), allow_nan=False))

        assert first == {
            "text": "a", "number": 1.5, "whole": 1, "when": "2026-10-01T12:30:00Z",
            "zoned": "2026-10-01T00:00:00Z", "flag": True, "kind": "x",
        }  # fmt: skip
        assert [second[name] for name in ("text", "number", "whole", "when")] == [None] * 4
        assert third["text"] == "\ufffd"
        assert third["number"] is None
        assert third["kind"] is None


class TestExpressions:
    @pytest.mark.parametrize(
        ("value", "digits", "expected"),
        [(0.4, 0, "0"), (-0.4, 0, "0"), (0.6, 0, "+1"), (-13.2, 0, "−13"), (0.04, 1, "0"), (0.06, 1, "+0.1")],
    )  # fmt: skip
    def test_signed(self, value, digits, expected):
        text = alt.Text("text:N")
        layer = alt.Chart().transform_calculate(text=expressions.signed("datum.v", digits))
        chart = alt.layer(
            layer.mark_text().encode(text), data=alt.InlineData(values=[{"v": value}])
        )

        assert picture(chart).texts == [expected]


class TestSave:
    def test_png(self, tmp_path):
        save(journey_curve(journey(), width=400), tmp_path / "a.PNG")
        content = (tmp_path / "a.PNG").read_bytes()

        assert content.startswith(b"\x89PNG")
        assert int.from_bytes(content[16:20]) == 2 * 400

    def test_replaces_and_leaves_nothing_beside(self, tmp_path):
        (tmp_path / "a.svg").write_text("old")
        save(journey_curve(journey()), str(tmp_path / "a.svg"))

        assert (tmp_path / "a.svg").read_text(encoding="utf-8").startswith("<svg")
        assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]

    @pytest.mark.parametrize("name", ["a.pdf", "a", "a.html", ".svg"])
    def test_other_suffixes(self, tmp_path, name):
        with pytest.raises(
            OutputError, match=r"saved as SVG or PNG, so end the name in \.svg or \.png"
        ):
            save(journey_curve(journey()), tmp_path / name)
        assert not list(tmp_path.iterdir())

    def test_no_such_folder(self, tmp_path):
        with pytest.raises(
            OutputError, match=r"a\.svg cannot be written \(No such file.*name another"
        ):
            save(journey_curve(journey()), tmp_path / "gone" / "a.svg")

    def test_a_folder(self, tmp_path):
        (tmp_path / "a.svg").mkdir()
        with pytest.raises(OutputError, match=r"cannot be written"):
            save(journey_curve(journey()), tmp_path / "a.svg")
        assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]
