"""What came later than expected is loaded all the same, and counted (G3)."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from throughline.contracts import load_contracts
from warehouse_case import PROJECT, Row, build, fetch

AS_OF = date(2024, 6, 30)


def loaded(day: date) -> datetime:
    """Shortly after midnight of Shanghai."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=8)


def ad(campaign: str, day: date, load: date, source: str = "baidu_ads") -> Row:
    """An ad row of a day as loaded on another."""
    return {
        "platform": "baidu", "account_id": "b", "campaign_id": campaign, "adgroup_id": "(none)",
        "keyword_id": "(none)", "match_type": "(none)", "device": "(none)", "date": day,
        "impressions": 1, "clicks": 0, "cost": 0, "currency": "CNY",
        "_loaded_at": loaded(load), "_source": source,
    }  # fmt: skip


def paid(name: str, day: date, booked: date | None) -> Row:
    """A payment of a day as booked on another."""
    return {
        "payment_id": name, "contract_id": "c", "amount": 1, "currency": "CNY",
        "paid_at": loaded(day), "created_at": booked and loaded(booked),
    }  # fmt: skip


def test_ads_and_payments_are_late_by_their_own_days(tmp_path: Path) -> None:
    ads = [
        *(ad("history", AS_OF - timedelta(days=days), AS_OF) for days in (30, 300)),
        ad("history", AS_OF, AS_OF),
        ad("restated", date(2024, 6, 29), date(2024, 7, 6)),  # seven days: expected
        ad("restated", date(2024, 6, 28), date(2024, 7, 6)),  # eight
        ad("restated", date(2024, 6, 1), date(2024, 7, 6)),
        ad("again", date(2024, 6, 1), date(2024, 7, 6)),
        ad("first", date(2024, 6, 1), date(2024, 7, 6), source="other_ads"),
    ]
    payments = [
        paid("expected", date(2024, 5, 1), date(2024, 6, 5)),
        paid("late", date(2024, 5, 1), date(2024, 6, 6)),
        paid("unknown", date(2020, 5, 1), None),
    ]
    refunds = [{"refund_id": "r", "contract_id": "c", "amount": 1, "currency": "CNY",
                "refunded_at": loaded(date(2024, 1, 1)),
                "created_at": loaded(date(2024, 6, 1))}]  # fmt: skip
    rows = {"ad_spend_daily": ads, "payment": payments, "refund": refunds}
    con = build(tmp_path, rows, AS_OF, select="+late_rows")
    found = fetch(con, "select entity, days_late, rows from audit.late_rows order by all")
    assert [tuple(row.values()) for row in found] == [
        ("ad_spend_daily", 8, 1), ("ad_spend_daily", 35, 2), ("payment", 36, 1),
        ("refund", 152, 1),
    ]  # fmt: skip


def request(name: str, day: date, load: date) -> Row:
    """A request of a day as loaded on another."""
    return {"request_id": name, "ts": loaded(day), "_loaded_at": loaded(load), "_source": "gateway"}


def test_events_of_one_clock_are_as_late_as_they_were_loaded(tmp_path: Path) -> None:
    requests = [
        *(request(f"history {days}", AS_OF - timedelta(days=days), AS_OF) for days in (0, 4, 300)),
        request("expected", date(2024, 6, 29), date(2024, 7, 2)),
        request("late", date(2024, 6, 28), date(2024, 7, 2)),
        request("late too", date(2024, 6, 28), date(2024, 7, 2)),
        request("new", date(2024, 7, 1), date(2024, 7, 6)),  # nobody had reached that date
    ]
    con = build(tmp_path, {"api_request_log": requests}, date(2024, 7, 6), select="+late_rows")
    found = fetch(con, "select entity, days_late, rows from audit.late_rows order by all")
    assert [tuple(row.values()) for row in found] == [("api_request_log", 4, 2)]


def test_every_dated_entity_is_looked_at() -> None:
    text = (PROJECT / "models" / "audit" / "late_rows.sql").read_text(encoding="utf-8")
    dated = [name for name, one in load_contracts().items() if one.kind == "event"]
    missing = [name for name in dated if f"'{name}'" not in text]
    assert not missing, f"dbt_project/models/audit/late_rows.sql does not count {missing}"
