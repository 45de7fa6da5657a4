"""Accidents with real processes: kills, signals, dead workers, full and read-only disks."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from mot_nlp.errors import OutputError
from tests.batch.world import contents, do, planned, write_inputs
from tests.tiny import BUNDLE, ROOT

ROWS = 600
SHARD = 25
PATIENCE = 90.0
"""Seconds after which a test that waits fails."""

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="processes are found through /proc"
)


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    return write_inputs(tmp_path_factory.mktemp("dump"), ROWS)


@pytest.fixture(scope="module")
def whole(dump, tmp_path_factory):
    """What an undisturbed run gives."""
    folder = tmp_path_factory.mktemp("whole")
    do(planned(dump, shard_documents=SHARD), folder)
    return contents(folder)


@pytest.fixture
def place(tmp_path):
    """A folder in memory where there is one, so that no test waits for the disk."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as name:
        yield Path(name)


class Run:
    """``mot predict`` as a process with a session of its own, by which all of it can be found."""

    def __init__(self, inputs, folder, *, workers=5, shard=SHARD, stdin=subprocess.DEVNULL):
        self.folder = Path(folder)
        options = ["--keep", "brand,stars", "--model", str(BUNDLE), "--workers", str(workers)]
        options += ["--max-rejected", "1"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mot_nlp", "predict", *map(str, inputs), "-o", str(folder),
             "--shard-size", str(shard), *options],
            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
            start_new_session=True, env={**os.environ, "COLUMNS": "1000", "PYTHONUTF8": "1"},
        )  # fmt: skip

    @property
    def finished(self):
        return len(list((self.folder / "_shards").glob("[0-9]*.json")))

    def processes(self, word=""):
        """Ids of its living processes, children too, that have a word in their command."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                state, _, _, session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
                command = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:  # it has ended meanwhile
                continue
            if int(session) == self.process.pid and state not in "ZX" and word in command:
                found.append(int(entry.name))
        return found

    def workers(self):
        return self.processes("spawn_main")

    def until(self, condition):
        """Wait until something holds, or the process has ended; whether it holds."""
        began = time.monotonic()
        while not condition():
            if self.process.poll() is not None:
                return condition()
            assert time.monotonic() - began < PATIENCE, self.kill()
            time.sleep(0.005)
        return True

    def end(self):
        """Wait for the end: the exit code and the words on standard error."""
        _, told = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, told

    def kill(self):
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        return self.end()

    def has_left_nothing(self):
        """Whether no process of it is left, or one that is goes soon."""
        began = time.monotonic()
        while left := self.processes():
            if time.monotonic() - began > PATIENCE:
                return left
            time.sleep(0.01)
        return True


@contextmanager
def running(*arguments, **options):
    run = Run(*arguments, **options)
    try:
        yield run
    finally:
        run.kill()


def kill_again_and_again(dump, folder, whole, chance, kills):
    """Run the same command and kill it at some moment, so often; then let it end."""
    rounds, count, place = 1, 0, folder / "1"
    while count < kills:
        place = folder / str(rounds)
        with running(dump, place, workers=chance.choice((1, 1, 5))) as run:
            if chance.random() < 0.3:
                # While it starts, checks the input, or goes on; wherever that is.
                moment, before = chance.uniform(0.1, 2.5), time.monotonic()
                run.until(lambda m=moment, b=before: time.monotonic() - b > m)
            else:
                goal = run.finished + chance.randrange(1, 7)
                run.until(lambda run=run, goal=goal: run.finished >= goal)
                time.sleep(chance.uniform(0, 0.05))  # so that it can be anywhere in a step
            if run.process.poll() is not None:  # it was faster
                assert run.end()[0] == 0
                assert contents(place) == whole
                rounds += 1
                continue
            if chance.random() < 0.5:
                os.killpg(run.process.pid, signal.SIGKILL)
            else:
                run.process.kill()
            count += 1
            run.process.wait()
            assert run.has_left_nothing() is True
    with running(dump, place) as run:
        assert run.end()[0] == 0
    assert contents(place) == whole


@pytest.mark.slow
def test_kills_at_random_moments_leave_no_trace(dump, whole, place):
    kill_again_and_again(dump, place, whole, random.Random(5), kills=6)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5), ids=str)
def test_sixty_kills_leave_no_trace(dump, whole, place, seed):
    kill_again_and_again(dump, place, whole, random.Random(100 + seed), kills=12)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_lets_shards_finish_and_says_how_to_go_on(dump, whole, place, number):
    folder = place / "out"
    with running(dump, folder, workers=2) as run:
        assert run.until(lambda: run.finished >= 2)
        # As a terminal or a service manager does it: to all processes of the run.
        os.killpg(run.process.pid, number)
        code, told = run.end()
        assert code == 128 + number
        assert run.finished >= 2
        assert not (folder / "summary.json").exists()
        assert run.has_left_nothing() is True
    assert f"stopped by {number.name} with " in told
    assert f" finished in {folder}; the same command goes on from there" in told
    assert "Traceback" not in told
    if number == signal.SIGTERM:  # a second interrupt, below, is the harder case of the other
        with running(dump, folder) as run:
            assert run.end()[0] == 0
        assert contents(folder) == whole


@pytest.mark.slow
def test_a_second_interrupt_ends_at_once_and_loses_nothing(dump, whole, place):
    folder = place / "out"
    with running(dump, folder, workers=1) as run:
        assert run.until(lambda: run.finished >= 1)
        run.process.send_signal(signal.SIGINT)
        time.sleep(0.02)  # two signals at once are one
        run.process.send_signal(signal.SIGINT)
        code, told = run.end()
        assert code == 130, told
        assert "Traceback" not in told
        assert run.has_left_nothing() is True
    with running(dump, folder) as run:
        run.end()
    assert contents(folder) == whole


def test_waiting_for_standard_input_ends_with_sigterm(place):
    folder = place / "out"
    with running(["-"], folder, workers=1, stdin=subprocess.PIPE) as run:
        assert run.process.stdin is not None
        run.process.stdin.write("id,text,brand,stars\n1,It broke.,Ode,5\n")
        run.process.stdin.flush()
        assert run.until((folder / ".owner.json").exists)
        run.process.terminate()
        run.process.wait(PATIENCE)
        assert run.process.returncode == 143


@pytest.mark.slow
def test_a_dead_worker_is_replaced(dump, whole, place):
    with running(dump, place / "out", workers=2) as run:
        for count in (1, 9):
            assert run.until(lambda count=count: run.finished >= count)
            victims = run.workers()
            assert victims
            os.kill(victims[0], signal.SIGKILL)
        code, told = run.end()
        assert code == 0, told
        assert run.has_left_nothing() is True
    assert contents(place / "out") == whole


def test_workers_that_never_come_up_end_the_run(dump, place):
    with running(dump, place / "out", workers=1) as run:
        killed: set[int] = set()
        while len(killed) < 2:
            assert run.until(lambda: set(run.workers()) - killed)
            victim = min(set(run.workers()) - killed)
            os.kill(victim, signal.SIGKILL)
            killed.add(victim)
        code, told = run.end()
    assert code == 1
    assert "error: a worker died twice before it could tag, with exit code -9" in told
    assert "what is finished is kept: free memory and run the same command again" in told
    assert "Traceback" not in told


# ---------------------------------------------------------------- disks


@contextmanager
def a_disk(path, size):
    """A small file system of its own; a function to change its options."""
    path.mkdir()

    def mount(*options):
        done = subprocess.run(["mount", *options], capture_output=True, check=False)
        return done.returncode == 0

    if not mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)):
        pytest.skip("file systems cannot be mounted here")
    try:
        yield lambda option: mount("-o", f"remount,{option}", str(path))
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def test_a_full_disk_ends_the_run_and_a_larger_one_lets_it_go_on(dump, whole, tmp_path):
    with a_disk(tmp_path / "disk", "300k") as change:
        folder = tmp_path / "disk" / "out"
        with running(dump, folder, workers=1) as run:
            code, told = run.end()
            assert code == 1, told
            assert re.search(
                r"cannot be written \(.*No space left on device\); free space on its disk\.", told
            )
            assert "The same command goes on from what is finished" in told
            assert "Traceback" not in told
            assert run.finished >= 1
            assert not list(folder.rglob(".writing-*"))
            assert run.has_left_nothing() is True
        assert change("size=50m")
        with running(dump, folder, workers=1) as run:
            code, told = run.end()
            assert code == 0, told
        assert contents(folder) == whole


def test_a_disk_that_turns_read_only_is_told(job, undisturbed, tmp_path):
    with a_disk(tmp_path / "disk", "5m") as change:
        folder = tmp_path / "disk" / "out"
        folder.mkdir()
        for _ in range(2):  # before the first run, and on a folder that has been locked before
            assert change("ro")
            with pytest.raises(
                OutputError, match=r"out cannot be written \(Read-only file system\)"
            ):
                do(job, folder)
            assert change("rw")
            do(job, folder)
            assert contents(folder) == contents(undisturbed)
            (folder / "manifest.json").unlink()
            (folder / "_shards").mkdir()


@pytest.mark.skipif(
    hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_folder_that_may_not_be_written_is_told(job, tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match=r"cannot be written \(Permission denied\)"):
        do(job, tmp_path / "out")
