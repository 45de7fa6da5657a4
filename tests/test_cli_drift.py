"""``mot drift``: the verdict on the terminal, the figures in a file, the exit code for a job."""

import json
import shlex

import pandas as pd
import pytest
from typer.testing import CliRunner

from mot_nlp.cli import app
from tests.test_drift import world
from tests.tiny import BUNDLE


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("moments")
    paths = {}
    for name, moments in {
        "reference": world(1, 120).assign(brand="[red]acme"),
        "same": world(2, 120).assign(brand="[red]acme"),
        "worse": world(3, 120, sure=0.65).assign(brand="[red]acme"),
    }.items():
        paths[name] = str(folder / f"{name}.parquet")
        moments.to_parquet(paths[name])
    return paths


def run(*arguments, columns=100):
    command = ["drift", *arguments, "--model", str(BUNDLE)]
    return CliRunner().invoke(app, command, env={"COLUMNS": str(columns)})


def test_a_stable_period(files):
    found = run(files["reference"], files["same"], "--fail")
    assert found.exit_code == 0
    assert "No sign of drift" in found.stdout
    assert "No change is clear" in found.stdout
    assert "120 documents" in found.stdout


def test_a_period_that_the_model_reads_worse(files):
    found = run(files["reference"], files["worse"])
    assert found.exit_code == 0
    assert "Relabel" in found.stdout
    assert "confidence in stage" in found.stdout
    assert "python -m training" in found.stdout
    assert run(files["reference"], files["worse"], "--fail").exit_code == 1


def test_all_figures(files):
    shown = run(files["reference"], files["same"], "--all").stdout
    assert "stage awareness" in shown
    assert "characters a moment" in shown
    assert "stability of stage" in shown
    assert "two samples of the same feedback" in shown


@pytest.mark.parametrize("columns", [40, 60, 200])
def test_it_fits_the_terminal(files, columns):
    shown = run(files["reference"], files["worse"], "--by", "brand", columns=columns).stdout
    table = [line for line in shown.splitlines() if "confidence in" in line or "brand" in line]
    assert table
    assert max(map(len, shown.splitlines())) <= max(columns, 60)


def test_groups_and_untrusted_names(files):
    shown = run(files["reference"], files["worse"], "--by", "brand").stdout
    assert "[red]acme" in shown
    assert "By brand, relabel" in shown


def test_everything_as_json(files, tmp_path):
    out = tmp_path / "drift.json"
    shown = run(files["reference"], files["worse"], "-o", str(out), "--by", "brand")
    assert "Relabel" in shown.stdout
    told = json.loads(out.read_text(encoding="utf-8"))
    assert told["verdict"] == "relabel"
    assert told["groups"][0]["brand"] == "[red]acme"
    streamed = run(files["reference"], files["worse"], "--output-format", "json").stdout
    assert json.loads(streamed)["figures"] == told["figures"]


def test_the_figures_in_a_file(files, tmp_path):
    out = tmp_path / "drift.csv"
    assert run(files["reference"], files["worse"], "-o", str(out)).exit_code == 0
    assert {"kind", "difference", "q_value"} <= set(pd.read_csv(out).columns)


def test_markdown_is_to_be_read(files, tmp_path):
    out = tmp_path / "drift.md"
    run(files["reference"], files["worse"], "-o", str(out))
    lines = out.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("| what | reference | new | change")
    assert any(line.startswith("| confidence in stage | 0.79") for line in lines)


def test_a_pattern_stands_for_its_files(files, tmp_path):
    moments = world(1, 120)
    half = moments["doc_id"].astype(int) < 60
    moments[half].to_parquet(tmp_path / "jan-1.parquet")
    moments[~half].to_parquet(tmp_path / "jan-2.parquet")
    found = run(str(tmp_path / "jan-*.parquet"), files["same"])
    assert found.exit_code == 0
    assert "120 documents" in found.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("{reference} nowhere.parquet", "no file nowhere.parquet"),
        ("{reference} {same} --by brnad", "did you mean brand?"),
        ("{reference} {same} --confidence 95", "give a probability between 0 and 1"),
        ("{reference} {same} -o {same}", "is what the table is made of"),
        ("{reference} {same} -o {same} --output-format json", "is what was compared"),
        ("{reference} {same} -o drift.docx", "cannot tell the format"),
    ],
    ids=["file", "column", "confidence", "source", "json-source", "format"],
)
def test_bad_input(files, arguments, told):
    found = run(*shlex.split(arguments.format(**files)))
    assert found.exit_code == 1
    assert told in str(found.exception)
