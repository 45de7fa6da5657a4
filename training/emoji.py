"""Emojis for encoders that know none: tokens in unused places, with the meaning of their names.

BERT's vocabularies hold no emojis, so "late again 😡" and "late again 😍" read the same. Their
vocabularies do hold places that were never used. Emojis move in there, so that the model does not
grow by a byte, and start from the mean vector of the words that say what they mean.
"""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING, Any

import torch
from tokenizers import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNUSED = "[unused"
_BLOCKS = (
    range(0x1F600, 0x1F650),  # faces and gestures come first: they carry the feeling
    range(0x1F90C, 0x1FA00),
    range(0x1F440, 0x1F4FD),
    range(0x1F300, 0x1F321),
    range(0x1F32D, 0x1F394),
    range(0x1F39E, 0x1F3FB),
    range(0x1F400, 0x1F440),
    range(0x1F680, 0x1F6C6),
    range(0x1FA70, 0x1FAF9),
)
_SIGNS = "☀☁☂☃☎☑☔☕☘☝☠☢☣☮☹☺♥♻⚠⚡⚽⚾⛄⛅⛔⛽✂✅✈✉✊✋✌✍✏✔✖✨❄❌❎❓❔❕❗❣❤➡⬅⬆⬇⭐⭕🔥🖐🖕🖤🤍🗑🗣🥇"
_MODIFIERS = "[\U0001f3fb-\U0001f3ff]"
"""Skin tones, which say nothing about the feedback."""

_FILLERS = frozenset({"and", "black", "face", "for", "hand", "heavy", "mark", "of", "person", "sign", "symbol", "the", "white", "with"})  # fmt: skip
MEANINGS = {
    "❌": "no, wrong", "⭐": "star", "🌟": "excellent star", "🎉": "party, congratulations",
    "👀": "eyes, looking", "👌": "ok, perfect", "👍": "good, yes", "👎": "bad, no",
    "👏": "applause, well done", "💀": "dead laughing", "💔": "heartbroken, sad", "💩": "crap",
    "💪": "strong", "💯": "hundred percent, totally", "🔥": "fire, amazing", "🖕": "fuck you",
    "🗑": "trash, garbage", "😀": "happy", "😁": "very happy", "😂": "laughing", "😃": "happy",
    "😄": "happy", "😅": "nervous laugh", "😆": "laughing", "😇": "innocent, blessed",
    "😉": "wink, joking", "😊": "happy, pleased", "😋": "delicious", "😌": "relieved",
    "😍": "love it", "😎": "cool", "😏": "smug, sarcastic", "😐": "unimpressed",
    "😑": "annoyed, unimpressed", "😒": "annoyed, unimpressed", "😓": "stressed", "😔": "sad",
    "😕": "confused, disappointed", "😖": "frustrated", "😘": "love, kiss", "😞": "disappointed",
    "😟": "worried", "😠": "angry", "😡": "very angry", "😢": "crying, sad", "😣": "struggling",
    "😤": "angry, fed up", "😥": "sad", "😩": "exhausted, fed up", "😫": "exhausted, fed up",
    "😬": "awkward", "😭": "crying", "😮": "surprised", "😱": "shocked", "😳": "embarrassed",
    "😴": "asleep, boring", "🙁": "unhappy", "🙂": "slightly happy", "🙃": "sarcastic",
    "🙄": "annoyed, sarcastic", "🙌": "celebrating, great", "🙏": "thank you, please",
    "🤔": "thinking, unsure", "🤗": "hug, happy", "🤡": "clown, fool", "🤢": "disgusted, sick",
    "🤣": "laughing", "🤤": "delicious", "🤦": "stupid, frustrated", "🤩": "amazing",
    "🤬": "swearing, furious", "🤮": "disgusting, vomit", "🤯": "mind blown", "🤷": "no idea",
    "🥰": "love it", "🥲": "sad smile", "🥳": "party, celebrating", "🥴": "dizzy", "🥺": "pleading",
}  # fmt: skip
"""What people mean by an emoji, where its official name says something else or less."""


def emojis() -> Iterator[str]:
    """Emojis of one character that have a name, the telling ones first."""
    seen: set[str] = set()
    for sign in (*MEANINGS, *_SIGNS, *(chr(code) for block in _BLOCKS for code in block)):
        if sign not in seen and unicodedata.name(sign, "") != "":
            seen.add(sign)
            yield sign


def meaning(emoji: str) -> str:
    """Words that say what an emoji means.

    >>> meaning("🙄"), meaning("📦")
    ('annoyed, sarcastic', 'package')
    """
    words = unicodedata.name(emoji).lower().replace("-", " ").split()
    telling = [word for word in words if word not in _FILLERS]
    return MEANINGS.get(emoji) or " ".join(telling or words)


def with_emojis(tokenizer: Tokenizer) -> tuple[Tokenizer, dict[str, int]]:
    """A tokenizer that knows emojis, and the id of each.

    Args:
        tokenizer: Any fast tokenizer; left as it is. Where its vocabulary has no unused places, or
            knows emojis already, nothing is added.
    """
    table = json.loads(tokenizer.to_str())
    vocabulary = table["model"].get("vocab")
    if not isinstance(vocabulary, dict):
        return tokenizer, {}
    unknown = tokenizer.token_to_id("[UNK]")
    missing = [
        sign for sign in emojis() if unknown in tokenizer.encode(sign, add_special_tokens=False).ids
    ]
    places = sorted((place, name) for name, place in vocabulary.items() if name.startswith(_UNUSED))
    taken = {sign: place for sign, (place, _) in zip(missing, places, strict=False)}
    for sign, (place, name) in zip(taken, places, strict=False):
        del vocabulary[name]
        vocabulary[sign] = place
    table["added_tokens"] += [_added(sign, place) for sign, place in taken.items()]
    if taken:
        table["normalizer"] = _without_modifiers(table["normalizer"])
    return Tokenizer.from_str(json.dumps(table)), taken


def teach(embeddings: torch.nn.Embedding, tokenizer: Tokenizer, taken: dict[str, int]) -> None:
    """Give emojis the mean vector of the words of their meaning.

    Args:
        embeddings: Word embeddings of the encoder; changed in place.
        tokenizer: As :func:`with_emojis` returned it.
        taken: Ids of the emojis.
    """
    with torch.no_grad():
        for sign, place in taken.items():
            ids = tokenizer.encode(meaning(sign), add_special_tokens=False).ids
            embeddings.weight[place] = embeddings.weight[ids].mean(dim=0)


def _added(content: str, place: int) -> dict[str, Any]:
    """An entry that is found anywhere in a text, in the middle of a word too."""
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized", "special"), False)
    return {"id": place, "content": content, **flags}


def _without_modifiers(normalizer: dict[str, Any] | None) -> dict[str, Any]:
    drop = {"type": "Replace", "pattern": {"Regex": _MODIFIERS}, "content": ""}
    return {"type": "Sequence", "normalizers": [drop, *([normalizer] if normalizer else [])]}
