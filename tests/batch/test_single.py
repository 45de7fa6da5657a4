import json
from typing import Any

import pandas as pd
import pytest
from pyarrow import parquet

from mot_nlp.batch.options import Options
from mot_nlp.batch.single import run
from mot_nlp.errors import ColumnError, OutputError, ReadError
from mot_nlp.readers import Columns
from mot_nlp.records import DOCUMENT_COLUMNS, MOMENT_COLUMNS, TAGGED_BY
from mot_nlp.tagger import MomentTagger
from tests.batch.world import do, planned, rows_of, write_inputs
from tests.tiny import BUNDLE

ROWS = [
    {"id": "a", "text": "The parcel came late. I recommend the shop to everybody!", "brand": "x"},
    {"id": "b", "text": "Room 4 was dirty, but breakfast was lovely.", "brand": "=1+1"},
    {"id": "c", "text": "", "brand": "y"},
    {"id": "a", "text": "The same id again.", "brand": "y"},
    {"id": "d", "text": "Never again will I buy from them.", "brand": None},
]


@pytest.fixture(scope="module")
def tagger():
    return MomentTagger.load(BUNDLE)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.csv"
    pd.DataFrame(ROWS).to_csv(path, index=False)
    return path


def test_every_row_is_tagged_or_set_aside(tagger, source, tmp_path):
    calls: list[Any] = []
    summary = run(
        tagger,
        source,
        tmp_path / "out.parquet",
        options=Options(columns=Columns(keep=("brand",))),
        documents=tmp_path / "documents.csv",
        on_progress=calls.append,
    )
    assert (summary.documents, summary.n_rejected) == (3, 2)
    assert summary.rejected_share == 0.4
    assert [(call.documents, call.rejected, call.fraction) for call in calls] == [(3, 2, 1.0)]
    assert summary.rejected_path == tmp_path / "rejected.jsonl"
    rejected = [json.loads(line) for line in (tmp_path / "rejected.jsonl").read_text().splitlines()]
    assert [(entry["row"], entry["doc_id"]) for entry in rejected] == [(3, "c"), (4, "a")]
    moments = pd.read_parquet(tmp_path / "out.parquet")
    assert tuple(moments.columns) == (*MOMENT_COLUMNS, "brand")
    assert len(moments) == summary.moments
    documents = pd.read_csv(tmp_path / "documents.csv")
    assert tuple(documents.columns) == (*DOCUMENT_COLUMNS, "brand")
    assert documents["doc_id"].tolist() == ["a", "b", "d"]
    assert documents["brand"].tolist()[:2] == ["x", "'=1+1"]


def test_all_formats_hold_the_same(tagger, source, tmp_path):
    frames = []
    for suffix, read in (
        (".parquet", pd.read_parquet),
        (".jsonl", lambda path: pd.read_json(path, lines=True)),
        (".csv", pd.read_csv),
    ):
        run(tagger, source, tmp_path / f"out{suffix}", options=Options(all_segments=True))
        frames.append(read(tmp_path / f"out{suffix}").drop(columns="speaker"))
    for other in frames[1:]:
        pd.testing.assert_frame_equal(frames[0], other, check_dtype=False, rtol=1e-9)


def test_inputs_of_all_formats_give_the_same(tagger, tmp_path):
    frame = pd.DataFrame([ROWS[0], ROWS[1]])
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_csv(tmp_path / "a.tsv", index=False, sep="\t")
    frame.to_json(tmp_path / "a.jsonl", orient="records", lines=True)
    frame.to_parquet(tmp_path / "a.parquet")
    results = []
    for suffix in ("csv", "tsv", "jsonl", "parquet"):
        target = tmp_path / f"{suffix}.out.jsonl"
        run(tagger, tmp_path / f"a.{suffix}", target)
        results.append(target.read_text())
    assert len(set(results)) == 1


def test_nothing_set_aside_leaves_no_list(tagger, tmp_path):
    (tmp_path / "in.csv").write_text("text\nIt broke.\n")
    summary = run(tagger, tmp_path / "in.csv", tmp_path / "out.csv")
    assert summary.rejected_path is None
    assert not (tmp_path / "rejected.jsonl").exists()


def test_the_input_is_never_overwritten(tagger, source):
    before = source.read_bytes()
    with pytest.raises(OutputError, match=r"in\.csv is named twice"):
        run(tagger, source, source)
    assert source.read_bytes() == before


def test_outputs_never_overwrite_each_other(tagger, source, tmp_path):
    target = tmp_path / "out.csv"
    for other in ({"documents": target}, {"rejected": target}):
        with pytest.raises(OutputError, match=r"out\.csv is named twice"):
            run(tagger, source, target, **other)
    with pytest.raises(OutputError, match="only one output can go to standard output"):
        run(tagger, source, "-", documents="-")


