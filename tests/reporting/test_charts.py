"""Each chart: what is drawn is read back from its SVG."""

from __future__ import annotations

import re

import altair as alt
import numpy as np
import pandas as pd
import pytest

from mot_nlp.errors import InputError
from mot_nlp.reporting.charts import (
    dumbbells,
    flow,
    heat_map,
    journey_curve,
    make_or_break_map,
    orders,
    specification,
    theme,
    trend_lines,
)
from mot_nlp.reporting.charts.make_or_break import MOST_LABELS
from mot_nlp.reporting.charts.sankey import BLANK, MOST_RIBBONS
from mot_nlp.reporting.charts.trends import MOST_LINES
from mot_nlp.tables import moment_table
from tests.reporting.pictures import (
    NAN,
    Picture,
    colour,
    comparison,
    corner,
    drivers,
    fed,
    journey,
    pairs,
    picture,
    position,
    sentiment,
    steps,
    trend,
)


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
        radii = [float(dot.attrib["d"].removeprefix("M").split(",")[0]) for dot in dots]
        expected = np.sqrt(theme.SHARE_SIZE * journey()["share"][::-1]) / 2

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

    @pytest.mark.parametrize("form", ["%Y-%m", "%Y-%m-%d"])
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

        assert "Lun against Ode x" in texts

    def test_periods_are_told_against_those_before(self):
        quarters = {"group": ["2026-Q1", "2026-Q2"] * 2, "against": ["2025-Q4", "2026-Q1"] * 2}
        texts = picture(dumbbells(comparison().assign(**quarters))).texts

        assert {"web · 2026-Q1 against 2025-Q4", "shop · 2026-Q2 against 2026-Q1"} <= set(texts)

    def test_one_group_against_several(self):
        table = pd.concat([comparison(), comparison().assign(against="Zed")])
        texts = picture(dumbbells(table)).texts

        assert {"web · against Ode x", "web · against Zed", "Lun"} <= set(texts)

    def test_the_measure_is_that_of_the_table(self):
        table = comparison()
        table.attrs = {"measure": "pivotal_share", "between": "brand"}

        assert "pivotal share (%)" in picture(dumbbells(table)).texts
        assert "net sentiment" in picture(dumbbells(table, measure="net_sentiment")).texts

    def test_shares(self):
        texts = picture(dumbbells(comparison(), measure="pivotal_share")).texts

        assert "pivotal share (%)" in texts
        assert "+30.0 (+10.0 to +50.0)" in texts
        assert "net sentiment" not in texts

    def test_is_told_in_words(self):
        assert picture(dumbbells(comparison())).told() == comparison()["words"].tolist()


class TestFlow:
    def ends(self, shown: Picture) -> dict[str, list[tuple[float, float]]]:
        """Where each ribbon starts and ends, both from top to bottom."""
        out = {}
        for name, area in shown.outlines().items():
            numbers = np.array(re.findall(r"-?[\d.]+", area.attrib["d"]), dtype=float)
            x, y = numbers.reshape(-1, 2).T
            out[name] = [(y[x == edge].min(), y[x == edge].max()) for edge in (x.min(), x.max())]
        return out

    def test_is_a_sankey_diagram(self):
        """Against the same layout by hand: 175 steps, three bars a side with two gaps of 10 pixels."""
        ends = self.ends(picture(flow(steps())))
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
        ends = self.ends(fed(spec, steps()[3:4]))

        assert ends == {"buy then use": [(0, 360), (0, 360)]}

    def test_colours_and_figures(self):
        shown = picture(flow(steps()))
        colours = {name: colour(area.attrib["fill"]) for name, area in shown.outlines().items()}

        assert colours["see then use"] == BLANK
        assert colours["buy then buy"] == theme.NET_COLOURS[0]
        assert colours["buy then use"] == theme.NET_COLOURS[2]
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

        assert len(shown.outlines()) == MOST_RIBBONS
        assert (
            f"ribbons: the 40 most frequent of 100 pairs, {share:.0%} of all steps" in shown.texts
        )
        assert "t00 55" in shown.texts

    def test_several_columns(self):
        table = steps().rename(columns={"from": "from_stage", "to": "to_stage"})
        table.insert(1, "from_brand", "x")
        table.insert(3, "to_brand", "x")

        assert "see · x then buy · x" in picture(flow(table)).outlines()
