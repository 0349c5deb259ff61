"""Many suites on one file, judged by as many processes as the engine may have threads.

Great Expectations computes in Python, so a second core is of use only to a second process. The
processes are forks, which have its libraries already; they read a file that nobody writes then.
"""

import os
import re
import sys
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import current_process, get_context
from pathlib import Path

from throughline.checks.engine import run_suite
from throughline.checks.reading import first_line, result_of
from throughline.checks.results import CheckResult
from throughline.checks.suites import Suite
from throughline.orphans import die_with
from throughline.settings_sections import Warehouse

ENOUGH_TO_SHARE = 40
"""Expectations below which a second process costs more than it saves."""

_opened = ExitStack()
"""Holds the file open in a process that judges many suites; ends with the process."""


@dataclass(frozen=True)
class Job:
    """One suite to judge, as `engine.run_suite` takes it."""

    suite: Suite
    where: str | None = None
    not_applicable: Collection[str] = ()


def run_suites(database: Path, jobs: Sequence[Job], limits: Warehouse) -> list[list[CheckResult]]:
    """Judge every suite on a DuckDB file and return the results of each, in the order given.

    When a process dies, what it was judging, and what nobody had begun, is `error`.
    """
    workers = min(limits.threads, os.cpu_count() or 1, len(jobs))
    expected = sum(len(job.suite.expectations) for job in jobs)
    if workers < 2 or expected < ENOUGH_TO_SHARE or sys.platform != "linux":
        with ExitStack() as stack:
            _keep_open(stack, database, limits)
            return [_run(database, job, limits) for job in jobs]
    share = _share(limits, workers)
    start = (os.getpid(), database, share)
    with _no_daemon(), ProcessPoolExecutor(workers, get_context("fork"), _begin, start) as pool:
        largest = sorted(range(len(jobs)), key=lambda n: -len(jobs[n].suite.expectations))
        asked = {number: pool.submit(_run, database, jobs[number], share) for number in largest}
        return [_answer(asked[number], job) for number, job in enumerate(jobs)]


@contextmanager
def _no_daemon() -> Iterator[None]:
    """Be no daemon, as a task of a Celery worker is, because Python lets a daemon have no children.

    It would leave them behind; ours end with their parent.
    """
    process = current_process()
    before = process.daemon
    process.daemon = False
    try:
        yield
    finally:
        process.daemon = before


def _begin(parent: int, database: Path, limits: Warehouse) -> None:
    die_with(parent)
    _keep_open(_opened, database, limits)


def _keep_open(stack: ExitStack, database: Path, limits: Warehouse) -> None:
    """Open the file for all suites; where that fails, each suite tries and says so."""
    from throughline.checks.datasource import opened

    try:
        stack.enter_context(opened(database, limits))
    except Exception:  # DuckDB's and SQLAlchemy's errors share no narrower base
        pass


def _run(database: Path, job: Job, limits: Warehouse) -> list[CheckResult]:
    return run_suite(
        database,
        job.suite,
        where=job.where,
        not_applicable=job.not_applicable,
        limits=limits,
    )


def _answer(asked: Future[list[CheckResult]], job: Job) -> list[CheckResult]:
    try:
        return asked.result()
    except Exception as error:  # whatever ended the process, nothing was judged
        said = f"the process that judged it ended: {first_line(error)}"
        return [result_of(job.suite, item, "error", said) for item in job.suite.expectations]


def _share(limits: Warehouse, workers: int) -> Warehouse:
    """Limits of one of several processes, which together keep to those of the engine."""
    threads = max(1, limits.threads // workers)
    size = re.fullmatch(r"([\d.]+)\s*([A-Za-z]+)", limits.memory_limit)
    memory = f"{float(size[1]) / workers:g}{size[2]}" if size else limits.memory_limit
    return limits.model_copy(update={"threads": threads, "memory_limit": memory})
