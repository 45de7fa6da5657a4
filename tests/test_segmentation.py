"""Segments: what holds for any text, and where people's sentences end."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mot_nlp.records import Document, Turn
from mot_nlp.segmentation import Segmenter
from mot_nlp.segmentation.blocks import LARGEST_BLOCK

MARKS = " \n\t\r\u00a0\u2028\x00\x85.!?…,;:-–()\"'“”\u2018’*#"
PARTS = [
    "\r\n",
    "\n\n",
    "...",
    "!!!",
    "?!",
    " - ",
    "- ",
    "1.",
    "2)",
    "$3.50",
    "5 p.m.",
    "Mr.",
    "e.g.",
]
WORDS = ["but", "However", "and then", "i", "We", "great!I", "https://a.b/c?d=e.", ":)", "<3"]
SCRIPTS = ["😍", "👩\u200d💻", "❤\ufe0f", "مرحبا", "עברית", "好。", "e\u0301"]
SCRAPS = st.sampled_from([*MARKS, *PARTS, *WORDS, *SCRIPTS])
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(SCRAPS | st.text(max_size=4), max_size=60).map("".join),
    st.lists(SCRAPS | st.just(" "), max_size=60).map(" ".join),
    st.builds(
        lambda word, times: word * times, st.text(min_size=1, max_size=3), st.integers(1, 4000)
    ),
)


@pytest.fixture(scope="module")
def segmenter():
    return Segmenter()


@st.composite
def documents(draw):
    """Texts of several turns, with words that are nobody's between them."""
    text, turns = "", []
    for words in draw(st.lists(TEXTS, max_size=5)):
        text += draw(st.sampled_from(["", "Ann: ", "\n", "x"]))
        turns.append(Turn("", len(text), len(text) + len(words), draw(st.booleans())))
        text += words
    return Document("d", text, "transcript", tuple(turns))


def review(text):
    return Document("d", text, "review", (Turn("", 0, len(text), is_customer=True),))


def cut(segmenter, text):
    return [text[s.start : s.end] for s in segmenter(review(text))]


# ---------------------------------------------------------------- what holds for any text
@settings(max_examples=150, deadline=None)
@given(document=documents())
def test_every_character_of_the_customer_is_in_exactly_one_segment(segmenter, document):
    segments = segmenter(document)
    taken = [0] * len(document.text)
    for segment in segments:
        turn = document.turns[segment.turn]
        assert turn.is_customer
        assert turn.start <= segment.start < segment.end <= turn.end
        words = document.text[segment.start : segment.end]
        assert words == words.strip()
        for position in range(segment.start, segment.end):
            taken[position] += 1
    assert max(taken, default=0) <= 1
    assert [s.start for s in segments] == sorted(s.start for s in segments)
    for turn in document.turns:
        for position in range(turn.start, turn.end):
            if turn.is_customer and not document.text[position].isspace():
                assert taken[position]


@settings(max_examples=100, deadline=None)
@given(before=TEXTS, text=TEXTS, after=TEXTS)
def test_segments_of_a_turn_do_not_depend_on_the_text_around_it(segmenter, before, text, after):
    alone = [(s.start, s.end) for s in segmenter(review(text))]
    found = segmenter.spans(before + text + after, len(before), len(before) + len(text))
    assert [(start - len(before), end - len(before)) for start, end in found] == alone


def test_memory_of_words_does_not_grow_without_end(monkeypatch):
    segmenter = Segmenter()
    limit = len(segmenter._nlp.vocab) + 50
    monkeypatch.setattr("mot_nlp.segmentation.segmenter.LARGEST_VOCABULARY", limit)
    for number in range(300):
        assert cut(segmenter, f"Order{number}x came. It broke.") == [
            f"Order{number}x came.",
            "It broke.",
        ]
        assert len(segmenter._nlp.vocab) <= limit + 10


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\t\r\n \u00a0"], ids=repr)
def test_a_text_without_words_has_no_segments(segmenter, text):
    assert segmenter(review(text)) == ()


def test_agent_turns_are_not_cut(segmenter):
    text = "Agent: Hello. How can I help?\nCustomer: It broke. I want a refund."
    customer = text.index("It broke")
    turns = (Turn("Agent", 7, 29, is_customer=False), Turn("Customer", customer, len(text), True))
    segments = segmenter(Document("d", text, "transcript", turns))
    assert [text[s.start : s.end] for s in segments] == ["It broke.", "I want a refund."]
    assert {s.turn for s in segments} == {1}


