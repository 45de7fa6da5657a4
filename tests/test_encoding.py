"""Windows: whose token is whose, where long documents are cut, what is batched together."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from mot_nlp.encoding import CONTEXT_SHARE, LENGTH_STEP, Window, WindowEncoder, batches, pad
from mot_nlp.errors import BundleError
from mot_nlp.records import Segment

TEXT = st.lists(st.sampled_from([*"ab1 .!\n\x01é😍", " the "]), max_size=250).map("".join)
LENGTHS = st.lists(st.integers(2, 100), min_size=1, max_size=40)


@st.composite
def cut_texts(draw):
    """A text and any segments of it, ordered and not overlapping, with context between them."""
    text = draw(TEXT)
    borders = sorted(draw(st.sets(st.integers(0, len(text)), max_size=12)))
    spans = list(pairwise(borders))
    kept = draw(st.lists(st.booleans(), min_size=len(spans), max_size=len(spans)))
    return text, [Segment(*span, 0) for span, keep in zip(spans, kept, strict=True) if keep]


def segment_ids(windows):
    """Token ids of each segment, its pieces joined in order."""
    found = defaultdict(list)
    for window in windows:
        for piece in window.pieces:
            found[piece.segment].extend(window.ids[piece.start : piece.end])
    return found


def spans_of(text, *parts):
    """Segments of ``text`` that hold ``parts``, which follow one another."""
    segments, position = [], 0
    for part in parts:
        position = text.index(part, position)
        segments.append(Segment(position, position + len(part), 0))
        position += len(part)
    return segments


def window_of(length):
    return Window(tuple(range(1, length + 1)), ())


# ---------------------------------------------------------------- what holds for any text
@settings(max_examples=200, deadline=None)
@given(cut=cut_texts(), window=st.integers(8, 60))
def test_every_segment_is_read_whole_and_windows_keep_their_limit(tokenizer, cut, window):
    text, spans = cut
    encoder = WindowEncoder(tokenizer, window=window)
    [windows] = encoder.encode([text], [spans])
    whole = tokenizer.encode(text, add_special_tokens=False)
    found = segment_ids(windows)
    assert sorted(found) == list(range(len(spans)))
    for number, span in enumerate(spans):
        own = [
            token
            for token, (start, _) in zip(whole.ids, whole.offsets, strict=True)
            if span.start <= start < span.end
        ]
        assert found[number] == (own or [encoder.unknown])
    for built in windows:
        assert 2 < len(built.ids) <= window
        assert built.padded_length % LENGTH_STEP == 0
        assert 0 <= built.padded_length - len(built.ids) < LENGTH_STEP
        assert (built.ids[0], built.ids[-1]) == (encoder.opening, encoder.closing)


@settings(max_examples=100, deadline=None)
@given(cut=cut_texts(), window=st.integers(8, 60))
def test_pieces_stand_in_order_and_only_long_segments_are_parted(tokenizer, cut, window):
    text, spans = cut
    [windows] = WindowEncoder(tokenizer, window=window).encode([text], [spans])
    [uncut] = WindowEncoder(tokenizer, window=10_000).encode([text], [spans])
    whole = segment_ids(uncut)
    order = [piece.segment for built in windows for piece in built.pieces]
    assert order == sorted(order)
    for built in windows:
        end = 1
        for piece in built.pieces:
            assert end <= piece.start < piece.end < len(built.ids)
            end = piece.end
    for number, ids in whole.items():
        if len(ids) <= window - 2:
            assert order.count(number) == 1


@settings(max_examples=50, deadline=None)
@given(cuts=st.lists(cut_texts(), max_size=5))
def test_a_text_is_encoded_the_same_whatever_stands_beside_it(tokenizer, cuts):
    encoder = WindowEncoder(tokenizer, window=32)
    together = encoder.encode([text for text, _ in cuts], [spans for _, spans in cuts])
    assert together == [encoder.encode([text], [spans])[0] for text, spans in cuts]


# ---------------------------------------------------------------- one window
def test_a_short_document_is_one_window_with_all_its_context(tokenizer):
    text = "ann: ab. bob: cd"
    [[window]] = WindowEncoder(tokenizer, window=64).encode([text], [spans_of(text, "ab.")])
    inside = tokenizer.encode(text, add_special_tokens=False).ids
    assert list(window.ids[1:-1]) == inside
    [piece] = window.pieces
    assert [tokenizer.id_to_token(i) for i in window.ids[piece.start : piece.end]] == [
        "a",
        "##b",
        ".",
    ]


def test_a_text_without_segments_has_no_window(tokenizer):
    assert WindowEncoder(tokenizer, window=64).encode(["agent only", ""], [[], []]) == [[], []]


def test_a_segment_without_tokens_is_read_as_the_unknown_token(tokenizer):
    text = "ab \x01 cd"
    encoder = WindowEncoder(tokenizer, window=64)
    [[window]] = encoder.encode([text], [spans_of(text, "ab", "\x01", "cd")])
    middle = window.pieces[1]
    assert window.ids[middle.start : middle.end] == (encoder.unknown,)
    assert encoder.unknown == tokenizer.token_to_id("[UNK]")


# ---------------------------------------------------------------- several windows
def test_a_long_document_is_cut_at_segment_borders_into_equally_full_windows(tokenizer):
    sentences = ["a b c d e"] * 10
    text = " ".join(sentences)
    [windows] = WindowEncoder(tokenizer, window=42).encode([text], [spans_of(text, *sentences)])
    assert [len(window.pieces) for window in windows] == [5, 5]
    assert [len(window.ids) for window in windows] == [27, 27]


def test_an_over_long_segment_is_cut_at_white_space(tokenizer):
    text = "abc " * 40
    [windows] = WindowEncoder(tokenizer, window=22).encode([text], [[Segment(0, len(text), 0)]])
    assert len(windows) == 7
    for window in windows:
        [piece] = window.pieces
        first = tokenizer.id_to_token(window.ids[piece.start])
        last = tokenizer.id_to_token(window.ids[piece.end - 1])
        assert (first, last) == ("a", "##c")


def test_an_over_long_segment_without_white_space_is_cut_at_the_limit(tokenizer):
    text = "!" * 50
    [windows] = WindowEncoder(tokenizer, window=22).encode([text], [[Segment(0, 50, 0)]])
    assert [len(window.ids) - 2 for window in windows] == [20, 20, 10]


def test_the_rest_of_an_over_long_segment_shares_its_window(tokenizer):
    text = "!" * 25 + "a b"
    spans = [Segment(0, 25, 0), Segment(25, 28, 0)]
    [windows] = WindowEncoder(tokenizer, window=22).encode([text], [spans])
    assert [[piece.segment for piece in window.pieces] for window in windows] == [[0], [0, 1]]


def test_context_before_a_segment_is_trimmed_where_windows_are_several(tokenizer):
    agent = "x " * 300
    text = f"{agent}a b {agent}c d {agent}"
    window = 42
    encoder = WindowEncoder(tokenizer, window=window)
    [windows] = encoder.encode([text], [spans_of(text, "a b", "c d")])
    context = tokenizer.token_to_id("x")
    assert segment_ids(windows).keys() == {0, 1}
    for built in windows:
        for piece in built.pieces:
            before = built.ids[1 : piece.start]
            assert before.count(context) <= len(built.pieces) * ((window - 2) // CONTEXT_SHARE)
            assert built.ids[piece.start - 1] == context
    assert context not in windows[-1].ids[windows[-1].pieces[-1].end :]


def test_context_gives_way_to_a_segment_that_fills_the_window(tokenizer):
    text = "x " * 50 + "a " * 18
    spans = [Segment(100, len(text), 0)]
    [[window]] = WindowEncoder(tokenizer, window=22).encode([text], [spans])
    [piece] = window.pieces
    assert (piece.start, piece.end, len(window.ids)) == (3, 21, 22)


# ---------------------------------------------------------------- tokenizers
def test_a_tokenizer_is_read_from_its_file(tokenizer, tmp_path):
    path = tmp_path / "tokenizer.json"
    tokenizer.save(str(path))
    text = "ab. cd!"
    spans = spans_of(text, "ab.", "cd!")
    read = WindowEncoder.from_file(path, window=16)
    expected = WindowEncoder(tokenizer, window=16)
    assert read.encode([text], [spans]) == expected.encode([text], [spans])
    assert read.padding == expected.padding == tokenizer.token_to_id("[PAD]")


def test_the_tokenizer_s_own_truncation_and_padding_are_put_off(tokenizer):
    built = Tokenizer.from_str(tokenizer.to_str())
    built.enable_truncation(4)
    built.enable_padding(length=30)
    [[window]] = WindowEncoder(built, window=64).encode(["a b c d e f"], [[Segment(0, 11, 0)]])
    assert len(window.ids) == 8


def test_special_tokens_may_be_named_as_roberta_names_them():
    names = ["<s>", "</s>", "<pad>", "<unk>"]
    vocabulary = {name: number for number, name in enumerate(names)}
    encoder = WindowEncoder(Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>")), window=8)
    assert [encoder.opening, encoder.closing, encoder.padding, encoder.unknown] == [0, 1, 2, 3]


def test_a_missing_special_token_is_named():
    vocabulary = {"[CLS]": 0, "[PAD]": 1, "[UNK]": 2}
    bare = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    with pytest.raises(BundleError, match=r"\[SEP\] and </s>"):
        WindowEncoder(bare, window=8)


# ---------------------------------------------------------------- batches
@given(lengths=LENGTHS, budget=st.integers(1, 600))
def test_batches_hold_one_padded_length_within_budget_and_lose_nothing(lengths, budget):
    windows = [window_of(length) for length in lengths]
    found = batches(windows, token_budget=budget)
    assert sorted(position for batch in found for position in batch) == list(range(len(windows)))
    for batch in found:
        [padded] = {windows[position].padded_length for position in batch}
        assert len(batch) == 1 or len(batch) * padded <= budget
        assert batch == sorted(batch)


@given(lengths=LENGTHS)
def test_batches_are_full_or_powers_of_two(lengths):
    windows = [window_of(length) for length in lengths]
    budget = 320
    for length in {window.padded_length for window in windows}:
        sizes = [
            len(batch)
            for batch in batches(windows, token_budget=budget)
            if windows[batch[0]].padded_length == length
        ]
        most = max(1, budget // length)
        left = [size for size in sizes if size != most]
        assert all(size.bit_count() == 1 and size < most for size in left)
        assert left == sorted(set(left), reverse=True)


def test_no_windows_make_no_batches():
    assert batches([], token_budget=100) == []


@given(lengths=LENGTHS)
def test_padding_is_masked_and_tokens_are_not(lengths):
    windows = [window_of(length) for length in lengths]
    ids, mask = pad(windows, padding=0)
    longest = max(window.padded_length for window in windows)
    assert ids.shape == mask.shape == (len(windows), longest)
    assert ids.dtype == mask.dtype == np.int64
    for row, window in enumerate(windows):
        length = len(window.ids)
        assert tuple(ids[row, :length]) == window.ids
        assert mask[row].tolist() == [1] * length + [0] * (longest - length)
        assert not ids[row, length:].any()


def test_padding_takes_the_id_it_is_given():
    ids, _ = pad([window_of(3)], padding=7)
    assert ids.tolist() == [[1, 2, 3, *[7] * 13]]
