"""What a job remembers: its manifest, the records of its shards, where it stands."""

from __future__ import annotations

import json
import shutil
import signal
from collections import Counter
from contextlib import closing
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mot_nlp.batch.folder import JobFolder
from mot_nlp.batch.ledger import Ledger, Record, Totals
from mot_nlp.batch.manifest import Manifest, fingerprints, read_manifest
from mot_nlp.batch.result import MOST_REASONS, OTHER_REASONS
from mot_nlp.batch.standing import check_same, standing
from mot_nlp.batch.stopping import Stop
from mot_nlp.errors import JobError
from mot_nlp.readers import Columns, Position, Source, UsedIds
from mot_nlp.records import Rejected
from tests.batch.world import Pool, contents, do, planned, write_csv

RECORD = Record(
    number=0,
    job="a job",
    end=Position(1, 20),
    documents=3,
    moments=5,
    segments=9,
    characters=300,
    left_out=2,
    repeated=1,
    labels={"stage": {"decision": 4, "none": 1}},
    languages={"en": 2, "": 1},
    encodings={"é.csv": "cp1252"},
    rejected=(Rejected("é.csv", 4, "r4", "why", 3), Rejected("é.csv", 9, "", "else")),
    kept_ids=("r4",),
    sha256={"moments": "ab", "documents": "cd"},
    sizes={},
)


@pytest.fixture
def folder(tmp_path):
    made = JobFolder(tmp_path / "out")
    made.make()
    return made


def manifest_of(job):
    return Manifest.of(fingerprints(job.sources), job.bundle, job.precision, job.options)


# ---------------------------------------------------------------- records


def test_records_come_back_as_they_were(folder):
    ledger = Ledger(folder, "a job")
    records = [replace(RECORD, number=number) for number in (0, 1, 3)]
    for record in records:
        ledger.write(record)
    assert ledger.finished() == [0, 1, 3]
    assert list(ledger.records([1, 0])) == [records[1], records[0]]
    assert list(ledger.records(ledger.finished())) == records


def test_records_of_another_job_do_not_count(folder):
    Ledger(folder, "a job").write(RECORD)
    other = Ledger(folder, "another job")
    assert other.finished() == []
    with pytest.raises(
        JobError, match=r"the record of shard 0 in .* is gone or altered; run the same"
    ):
        list(other.records([0]))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "5", '{"number": 0}', "\0" * 40, '{"end": 5, "rejected": [], "kept_ids": []}'],
    ids=repr,
)  # fmt: skip
def test_records_that_were_altered_do_not_count(folder, text):
    Ledger(folder, "a job").write(RECORD)
    folder.record(0).write_text(text)
    assert Ledger(folder, "a job").finished() == []


def test_a_record_that_was_cut_anywhere_does_not_count(folder):
    ledger = Ledger(folder, "a job")
    ledger.write(RECORD)
    whole = folder.record(0).read_bytes()
    for size in range(0, len(whole) - 1, 7):
        folder.record(0).write_bytes(whole[:size])
        assert ledger.finished() == [], size


def test_a_shard_counts_only_with_all_of_its_files(folder):
    folder.moments_part(0).write_bytes(b"four")
    folder.sums(0, 0).write_bytes(b"x")
    names = {folder.name_of(folder.moments_part(0)): 4, folder.name_of(folder.sums(0, 0)): 1}
    ledger = Ledger(folder, "a job")
    ledger.write(replace(RECORD, sizes=names))
    assert ledger.finished() == [0]
    folder.sums(0, 0).write_bytes(b"xx")
    assert ledger.finished() == []
    folder.sums(0, 0).unlink()
    assert ledger.finished() == []


def test_other_files_in_the_ledger_are_no_records(folder):
    (folder.ledger / ".writing-00000.json").write_text("{")
    (folder.ledger / "00000-0.parquet").write_bytes(b"PAR1")
    (folder.ledger / "notes.json").write_text('{"a": 1}')
    assert Ledger(folder, "a job").finished() == []


