"""Entities of the private domain through nights: a reserved name, and days that come in late."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from night_case import DAY, build_work, full_rebuild, make_home, put, rows_of, use_part_of_project
from small_company import at
from throughline.warehouse import plan

NEXT = DAY + timedelta(days=1)
WHO = {"staff_id": "s1", "customer_uid": "wm1"}


def message(name: str, day: Any, hour: int, **more: Any) -> dict[str, Any]:
    return {"msg_id": name, **WHO, "ts": at(day, hour), "direction": "in", **more}


def touch(name: str, day: Any, hour: int) -> dict[str, Any]:
    return {"touch_id": name, "channel": "wecom", **WHO, "sent_at": at(day, hour)}


def opened(name: str, day: Any, hour: int) -> dict[str, Any]:
    return {"touch_id": name, "kind": "opened", "ts": at(day, hour)}


@pytest.mark.slow
def test_late_messages_and_touches_change_their_own_days_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    """The first copy of a message counts: one that comes in later may take it to another day."""
    settings = make_home(tmp_path, ["order", "scrm_message", "touch", "touch_event"])
    staged = ("stg_order", "stg_scrm_message", "stg_touch", "stg_touch_event")
    use_part_of_project(settings, *staged, "late_rows")  # a night needs one table of a stage
    put(settings, "scrm_message", [message("m1", DAY, 9), message("m2", DAY, 10)], DAY)
    put(settings, "touch", [touch("t1", DAY, 9), touch("t2", DAY, 10)], DAY)
    put(settings, "touch_event", [opened("t1", DAY, 11)], DAY)
    made = {"created_at": at(DAY, 9), "updated_at": at(DAY, 9)}
    placed = {"order_id": "o1", **made, "amount": "9.50", "currency": "CNY"}
    put(settings, "order", [placed], DAY)
    build_work(settings, DAY)
    before = DAY - timedelta(days=3)
    put(settings, "scrm_message", [message("m2", before, 8), message("m3", NEXT, 9)], NEXT)
    put(settings, "touch", [touch("t2", before, 9), touch("t3", NEXT, 9)], NEXT)
    twice = [opened("t1", DAY, 11), opened("t1", DAY, 12), opened("t3", NEXT, 9)]
    put(settings, "touch_event", twice, NEXT)
    paid = {**placed, "paid_at": at(NEXT, 9), "updated_at": at(NEXT, 9)}
    put(settings, "order", [paid], NEXT)
    tables, built = build_work(settings, NEXT)
    assert built.touched["stg_scrm_message"] == built.touched["stg_touch"] == [before, DAY, NEXT]
    file = plan(settings, NEXT).work_file
    days = "select {0}, business_date from staging.{1} order by {0}, ts"
    assert rows_of(file, days.format("msg_id", "stg_scrm_message")) == [
        ("m1", DAY), ("m2", before), ("m3", NEXT),
    ]  # fmt: skip
    assert rows_of(file, days.format("touch_id", "stg_touch").replace("ts", "sent_at")) == [
        ("t1", DAY), ("t2", before), ("t3", NEXT),
    ]  # fmt: skip
    assert rows_of(file, days.format("touch_id", "stg_touch_event")) == [
        ("t1", DAY), ("t1", DAY), ("t3", NEXT),
    ]  # fmt: skip
    assert rows_of(file, "select paid_at is not null, amount from staging.stg_order") == [
        (True, 9.5)
    ]
    assert tables == full_rebuild(settings, NEXT)
