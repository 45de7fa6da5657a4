"""``mot predict``: which outputs there are, guards, what is told to people and machines."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

from mot_nlp.batch import job
from mot_nlp.batch.ledger import Totals
from mot_nlp.batch.result import JobResult, Progress
from mot_nlp.cli import app, console, progress, running
from mot_nlp.cli.progress import Reporter, told
from tests.batch.world import Pool
from tests.tiny import BUNDLE, ROOT

TEXT = "The parcel came late, but I recommend the shop to everybody!"
GERMAN = "Leider nach zwei Wochen kaputt gegangen, das Geld habe ich nie wieder gesehen!"


@pytest.fixture(autouse=True)
def consoles(monkeypatch):
    """Wide consoles without a terminal that follow the streams of the runner."""
    wide = Console(stderr=True, width=1000, force_terminal=False)
    for module in (console, progress):
        monkeypatch.setattr(module, "err", wide)


def mot(*arguments, given=None, model=BUNDLE):
    """Run the command in this process; ``mot_process`` does it as a user does."""
    named = ["--model", str(model)] if model else []
    return CliRunner().invoke(app, ["predict", *map(str, arguments), *named], input=given)


def message(done):
    """What the command says of an error of mot-nlp."""
    return str(done.exception)


def mot_process(*arguments, given=None):
    return subprocess.run(
        [sys.executable, "-m", "mot_nlp", "predict", *map(str, arguments), "--model", str(BUNDLE)],
        input=given,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": "1000", "PYTHONUTF8": "1"},
        cwd=ROOT,
        check=False,
    )


@pytest.fixture
def in_process(monkeypatch):
    """Jobs that tag in this process."""
    monkeypatch.setattr(running, "_pool_maker", lambda _: Pool)


def names(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


@pytest.fixture
def feedback(tmp_path):
    path = tmp_path / "in" / "feedback.csv"
    path.parent.mkdir()
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["order", "review", "shop", "date"])
        writer.writerows([[n, f"{TEXT} Order {n}.", "xy"[n % 2], "2026-01-31"] for n in range(30)])
    return path


COLUMNS = ["--text", "review", "--id", "order", "--workers", "1"]

# ---------------------------------------------------------------- file or folder


@pytest.mark.parametrize("output", ["results", "results.2026", "results/", "deep/results"])
def test_a_name_without_the_ending_of_a_file_is_a_folder(in_process, feedback, tmp_path, output):
    done = mot(feedback, *COLUMNS, "--keep", "shop", "-o", f"{tmp_path}/{output}")
    assert done.exit_code == 0, done.output
    assert names(tmp_path / output) == [
        "documents", "manifest.json", "moments", "rejected.jsonl", "summary.json", "table.csv",
        "table.parquet",
    ]  # fmt: skip
    moments = len(pd.read_parquet(tmp_path / output / "moments"))
    assert done.stderr.startswith(f"wrote {tmp_path}/{output}: 30 documents, {moments} moments, ")
    assert done.stderr.endswith("documents a second\n")
    assert done.stdout == ""


def test_a_job_of_the_real_command_goes_on_and_is_done_once(feedback, tmp_path):
    out = tmp_path / "out"
    first = mot_process(
        feedback, *COLUMNS, "-o", out, "--table-by", "shop", "--table-by", "month,stage"
    )
    assert first.returncode == 0, first.stderr
    assert list(pd.read_csv(out / "table.csv").columns[:2]) == ["shop", "n"]
    assert list(pd.read_csv(out / "table-2.csv").columns[:3]) == ["month", "stage", "n"]
    again = mot(feedback, *COLUMNS, "-o", out, "--table-by", "shop", "--table-by", "month,stage")
    assert again.exit_code == 0
    assert f"{out} was done before: 30 documents, " in again.stderr
    assert "--restart would do it anew" in again.stderr
    other = mot(feedback, *COLUMNS, "-o", out, "--mask")
    assert other.exit_code == 1
    assert "was begun with something else" in message(other)
    assert "--restart" in message(other)


def test_a_folder_that_exists_is_a_job_whatever_its_name(in_process, feedback, tmp_path):
    (tmp_path / "out.csv").mkdir()
    assert mot(feedback, *COLUMNS, "-o", tmp_path / "out.csv").exit_code == 0
    assert "manifest.json" in names(tmp_path / "out.csv")


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet", "CSV"])
def test_a_name_with_the_ending_of_a_file_is_a_file(feedback, tmp_path, suffix):
    target = tmp_path / f"out.{suffix}"
    done = mot(feedback, *COLUMNS, "-o", target)
    assert done.exit_code == 0, done.output
    assert target.is_file()
    assert names(tmp_path) == ["in", target.name]


def test_an_output_format_makes_any_name_a_file(feedback, tmp_path):
    done = mot(feedback, *COLUMNS, "-o", tmp_path / "out", "--output-format", "jsonl")
    assert done.exit_code == 0
    assert json.loads((tmp_path / "out").read_text().splitlines()[0])["doc_id"] == "0"


def test_an_ending_that_is_no_format_is_refused(feedback, tmp_path):
    done = mot(feedback, *COLUMNS, "-o", tmp_path / "out.xyz")
    assert done.exit_code == 1
    assert "cannot tell the format of" in message(done)


@pytest.mark.parametrize(
    "option",
    [["--documents", "d.csv"], ["--rejected", "r.jsonl"]],
    ids=lambda option: option[0],
)
def test_options_of_files_are_refused_for_a_folder(feedback, tmp_path, option):
    done = mot(feedback, *COLUMNS, "-o", tmp_path / "out", *option)
    assert done.exit_code == 1
    assert (
        f"{option[0]} is for output to a file, but {tmp_path / 'out'} is a job's folder"
        in message(done)
    )
    assert "leave it out" in message(done)
    assert names(tmp_path) == ["in"]


@pytest.mark.parametrize(
    ("option", "named"),
    [
        (["--restart"], "--restart"),
        (["--table-by", "shop"], "--table-by"),
        (["--engine", "ray"], "--engine ray"),
        (["--address", "auto"], "--address"),
    ],
    ids=["restart", "table-by", "engine", "address"],
)
@pytest.mark.parametrize("output", ["out.csv", "-"])
def test_options_of_jobs_are_refused_for_a_file(feedback, tmp_path, option, named, output):
    target = output if output == "-" else tmp_path / output
    done = mot(feedback, *COLUMNS, "-o", target, *option)
    assert done.exit_code == 1
    assert f"{named} is for jobs, which write to a folder; name one with --output" in message(done)
    assert names(tmp_path) == ["in"]


def test_an_unknown_engine_is_refused(feedback, tmp_path):
    done = mot(feedback, "-o", tmp_path / "out", "--engine", "spark")
    assert message(done) == "the engine is 'spark'; allowed: local, ray"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--limit", "0"], "the limit is 0; allowed: 1 document or more"),
        (["--sample", "1"], "the sample is 1.0; allowed: a share over 0 and under 1"),
        (["--workers", "0"], "0; allowed: 1 or more"),
        (["--table-by", "nope"], "'nope'"),
        (["--table-by", "stage,stage"], "stage"),
        (["--text", "nope"], "'nope'"),
        (["--precision", "fp8"], "precision 'fp8' is not in this bundle"),
    ],
    ids=lambda value: value[0].lstrip("-") if isinstance(value, list) else None,
)
def test_what_cannot_be_is_refused_before_a_folder_is_made(feedback, tmp_path, options, expected):
    done = mot(feedback, "--text", "review", "-o", tmp_path / "out", *options)
    assert done.exit_code == 1
    assert expected in message(done)
    if "--workers" not in options:
        assert names(tmp_path) == ["in"]


# ---------------------------------------------------------------- inputs


def test_several_inputs_patterns_folders_and_packed_files_are_the_same(tmp_path):
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    row = "id,text\n{},It broke.\n"
    (folder / "a.csv").write_text(row.format("a"))
    (folder / "b.csv.gz").write_bytes(gzip.compress(row.format("b").encode()))
    (folder / "deep" / "c.jsonl").write_text('{"id": "c", "text": "It broke."}\n')
    found, target = [], tmp_path
    for number, inputs in enumerate(
        (
            [folder],
            [folder / "a.csv", folder / "b.csv.gz", folder / "deep"],
            [f"{folder}/**/*"],
            [f"{folder}/*.csv*", f"{folder}/deep/*.jsonl"],
        )
    ):
        target = tmp_path / f"out-{number}.csv"
        done = mot(*inputs, "-o", target, "--all-segments")
        assert done.exit_code == 0, done.output
        found.append(target.read_text())
    assert set(found) == {found[0]}
    assert pd.read_csv(target)["doc_id"].tolist() == ["a", "b", "c"]


def test_an_empty_folder_holds_no_file_to_read(tmp_path):
    (tmp_path / "in").mkdir()
    done = mot(tmp_path / "in", "-o", tmp_path / "out.csv")
    assert done.exit_code == 1
    assert "holds no file to read" in message(done)


def test_standard_input_can_be_a_job(in_process, tmp_path):
    out = tmp_path / "out"
    done = mot("-", "-o", out, given="id,text\n1,It broke.\n")
    assert done.exit_code == 0, done.output
    again = mot("-", "-o", out, given="id,text\n1,It broke.\n")
    assert again.exit_code == 1
    assert "whether standard input is what it was cannot be told; save it to a file" in message(
        again
    )


# ---------------------------------------------------------------- guards


def test_masked_and_english_only(tmp_path):
    source = tmp_path / "in.csv"
    source.write_text(f'id,text\n1,"Mail jane@mail.com, it broke."\n2,"{GERMAN}"\n3,lol no\n')
    done = mot(
        source, "-o", tmp_path / "out.csv", "--mask", "--only-english", "--all-segments",
        "--documents", tmp_path / "documents.csv", "--max-rejected", "0.5",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = pd.read_csv(tmp_path / "out.csv")
    assert "jane" not in " ".join(found["text"])
    assert "█" * len("jane@mail.com") in " ".join(found["text"])
    documents = pd.read_csv(tmp_path / "documents.csv")
    assert documents["doc_id"].tolist() == [1, 3]
    assert documents["language"].tolist()[0] == "en"
    assert "warning: 1 × the text is in another language than English (de)" in done.stderr


@pytest.mark.parametrize("output", ["out.csv", "out"])
@pytest.mark.parametrize(("allowed", "code"), [("0.4", 0), ("0.3", 3), ("0", 3)])
def test_more_rows_set_aside_than_allowed(in_process, tmp_path, output, allowed, code):
    source = tmp_path / "in.csv"
    source.write_text(
        "id,text\n" + "".join(f"{n},{'It broke.' if n % 3 else ''}\n" for n in range(12))
    )
    done = mot(source, "-o", tmp_path / output, "--max-rejected", allowed)
    assert done.exit_code == code, done.output
    assert f"wrote {tmp_path / output}: 8 documents" in done.stderr
    assert (tmp_path / output).exists()
    listed = tmp_path / ("out/rejected.jsonl" if output == "out" else "rejected.jsonl")
    assert len(listed.read_text().splitlines()) == 4
    assert f"rows set aside: 4 (33.3 %), listed in {listed}" in done.stderr
    assert ("hence exit code 3" in done.stderr) == (code == 3)


def test_limit_and_sample(feedback, tmp_path):
    done = mot(feedback, *COLUMNS, "-o", tmp_path / "out.csv", "--limit", "7")
    assert "7 documents" in done.stderr
    runs = [mot(feedback, *COLUMNS, "--sample", "0.5", "--all-segments").stdout for _ in range(2)]
    assert runs[0] == runs[1]
    assert 3 < pd.read_csv(io.StringIO(runs[0]))["doc_id"].nunique() < 27


# ---------------------------------------------------------------- a dry run


@pytest.mark.parametrize("output", ["out", "out.csv", "-"])
def test_a_dry_run_writes_nothing_and_estimates(feedback, tmp_path, output):
    target = output if output == "-" else tmp_path / output
    before = feedback.read_bytes()
    done = mot(feedback, *COLUMNS, "--keep", "shop", "-o", target, "--dry-run")
    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    assert names(tmp_path) == ["in"]
    assert names(tmp_path / "in") == ["feedback.csv"]
    assert feedback.read_bytes() == before
    assert "1 file; of the first rows, 30 are documents, 0 would be set aside" in done.stderr
    assert "20 of them tagged: " in done.stderr
    assert "languages: en 30" in done.stderr
    assert "kept columns: shop" in done.stderr
    assert "about 30 documents in all, 0:00:0" in done.stderr
    assert "MB of Parquet at most" in done.stderr


def test_a_dry_run_reads_only_the_start_of_a_large_file(tmp_path):
    source = tmp_path / "in.csv"
    rows = 20_000
    source.write_text("text\n" + "".join(f"{TEXT.replace(',', '')} {n:05d}\n" for n in range(rows)))
    done = mot(source, "--dry-run", "--json-log")
    (estimate,) = [json.loads(line) for line in done.stderr.splitlines()]
    assert estimate["event"] == "estimate"
    assert estimate["documents"] < rows / 2
    assert 0 < estimate["fraction"] < 0.5
    # Bytes are read ahead of rows, so that it is too low where rows are short.
    assert 0.5 < estimate["all_documents"] / rows < 1.1
    assert estimate["seconds"] > 0
    assert estimate["size"] > 0


def test_a_dry_run_tells_what_is_wrong(tmp_path):
    source = tmp_path / "in.csv"
    source.write_text("id,text\n1,\n2,It broke.\n")
    done = mot(source, "--dry-run")
    assert done.exit_code == 0
    assert "1 are documents, 1 would be set aside" in done.stderr
    assert "warning: 1 × the text is missing" in done.stderr
    assert "'nope'" in message(mot(source, "--dry-run", "--text", "nope"))


def test_a_dry_run_of_standard_input_cannot_tell_how_long(tmp_path):
    done = mot("-", "--dry-run", given="id,text\n1,It broke.\n")
    assert done.exit_code == 0, done.output
    assert "how long it would take cannot be told" in done.stderr


# ---------------------------------------------------------------- what is told


def events(text):
    found = [json.loads(line) for line in text.splitlines()]
    assert all({"time", "event"} <= set(line) for line in found)
    return [line["event"] for line in found], found


def test_the_log_for_machines_is_json_alone(tmp_path):
    source = tmp_path / "in.csv"
    source.write_bytes("id,text\n1,It broke.\n2,\n3,Café was loud.\n".encode("cp1252"))
    done = mot_process(source, "-o", tmp_path / "out", "--json-log", "--workers", "1")
    assert done.returncode == 3
    kinds, found = events(done.stderr)
    start = found[kinds.index("start")]
    assert (start["files"], start["output"]) == (1, str(tmp_path / "out"))
    end = found[kinds.index("end")]
    assert (end["documents"], end["rejected"]) == (2, 1)
    warnings = [line["message"] for line in found if line["event"] == "warning"]
    assert sum("Windows-1252" in text for text in warnings) == 1
    assert any(text.startswith("1 × the text is missing") for text in warnings)
    assert set(kinds) == {"start", "warning", "end"}


def test_encodings_are_warned_about_once(in_process, tmp_path):
    source = tmp_path / "in.csv"
    source.write_bytes("id,text\n1,Café was loud.\n".encode("cp1252"))
    for target in ("out", "out.csv"):
        done = mot(source, "-o", tmp_path / target)
        assert done.stderr.count("is not UTF-8") == 1, target


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (["--text", "nope", "-o", "{}/out.csv"], "ColumnError"),
        (["--text", "nope", "-o", "{}/out"], "ColumnError"),
        (["--limit", "0", "-o", "{}/out"], "InputError"),
        (["--documents", "d.csv", "-o", "{}/out"], "InputError"),
    ],
    ids=["file", "job", "range", "misfit"],
)
def test_errors_for_machines_are_json_too(feedback, tmp_path, options, kind):
    done = mot(feedback, *(option.format(tmp_path) for option in options), "--json-log")
    assert done.exit_code == 1
    kinds, found = events(done.stderr)
    assert kinds[-1] == "error"
    assert found[-1]["type"] == kind
    assert found[-1]["message"]


def test_a_file_for_machines_is_told_in_json(feedback, tmp_path):
    done = mot(feedback, *COLUMNS, "-o", tmp_path / "out.csv", "--json-log")
    kinds, found = events(done.stderr)
    assert kinds[-1] == "end"
    assert found[-1]["documents"] == 30


def test_a_stopped_job_is_told(feedback, tmp_path, monkeypatch):
    def stopped(plan, folder, **_):
        return JobResult(
            folder=folder, totals=Totals(documents=7), shards=1, this_run=7, seconds=1.0,
            stopped_by=signal.SIGTERM,
        )  # fmt: skip

    monkeypatch.setattr(job, "run_job", stopped)
    done = mot(feedback, *COLUMNS, "-o", tmp_path / "out")
    assert done.exit_code == 143
    assert "stopped by SIGTERM with 7 documents, 0 moments finished in" in done.stderr
    assert "the same command goes on from there" in done.stderr
    done = mot(feedback, *COLUMNS, "-o", tmp_path / "out", "--json-log")
    kinds, found = events(done.stderr)
    assert kinds == ["start", "stopped"]
    assert found[1]["signal"] == "SIGTERM"


PROGRESS = Progress(documents=9000, this_run=6000, rejected=2, fraction=0.5, seconds=60)


def test_progress_in_words():
    assert told(PROGRESS) == ("9,000 documents, 100 a second, 2 set aside, 50 %, 0:01:30 left")
    unknown = Progress(documents=0, this_run=0, rejected=0, fraction=None, seconds=0)
    assert told(unknown) == "0 documents, 0 a second, 0 set aside"
    assert unknown.seconds_left is None


def test_lines_come_now_and_then(capsys):
    with Reporter(every=3600) as rarely:
        for _ in range(5):
            rarely(PROGRESS)
    assert capsys.readouterr().err == ""
    with Reporter(every=0) as often:
        for _ in range(5):
            often(PROGRESS)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 5
    assert all(line.endswith(told(PROGRESS)) for line in lines)


def test_the_next_line_waits_its_time(capsys, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with Reporter(every=30) as reporter:
        for seconds in (1, 28, 2, 5, 24, 3):
            now[0] += seconds
            reporter(PROGRESS)
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_lines_for_machines(capsys):
    with Reporter(as_json=True, every=0) as reporter:
        reporter(PROGRESS)
        reporter.say("nothing for machines")
        reporter.warn("careful: é")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    del lines[0]["time"]
    assert lines[0] == {
        "event": "progress",
        "documents": 9000,
        "documents_per_second": 100.0,
        "rejected": 2,
        "fraction": 0.5,
        "seconds_left": 90,
    }
    assert (lines[1]["event"], lines[1]["message"]) == ("warning", "careful: é")
    assert len(lines) == 2


def test_a_terminal_gets_a_bar_that_goes_away(monkeypatch):
    stream = io.StringIO()
    terminal = Console(file=stream, width=120, force_terminal=True, color_system=None)
    for module in (console, progress):
        monkeypatch.setattr(module, "err", terminal)
    with Reporter() as reporter:
        assert "loading the model" in stream.getvalue()
        reporter(PROGRESS)
        bar = reporter._bar
        assert bar is not None
        bar._progress.refresh()
        assert "9,000 documents, 100 a second" in stream.getvalue()
    assert not bar._progress.live.is_started


def test_warnings_of_the_library_are_told_while_it_runs_alone(capsys):
    import logging

    logger = logging.getLogger("mot_nlp.readers")
    with Reporter(every=3600):
        logger.warning("%s is odd", "in.csv")
        logger.info("nothing")
    logger.warning("nobody listens")
    assert capsys.readouterr().err == "warning: in.csv is odd\n"
