"""Labels in: what all forms share, what is written, and the command."""

from __future__ import annotations

import json

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from mot_nlp.errors import InputError, OutputError
from tests.training.importing_world import SHIPPED, read_back, run, units_of, write_csv, write_lines
from training.commands.importing import import_command
from training.importing import FORMATS, check_out, write_report


def rows_of(tmp_path, *rows, name="a.jsonl"):
    return write_lines(tmp_path / name, rows)


def text(name, words, **labels):
    return {"id": name, "text": words, **labels}


def test_the_same_text_with_equal_labels_is_merged(tmp_path):
    path = rows_of(
        tmp_path,
        text(1, "Ok.", sentiment="neutral", author="ann"),
        text(2, "Ok.", sentiment="Neutral", date="2025-01-01"),
        text(1, "Ok.", sentiment="neutral"),
    )
    rows, report = run(path)
    assert [(row["id"], row["author"], row["date"]) for row in rows] == [("1", "ann", "2025-01-01")]
    assert [(entry.id, entry.again[-5:]) for entry in report.duplicates] == [
        ("1", "row 2"),
        ("1", "row 3"),
    ]
    assert report.is_clean


def test_partial_labels_of_one_text_complete_each_other(tmp_path):
    one = rows_of(tmp_path, text("m", "Ok.", sentiment="neutral"))
    other = rows_of(tmp_path, text("s", "Ok.", stage="decision"), name="b.jsonl")
    rows, _ = run(one, other)
    assert units_of(rows[0]) == {"Ok.": {"sentiment": "neutral", "stage": "decision"}}


def test_the_same_text_with_other_labels_is_left_out_and_listed(tmp_path):
    path = rows_of(
        tmp_path,
        text(1, "Ok.", sentiment="neutral"),
        text(2, "Ok.", sentiment="positive"),
        text(3, "Fine.", sentiment="positive"),
    )
    rows, report = run(path)
    assert [row["id"] for row in rows] == ["3"]
    (conflict,) = report.conflicts
    assert conflict.left_out == "text"
    assert [answer.split()[0] for answer in conflict.answers] == ["neutral", "positive"]


def test_other_borders_in_the_same_text_are_a_conflict(tmp_path):
    units = [
        [{"start": 0, "end": 3, "sentiment": "neutral"}],
        [{"start": 0, "end": 7, "stage": "none"}],
    ]
    path = rows_of(
        tmp_path, *({"id": i, "text": "Ok. So.", "units": own} for i, own in enumerate(units))
    )
    rows, report = run(path)
    assert not rows
    assert report.conflicts[0].head == ""


def test_an_id_of_two_texts_is_that_of_the_first(tmp_path):
    path = rows_of(tmp_path, text(1, "Ok.", stage="none"), text(1, "Fine.", stage="none"))
    rows, report = run(path)
    assert [row["text"] for row in rows] == ["Ok."]
    assert "another text has the id '1'" in report.set_aside[0].reason
    assert "--document" in report.set_aside[0].reason


def test_rows_of_files_with_one_name_have_different_ids(tmp_path):
    paths = []
    for folder in ("may", "june"):
        (tmp_path / folder).mkdir()
        paths.append(rows_of(tmp_path / folder, {"text": f"Ok {folder}.", "stage": "none"}))
    rows, report = run(*paths)
    assert len({row["id"] for row in rows}) == 2
    assert report.is_clean


def test_labels_that_contradict_the_taxonomy_are_set_aside(tmp_path):
    path = rows_of(
        tmp_path,
        text(1, "Ok.", stage="none", moment="none", touchpoint="product"),
        text(2, "Fine.", stage="awareness", moment="tmot"),
    )
    rows, report = run(path)
    assert not rows
    assert [entry.reason for entry in report.set_aside] == [
        "stage none takes touchpoint none, not product", "stage awareness does not go with moment tmot",
    ]  # fmt: skip
    assert any(note.startswith("texts left out") and ": 2" in note for note in report.notes)