def test_totals_are_records_added_up():
    totals = Totals()
    for number in range(3):
        totals.add(replace(RECORD, number=number))
    assert (totals.documents, totals.moments, totals.segments) == (9, 15, 27)
    assert (totals.characters, totals.left_out, totals.repeated) == (900, 6, 3)
    assert totals.rejected == Counter({"why": 9, "else": 3})
    assert totals.n_rejected == 12
    assert totals.rejected_share == pytest.approx(12 / 21)
    assert totals.labels == {"stage": Counter({"decision": 12, "none": 3})}
    assert totals.languages == Counter({"en": 6, "": 3})
    assert totals.encodings == {"é.csv": "cp1252"}


def test_nothing_read_is_no_share():
    assert Totals().rejected_share == 0


def test_reasons_beyond_the_most_are_counted_together():
    rows = tuple(Rejected("in.csv", n, "", f"reason {n}") for n in range(MOST_REASONS + 30))
    totals = Totals()
    totals.add(replace(RECORD, rejected=(*rows, rows[0])))
    assert len(totals.rejected) == MOST_REASONS + 1
    assert totals.rejected["reason 0"] == 2
    assert totals.rejected[OTHER_REASONS] == 30
    assert totals.n_rejected == MOST_REASONS + 31


# ---------------------------------------------------------------- the manifest


def test_a_manifest_comes_back_as_it_was(job, tmp_path):
    manifest = replace(manifest_of(job), kinds={"brand": "text", "stars": "integer"})
    path = tmp_path / "manifest.json"
    assert read_manifest(path) is None
    manifest.write(path)
    assert read_manifest(path) == (manifest, False)
    manifest.write(path, shards=[{"number": 0}])
    assert read_manifest(path) == (manifest, True)
    manifest.write(path, shards=[])
    assert read_manifest(path) == (manifest, True)


@given(st.sampled_from(["kinds", "options", "model", "version", "format", "schema", "input"]))
def test_every_part_of_a_manifest_is_in_its_hash(job, name):
    manifest = manifest_of(job)
    changed = {
        "kinds": {"brand": "integer"},
        "options": manifest.options | {"mask": True},
        "model": manifest.model | {"precision": "fp32"},
        "version": "9",
        "format": 9,
        "schema": 9,
        "input": manifest.input[:1],
    }[name]
    assert replace(manifest, **{name: changed}).sha256 != manifest.sha256


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "5", "null", '{"name": "an app", "icons": []}', "\xff"], ids=repr
)
def test_what_is_no_manifest_is_refused(tmp_path, text):
    path = tmp_path / "manifest.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(
        JobError, match=r"manifest\.json is no manifest of a job .*; name another folder"
    ):
        read_manifest(path)


def test_a_file_that_cannot_be_read_is_told_from_one_that_can(tmp_path):
    source = Source("gone.csv", str(tmp_path / "gone.csv"), "csv")
    (gone,) = fingerprints([source])
    assert gone["sha256"] == "none: No such file or directory"
    (tmp_path / "gone.csv").write_text("text\n")
    assert fingerprints([source]) != [gone]


# ---------------------------------------------------------------- differences


def test_the_same_job_has_no_differences(job, inputs):
    assert manifest_of(job).differences(manifest_of(planned(inputs))) == []


def test_a_difference_is_told_in_words(job, inputs):
    def told(**options):
        return manifest_of(job).differences(manifest_of(planned(inputs, **options)))

    assert told(mask=True) == ["an option: mask is True instead of False"]
    assert told(limit=5) == ["an option: limit is 5 instead of None"]
    assert told(columns=Columns(text="text", keep=("brand", "stars"))) == [
        "an option: columns.text is 'text' instead of None"
    ]
    other = manifest_of(replace(job, precision="fp32"))
    assert manifest_of(job).differences(other) == [
        "the model: precision is 'fp32' instead of 'int8'"
    ]
    (tables,) = told(tables=(("brand",),))
    assert tables.startswith("an option: tables is ")
    assert "brand" in tables


def test_another_version_model_or_format_is_told(job):
    manifest = manifest_of(job)
    other = replace(
        manifest, version="9.9", format=2, schema=3, model=manifest.model | {"sha256": "ff"}
    )
    told = manifest.differences(other)
    assert f"the version of mot-nlp: '9.9' instead of {manifest.version!r}" in told
    assert "the format of the folder: 2 instead of 1" in told
    assert "the schema of the parts: 3 instead of 1" in told
    assert any(line.startswith("the model: sha256 is 'ff' instead of") for line in told)


