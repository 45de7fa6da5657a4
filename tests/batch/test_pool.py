"""Processes that tag: how many, and what is told when they cannot."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from mot_nlp.batch.pool import arrangement, local_pool
from mot_nlp.errors import InputError, JobError
from tests.batch.world import contents, do
from tests.tiny import BUNDLE


@pytest.mark.parametrize("cores", range(1, 40))
def test_every_core_is_given_to_one_process(cores):
    found = arrangement(cores)
    assert sum(found) == cores
    assert max(found) - min(found) <= 1
    assert min(found) >= 1
    assert max(found) <= 4


def test_workers_are_one_or_more(job):
    with pytest.raises(InputError, match="workers is 0; allowed: 1 or more"):
        local_pool(job, 0)


def test_what_a_worker_cannot_do_is_told_and_nothing_is_lost(job, undisturbed, tmp_path):
    bundle = tmp_path / "bundle"
    shutil.copytree(BUNDLE, bundle)
    broken = replace(job, bundle=replace(job.bundle, path=bundle))
    (bundle / "tokenizer.json").write_text("{}")
    with pytest.raises(
        JobError, match=r"a worker cannot tag: BundleError: .*tokenizer\.json was changed"
    ):
        do(broken, tmp_path / "out", make_pool=lambda plan: local_pool(plan, 1))
    do(job, tmp_path / "out")
    assert contents(tmp_path / "out") == contents(undisturbed)
