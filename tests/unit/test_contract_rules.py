"""The rules of contracts see the row they are there for, and let one pass that is right."""

import csv
import io
from pathlib import Path

import pytest

import ingest_case as case
from throughline import scaffold
from throughline.contracts import Contract, load_contracts
from throughline.landing import InputBatch

EARLY, LATE = "2026-01-30 09:00:00", "2026-01-31 12:00:00"
BROKEN = {  # entity and reason → the fields that break the rule, others as in the sample
    ("utm_link", "active_to_before_from"): {"active_from": "2026-02-01", "active_to": "2026-01-31"},
    ("utm_link", "names_no_channel"): {},
    ("channel_budget", "month_not_first_day"): {"month": "2026-01-02"},
    ("channel_budget", "min_share_over_max"): {"min_share": "0.5", "max_share": "0.4"},
    ("seo_rank_daily", "clicks_over_impressions"): {"clicks": "2", "impressions": "1"},
    ("im_chat", "message_before_opened"): {"first_visitor_msg_at": EARLY},
    ("im_chat", "messages_without_time"): {"msgs_visitor": "1"},
    ("search_term", "term_empty"): {"term": " \u3000\u200b\u00a0"},
    ("content", "withdrawn_before_published"): {"published_at": LATE, "withdrawn_at": LATE},
    ("content_event", "nobody"): {"anonymous_id": "", "user_id": ""},
    ("mkt_event", "end_before_start"): {"end_at": EARLY},
    ("mkt_event", "webinar_in_a_city"): {"type": "webinar", "city": "Shanghai"},
    ("mkt_registration", "walk_in_not_checked_in"): {"walk_in": "true"},
    ("mkt_registration", "checked_in_before_registered"): {"checked_in_at": EARLY},
    ("opportunity", "amount_without_currency"): {"amount": "0", "currency": ""},
    ("subscription_item", "price_beyond_counting"): {"seats": "1000000", "unit_price": "1e6"},
    ("activity", "no_parent"): {"lead_id": ""},
    ("tag_assignment", "valid_to_before_from"): {"valid_to": EARLY},
    ("person_profile", "consent_after_opt_out"): {
        "marketing_consent": "true",
        "opted_out_at": EARLY,
    },
}
RIGHT = {
    ("utm_link", "active_to_before_from"): {"active_from": "2026-01-31", "active_to": "2026-01-31"},
    ("utm_link", "names_no_channel"): {"channel_id": "seo"},
    ("channel_budget", "month_not_first_day"): {"month": "2026-01-01"},
    ("channel_budget", "min_share_over_max"): {"min_share": "0.4", "max_share": "0.4"},
    ("seo_rank_daily", "clicks_over_impressions"): {"clicks": "1", "impressions": "1"},
    ("im_chat", "message_before_opened"): {"first_visitor_msg_at": LATE},
    ("im_chat", "messages_without_time"): {"msgs_visitor": "0"},
    ("search_term", "term_empty"): {"term": "\u3000crm "},
    ("content", "withdrawn_before_published"): {"published_at": EARLY, "withdrawn_at": LATE},
    ("content_event", "nobody"): {"anonymous_id": "", "user_id": "u1"},
    ("mkt_event", "end_before_start"): {"end_at": LATE},
    ("mkt_event", "webinar_in_a_city"): {"type": "webinar", "city": "online"},
    ("mkt_registration", "walk_in_not_checked_in"): {"walk_in": "true", "checked_in_at": LATE},
    ("mkt_registration", "checked_in_before_registered"): {"checked_in_at": LATE},
    ("opportunity", "amount_without_currency"): {"amount": "", "currency": ""},
    ("subscription_item", "price_beyond_counting"): {"seats": "1000000", "unit_price": "999999"},
    ("activity", "no_parent"): {"lead_id": "", "contact_id": "c1"},
    ("tag_assignment", "valid_to_before_from"): {"valid_to": LATE},
    ("person_profile", "consent_after_opt_out"): {"marketing_consent": "true"},
}


def take(folder: Path, contract: Contract, *changes: dict[str, str]) -> InputBatch:
    """Conform rows that are the sample of a new source of the entity, each with other changes."""
    settings = case.make_settings(folder)
    skeleton = scaffold.add_skeleton(settings, "new", contract.entity, "files", "crm", "team")
    (sample,) = csv.DictReader(io.StringIO((skeleton / "sample.csv").read_text(encoding="utf-8")))
    rows = [{**sample, **changed} for changed in changes]
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    case.drop(settings, "rows.csv", out.getvalue())
    stream = {"rows": {"way": "files", "path": "{home}/drop/rows.csv", "format": "csv"}}
    columns = ", ".join(f'"{name}"' for name in names)
    mapping = {contract.entity: f"select _file, _row, {columns} from rows"}
    source = case.write_source(settings, "rows", stream, mapping, domain="crm", timezone="UTC")
    (batch,) = case.take(settings, source)
    return batch


@pytest.mark.parametrize(("entity", "reason"), list(BROKEN))
def test_rule_sees_its_row_and_no_other(tmp_path: Path, entity: str, reason: str) -> None:
    contract = load_contracts()[entity]
    (rule,) = [rule for rule in contract.rules if rule.reason == reason]
    batch = take(tmp_path, contract, BROKEN[entity, reason], RIGHT[entity, reason])
    is_rejected = rule.otherwise == "reject"
    assert (batch.rows, batch.rejected) == ((1, 1) if is_rejected else (2, 0))
    assert ((batch.reasons if is_rejected else batch.warnings) or {}).get(reason) == 1


def test_a_count_that_no_table_could_add_up_is_rejected(tmp_path: Path) -> None:
    contract = load_contracts()["company_account_daily"]
    batch = take(
        tmp_path,
        contract,
        {"opened_seats": "9000000000000000000"},
        {"opened_seats": "1000000000000", "date": "2026-01-30"},
    )
    assert (batch.rows, batch.reasons) == (1, {"range:opened_seats": 1})


def test_seats_that_no_price_could_multiply_are_rejected(tmp_path: Path) -> None:
    contract = load_contracts()["subscription_item"]
    batch = take(
        tmp_path,
        contract,
        {"seats": "9000000000000000000", "item_id": "a"},
        {"seats": "1000000000", "unit_price": "999", "item_id": "b"},
    )
    assert (batch.rows, batch.reasons) == (1, {"range:seats": 1})


def test_a_duration_that_no_table_could_add_up_is_rejected(tmp_path: Path) -> None:
    contract = load_contracts()["app_event"]
    batch = take(
        tmp_path,
        contract,
        {"event_duration": "1e20"},
        {"event_duration": "31536000", "event_id": "b"},
    )
    assert (batch.rows, batch.reasons) == (1, {"range:event_duration": 1})
