"""A model with labels of its own: five sentiments, an extra head, and one of several labels."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from typer.testing import CliRunner

import mot_nlp
from mot_nlp.batch.dry import estimate
from mot_nlp.batch.job import run_job
from mot_nlp.batch.options import JobOptions, Options
from mot_nlp.batch.planning import plan
from mot_nlp.batch.pool import local_pool
from mot_nlp.batch.single import run
from mot_nlp.bundle import open_bundle
from mot_nlp.cli import app
from mot_nlp.distributed.datasets import BatchTagger
from mot_nlp.distributed.delivery import RemoteModel
from mot_nlp.distributed.intake import RowIntake
from mot_nlp.errors import ColumnError
from mot_nlp.readers import Columns
from mot_nlp.records import MOMENT_COLUMNS
from mot_nlp.review import thresholds
from mot_nlp.tagger import MomentTagger
from mot_nlp.version import VERSION
from mot_nlp.views import highlight
from tests.tiny import write_own_bundle

OWN = ("effort", "effort_confidence", "emotion", "emotion_confidence")
TEXTS = [
    "Saw the advert and bought one. It broke at once!",
    "Never again. Support was rude and nobody called me back, twice.",
    "Great value, I would recommend it to everyone. Staff were lovely.",
    "Delivery took three weeks. The router is dead. Still waiting for a refund.",
    "Set up in minutes, works well. A little dear, but fine.",
]
LABELS = pa.list_(pa.string())


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return open_bundle(write_own_bundle(tmp_path_factory.mktemp("own") / "bundle"))


@pytest.fixture(scope="module")
def tagger(bundle):
    return MomentTagger(bundle)


@pytest.fixture(scope="module")
def frame():
    count = 40
    return pd.DataFrame(
        {
            "id": [f"r{n}" for n in range(count)],
            "text": [f"{TEXTS[n % 5]} {TEXTS[(n * n + 1) % 5]}" for n in range(count)],
            "brand": [f"b{n % 2}" for n in range(count)],
            "date": [f"2026-0{1 + n % 6}-05" for n in range(count)],
            "stars": [1 + n % 5 for n in range(count)],
        }
    )


@pytest.fixture(scope="module")
def results(frame, tagger):
    return mot_nlp.predict(frame, keep=["brand", "date", "stars"], documents=True, model=tagger)


@pytest.fixture(scope="module")
def source(frame, tmp_path_factory):
    path = tmp_path_factory.mktemp("input") / "feedback.csv"
    frame.to_csv(path, index=False)
    return path


def mot(*arguments, bundle):
    done = CliRunner().invoke(app, [*map(str, arguments), "--model", str(bundle.path)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


# ---------------------------------------------------------------- rows
def test_the_columns_of_extra_heads_stand_before_the_kept_ones(results, tagger):
    moments, _ = results
    assert tuple(moments.columns) == (*MOMENT_COLUMNS, *OWN, "brand", "date", "stars")
    assert moments["emotion"].map(type).eq(list).all()
    assert moments["emotion"].map(len).nunique() > 1
    for name in ("effort", "sentiment", "stage"):
        assert set(moments[name]) <= set(tagger.taxonomy.order(name))
        assert moments[name].nunique() > 1
    assert moments["emotion_confidence"].between(0, 1).all()


def test_a_row_is_the_same_whatever_stands_around_it(frame, results, tagger):
    moments = results[0]
    for number in (0, 7, 23):
        alone = mot_nlp.predict(frame.iloc[[number]], model=tagger)
        among = moments[moments["doc_id"] == frame["id"][number]]
        for name in ("sentiment_score", "effort_confidence", "emotion", "emotion_confidence"):
            assert alone[name].tolist() == among[name].tolist()


def test_segments_without_a_moment_have_none_of_the_extra_heads(frame, tagger):
    rows = mot_nlp.predict(frame, all_segments=True, model=tagger)
    none = rows[rows["stage"] == "none"]
    assert len(none)
    assert set(none["effort"]) == {"not_told"}
    assert none["emotion"].map(len).eq(0).all()


def test_a_frame_without_rows_has_the_same_columns_and_types(results, tagger):
    empty = mot_nlp.predict([], model=tagger)
    moments = results[0]
    assert tuple(empty.columns) == (*MOMENT_COLUMNS, *OWN)
    for name in empty.columns.drop("emotion"):
        assert pd.api.types.is_numeric_dtype(empty[name]) == pd.api.types.is_numeric_dtype(
            moments[name]
        )


@pytest.mark.parametrize("name", OWN)
def test_a_kept_column_cannot_be_called_as_one_of_the_model(
    frame, source, tagger, bundle, name, tmp_path
):
    message = rf"the column '{name}' cannot be kept, the results have one of that name"
    with pytest.raises(ColumnError, match=message):
        mot_nlp.predict(frame.assign(**{name: 1}), keep=[name], model=tagger)
    columns = Columns(keep=(name,))
    with pytest.raises(ColumnError, match=message):
        run(tagger, source, tmp_path / "m.csv", options=Options(columns=columns))
    with pytest.raises(ColumnError, match=message):
        plan(source, JobOptions(columns=columns), model=bundle.path)


def test_doubtful_labels_are_told_by_question(frame, bundle, tagger):
    review = {head: {"threshold": 0.0, "kept": 1.0} for head in bundle.taxonomy.heads}
    review["emotion.anger"] = {"threshold": 0.9, "kept": 0.5}
    strict = MomentTagger(replace(bundle, manifest=replace(bundle.manifest, review=review)))
    assert thresholds(strict.bundle.manifest)["emotion"] == 0.9
    found = mot_nlp.predict(frame, review=True, model=strict)
    assert set(found["review_heads"]) == {"", "emotion"}
    assert found["review_heads"].eq("emotion").equals(found["emotion_confidence"] < 0.9)


# ---------------------------------------------------------------- files
@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_files_hold_the_labels(source, results, tagger, tmp_path, suffix):
    moments = results[0]
    path = tmp_path / f"moments.{suffix}"
    run(tagger, source, path, options=Options(columns=Columns(keep=("brand",))))
    if suffix == "jsonl":
        held = [json.loads(line)["emotion"] for line in path.read_text().splitlines()]
    elif suffix == "parquet":
        rows = parquet.read_table(path)
        assert rows.schema.field("emotion").type == LABELS
        held = rows["emotion"].to_pylist()
    else:
        cells = pd.read_csv(path, sep="\t" if suffix == "tsv" else ",", keep_default_na=False)
        assert tuple(cells.columns) == (*MOMENT_COLUMNS, *OWN, "brand")
        held = [cell.split("|") if cell else [] for cell in cells["emotion"]]
    assert held == moments["emotion"].tolist()


def test_a_file_without_a_row_has_the_same_types(tagger, tmp_path):
    empty = tmp_path / "empty.csv"
    empty.write_text("text\n", encoding="utf-8")
    run(tagger, empty, tmp_path / "moments.parquet")
    schema = parquet.read_schema(tmp_path / "moments.parquet")
    assert tuple(schema.names) == (*MOMENT_COLUMNS, *OWN)
    assert schema.field("emotion").type == LABELS
    assert schema.field("emotion_confidence").type == pa.float64()


def test_a_job_has_them_in_every_part_and_tables_by_them(source, results, bundle, tmp_path):
    moments = results[0]
    tables = (("emotion",), ("tone", "effort", "brand"))
    asked = JobOptions(columns=Columns(keep=("stars",)), tables=tables, shard_documents=16)
    job = plan(source, asked, model=bundle.path)
    run_job(job, tmp_path / "job", make_pool=lambda given: local_pool(given, 1))
    parts = sorted((tmp_path / "job" / "moments").glob("*.parquet"))
    schemas = [parquet.read_schema(part) for part in parts]
    assert len(parts) == 3
    assert all(schema.equals(schemas[0]) for schema in schemas)
    assert schemas[0].field("emotion").type == LABELS
    assert pa.types.is_dictionary(schemas[0].field("effort").type)
    assert schemas[0].names == [*MOMENT_COLUMNS, *OWN, "stars", "brand"]
    for name, by in zip(("table", "table-2"), tables, strict=True):
        expected = mot_nlp.moment_table(moments, list(by), taxonomy=bundle.taxonomy)
        found = pd.read_parquet(tmp_path / "job" / f"{name}.parquet")
        pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    again = mot_nlp.moment_table(tmp_path / "job", "emotion", taxonomy=bundle.taxonomy)
    pd.testing.assert_frame_equal(
        again, mot_nlp.moment_table(moments, "emotion", taxonomy=bundle.taxonomy)
    )
    told = json.loads((tmp_path / "job" / "summary.json").read_text())["labels"]
    for label, counted in told["emotion"].items():
        count = int(moments["emotion"].map(lambda held, label=label: label in held).sum())
        assert counted == {"n": count, "share": round(count / len(moments), 6)}
    assert sum(counted["n"] for counted in told["effort"].values()) == len(moments)


def test_a_dry_run_measures_them(source, bundle, tagger):
    found = estimate(plan(source, JobOptions(), model=bundle.path), tagger)
    assert found.tagged == 20
    assert found.moments > 0


def test_an_actor_of_a_cluster_gives_the_same_rows(frame, results, bundle):
    columns = Columns(id="id", text="text", keep=("brand",))
    rows = pa.Table.from_pandas(frame[["id", "text", "brand"]], preserve_index=False)
    intake = RowIntake.of(
        columns, dict(zip(rows.schema.names, rows.schema.types, strict=True)), None
    )
    model = RemoteModel(str(bundle.path), bundle.sha256, VERSION, "int8", 1, [])
    found = BatchTagger(model, intake, Options(columns=columns))(rows)
    assert found.schema.field("emotion").type == LABELS
    assert found.schema.field("effort").type == pa.string()
    assert found["emotion"].to_pylist() == results[0]["emotion"].tolist()


# ---------------------------------------------------------------- shown
def test_notebooks_show_what_extra_heads_found(results):
    moments = results[0].head(10)
    told = moments[moments["effort"].ne("not_told") & moments["emotion"].map(len).ge(2)].head(1)
    [row] = told.itertuples()
    html = told._repr_html_()
    assert " · ".join([row.touchpoint, row.effort, *row.emotion]) in html
    assert f"effort {row.effort_confidence:.2f}, emotion {row.emotion_confidence:.2f}" in html
    assert told.copy()._repr_html_() == html


@pytest.mark.parametrize(
    ("sentiment", "sign"), [("very_negative", "-"), ("positive", "+"), ("neutral", "o")]
)
def test_a_mark_follows_the_score_of_its_sentiment(tagger, sentiment, sign):
    rows = [{"start": 0, "end": 5, "sentiment": sentiment, "emotion": [], "effort": "not_told"}]
    for taxonomy in (tagger.taxonomy, None):
        assert f">{sign}</small>" in highlight("Great stuff", rows, taxonomy)


def test_the_terminal_shows_a_text_with_them(bundle):
    done = mot("show", "Saw the advert and bought one. Support was rude.", bundle=bundle)
    assert re.search(r"[-o+] \w+ · [zfst]mot · [\w ]+ · \w+", done.stdout)
    assert re.search(r"\n +emotion: \w+", done.stdout)


def test_the_terminal_tells_the_labels_of_a_model(bundle):
    done = CliRunner().invoke(app, ["info", str(bundle.path)])
    assert re.search(r"effort +not_told, easy, hard", done.stdout)
    assert "(several or none)" in done.stdout


def test_the_command_makes_tables_by_them(results, bundle, source, tmp_path):
    path = tmp_path / "moments.csv"
    assert mot("predict", source, "-o", path, bundle=bundle).exit_code == 0
    done = mot("table", path, "--by", "emotion,stage", "-o", tmp_path / "t.csv", bundle=bundle)
    assert done.exit_code == 0
    assert "emotion: a moment may have several labels or none" in " ".join(done.stdout.split())
    by = ["emotion", "stage"]
    expected = mot_nlp.moment_table(results[0], by, taxonomy=bundle.taxonomy)
    assert pd.read_csv(tmp_path / "t.csv")["n"].tolist() == expected["n"].tolist()
    plain = mot("table", path, "--by", "stage", bundle=bundle)
    assert "several labels" not in plain.stdout


# ---------------------------------------------------------------- the report
@pytest.fixture(scope="module")
def page(results, bundle, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    mot_nlp.report(*results, path=path, model=bundle.path, min_n=1)
    return path.read_text(encoding="utf-8")


def cells(page, name):
    """The rows of a table of the page, as texts."""
    table = page.split(f'id="table-{name}"', 1)[1].split("<tbody>", 1)[1].split("</tbody>", 1)[0]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in table.split("<tr")[1:]]
    return [[cell.replace("\xa0", " ") for cell in row] for row in rows]


def test_the_report_has_a_table_for_each_extra_head(page, results, bundle):
    for name in ("effort", "emotion"):
        expected = mot_nlp.moment_table(results[0], name, taxonomy=bundle.taxonomy)
        found = cells(page, f"extra-{name}")
        labels = expected[name].fillna("(none)").str.replace("_", " ")
        assert [row[0] for row in found] == labels.tolist()
        assert [row[1] for row in found] == [f"{n:,}" for n in expected["n"]]
        assert [row[4] for row in found] == [f"{100 * share:.0f} %" for share in expected["share"]]
    assert page.count("so that shares may add up to more than 100") == 1


def test_the_page_can_add_them_up_again(page, results):
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data = json.loads(found[1])
    view = data["views"]["extra-emotion"]
    width = len(data["filters"])
    counts = dict.fromkeys((cell[0] for cell in view["cells"]), 0)
    for row in view["rows"]:
        counts[view["cells"][row[width]][0]] += row[width + 1]
    held = results[0]["emotion"].map(lambda labels: labels or [""]).explode()
    assert counts == held.value_counts().to_dict()


def test_the_report_says_what_counts_as_positive(page, results):
    told = "as positive where they are positive or very positive, as negative where they are very negative or"
    assert told in " ".join(page.split())
    moods = set(re.findall(r'class="quote (\w+)"', page))
    assert moods == {"positive", "negative"}
    assert "relief" in page
    assert "glad that something is over" in page


def test_a_report_of_moments_without_the_extra_heads_has_no_tables_of_them(
    results, bundle, tmp_path
):
    moments, documents = results
    path = tmp_path / "report.html"
    bare = moments.drop(columns=list(OWN))
    mot_nlp.report(bare, documents, path=path, model=bundle.path)
    assert "table-extra-" not in path.read_text(encoding="utf-8")
