"""A job's folder: files whole or absent, errors that say what to do."""

from __future__ import annotations

import errno
import os
import shutil

import pytest

from mot_nlp.batch.folder import JobFolder, replacing, sync, table_name, writing
from mot_nlp.errors import OutputError

CURES = {
    errno.ENOSPC: "free space on its disk",
    errno.EDQUOT: "free space, as your quota is used up",
    errno.EROFS: "its disk is read-only: name another folder, or mount it anew",
    errno.EACCES: "mend its permissions, or name another folder",
    errno.EIO: "see that the folder and its disk are sound",
}


@pytest.fixture
def folder(tmp_path):
    made = JobFolder(tmp_path / "out")
    made.make()
    return made


def write(path, text, error=None):
    """Write a file as those of a job are, with an accident on the way if one is given."""
    with replacing(path) as hidden:
        hidden.write_text(text)
        if error is not None:
            raise error


def names(path):
    return sorted(found.relative_to(path).as_posix() for found in path.rglob("*"))


def test_a_file_takes_its_place_when_it_is_whole(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with replacing(path) as hidden:
        hidden.write_text("new")
        assert path.read_text() == "old"
        assert hidden.name.startswith(".")
        assert hidden.suffix == path.suffix  # by which writers tell the format
    assert path.read_text() == "new"
    assert names(tmp_path) == ["table.csv"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_the_old_file_and_no_stray(tmp_path, error):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(error):
        write(path, "half", error)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["table.csv"]


@pytest.mark.parametrize("code", CURES, ids=errno.errorcode.get)
@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_errors_of_the_disk_say_what_to_do(tmp_path, monkeypatch, call, code):
    def fail(*_):
        raise OSError(code, os.strerror(code))

    path = tmp_path / "table.csv"
    path.write_text("old")
    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OutputError) as caught:
        write(path, "new")
    assert str(caught.value) == (
        f"{path} cannot be written ({os.strerror(code)}); {CURES[code]}. The same command goes on from "
        "what is finished"
    )
    assert path.read_text() == "old"
    assert names(tmp_path) == ["table.csv"]


def test_a_write_that_finds_no_room_says_so(tmp_path):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(OutputError, match=r"part-1 cannot be written \(No space left on device\)"):
        write(tmp_path / "part-1", "half", full)
    assert names(tmp_path) == []


def test_an_error_without_a_reason_is_shown_as_it_is(tmp_path):
    with pytest.raises(OutputError, match=r"cannot be written \(odd\)"), writing(tmp_path):
        raise OSError("odd")


def test_what_cannot_be_opened_to_be_synced_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        sync(tmp_path / "none")


def test_a_folder_that_cannot_be_opened_is_not_synced(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError

    (tmp_path / "file").touch()
    monkeypatch.setattr(os, "open", refuse)
    sync(tmp_path)  # as on Windows
    with pytest.raises(PermissionError):
        sync(tmp_path / "file")


def test_clearing_removes_the_files_of_a_job_alone(folder):
    own = [
        folder.manifest,
        folder.summary,
        folder.rejected,
        folder.table(0, ".csv"),
        folder.table(3, ".parquet"),
        folder.moments_part(0),
        folder.documents_part(123456),
        folder.record(0),
        folder.sums(0, 1),
    ]
    foreign = [
        folder.path / "table-of-mine.csv",
        folder.path / "notes.txt",
        folder.path / ".hidden",
        folder.moments / "mine.parquet",
        folder.documents / "readme.md",
        folder.path / "manifest.json.bak",
    ]
    for path in [*own, *foreign]:
        path.write_text("x")
    folder.clear()
    assert not any(path.exists() for path in own)
    assert all(path.exists() for path in foreign)
    folder.clear()


def test_clearing_what_is_not_there_is_nothing(tmp_path):
    JobFolder(tmp_path / "none").clear()
    JobFolder(tmp_path / "none").sweep()
    JobFolder(tmp_path / "none").finish()
    assert names(tmp_path) == []


def test_sweeping_removes_what_was_being_written_alone(folder):
    kept = [folder.manifest, folder.moments_part(0), folder.record(0), folder.path / ".lock"]
    strays = [path.with_name(f".writing-{path.name}") for path in kept]
    strays.append(folder.documents / ".writing-part-00003.parquet.part")
    for path in [*kept, *strays]:
        path.write_text("x")
    folder.sweep()
    assert not any(path.exists() for path in strays)
    assert all(path.exists() for path in kept)


def test_finishing_removes_the_ledger(folder):
    folder.record(0).write_text("{}")
    folder.sums(0, 0).write_text("x")
    folder.finish()
    assert names(folder.path) == ["documents", "moments"]
    folder.finish()


def test_names_of_parts_sort_as_their_numbers_do(folder):
    parts = [folder.moments_part(number).name for number in (0, 9, 10, 99_999)]
    assert parts == sorted(parts)
    assert [table_name(number) for number in range(3)] == ["table", "table-2", "table-3"]


def test_a_folder_that_cannot_be_made_says_so(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file/out cannot be written \(Not a directory\)"):
        JobFolder(tmp_path / "file" / "out").make()


def test_everything_of_a_finished_job_is_cleared(undisturbed, tmp_path):
    shutil.copytree(undisturbed, tmp_path / "out")
    JobFolder(tmp_path / "out").clear()
    assert [name for name in names(tmp_path / "out") if not name.startswith(".")] == [
        "documents",
        "moments",
    ]
