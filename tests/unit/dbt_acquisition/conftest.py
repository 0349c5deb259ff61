"""One build of the acquisition tables for all tests of this folder."""

from collections.abc import Iterator

import acquisition_world
import duckdb
import pytest
from acquisition_oracle import Oracle

from warehouse_case import build


@pytest.fixture(scope="session")
def rows() -> acquisition_world.Rows:
    return acquisition_world.make()


@pytest.fixture(scope="session")
def oracle(rows: acquisition_world.Rows) -> Oracle:
    return Oracle(rows)


@pytest.fixture(scope="session")
def warehouse(
    rows: acquisition_world.Rows, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    con = build(
        tmp_path_factory.mktemp("acquisition"),
        rows,
        acquisition_world.AS_OF,
        select="+acquisition",
        dbt_vars={"roi_min_leads": acquisition_world.MIN_LEADS},
    )
    yield con
    con.close()
