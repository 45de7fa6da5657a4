"""Jobs: what their folder holds, and that it is the same whatever happens on the way."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyarrow import parquet

from mot_nlp import moment_table
from mot_nlp.batch.pool import local_pool
from mot_nlp.batch.stopping import Stop
from mot_nlp.errors import JobError, OutputError
from mot_nlp.readers import Columns
from mot_nlp.records import DOCUMENT_COLUMNS, MOMENT_COLUMNS
from tests.batch.world import (
    SHARD,
    Pool,
    contents,
    do,
    planned,
    rejected_of,
    review_rows,
    rows_of,
    write_csv,
    write_json_lines,
)


class Died(Exception):
    """What a test raises for an accident."""


# ---------------------------------------------------------------- what a folder holds


def test_every_row_is_a_document_or_rejected_and_in_order(job, inputs, undisturbed):
    documents, rejected = rows_of(undisturbed, "documents"), rejected_of(undisturbed)
    summary = json.loads((undisturbed / "summary.json").read_text())
    assert len(documents) + len(rejected) == 24 + 1 + 24 + 5 == summary["rows_read"]
    assert [row["doc_id"] for row in documents] == sorted(
        (row["doc_id"] for row in documents), key=lambda name: int(name[1:])
    )
    names = [path.as_posix() for path in inputs]
    places = [(names.index(row["where"]), row["row"]) for row in rejected]
    assert places == sorted(set(places))
    assert {row["doc_id"] for row in rejected} >= {"taken", "r1"}
    told = "\n".join(row["reason"] for row in rejected)
    for reason in ("is empty", "broken JSON", "already has this id", "'five' here, but whole"):
        assert reason in told


def test_parts_have_one_schema_and_the_kinds_of_the_first_rows(undisturbed):
    for kind, own in (("moments", MOMENT_COLUMNS), ("documents", DOCUMENT_COLUMNS)):
        parts = sorted((undisturbed / kind).iterdir())
        schemas = [parquet.read_schema(part) for part in parts]
        assert len(parts) == 5
        assert all(schema.equals(schemas[0], check_metadata=True) for schema in schemas)
        assert schemas[0].names == [*own, "brand", "stars"]
        assert str(schemas[0].field("stars").type) == "int64"
        assert schemas[0].metadata[b"mot_nlp.schema"] == b"1"
        held = "stage" if kind == "moments" else "language"
        assert str(schemas[0].field(held).type).startswith("dictionary")


def test_moments_point_into_the_texts_of_the_input(undisturbed):
    rows = [*review_rows(24), *review_rows(24, seed=1, first=24)]
    texts = {row["id"]: row["text"] for row in reversed(rows)}  # the first of an id counts
    found = [row for row in rows_of(undisturbed, "moments") if row["brand"] != "Café"]
    assert len(found) > 50
    for row in found:
        if row["doc_id"] != "taken":
            assert texts[row["doc_id"]][row["start"] : row["end"]] == row["text"]


def test_the_summary_adds_up_what_the_parts_hold(job, undisturbed):
    summary = json.loads((undisturbed / "summary.json").read_text())
    moments, documents = rows_of(undisturbed, "moments"), rows_of(undisturbed, "documents")
    assert (summary["moments"], summary["documents"]) == (len(moments), len(documents))
    assert summary["segments"] == sum(row["n_segments"] for row in documents)
    assert summary["characters"] == sum(row["n_characters"] for row in documents)
    for head in ("stage", "moment", "touchpoint", "sentiment"):
        counts = {label: told["n"] for label, told in summary["labels"][head].items()}
        assert counts == Counter(row[head] for row in moments)
        assert sum(t["share"] for t in summary["labels"][head].values()) == pytest.approx(
            1, abs=1e-5
        )
    assert summary["labels"]["pivotal"].get("true", {"n": 0})["n"] == sum(
        row["pivotal"] for row in moments
    )
    languages = Counter(row["language"] or "unknown" for row in documents)
    assert summary["languages"] == dict(languages)
    reasons = Counter(row["reason"] for row in rejected_of(undisturbed))
    assert summary["rejected"]["reasons"] == dict(reasons)
    assert summary["encodings"] == {job.sources[2].name: "cp1252"}
    assert summary["model"]["sha256"] == job.bundle.sha256
    manifest = json.loads((undisturbed / "manifest.json").read_text())
    assert sum(shard["documents"] for shard in manifest["shards"]) == len(documents)
    assert [shard["number"] for shard in manifest["shards"]] == list(range(summary["shards"]))


def test_hashes_of_the_parts_are_in_the_manifest(undisturbed):
    import hashlib

    for shard in json.loads((undisturbed / "manifest.json").read_text())["shards"]:
        for kind, told in shard["sha256"].items():
            part = undisturbed / kind / f"part-{shard['number']:05d}.parquet"
            assert hashlib.sha256(part.read_bytes()).hexdigest() == told


TABLES = (
    ("stage", "moment"),
    ("brand", "quarter"),
    ("journey", "sentiment"),
    ("stars", "pivotal"),
    (),
)


def test_tables_are_those_of_all_moments_together(inputs, tmp_path):
    job = planned(inputs, tables=TABLES, shard_documents=7)
    do(job, tmp_path / "out")
    moments = pd.concat(
        [pd.read_parquet(part) for part in sorted((tmp_path / "out" / "moments").iterdir())]
    )
    assert "date" in moments.columns  # kept for the quarters, though nobody asked for it
    for number, by in enumerate(TABLES):
        name = f"table-{number + 1}" if number else "table"
        table = pd.read_parquet(tmp_path / "out" / f"{name}.parquet")
        expected = moment_table(moments, list(by), taxonomy=job.bundle.taxonomy)
        pd.testing.assert_frame_equal(table, expected, check_dtype=False, check_exact=True)
        as_csv = pd.read_csv(tmp_path / "out" / f"{name}.csv")
        assert list(as_csv.columns) == list(table.columns)
        assert as_csv["n"].tolist() == table["n"].tolist()
    assert not (tmp_path / "out" / f"table-{len(TABLES) + 1}.parquet").exists()


def test_all_segments_are_one_row_each(inputs, tmp_path):
    do(planned(inputs, all_segments=True), tmp_path / "out")
    documents, segments = (
        rows_of(tmp_path / "out", "documents"),
        rows_of(tmp_path / "out", "moments"),
    )
    assert len(segments) == sum(row["n_segments"] for row in documents)
    # The table leaves out those of no stage, as tables do.
    assert pd.read_parquet(tmp_path / "out" / "table.parquet")["n"].sum() == sum(
        row["stage"] != "none" for row in segments
    )


def test_masked_text_is_masked_everywhere(inputs, tmp_path, undisturbed):
    do(planned(inputs, mask=True), tmp_path / "out")
    masked, plain = rows_of(tmp_path / "out", "moments"), rows_of(undisturbed, "moments")
    assert len(masked) == len(plain)
    assert any("jane.doe@mail.com" in row["text"] for row in plain)
    for one, other in zip(masked, plain, strict=True):
        assert "jane.doe" not in one["text"]
        assert {**one, "text": ""} == {**other, "text": ""}
        assert len(one["text"]) == len(other["text"]) == one["end"] - one["start"]


@pytest.mark.parametrize("name", ["no-rows.csv", "all-rejected.csv"])
def test_a_job_without_documents_has_parts_and_tables(tmp_path, name):
    rows = [{"id": str(n), "text": " "} for n in range(30)] if "rejected" in name else []
    source = write_csv(tmp_path / name, rows)
    result = do(planned(source, columns=Columns()), tmp_path / "out")
    assert result.totals.documents == 0
    assert result.totals.n_rejected == len(rows) == len(rejected_of(tmp_path / "out"))
    assert result.shards == max(-(-len(rows) // SHARD), 1)
    for kind in ("moments", "documents"):
        assert pd.read_parquet(tmp_path / "out" / kind).empty
    assert pd.read_parquet(tmp_path / "out" / "table.parquet").empty
    assert not (tmp_path / "out" / "_shards").exists()


def test_pandas_and_duckdb_read_the_folder_as_it_is(undisturbed):
    import duckdb

    moments = pd.read_parquet(undisturbed / "moments")
    found = duckdb.execute(
        f"SELECT count(*) AS n, count(DISTINCT doc_id) AS d FROM '{undisturbed}/moments/*.parquet'"
    ).fetchone()
    assert found == (len(moments), moments["doc_id"].nunique())


# ---------------------------------------------------------------- the same bytes, whatever happens


@pytest.mark.parametrize("seed", range(4), ids=str)
def test_shards_may_come_back_in_any_order(job, undisturbed, tmp_path, seed):
    order = random.Random(seed)
    pools = []

    def make_pool(plan):
        pools.append(Pool(plan, room=5, order=order))
        return pools[0]

    do(job, tmp_path, make_pool=make_pool)
    assert pools[0].given == [0, 1, 2, 3, 4]
    assert contents(tmp_path) == contents(undisturbed)


def test_progress_grows_to_the_whole(job, tmp_path):
    seen: list[Any] = []
    result = do(job, tmp_path, on_progress=seen.append)
    assert [progress.documents for progress in seen] == sorted(p.documents for p in seen)
    assert seen[-1].documents == seen[-1].this_run == result.totals.documents == result.this_run
    assert seen[-1].rejected == result.totals.n_rejected
    fractions = [progress.fraction for progress in seen]
    assert all(part is not None and 0 <= part <= 1 for part in fractions)
    assert fractions[-1] == pytest.approx(1)


@pytest.mark.parametrize("after", range(4), ids=str)
def test_a_stop_keeps_what_was_out_and_the_same_command_goes_on(job, undisturbed, tmp_path, after):
    stop = Stop()

    def ask(answered):
        if answered == after:
            stop.signal = signal.SIGTERM

    result = do(job, tmp_path, stop=stop, make_pool=partial(Pool, room=1, before=ask))
    assert result.stopped_by == signal.SIGTERM
    # The one that was out when the stop came is finished, and nothing else is begun.
    assert result.shards == after + 1
    assert len(list((tmp_path / "_shards").glob("*.json"))) == after + 1
    assert not (tmp_path / "summary.json").exists()
    assert result.totals.documents == len(rows_of(tmp_path, "documents"))
    again = do(job, tmp_path)
    assert again.stopped_by is None
    assert again.this_run + result.this_run == again.totals.documents
    assert contents(tmp_path) == contents(undisturbed)


def test_a_stop_when_all_is_out_lets_the_job_end(job, undisturbed, tmp_path):
    stop = Stop()

    def ask(answered):
        if answered == 4:
            stop.signal = signal.SIGTERM

    assert do(job, tmp_path, stop=stop, make_pool=partial(Pool, before=ask)).stopped_by is None
    assert contents(tmp_path) == contents(undisturbed)


def test_a_stop_before_the_first_row_changes_nothing(job, undisturbed, tmp_path):
    stop = Stop()
    stop.signal = signal.SIGINT
    result = do(job, tmp_path, stop=stop)
    assert (result.stopped_by, result.shards) == (signal.SIGINT, 0)
    do(job, tmp_path)
    assert contents(tmp_path) == contents(undisturbed)


@pytest.mark.parametrize("seed", range(3), ids=str)
def test_a_pool_that_dies_at_any_answer_loses_what_was_out(job, undisturbed, tmp_path, seed):
    runs, result = 0, None
    while result is None:
        order = random.Random(seed + runs)

        def die(answered, last=runs % 2):
            if answered > last:
                raise Died

        try:
            result = do(
                job,
                tmp_path,
                make_pool=partial(Pool, room=3, order=order, before=die),
            )
        except Died:
            runs += 1
    assert runs > 1
    assert result.totals.documents == len(rows_of(tmp_path, "documents"))
    assert contents(tmp_path) == contents(undisturbed)


CALLS = ("replace", "unlink", "mkdir", "rmdir")
"""The calls by which names in a folder change."""


def each_change(monkeypatch, path, hook):
    """Call ``hook`` before each change of a name under ``path``."""
    for name in CALLS:
        real = getattr(os, name)

        def call(first, *rest, real=real, name=name, **options):
            if str(first).startswith(str(path)) and os.path.lexists(first) != (name == "mkdir"):
                hook(name, Path(first))
            return real(first, *rest, **options)

        monkeypatch.setattr(os, name, call)


@pytest.fixture(scope="module")
def short(inputs):
    """A job of three shards, for tests that do one often."""
    return planned(inputs, shard_documents=20)


@pytest.fixture(scope="module")
def whole(short, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    do(short, folder)
    return contents(folder)


def test_a_kill_between_any_two_steps_is_made_good(short, whole, tmp_path, monkeypatch):
    """Each state that a kill can leave is copied while a job is done, and each copy goes on."""
    folder = tmp_path / "out"
    states: list[Path] = []
    seen = set()

    def copy(name, path):
        state = tmp_path / "states" / f"{len(states):03d}-{name}-{path.name}"
        if folder.exists():
            shutil.copytree(folder, state)
        else:
            state.mkdir(parents=True)
        found = tuple(sorted(contents(state).items()))
        if found not in seen:
            seen.add(found)
            states.append(state)

    with monkeypatch.context() as patched:
        each_change(patched, folder, copy)
        do(short, folder)
    assert contents(folder) == whole
    assert len(states) > 30
    for number, state in enumerate(states):
        for hidden in state.rglob(".writing-*"):  # half of it is there, or all, or nothing
            os.truncate(hidden, hidden.stat().st_size * (number % 3) // 2)
        do(short, state)
        assert contents(state) == whole, state.name
        shutil.rmtree(state)


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_disk_that_fails_at_every_step_once(short, whole, tmp_path, monkeypatch, call):
    """Every rename or sync of a job fails the first time it is tried, with a run for each."""
    if call == "fsync" and not Path("/proc/self/fd").is_dir():
        pytest.skip("the names of open files are not told here")
    real = getattr(os, call)
    failed: list[str] = []
    messages: list[str] = []

    def fail(first, *rest):
        name = str(first)
        if call == "fsync":
            name = str(Path(f"/proc/self/fd/{first}").readlink())
        if name not in failed and name.startswith(str(tmp_path)):
            failed.append(name)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(first, *rest)

    monkeypatch.setattr(os, call, fail)
    for _ in range(100):
        try:
            do(short, tmp_path)
            break
        except OutputError as error:
            messages.append(str(error))
            if call == "replace":  # what could not be put in its place is gone
                assert not Path(failed[-1]).exists()
    assert len(failed) > 15
    assert all("No space left on device" in told and "free space" in told for told in messages)
    assert contents(tmp_path) == whole


@pytest.mark.parametrize(
    "options", [{"limit": 21}, {"sample": 0.5}, {"only_english": True}], ids=str
)
def test_limits_samples_and_guards_survive_a_kill(inputs, tmp_path, options):
    job = planned(inputs, **options)
    whole = do(job, tmp_path / "whole")
    runs = 0
    for _ in range(20):

        def die(answered):
            if answered == 1:
                raise Died

        try:
            do(job, tmp_path / "out", make_pool=partial(Pool, room=1, before=die))
            break
        except Died:
            runs += 1
    assert runs >= 1
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    if "limit" in options:
        assert whole.totals.documents == 21
    if "sample" in options:
        assert 0 < whole.totals.documents < 40
        assert whole.totals.left_out > 10
    if "only_english" in options:
        assert any("(de)" in reason for reason in whole.totals.rejected)


def test_an_id_is_taken_across_a_stop_by_documents_and_rows_set_aside(tmp_path):
    rows = [{"id": f"n{n}", "text": f"It broke {n} times.", "stars": n} for n in range(4)]
    rows[3]["stars"] = "three"
    later = [{"id": name, "text": "Again.", "stars": 9} for name in ("n3", "n0", "n9")]
    source = write_json_lines(tmp_path / "in.jsonl", [*rows, *later])
    job = planned(source, columns=Columns(keep=("stars",)), shard_documents=2)
    stop = Stop()

    def ask(answered):
        if answered == 1:
            stop.signal = signal.SIGTERM

    do(job, tmp_path / "out", stop=stop, make_pool=partial(Pool, room=1, before=ask))
    do(job, tmp_path / "out")
    assert [row["doc_id"] for row in rows_of(tmp_path / "out", "documents")] == [
        "n0",
        "n1",
        "n2",
        "n9",
    ]
    found = [(row["row"], row["doc_id"]) for row in rejected_of(tmp_path / "out")]
    assert found == [(4, "n3"), (5, "n3"), (6, "n0")]


@pytest.mark.parametrize(
    "workers", [5, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2, 9))], ids=str
)
def test_processes_give_the_same_bytes(job, undisturbed, tmp_path, workers):
    result = do(job, tmp_path, make_pool=lambda plan: local_pool(plan, workers))
    assert result.this_run == result.totals.documents
    assert contents(tmp_path) == contents(undisturbed)


# ---------------------------------------------------------------- what a folder refuses


def test_a_finished_job_is_left_as_it_is(job, undisturbed, tmp_path):
    shutil.copytree(undisturbed, tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("part-*")}

    def never(plan):
        raise AssertionError("nothing is to be tagged")

    result = do(job, tmp_path / "out", make_pool=never)
    assert result.was_done
    assert result.this_run == 0
    assert result.totals.documents == len(rows_of(tmp_path / "out", "documents"))
    assert result.totals.n_rejected == len(rejected_of(tmp_path / "out"))
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert contents(tmp_path / "out") == contents(undisturbed)


def test_restart_begins_anew(job, inputs, undisturbed, tmp_path):
    other = planned(inputs, tables=(("brand",), ("stars",)), shard_documents=5)
    do(other, tmp_path)
    assert (tmp_path / "table-2.csv").exists()
    with pytest.raises(JobError, match="--restart"):
        do(job, tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    do(job, tmp_path, restart=True)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    (tmp_path / "notes.txt").unlink()
    assert contents(tmp_path) == contents(undisturbed)


def test_a_restart_that_is_killed_is_a_restart(short, inputs, whole, tmp_path, monkeypatch):
    """Wherever a restart is killed while it clears the folder, the same command finishes it."""
    folder = tmp_path / "out"
    states: list[Path] = []
    do(planned(inputs, tables=(("brand",), ("stars",)), shard_documents=30), folder)

    def copy(name, path):
        states.append(tmp_path / "states" / f"{len(states):02d}-{name}-{path.name}")
        shutil.copytree(folder, states[-1])
        if name == "replace":
            raise Died

    with monkeypatch.context() as patched:
        each_change(patched, folder, copy)
        with pytest.raises(Died):
            do(short, folder, restart=True)
    assert len(states) > 9
    for number, state in enumerate(states):
        if (state / "manifest.json").exists():  # still the old job, as finished as it was
            with pytest.raises(JobError, match="--restart"):
                do(short, state)
        elif number % 3 == 0:
            do(short, state)
            assert contents(state) == whole, state.name


def test_a_folder_with_other_files_is_refused_and_not_touched(job, tmp_path):
    (tmp_path / "thesis.docx").write_bytes(b"PK")
    with pytest.raises(
        OutputError, match="holds other files than those of a job; name a new or an"
    ):
        do(job, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]
    with pytest.raises(OutputError, match=r"thesis\.docx is a file, and a job needs a folder"):
        do(job, tmp_path / "thesis.docx")


def test_hidden_files_do_not_make_a_folder_foreign(job, undisturbed, tmp_path):
    (tmp_path / ".DS_Store").write_bytes(b"\0")
    do(job, tmp_path)
    (tmp_path / ".DS_Store").unlink()
    assert contents(tmp_path) == contents(undisturbed)


def test_a_summary_that_was_removed_is_missed(job, undisturbed, tmp_path):
    shutil.copytree(undisturbed, tmp_path / "out")
    (tmp_path / "out" / "summary.json").unlink()
    with pytest.raises(
        JobError, match=r"summary\.json cannot be read .* begin anew with --restart"
    ):
        do(job, tmp_path / "out")


def test_a_refusal_leaves_a_finished_job_as_it_is(inputs, undisturbed, tmp_path):
    shutil.copytree(undisturbed, tmp_path / "out")
    with pytest.raises(JobError, match="was begun with something else"):
        do(planned(inputs, mask=True), tmp_path / "out")
    assert contents(tmp_path / "out") == contents(undisturbed)


@pytest.mark.parametrize("damage", ["removed", "cut"])
def test_a_part_that_was_lost_is_made_again(job, undisturbed, tmp_path, damage):
    stop = Stop()

    def ask(answered):
        if answered == 2:
            stop.signal = signal.SIGTERM

    do(job, tmp_path, stop=stop, make_pool=partial(Pool, room=1, before=ask))
    part = tmp_path / "documents" / "part-00001.parquet"
    if damage == "removed":
        part.unlink()
    else:
        os.truncate(part, 100)
    do(job, tmp_path)
    assert contents(tmp_path) == contents(undisturbed)


def test_another_programs_manifest_is_safe(job, tmp_path):
    (tmp_path / "manifest.json").write_text('{"name": "an app", "icons": []}')
    for restart in (False, True):
        with pytest.raises(OutputError, match="holds other files than those of a job"):
            do(job, tmp_path, restart=restart)
    (tmp_path / "moments").mkdir()
    for restart in (False, True):
        with pytest.raises(JobError, match=r"manifest\.json is no manifest of a job"):
            do(job, tmp_path, restart=restart)
    assert (tmp_path / "manifest.json").read_text() == '{"name": "an app", "icons": []}'
