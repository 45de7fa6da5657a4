"""What is taken in: the same rows, wherever reading begins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mot_nlp import language
from mot_nlp.batch import intake as module
from mot_nlp.batch.intake import Intake, check_date
from mot_nlp.batch.kept import KeptColumns
from mot_nlp.batch.options import Options
from mot_nlp.errors import InputError
from mot_nlp.language import with_language
from mot_nlp.readers import Columns, Position, Source, UsedIds, expand, read_positions
from mot_nlp.records import Document, Rejected
from mot_nlp.transcripts import document
from tests.batch.world import write_csv, write_json_lines

SOURCES = [Source("in.csv", "in.csv", "csv"), Source("more.csv", "more.csv", "csv")]
GERMAN = "Leider nach zwei Wochen kaputt gegangen, das Geld habe ich nie wieder gesehen!"
ENGLISH = "The kettle broke after two weeks and nobody ever answered my letters."


def rows(count, text="It broke.", **extra):
    return [
        (Position(0, n + 1), Document(f"r{n}", text, "review", (), extra=extra))
        for n in range(count)
    ]


def taken(read, *, before=0, kept=None, needs_dates=False, **options):
    intake = Intake(SOURCES, Options(**options), kept=kept, taken=before, needs_dates=needs_dates)
    return list(intake.entries(iter(read)))


def ids(entries):
    return [entry.what.id for entry in entries if isinstance(entry.what, Document)]


def test_the_limit_counts_documents_alone():
    read = rows(6)
    read[1] = (Position(0, 2), Rejected("in.csv", 2, "r1", "why"))
    found = taken(read, limit=3)
    assert ids(found) == ["r0", "r2", "r3"]
    assert found[-1].end == Position(0, 4)
    assert ids(taken(read, limit=3, before=2)) == ["r0"]
    assert taken(read, limit=3, before=3) == []


def test_nothing_is_read_beyond_the_limit():
    read = iter(rows(9))
    assert len(list(Intake(SOURCES, Options(limit=2)).entries(read))) == 2
    assert next(read)[0] == Position(0, 3)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
def test_a_sample_is_about_the_share_that_was_asked_for(share):
    count = 20_000
    found = len(ids(taken(rows(count), sample=share)))
    deviation = (share * (1 - share) / count) ** 0.5
    assert abs(found / count - share) < 4 * deviation


@given(st.integers(0, 300), st.floats(0.01, 0.99))
def test_a_sample_is_the_same_wherever_reading_begins(start, share):
    whole = taken(rows(300), sample=share)
    assert taken(rows(300)[start:], sample=share) == whole[start:]


@given(st.floats(0.01, 0.98), st.floats(0.001, 0.01))
def test_a_larger_sample_holds_the_smaller_one(share, more):
    assert set(ids(taken(rows(200), sample=share))) <= set(
        ids(taken(rows(200), sample=share + more))
    )


def test_a_sample_leaves_out_what_repeats_a_row_that_it_leaves_out(tmp_path):
    path = write_csv(
        tmp_path / "in.csv", [{"id": f"r{n % 50}", "text": "It broke."} for n in range(150)]
    )
    sources = expand(path)
    found = list(
        Intake(sources, Options(sample=0.4)).entries(read_positions(sources, Columns(id="id")))
    )
    documents = ids(found)
    rejected = [entry.what.doc_id for entry in found if isinstance(entry.what, Rejected)]
    assert 5 < len(documents) < 35
    assert sorted(rejected) == sorted(documents * 2)


def test_rows_without_an_id_that_are_set_aside_are_sampled_by_their_place():
    read = [(Position(0, n), Rejected("in.csv", n, "", "broken")) for n in range(1, 4001)]
    found = taken(read, sample=0.1)
    assert abs(sum(entry.what is not None for entry in found) / 4000 - 0.1) < 0.02
    assert taken(read[1234:], sample=0.1) == found[1234:]


def test_reasons_do_not_tell_what_is_to_be_hidden():
    read = rows(1, stars="jane@mail.com")
    kept = KeptColumns({"stars": "integer"})
    (shown,), (hidden,) = (taken(read, kept=kept, mask=mask) for mask in (False, True))
    assert "jane@mail.com" in shown.what.reason
    assert "jane" not in hidden.what.reason


def test_a_text_that_is_kept_is_not_masked_unawares():
    for columns in (Columns(keep=("review",)), Columns(text="words", keep=("words",))):
        with pytest.raises(InputError, match="only the text of moments is masked, so leave it out"):
            Options(columns=columns, mask=True)


def test_only_english_sets_aside_what_is_surely_something_else():
    read = [
        (Position(1, n), document(f"r{n}", text))
        for n, text in enumerate([ENGLISH, GERMAN, "lol no"])
    ]
    english, german, unsure = taken(read, only_english=True)
    assert english.what == with_language(read[0][1])
    assert english.what.language == "en"
    assert isinstance(german.what, Rejected)
    assert (german.what.where, german.what.row, german.what.doc_id) == ("more.csv", 1, "r1")
    assert (
        "in another language than English (de); tag it without --only-english" in german.what.reason
    )
    assert german.takes_id
    assert unsure.what.language is None
    assert [entry.what.language for entry in taken(read)] == ["en", "de", None]


def test_the_language_is_that_of_the_customer():
    call = document("c", f"Agent: {GERMAN}\nCustomer: {ENGLISH}", source="transcript")
    assert with_language(call).language == "en"


def test_languages_are_unknown_where_they_cannot_be_told(monkeypatch):
    monkeypatch.setattr(language, "is_available", lambda: False)
    monkeypatch.setattr(language, "identify", None)
    (found,) = taken([(Position(0, 1), document("r", GERMAN))], only_english=True)
    assert isinstance(found.what, Document)
    assert found.what.language is None


@pytest.mark.parametrize(
    "value",
    ["2026-01-31", "2026-01-31T10:20", "2026-01-31 10:20:30.5Z", "2026-01-31T10:20:30+05:30", " ", "",
     None, float("nan")],
    ids=repr,
)  # fmt: skip
def test_dates_in_iso_form_or_none_are_dates(value):
    check_date(value)


def test_dates_of_other_types_are_dates():
    from datetime import UTC, date, datetime

    for value in (
        date(2026, 1, 31),
        datetime(2026, 1, 31, 5),
        datetime(2026, 1, 31, 5, tzinfo=UTC),
    ):
        check_date(value)


@pytest.mark.parametrize(
    "value",
    ["31.01.2026", "2026-02-30", "2026-1-3", "yesterday", 20260131, 5.5, "2026-01-31T25:00", "0000-01-01"],
    ids=repr,
)  # fmt: skip
def test_what_gives_no_period_is_refused(value):
    with pytest.raises(
        InputError, match=r"is not written as 2026-01-31, .* or ask for a table without"
    ):
        check_date(value)


def test_every_date_that_is_taken_has_a_period_in_the_table(taxonomy):
    """The check here and DuckDB's own agree, so that no row that was taken ends a job later."""
    import pyarrow as pa

    from mot_nlp.tables.adding import Adder

    dates = ["2026-01-31", "2026-01-31T10:20", "2026-01-31 10:20:30.5Z", "2026-12-31T23:20+05",
             "2026-01-31T10:20:30+05:30", "0001-01-01", "9999-12-31", "  2024-02-29 ", ""]  # fmt: skip
    for value in dates:
        check_date(value)
    count = len(dates)
    moments = pa.table(
        {
            "doc_id": [f"d{n}" for n in range(count)],
            "stage": ["decision"] * count,
            "sentiment": ["positive"] * count,
            "sentiment_score": [0.5] * count,
            "pivotal": [False] * count,
            "date": dates,
        }
    )
    with Adder(taxonomy) as adder:
        for period in ("week", "month", "quarter", "year"):
            assert sum(adder.sums(moments, [period])["n"].to_pylist()) == count


