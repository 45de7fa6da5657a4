"""Offsets of other tools to spans of characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mot_nlp.errors import InputError
from training.importing.marks import Mark, overlapping
from training.importing.offsets import Offsets

EMOJI = "💩 Großes Kino, but slow."


def at(text, start, end, quoted=None, counted="characters"):
    return Offsets(counted).place(text, Mark("stage", "x", start, end, quoted=quoted))


def test_characters_are_taken_as_they_are():
    assert at("It broke.", 3, 8).span == (3, 8)
    assert at("It broke.", "3", 8.0).span == (3, 8)


def test_the_whole_text_loses_white_space_at_its_ends():
    assert Offsets().place("  Sad. \n", Mark("stage", "x")).span == (2, 6)


@pytest.mark.parametrize(
    ("start", "end", "match"),
    [
        (3, 40, "3:40 leaves the text, which has 9 characters"),
        (-1, 4, "leaves the text"),
        (4, 4, "ends before it begins, or is empty"),
        (2, 3, "nothing but white space"),
        (None, 4, "give whole numbers"),
        ("three", 4, "give whole numbers"),
        (True, 4, "give whole numbers"),
        (2.5, 4, "give whole numbers"),
    ],
)
def test_offsets_that_do_not_fit_are_refused(start, end, match):
    with pytest.raises(InputError, match=match):
        at("It broke.", start, end)


def test_other_words_than_quoted_are_named_with_their_place():
    with pytest.raises(
        InputError, match="hold 't brok', but the file quotes 'broke'; those stand at 3:8"
    ):
        at("It broke.", 1, 7, quoted="broke")


def test_line_ends_of_two_characters_are_suspected():
    with pytest.raises(InputError, match="line ends of two characters"):
        at("One.\r\nIt broke.", 5, 14, quoted="It broke.")


def test_white_space_may_be_quoted_otherwise():
    text = "It broke.\r\n  Sad."
    assert at(text, 0, len(text), quoted="It broke. Sad.").span == (0, len(text))
    assert at("a\nb", 0, 3, quoted="a\\nb").span == (0, 3)


def test_white_space_at_the_ends_is_cut_and_told():
    place = at("It broke. Sad.", 2, 10)
    assert (place.span, place.was_trimmed) == ((3, 9), True)


def test_a_cut_word_is_told():
    assert at("It broke.", 3, 6).cuts_word
    assert not at("It broke.", 3, 8).cuts_word
    assert not at("很好吃", 0, 1).cuts_word


@given(st.text(min_size=1), st.data())
def test_every_way_of_counting_finds_the_same_words(text, data):
    text = text.encode("utf-8", "replace").decode()
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    if not text[start:end].strip():
        return
    expected = at(text, start, end).span
    for counted, encoding, size in (("utf-16", "utf-16-le", 2), ("bytes", "utf-8", 1)):
        first, last = (len(text[:place].encode(encoding)) // size for place in (start, end))
        assert at(text, first, last, counted=counted).span == expected


def test_offsets_within_a_character_are_refused():
    with pytest.raises(InputError, match="cuts a character in two, counted in UTF-16 units"):
        at(EMOJI, 1, 5, counted="utf-16")


@pytest.mark.parametrize(
    ("counted", "encoding", "size"), [("utf-16", "utf-16-le", 2), ("bytes", "utf-8", 1)]
)
@pytest.mark.parametrize("is_quoted", [True, False])
def test_offsets_that_count_something_else_are_told(counted, encoding, size, is_quoted):
    offsets = Offsets()
    for quoted in ("Großes Kino,", "but slow."):
        start = len(EMOJI[: EMOJI.index(quoted)].encode(encoding)) // size
        end = start + len(quoted.encode(encoding)) // size
        try:
            offsets.place(EMOJI, Mark("", "x", start, end, quoted=quoted if is_quoted else None))
        except InputError:
            continue
    assert f"import it again with --offsets {counted}" in offsets.hint("a.json")


def test_nothing_is_told_of_offsets_that_fit_or_that_nothing_fits():
    fitting, broken = Offsets(), Offsets()
    fitting.place(EMOJI, Mark("", "x", 2, 14, quoted="Großes Kino,"))
    with pytest.raises(InputError):
        broken.place(EMOJI, Mark("", "x", 2, 14, quoted="elsewhere"))
    assert fitting.hint("a.json") == broken.hint("a.json") == ""


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5)), unique=True))
def test_overlaps_are_those_of_pairs(pairs):
    spans = list({(start, start + length) for start, length in pairs})
    expected = {
        one
        for one in spans
        for other in spans
        if one != other and one[0] < other[1] and other[0] < one[1]
    }
    assert overlapping(spans) == expected
