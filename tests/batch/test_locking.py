"""One run at a time on a folder, told apart by real processes."""

from __future__ import annotations

import json
import os
import platform
import re
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from mot_nlp.batch.folder import JobFolder
from mot_nlp.batch.locking import locked
from mot_nlp.errors import JobError, OutputError
from tests.batch.world import do
from tests.tiny import ROOT

HOLD = """
import sys
from pathlib import Path
from mot_nlp.batch.folder import JobFolder
from mot_nlp.batch.locking import locked
with locked(JobFolder(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "out")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_run_is_refused_and_told_by_whom(holder, job, tmp_path):
    expected = rf"another run works on {tmp_path / 'out'} \(process {holder.pid} on "
    expected += (
        rf"{re.escape(platform.node())}, since 20\d\d-.*\); wait for it, or name another folder"
    )
    with pytest.raises(JobError, match=expected):
        do(job, tmp_path / "out")
    # Nor may it begin anew what another one is at.
    with pytest.raises(JobError, match="another run works on"):
        do(job, tmp_path / "out", restart=True)


def test_the_lock_of_a_killed_run_is_free(holder, job, tmp_path):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (tmp_path / "out" / ".owner.json").exists()
    do(job, tmp_path / "out")
    assert not (tmp_path / "out" / ".owner.json").exists()


def test_the_lock_is_free_when_the_run_ends(holder, job, tmp_path):
    holder.communicate("")
    assert not (tmp_path / "out" / ".owner.json").exists()
    do(job, tmp_path / "out")


def test_a_refused_run_leaves_the_owner_named(holder, job, tmp_path):
    for _ in range(2):
        with pytest.raises(JobError, match=f"process {holder.pid}"):
            do(job, tmp_path / "out")


def test_an_owner_that_cannot_be_read_is_not_named(holder, tmp_path):
    folder = JobFolder(tmp_path / "out")
    for text in ("", "{", "[]", "{}"):
        folder.owner.write_text(text)
        with pytest.raises(JobError, match=r"works on .*/out; wait for it"), locked(folder):
            pass


def test_an_error_lets_go(tmp_path):
    folder = JobFolder(tmp_path / "out")
    with suppress(RuntimeError), locked(folder):
        told = json.loads(folder.owner.read_text())
        assert (told["pid"], told["host"]) == (os.getpid(), platform.node())
        raise RuntimeError
    assert not folder.owner.exists()
    with locked(folder):
        assert folder.owner.exists()


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(OutputError, match="cannot be written"),
        locked(JobFolder(tmp_path / "file" / "out")),
    ):
        pass