def test_dates_are_looked_at_only_where_a_table_needs_them():
    read = rows(1, date="soon")
    assert isinstance(taken(read)[0].what, Document)
    (found,) = taken(read, needs_dates=True)
    assert "'soon'" in getattr(found.what, "reason", "")


def test_a_column_that_changes_type_sets_its_row_aside_with_file_row_and_reason(tmp_path):
    path = write_json_lines(
        tmp_path / "in.jsonl",
        [{"id": f"r{n}", "text": "It broke.", "stars": n} for n in range(3)]
        + [{"id": "late", "text": "It broke.", "stars": "many"}]
        + [{"id": "late", "text": "It broke.", "stars": 5}],
    )
    sources, columns = expand(path), Columns(keep=("stars",))
    used = UsedIds()
    intake = Intake(sources, Options(columns=columns), kept=KeptColumns({"stars": "integer"}))
    found = list(intake.entries(read_positions(sources, columns, used=used)))
    used.close()
    changed, repeated = found[3:]
    assert changed.what == Rejected(
        str(path),
        4,
        "late",
        "column 'stars' holds 'many' here, but whole numbers in the first rows; write the column in one "
        "type, or as text throughout",
    )
    assert changed.takes_id
    assert "already has this id" in getattr(repeated.what, "reason", "")
    assert not repeated.takes_id


def test_a_document_that_is_a_whole_file_is_set_aside(monkeypatch):
    monkeypatch.setattr(module, "LONGEST_DOCUMENT", 100)
    right, wrong = taken([*rows(1, "x" * 100), *rows(1, "x" * 101)])
    assert isinstance(right.what, Document)
    reason = getattr(wrong.what, "reason", "")
    assert "101 characters; the most that is tagged as one document is 100; split it" in reason


@pytest.mark.parametrize("options", [{"limit": 0}, {"limit": -1}], ids=str)
def test_a_limit_under_one_is_refused(options):
    with pytest.raises(InputError, match=r"the limit is .*; allowed: 1 document or more"):
        Options(**options)


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan")])
def test_a_sample_that_is_no_share_is_refused(share):
    with pytest.raises(InputError, match=r"allowed: a share over 0 and under 1, as 0\.05"):
        Options(sample=share)


@pytest.mark.parametrize("size", [0, 100_001])
def test_a_shard_has_a_size(size):
    from mot_nlp.batch.options import JobOptions

    with pytest.raises(InputError, match="allowed: 1 to 100,000, as 2048"):
        JobOptions(shard_documents=size)
    with pytest.raises(InputError, match="the limit is 0"):
        JobOptions(limit=0)
