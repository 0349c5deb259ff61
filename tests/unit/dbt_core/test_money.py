"""MRR months, contracts, cash and companies, with numbers worked out by hand."""

from datetime import date
from decimal import Decimal

import pytest
from core_world import AS_OF
from duckdb import DuckDBPyConnection
from money_world import contract, item, money_rows

from compiled_case import Compiled
from warehouse_case import build, fetch


@pytest.fixture(scope="module")
def subscriptions(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """The months of subscriptions, and all that they read."""
    folder = tmp_path_factory.mktemp("subscriptions") / "case"
    folder.mkdir()
    return Compiled.on_no_rows(folder, AS_OF, "fct_subscription_month")


def test_an_item_counts_in_the_months_on_whose_last_day_it_is_active(
    core: DuckDBPyConnection,
) -> None:
    found = fetch(
        core,
        "select company_id, business_line, strftime(month, '%m') as month, mrr, seats"
        " from core.fct_subscription_month order by all",
    )
    # i1 (100) covers 01-31 and 02-29; i2 (3 * 10 a month = 30) covers 01-31 and 02-29, not 03-31;
    # i3 ends by its service_end on 04-30; i4 by its cancellation on 03-31 (00:00 in Shanghai);
    # i5 ends a day before the leap day; i6 is 120 * 7.25 / 12 = 72.5 on 02-29 and 03-31.
    assert [tuple(row.values()) for row in found] == [
        ("t:t1", "bi", "02", Decimal("200.0000"), 20),
        ("t:t1", "bi", "03", Decimal("200.0000"), 20),
        ("t:t1", "bi", "04", Decimal("100.0000"), 10),
        ("t:t1", "erp", "01", Decimal("130.0000"), 20),
        ("t:t1", "erp", "02", Decimal("130.0000"), 20),
        ("t:t2", "erp", "02", Decimal("72.5000"), 1),
        ("t:t2", "erp", "03", Decimal("72.5000"), 1),
    ]


def test_a_subscription_has_its_months_from_2000_on(subscriptions: Compiled) -> None:
    rows = {
        "account": [{"account_id": "a0", "name": "甲"}],
        "contract": [contract("c0", "a0", date(1999, 11, 1), date(2004, 1, 31))],
        "subscription_item": [item("i0", "c0", date(1999, 11, 1), date(2004, 1, 31))],
    }
    subscriptions.build(rows, AS_OF)
    # January 2000 to January 2004: 4 * 12 + 1
    assert subscriptions.con.execute(
        "select count(*), min(month), max(month), sum(mrr) from core.fct_subscription_month"
    ).fetchone() == (49, date(2000, 1, 1), date(2004, 1, 1), Decimal("4900.0000"))


def test_what_is_paid_by_use_is_counted_to_the_last_digit(subscriptions: Compiled) -> None:
    begin, end = date(2024, 1, 1), date(2024, 1, 31)
    dollars = {"currency": "USD", "period": "month", "seats": 1_000_000}
    rows = {
        "account": [{"account_id": "a0", "name": "甲"}],
        "contract": [contract("c0", "a0", begin, end)],
        "subscription_item": [
            item("i0", "c0", begin, end, unit_price="0.000125", **dollars),
            item("i1", "c0", begin, end, unit_price="0.0000000001", **dollars),
        ],
        "fx_rate": [{"date": begin, "currency": "USD", "base_currency": "CNY", "rate": 7.25}],
    }
    subscriptions.build(rows, AS_OF)
    # 1,000,000 * 0.000125 * 7.25 = 906.25, and 0.0001 * 7.25 = 0.000725
    assert subscriptions.con.execute("select mrr from core.fct_subscription_month").fetchall() == [
        (Decimal("906.2507"),)
    ]


def test_a_contract_is_paid_unless_it_amends_or_was_cancelled_within_a_week(
    core: DuckDBPyConnection,
) -> None:
    found = fetch(
        core,
        "select contract_id, company_id, account_id, amount, native_amount, is_paid,"
        " is_first_paid from core.fct_contract order by all",
    )
    # c4 was cancelled on 01-12 in Shanghai, seven days after signing; c5 a second later, 01-13
    assert [tuple(row.values()) for row in found] == [
        ("c1", "t:t1", "a0", Decimal(1200), Decimal(1200), True, True),
        ("c2", "t:t2", "a2", Decimal(725), Decimal(100), True, True),
        ("c3", "t:t2", "a2", Decimal(1200), Decimal(1200), False, False),
        ("c4", "a:a3", "a3", Decimal(1200), Decimal(1200), False, False),
        ("c5", "a:a3", "a3", Decimal(1200), Decimal(1200), True, True),
    ]


def test_annual_value_uses_whole_months_where_the_term_is_within_three_days(
    core: DuckDBPyConnection,
) -> None:
    found = fetch(
        core,
        "select contract_id, term_months, acv, net_amount_refunded_90d from core.fct_contract"
        " where contract_id in ('c1', 'c2') order by contract_id",
    )
    # c1: 366 days = 12.02 months, a day from 12: 1200 a year, of which i7 (one-off 1200 of
    # i1 200 + i2 60 + i3 1100 + i4 1100 + i7 1200 = 3660) does not recur: 1200 * 2460 / 3660.
    # c2: 91 days = 2.99 months → 3; 725 / 3 * 12. The refund on day 90 counts, on day 91 not:
    # signed 01-01 + 90 days = 03-31.
    assert [tuple(row.values()) for row in found] == [
        ("c1", 12.0, Decimal("806.56"), Decimal("1000.00")),
        ("c2", 3.0, Decimal("2900.00"), Decimal("725.00")),
    ]


def test_cash_is_converted_at_its_own_date_and_refunds_are_negative(
    core: DuckDBPyConnection,
) -> None:
    found = fetch(
        core,
        "select cash_id, company_id, cast(cash_date as varchar) as day, amount from core.fct_cash"
        " order by cash_id",
    )
    assert [tuple(row.values()) for row in found] == [
        ("p1", "t:t2", "2024-02-03", Decimal("350.00")),
        ("p2", "t:t2", "2024-02-03", Decimal("2812.30")),
        ("r1", "t:t1", "2024-03-31", Decimal("-200.00")),
        ("r2", "t:t1", "2024-04-01", Decimal("-300.00")),
    ]


def test_companies_are_tenants_where_one_is_linked_and_merges_are_followed(
    core: DuckDBPyConnection,
) -> None:
    found = fetch(core, "select id_type, id_value, company_id from core.map_company order by all")
    # a0 is named by t1; a1 was merged into a2, which has t2's credit code; t9 was merged into t1;
    # a4 and t7 were merged into records that are deleted: no company, like those
    assert [tuple(row.values()) for row in found] == [
        ("account_id", "a0", "t:t1"), ("account_id", "a1", "t:t2"), ("account_id", "a2", "t:t2"),
        ("account_id", "a3", "a:a3"), ("tenant_id", "t1", "t:t1"), ("tenant_id", "t2", "t:t2"),
        ("tenant_id", "t9", "t:t1"),
    ]  # fmt: skip
    bands = fetch(core, "select company_id, headcount_band from core.dim_company order by all")
    assert [tuple(row.values()) for row in bands] == [
        ("a:a3", "500+"), ("t:t1", "20-99"), ("t:t2", "unknown"),
    ]  # fmt: skip


def test_an_effective_connect_lasts_thirty_seconds_and_reaches_a_person(
    core: DuckDBPyConnection,
) -> None:
    found = fetch(
        core,
        "select call_id, lead_id, is_answered, is_effective_connect, e3_filled from core.fct_call"
        " order by call_id",
    )
    # what was written about a call that nobody answered is not believed
    assert [tuple(row.values()) for row in found] == [
        ("long", "mg3", True, True, False), ("missed", "mg3", False, False, False),
        ("nobody", "mg3", True, False, True), ("short", "mg3", True, False, False),
    ]  # fmt: skip


def test_week_53_and_week_1_belong_to_their_iso_years(core: DuckDBPyConnection) -> None:
    found = fetch(
        core,
        "select cast(date as varchar) as day, iso_year, iso_week, is_workday from core.dim_date"
        " where date in ('2021-01-03', '2021-01-04', '2024-12-30', '2025-01-26') order by date",
    )
    # 2025-01-26 is a Sunday that was worked for the Spring Festival
    assert [tuple(row.values()) for row in found] == [
        ("2021-01-03", 2020, 53, False), ("2021-01-04", 2021, 1, True),
        ("2024-12-30", 2025, 1, True), ("2025-01-26", 2025, 4, True),
    ]  # fmt: skip


def test_a_missing_rate_fails_the_run_and_names_currency_and_day(tmp_path) -> None:
    rows = money_rows()
    rows["contract"].append(contract("c9", "a3", AS_OF, AS_OF.replace(year=2025), currency="EUR"))
    with pytest.raises(AssertionError, match="no fx_rate from EUR to CNY on 2024-06-30"):
        build(tmp_path, rows, AS_OF, select="+fct_contract")
