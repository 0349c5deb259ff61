"""One warehouse for all tests of the payment stage."""

import random
from datetime import date, timedelta

import duckdb
import pytest
import sales_rows
from payment_rows import AS_OF, Book, Row, published_example, random_items, scripted_items, usd_rate

from warehouse_case import build


@pytest.fixture(scope="session")
def payment_rows() -> dict[str, list[Row]]:
    """Input rows by entity: what the warehouse was built from."""
    book, rng = Book(), random.Random(20260228)
    scripted_items(book)
    published_example(book)
    random_items(book, rng)
    book.rows["owner"] = sales_rows.staff()
    book.rows["sales_target"] = sales_rows.targets(rng)
    sales_rows.random_contracts(book, rng)
    sales_rows.random_cash(book, rng)
    sales_rows.random_deals(book, rng)
    sales_rows.random_calls(book, rng)
    days = [date(2023, 12, 1) + timedelta(days=number) for number in range(900)]
    book.rows["fx_rate"] = [
        {"date": on, "currency": "USD", "base_currency": "CNY", "rate": usd_rate(on)} for on in days
    ]
    return dict(book.rows)


@pytest.fixture(scope="session")
def payment_warehouse(
    payment_rows: dict[str, list[Row]], tmp_path_factory: pytest.TempPathFactory
) -> duckdb.DuckDBPyConnection:
    """Work file of the night of AS_OF with the payment tables and all that they need."""
    folder = tmp_path_factory.mktemp("payment") / "case"
    folder.mkdir()
    return build(folder, payment_rows, AS_OF, "+path:models/payment")
