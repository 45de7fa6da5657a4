"""What the labels are: heads, labels in output order, roll-ups, and which pairs may occur.

A taxonomy is read from the ``taxonomy.toml`` of a model bundle, so a bundle trained on other
labels brings its own. The runtime itself knows only the names of the five core heads, the usual
names of sentiments and the answer that makes a moment pivotal.
"""

from mot_nlp.taxonomy.answers import head_labels
from mot_nlp.taxonomy.labels import (
    FIVE_LEVELS,
    HEADS,
    PIVOTAL,
    Head,
    Question,
    Rollup,
    Taxonomy,
    question_of,
    sign_of,
)
from mot_nlp.taxonomy.naming import CONFIDENCE
from mot_nlp.taxonomy.reading import FORMAT, parse_taxonomy, read_taxonomy

__all__ = [
    "CONFIDENCE",
    "FIVE_LEVELS",
    "FORMAT",
    "HEADS",
    "PIVOTAL",
    "Head",
    "Question",
    "Rollup",
    "Taxonomy",
    "head_labels",
    "parse_taxonomy",
    "question_of",
    "read_taxonomy",
    "sign_of",
]
