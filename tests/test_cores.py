"""How many cores there are to use."""

import os

import pytest

from mot_nlp.cores import available_cores


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity here")
def test_cores_that_a_process_may_not_use_do_not_count():
    before = os.sched_getaffinity(0)
    assert available_cores() == len(before)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert available_cores() == 1
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.parametrize(("count", "expected"), [(8, 8), (None, 1)])
def test_all_count_where_nothing_else_is_known(monkeypatch, count, expected):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: count)
    assert available_cores() == expected
