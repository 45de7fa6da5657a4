"""Emojis move into unused places of a vocabulary, wherever they stand in a text."""

import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from training.emoji import MEANINGS, emojis, meaning, teach, with_emojis

WORDS = ["late", "again", "love", "it", "very", "angry", "##ly", "star", "good", "yes", ","]


def tokenizer(places=40):
    vocabulary = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        *(f"[unused{n}]" for n in range(places)),
        *WORDS,
    ]
    made = Tokenizer(
        models.WordPiece({word: n for n, word in enumerate(vocabulary)}, unk_token="[UNK]")
    )
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return made


def tokens(made, text):
    return made.encode(text, add_special_tokens=False).tokens


def test_the_vocabulary_does_not_grow():
    plain = tokenizer()
    made, taken = with_emojis(plain)
    assert made.get_vocab_size() == plain.get_vocab_size()
    assert len(taken) == 40
    assert [made.token_to_id(sign) for sign in taken] == list(range(4, 44)) == [*taken.values()]


def test_feeling_comes_before_things():
    assert list(with_emojis(tokenizer())[1]) == list(MEANINGS)[:40]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("late again😡", ["late", "again", "😡"]),
        ("late😡😡again", ["late", "😡", "😡", "again"]),
        ("👍🏽 love", ["👍", "love"]),
        ("love ❤️ it", ["love", "❤", "it"]),
    ],
)
def test_emojis_are_found_anywhere(text, wanted):
    made, _ = with_emojis(tokenizer(places=300))
    assert tokens(made, text) == wanted


@given(st.lists(st.sampled_from([*WORDS[:6], "😡", "👍🏽", "⭐", " "]), max_size=12))
def test_offsets_name_the_same_characters(parts):
    made, taken = with_emojis(tokenizer(places=300))
    text = "".join(parts)
    found = made.encode(text, add_special_tokens=False)
    for token, (start, end) in zip(found.tokens, found.offsets, strict=True):
        if token in taken:
            assert text[start] == token
            assert end - start in (1, 2)


def test_an_emoji_starts_from_what_it_means():
    made, taken = with_emojis(tokenizer(places=300))
    embeddings = torch.nn.Embedding(made.get_vocab_size(), 3)
    before = embeddings.weight.detach().clone()
    teach(embeddings, made, taken)
    very, angry = made.token_to_id("very"), made.token_to_id("angry")
    assert torch.allclose(embeddings.weight[taken["😡"]], before[[very, angry]].mean(dim=0))
    star = made.token_to_id("star")
    assert torch.equal(embeddings.weight[taken["⭐"]], before[star])
    assert torch.equal(embeddings.weight[very], before[very])


def test_a_vocabulary_without_places_stays_as_it_is():
    plain = tokenizer(places=0)
    made, taken = with_emojis(plain)
    assert taken == {}
    assert json.loads(made.to_str()) == json.loads(plain.to_str())


def test_other_kinds_of_vocabulary_stay_as_they_are():
    made = Tokenizer(models.Unigram([("a", -1.0)], unk_id=0))
    assert with_emojis(made) == (made, {})


def test_every_emoji_means_something():
    listed = list(emojis())
    assert len(set(listed)) == len(listed) > 900
    assert all(meaning(sign).strip() for sign in listed)
