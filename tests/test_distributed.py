"""Two roads to the same rows: one machine, and a Ray cluster of two nodes on it."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
from datetime import date
from itertools import product
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import dataset as files
from pyarrow import parquet

import mot_nlp.distributed
from mot_nlp.batch.job import run_job
from mot_nlp.batch.options import JobOptions
from mot_nlp.batch.planning import plan
from mot_nlp.batch.pool import local_pool
from mot_nlp.batch.shards import Shard
from mot_nlp.bundle import open_bundle
from mot_nlp.distributed.cluster import arrangement
from mot_nlp.distributed.datasets import plain_schema
from mot_nlp.distributed.delivery import RemoteModel, bundle_files, sha256_of
from mot_nlp.errors import BundleError, ColumnError, InputError, JobError, MotError
from mot_nlp.readers import Columns, Position
from mot_nlp.transcripts import document
from tests.tiny import BUNDLE

# Ray reads its own deprecated settings, and leaves sockets and processes to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings(r"ignore::DeprecationWarning:ray\."),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

WHOLE = 5_000
KEEP = ("brand", "stars", "day")
WHO = ("The courier", "Support", "My sister", "The clerk", "Their app", "The new hotel")
DID = ("came late", "was lovely", "broke in a week", "never answered", "crashed twice")
THEN = ("so I asked for a refund", "and I told all my friends", "but the price was fair", "as ever")
SENTENCES = [f"{who} {did}, {then}." for who, did, then in product(WHO, DID, THEN)]


def rows(count):
    """Rows of two sentences or one, some of them twice, every 500th without a text."""
    for number in range(count):
        first, second = number % len(SENTENCES), number * 7 // 11 % (2 * len(SENTENCES))
        text = " ".join([SENTENCES[first], *SENTENCES[second : second + 1]])
        yield {
            "review_id": f"r{number}",
            "text": None if number % 500 == 499 else text,
            "brand": ("North", "South", None)[number % 3],
            "stars": number % 6 or None,
            "day": date(2026, 1, 1 + number % 28),
        }


def job_plan(source, model=BUNDLE, **options):
    asked = JobOptions(columns=Columns(keep=KEEP), shard_documents=250, **options)
    return plan(source, asked, model=model)


def contents(folder):
    """Every file of a job's folder, its summary without what differs from run to run."""
    found = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    summary = json.loads(found.pop("summary.json"))
    assert summary.pop("run")["documents"] > 0
    return found | {"summary.json": summary}


def moments(folder):
    return files.dataset(folder / "moments", format="parquet").to_table()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("distributed")


@pytest.fixture(scope="module")
def source(folder):
    path = folder / "reviews.parquet"
    table = pa.Table.from_pylist(list(rows(WHOLE)))
    parquet.write_table(table, path, row_group_size=1000)
    return path


@pytest.fixture(scope="module")
def few(folder):
    path = folder / "few.parquet"
    parquet.write_table(pa.Table.from_pylist(list(rows(300))), path)
    return path


@pytest.fixture(scope="module")
def expected(source, folder):
    """The job on one machine."""
    run_job(job_plan(source), folder / "expected", make_pool=lambda asked: local_pool(asked, 2))
    return folder / "expected"


@pytest.fixture(scope="module")
def cluster():
    pytest.importorskip("ray")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        from ray.cluster_utils import Cluster

        started = Cluster(
            initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
        )
        try:
            yield started
        finally:
            started.shutdown()


@pytest.fixture(scope="module")
def node(cluster):
    """The second node."""
    return cluster.add_node(num_cpus=1)


@pytest.fixture
def joined(cluster, node):
    import ray

    ray.init(address=cluster.address, logging_level=logging.ERROR, log_to_driver=False)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    yield ray
    ray.shutdown()


# ------------------------------------------------------------------ without a cluster


def test_a_missing_extra_names_its_key(monkeypatch):
    for name in mot_nlp.distributed.__all__:
        monkeypatch.delitem(vars(mot_nlp.distributed), name, raising=False)
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(MotError, match=r"pip install 'mot-nlp\[ray\]'"):
        from mot_nlp.distributed import tag  # noqa: F401
    with pytest.raises(MotError, match=r"pip install 'mot-nlp\[ray\]'"):
        _ = mot_nlp.distributed.ray_pool


def test_the_package_is_imported_without_ray():
    told = "import sys, mot_nlp.distributed.pool, mot_nlp.distributed.datasets; sys.exit('ray' in sys.modules)"
    subprocess.run([sys.executable, "-c", told], check=True)


