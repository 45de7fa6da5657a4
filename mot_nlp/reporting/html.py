"""The page: a template laid over the data, everything inside one file."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib import resources
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from mot_nlp.records import is_missing
from mot_nlp.reporting.cube import SUMS
from mot_nlp.reporting.findings import clear
from mot_nlp.reporting.numbers import NO_FIGURE, interval, percent, signed, unbroken, words
from mot_nlp.reporting.templates import page_templates
from mot_nlp.tables.figures import ALIKE, t_quantile

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from mot_nlp.reporting.data import ReportData

MOST_QUANTILES = 2_000
"""Degrees of freedom up to which the page knows Student's t; beyond, it differs by under 0.1 %."""

_SUMS_HEADS = (
    ("n", "n"),
    ("net_sentiment", "net"),
    ("net_low", "interval"),
    ("share", "share"),
    ("positive", "positive"),
    ("neutral", "neutral"),
    ("negative", "negative"),
    ("pivotal_share", "pivotal"),
    ("documents", "documents"),
)


def render(data: ReportData) -> str:
    """The report as one HTML document that fetches nothing.

    All that comes from texts, columns or labels is escaped: in markup by the template, in the data
    block as JSON without ``<``, ``>`` and ``&``. The page's own content policy runs only the scripts
    that it was made with, by their hashes, so a script in a review could not run even unescaped.
    """
    from markupsafe import Markup

    environment = page_templates("mot_nlp.reporting")
    environment.filters |= {
        "words": words,
        "signed": signed,
        "percent": percent,
        "between": interval,
        "whole": _whole,
        "told": lambda text: unbroken(text[:1].upper() + text[1:]),
    }
    scripts = [_libraries(), _own("report.js")]
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return environment.get_template("report.html").render(
        data=data,
        version=version("mot-nlp"),
        style=Markup(_own("report.css")),
        scripts=[Markup(script) for script in scripts],
        hashes=Markup(hashes),
        payload=Markup(_json(_payload(data))),
        sums_heads=_SUMS_HEADS,
        cells=lambda name: _cells(data, name),
        tiles=_tiles(data),
        clear=clear,
        ranking=data.drivers.table,
    )


def _own(name: str) -> str:
    return resources.files("mot_nlp.reporting").joinpath("page", name).read_text(encoding="utf-8")


@cache
def _libraries() -> str:
    """Vega, Vega-Lite and Vega-Embed in one script, as vl-convert carries them."""
    import vl_convert

    script = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    # Neither may stand within a script element.
    return str(script).replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


def _payload(data: ReportData) -> dict[str, Any]:
    dof = range(1, min(MOST_QUANTILES, max(_most_documents(data), 2)) + 1)
    quantiles = t_quantile((1 + data.confidence) / 2, list(dof))
    return {
        "sums": SUMS,
        "t": [round(float(value), 6) for value in quantiles],
        "tail": (1 - data.confidence) / 2,
        "alike": ALIKE,
        "min_n": data.min_n,
        "n": int(data.tables["totals"]["n"].sum()),
        "period": data.period,
        "filters": [
            {
                "name": entry.name,
                "column": entry.column,
                "values": entry.values,
                "starts": entry.starts,
            }
            for entry in data.filters
        ],
        "views": {
            name: {"by": view.by, "cells": view.cells, "rows": view.rows}
            for name, view in data.views.items()
        },
        "flow": {"cells": data.flow.cells, "rows": data.flow.rows},
        "charts": data.pictures.charts,
        "chart_rows": data.pictures.rows,
    }


def _most_documents(data: ReportData) -> int:
    totals = data.tables["totals"]["documents"]
    return int(totals.iloc[0]) if len(totals) else 0


def _json(value: object) -> str:
    """JSON that can stand within a script element."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _cells(data: ReportData, name: str) -> Iterator[dict[str, Any]]:
    """Rows of a table as texts; the page's script writes the same when filters change."""
    by = data.views[name].by
    for row in data.tables[name].to_dict("records"):
        yield {
            "labels": [words(row[label]) for label in by],
            "thin": row["n"] < data.min_n,
            "figures": [_figure(row, key) for key, _ in _SUMS_HEADS],
        }


def _figure(row: dict[Any, Any], key: str) -> str:
    if key in ("n", "documents"):
        return f"{row[key]:,}"
    if key == "net_sentiment":
        return signed(row[key])
    if key == "net_low":
        return interval(row["net_low"], row["net_high"])
    return percent(row[key])


def _tiles(data: ReportData) -> list[tuple[str, str, str]]:
    totals: pd.DataFrame = data.tables["totals"]
    if totals.empty:
        return [
            ("moments", "0", ""),
            ("documents", "0", "with a moment"),
            ("net sentiment", NO_FIGURE, ""),
            ("pivotal", NO_FIGURE, ""),
        ]
    row = totals.to_dict("records")[0]
    return [
        ("moments", f"{row['n']:,}", ""),
        ("documents", f"{row['documents']:,}", "with a moment"),
        ("net sentiment", signed(row["net_sentiment"]), interval(row["net_low"], row["net_high"])),
        ("pivotal", percent(row["pivotal_share"]), ""),
    ]


def _whole(value: object) -> str:
    return NO_FIGURE if is_missing(value) else f"{int(str(value).partition('.')[0]):,}"
