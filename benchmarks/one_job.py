"""One job on processes of given numbers of threads: ``python -m benchmarks.one_job IN OUT 1+1``."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from mot_nlp.batch.job import run_job
from mot_nlp.batch.options import JobOptions
from mot_nlp.batch.planning import plan
from mot_nlp.batch.pool import ProcessPool
from mot_nlp.batch.worker import Model

if TYPE_CHECKING:
    from mot_nlp.batch.planning import Plan


def make_pool(plan: Plan) -> ProcessPool:
    """Processes with as many threads as asked for."""
    path = str(plan.bundle.path)
    threads = [int(number) for number in sys.argv[3].split("+")]
    return ProcessPool([Model(path, plan.precision, count) for count in threads], plan.options)


if __name__ == "__main__":
    began = time.perf_counter()
    run_job(plan(sys.argv[1], JobOptions()), sys.argv[2], make_pool=make_pool)
    sys.stdout.write(f"{time.perf_counter() - began}\n")
