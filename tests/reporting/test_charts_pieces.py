"""What charts are made of: colours, places, orders, rows, files."""

from __future__ import annotations

import json
from itertools import pairwise

import altair as alt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mot_nlp.errors import OutputError
from mot_nlp.reporting.charts import expressions, journey_curve, orders, rows, save, theme
from mot_nlp.reporting.charts.marks import LINE, spread
from mot_nlp.reporting.charts.sankey import BLANK
from tests.reporting.pictures import NAN, Picture, journey, picture, position


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


class TestColours:
    def test_texts_can_be_read_on_every_colour(self):
        stops = [np.array([int(c[at : at + 2], 16) for at in (1, 3, 5)]) for c in theme.NET_COLOURS]
        for one, other in pairwise(stops):
            for part in np.linspace(0, 1, 50):
                mixed = "#{:02x}{:02x}{:02x}".format(
                    *np.round(one + (other - one) * part).astype(int)
                )
                assert contrast(mixed, theme.ON_COLOUR) >= 4.5

        assert contrast(BLANK, theme.ON_COLOUR) >= 4.5

    def test_the_scale_is_even(self):
        """Neither side looks stronger in grey."""
        grey = [luminance(colour) for colour in theme.NET_COLOURS]

        assert max(grey) == grey[2]
        assert abs(grey[0] - grey[4]) < 0.05
        assert abs(grey[1] - grey[3]) < 0.1

    @pytest.mark.parametrize("shade", [*theme.LINE_COLOURS, theme.NEUTRAL])
    def test_lines_can_be_seen_on_paper_and_in_the_dark(self, shade):
        assert contrast(shade, "#ffffff") >= 3
        assert contrast(shade, "#000000") >= 3

    def test_quiet_text_can_be_read(self):
        ink = [int(theme.INK[at : at + 2], 16) for at in (1, 3, 5)]
        on_white = [round(theme.QUIET * part + (1 - theme.QUIET) * 255) for part in ink]

        assert contrast("#{:02x}{:02x}{:02x}".format(*on_white), "#ffffff") >= 4.5


class TestSpread:
    def places(self, wanted: list[float], gap: float) -> list[float]:
        layer = alt.Chart().transform_calculate(gap=str(gap))
        own = spread(layer, "y", "gap").mark_text(text="x", baseline="alphabetic").encode(
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
                "text": pd.Series(["a", None, "\ud800"], dtype=object),
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
