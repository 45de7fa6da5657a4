"""The notebooks run from top to bottom: the first two on the shipped model, the third on a tiny encoder."""

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from tests.tiny import ROOT, write_encoder

NOTEBOOKS = ROOT / "notebooks"
SHOWN = {"01_first_moments": "<mark", "02_tables_and_drivers": "net sentiment of "}
"""What the outputs of each notebook must hold."""

KITELAKE = ROOT / "data" / "examples" / "kitelake" / "labelled.csv"
STEPS = (
    "wrote", "the least believable", "fitted model in", "its card is", "core mean macro-F1", "gate ",
    "twice as many", "label in Label Studio", "Reference and new",
)  # fmt: skip
"""What the commands of the third must say, in this order."""

IGNORED = ("ignore::DeprecationWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


def run(notebook: nbformat.NotebookNode, seconds: int = 300) -> list[nbformat.NotebookNode]:
    """Outputs of all cells."""
    client = NotebookClient(
        notebook, timeout=seconds, resources={"metadata": {"path": str(NOTEBOOKS)}}
    )
    client.execute()
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


@pytest.mark.slow
@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.filterwarnings(*IGNORED)
def test_notebook_runs(name):
    outputs = run(nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4))
    shown = "".join(output.get("data", {}).get("text/html", "") for output in outputs)
    assert SHOWN[name] in shown
    assert not [output for output in outputs if output.get("name") == "stderr"]


@pytest.mark.slow
@pytest.mark.filterwarnings(*IGNORED)
def test_retraining_notebook_runs(tmp_path):
    notebook = nbformat.read(NOTEBOOKS / "03_retrain_on_your_labels.ipynb", as_version=4)
    encoder = write_encoder(tmp_path / "encoder", pd.read_csv(KITELAKE)["text"].tolist())
    parameters = next(c for c in notebook.cells if "parameters" in c.metadata.get("tags", ()))
    parameters.source += f"\nSTART, OUT = {str(encoder)!r}, {str(tmp_path / 'out')!r}"
    outputs = run(notebook)
    said = "".join(output.get("text", "") for output in outputs)
    place = 0
    for step in STEPS:
        place = said.find(step, place)
        assert place >= 0, f"{step!r} is missing in:\n{said}"
    assert "error:" not in said
    assert "Traceback" not in said


def test_every_notebook_is_run():
    assert {path.stem for path in NOTEBOOKS.glob("*.ipynb")} == {
        *SHOWN,
        "03_retrain_on_your_labels",
    }
