"""acquisition.site_traffic against a naive recount of the page views."""

from collections import defaultdict
from datetime import date, timedelta
from itertools import product
from typing import Any

import duckdb
import pytest
from acquisition_oracle import Oracle, ratio
from acquisition_world import AS_OF

from warehouse_case import fetch

WEEK = timedelta(days=7)


def start_of(period: str, day: date) -> date:
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def end_of(period: str, start: date) -> date:
    if period == "week":
        return start + timedelta(days=6)
    if period == "month":
        return (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return start


def before(period: str, start: date) -> date:
    return start - WEEK if period == "week" else (start - timedelta(days=1)).replace(day=1)


def cells(day: date, site: str, channel: str) -> list[tuple]:
    """Every row of the table that something on that day, site and channel counts in."""
    return [
        (period, start_of(period, day), *where)
        for period in ("day", "week", "month")
        for where in product((site, "ALL"), (channel, "ALL"))
    ]


def sort_out(oracle: Oracle) -> tuple[dict[tuple, list], dict[tuple, list], dict[str, date]]:
    """Page views and sessions by cell, and every cookie's first day."""
    views: dict[tuple, list] = defaultdict(list)
    sessions: dict[tuple, list] = defaultdict(list)
    first: dict[str, date] = {}
    for view in oracle.views:
        first.setdefault(view["anonymous_id"], view["day"])
        for cell in cells(view["day"], view["site_id"], view["channel"]):
            views[cell].append(view)
    for session in oracle.sessions:
        for cell in cells(session["day"], session["site"], session["channel"]):
            sessions[cell].append(session)
    return views, sessions, first


def recount(oracle: Oracle) -> dict[tuple, dict[str, Any]]:
    views, sessions, first = sort_out(oracle)
    opened = min(first.values())
    out = {}
    for cell, seen in views.items():
        period, start, *where = cell
        visits = sessions[cell]
        known = [session for session in visits if session["is_known"]]
        cookies = {view["anonymous_id"] for view in seen}
        end = end_of(period, start)
        row = {
            "pv": len(seen),
            "uv": len(cookies),
            "uv_person": len({oracle.person["cookie", cookie] for cookie in cookies}),
            "ip_count": len({view["ip_hash"] for view in seen}),
            "visits": len(visits),
            "new_visitors": sum(first[cookie] >= start for cookie in cookies),
            "bounce_rate": ratio(sum(s["is_bounce"] for s in visits), len(visits)),
            "bounce_rate_ga4": ratio(sum(not s["is_engaged"] for s in visits), len(visits)),
            "avg_duration_seconds": ratio(sum(s["seconds"] for s in visits), len(visits)),
            "avg_known_duration_seconds": ratio(sum(s["seconds"] for s in known), len(known)),
            "pages_per_visit": ratio(sum(len(s["pages"]) for s in visits), len(visits)),
            "reg_rate_web": None,
            "trend_7d": None,
            "change_prev": None,
        }
        row["new_visitor_rate"] = row["new_visitors"] / row["uv"]
        if end + WEEK <= AS_OF:
            converting = {view["anonymous_id"] for view in seen if registers(oracle, view)}
            row["reg_rate_web"] = len(converting) / row["uv"]

        def visits_in(days: range, start: date = start, where: list = where) -> int:
            return sum(len(sessions[("day", start - timedelta(days=n), *where)]) for n in days)

        if period == "day" and start >= opened + timedelta(days=13):
            now = ratio(visits_in(range(7)), visits_in(range(7, 14)))
            row["trend_7d"] = None if now is None else now - 1
        if period != "day" and end <= AS_OF and before(period, start) >= opened:
            last = (period, before(period, start), *where)
            if last in views and sessions[last]:
                row["change_prev"] = len(visits) / len(sessions[last]) - 1
        out[cell] = row
    return out


def registers(oracle: Oracle, view: dict[str, Any]) -> bool:
    found = oracle.registered.get(oracle.person["cookie", view["anonymous_id"]])
    return bool(found) and found["at"] >= view["at"] and found["day"] <= view["day"] + WEEK


@pytest.fixture(scope="module")
def traffic(warehouse: duckdb.DuckDBPyConnection) -> dict[tuple, dict[str, Any]]:
    rows = fetch(warehouse, "select * from acquisition.site_traffic")
    return {(r["period_type"], r["period_start"], r["site"], r["channel"]): r for r in rows}


def test_every_column_of_every_row_equals_the_naive_recount(traffic, oracle):
    expected = recount(oracle)
    assert set(traffic) == set(expected)
    for cell, truth in expected.items():
        found = {name: traffic[cell][name] for name in truth}
        assert found == {n: v if v is None else pytest.approx(v) for n, v in truth.items()}, cell
    assert any(row["trend_7d"] is not None for row in traffic.values())
    assert any(row["change_prev"] is not None for row in traffic.values())


def test_thirty_minutes_are_one_visit_and_a_second_more_are_two(warehouse):
    # views at 10:00:00, 10:30:00 and 11:00:01
    found = fetch(
        warehouse,
        "select count(*) as visits, max(pageviews) as pages from core.fct_web_session"
        " where anonymous_id = 'gap'",
    )
    assert found == [{"visits": 2, "pages": 2}]


def test_visit_over_midnight_counts_once_and_its_second_page_on_the_next_day(traffic, oracle):
    # owl viewed a page at 23:59:59 and one 20 s later: one visit, of 31 October
    of_october = [s for s in oracle.sessions if s["cookie"] == "owl"]
    assert [s["day"] for s in of_october] == [date(2026, 10, 31)]
    november = traffic["month", date(2026, 11, 1), "www", "sem_baidu"]
    assert november["pv"] > november["pages_per_visit_num"]


def test_last_second_of_as_of_is_in_and_the_next_is_not(traffic):
    assert max(key[1] for key in traffic if key[0] == "day") == AS_OF


def test_registration_on_the_seventh_day_is_in_time_and_on_the_eighth_is_not(traffic):
    # r7 and r8 came by e-mail on 20 October and registered on the 27th and the 28th
    row = traffic["day", date(2026, 10, 20), "www", "email"]
    assert row["reg_rate_web_num"] == 1
    assert row["uv"] >= 2
    open_window = traffic["day", date(2026, 11, 14), "ALL", "ALL"]
    assert (open_window["reg_rate_web"], open_window["reg_rate_web_den"]) == (None, None)
