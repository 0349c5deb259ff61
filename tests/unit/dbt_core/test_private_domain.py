"""Orders, touches and interactions of the private domain, against naive answers."""

from collections import Counter

import private_world as naive
from duckdb import DuckDBPyConnection

from warehouse_case import Row, fetch

Rows = dict[str, list[Row]]


def person_of(core: DuckDBPyConnection) -> dict[str, str]:
    return naive.people(fetch(core, "select * from core.map_identity"))


def test_paid_orders_are_numbered_per_person_whatever_id_they_carry(
    core: DuckDBPyConnection, rows: Rows
) -> None:
    found = fetch(core, "select * from core.fct_order")
    assert len(found) == len(rows["order"])
    numbers = {row["order_id"]: row["paid_order_no"] for row in found if row["paid_order_no"]}
    assert numbers == naive.paid_numbers(rows["order"], person_of(core))
    assert max(numbers.values()) > 2
    given = {row["order_id"]: row for row in rows["order"]}
    for row in found:
        order = given[row["order_id"]]
        paid = order["amount"] if order["paid_at"] else 0
        back = (order["refund_amount"] or 0) if order["paid_at"] else 0
        assert (row["amount"], row["paid_amount"]) == (order["amount"], paid)
        assert (row["refund_amount"], row["net_amount"]) == (back, paid - back)


def test_an_interaction_ends_after_more_than_half_an_hour_and_forms_count_for_friends(
    core: DuckDBPyConnection, rows: Rows
) -> None:
    found = fetch(core, "select * from core.fct_scrm_interaction")
    talks = Counter(
        (row["staff_id"], row["customer_uid"], row["started_at"], row["ended_at"], row["events"])
        for row in found
        if row["kind"] == "message"
    )
    assert talks == Counter(naive.episodes(rows["scrm_message"]))
    assert {row[-1] for row in talks} >= {1, 2, 3}
    forms = fetch(core, "select * from core.fct_touchpoint where kind = 'form'")
    expected = naive.forms_of_friends(forms, rows["scrm_friend"], person_of(core))
    left = Counter(row["source_id"] for row in found if row["kind"] == "form")
    assert left == Counter(expected)
    assert 0 < len(expected) < len(forms)
    uids = {row["touch_id"]: row.get("customer_uid") for row in rows["touch"]}
    clicks = {
        (row["touch_id"], row["ts"])
        for row in rows["touch_event"]
        if row["kind"] == "clicked" and uids[row["touch_id"]]
    }
    assert sum(row["kind"] == "click" for row in found) == len(clicks) > 0


def test_a_touch_reaches_the_steps_and_outcomes_that_followed_within_its_week(
    core: DuckDBPyConnection, rows: Rows
) -> None:
    known = person_of(core)
    conversions: dict[str, list] = {}
    for row in fetch(
        core, "select person_id, touched_at from core.fct_touchpoint where kind = 'form'"
    ):
        conversions.setdefault(row["person_id"], []).append(row["touched_at"])
    for row in fetch(core, "select person_id, created_at from core.fct_opportunity"):
        conversions.setdefault(row["person_id"], []).append(row["created_at"])
    for row in rows["order"]:
        if row["customer_uid"]:
            who = known.get(row["customer_uid"], row["customer_uid"])
            conversions.setdefault(who, []).append(row["created_at"])
    expected = {}
    for touch in rows["touch"]:
        uid = touch.get("customer_uid") or touch["person_key"]
        after = conversions.get(known.get(uid, uid), [])
        expected[touch["touch_id"]] = naive.reached(touch, rows["touch_event"], after)
    steps = ("is_delivered", "is_opened", "is_clicked", "is_replied", "is_converted")
    found = {
        row["touch_id"]: (sum(row[step] for step in steps), row["has_outcome"])
        for row in fetch(core, "select * from core.fct_touch")
    }
    assert found == expected
    assert {step for step, _ in expected.values()} == {0, 1, 2, 3, 4, 5}
