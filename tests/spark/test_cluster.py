"""A real cluster: a master, two workers, a Thrift server; a worker that dies changes no row."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from tables_case import SELECTED, SOME, Nights, differences

from throughline.spark.build import build_over_thrift
from throughline.spark.cluster import cluster

pytestmark = pytest.mark.slow

BUILD_SECONDS = 1800


def test_build_outlives_a_worker_and_every_process_is_stopped(
    nights: Nights, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if not request.config.getoption("spark_whole"):
        pytest.skip("a cluster is started in the long form: `make spark-test`")
    with cluster(nights.settings, tmp_path) as running, ThreadPoolExecutor(1) as side:
        processes = [running.master, *running.workers, running.thrift]
        order = (nights.settings, nights.work_file, tmp_path, running.environment)
        building = side.submit(build_over_thrift, *order, *SELECTED)
        _wait_for_models(tmp_path / "dbt.log", 3)
        os.killpg(running.workers[0].pid, signal.SIGKILL)
        assert not building.done(), "the worker died after the build"
        done = building.result(timeout=BUILD_SECONDS)
        assert running.workers[1].alive and not running.workers[0].alive
    failed = [one for one in done if one.status != "success"]
    assert not failed, failed
    for table in SOME:
        assert not differences(nights.work_file, tmp_path / "tables", table), table
    assert not [one.name for one in processes if psutil.pid_exists(one.pid) and one.alive]


def _wait_for_models(log: Path, count: int) -> None:
    deadline = time.monotonic() + BUILD_SECONDS
    while not log.exists() or log.read_text(encoding="utf-8").count("OK created sql") < count:
        assert time.monotonic() < deadline, "no model was built"
        time.sleep(0.2)