@pytest.mark.parametrize(
    ("nodes", "asked", "found"),
    [
        pytest.param([8, 8], {}, (4, 4), id="equal nodes"),
        pytest.param([6, 4], {}, (5, 2), id="no core is idle"),
        pytest.param([1, 1], {}, (2, 1), id="small nodes"),
        pytest.param([8, 8], {"workers": 6}, (2, 3), id="fewer than there are"),
        pytest.param([4], {"workers": 16}, (4, 4), id="more than there are"),
        pytest.param([], {"workers": 2}, (1, 2), id="none yet"),
        pytest.param([8], {"threads": 1}, (8, 1), id="threads"),
    ],
)
def test_cores_are_shared_out(nodes, asked, found):
    assert arrangement(nodes, **asked) == found


def test_cores_that_are_not_there():
    with pytest.raises(JobError, match="no node of the cluster has a processor core"):
        arrangement([])
    with pytest.raises(InputError, match="workers is 0; allowed: 1 or more"):
        arrangement([4], workers=0)
    with pytest.raises(InputError, match="3 cores; allowed: 1 to 2"):
        arrangement([4], workers=2, threads=3)


def test_a_node_of_another_version_is_refused():
    model = RemoteModel(str(BUNDLE), "", "0.0.1", "fp32", 1, [])
    with pytest.raises(MotError, match=r"install mot-nlp==0\.0\.1 on every node"):
        model.tagger()


def test_a_bundle_that_cannot_be_read_is_named(tmp_path):
    bundle = open_bundle(BUNDLE)
    assert sha256_of(bundle_files(bundle)) == bundle.sha256
    with pytest.raises(BundleError, match=r"bundle\.json cannot be read"):
        bundle_files(type(bundle)(tmp_path, bundle.manifest, bundle.taxonomy))


# ------------------------------------------------------------------ jobs


@pytest.mark.slow
def test_a_job_on_a_cluster_is_the_job_on_one_machine(cluster, node, source, expected, tmp_path):
    from mot_nlp.distributed import ray_pool

    result = run_job(
        job_plan(source), tmp_path / "job", make_pool=lambda p: ray_pool(p, address=cluster.address)
    )
    assert result.this_run == WHOLE - WHOLE // 500
    assert contents(tmp_path / "job") == contents(expected)


@pytest.mark.slow
def test_a_node_dies_and_nothing_is_lost_or_twice(cluster, source, expected, tmp_path, caplog):
    from mot_nlp.distributed import ray_pool

    doomed = cluster.add_node(num_cpus=1)
    pools = []

    def make_pool(asked):
        pools.append(ray_pool(asked, address=cluster.address, threads=1))
        return pools[0]

    def kill(progress):
        is_at_work = progress.this_run and all(actor.given for actor in pools[0]._actors)
        if is_at_work and doomed in cluster.worker_nodes:
            cluster.remove_node(doomed, allow_graceful=False)

    run_job(job_plan(source), tmp_path / "job", make_pool=make_pool, on_progress=kill)
    assert doomed not in cluster.worker_nodes
    assert re.search("an actor was lost with [12] shards", caplog.text)
    assert contents(tmp_path / "job") == contents(expected)


@pytest.mark.slow
def test_the_model_travels_to_nodes_without_it(cluster, node, few, tmp_path):
    from mot_nlp.distributed import ray_pool

    model = tmp_path / "model"
    model.mkdir()
    for name, content in bundle_files(open_bundle(BUNDLE)).items():
        (model / name).write_bytes(content)

    def make_pool(asked):
        pool = ray_pool(asked, address=cluster.address)
        model.rename(tmp_path / "elsewhere")
        return pool

    asked = job_plan(few, model)
    run_job(asked, tmp_path / "job", make_pool=make_pool)
    run_job(job_plan(few), tmp_path / "local", make_pool=lambda p: local_pool(p, 1))
    assert contents(tmp_path / "job") == contents(tmp_path / "local")


@pytest.mark.slow
def test_what_goes_wrong_on_a_node_is_told(cluster, node, few, tmp_path, monkeypatch):
    from mot_nlp.distributed import ray_pool

    monkeypatch.setattr("mot_nlp.distributed.delivery.VERSION", "9.9")
    with pytest.raises(
        JobError, match=r"an actor cannot tag: MotError: a node has mot-nlp .* 9\.9"
    ):
        run_job(job_plan(few), tmp_path, make_pool=lambda p: ray_pool(p, address=cluster.address))


class Deadly:
    """Ends the process that it is sent to."""

    def __reduce__(self):
        return os._exit, (1,)


