"""What the documents say is so."""

import json
import re

import pytest

import mot_nlp
from mot_nlp.bundle import shipped_path
from tests.tiny import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_names_the_columns_in_order():
    listed = re.search(r"Columns of moments, in this order: `([^`]+)`", README)
    assert listed is not None
    assert tuple(re.split(r",\s+", listed[1])) == mot_nlp.MOMENT_COLUMNS


@pytest.mark.parametrize(
    "path",
    [
        *sorted(ROOT.glob("*.md")),
        *sorted((ROOT / "docs").glob("*.md")),
        ROOT / "data" / "README.md",
    ],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_links_between_files_lead_somewhere(path):
    for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_every_public_function_is_in_the_readme():
    functions = [name for name in mot_nlp.__all__ if name[0].islower()]
    for name in functions:
        assert f"`{name}(" in README


def test_figures_in_the_card_come_from_the_manifest():
    folder = shipped_path()
    manifest = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    card = (folder / "README.md").read_text(encoding="utf-8")
    for head in manifest["heads"]:
        score = manifest["metrics"]["corpus_test"][head]["macro_f1"]
        assert f"| {head} | {score:.3f} |" in card


def test_figures_in_the_readme_come_from_the_results():
    for name in ("quality", "speed"):
        results = (ROOT / "benchmarks" / "results" / f"{name}.md").read_text(encoding="utf-8")
        block = README.split(f"python -m benchmarks.{name}`", 1)[1].split("\n## ", 1)[0]
        for figure in re.findall(r"\b0\.\d{3}\b|\b\d+ docs", block):
            assert figure in results, f"{figure} of the README is not in {name}.md"


def test_the_datasheet_counts_what_is_there():
    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    parts = list((ROOT / "data" / "corpus").glob("part-*.txt"))
    count = sum(p.read_text(encoding="utf-8").count("\n## ") + 1 for p in parts)
    assert f"{count:,} labelled documents" in text


def test_versions_agree():
    assert f"## {mot_nlp.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