def test_another_input_is_told(tmp_path):
    rows = [{"id": "a", "text": "It broke."}]
    path = write_csv(tmp_path / "in.csv", rows)
    begun = manifest_of(planned(path, columns=Columns()))
    write_csv(path, [{"id": "a", "text": "It works."}])
    assert any(
        "in.csv" in line and line.startswith("the input: ")
        for line in begun.differences(manifest_of(planned(path, columns=Columns())))
    )
    write_csv(tmp_path / "more.csv", rows)
    both = manifest_of(planned(tmp_path, columns=Columns()))
    assert begun.differences(both) == ["the input: 2 files instead of 1"]


def test_going_on_with_something_else_is_refused_with_the_cure(job, inputs, tmp_path):
    manifest = manifest_of(job)
    check_same(manifest, manifest_of(planned(inputs)), JobFolder(tmp_path))
    other = manifest_of(planned(inputs, mask=True, limit=3, all_segments=True, sample=0.5))
    with pytest.raises(JobError) as caught:
        check_same(manifest, other, JobFolder(tmp_path))
    message = str(caught.value)
    assert message.startswith(f"the job in {tmp_path} was begun with something else. An option: ")
    assert message.count("instead of") == 3
    assert "; …. Give that, name another folder" in message
    assert message.endswith("name another folder, or begin anew with --restart")


def test_standard_input_cannot_go_on(job, tmp_path):
    manifest = replace(manifest_of(job), input=[{"name": "standard input", "size": None}])
    with pytest.raises(
        JobError, match="whether standard input is what it was cannot be told; save it to a file"
    ):
        check_same(manifest, manifest, JobFolder(tmp_path))


def test_a_changed_file_or_option_is_refused_before_anything_is_done(tmp_path):
    source = write_csv(
        tmp_path / "in.csv", [{"id": f"r{n}", "text": "It broke."} for n in range(5)]
    )
    do(planned(source, columns=Columns()), tmp_path / "out")
    before = (tmp_path / "out" / "manifest.json").read_bytes()
    source.write_text(source.read_text().replace("r4", "r9"))
    with pytest.raises(JobError, match=r"The input: .*in\.csv"):
        do(planned(source, columns=Columns()), tmp_path / "out")
    assert (tmp_path / "out" / "manifest.json").read_bytes() == before
    do(planned(source, columns=Columns()), tmp_path / "out", restart=True)
    assert (tmp_path / "out" / "manifest.json").read_bytes() != before


# ---------------------------------------------------------------- where a job stands


def test_a_job_stands_behind_the_shards_without_a_gap(job, undisturbed, tmp_path):
    shutil.copytree(undisturbed, tmp_path / "out")
    folder = JobFolder(tmp_path / "out")
    folder.make()
    ledger = Ledger(folder, "a job")
    for number in (0, 1, 3):
        ledger.write(replace(RECORD, number=number, end=Position(0, 10 * (number + 1))))
    with closing(UsedIds()) as used:
        found = standing(folder, ledger, used)
        assert (found.number, found.start) == (2, Position(0, 20))
        assert (found.documents, found.rejected) == (6, 8)
        assert found.finished == {0, 1, 3}
        assert not used.take("r4")  # of a row set aside
        assert not used.take("r1")  # of a document of the first parts
        assert used.take("r40")  # of one far behind


def test_a_new_job_stands_at_the_start(folder):
    with closing(UsedIds()) as used:
        found = standing(folder, Ledger(folder, "a job"), used)
    assert (found.number, found.start, found.documents, found.rejected) == (0, Position(), 0, 0)


def test_an_altered_record_has_its_shard_done_again(job, undisturbed, tmp_path):
    """A record that cannot be read, and one of another job, are as if they were not there."""
    stop = Stop()

    def ask(answered):
        if answered == 3:
            stop.signal = signal.SIGTERM

    do(job, tmp_path, stop=stop, make_pool=partial(Pool, room=1, before=ask))
    folder = JobFolder(tmp_path)
    folder.record(1).write_text("{")
    told = json.loads(folder.record(2).read_text())
    folder.record(2).write_text(json.dumps(told | {"job": "another"}))
    pools = []

    def make_pool(plan):
        pools.append(Pool(plan))
        return pools[0]

    do(job, tmp_path, make_pool=make_pool)
    assert pools[0].given == [1, 2, 4]  # the fourth shard was finished
    assert contents(tmp_path) == contents(undisturbed)