@pytest.mark.slow
def test_a_shard_that_kills_every_actor_ends_the_job(cluster, node, few):
    from mot_nlp.distributed import ray_pool

    def listen(pool):
        while pool.is_busy:
            pool.news()

    deadly = document("a", "It broke.", extra={"brand": Deadly()})
    handler = signal.getsignal(signal.SIGTERM)
    with ray_pool(job_plan(few), 1, address=cluster.address) as pool:
        assert signal.getsignal(signal.SIGTERM) is handler
        while not pool.has_room:
            pool.news()
        pool.give(Shard(7, Position(), Position(), [deadly]))
        with pytest.raises(JobError, match="4 actors were lost over shard 7"):
            listen(pool)


def test_an_address_where_no_cluster_is(few):
    pytest.importorskip("ray")
    from mot_nlp.distributed import ray_pool

    with pytest.raises(JobError, match=r"joined at '127\.0\.0\.1:1' \(.*refused"):
        ray_pool(job_plan(few), address="127.0.0.1:1").__enter__()


# ------------------------------------------------------------------ Ray Data


@pytest.mark.slow
def test_a_dataset_gives_the_rows_of_one_machine(joined, source, expected):
    from mot_nlp.distributed import rejected, tag

    dataset = joined.data.read_parquet(str(source))
    tagged = tag(dataset, keep=KEEP, model=BUNDLE, batch_size=500).materialize()
    got = pa.concat_tables(joined.get(tagged.to_arrow_refs()))
    want = moments(expected)
    want = want.cast(plain_schema(want.schema))
    order = [("doc_id", "ascending"), ("start", "ascending")]
    assert got.schema.equals(want.schema)
    assert got.sort_by(order).equals(want.sort_by(order))
    # What most pipelines do next.
    counts = (
        tagged.groupby("stage", num_partitions=2).count().to_pandas().set_index("stage")["count()"]
    )
    assert counts.to_dict() == want["stage"].to_pandas().value_counts().to_dict()
    aside = rejected(dataset, keep=KEEP).to_pandas()
    told = (expected / "rejected.jsonl").read_text("utf-8").splitlines()
    assert sorted(aside["doc_id"]) == sorted(json.loads(line)["doc_id"] for line in told)
    assert set(aside["reason"]) == {json.loads(line)["reason"] for line in told}


@pytest.mark.slow
def test_rows_of_a_dataset_without_an_id_or_a_text(joined, tmp_path):
    from mot_nlp.distributed import rejected, tag

    table = pa.table({"id": ["a", None, ""], "words": ["It broke.", "x", None], "n": [2**60, 1, 2]})
    dataset = joined.data.from_arrow(table)
    aside = rejected(dataset, text="words").take_all()
    assert [row["doc_id"] for row in aside] == ["", ""]
    assert all("the id is missing: column 'id' is empty" in row["reason"] for row in aside)
    tagged = tag(dataset, keep="n", model=BUNDLE, all_segments=True, concurrency=1).take_all()
    assert [(row["doc_id"], row["n"]) for row in tagged] == [("a", 2**60)]


@pytest.mark.slow
def test_what_cannot_be_asked_of_a_dataset(joined):
    from mot_nlp.distributed import tag

    dataset = joined.data.from_items([{"key": "a", "text": "It broke."}])
    with pytest.raises(ColumnError, match=r"needs a column of ids.*the columns are key, text"):
        tag(dataset, model=BUNDLE)
    with pytest.raises(ColumnError, match="no column 'nope'"):
        tag(dataset, id="key", text="nope", model=BUNDLE)
    with pytest.raises(InputError, match="threads is 0; allowed: 1 or more"):
        tag(dataset, id="key", threads=0, model=BUNDLE)
    with pytest.raises(BundleError, match="no model bundle at none"):
        tag(dataset, id="key", model="none")


@pytest.mark.slow
def test_a_node_dies_while_a_dataset_is_tagged(cluster, node, joined, source, expected):
    from mot_nlp.distributed import tag

    doomed = cluster.add_node(num_cpus=1)
    tagged = tag(joined.data.read_parquet(str(source)), model=BUNDLE, batch_size=250)
    found: list[str] = []
    batches: Any = tagged.iter_batches(batch_size=None, batch_format="pyarrow")
    for batch in batches:
        found.extend(batch["moment_id"].to_pylist())
        if doomed in cluster.worker_nodes:
            cluster.remove_node(doomed, allow_graceful=False)
    assert sorted(found) == sorted(moments(expected)["moment_id"].to_pylist())
