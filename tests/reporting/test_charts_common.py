"""What holds of every chart."""

from __future__ import annotations

import json
import re
from functools import cached_property

import altair as alt
import pandas as pd
import pytest

from mot_nlp.errors import ColumnError
from mot_nlp.reporting import charts
from mot_nlp.reporting.charts import (
    dumbbells,
    flow,
    heat_map,
    journey_curve,
    make_or_break_map,
    save,
    specification,
    theme,
    trend_lines,
)
from mot_nlp.reporting.charts.marks import NOTHING
from mot_nlp.reporting.charts.trends import MOST_LINES
from tests.reporting.pictures import (
    NAN,
    Picture,
    comparison,
    drivers,
    fed,
    journey,
    numberless,
    pairs,
    picture,
    sentiment,
    steps,
    trend,
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


class Case:
    """A table, its chart and what comes of it, each made once."""

    def __init__(self, draw, table: pd.DataFrame) -> None:
        self.draw, self.table = draw, table

    @cached_property
    def chart(self) -> alt.LayerChart | alt.FacetChart:
        return self.draw(self.table)

    @cached_property
    def spec(self) -> dict[str, object]:
        return specification(self.chart)

    @cached_property
    def of_nothing(self) -> alt.LayerChart:
        """The chart of a table without rows or types."""
        return self.draw(pd.DataFrame(columns=self.table.columns))

    @cached_property
    def picture(self) -> Picture:
        return picture(self.chart)


CASES = {name: Case(*case) for name, case in CHARTS.items()}


@pytest.fixture(params=list(CASES))
def case(request):
    return CASES[request.param]


def on_white(spec: dict[str, object], table: pd.DataFrame) -> str:
    """The SVG of a page that is white, with ink for its colour."""
    return fed(spec | {"background": "white"}, table).svg.replace("currentColor", theme.INK)


def test_all_is_sorted_and_there():
    assert charts.__all__ == sorted(charts.__all__)
    assert all(callable(getattr(charts, name)) for name in charts.__all__)


class TestSpecification:
    def test_makes_the_same_picture_with_the_rows(self, case):
        read = json.loads(json.dumps(case.spec, allow_nan=False))

        assert on_white(read, case.table) == case.picture.svg

    def test_holds_no_rows_and_no_address(self, case):
        sources = list(found(case.spec, "data"))

        assert sources[0] == {"name": "table"}
        assert all(set(source) == {"sequence"} for source in sources[1:])
        assert "datasets" not in case.spec
        assert not list(found(case.spec, "url"))

    def test_a_page_gives_the_ink(self, case):
        assert case.spec["background"] is None
        assert theme.INK not in json.dumps(case.spec)
        assert "currentColor" in fed(case.spec, case.table).svg

    def test_leaves_themes_alone(self, case):
        with alt.theme.enable("dark"):
            themed = specification(case.chart)
            assert alt.theme.active == "dark"

        assert themed == case.spec

    @pytest.mark.parametrize("kept", [slice(0, 0), slice(0, 2), slice(1, None, 2)], ids=str)
    def test_rows_may_be_missing(self, case, kept):
        shown = fed(case.spec, case.table[kept])

        assert not [word for word in ("NaN", "undefined", "Infinity") if word in shown.svg]
        if kept.stop == 0 and isinstance(case.chart, alt.LayerChart):
            assert NOTHING in shown.texts
        else:
            assert NOTHING not in shown.texts

    def test_a_chart_of_nothing_can_be_fed(self, case):
        shown = fed(specification(case.of_nothing), case.table)

        assert NOTHING not in shown.texts
        assert len(shown.told()) >= 4


class TestEvery:
    def test_empty(self, case):
        shown = picture(case.of_nothing)

        assert NOTHING in shown.texts
        assert NOTHING not in case.picture.texts
        assert "NaN" not in shown.svg

    def test_width_is_that_of_the_picture(self, case):
        narrow = picture(case.draw(case.table, width=340)).width

        if isinstance(case.chart, alt.LayerChart):
            assert (narrow, case.picture.width) == (340, theme.WIDTH)
        else:
            assert 0.85 * 340 < narrow <= 340
            assert 0.85 * theme.WIDTH < case.picture.width <= theme.WIDTH

    def test_container(self, case):
        chart = case.draw(case.table, width="container")

        if isinstance(chart, alt.LayerChart):
            assert chart.to_dict()["width"] == "container"
            assert picture(chart).width == theme.WIDTH
        else:
            assert chart.to_dict() == case.chart.to_dict()

    def test_labels_have_no_underscores(self, case):
        assert not [text for text in case.picture.texts if "_" in text]

    def test_is_described(self, case):
        told = case.picture.told()

        assert len(str(case.spec["description"])) > 60
        assert told
        assert not [text for text in told if "undefined" in text or "null" in text]
        # Everything else is for the eye; what it says is told already.
        labelled = {
            text
            for text in case.picture.labelled()
            if not re.match(r"[XY]-axis|Title|.*legend", text)
        }
        assert labelled <= {*told, ""}

    def test_a_missing_column(self, case):
        with pytest.raises(
            ColumnError, match=r"lacks the columns .*, which this chart draws; it has"
        ):
            case.draw(case.table.drop(columns=case.table.columns[-2]))

    def test_saves(self, case, tmp_path):
        save(case.chart, tmp_path / "chart.svg")
        saved = (tmp_path / "chart.svg").read_text(encoding="utf-8")
        opening, _, rest = saved.partition(" xmlns=")

        assert opening == f'<svg role="graphics-document" aria-label="{case.spec["description"]}"'
        assert numberless(rest) == case.picture.svg.partition(" xmlns=")[2]


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
