"""What ties labels together: the allowed (stage, moment) pairs, and roll-ups."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from mot_nlp.taxonomy.labels import Rollup

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mot_nlp.taxonomy.faults import Faults
    from mot_nlp.taxonomy.labels import Head, Question
    from mot_nlp.taxonomy.positions import Place

_PAIRED = ("stage", "moment")


def read_pairs(
    entry: Mapping[str, Any], heads: Mapping[str, Head], faults: Faults
) -> tuple[tuple[str, str], ...]:
    """The allowed pairs of the table ``[pairs]``.

    Args:
        entry: The table.
        heads: Heads by name, stage and moment among them.
        faults: Takes what is wrong with it.
    """
    place: Place = ("pairs", "allowed")
    faults.check_keys(("pairs",), entry, ("allowed",))
    given = entry.get("allowed", [])
    if not isinstance(given, list):
        faults.add(place, f"[pairs] allowed is {given!r}; write a list of [stage, moment] pairs")
        return ()
    pairs = []
    for number, pair in enumerate(given):
        stage_moment = _pair(pair, (*place, number), heads, faults)
        if stage_moment is not None:
            pairs.append(stage_moment)
    none = (heads["stage"].none, heads["moment"].none)
    if none not in pairs:
        faults.add(place, f"[pairs] must allow none with none: add [{none[0]!r}, {none[1]!r}]")
    for position, name in enumerate(_PAIRED):
        paired = {pair[position] for pair in pairs} | {heads[name].none}
        missing = [label for label in heads[name].labels if label not in paired]
        if missing:
            faults.add(place, f"[pairs] leaves no pair for {name} {', '.join(missing)}")
    return tuple(pairs)


def _pair(
    given: object, place: Place, heads: Mapping[str, Head], faults: Faults
) -> tuple[str, str] | None:
    """A pair of a known stage and a known moment, None where it is something else."""
    if not isinstance(given, list) or len(given) != 2 or not all(isinstance(x, str) for x in given):
        faults.add(place, f"[pairs] allowed holds {given!r}; write a stage and a moment")
        return None
    stage, moment = given
    known = True
    for name, label in zip(_PAIRED, given, strict=True):
        if label not in heads[name].labels:
            faults.add(place, _unknown(label, name, heads[name].labels))
            known = False
    if known and (stage == heads["stage"].none) != (moment == heads["moment"].none):
        faults.add(
            place,
            f"[pairs] allows stage {stage!r} with moment {moment!r}; none goes with none alone",
        )
    return (stage, moment) if known else None


def read_rollup(
    name: str,
    entry: object,
    questions: Mapping[str, Question],
    given: Collection[str],
    faults: Faults,
) -> Rollup | None:
    """A roll-up of a table ``[rollups.…]``, None where it cannot be read.

    Args:
        name: Name of the roll-up.
        entry: The table: ``of``, and a list of labels for each group.
        questions: Questions whose labels are known.
        given: Names of all heads; of those that are no question something else is wrong.
        faults: Takes what is wrong with it.
    """
    place: Place = ("rollups", name)
    if not isinstance(entry, dict):
        faults.add(place, f"rollups.{name} is {entry!r}; write a table [rollups.{name}]")
        return None
    of = entry.get("of")
    if not isinstance(of, str) or of not in questions:
        if of not in list(given):
            faults.add(
                (*place, "of"),
                f"[rollups.{name}] of = {of!r} is not a head; the heads are {', '.join(given)}",
            )
        return None
    groups = {group: labels for group, labels in entry.items() if group != "of"}
    return Rollup(name, of, _placed(name, groups, questions[of], faults))


def _placed(
    name: str, groups: Mapping[str, object], question: Question, faults: Faults
) -> dict[str, str]:
    """The group of each label."""
    placed: dict[str, str] = {}
    for group, labels in groups.items():
        here: Place = ("rollups", name, group)
        if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
            faults.add(here, f"[rollups.{name}] {group} is {labels!r}; write a list of labels")
            continue
        for number, label in enumerate(labels):
            if label not in question.labels:
                faults.add((*here, number), _unknown(label, question.name, question.labels))
            elif label in placed:
                faults.add(
                    (*here, number),
                    f"[rollups.{name}] must place each label of {question.name} exactly once; {label!r} "
                    f"stands in {placed[label]} too",
                )
            placed.setdefault(label, group)
    missing = [label for label in question.labels if label not in placed]
    if missing:
        faults.add(
            ("rollups", name),
            f"[rollups.{name}] must place each label of {question.name} exactly once; it leaves out "
            f"{', '.join(missing)}",
        )
    return placed


def _unknown(label: str, head: str, labels: tuple[str, ...]) -> str:
    near = get_close_matches(label, labels, 1)
    hint = f"; did you mean {near[0]}?" if near else f"; the labels are {', '.join(labels)}"
    return f"{label!r} is not a label of {head}{hint}"