def test_unknown_labels_are_told_with_the_nearest_and_a_line_to_paste(tmp_path):
    path = rows_of(
        tmp_path,
        *(text(i, f"Ok {i}.", sentiment="negativ", stage="after sale") for i in range(2)),
        text(7, "Hm.", touchpoint="qqq", pivotal="yes"),
    )
    rows, report = run(path)
    assert [row["id"] for row in rows] == ["7"]
    told = {
        (entry.head, entry.theirs): (entry.count, entry.nearest, entry.cure)
        for entry in report.unknown
    }
    assert told["sentiment", "negativ"] == (2, "negative", "--map sentiment:negativ=negative")
    assert told["touchpoint", "qqq"] == (1, "", "--map touchpoint:qqq=LABEL")
    renamed = {
        ("sentiment", "negativ"): "negative",
        ("stage", "after sale"): "",
        ("touchpoint", "x"): "",
    }
    rows, report = run(path, renamed=renamed)
    assert units_of(rows[0]) == {"Ok 0.": {"sentiment": "negative"}}
    assert report.passed_over == 2
    assert any("--map touchpoint:x=… met no such label" in note for note in report.notes)


def test_one_file_of_several_that_cannot_be_read_does_not_end_the_rest(tmp_path):
    broken = write_csv(tmp_path / "b.csv", "words,mood\nx,y\n")
    good = rows_of(tmp_path, text(1, "Ok.", stage="none"))
    rows, report = run(broken, good)
    assert len(rows) == 1
    assert report.set_aside[0].row == 0
    with pytest.raises(InputError, match="cannot tell which column"):
        run(broken)


def test_an_unknown_form_is_refused(tmp_path):
    with pytest.raises(InputError, match="--format is 'conll'; give one of table"):
        run(rows_of(tmp_path, text(1, "Ok.", stage="none")), format="conll")
    with pytest.raises(InputError, match=r"does not end in \.spacy"):
        run(rows_of(tmp_path, text(1, "Ok.", stage="none")), format="spacy")


def test_options_that_meet_nothing_are_told(tmp_path):
    units = [{"start": 0, "end": 3, "stage": "none"}]
    path = rows_of(tmp_path, {"id": 1, "text": "Ok.", "units": units})
    _, report = run(path, group="autor", columns={"moment": "mot"})
    assert "nothing is called 'autor', which --group names" in report.notes
    assert "nothing is called 'mot', which --column names" in report.notes


