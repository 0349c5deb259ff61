"""Naive, sequential answers to the definitions of spec/, written without a look at the SQL."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from hashlib import md5
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
SHANGHAI = ZoneInfo("Asia/Shanghai")


def business_date(instant: datetime, zone: ZoneInfo = SHANGHAI) -> date:
    """Calendar day in the business time zone (G1)."""
    return instant.astimezone(zone).date()


def row_hash(row: Row) -> str:
    """The harness's own hash of a row, the last tie-break."""
    text = json.dumps({k: str(v) for k, v in row.items() if not k.startswith("_")}, sort_keys=True)
    return md5(text.encode()).hexdigest()


def deduplicated(rows: Iterable[Row]) -> dict[str, Row]:
    """G4: per event_id the copy received first; then the smallest hash. G3: clocks ahead."""
    kept: dict[str, Row] = {}
    for row in rows:
        rival = kept.get(row["event_id"])
        if rival is None or _arrival(row) < _arrival(rival):
            kept[row["event_id"]] = row
    out = {}
    for event_id, row in kept.items():
        ahead = row["event_time"] > row["received_at"] + timedelta(minutes=10)
        event_at = row["received_at"] if ahead else row["event_time"]
        if not row.get("is_test"):
            out[event_id] = {**row, "event_at": event_at, "is_clock_skew": ahead}
            if row.get("leave_ts"):
                out[event_id]["leave_ts"] += event_at - row["event_time"]
    return out


def _arrival(row: Row) -> tuple[datetime, str]:
    return row["received_at"], row_hash(row)


def sessions(views: Iterable[Row]) -> dict[str, Row]:
    """B04 by first event id: a pause of more than 30 minutes ends a visit."""
    by_cookie: dict[str, list[Row]] = defaultdict(list)
    for view in views:
        by_cookie[view["anonymous_id"]].append(view)
    out = {}
    for cookie, own in by_cookie.items():
        own.sort(key=lambda view: (view["event_at"], view["event_id"]))
        visits = [[own[0]]]
        for before, view in pairwise(own):
            if (view["event_at"] - before["event_at"]).total_seconds() > 1800:
                visits.append([])
            visits[-1].append(view)
        out.update({visit[0]["event_id"]: _visit(cookie, visit) for visit in visits})
    return out


def _visit(cookie: str, visit: Sequence[Row]) -> Row:
    leave = visit[-1].get("leave_ts")
    has_leave = leave is not None and leave >= visit[-1]["event_at"]
    ended = leave if has_leave else visit[-1]["event_at"]
    return {
        "anonymous_id": cookie,
        "started_at": visit[0]["event_at"],
        "ended_at": ended,
        "session_date": business_date(visit[0]["event_at"]),
        "landing_path": visit[0]["url_path"],
        "exit_path": visit[-1]["url_path"],
        "pageviews": len(visit),
        "duration_seconds": (ended - visit[0]["event_at"]).total_seconds(),
        "has_known_duration": len(visit) > 1 or has_leave,
        "is_bounce": len(visit) == 1,
    }


def kept_leads(leads: Iterable[Row], company_key: dict[str | None, str | None]) -> dict[str, str]:
    """L01: lead → the lead it is kept as, walking through the leads in order."""
    kept: list[Row] = []
    out = {}
    for lead in sorted(leads, key=lambda one: (one["created_at"], one["lead_id"])):
        match = next((old for old in kept if _same_lead(old, lead, company_key)), None)
        if match is None:
            kept.append(lead)
        out[lead["lead_id"]] = (match or lead)["lead_id"]
    return out


def _same_lead(old: Row, new: Row, company_key: dict[str | None, str | None]) -> bool:
    if new["created_at"] - old["created_at"] > timedelta(days=90):
        return False
    company = company_key[new.get("company_name")]
    return any(
        (
            new.get("phone_hash") is not None and new.get("phone_hash") == old.get("phone_hash"),
            new.get("email_hash") is not None and new.get("email_hash") == old.get("email_hash"),
            company is not None
            and new.get("name_hash") is not None
            and (company, new["name_hash"])
            == (company_key[old.get("company_name")], old.get("name_hash")),
        )
    )
