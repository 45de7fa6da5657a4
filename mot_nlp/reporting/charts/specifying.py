"""A chart without its rows, for a page that feeds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from mot_nlp.reporting.charts.data import DATA
from mot_nlp.reporting.charts.theme import INK

if TYPE_CHECKING:
    from altair import TopLevelMixin

_INHERITED = "currentColor"


def specification(chart: TopLevelMixin) -> dict[str, Any]:
    """The Vega-Lite specification of a chart of this package, to be drawn by a page.

    Its data is ``{"name": "table"}``, to which the page gives rows such as :func:`rows` makes of a
    table. They may be fewer than those the chart was made of, or none, but no labels may be new to
    it. The background is see-through, and what is written or ruled on it takes the CSS ``color`` of
    the element it stands in, so that it follows a light or a dark page; draw it as SVG. Texts on a
    colour of the net scale keep theirs.

    Args:
        chart: What a function of this package returned, also with other properties such as a title.
    """
    with alt.theme.enable("none"):  # whatever theme a notebook has enabled is not the page's
        # Altair checked every part as it was made; to check the whole again takes a third of a second.
        spec: dict[str, Any] = chart.to_dict(validate=False)
    inherited: Any = _inheriting(spec | {"data": {"name": DATA}, "background": None})
    return dict(inherited)


def _inheriting(part: object) -> object:
    """A part of a specification in which the page's own colour stands for ink."""
    if isinstance(part, dict):
        return {name: _inheriting(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_inheriting(value) for value in part]
    return _INHERITED if part == INK else part
