"""Draw docs/output.svg, the picture of the README.

python docs/make_picture.py
"""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
from rich.console import Console

import mot_nlp
from mot_nlp.cli.show import render as show
from mot_nlp.cli.table import render as table

TEXT = (
    "Saw your ad on the tube and the reviews looked great. Paid 40 quid, bit steep. "
    "It died in a week and support never answered! Never again."
)


def main() -> None:
    """Record both views at a fixed width."""
    root = Path(__file__).resolve().parent.parent
    tagger = mot_nlp.load()
    feedback = pd.read_csv(root / "data" / "examples" / "feedback.csv")
    moments = mot_nlp.predict(feedback, text="text", id="id", model=tagger)
    console = Console(record=True, width=112, file=io.StringIO(), force_terminal=True)
    console.print('[bold]$ mot show "Saw your ad on the tube …"[/bold]')
    tagged = next(iter(tagger.stream([mot_nlp.document("1", TEXT)])))
    console.print(show(tagged, tagger.taxonomy))
    console.print("\n[bold]$ mot table moments.parquet --by stage,moment[/bold]\n")
    console.print(table(mot_nlp.moment_table(moments), ["stage", "moment"]))
    console.save_svg(str(root / "docs" / "output.svg"), title="mot-nlp")


if __name__ == "__main__":
    main()
