"""Lead deduplication, merges, channel rules and first touches."""

import csv
from urllib.parse import unquote

from core_oracle import kept_leads
from duckdb import DuckDBPyConnection

from warehouse_case import PROJECT, Row, fetch

COMPANY_KEY = {
    None: None,
    "示例\uff08中国\uff09有限公司": "示例",
    "示例有限公司": "示例",
    "其他公司": "其他",
}


def test_leads_are_kept_as_the_walk_through_them_in_order_says(
    core: DuckDBPyConnection, rows: dict[str, list[Row]]
) -> None:
    merged = {"mg1", "mg2", "ring2"}
    alive = [lead for lead in rows["lead"] if lead["lead_id"] not in merged]
    expected = kept_leads(alive, COMPANY_KEY)
    found = {
        row["lead_id"]: row["kept_lead_id"]
        for row in fetch(core, "select lead_id, kept_lead_id from core.fct_lead")
        if row["lead_id"] not in merged
    }
    assert found == expected
    duplicates = sum(lead != kept for lead, kept in expected.items())
    assert 20 < duplicates < len(expected) - 20


def test_a_merged_lead_counts_as_its_survivor_even_through_a_deleted_record(
    core: DuckDBPyConnection,
) -> None:
    found = fetch(
        core,
        "select lead_id, kept_lead_id, is_kept from core.fct_lead"
        " where lead_id in ('mg1', 'mg3', 'ring1', 'ring2') order by lead_id",
    )
    # mg1 was merged into mg2, which was deleted after it was merged into mg3
    assert [tuple(row.values()) for row in found] == [
        ("mg1", "mg3", False), ("mg3", "mg3", True),
        ("ring1", "ring1", True), ("ring2", "ring1", False),
    ]  # fmt: skip


def test_the_channel_of_a_visit_is_that_of_the_first_rule_that_matches(
    core: DuckDBPyConnection,
) -> None:
    found = fetch(core, "select * from core.fct_web_session")
    assert {row["channel_id"] for row in found} >= {"sem_baidu", "social_weibo", "seo", "direct"}
    for row in found:
        assert row["channel_id"] == _channel(row), row


def test_a_referrer_is_matched_by_domain_and_own_hosts_are_none(core: DuckDBPyConnection) -> None:
    found = {
        row["anonymous_id"]: row["channel_id"]
        for row in fetch(core, "select anonymous_id, channel_id from core.fct_web_session")
    }
    assert found["searched"] == "seo"
    assert found["faked"] == "referral"
    assert found["selfref"] == "direct"
    assert found["listed"] == "direct"
    assert found["tagged"] == "dsp"
    assert found["encoded"] == "unassigned"  # GBK: no rule knows it, and it fails no night


def test_a_lead_takes_the_first_known_touch_before_it_else_its_own_words(
    core: DuckDBPyConnection, rows: dict[str, list[Row]]
) -> None:
    leads = fetch(core, "select * from core.fct_lead")
    touches = fetch(core, "select * from core.fct_touchpoint where channel_id <> 'unassigned'")
    typed = {lead["lead_id"]: lead.get("channel_raw") for lead in rows["lead"]}
    for lead in leads:
        own = [
            touch for touch in touches
            if touch["person_id"] == lead["person_id"] and touch["touched_at"] <= lead["created_at"]
        ]  # fmt: skip
        first = min(
            own, key=lambda t: (t["touched_at"], t["touch_rank"], t["touch_id"]), default=None
        )
        word = "sem_baidu" if typed[lead["lead_id"]] == "百度推广" else "unassigned"
        assert lead["channel_id"] == (first["channel_id"] if first else word)


def _channel(visit: Row) -> str:
    with (PROJECT / "seeds" / "channel_rules.csv").open(encoding="utf-8") as file:
        rules = list(csv.DictReader(file))
    source, medium, domain = (
        unquote((visit[name] or "").strip()).lower().strip()
        for name in ("utm_source", "utm_medium", "referrer_domain")
    )
    known = {
        "utm_source": source, "utm_medium": medium, "referrer_domain": domain,
        "utm_source+utm_medium": f"{source} {medium}" if source and medium else "",
    }  # fmt: skip
    for rule in rules:
        value, wanted = known.get(rule["match_field"], ""), rule["match_value"]
        matches = {
            "equals": value == wanted,
            "suffix": value == wanted or value.endswith("." + wanted),
            "any": True,
        }.get(rule["match_type"], False)
        if value and matches:
            return rule["channel_id"]
        if rule["match_type"] == "absent" and not (source or medium or domain):
            return rule["channel_id"]
    return "unassigned"
