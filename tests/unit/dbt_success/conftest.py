"""One warehouse for all tests of the success stage."""

import random

import duckdb
import pytest
from usage_rows import (
    AS_OF,
    Product,
    Row,
    Use,
    random_use,
    read_uses,
    retention_example,
    scripted_use,
    seat_rows,
)

from warehouse_case import build


@pytest.fixture(scope="session")
def usage_rows() -> dict[str, list[Row]]:
    """Input rows by entity: what the warehouse was built from."""
    product, rng = Product(), random.Random(20210109)
    scripted_use(product)
    retention_example(product)
    random_use(product, rng)
    seat_rows(product, rng)
    return dict(product.rows)


@pytest.fixture(scope="session")
def uses(usage_rows: dict[str, list[Row]]) -> list[Use]:
    """Events as the oracles read them."""
    return read_uses(usage_rows)


@pytest.fixture(scope="session")
def usage_warehouse(
    usage_rows: dict[str, list[Row]], tmp_path_factory: pytest.TempPathFactory
) -> duckdb.DuckDBPyConnection:
    """Work file of the night of AS_OF with the success tables and all that they need."""
    folder = tmp_path_factory.mktemp("success") / "case"
    folder.mkdir()
    return build(folder, usage_rows, AS_OF, "+path:models/success")
