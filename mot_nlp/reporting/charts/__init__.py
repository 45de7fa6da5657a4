"""Pictures of tables: each function takes a table and returns an Altair chart.

A chart draws the columns of its table as they are; labels, signs and geometry are made by Vega-Lite
where the picture is drawn. So :func:`specification` and :func:`rows` take a chart apart into what a
page keeps and what it may change, and :func:`save` writes SVG and PNG without a network.
"""

from mot_nlp.reporting.charts.data import rows
from mot_nlp.reporting.charts.dumbbell import dumbbells
from mot_nlp.reporting.charts.heat import heat_map
from mot_nlp.reporting.charts.journey import journey_curve
from mot_nlp.reporting.charts.make_or_break import make_or_break_map
from mot_nlp.reporting.charts.sankey import flow
from mot_nlp.reporting.charts.saving import save
from mot_nlp.reporting.charts.specifying import specification
from mot_nlp.reporting.charts.trends import trend_lines

__all__ = [
    "dumbbells",
    "flow",
    "heat_map",
    "journey_curve",
    "make_or_break_map",
    "rows",
    "save",
    "specification",
    "trend_lines",
]