# ---------------------------------------------------------------- how people write
# Each case is a text with | where a segment ends.
CASES = {
    # full stops that end nothing
    "title": "Mr. Smith helped me at St. Pancras.| Great guy.",
    "initial": "J. Brown sorted it all out for us.| Lovely man.",
    "price": "It cost $3.50.| Too much for a coffee.",
    "euro price follows": "Waitress was quick.| €26 for two.",
    "url": "See https://example.com/a.b?c=d for details.| It broke.",
    "web address": "Visit www.shop.co.uk.| Then cry.",
    "e.g.": "I like tea, e.g. green tea, and coffee, i.e. caffeine.| Nice.",
    "etc.": "Screws, nuts etc. were missing.| I called.",
    "version": "Version 2.0.1 is bad.| The old one was fine.",
    "score": "Rating: 4/5.| Would buy again.",
    "number": "No. 5 arrived broken.| No.| I mean it.",
    "p.m. goes on": "We came at 5 p.m. and left.",
    "p.m. ends": "We arrived at 5 p.m.| The shop was closed.",
    "country ends": "I live in the U.S.| They ship slow.",
    "company ends": "He works at Acme Inc.| They fixed it.",
    # marks
    "ellipsis": "I waited...| Nothing came.",
    "ellipsis, one character": "I waited…| Nothing came.",
    "ellipsis without space": "Well...|It broke.| Sad.",
    "exclamations": "Awful!!!| Never again!!!",
    "mixed marks": "Really?!| Yes.| No??| OK",
    "spaced marks": "Stop.  | Really   .  |Now please",
    "mark without space": "It was great!|I loved it",
    "full stop without space": "Great product.|Fast delivery.",
    "lower-case starts": "it broke.| then it broke again.| i hate it.",
    "name with a mark goes on": "The food (not the service!) was nice.",
    # what closes a sentence behind its mark
    "emoji after full stop": "Loved it. 😍 |Will buy again. 👍👍",
    "joined emoji": "Loved it. 👩\u200d💻❤\ufe0f |Will buy again.",
    "emoticon": "Arrived broken. :( |Will not buy again.",
    "hearts": "Great!! <3 <3 |Love it.",
    "emoji instead of full stop": "I really loved it 😍 |Will buy again",
    "emoji within": "We ❤️ London and its parks",
    "quotes": 'He said "never again." |Then he left.',
    "brackets": "(It was bad.) |We went home.",
    "quotation goes on": "“Best ever!” she said. |\u2018Fine.’ |He left",
    "opening quote": "He left. |\u2018Fine,’ I said.",
    # lists and lines
    "bullets": "- good screen|\n- bad battery|\n- ok price",
    "numbered lines": "1. first it broke|\n2. second it was late|\n3) no refund",
    "numbered sentences": "1. It broke.| 2. It was late.",
    "headed lines": "Delivery: fast|\nPrice: ok|\n\n\nStaff: rude",
    "crlf": "One line|\r\nTwo line|\r\n\r\nThree line",
    "hard wrap": (
        "This is a long line that was wrapped by the mail client at\n"
        "some column, and so it goes on here.| Next one."
    ),
    "hard wrap, crlf": (
        "This is a long line that was wrapped by the mail client at\r\n"
        "some column, and so it goes on here."
    ),
    "no wrap before a list item": (
        "These are the things that I did not like about this hotel|\n- the bed|\n- the bath"
    ),
    "no wrap over an empty line": (
        "This is a long line that has no full stop, as so many do|\n\nand here starts another"
    ),
    "no wrap after a short line": "bad screen|\nslow too",
    # turns within a sentence
    "comma but": "The screen is nice,| but the battery dies fast.",
    "but": "The screen is nice| but the battery dies fast.",
    "but, too short": "It's not cheap, but good.",
    "nothing but": "I have had nothing but trouble with it.",
    "though": "Not great, not terrible,| though the price was fair.",
    "yet": "The app crashed 3 times today,| yet support was kind.",
    "not yet": "My refund is not there yet and I am waiting.",
    "except": "Nowhere to sit except a wet bench.",
    "however": "The room was clean| however the staff were rude.",
    "However, first": "However, the staff were rude.| I left.",
    "semicolon": "The room was clean;| the staff were rude.",
    "semicolon however": "The staff were rude;| however, the room was clean and quiet.",
    "semicolon without space": "it was very late;|so I left early",
    "dash": "The screen is lovely |- the battery is awful though.",
    "long dash": "A well-known, state-of-the-art device |– and yet it fails after a week.",
    "dash but": "The screen is lovely |- but the battery is awful.",
    "range": "From 9 - 5 every day they are closed",
    "hyphens": "A well-known, state-of-the-art device",
    # no marks at all
    "run-on": (
        "i ordered the kettle last week and it came on time| but the lid was broken so i emailed"
        " them| and they said they would send a new one| and i waited three weeks and it never"
        " came so i called them and they were really helpful and then i got my money back"
    ),
    "long but listed": (
        "We got sheets, towels, pans, cups, plates, forks, knives, spoons, bowls, mugs, glasses,"
        " lamps, rugs, chairs, a desk, a sofa, a table, a bed, a mirror, a clock and a bin there."
    ),
    # other scripts
    "right to left": "مرحبا.| هذا سيء جدا!| شكرا",
    # nothing to cut
    "one word": "ok",
    "marks only": "!!!",
    "emoji only": "😍 👍",
    "question first": "??? what",
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_where_segments_end(segmenter, case):
    assert cut(segmenter, case.replace("|", "")) == [part.strip() for part in case.split("|")]


def test_a_run_on_of_forty_words_is_cut(segmenter):
    text = "i went to the shop and the man was kind " * 5
    assert len(text.split()) > 40
    parts = cut(segmenter, text.strip())
    assert len(parts) > 1
    assert max(len(part.split()) for part in parts) < 40


# ---------------------------------------------------------------- very long texts
def test_a_hundred_thousand_characters_without_a_space(segmenter):
    text = "a" * 100_000
    parts = cut(segmenter, text)
    assert "".join(parts) == text
    assert max(map(len, parts)) <= LARGEST_BLOCK


def test_a_long_line_is_cut_between_words(segmenter):
    text = "word " * 3_000
    parts = cut(segmenter, text)
    assert {word for part in parts for word in part.split()} == {"word"}
    assert max(map(len, parts)) <= LARGEST_BLOCK


@pytest.mark.parametrize(
    "unit", [" ", "\n", " \r\n", "and i ", "but ", "! ", "x\n", "a;"], ids=repr
)
def test_time_grows_with_length_and_no_faster(segmenter, unit):
    text = unit * (60_000 // len(unit))
    began = time.process_time()
    segmenter(review(text))
    assert time.process_time() - began < 10  # seconds; it takes a tenth of one
