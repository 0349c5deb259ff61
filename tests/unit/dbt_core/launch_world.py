"""Starts and ends of apps, events of versions and of virtual events, and naive answers."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from core_world import at

from warehouse_case import PROJECT

Row = dict[str, Any]
EVENTS = ("$AppStart", "$AppStart", "$AppEnd", "$AppEnd", "export_report", "create_quote")
GAP, CAP = timedelta(seconds=30), timedelta(hours=4)


def app_steps(rng: Random) -> list[Row]:
    """Starts and ends of ten devices: pauses around the gap, ties, lost starts, lost ends."""
    rows = []
    for device in range(10):
        moment = at(rng.uniform(0, 90)).replace(microsecond=0)
        for number in range(rng.randrange(1, 40)):
            moment += timedelta(seconds=rng.choice((0, 1, 29, 30, 30, 31, 900, 15_000, 86_400)))
            rows.append(step(
                f"st{rng.randrange(1000):03d}-{device}-{number}", moment, device,
                event=rng.choice(EVENTS),
                app_version=rng.choice((None, "1.0", "1.1")), lib=rng.choice((None, "js")),
                os=rng.choice(("Windows", "macOS")),
            ))  # fmt: skip
    return [*rows, step("robot start", at(5), 0, event="$AppStart", ua="baiduspider")]


def step(event_id: str, when: datetime, device: int, **more: Any) -> Row:
    """One product event of a device that nobody logged in on, or one person always did."""
    known = {"login_id": f"lu{device}"} if device % 2 else {}
    return {
        "event_id": event_id, "type": "track", "event_time": when, "received_at": when,
        "distinct_id": f"lc{device}", "anonymous_id": f"lc{device}", "device_id": f"ld{device}",
        "company_id": "t1", "ua": "SDK", **known, **more,
    }  # fmt: skip


def launches(events: Iterable[Row]) -> Counter[tuple[object, ...]]:
    """Device, first start, end, whether an end was seen: a walk over what each device did."""
    by_device: dict[str, list[Row]] = defaultdict(list)
    for row in events:
        if row["event"] in ("$AppStart", "$AppEnd") and row.get("ua") == "SDK":
            by_device[device_of(row)].append(row)
    found: Counter[tuple[object, ...]] = Counter()
    for device, rows in by_device.items():
        rows.sort(key=lambda row: (row["event_time"], row["event"] == "$AppEnd", row["event_id"]))
        current: list[Any] | None = None
        before = None
        for row in rows:
            when = row["event_time"]
            if row["event"] == "$AppStart":
                if current is None or when - current[1] >= GAP:
                    found.update([close(device, current)] if current else [])
                    current = [when, when, False]
                current[1] = when
            elif before == "$AppStart" and current:
                current[1:] = [when, True]
            before = row["event"]
        found.update([close(device, current)] if current else [])
    return found


def close(device: str, launch: list[Any]) -> tuple[object, ...]:
    start, end, is_known = launch
    return device, start, min(end, start + CAP), is_known


def device_of(row: Row) -> str:
    known = (row.get(name) for name in ("device_id", "anonymous_id", "login_id", "distinct_id"))
    return next(str(value) for value in known if value)


def versions(events: Iterable[Row]) -> Counter[tuple[str, str]]:
    """Events by version and SDK, what is not said as (none)."""
    return Counter((row.get("app_version") or "(none)", row.get("lib") or "(none)")
                   for row in events)  # fmt: skip


def virtual(events: Iterable[Row]) -> set[tuple[str, str, int]]:
    """Event, virtual event and number of its first member that matches; one loop per rule."""
    seeds = PROJECT / "seeds"
    catalogue = {row["event"]: row for row in read(seeds / "event_catalogue.csv")}
    members = read(seeds / "virtual_events.csv")
    found: dict[tuple[str, str], int] = {}
    for event in events:
        values = {**catalogue.get(event["event"], {}), **event}
        for member in members:
            is_match = values.get(member["match_field"]) == member["match_value"]
            is_kept = not member["filter_field"] or (
                values.get(member["filter_field"]) == member["filter_value"]
            )
            if is_match and is_kept and event.get("ua") == "SDK":
                key = event["event_id"], member["virtual_event"]
                found[key] = min(found.get(key, 99), int(member["member_no"]))
    return {(*key, number) for key, number in found.items()}


def read(path: Any) -> list[dict[str, str]]:
    """Rows of a seed."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
