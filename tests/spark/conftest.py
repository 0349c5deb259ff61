"""Spark for the tests of this folder; they run in the environment that `make spark-env` makes."""

import importlib.util
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tables_case import NIGHTS, SELECTED, Nights, build_on_both, make_home

from throughline.spark.java import java_home
from throughline.spark.session import embedded_conf, open_session
from throughline.warehouse import plan

HAS_SPARK = importlib.util.find_spec("pyspark") is not None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs Spark where there is none, and say how it comes."""
    if not HAS_SPARK:
        reason = (
            "Spark is in .venv-spark alone: `make spark-env`, then `make test` runs these there"
        )
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def spark_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the session of these tests writes; its Java is named to what they start."""
    folder = tmp_path_factory.mktemp("spark")
    os.environ["JAVA_HOME"] = str(java_home(folder))
    return folder


@pytest.fixture(scope="session")
def session(spark_folder: Path) -> Iterator[Any]:
    """The one Spark session of these tests."""
    spark = open_session(embedded_conf(spark_folder))
    yield spark
    spark.stop()


@pytest.fixture(scope="session")
def nights(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    spark_folder: Path,
    session: Any,
    postgres_url: str,
) -> Nights:
    """Two nights on both engines; of Spark all tables in the long form, else `SOME`."""
    logging.getLogger("SQLQueryContextLogger").disabled = True
    chosen = () if request.config.getoption("spark_whole") else SELECTED
    settings = make_home(tmp_path_factory.mktemp("engines"), postgres_url)
    for as_of in NIGHTS:
        missing = build_on_both(settings, as_of, spark_folder, session.sql, *chosen)
    work_file = plan(settings, NIGHTS[-1]).work_file
    return Nights(settings, work_file, spark_folder / "tables", missing)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The long form."""
    parser.addoption("--spark-whole", action="store_true", help="every table, not only some")
