"""One warehouse for all tests of the opportunity stage."""

import random

import duckdb
import pytest
from pipeline_rows import AS_OF, Deals, Row, callbacks, random_deals, scripted_deals

from warehouse_case import build


@pytest.fixture(scope="session")
def pipeline_rows() -> dict[str, list[Row]]:
    """Input rows by entity: what the warehouse was built from."""
    deals, rng = Deals(), random.Random(20260331)
    scripted_deals(deals)
    random_deals(deals, rng)
    callbacks(deals, rng)
    return dict(deals.rows)


@pytest.fixture(scope="session")
def pipeline_warehouse(
    pipeline_rows: dict[str, list[Row]], tmp_path_factory: pytest.TempPathFactory
) -> duckdb.DuckDBPyConnection:
    """Work file of the night of AS_OF with the opportunity tables and all that they need."""
    folder = tmp_path_factory.mktemp("opportunity") / "case"
    folder.mkdir()
    return build(folder, pipeline_rows, AS_OF, "+path:models/opportunity")
