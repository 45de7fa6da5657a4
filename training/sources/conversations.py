"""Conversations as public datasets write them down, as text: ``Customer: …`` and ``Agent: …`` lines.

Each shape is a function from a JSON value to turns, or to nothing where the value is of another shape.
"""

from __future__ import annotations

import html
import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CUSTOMER, AGENT, SYSTEM = "Customer", "Agent", "System"

Turn = tuple[str, str]
"""Who speaks, and what."""

_SPEAKERS = {
    "user": CUSTOMER, "customer": CUSTOMER, "client": CUSTOMER, "buyer": CUSTOMER,
    "agent": AGENT, "assistant": AGENT, "system": AGENT, "wizard": AGENT, "seller": AGENT,
    "action": SYSTEM,
}  # fmt: skip
_SPOKEN = ("utter", "pick_suggestion")
_URL = re.compile(r"https?:\s*//\S+|\bwww\.\S+")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
_HANDLE = re.compile(r"@\w+")
_NUMBER = re.compile(r"\+?\d[\d\s().-]{5,}\d")
_COMPANIES = frozenset({
    "adobe", "adobecare", "amazon", "amazonhelp", "apple", "applesupport", "ask_spectrum",
    "ask_wellsfargo", "askebay", "askplaystation", "chase", "chasesupport", "delta", "dropbox",
    "dropboxsupport", "ebay", "godaddy", "godaddyhelp", "google", "hp", "hpsupport", "hulu",
    "hulu_support", "microsoft", "microsofthelps", "minecraft", "mojang", "mojangsupport",
    "netflix", "playstation", "rockstargames", "rockstarsupport", "southwestair", "spotify",
    "spotifycares", "teamyoutube", "tmobile", "tmobilehelp", "wellsfargo", "xboxsupport",
    "yahoo", "yahoocare", "youtube", "zoom_us",
})  # fmt: skip


def conversations(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """The conversations that a JSON value is, or holds at any depth, each in its spellings."""
    for shape in _SHAPES:
        if turns := shape(value):
            yield from _written(turns)
    if isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from conversations(member)


def _written(turns: Sequence[Turn]) -> Iterator[str]:
    """Turn by turn, and with neighbouring turns of one speaker joined; personal data masked or not."""
    tidy = [(who, " ".join(html.unescape(what).split())) for who, what in turns]
    tidy = [(who, what) for who, what in tidy if what]
    joined: list[Turn] = []
    for who, run in groupby(tidy, key=lambda turn: turn[0]):
        if who == SYSTEM:
            joined += run
        else:
            joined.append((who, " ".join(what for _, what in run)))
    for form in (tidy, joined):
        for spelled in (form, [(who, masked(what)) for who, what in form]):
            yield "\n".join(f"{who}: {what}" for who, what in spelled)


def masked(text: str) -> str:
    """A message without addresses, numbers and names of people; those of companies stay."""
    text = _EMAIL.sub("#EMAIL#", _URL.sub("#URL#", text))
    text = _HANDLE.sub(lambda m: m[0] if m[0][1:].lower() in _COMPANIES else "@user", text)
    return _NUMBER.sub("#NUMBER#", text)


def _pairs(value: Any) -> list[Turn]:  # noqa: ANN401
    """``[["agent", "Hi!"], …]``."""
    if not isinstance(value, list) or not all(
        isinstance(turn, list) and len(turn) == 2 and all(isinstance(part, str) for part in turn)
        for turn in value
    ):
        return []
    return [(_SPEAKERS[who.lower()], what) for who, what in value if who.lower() in _SPEAKERS]


def _named(value: Any) -> list[Turn]:  # noqa: ANN401
    """``[{"speaker": "USER", "utterance" or "text": "…"}, …]``."""
    turns = []
    for entry in _objects(value):
        who, what = entry.get("speaker"), entry.get("utterance", entry.get("text"))
        if isinstance(who, str) and isinstance(what, str) and who.lower() in _SPEAKERS:
            turns.append((_SPEAKERS[who.lower()], what))
    return turns


def _acted(value: Any) -> list[Turn]:  # noqa: ANN401
    """``[{"Agent": "Wizard", "Action": "pick_suggestion", "Text": "…"}, …]``, of which some are said."""
    return [
        (_SPEAKERS[entry["Agent"].lower()], entry["Text"])
        for entry in _objects(value)
        if entry.get("Action") in _SPOKEN
        and isinstance(entry.get("Text"), str)
        and str(entry.get("Agent")).lower() in _SPEAKERS
    ]


def _bargained(value: Any) -> list[Turn]:  # noqa: ANN401
    """``{"scenario": {"kbs": [{"personal": {"Role": "buyer"}}, …]}, "events": […]}``."""
    try:
        roles = [party["personal"]["Role"] for party in value["scenario"]["kbs"]]
        return [turn for event in value["events"] if (turn := _bid(event, roles)) is not None]
    except (KeyError, IndexError, TypeError):
        return []


def _bid(event: dict[str, Any], roles: Sequence[str]) -> Turn | None:
    role, action = roles[event["agent"]], event["action"]
    if action == "message":
        return _SPEAKERS[role], event["data"]
    if action == "offer":
        return SYSTEM, f"[{role} makes offer: {event['data']['price']}]"
    return SYSTEM, f"[{role} {action}]"


def _threaded(value: Any) -> list[Turn]:  # noqa: ANN401
    """``{"dialogContent": [{"client" or "agent": "name", "message": "…"}, …], "agentURL": {…}}``."""
    try:
        turns = [
            (CUSTOMER if "client" in entry else AGENT, entry["message"])
            for entry in value["dialogContent"]
        ]
        return [*turns, (AGENT, value["agentURL"]["url_utterance"])]
    except (KeyError, TypeError):
        return []


def _alternating(value: Any) -> list[Turn]:  # noqa: ANN401
    """``[{"text": "…", "metadata": {…}}, …]``: the customer begins, then by turns."""
    entries = _objects(value)
    if not entries or not all(
        isinstance(entry.get("text"), str) and "metadata" in entry for entry in entries
    ):
        return []
    return [((CUSTOMER, AGENT)[n % 2], entry["text"]) for n, entry in enumerate(entries)]


def _lone(value: Any) -> list[Turn]:  # noqa: ANN401
    """``{"utterance": "…"}``, said by a customer."""
    what = value.get("utterance") if isinstance(value, dict) else None
    return [(CUSTOMER, what)] if isinstance(what, str) else []


def _objects(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    if not isinstance(value, list):
        return []
    return [entry for entry in value if isinstance(entry, dict)]


_SHAPES: tuple[Callable[[Any], list[Turn]], ...] = (
    _pairs, _named, _acted, _bargained, _threaded, _alternating, _lone,
)  # fmt: skip
