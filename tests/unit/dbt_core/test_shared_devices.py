"""Facts of cookies that change hands, against the owner of each single event."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime

import pytest
from duckdb import DuckDBPyConnection
from identity_oracle import owner, periods

from warehouse_case import Row, fetch

Rows = dict[str, list[Row]]
Owner = Callable[[str, str, datetime], str]


@pytest.fixture(scope="module")
def owner_of(rows: Rows) -> Owner:
    """Person of an id at an instant."""
    spans = periods(rows)
    return lambda kind, value, when: owner(spans[kind, value], when)


def product_events(core: DuckDBPyConnection) -> list[Row]:
    return fetch(
        core,
        "select * from core.fct_business_event where origin = 'app' and is_counted"
        " and business_date <= (select as_of from run.parameters)",
    )


def person_of(event: Row, owner_of: Owner) -> str:
    if event["login_id"] is not None:
        return owner_of("login_id", event["login_id"], event["event_at"])
    return owner_of("anonymous_id", event["anonymous_id"], event["event_at"])


def test_a_visit_belongs_to_whoever_holds_the_cookie_when_it_begins(
    core: DuckDBPyConnection, owner_of: Owner
) -> None:
    found = fetch(core, "select * from core.fct_web_session")
    owners = {row["session_id"]: row["person_id"] for row in found}
    assert owners == {
        row["session_id"]: owner_of("anonymous_id", row["anonymous_id"], row["started_at"])
        for row in found
    }
    by_cookie = Counter({(row["anonymous_id"], row["person_id"]) for row in found})
    assert max(Counter(cookie for cookie, _ in by_cookie).values()) > 2


@pytest.mark.parametrize("kind", ["form", "link"])
def test_a_touch_belongs_to_whoever_holds_the_cookie(
    core: DuckDBPyConnection, rows: Rows, owner_of: Owner, kind: str
) -> None:
    entity, key = {"form": ("form_submit", "event_id"), "link": ("link_click", "click_id")}[kind]
    cookies = {row[key]: row["anonymous_id"] for row in rows[entity]}
    found = fetch(core, f"select * from core.fct_touchpoint where kind = '{kind}'")
    assert found
    for row in found:
        cookie = cookies[row["source_id"]]
        assert row["person_id"] == owner_of("anonymous_id", cookie, row["touched_at"]), row


def test_a_launch_belongs_to_whoever_holds_the_device(
    core: DuckDBPyConnection, owner_of: Owner
) -> None:
    found = fetch(core, "select * from core.fct_launch where kind = 'app' and login_id is null")
    assert found
    for row in found:
        kind = "anonymous_id" if row["anonymous_id"] else "device_id"
        assert row["person_id"] == owner_of(kind, row[kind], row["started_at"]), row


def test_uses_of_a_day_are_divided_among_those_who_shared_the_cookie(
    core: DuckDBPyConnection, owner_of: Owner
) -> None:
    expected: Counter[tuple[str, date]] = Counter()
    for event in product_events(core):
        expected[person_of(event, owner_of), event["business_date"]] += event["is_active"]
    found = fetch(
        core,
        "select subject, business_date, active_events from intermediate.int_active_days__resolved"
        " where subject_type = 'person' and business_line = 'ALL'",
    )
    assert {(row["subject"], row["business_date"]): row["active_events"] for row in found} == dict(
        expected
    )
    split = fetch(
        core,
        "select business_date from intermediate.int_user_days__split"
        " group by node_value, business_date having count(distinct person_id) > 1",
    )
    assert len(split) > 3, "no cookie changed hands within a day"


def test_the_journey_sees_the_first_use_of_each_of_those_who_shared_the_cookie(
    core: DuckDBPyConnection, owner_of: Owner
) -> None:
    expected: dict[tuple[str, date], datetime] = {}
    for event in product_events(core):
        if event["is_active"]:
            key = person_of(event, owner_of), event["business_date"]
            expected[key] = min(event["event_at"], expected.get(key, event["event_at"]))
    found = fetch(
        core,
        "select subject, business_date, first_active_at"
        " from intermediate.int_journey_days__active"
        " where subject_type = 'person' and first_active_at is not null",
    )
    assert {
        (row["subject"], row["business_date"]): row["first_active_at"] for row in found
    } == expected


def test_what_a_form_says_is_of_the_login_that_took_the_cookie_over(
    core: DuckDBPyConnection, rows: Rows
) -> None:
    pairs = fetch(
        core,
        "select * from intermediate.int_identity_edges__collected"
        " where type_a = 'login_id' and type_b = 'phone_hash'",
    )
    assert {row["value_b"].split("-")[0] for row in pairs} & {
        row["anonymous_id"] for row in rows["form_submit"] if "family" in row["anonymous_id"]
    }
