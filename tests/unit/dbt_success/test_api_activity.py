"""Requests and app events of one product: the activity of a tenant counts from one of them a day.

1 June has app events only, 2 June requests too, 3 June requests of our own staff and of a robot.
"""

from datetime import date
from typing import Any

import duckdb
import pytest
from usage_rows import Product, Row, at

from warehouse_case import build, fetch

AS_OF = date(2020, 6, 3)
TABLES = "active_period company_usage_daily unmapped_requests exclusions dim_api_endpoint"
SELECT = " ".join(f"+{table}" for table in (*TABLES.split(), "dim_feature", "dim_module"))


def endpoint(number: int, method: str, template: str, l2: str, **more: Any) -> Row:
    """An endpoint of the line erp that counts as activity."""
    return {
        "endpoint_id": f"e{number}", "method": method, "route_template": template, "line": "erp",
        "l1": "sales", "l2": l2, "endpoint_name": template, "business_event": f"quote_{l2}",
        "is_active_event": True, "valid_from": date(2020, 1, 1), **more,
    }  # fmt: skip


def request(name: str, when: str, method: str, path: str, **more: Any) -> Row:
    """A request of employee e1 of tenant c1."""
    return {
        "request_id": name, "ts": at(when), "method": method, "path": path, "status": 200,
        "company_id": "c1", "employee_id": "e1", "login_id": "u1", "client": "Mozilla/5.0",
        "product_version": "8.1", **more,
    }  # fmt: skip


MACHINE: Row = {"employee_id": None, "login_id": None}
REQUESTS = [
    request("q1", "2020-06-02 09:00:00", "POST", "/quotes", event_value="12.50"),
    request("q2", "2020-06-02 09:01:00", "POST", "/Quotes/", status=500),
    request("q3", "2020-06-02 09:02:00", "POST", "/quotes", company_id="c0"),
    request("q4", "2020-06-02 23:59:59", "GET", "/quotes/17", employee_id="e3", login_id=None),
    request("q5", "2020-06-02 10:00:00", "GET", "/quotes/18", **MACHINE),
    request("q6", "2020-06-02 10:01:00", "GET", "/nobody/7/knows"),
    request("q6", "2020-06-02 10:01:00", "GET", "/nobody/7/knows"),
    request("own", "2020-06-03 10:00:00", "POST", "/quotes", login_id="staff"),
    request("bot", "2020-06-03 10:01:00", "GET", "/quotes/19", client="Mozilla SpiderX"),
    request("test", "2020-06-03 10:02:00", "GET", "/quotes/19", is_test=True),
]


def product_rows() -> dict[str, list[Row]]:
    """Tenants c0 (merged into c1), c1 and c2, and what their people do in the app."""
    product = Product()
    for tenant in ("c0", "c1", "c2"):
        product.tenant(tenant, "2020-05-01 09:00:00")
    product.rows["company_account"][0]["merged_into_id"] = "c1"
    for employee in ("e1", "e2", "e3"):
        login = employee.replace("e", "u")
        product.employee("c1", employee, login, at("2020-05-01 09:00:00"))
    for day in ("2020-06-01", "2020-06-02", "2020-06-03"):
        product.event("create_quote", at(f"{day} 09:00:00"), "u1", "c1", "e1")
    product.event("view_dashboard", at("2020-06-01 09:05:00"), "u2", "c1", "e2")
    product.event("create_quote", at("2020-06-02 09:01:00"), "u1", "c1", "e1")
    product.event("Login", at("2020-06-02 09:02:00"), "u2", "c1", "e2")
    product.event("create_quote", at("2020-06-02 09:03:00"), "u9", "c2", "e9")
    product.event("create_quote", at("2020-06-02 09:04:00"), None, None, None, "visitor")
    return {
        **product.rows,
        "api_endpoint": [
            endpoint(1, "POST", "/quotes", "write", is_core_feature=True),
            endpoint(2, "GET", "/quotes/{quote_id}", "read"),
        ],
        "api_request_log": REQUESTS,
        "owner": [
            {"owner_id": "o1", "valid_from": date(2020, 1, 1), "employee_id": "staff"},
        ],
        "bot_ua": [{"pattern": "spiderx"}],
    }


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    folder = tmp_path_factory.mktemp("api_activity") / "case"
    folder.mkdir()
    return build(folder, product_rows(), AS_OF, SELECT)


