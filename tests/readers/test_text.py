"""Plain text, transcripts and captions to documents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mot_nlp.readers import decoding
from mot_nlp.readers import table as tables
from mot_nlp.readers.captions import turns_of
from mot_nlp.readers.plain import told_by_start
from tests.readers.world import positions, read, texts

CALL = "Agent: Thanks for calling.\nKim: It broke\nafter a week.\n\nAgent: Sorry.\nKim: Me too.\n"
WORDS = st.lists(st.sampled_from(["it", "broke", "5 < 6", "never", "A&B"]), min_size=1, max_size=4)


def said(path, **options):
    (found,) = read(path, **options)
    return [(turn.speaker, found.text[turn.start : turn.end]) for turn in found.turns]


def cue(number, words, name=""):
    return f"{name}00:00:{number:02d}.000 --> 00:00:{number:02d}.900\n{words}\n\n"


# ---------------------------------------------------------------- plain text


def test_text_is_a_document_a_line(write):
    path = write("a.txt", "It broke.\n\n  \nFine\u2028still\x0bfine \r\nPros: none")
    found = read(path)
    assert [d.text for d in found] == ["It broke.", "Fine\u2028still\x0bfine ", "Pros: none"]
    assert [d.id for d in found] == ["1", "2", "3"]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])).filter(str.strip)))
def test_lines_come_back_as_written(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("text") / "x.txt"
    path.write_text("first\n" + "\n".join(lines), encoding="utf-8", newline="")
    assert texts(path, format="text") == ["first", *lines]


def test_a_transcript_is_one_document_named_after_its_file(write):
    path = write("call 7.txt", CALL)
    (found,) = read(path)
    assert (found.id, found.source, found.text) == ("call 7", "transcript", CALL)
    assert [turn.is_customer for turn in found.turns] == [False, True, False, True]
    assert len(read(path, format="text")) == 5
    assert said(write("b.txt", "[0:01] Kim: It broke.\n"), format="transcript") == [
        ("Kim", "It broke.")
    ]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (CALL, "transcript"),
        ("\ufeff" + CALL, "transcript"),
        ("[00:01] Ann: Hi\n[00:04] Bo: Hi\n[00:05] Ann: So?\n", "transcript"),
        ("Agent:\nHi\n\nKim:\nIt broke\n\nAgent:\nOh\n", "transcript"),
        ("Call of May 5\n" + CALL, "text"),
        ("Kim: It broke\nKim: It broke again\nKim: Fine\n", "text"),
        ("Ann: great\nBo: bad\nCy: fine\n", "text"),
        ("Ann: Hi\nBo: Hi\nAnn: So?\n" + "It broke\n" * 7, "text"),
        ("".join(f"{name}: hi\n" * 2 for name in "ABCDEFGHIJKLMNOPQRSTU"), "text"),
        ("It broke.\nPros: none\nCons: all\n", "text"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n", "vtt"),
        ("1\r\n00:00:01,000 --> 00:00:02,000\r\nHi\r\n", "srt"),
        ("", "text"),
    ],
    ids=[
        "turns", "mark", "timed", "apart", "heading", "one speaker", "once each", "few", "many",
        "headings", "vtt", "srt", "empty",
    ],
)  # fmt: skip
def test_a_start_tells_what_is_in_a_text_file(content, kind):
    assert told_by_start(content.encode()) == kind
    assert told_by_start(content.removeprefix("\ufeff").encode("utf-16")) == kind


def test_a_long_transcript_is_told_by_whole_lines(write):
    assert len(read(write("a.txt", CALL * 2000))) == 1


@pytest.mark.parametrize("name", ["a.txt", "a.vtt"])
def test_a_transcript_beyond_measure_is_set_aside(write, monkeypatch, name):
    monkeypatch.setattr(tables, "LONGEST_TEXT", 40)
    (bad,) = read(write(name, CALL))
    assert (bad.row, bad.reason) == (1, "the document is longer than 40 characters; split it")


def test_a_line_beyond_measure_is_set_aside_alone(write, monkeypatch):
    monkeypatch.setattr(decoding, "START", 16)
    monkeypatch.setattr(decoding.Text.lines, "__kwdefaults__", {"longest_line": 100})
    path = write("a.txt", "fine\n" + "x" * 90 + "\nfine\n" + "x" * 150 + "\nfine\n")
    *before, bad, after = found = positions(path)
    assert [len(entry.text) for _, entry in [*before, after]] == [4, 90, 4, 4]
    assert (bad[1].row, bad[1].reason) == (
        4,
        "the row is not UTF-8 or a line is longer than 100 bytes; re-save the file as UTF-8",
    )
    assert positions(path, start=before[-1][0]) == found[3:]


def test_order_marks_between_joined_files_are_no_rows(write):
    assert texts(write("a.txt", "\ufeffone\n\ufeff\ntwo\n")) == ["one", "two"]


# ---------------------------------------------------------------- captions


def test_names_before_a_colon_and_cues_joined(write):
    path = write(
        "call.vtt",
        "WEBVTT - call\nKind: captions\n\nNOTE\nKim: not said\n\nSTYLE\n::cue { color: red }\n\n"
        + cue(1, "Kim Lee: I ordered it last", "1\n")
        + cue(2, "Kim Lee: week &amp; it <i>broke</i>.", "cue 2\n")
        + cue(3, "Agent: Sorry\nfor that.")
        + cue(4, "Really.")
        + cue(5, "Kim Lee: Fine."),
    )
    assert said(path) == [
        ("Kim Lee", "I ordered it last week & it broke."),
        ("Agent", "Sorry for that. Really."),
        ("Kim Lee", "Fine."),
    ]
    (found,) = read(path)
    assert (found.id, found.source) == ("call", "transcript")


def test_voices(write):
    path = write(
        "a.vtt",
        "\ufeffWEBVTT\r\n\r\n"
        + cue(1, "<v Kim Lee>I ordered it last</v>").replace("\n", "\r\n")
        + cue(2, "week: broken.").replace("\n", "\r\n")
        + cue(3, "<v.loud Agent>Sorry</v> <v Kim Lee>Fine 5 < 6 > 4</v>").replace("\n", "\r\n"),
    )
    assert said(path) == [
        ("Kim Lee", "I ordered it last week: broken."),
        ("Agent", "Sorry"),
        ("Kim Lee", "Fine 5 < 6 > 4"),
    ]


def test_subrip(write):
    path = write(
        "a.srt",
        "1\n00:00:01,000 --> 00:00:02,000\nKIM: It\nbroke.\n\n2\n00:00:02,000 --> 00:00:04,000\n"
        "- Really?\n- Yes.\n\n3\n00:00:04,000 --> 00:00:05,000\n{\\an8}AGENT: Sorry.\n\nAgain.\n"
        "4\n00:00:06,000 --> 00:00:07,000\nKIM: 42\n",
    )
    assert said(path) == [
        ("KIM", "It broke.\n- Really?\n- Yes."),
        ("AGENT", "Sorry. Again."),
        ("KIM", "42"),
    ]


def test_captions_without_names_are_the_customers(write):
    path = write("a.vtt", "WEBVTT\n\n" + cue(1, "It broke") + cue(2, "again."))
    (found,) = read(path)
    assert (found.text, found.turns[0].is_customer) == ("It broke again.", True)


def test_the_customer_can_be_named(write):
    path = write("a.srt", "1\n" + cue(1, "sam p: It broke.") + "2\n" + cue(2, "Ann: Oh."))
    (found,) = read(path, customer="Sam P")
    assert [turn.is_customer for turn in found.turns] == [True, False]


def test_lines_that_roll_are_said_once(write):
    path = write(
        "a.vtt",
        "WEBVTT\n\n"
        + cue(1, " \nso<00:00:00.500><c> today</c>")
        + cue(2, "so today\n ")
        + cue(3, "so today\nit<00:00:03.000><c> broke</c>"),
    )
    assert texts(path) == ["so today it broke"]
    assert turns_of(cue(1, "No.") + cue(2, "No.")) == [{"speaker": "", "text": "No. No."}]


@pytest.mark.parametrize("content", ["WEBVTT\n\nnothing\n", "WEBVTT\n", "WEBVTT\n\n" + cue(1, "")])
def test_captions_without_words_are_set_aside(write, content):
    (bad,) = read(write("a.vtt", content))
    assert (bad.row, bad.doc_id) == (1, "")
    assert "the file holds no cue" in bad.reason


@given(st.lists(st.tuples(st.sampled_from(["Kim", "Agent", "Jo Li"]), WORDS), min_size=1))
def test_turns_come_back_from_voices(pairs):
    escaped = [" ".join(words).replace("&", "&amp;").replace("<", "&lt;") for _, words in pairs]
    cues = (
        cue(number % 60, f"<v {speaker}>{words}")
        for number, ((speaker, _), words) in enumerate(zip(pairs, escaped, strict=True))
    )
    merged: list[tuple[str, str]] = []
    for speaker, words in pairs:
        if merged and merged[-1][0] == speaker:
            merged[-1] = (speaker, f"{merged[-1][1]} {' '.join(words)}")
        else:
            merged.append((speaker, " ".join(words)))
    found = turns_of("WEBVTT\n\n" + "".join(cues))
    assert [(turn["speaker"], turn["text"]) for turn in found] == merged
