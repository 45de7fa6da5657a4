import io
import json
import os
import subprocess
import sys

import pandas as pd
import pytest
from typer.testing import CliRunner

import mot_nlp
from mot_nlp.cli import app
from tests.tiny import BUNDLE, ROOT

MODEL = ["--model", str(BUNDLE)]
TEXT = "The parcel came late, but I recommend the shop to everybody!"


def mot(*arguments, given=None):
    """Run the command as a user does, in a process of its own."""
    environment = {**os.environ, "COLUMNS": "160", "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, "-m", "mot_nlp", *map(str, arguments)],
        input=given,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        cwd=ROOT,
        check=False,
    )


@pytest.fixture
def feedback(tmp_path):
    path = tmp_path / "feedback.csv"
    pd.DataFrame({"order": [1, 2], "review": [TEXT, "It broke."], "shop": ["x", "y"]}).to_csv(
        path, index=False
    )
    return path


def test_version():
    assert mot("--version").stdout.strip() == f"mot-nlp {mot_nlp.__version__}"


def test_predict_then_table(feedback, tmp_path):
    target, table = tmp_path / "moments.parquet", tmp_path / "table.csv"
    done = mot(
        "predict",
        feedback,
        "--text",
        "review",
        "--id",
        "order",
        "--keep",
        "shop",
        "-o",
        target,
        *MODEL,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    n_moments = len(pd.read_parquet(target))
    assert done.stderr == f"wrote {target}: 2 documents, {n_moments} moments\n"
    assert set(pd.read_parquet(target)["shop"]) <= {"x", "y"}
    done = mot("table", target, "--by", "shop,sentiment", "-o", table, *MODEL)
    assert done.returncode == 0, done.stderr
    assert "Moments of truth" in done.stdout
    assert "95 % CI" in done.stdout
    assert list(pd.read_csv(table).columns[:3]) == ["shop", "sentiment", "n"]


def test_pipes(feedback):
    csv = feedback.read_text()
    done = mot("predict", "-", "--text", "review", "--all-segments", *MODEL, given=csv)
    assert done.returncode == 0, done.stderr
    rows = pd.read_csv(io.StringIO(done.stdout))
    assert tuple(rows.columns) == mot_nlp.MOMENT_COLUMNS
    assert done.stderr == ""
    jsonl = "\n".join(json.dumps({"id": i, "text": TEXT}) for i in range(3))
    done = mot(
        "predict", "-", "--format", "jsonl", "--output-format", "jsonl", "--all-segments", *MODEL,
        given=jsonl,
    )  # fmt: skip
    assert {json.loads(line)["doc_id"] for line in done.stdout.splitlines()} == {"0", "1", "2"}


def test_a_wrong_column_lists_those_that_exist(feedback, tmp_path):
    done = mot("predict", feedback, "--text", "reviews", "-o", tmp_path / "out.csv", *MODEL)
    assert done.returncode == 1
    assert "error:" in done.stderr
    assert "Traceback" not in done.stderr
    for name in ("reviews", "order", "review", "shop"):
        assert name in done.stderr


def test_rows_set_aside_are_counted(tmp_path):
    (tmp_path / "in.csv").write_text('id,text\n1,It broke.\n2,\n3,"Late, again"\n')
    done = mot("predict", tmp_path / "in.csv", "-o", tmp_path / "out.jsonl", *MODEL)
    assert done.returncode == 3
    assert "rows set aside: 1 (33.3 %), listed in" in done.stderr.replace("\n", " ")
    assert "2 documents" in done.stderr
    assert json.loads((tmp_path / "rejected.jsonl").read_text())["row"] == 2


def test_rows_of_segments_are_called_so(feedback, tmp_path):
    target = tmp_path / "segments.csv"
    done = mot("predict", feedback, "--text", "review", "-o", target, "--all-segments", *MODEL)
    assert done.stderr.endswith(f" 2 documents, {len(pd.read_csv(target))} segments\n")


@pytest.mark.parametrize("output", ["out.csv", "-"])
def test_a_run_that_tagged_nothing_fails_with_the_first_reason(tmp_path, output):
    (tmp_path / "in.csv").write_text("id,text\n1,\n2,   \n")
    target = output if output == "-" else tmp_path / output
    rejected = tmp_path / "set-aside.jsonl"
    done = mot("predict", tmp_path / "in.csv", "-o", target, "--rejected", rejected, *MODEL)
    assert done.returncode == 1
    reason = json.loads(rejected.read_text().splitlines()[0])["reason"]
    message = " ".join(done.stderr.split())
    assert "error: nothing was tagged: all 2 rows were set aside, the first for:" in message
    assert message.endswith(reason)
    assert "wrote" not in message


def test_no_rows_at_all_are_no_failure(tmp_path):
    (tmp_path / "in.csv").write_text("id,text\n")
    done = mot("predict", tmp_path / "in.csv", "-o", tmp_path / "out.csv", *MODEL)
    assert done.returncode == 0, done.stderr
    assert "0 documents, 0 moments" in done.stderr


def test_show_tells_the_labels_beside_the_words():
    done = mot("show", TEXT, *MODEL)
    assert done.returncode == 0, done.stderr
    assert "The parcel came late" in done.stdout


def test_show_reads_standard_input_and_refuses_nothing():
    assert "It broke" in mot("show", "-", *MODEL, given="It broke.").stdout
    done = mot("show", "  ", *MODEL)
    assert done.returncode == 1
    assert "the text is empty" in done.stderr


def test_markup_of_the_terminal_in_a_text_is_shown_as_it_is():
    done = mot("show", "[red]Late[/red] [/] again [link=x]", *MODEL)
    assert done.returncode == 0, done.stderr
    assert "[red]Late[/red]" in done.stdout


def test_escape_codes_of_the_terminal_do_not_act():
    done = mot("show", "Late \x1b[2J\x1b]0;owned\x07 again", *MODEL)
    assert "\x1b[2J" not in done.stdout
    assert "\x1b]0" not in done.stdout


def test_info_names_labels_figures_and_hashes():
    done = mot("info", BUNDLE)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((BUNDLE / "bundle.json").read_text())
    assert manifest["sha256"]["model.bin"] in done.stdout
    assert "awareness, consideration" in done.stdout
    assert "macro-F1" in done.stdout


def test_a_tampered_bundle_is_refused(tmp_path):
    import shutil

    folder = tmp_path / "bundle"
    shutil.copytree(BUNDLE, folder)
    (folder / "tokenizer.json").write_text("{}")
    done = mot("show", TEXT, "--model", folder)
    assert done.returncode == 1
    assert "tokenizer.json" in done.stderr
    assert "was changed" in done.stderr.replace("\n", " ")


def test_a_missing_file_of_moments_says_how_to_make_one(tmp_path):
    done = mot("table", tmp_path / "none.parquet", *MODEL)
    assert done.returncode == 1
    assert "mot predict" in done.stderr


def test_a_reader_that_stops_early_is_no_accident(tmp_path):
    (tmp_path / "in.csv").write_text("text\n" + f"{TEXT}\n".replace(",", "") * 3000)
    command = (
        f"{sys.executable} -m mot_nlp predict {tmp_path / 'in.csv'} --model {BUNDLE} | head -1"
    )
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.stdout.startswith("doc_id,")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["predict", "table", "compare", "drivers", "show", "info"])
def test_every_command_has_help_and_is_in_the_readme(name):
    shown = CliRunner().invoke(app, [name, "--help"])
    assert shown.exit_code == 0
    assert f"`mot {name}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_no_command_gives_help():
    shown = CliRunner().invoke(app, [])
    assert "predict" in shown.output
