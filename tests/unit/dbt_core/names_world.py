"""Names that change, and naive answers: what was called what when, one report at a time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from core_world import AS_OF, at

Row = dict[str, Any]
FIRST = date(2024, 5, 1)
ACCOUNTS = (("baidu", "a1"), ("baidu", "a2"), ("weibo", "a1"))
"""Two accounts of a platform and two platforms that key campaigns and keywords alike."""


def ad_rows(rng: Random) -> list[Row]:
    """Reports with gaps, missing names, names that come back, two devices, and days after as_of."""
    rows = []
    for platform, account in ACCOUNTS:
        for campaign, keyword in (("C%201", "k1"), ("C%201", "k2"), ("c2", "k1"), ("c3", "(none)")):
            for day in rng.sample(range(75), 40):
                rows.append({
                    "platform": platform, "account_id": account, "campaign_id": campaign,
                    "adgroup_id": "g", "keyword_id": keyword, "match_type": "exact",
                    "device": rng.choice(("pc", "phone")), "date": FIRST + timedelta(days=day),
                    "impressions": 9, "clicks": 1, "cost": 1, "currency": "CNY",
                    "ad_type": "sem",
                    "campaign_name": rng.choice((None, None, "One", "Two")),
                    "adgroup_name": rng.choice((None, "Group", "Group", "Gruppe")),
                    "keyword_text": rng.choice((None, " Free%20CRM", "free crm", "CRM")),
                })  # fmt: skip
    return [*rows, {**rows[0], "campaign_id": "(none)"}, {**rows[0], "account_id": "a9",
            "campaign_name": "a test", "is_test": True}]  # fmt: skip


def spoken(
    rows: Iterable[Row], keys: Sequence[str], names: Sequence[str]
) -> set[tuple[object, ...]]:
    """Key, names, first and last day, whether still open; days are walked one after the other."""
    days: dict[tuple[object, ...], dict[date, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row[keys[-1]] != "(none)" and row["date"] <= AS_OF and not row.get("is_test"):
            days[tuple(row[key] for key in keys)][row["date"]].append(row)
    found = set()
    for key, reports in days.items():
        said: list[object] = [None] * len(names)
        periods: list[list[Any]] = []
        for day in sorted(reports):
            for place, name in enumerate(names):
                told = [row[name] for row in reports[day] if row[name] is not None]
                said[place] = max(told) if told else said[place]
            if not periods or periods[-1][0] != said:
                periods.append([list(said), day])
        ends = [*(begin - timedelta(days=1) for _, begin in periods[1:]), None]
        for (called, begin), end in zip(periods, ends, strict=True):
            found.add((*key, *called, begin, end, end is None))
    return found


def version(code: str, days: float, **more: Any) -> Row:
    """What the registry says of a code since some day."""
    return {"short_code": code, "updated_at": at(days), **more}


REGISTERED: list[Row] = [
    version("moved", 5, created_at=at(1), utm_source="baidu", utm_medium="cpc"),
    version("moved", 9, created_at=at(1), utm_source="baidu", utm_medium="cpc"),
    version("moved", 8, created_at=at(1), channel_id="event", _loaded_at=at(20)),
    version("moved", 12, created_at=at(1), channel_id="event", utm_campaign="Only-A-Link"),
    version("dropped", 3, channel_id="event"),
    version("dropped", 7, is_deleted=True),
    version("returned", 3, channel_id="event"),
    version("returned", 4, is_deleted=True),
    version("returned", 6, channel_id="event"),
    version("tomorrow", 2, placement="now"),
    version("tomorrow", (datetime(2024, 6, 30, 16, tzinfo=UTC) - at(0)).total_seconds() / 86_400,
            placement="after as_of"),
    version("tried", 2, is_test=True),
]  # fmt: skip
PERIODS = {
    ("moved", "sem_baidu", at(1), at(8), False),
    ("moved", "event", at(8), at(9), False),
    ("moved", "sem_baidu", at(9), at(12), False),
    ("moved", "event", at(12), None, True),
    ("dropped", "event", at(3), at(7), False),
    ("returned", "event", at(3), at(4), False),
    ("returned", "event", at(6), None, True),
    ("tomorrow", "unassigned", at(2), None, True),
}
