"""Bundles of own rows: what they say of themselves where labels, parts or files are missing."""

import json
import math
import re
import shutil
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import typer
from huggingface_hub import ModelCard
from typer.testing import CliRunner

from mot_nlp.bundle import FILES, MANIFEST, open_bundle
from mot_nlp.errors import InputError, OutputError
from mot_nlp.review import thresholds
from mot_nlp.tagger import MomentTagger
from tests.training.own_world import own_config, own_rows
from training.calibrate import NEVER
from training.card import LEAST_JUDGED, RARE, _limits, add_figures, cell, write_card
from training.commands.exporting import export_command
from training.describe import judged_on
from training.export import _publish, export
from training.fit import fit
from training.frontmatter import LICENCES, front_matter, licence_keys
from training.history import fitting
from training.rebuild import read_fitted

pytestmark = pytest.mark.filterwarnings(
    "ignore"
)  # tracing and third-party progress bars warn at will

EMOTIONS = ("joy", "relief", "trust", "anger", "worry", "disappointment")


@pytest.fixture(scope="module")
def awkward(tmp_path_factory):
    """A fit of rows that say their part: none for a test, effort only in train, emotion nowhere."""
    folder = tmp_path_factory.mktemp("awkward")
    rows = own_rows(50, without=["emotion"], split="train", repo="chat | <i>mail</i>")
    rows += own_rows(30, without=["emotion", "effort"], split="validation", licence="internal")
    for row in rows[::3]:
        row["units"][0].pop("pivotal")
    for row in rows[50:74]:
        for unit in row["units"]:
            unit.pop("pivotal", None)
    return fit(own_config(folder, rows, test_share=0.0), folder / "run")


@pytest.fixture(scope="module")
def bundle(awkward):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.graph.CALIBRATION_WINDOWS", 20)  # enough for a tiny encoder
        return export(awkward, awkward.parent.parent / "broadband", licence="MIT")


def numbers(entry):
    """Every number in a table of tables."""
    if isinstance(entry, dict):
        entry = list(entry.values())
    if isinstance(entry, list | tuple):
        return [number for member in entry for number in numbers(member)]
    return [entry] if isinstance(entry, int | float) else []


def test_what_is_missing_is_said_and_is_no_number(bundle):
    manifest = open_bundle(bundle).manifest
    told = json.loads((bundle / MANIFEST).read_text(encoding="utf-8"))
    assert all(math.isfinite(number) for number in numbers(told))
    absent = {"effort", *(f"emotion.{name}" for name in EMOTIONS)}
    assert absent.isdisjoint(manifest.metrics["validation"])
    assert {head for head, n in manifest.metrics["calibrated_on"].items() if n == 0} == absent
    assert absent.isdisjoint(manifest.metrics["calibration_error"])
    assert {manifest.temperatures[head] for head in absent} == {1.0}
    assert all(np.sum(manifest.confusion[head]) == 0 for head in absent)
    assert "test" not in manifest.metrics
    assert "corpus_test" not in manifest.metrics


def test_where_there_is_nothing_to_judge_by_everything_is_reviewed(bundle):
    manifest = open_bundle(bundle).manifest
    few = manifest.metrics["calibrated_on"]["pivotal"]
    assert 0 < few < LEAST_JUDGED
    for head in ("effort", "emotion.joy", "pivotal"):
        assert manifest.review[head] == {"threshold": NEVER, "kept": 0.0}
        assert manifest.temperatures[head] == 1.0
    assert thresholds(manifest)["emotion"] == NEVER


def test_a_bundle_in_service_is_replaced_whole_or_not_at_all(
    bundle, awkward, tmp_path, monkeypatch
):
    served = tmp_path / "served"
    shutil.copytree(bundle, served)
    before = open_bundle(served)
    newer = replace(before.manifest, name="newer")
    with monkeypatch.context() as patch:
        patch.setattr("training.export.save_half", lambda *_: 1 / 0)  # killed on the way
        with pytest.raises(ZeroDivisionError):
            _publish(bundle, awkward, served, newer)
    assert open_bundle(served).sha256 == before.sha256
    with (served / "model.bin").open("rb") as held:  # as a running job holds it
        _publish(bundle, awkward, served, newer)
        assert held.read() == (bundle / "model.bin").read_bytes()
    assert open_bundle(served).manifest.name == "newer"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["served"]
    assert {path.name for path in served.iterdir()} == {path.name for path in bundle.iterdir()}


def front(card):
    """What the hub reads of a card."""
    return ModelCard(card).data.to_dict()