def by_day(night: duckdb.DuckDBPyConnection, sql: str) -> dict[str, tuple[Any, ...]]:
    """Rows of a query by their first column, a day of June 2020."""
    return {f"{row[0]:%d}": row[1:] for row in night.execute(sql).fetchall() if row[0].month == 6}


def test_a_tenant_is_measured_by_requests_where_there_are_any_and_else_by_the_app(night) -> None:
    found = by_day(
        night,
        "select date, events, core_events, active_staff, features_used"
        " from success.company_usage_daily where company_id = 't:c1'",
    )
    # 1 June: two app events of e1 and e2. 2 June: six requests, three of them POST /quotes; e1 and
    # e3 are staff, the machine is not; the features are quotes and dashboard of the day before,
    # erp.sales.write and erp.sales.read. 3 June: the requests are left out, so e1's app event is.
    assert found == {"01": (2, 1, 2, 2), "02": (6, 3, 2, 4), "03": (1, 1, 1, 4)}


def test_nobody_is_active_twice_and_a_machine_is_no_person(night) -> None:
    found = by_day(
        night,
        "select period_start, max(active_subjects) filter (where subject_type = 'company'),"
        " max(active_subjects) filter (where subject_type = 'employee'),"
        " max(active_subjects) filter (where subject_type = 'person') from success.active_period"
        " where period_type = 'day' and business_line = 'ALL' group by 1",
    )
    # 2 June: c2 has app events and no request; persons are u1, e3 and the visitor without tenant.
    assert found == {"01": (1, 2, 2), "02": (1, 2, 3), "03": (1, 1, 1)}


def test_logins_come_from_the_app_on_every_date(night) -> None:
    found = fetch(
        night,
        "select logins, events, counted_events from core.fct_user_day"
        " where node_value = 'u2' and business_date = date '2020-06-02'",
    )
    assert found == [{"logins": 1, "events": 1, "counted_events": 0}]


def test_a_request_is_a_business_event_with_its_endpoint_and_its_tenant(night) -> None:
    found = fetch(
        night,
        "select event_id, event, endpoint_id, endpoint, business_line, l1, l2, feature_id, module,"
        " business_event, company_id, is_active, is_core_feature, status,"
        " event_value::varchar as event_value, product_version"
        " from core.fct_business_event where origin = 'api' order by event_id",
    )
    assert [row["event_id"] for row in found] == [f"api:q{number}" for number in range(1, 7)]
    assert found[0] == {
        "event_id": "api:q1", "event": "business_request", "endpoint_id": "e1",
        "endpoint": "POST /quotes", "business_line": "erp", "l1": "sales", "l2": "write",
        "feature_id": "erp.sales.write", "module": "erp.sales", "business_event": "quote_write",
        "company_id": "t:c1", "is_active": True, "is_core_feature": True, "status": 200,
        "event_value": "12.5000", "product_version": "8.1",
    }  # fmt: skip
    assert [row["company_id"] for row in found] == ["t:c1"] * 6
    assert [row["endpoint"] for row in found[3:]] == ["GET /quotes/{id}"] * 2 + ["UNMAPPED"]
    assert not found[5]["is_active"]
    assert found[5]["business_line"] == "unmapped"


def test_what_no_endpoint_matches_and_what_is_left_out_is_counted(night) -> None:
    unmapped = fetch(night, "select * exclude (run_id) from audit.unmapped_requests")
    day = date(2020, 6, 2)
    assert unmapped == [
        {"method": "GET", "route": "/nobody/{id}/knows", "requests": 1,
         "request_share": pytest.approx(1 / 6), "first_date": day, "last_date": day},
    ]  # fmt: skip
    left = night.execute(
        "select reason, rows from audit.exclusions where entity = 'api_request_log' order by all"
    ).fetchall()
    assert left == [("is_bot", 1), ("is_internal", 1), ("is_test", 1)]


def test_features_and_modules_are_those_of_both_catalogues(night) -> None:
    features = fetch(night, "select * from core.dim_feature where l1 = 'sales' order by all")
    assert [row["feature_id"] for row in features] == ["erp.sales.read", "erp.sales.write"]
    assert {row["module"] for row in features} == {"erp.sales"}
    modules = [row["module"] for row in fetch(night, "select * from core.dim_module")]
    assert {"erp.sales", "erp.main"} < set(modules)
    assert len(modules) == len(set(modules))
    stray = night.execute(
        "select feature_id from core.fct_business_event where feature_id is not null"
        " except select feature_id from core.dim_feature"
    ).fetchall()
    assert stray == []
