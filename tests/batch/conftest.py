"""What the batch tests share."""

from __future__ import annotations

import os

import pytest

from tests.batch.world import do, planned, write_inputs


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    """Three files with something of everything; nobody writes to them."""
    return write_inputs(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(scope="session")
def job(inputs):
    """A plan for them."""
    return planned(inputs)


@pytest.fixture(scope="session")
def undisturbed(job, tmp_path_factory):
    """The folder of that job, done at once; nobody writes to it."""
    folder = tmp_path_factory.mktemp("undisturbed")
    do(job, folder)
    return folder


@pytest.fixture(autouse=True)
def an_instant_disk(monkeypatch):
    """Whether bytes outlive a power cut cannot be tested here, so that nobody waits for it."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