def test_the_card_says_what_it_rests_on(bundle):
    card = (bundle / "README.md").read_text(encoding="utf-8")
    assert front(card)["license"] == "mit"
    assert "own labelled rows (broadband.jsonl), not on the corpus" in card
    assert "gets seven answers in one pass" in card
    assert f"- **emotion** (several or none): {', '.join(EMOTIONS)}" in card
    assert "The rows say themselves to which part they belong." in card
    assert r"| chat \| &lt;i>mail&lt;/i> | not stated | 50 |" in card
    assert "| broadband.jsonl | internal | 30 |" in card
    assert "they flatter" in card
    assert "| effort | no labels | · |" in card
    assert "| pivotal | too few labels | · |" in card
    assert "No row of the training part has a label of emotion.joy, emotion.relief" in card
    assert "very_negative" in card
    for foreign in (
        "data/corpus",
        "quality.md",
        "Sarcasm",
        "two careful people",
        "On real feedback",
    ):
        assert foreign not in card
    assert not re.search(r"\bnan\b|\{\{|\{%|\$", card)


def test_it_runs_and_carries_what_can_be_learned_on_from(bundle):
    tagger = MomentTagger.load(bundle)
    assert tagger.taxonomy.heads["stage"].none == "nothing"
    assert tagger.bundle.manifest.run["graph"]
    assert (bundle / "checkpoint" / "model.safetensors").is_file()
    compared = {
        head for row in tagger.bundle.manifest.metrics["parity"] for head in row["agreement"]
    }
    assert "effort" in compared
    assert "emotion.joy" not in compared  # what knows nothing is noise, and no graph has the same


def test_no_folder_of_this_machine_is_told(bundle, awkward):
    told = (bundle / MANIFEST).read_text(encoding="utf-8")
    assert str(awkward.parent.parent) not in told + (bundle / "README.md").read_text()


def test_the_split_is_the_one_of_the_fit(awkward):
    found = read_fitted(awkward.parent)  # the folder above will do
    assert found.folder == awkward
    assert {part: len(documents) for part, documents in found.split.parts.items()} == {
        "train": 50, "validation": 30, "test": 0,
    }  # fmt: skip


def test_rows_that_changed_since_are_refused(awkward, tmp_path):
    rows = awkward.parent.parent / "broadband.jsonl"
    before = rows.read_text(encoding="utf-8")
    try:
        rows.write_text(before.replace("poster", "sign", 1), encoding="utf-8")
        with pytest.raises(
            InputError, match=r"the train split differs .* the fit used broadband\.jsonl"
        ):
            export(awkward, tmp_path / "bundle")
        rows.write_text(before.rstrip().rpartition("\n")[0] + "\n", encoding="utf-8")
        with pytest.raises(InputError, match=r"validation split differs .* 29 documents, 30 then"):
            export(awkward, tmp_path / "bundle")
    finally:
        rows.write_text(before, encoding="utf-8")
    assert not (tmp_path / "bundle").exists()


def test_rows_that_moved_can_be_named(awkward, tmp_path):
    rows = awkward.parent.parent / "broadband.jsonl"
    moved = tmp_path / "elsewhere.jsonl"
    shutil.move(rows, moved)
    try:
        with pytest.raises(InputError, match="name where they are with --labelled"):
            read_fitted(awkward)
        assert len(read_fitted(awkward, labelled=[moved]).part("train")) == 50
    finally:
        shutil.move(moved, rows)


def test_a_folder_without_a_fit_is_refused(tmp_path):
    with pytest.raises(InputError, match="no fitted model in"):
        export(tmp_path, tmp_path / "bundle")


def test_other_peoples_files_are_not_written_over(awkward, tmp_path):
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / "thesis.txt").write_text("mine too")
    with pytest.raises(OutputError, match=r"holds thesis\.txt and no bundle"):
        export(awkward, tmp_path)
    with pytest.raises(OutputError, match="is a file"):
        export(awkward, tmp_path / "README.md")
    assert (tmp_path / "README.md").read_text() == "mine"


def test_the_command_tells_figures_and_gaps(awkward, bundle, monkeypatch):
    asked: dict[str, Any] = {}

    def exported(fitted, out, **rest):
        asked.update(fitted=fitted, out=out, **rest)

    monkeypatch.setattr("training.commands.exporting.export", exported)
    app = typer.Typer()
    app.command()(export_command)
    given = [
        str(awkward),
        str(bundle),
        "--name",
        "mine",
        "--licence",
        "mit",
        "--extra",
        "more.jsonl",
    ]
    result = CliRunner().invoke(app, given)
    assert result.exit_code == 0, result.output
    assert (asked["name"], asked["licence"], asked["extra"][0].name) == (
        "mine",
        "mit",
        "more.jsonl",
    )
    for said in ("shipped", "sentiment", "no part was kept apart", "too few labels in validation"):
        assert said in result.output


