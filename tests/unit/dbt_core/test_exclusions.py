"""What is left out of the tables of core is counted once, with its reason (G8)."""

from datetime import date, timedelta

import pytest
from core_world import AS_OF, at, form
from money_world import contract, item

from compiled_case import Compiled
from warehouse_case import Row


@pytest.fixture(scope="module")
def left_out(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """What is left out, and all that it reads."""
    folder = tmp_path_factory.mktemp("left_out") / "case"
    folder.mkdir()
    return Compiled.on_no_rows(folder, AS_OF, "stg_test_row", "exclusions")


def reread(row: Row, nights: int = 3, **changed: object) -> list[Row]:
    """A row as landed on several nights, and as changed on the night after them."""
    landed = [{**row, "_loaded_at": at(night)} for night in range(nights)]
    return [*landed, {**row, **changed, "_loaded_at": at(nights)}] if changed else landed


def test_a_test_row_is_counted_once_however_often_it_is_read(left_out: Compiled) -> None:
    tomorrow = at(0) + timedelta(days=400)
    report = {"store": "a", "channel_pkg": "p", "date": AS_OF, "is_test": True}
    left_out.build(
        {
            "account": [
                *reread({"account_id": "always", "is_test": True}),
                *reread({"account_id": "no more", "is_test": True}, is_test=False),
                *reread({"account_id": "only now"}, is_test=True),
                *reread({"account_id": "deleted", "is_test": True}, is_test=None, is_deleted=True),
                {"account_id": "not yet", "is_test": True, "updated_at": tomorrow},
                {"account_id": "never"},
            ],
            "app_download_daily": [
                *reread(report),
                *reread({**report, "store": "b"}, is_test=False),
            ],
            "pageview": [
                *reread({"event_id": "e1", "event_time": at(0), "is_test": True}),
                {"event_id": "e2", "event_time": at(0)},
            ],
        },
        AS_OF,
    )
    counted = left_out.con.execute(
        "select entity, rows from staging.stg_test_row where rows > 0 order by all"
    ).fetchall()
    assert counted == [("account", 2), ("app_download_daily", 1), ("pageview", 1)]


def click(click_id: str, **more: object) -> Row:
    return {"click_id": click_id, "ts": at(1), "anonymous_id": "c", **more}


def checked_in(event_id: str, person: str, **more: object) -> Row:
    seen = {"registered_at": at(0), "checked_in_at": at(1)}
    return {"event_id": event_id, "person_key": person, **seen, **more}


def test_what_belongs_to_no_known_record_is_counted_with_its_reason(left_out: Compiled) -> None:
    first, last = date(2024, 1, 1), date(2024, 12, 31)
    call = {"direction": "out", "start_at": at(0)}
    step = {"touch_id": "sent", "kind": "opened"}
    left_out.build(
        {
            "account": [{"account_id": "a0", "name": "甲"}],
            "contract": [contract("c0", "a0", first, last), contract("c1", "gone", first, last)],
            "subscription_item": [
                item("fine", "c0", first, last),
                item("lost", "no contract", first, last),
                item("lost, once", "no contract", first, last, recurring=False),
                item("nobody's", "c1", first, last),
                item("nobody's, once", "c1", first, last, recurring=False),  # still of its contract
            ],
            "touch": [{"touch_id": "sent", "channel": "sms", "sent_at": at(1)}],
            "touch_event": [
                {**step, "ts": at(2)},
                {**step, "ts": at(1, -600)},  # of the clock: as at sending
                {**step, "ts": at(1, -601)},
                {**step, "ts": at(2), "touch_id": "never sent"},
            ],
            "cdr": [
                {**call, "call_id": "answered", "outcome": "answered"},
                {**call, "call_id": "rang", "outcome": "no_answer"},
            ],
            "call_disposition": [
                {"call_id": "answered"}, {"call_id": "rang"}, {"call_id": "which?"},
            ],
            "internal_list": [
                {"kind": "ip", "value": "own-ip"}, {"kind": "domain", "value": "Own.example"},
            ],
            "bot_ua": [{"pattern": "spider"}],
            "link_click": [
                click("read"), click("robot", ua="A Spider", ip_hash="own-ip"),
                click("own", ip_hash="own-ip"),
            ],
            "form_submit": [
                form("sent", "c", at(1), email_domain="else.example"),
                form("own", "c", at(1), email_domain="own.example"),
            ],
            "mkt_event": [
                {"event_id": "held", "status": "held"}, {"event_id": "off", "status": "cancelled"},
            ],
            "mkt_registration": [
                checked_in("held", "guest"), checked_in("off", "guest"), checked_in("?", "guest"),
                checked_in("off", "staff", email_domain="own.example"),
                {**checked_in("off", "absent"), "checked_in_at": None},
            ],
        },
        AS_OF,
    )  # fmt: skip
    counted = left_out.con.execute(
        "select entity, reason, rows from audit.exclusions order by all"
    ).fetchall()
    assert counted == [
        ("call_disposition", "not_answered", 1),
        ("call_disposition", "unknown_call", 1),
        ("form_submit", "is_internal", 1),
        ("link_click", "is_bot", 1),
        ("link_click", "is_internal", 1),
        ("mkt_registration", "is_cancelled", 1),
        ("mkt_registration", "is_internal", 1),
        ("subscription_item", "unknown_account", 1),
        ("subscription_item", "unknown_contract", 2),
        ("touch_event", "before_touch", 1),
        ("touch_event", "unknown_touch", 1),
    ]
