"""The unit tests that stand in the models' YAML pass; dates in them are as of 20 November 2026."""

import os
import subprocess
import sys
from datetime import date

import pytest

from warehouse_case import PROJECT, build


@pytest.mark.slow
def test_unit_tests_of_the_models_pass_on_an_empty_warehouse(tmp_path):
    """Models are built from no rows at all first, because dbt reads their columns from tables."""
    build(tmp_path, {}, date(2026, 11, 20)).close()
    command = [
        *(sys.executable, "-c", "from dbt.cli.main import cli; cli()", "test"),
        *("--select", "test_type:unit"),
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "logs")),
    ]
    done = subprocess.run(
        command,
        env={**os.environ, "THROUGHLINE_WORK_FILE": str(tmp_path / "work.duckdb")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert "TOTAL=0" not in done.stdout, "no unit test was found"
    assert "Nothing to do" not in done.stdout, "no unit test was found"