# ---------------------------------------------------------------- card
def test_figures_of_a_benchmark_join_the_card(bundle, tmp_path):
    for name in (MANIFEST, *FILES):
        shutil.copy(bundle / name, tmp_path / name)
    add_figures(tmp_path, "behaviour", {"negation": {"pairs": 4, "passed": 3}})
    add_figures(tmp_path, "real_feedback", {"all": {"stage": 0.5}})
    card = (open_bundle(tmp_path).path / "README.md").read_text()
    assert "| negation | 4 | 75% |" in card
    assert "| all | 0.500 | · | · |" in card
    assert front(card)["license"] == "mit"


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ({"stage": {"a": RARE, "b": RARE}}, []),
        ({"stage": {"a": 99, "b": 0}}, ["Labels without an example in the training part: stage b."]),
        ({"stage": {"a": 99, "b": 1}}, ["Labels with fewer than 20 examples in the training part: stage b."]),
        ({"stage": {"a": 9}, "mood": {"x": 0}}, ["No row", "Labels with fewer"]),
    ],
    ids=["enough", "none", "few", "a head"],
)  # fmt: skip
def test_thin_labels_are_limits(counts, told):
    found = _limits(counts)
    assert len(found) == len(told)
    assert all(line.startswith(start) for line, start in zip(found, told, strict=True))


def test_a_cell_stays_a_cell():
    assert cell("a|b\n| c <script>") == r"a\|b \| c &lt;script>"


def run_of(**fit_settings):
    config = {"fit": {"seed": 1, "epochs": 12.0, "method": "full", **fit_settings}}
    return {"config": config | {"model": {}, "data": {}}}


@pytest.mark.parametrize(
    ("run", "told"),
    [
        (run_of(), "Fine-tuned for 12 epochs by `python -m training fit`, seed 1."),
        (run_of(patience=3) | {"epoch": 4.0}, "epoch 4 of at most 12 being kept, seed 1."),
        (run_of(method="heads") | {"unmoved": ["pivotal"]}, "nothing did better: pivotal. Seed 1."),
        (run_of() | {"seeds": [1, 2]}, "the mean of 2 fits (seeds 1, 2)."),
        (run_of() | {"trials": 5}, "did best of 5 in cross-validation"),
    ],
    ids=["epochs", "patience", "heads", "mean", "search"],
)
def test_how_it_was_fitted_is_told_as_it_was(run, told):
    assert told in fitting(run)


# ---------------------------------------------------------------- front matter
@pytest.mark.parametrize(
    ("licence", "keys"),
    [
        ("Apache-2.0", {"license": "apache-2.0"}),
        ("CC BY 4.0", {"license": "cc-by-4.0"}),
        ("other", {"license": "other"}),
        ("Kitelake: internal!", {"license": "other", "license_name": "kitelake-internal"}),
    ],
)
def test_a_licence_is_one_the_hub_knows_or_other(licence, keys):
    assert licence_keys(licence) == keys


def test_every_licence_is_written_as_the_hub_has_it():
    assert all(licence_keys(name) == {"license": name} for name in LICENCES)


@pytest.mark.parametrize(
    ("encoder", "base"),
    [
        ("sentence-transformers/all-MiniLM-L6-v2",) * 2,
        ("encoder", None),
        ("/home/me/encoder", None),
    ],
)
def test_the_base_model_is_one_of_the_hub_or_not_told(encoder, base):
    data = front(f"---\n{front_matter('mit', encoder, figures=True)}\n---\n")
    assert data.get("base_model") == base
    assert (data["library_name"], data["pipeline_tag"]) == ("mot-nlp", "text-classification")
    assert data["metrics"] == ["f1", "accuracy"]


def test_the_shipped_card_says_what_it_said(tmp_path):
    """Figures of the shipped model in its card, whichever version of it wrote the manifest."""
    manifest = open_bundle("default").manifest
    write_card(tmp_path / "README.md", manifest)
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert front(card)["license"] == "apache-2.0"
    assert f"| stage | {manifest.metrics['corpus_test']['stage']['macro_f1']:.3f} |" in card
    for said in ("data/corpus` was written for this project", "gets five labels", "Sarcasm"):
        assert said in card


def test_of_own_rows_every_label_counts():
    labels = np.array([[0, -100], [1, 2]])
    assert judged_on([], labels, own=True).tolist() == [[True, False], [True, True]]