def test_lone_surrogates_become_one_sign_each(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": 1, "text": "\\ud83d Ok", "stage": "none", "author": "\\ud83d"}\n')
    rows, _ = run(path)
    assert (rows[0]["text"], rows[0]["author"]) == ("\ufffd Ok", "\ufffd")
    read_back(rows, tmp_path / "labelled.jsonl")


labels = st.fixed_dictionaries(
    {},
    optional={
        name: st.sampled_from(["", "unheard of", *head.labels])
        for name, head in SHIPPED.heads.items()
    },
)


@st.composite
def labelled_rows(draw):
    rows = []
    for number in range(draw(st.integers(1, 4))):
        words = draw(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
        ends = sorted(draw(st.sets(st.integers(0, len(words) + 2), max_size=6)))
        units = [
            {"start": start, "end": end, **draw(labels)}
            for start, end in zip(ends[::2], ends[1::2], strict=False)
        ]
        rows.append({"id": draw(st.integers(0, 3)) or f"x{number}", "text": words, "units": units})
    return rows


@settings(max_examples=80, deadline=None)
@given(rows=labelled_rows())
def test_whatever_is_written_reads_back_and_imports_to_itself(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("world")
    found, report = run(write_lines(folder / "in.jsonl", rows))
    documents = read_back(found, folder / "out.jsonl")
    assert [document.id for document in documents] == [row["id"] for row in found]
    assert sum(len(document.segments) for document in documents) == report.units
    if not found:
        return
    again, second = run(folder / "out.jsonl")
    assert again == found
    assert second.is_clean
    assert not second.read_as


def test_the_place_of_the_output_is_checked_before_anything_is_read(tmp_path):
    inputs = [tmp_path / "labelled.jsonl"]
    with pytest.raises(OutputError, match="is a folder; name a file in it"):
        check_out(tmp_path, inputs)
    with pytest.raises(OutputError, match="there is no folder"):
        check_out(tmp_path / "no" / "labelled.jsonl", inputs)
    with pytest.raises(OutputError, match="is read and would be written"):
        check_out(tmp_path / "labelled.jsonl", inputs)
    with pytest.raises(OutputError, match="is read and would be written"):
        check_out(tmp_path / "a.jsonl", [tmp_path / "a.rejected.jsonl"])


def test_report_and_list_are_written_beside_the_labels(tmp_path):
    path = rows_of(
        tmp_path,
        text(1, " ", stage="none"),
        text(2, "Ok.", sentiment="neutral"),
        text(3, "Ok.", sentiment="positive"),
    )
    _, report = run(path)
    told, rejected = write_report(report, tmp_path / "labelled.jsonl")
    assert [told.name, rejected.name] == ["labelled.report.json", "labelled.rejected.jsonl"]
    content = json.loads(told.read_text(encoding="utf-8"))
    assert (content["format"], content["documents"], content["is_clean"]) == (1, 0, False)
    lines = [json.loads(line) for line in rejected.read_text(encoding="utf-8").splitlines()]
    assert [line["row"] for line in lines] == [1, 2]
    assert lines[1]["reason"].startswith("answers of sentiment contradict each other: neutral in")


def test_reasons_that_differ_in_details_alone_are_one(tmp_path):
    units = [{"start": start, "end": 90 + start, "stage": "none"} for start in range(3)]
    _, report = run(rows_of(tmp_path, {"id": 1, "text": "Ok.", "units": units}))
    assert [count for _, count, _ in report.reasons] == [3]


@pytest.fixture
def command():
    app = typer.Typer()
    app.command("import")(import_command)
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_command_tells_what_became_of_everything(tmp_path, command):
    path = write_csv(
        tmp_path / "a.csv",
        "text,stage,sentiment,mail\nOk.,Decision,neutral,x\n[red]Hm[/red],[b]x,positive,y\n,none,,z\n",
    )
    out = tmp_path / "labelled.jsonl"
    done = command(path, "--out", out, "--source", "review")
    assert done.exit_code == 0, done.output
    for told in ("head stage", "not used", "Decision", "[b]x", "--map 'stage:[b]x=LABEL'", "the text is empty",
                 "2 texts, 2 labelled units", "labelled.rejected.jsonl"):  # fmt: skip
        assert told in done.output
    assert len(read_back(run(path)[0], tmp_path / "again.jsonl")) == 2
    assert len(out.read_text(encoding="utf-8").splitlines()) == 2


def test_the_command_lists_what_contradicts_and_what_came_again(tmp_path, command):
    again = [text(number, "Ok.", sentiment="neutral") for number in (1, 2)]
    other = [
        text(f"{number}{mood}", f"So {number}.", sentiment=mood)
        for number in range(12)
        for mood in ("neutral", "positive")
    ]
    unknown = [text(f"u{number}", f"Hm {number}.", stage=f"odd {number}") for number in range(12)]
    path = rows_of(tmp_path, *again, *other, *unknown)
    done = command(path, "--out", tmp_path / "labelled.jsonl", "--map", "stage:odd 3=")
    for told in ("merged: 1", "answers that contradict each other: 12", "and 2 more in the list",
                 "labels passed over, as --map says: 1", "and 1 more in the report"):  # fmt: skip
        assert told in done.output


def test_strict_fails_where_anything_was_left_out(tmp_path, command):
    good = rows_of(tmp_path, text(1, "Ok.", stage="None"))
    bad = rows_of(tmp_path, text(1, "Ok.", stage="nun", moment="none"), name="b.jsonl")
    out = tmp_path / "labelled.jsonl"
    assert command(good, "--out", out, "--strict").exit_code == 0
    assert command(bad, "--out", out).exit_code == 0
    assert command(bad, "--out", out, "--strict").exit_code == 1
    assert out.exists()


def test_where_nothing_can_be_used_nothing_is_written_but_the_reasons(tmp_path, command):
    path = rows_of(tmp_path, text(1, "Ok.", stage="nun"))
    out = tmp_path / "labelled.jsonl"
    done = command(path, "--out", out)
    assert isinstance(done.exception, InputError)
    assert "no labelled text could be read" in str(done.exception)
    assert not out.exists()
    assert (tmp_path / "labelled.report.json").exists()


def test_the_help_names_every_form(command):
    told = " ".join(command("--help").output.replace("│", " ").split())
    assert all(form in told for form in FORMATS)