def test_a_run_that_never_began_leaves_the_earlier_list(tagger, source, tmp_path):
    run(tagger, source, tmp_path / "out.csv")
    with pytest.raises(OutputError, match="cannot tell the format"):
        run(tagger, source, tmp_path / "out.xyz")
    assert (tmp_path / "rejected.jsonl").exists()


def test_a_clean_run_removes_the_list_of_an_earlier_one(tagger, source, tmp_path):
    run(tagger, source, tmp_path / "out.csv")
    assert (tmp_path / "rejected.jsonl").exists()
    (tmp_path / "clean.csv").write_text("text\nIt broke.\n")
    run(tagger, tmp_path / "clean.csv", tmp_path / "out.csv")
    assert not (tmp_path / "rejected.jsonl").exists()


def test_an_error_leaves_no_half_a_file(tagger, source, tmp_path):
    with pytest.raises(ColumnError, match="'nope'"):
        run(tagger, source, tmp_path / "out.csv", options=Options(columns=Columns(text="nope")))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", b"", "empty"),
        ("binary.csv", b"PAR1\x00\x01\x02", "Parquet"),
        ("zip.csv", b"PK\x03\x04rest\x00", r"(?i)zip|Excel"),
        ("noise.csv", bytes(range(256)) * 4, "(?i)binary|NUL"),
        ("not.parquet", b"text\nhello", "(?i)parquet"),
        ("odd.xyz", b"text\nhello", "cannot tell the format"),
    ],
)
def test_files_that_are_not_what_they_say(tagger, tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ReadError, match=message) as caught:
        run(tagger, tmp_path / name, tmp_path / "out.csv")
    assert name in str(caught.value)


def test_a_missing_file_is_named(tagger, tmp_path):
    with pytest.raises(ReadError, match=r"none\.csv"):
        run(tagger, tmp_path / "none.csv", tmp_path / "out.csv")


def test_rejected_rows_that_cannot_be_listed_are_an_error(tagger, source, tmp_path):
    with pytest.raises(OutputError, match="--rejected"):
        run(
            tagger,
            source,
            tmp_path / "out.csv",
            rejected=tmp_path / "none" / "rejected.jsonl",
        )


def test_many_files_are_one_output(tagger, tmp_path):
    for name in ("a", "b"):
        pd.DataFrame(ROWS[:2]).drop(columns="id").to_csv(tmp_path / f"{name}.csv", index=False)
    inputs = [tmp_path / "b.csv", tmp_path / "a.csv"]
    summary = run(tagger, inputs, tmp_path / "out.jsonl", documents=tmp_path / "documents.csv")
    assert summary.documents == 4
    found = pd.read_csv(tmp_path / "documents.csv")["doc_id"].tolist()
    assert found == ["b.csv:1", "b.csv:2", "a.csv:1", "a.csv:2"]
    with pytest.raises(OutputError, match=r"a\.csv is named twice"):
        run(tagger, inputs, tmp_path / "a.csv")


@pytest.mark.parametrize("all_segments", [True, False])
def test_options_act_as_in_a_job(tagger, tmp_path, all_segments):
    """One file and a job's parts hold the same rows, and set the same rows aside."""
    inputs = write_inputs(tmp_path / "in")
    given = {
        "columns": Columns(keep=("brand",)),
        "all_segments": all_segments,
        "only_english": True,
        "mask": True,
        "limit": 9,
        "sample": 0.6,
    }
    run(
        tagger,
        inputs,
        tmp_path / "out.parquet",
        options=Options(**given),
        documents=tmp_path / "documents.parquet",
    )
    do(planned(inputs, **given), tmp_path / "job")
    assert parquet.read_table(tmp_path / "out.parquet").to_pylist() == rows_of(
        tmp_path / "job", "moments"
    )
    assert parquet.read_table(tmp_path / "documents.parquet").to_pylist() == rows_of(
        tmp_path / "job", "documents"
    )
    assert (tmp_path / "rejected.jsonl").read_text() == (
        tmp_path / "job" / "rejected.jsonl"
    ).read_text()


def test_a_parquet_file_tells_which_model_it_comes_from(tagger, source, tmp_path):
    run(tagger, source, tmp_path / "out.parquet")
    told = parquet.read_metadata(tmp_path / "out.parquet").metadata[TAGGED_BY.encode()]
    assert json.loads(told) == tagger.identity
    assert tagger.identity == {
        "name": tagger.bundle.manifest.name, "sha256": tagger.bundle.sha256, "precision": "int8",
    }  # fmt: skip
