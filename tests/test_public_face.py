"""What ``import mot_nlp`` gives, and what it leaves alone."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import mot_nlp
from mot_nlp import errors

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("pandas", "numpy", "openvino", "spacy", "duckdb", "pyarrow", "typer", "tokenizers")
TRAINING = ("torch", "transformers", "datasets", "training")
MODULES = sorted((ROOT / "mot_nlp").rglob("*.py"))


def loaded_after(statement):
    """Top-level packages that a fresh interpreter holds after ``statement``."""
    code = f"import sys\n{statement}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    return set(run.stdout.split())


def imported_names(path):
    """Every module named by an import statement of a file, however deep inside it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


# ---------------------------------------------------------------- names
def test_all_is_sorted_and_without_doubles():
    def constants_then_classes_then_functions(name):
        return not name.isupper(), not name[0].isupper(), name

    names = sorted(set(mot_nlp.__all__), key=constants_then_classes_then_functions)
    assert list(mot_nlp.__all__) == names


@pytest.mark.parametrize("name", mot_nlp.__all__)
def test_every_public_name_can_be_imported_and_is_documented(name):
    value = getattr(mot_nlp, name)
    assert value is getattr(importlib.import_module("mot_nlp"), name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert inspect.getdoc(value)


def test_dir_shows_the_public_names():
    assert dir(mot_nlp) == sorted(mot_nlp.__all__)


def test_type_checkers_and_the_interpreter_are_told_the_same_names():
    tree = ast.parse((ROOT / "mot_nlp" / "__init__.py").read_text(encoding="utf-8"))
    [checked] = [
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    told = {
        (node.module, alias.name)
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert {name for _, name in told} == set(mot_nlp.__all__) - {"__version__"}
    for module, name in told:
        assert getattr(importlib.import_module(module or ""), name) is getattr(mot_nlp, name)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"'mot_nlp' has no attribute 'predcit'"):
        _ = mot_nlp.predcit


def test_every_error_of_the_tree_is_public():
    classes = {name for name, _ in inspect.getmembers(errors, inspect.isclass)}
    assert classes <= set(mot_nlp.__all__)
    for name in classes:
        assert issubclass(getattr(mot_nlp, name), mot_nlp.MotError)


# ---------------------------------------------------------------- weight
@pytest.mark.parametrize(
    "statement",
    [
        "import mot_nlp",
        "import mot_nlp; mot_nlp.MotError, mot_nlp.Document, mot_nlp.MOMENT_COLUMNS",
    ],
    ids=["import", "names"],
)
def test_importing_loads_nothing_heavy(statement):
    loaded = loaded_after(statement)
    assert "mot_nlp" in loaded
    assert not loaded & {*HEAVY, *TRAINING}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_module_of_the_runtime_imports_training_code(path):
    tops = {name.partition(".")[0] for name in imported_names(path)}
    assert not tops & set(TRAINING)


# ---------------------------------------------------------------- package
def test_the_version_is_that_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert mot_nlp.__version__ == project["version"]


def test_the_package_is_typed():
    assert (ROOT / "mot_nlp" / "py.typed").is_file()
