"""The tree of errors."""

from __future__ import annotations

import copy
import inspect
import re

import pytest

from mot_nlp import errors
from mot_nlp.errors import ColumnError, InputError, JobError, MotError, OutputError, ReadError

CLASSES = dict(inspect.getmembers(errors, inspect.isclass))


def test_every_error_is_a_mot_error_with_a_docstring():
    assert len(CLASSES) > 5
    for error in CLASSES.values():
        assert issubclass(error, MotError)
        assert inspect.cleandoc(error.__doc__ or "").endswith(".")


def test_the_drawn_tree_is_the_tree():
    drawn = re.findall(r"^\s+((?:│|├|└|─|\s)*)(\w+Error)\b", errors.__doc__ or "", re.MULTILINE)
    assert sorted(name for _, name in drawn) == sorted(CLASSES)
    parents: list[str] = []
    for lines, name in drawn:
        depth = len(lines) // 4
        parents[depth:] = [name]
        if depth:
            assert CLASSES[parents[depth - 1]] in CLASSES[name].__bases__


@pytest.mark.parametrize("error", [InputError, ColumnError, ReadError], ids=lambda e: e.__name__)
def test_bad_input_can_be_caught_as_a_value_error(error):
    with pytest.raises(ValueError, match="no column 'text'"):
        raise error("no column 'text'")


def test_a_column_error_carries_its_columns():
    bare = ColumnError("no column 'x'")
    assert (bare.missing, bare.known, bare.rows) == ((), (), "")

    error = ColumnError("no column 'x'", missing=["x"], known={"y": 1}, rows="moments")
    for same in (error.told("; try y"), copy.copy(error).told("; try y")):
        assert str(same) == "no column 'x'; try y"
        assert (same.missing, same.known, same.rows) == (("x",), ("y",), "moments")


def test_an_error_of_a_job_is_neither_bad_input_nor_a_bad_output():
    with pytest.raises(MotError, match="another run works on it"):
        raise JobError("another run works on it")
    assert not issubclass(JobError, ValueError)
    assert not issubclass(JobError, OutputError)
