"""The headline findings of a report, in words with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mot_nlp.reporting.numbers import counted, interval, percent, signed, unbroken, words

if TYPE_CHECKING:
    import pandas as pd

MOST_DIFFERENCES = 3
"""Differences told in the findings, the largest first; the rest stand in their section."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth knowing: ``mood`` is the pole of sentiment it speaks of, or empty."""

    head: str
    text: str
    mood: str = ""


def overall(totals: pd.DataFrame, level: str, min_n: int) -> list[Finding]:
    """How much there is, and how it feels as a whole."""
    if totals.empty:
        return [Finding("No moments", "There is no moment of truth in these rows.")]
    row = _row(totals, 0)
    amount = f"{counted(row['n'], 'moment')} in {counted(row['documents'], 'document')}"
    if row["n"] < min_n:
        return [Finding("Too few moments", f"{amount}: too few for figures.")]
    head = f"Net sentiment {signed(row['net_sentiment'])}"
    found = interval(row["net_low"], row["net_high"])
    within = f" {level} of the net: {found}." if found else ""
    text = f"{amount}, {percent(row['positive'])} positive and {percent(row['negative'])} negative.{within}"
    return [Finding(head, text, _mood(row))]


def extremes(table: pd.DataFrame, name: str, level: str) -> list[Finding]:
    """What pulls the whole down most, and what lifts it most; only where the sign is certain.

    The pull of a cell is its share of moments times its net sentiment, in points of the whole.
    """
    found = []
    pull = table["share"] * table["net_sentiment"]
    below, above = pull[table["net_high"] < 0], pull[table["net_low"] > 0]
    for head, side in (("Pulls down most", below), ("Lifts most", -above)):
        if side.empty:
            continue
        row = _row(table.loc[side.index], int(side.argmin()))
        found.append(
            Finding(
                f"{head}: {words(row[name])}",
                f"{percent(row['share'])} of moments, at a net sentiment of "
                f"{signed(row['net_sentiment'])}{_within(row, level)}: "
                f"{signed(row['share'] * row['net_sentiment'], 1)} points of the whole.",
                _mood(row),
            )
        )
    if not found and len(table):
        text = f"No {name} has a net sentiment that is clearly above or below zero."
        found.append(Finding("No clear high or low", text))
    return found


def make_or_break(
    ranking: pd.DataFrame | None, name: str, outcome: str, level: str
) -> list[Finding]:
    """The moment kind that moves the outcome most, as the drivers rank it."""
    if ranking is None or ranking.empty or ranking["rank"].isna().all():
        return []
    row = _row(ranking, int(ranking["rank"].astype(float).argmin()))
    return [
        Finding(
            f"Make or break: {words(row[name])}",
            f"A failed one goes with {signed(row['penalty'], 2)} {words(outcome)} ({level} "
            f"{interval(row['penalty_low'], row['penalty_high'], 2)}), a good one with "
            f"{signed(row['reward'], 2)} ({interval(row['reward_low'], row['reward_high'], 2)}), the other "
            f"touchpoints held equal: {_factor(row['factor'])}. {percent(row['pivotal_share'])} of its "
            "moments are pivotal.",
        )
    ]


def differences(table: pd.DataFrame | None, confidence: float) -> list[Finding]:
    """The largest clear differences of a comparison, in its own words."""
    if table is None or table.empty:
        return []
    rows = clear(table, confidence).head(MOST_DIFFERENCES)
    return [
        Finding(
            f"{words(row['group'])} against {words(row['against'])}",
            unbroken(f"{row['words'][:1].upper()}{row['words'][1:]}."),
            "positive" if row["difference"] > 0 else "negative",
        )
        for row in rows.to_dict("records")
    ]


def clear(table: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """The rows of a comparison that its words call clear, largest first."""
    rows = table[table["q_value"] <= 1 - confidence]
    return rows.loc[rows["difference"].abs().sort_values(ascending=False, kind="stable").index]


def _row(table: pd.DataFrame, at: int) -> dict[str, Any]:
    return {str(name): table[name].iloc[at] for name in table}


def _within(row: dict[str, Any], level: str) -> str:
    found = interval(row["net_low"], row["net_high"])
    return f" ({level} {found})" if found else ""


def _mood(row: dict[str, Any]) -> str:
    if row["net_high"] < 0:
        return "negative"
    return "positive" if row["net_low"] > 0 else ""


def _factor(factor: object) -> str:
    return {
        "basic": "a basic factor, taken for granted when it works and punished when it does not",
        "performance": "a performance factor, which costs and earns, neither shown to weigh more",
        "excitement": "an excitement factor, which pleases when it works and is forgiven when not",
        "harms": "failure is shown to harm; success is not shown to earn as much",
        "helps": "success is shown to help; failure is not shown to cost as much",
    }.get(str(factor), "what kind of factor it is remains unclear")
