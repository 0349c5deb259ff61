"""One build of the lead tables for all tests of this folder."""

from collections.abc import Iterator

import duckdb
import lead_world
import pytest
from lead_oracle import Oracle

from warehouse_case import build, fetch


@pytest.fixture(scope="session")
def rows() -> lead_world.Rows:
    return lead_world.make()


@pytest.fixture(scope="session")
def warehouse(
    rows: lead_world.Rows, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    con = build(tmp_path_factory.mktemp("lead"), rows, lead_world.AS_OF, select="+lead")
    yield con
    con.close()


@pytest.fixture(scope="session")
def leads(warehouse: duckdb.DuckDBPyConnection) -> dict[str, dict]:
    return {row["lead_id"]: row for row in fetch(warehouse, "select * from lead.leads")}


@pytest.fixture(scope="session")
def oracle(rows: lead_world.Rows, leads: dict[str, dict]) -> Oracle:
    """The oracle; channels come from the first touch, which the acquisition tests recompute."""
    found = Oracle(rows)
    for lead_id, lead in found.leads.items():
        lead["channel"] = leads[lead_id]["channel"]
    return found
