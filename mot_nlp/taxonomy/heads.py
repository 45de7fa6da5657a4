"""One ``[heads.…]`` table to the heads it stands for."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from mot_nlp.taxonomy.faults import table
from mot_nlp.taxonomy.labels import (
    HEADS,
    NO,
    PIVOTAL,
    Head,
    label_heads,
    usual_scores,
)
from mot_nlp.taxonomy.naming import check_labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mot_nlp.taxonomy.faults import Faults

_KEYS = ("labels", "none", "multiple", "definitions")


def read_head(name: str, entry: object, faults: Faults) -> dict[str, Head]:
    """The heads of a table by name: one, or one a label where several labels may hold.

    Args:
        name: Name of the table.
        entry: Its content.
        faults: Takes what is wrong with it.

    Returns:
        The heads; none where its labels cannot be read.
    """
    place = ("heads", name)
    if not isinstance(entry, dict):
        faults.add(place, f"{name} is {entry!r}; write a table {table(place)} with labels")
        return {}
    faults.check_keys(place, entry, (*_KEYS, "scores") if name == "sentiment" else _KEYS)
    labels = _labels(name, entry, faults)
    if labels is None:
        return {}
    definitions = _definitions(name, entry, labels, faults)
    if _is_multiple(name, entry, faults):
        if "none" in entry:
            faults.add(
                (*place, "none"),
                f"{table(place)} takes several labels, so that none of them is an empty list; leave none out",
            )
        return label_heads(name, labels, definitions)
    none = _none(name, entry, labels, faults)
    scores = _scores(entry, labels, faults) if name == "sentiment" else {}
    if name == "pivotal":
        _check_pivotal(labels, none, faults)
    return {name: Head(name, labels, none, definitions, scores)}


def _labels(name: str, entry: Mapping[str, Any], faults: Faults) -> tuple[str, ...] | None:
    """The labels, None where they are no list of texts."""
    place = ("heads", name, "labels")
    given = entry.get("labels", [])
    if not isinstance(given, list) or not all(isinstance(label, str) for label in given):
        faults.add(
            place, f'{table(place[:2])} labels is {given!r}; write a list of texts, as ["a", "b"]'
        )
        return None
    check_labels(place, given, faults)
    labels = tuple(dict.fromkeys(given))
    if len(labels) < 2:
        faults.add(place, f"{table(place[:2])} needs at least two different labels")
        return None
    return labels


def _is_multiple(name: str, entry: Mapping[str, Any], faults: Faults) -> bool:
    place = ("heads", name, "multiple")
    given = entry.get("multiple", False)
    if not isinstance(given, bool):
        faults.add(place, f"{table(place[:2])} multiple is {given!r}; write true or false")
        return False
    if given and name in HEADS:
        faults.add(
            place,
            f"{table(place[:2])} is a core head, which takes one label; only the heads after "
            f"{HEADS[-1]} may have multiple = true",
        )
        return False
    return given


def _none(name: str, entry: Mapping[str, Any], labels: tuple[str, ...], faults: Faults) -> str:
    given = entry.get("none")
    if given in labels:
        return str(given)
    faults.add(
        ("heads", name, "none"),
        f"[heads.{name}] none = {given!r} is not one of its labels; name the label of segments without "
        f"a moment, one of {', '.join(labels)}",
    )
    return labels[0]


def _definitions(
    name: str, entry: Mapping[str, Any], labels: tuple[str, ...], faults: Faults
) -> dict[str, str]:
    place = ("heads", name, "definitions")
    given = entry.get("definitions", {})
    if not isinstance(given, dict):
        faults.add(place, f"{table(place)} is {given!r}; write a table of a text a label")
        return {}
    for label, meaning in given.items():
        if label not in labels:
            near = get_close_matches(str(label), labels, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            faults.add((*place, label), f"{table(place)} defines unknown {label!r}{hint}")
        elif not isinstance(meaning, str):
            faults.add((*place, label), f"{table(place)} {label} is {meaning!r}; write a text")
    return {
        label: text for label, text in given.items() if label in labels and isinstance(text, str)
    }


def _scores(entry: Mapping[str, Any], labels: tuple[str, ...], faults: Faults) -> dict[str, float]:
    """How good each sentiment is; those of the usual names where no table says so."""
    place = ("heads", "sentiment", "scores")
    usual = usual_scores(labels)
    if "scores" not in entry:
        if not usual:
            faults.add(
                place,
                "[heads.sentiment] lacks a table [heads.sentiment.scores], which net sentiment rests on; its "
                "labels are neither negative, neutral, positive nor these with very_negative and "
                "very_positive, so write a score from -1 to 1 for each",
            )
        return usual
    given = entry["scores"]
    if not isinstance(given, dict):
        faults.add(place, f"{table(place)} is {given!r}; write a table of a number a label")
        return usual
    faults.check_keys(place, given, labels)
    missing = [label for label in labels if label not in given]
    if missing:
        faults.add(
            place, f"{table(place)} lacks {', '.join(missing)}; write a score for each label"
        )
    scores = {}
    for label in (label for label in labels if label in given):
        score = given[label]
        if isinstance(score, bool) or not isinstance(score, (int, float)) or not -1 <= score <= 1:
            faults.add(
                (*place, label), f"{table(place)} {label} is {score!r}; write a number from -1 to 1"
            )
        else:
            scores[label] = float(score)
    if len(scores) == len(labels) and not min(scores.values()) < 0 < max(scores.values()):
        faults.add(
            place,
            f"{table(place)} has no label under 0 or none over 0; net sentiment is the share of those "
            "over less that of those under",
        )
    return scores


def _check_pivotal(labels: tuple[str, ...], none: str, faults: Faults) -> None:
    place = ("heads", "pivotal", "labels")
    for label in (PIVOTAL, NO):
        if label not in labels:
            faults.add(place, f"[heads.pivotal] lacks the label {label!r}, which scores rest on")
    if none == PIVOTAL:
        faults.add(
            ("heads", "pivotal", "none"),
            f"[heads.pivotal] none = {none!r} would make segments without a moment pivotal; write {NO!r}",
        )
