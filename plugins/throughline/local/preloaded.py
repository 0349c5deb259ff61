"""Start an Airflow component with the libraries of the tasks loaded: `python -m … scheduler`.

On Linux the LocalExecutor's workers and their tasks are forks of the scheduler, so what it has
imported no task imports again (Great Expectations alone takes seconds). Only libraries are loaded,
never our own package: its newest code is what a task runs.
"""

import importlib
import runpy
import sys

LIBRARIES = (
    "adbc_driver_postgresql.dbapi",
    "duckdb",
    "duckdb_engine",
    "great_expectations",
    "httpx",
    "pandas",
    "psycopg",
    "pyarrow.parquet",
)


def main() -> None:
    """Load the libraries, then become `airflow <arguments>`."""
    for name in LIBRARIES:
        importlib.import_module(name)
    sys.argv[0] = "airflow"
    runpy.run_module("airflow", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
