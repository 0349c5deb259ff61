"""Fixtures that more than one folder of tests needs.

Tests make their own homes: what the caller's environment says of a real one is taken away first,
so that no test reads it or writes to it.
"""

import os
from collections.abc import Iterator

import pytest

import ingest_case
from throughline.local import postgres, processes

pytest_plugins = ["faults_plugin"]

for name in [name for name in os.environ if name.startswith(("THROUGHLINE_", "AIRFLOW_CONN_"))]:
    if name != "THROUGHLINE_REAL_DATA":
        del os.environ[name]


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of an empty database of a real PostgreSQL, started for this test session."""
    settings = ingest_case.make_settings(tmp_path_factory.mktemp("postgres"))
    postgres.start(settings)
    try:
        yield postgres.url(settings, "demo_crm")
    finally:
        processes.stop_all(settings)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many planted violations of the data the checks found."""
    reports = [one for stat in ("passed", "failed") for one in terminalreporter.getreports(stat)]
    counts = [
        value
        for report in reports
        if report.when == "call"
        for name, value in report.user_properties
        if name == "mutants"
    ]
    killed, planted = (sum(numbers) for numbers in zip(*counts, strict=True)) if counts else (0, 0)
    if planted:
        share = killed / planted
        terminalreporter.write_line(f"mutants of data: {killed} of {planted} killed ({share:.1%})")
