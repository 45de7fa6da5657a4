"""Small tables to draw, and a reader of the SVG that comes of them."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import altair as alt
import numpy as np
import pandas as pd
import vl_convert

from mot_nlp.reporting.charts import rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAN = float("nan")


# ---------------------------------------------------------------- small tables


def sentiment(by: Mapping[str, object], nets: Sequence[float], **others: object) -> pd.DataFrame:
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


# ---------------------------------------------------------------- reading a picture

VERSION = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])


@cache
def compiled(spec: str) -> str:
    """The SVG of a specification, without the counters in its ids, which run from picture to picture."""
    svg = vl_convert.vegalite_to_svg(spec, vl_version=VERSION)
    return numberless(svg)


def numberless(svg: str) -> str:
    return re.sub(r"(gradient_|clip)\d+", r"\1", svg)


class Picture:
    """An SVG and what is in it."""

    def __init__(self, spec: dict[str, object]) -> None:
        self.svg = compiled(json.dumps(spec))
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

    def outlines(self) -> dict[str, ET.Element]:
        """The areas, by what each is told as up to a colon."""
        areas = [area for layer in self.marks("area") for area in layer]
        return {area.attrib["aria-label"].split(":")[0]: area for area in areas}

    def told(self) -> list[str]:
        """What a screen reader says of each mark that it does not skip."""
        return [
            e.attrib["aria-label"]
            for e in self.root.iter()
            if e.get("role") == "graphics-symbol" and "aria-label" in e.attrib and e.tag == "path"
        ]

    def labelled(self) -> list[str]:
        """Every label for a screen reader."""
        return [e.attrib["aria-label"] for e in self.root.iter() if "aria-label" in e.attrib]


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


def colour(fill: str) -> str:
    """``rgb(1, 2, 3)`` as ``#010203``, as other colours are already."""
    if fill.startswith("#"):
        return fill
    return "#{:02x}{:02x}{:02x}".format(*map(int, re.findall(r"\d+", fill)))


def corner(rect: ET.Element) -> tuple[float, float]:
    """The upper left corner of a rectangle with round ones."""
    x, y = re.findall(r"[-\d.]+", rect.attrib["d"])[:2]
    return float(x), float(y)
