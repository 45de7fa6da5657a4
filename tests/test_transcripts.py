"""Turns, customers and documents of transcripts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mot_nlp.errors import InputError
from mot_nlp.records import SOURCES
from mot_nlp.transcripts import (
    POST_LENGTH,
    document,
    document_from_turns,
    guess_source,
    parse_turns,
)

LINES = st.lists(
    st.sampled_from(
        [
            "Customer: hi",
            "Agent 2:",
            "ann: hello: you",
            "  and more ",
            "",
            "[00:12] Bob:  x",
            "Edit: y",
        ]
    )
    | st.text(max_size=20)
)


def said(text, **options):
    return [
        (turn.speaker, text[turn.start : turn.end], turn.is_customer)
        for turn in parse_turns(text, **options)
    ]


def customers(*speakers, customer=None):
    """Which of the speakers, each given a line, are the customers."""
    text = "\n".join(f"{speaker}: words" for speaker in speakers)
    turns = parse_turns(text, customer=customer)
    assert [turn.speaker for turn in turns] == list(speakers)
    return [turn.speaker for turn in turns if turn.is_customer]


# ---------------------------------------------------------------- turns


def test_turns_run_to_their_last_line_without_white_space():
    text = "Customer:  It broke.\n  Twice.  \n\nAgent: Oh no.\n"
    assert said(text) == [
        ("Customer", "It broke.\n  Twice.", True),
        ("Agent", "Oh no.", False),
    ]


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n"])
def test_offsets_count_in_the_text_as_given(newline):
    text = newline.join(["Customer: one", "two", "Agent: three", ""])
    assert said(text) == [("Customer", f"one{newline}two", True), ("Agent", "three", False)]


@pytest.mark.parametrize(
    "time",
    [
        "[00:12] ",
        "12:03 ",
        "(2026-01-02 10:15) ",
        "[2026-01-02T10:15:00Z] ",
        "00:01:02.345 - ",
        "12/03/2026, 10:15 - ",
        "[12/03/2026, 10:15:22 PM] ",
        "9:05 am: ",
    ],
)
def test_a_time_may_stand_before_the_speaker(time):
    assert said(f"{time}Customer: hello\n{time}Agent: hi") == [
        ("Customer", "hello", True),
        ("Agent", "hi", False),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Ann (10:15): hi",
        "Ann : hi",
        "Ann:hi",
        "**Ann:** hi",
        "**Ann**: hi",
        "Ann\uff1ahi",
        "Ann:\nhi",
    ],
)
def test_other_ways_to_write_a_speaker(line):
    assert said(line) == [("Ann", "hi", True)]


@pytest.mark.parametrize(
    "line",
    [
        "Pros: cheap",
        "Cons: loud",
        "Update: broke",
        "Edit 2: again",
        "PS: thanks",
        "P.S.: thanks",
        "TL;DR: no",
        "TLDR: no",
        "Note: x",
        "Summary: x",
        "My rating: 3",
        "12:30: nothing yet",
        "https://example.com/x",
        "The agent told me: no refunds",
        "thanks:D",
        "great :) really",
        "a name that has far too many words: x",
        "Pneumonoultramicroscopicsilicovolcanoconiosis: x",
    ],
)
def test_headings_times_links_and_prose_are_not_speakers(line):
    assert said(f"Customer: hello\n{line}\nAgent: hi")[0] == ("Customer", f"hello\n{line}", True)
    assert guess_source(line) == "review"


def test_a_small_name_used_twice_is_a_speaker():
    text = "jan de boer: hi\nmia at home: hello\njan de boer: so\nmia at home: yes"
    assert [speaker for speaker, _, _ in said(text)] == ["jan de boer", "mia at home"] * 2


@pytest.mark.parametrize(
    "start",
    [
        "9:30",
        "2026-01-02 ",
        "2026-01-02T{}9:30",
        "[{}9:30]",
        "9:30 -",
        "9:30.1",
        "Ann (",
        "Ann ({}1",
    ],
)
def test_long_lines_take_linear_time(start):
    # With backtracking in quadratic time this would take minutes.
    blanks = " " * 100_000
    text = start.replace("{}", blanks) + blanks + "x" * 100_000
    assert guess_source(text) == "review"
    assert len(parse_turns(f"{text}\nAgent: hi")) == 2


def test_turns_without_words_are_kept():
    assert said("Customer:\nAgent: hi\nCustomer: ok")[0] == ("Customer", "", True)


@given(LINES.map("\n".join), st.none() | st.just("ann"))
def test_turns_are_ordered_apart_and_stripped(text, customer):
    position = 0
    for turn in parse_turns(text, customer=customer):
        assert position <= turn.start <= turn.end <= len(text)
        assert text[turn.start : turn.end] == text[turn.start : turn.end].strip()
        position = turn.end
    assert bool(parse_turns(text)) == bool(text.strip())


# ---------------------------------------------------------------- the customer


def test_the_given_customer_and_no_other():
    assert customers("Customer", "Mark", customer=" mark ") == ["Mark"]
    assert customers("Customer", "Agent", customer="Zoe") == []


@pytest.mark.parametrize(
    ("speakers", "expected"),
    [
        (["Agent 2", "Customer (Mark)", "Zoe"], ["Customer (Mark)"]),
        (["Support Team", "caller"], ["caller"]),
        (["Customer Service", "Client"], ["Client"]),
        (["Me", "Vodafone"], ["Me"]),
        (["Agent Priya", "Mark", "Zoe"], ["Mark", "Zoe"]),
        (["virtual assistant", "Dee"], ["Dee"]),
        (["BOT", "You"], ["You"]),
        (["Agent2", "Ida"], ["Ida"]),
        (["Ida", "Kim"], ["Ida"]),
    ],
)
def test_known_words_name_the_customer(speakers, expected):
    assert customers(*speakers) == expected


@pytest.mark.parametrize(
    "phrase",
    [
        "How may I help?",
        "Thank you for calling Acme.",
        "You\u2019re through to Acme.",
        "Lou speaking.",
    ],
)
def test_who_speaks_as_staff_do_is_the_agent(phrase):
    assert [
        who for who, _, customer in said(f"Lou: Hi. {phrase}\nKim: well\nPat: hm") if customer
    ] == [
        "Kim",
        "Pat",
    ]


def test_speaking_to_someone_is_not_a_service_phrase():
    assert said("Kim: I was speaking to Lou\nLou: ok")[0] == ("Kim", "I was speaking to Lou", True)


def test_words_before_the_first_speaker():
    assert said("Chat of 2 May\nCustomer: hi") == [
        ("", "Chat of 2 May", False),
        ("Customer", "hi", True),
    ]
    assert said("It broke.\nAgent: oh") == [("", "It broke.", True), ("Agent", "oh", False)]
    assert not any(customer for *_, customer in said("It broke.\nAgent: oh", customer="Kim"))


# ---------------------------------------------------------------- the source


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("Customer: where is it\nAgent: on its way", "transcript"),
        ("Customer: where is it", "transcript"),
        ("Ann: hi\nBob: hi\nAnn: bye", "transcript"),
        ("[00:01] Ann: hi\n[00:04] Bob: hi", "transcript"),
        ("Lou: thanks for calling\nKim: hi", "transcript"),
        ("Chat log\nAgent: hi\nCustomer: hi\nAgent: bye", "transcript"),
        ("Staff: friendly\nFood: cold\nService: slow", "review"),
        ("Customer service: terrible", "review"),
        ("Battery: fine\nScreen: dim", "review"),
        ("Pros: cheap\nCons: loud\nPros: light", "review"),
        ("We rang.\nAgent: no refunds", "review"),
        ("thanks @acme", "social"),
        ("so cosy #winter", "social"),
        ("RT this if it broke", "social"),
        ("look pic.twitter.com/abc", "social"),
        ("write to me@example.com about item #12 &#39;", "review"),
        ("thanks @acme " + "x" * POST_LENGTH, "review"),
        ("", "review"),
    ],
)
def test_sources_are_guessed(text, source):
    assert guess_source(text) == source


@given(LINES.map("\n".join))
def test_any_text_has_a_source(text):
    assert guess_source(text) in SOURCES


# ---------------------------------------------------------------- documents


def test_a_review_is_one_customer_turn():
    review = document("a", " It broke. ", extra={"brand": "Acme"})
    assert (review.source, review.extra) == ("review", {"brand": "Acme"})
    assert [(t.speaker, t.start, t.end, t.is_customer) for t in review.turns] == [("", 0, 11, True)]


def test_a_transcript_without_speakers_is_one_customer_turn():
    (turn,) = document("a", " It broke. ", source="transcript", customer="Kim").turns
    assert (turn.start, turn.end, turn.is_customer) == (1, 10, True)


def test_a_customer_who_speaks_makes_a_transcript():
    text = "Kim: It broke.\nLou: Oh."
    assert document("a", text).source == "review"
    assert document("a", text, customer="kim").source == "transcript"


def test_surrogates_are_replaced_one_for_one_and_nuls_stay():
    assert document("a", "a\ud83d\udc00b\0c").text == "a\ufffd\ufffdb\0c"


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_text_is_refused(text):
    with pytest.raises(InputError, match="the text is empty"):
        document("a", text)


def test_an_unknown_source_is_refused():
    with pytest.raises(InputError, match="'email' is not a source; give one of review, social, tr"):
        document("a", "text", source="email")


@pytest.mark.parametrize("text", ["Agent: hi\nBot: hello", "Agent: hi\nBot: hello\nCustomer:  "])
def test_a_transcript_without_a_customer_is_refused(text):
    with pytest.raises(
        InputError, match=r"no customer turn; its speakers are Agent, Bot.*--customer"
    ):
        document("a", text, source="transcript")


def test_a_customer_who_is_not_there_is_named():
    with pytest.raises(InputError, match="no customer turn named 'Kim'; its speakers are Ann, Bob"):
        document("a", "Ann: hi\nBob: hi", source="transcript", customer="Kim")


# ---------------------------------------------------------------- given turns


def test_given_turns_are_not_parsed_again():
    turns: list[dict[str, Any]] = [
        {"speaker": "Agent", "text": "Hello"},
        {"speaker": "Customer", "text": " He said\nAgent: no refunds ", "time": 3},
    ]
    transcript = document_from_turns("a", turns)
    assert transcript.text == "Agent: Hello\nCustomer:  He said\nAgent: no refunds "
    assert [t.is_customer for t in transcript.turns] == [False, True]
    assert transcript.source == "transcript"


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=20)), max_size=6))
def test_given_turns_keep_their_words(pairs):
    pairs = [*pairs, ("Customer", "It broke.")]
    transcript = document_from_turns(
        "a", [{"speaker": speaker, "text": text} for speaker, text in pairs]
    )
    found = [(t.speaker, transcript.text[t.start : t.end]) for t in transcript.turns]
    assert found == [(speaker.strip(), text.strip()) for speaker, text in pairs]


def test_the_customer_of_given_turns_may_be_named():
    turns = [{"speaker": "Ann", "text": "hi"}, {"speaker": "Bob", "text": "hi"}]
    assert [t.is_customer for t in document_from_turns("a", turns, customer="bob").turns] == [
        False,
        True,
    ]
    with pytest.raises(InputError, match="named 'Kim'; its speakers are Ann, Bob"):
        document_from_turns("a", turns, customer="Kim")


@pytest.mark.parametrize(
    ("turn", "came"),
    [
        ({"speaker": "Bob"}, "its text is None"),
        ({"text": "hi"}, "its speaker is None"),
        ({"speaker": "Bob", "text": 5}, "its text is 5"),
        ("Bob: hi", "it is 'Bob: hi'"),
    ],
)
def test_a_turn_that_cannot_be_used_is_numbered(turn: Any, came):
    turns: list[Any] = [{"speaker": "Ann", "text": "hi"}]
    turns.append(turn)
    with pytest.raises(InputError, match=f"turn 2 cannot be used: {came}"):
        document_from_turns("a", turns)


@pytest.mark.parametrize("turns", [[], [{"speaker": "Ann", "text": " "}]])
def test_turns_without_words_are_refused(turns):
    with pytest.raises(InputError, match="the text is empty: no turn has any words"):
        document_from_turns("a", turns)
