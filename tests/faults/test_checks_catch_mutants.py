"""P14: every critical expectation of input and staging fails when what it guards is broken.

For each suite 400 good rows are made from the contract. Then every critical expectation gets 12
rows of its own, broken in the way it is there to see, and all of them must fail.
"""

from collections.abc import Callable, Iterator

import pytest

from mutant_case import violation
from throughline.checks.engine import run_suite
from throughline.checks.results import CheckResult
from throughline.checks.suites import (
    NOT_NULL,
    ROW_COUNT,
    ROWS_QUERY,
    Expectation,
    Suite,
    load_layer,
)
from throughline.contracts import ENVELOPE, load_contracts

ROWS, BROKEN = 400, 12
GOOD = {
    "VARCHAR": "'{name}-' || i",
    "BIGINT": "1",
    "DECIMAL(18,4)": "1.5",
    "DECIMAL(18,10)": "1.5",
    "DECIMAL(26,10)": "1.5",
    "DOUBLE": "1.5",
    "BOOLEAN": "false",
    "DATE": "date '2024-01-01' + i::int",
    "TIMESTAMP WITH TIME ZONE": "timestamptz '2024-01-01 00:00:00Z' + to_hours(i)",
}
GOOD_COLUMN = {
    ("opportunity", "closed_at"): "null",
    ("contract", "end_date"): "date '2030-01-01' + i::int",
    ("api_request_log", "status"): "200",
    ("tenant_activity", "date"): "date '2024-01-01'",
    ("channel_cost_monthly", "month"): "date '2000-01-01' + to_months(i)",
    ("headcount_band", "min_headcount"): "i",
    ("headcount_band", "max_headcount"): "i",
    ("calendar", "country"): "'CN'",
    ("ip_company", "confidence"): "0.5",
    **{(e, "merged_into_id"): "null" for e in ("account", "contact", "lead", "company_account")},
    ("channel_budget", "month"): "date '2000-01-01' + to_months(i)",
    **{("channel_budget", share): "0.5" for share in ("min_share", "max_share")},
    **{("click", place): "0.5" for place in ("page_x_pct", "page_y_pct")},
    ("content", "withdrawn_at"): "null",
    ("person_profile", "birth_year"): "1980",
    ("tag_assignment", "is_single_valued"): "true",
}
BAD = {  # description of a query → columns that break it
    "no form without a hash of phone or e-mail": {"phone_hash": "null", "email_hash": "null"},
    "converted leads name their opportunity": {
        "status": "'converted'",
        "converted_opportunity_id": "null",
    },
    "no contact without phone, e-mail or WeChat id": {
        "phone_hash": "null",
        "email_hash": "null",
        "wechat_unionid": "null",
    },
    "amount without currency": {"currency": "null"},
    "closed exactly when won or lost": {"stage": "'won'", "closed_at": "null"},
    "no exit before entry": {"exited_at": "entered_at - interval 1 day"},
    "service does not end before it starts": {"end": "start - 1"},
    "answered exactly when there is a pick-up": {"outcome": "'answered'", "answer_at": "null"},
    "opened before created": {"opened_at": "created_at - interval 1 day"},
    "closed before opened": {"closed_at": "opened_at - interval 1 day"},
    "last day before the first": {"active_to": "active_from - 1"},
    "least shares of a month above the whole": {"month": "date '1999-01-01'", "min_share": "0.1"},
    "message before the window opened": {"first_visitor_msg_at": "opened_at - interval 1 day"},
    "no empty term": {"term": "'  '"},
    "withdrawn before published": {"withdrawn_at": "published_at"},
    "no event of nobody": {"anonymous_id": "null", "user_id": "null"},
    "end before start": {"end_at": "start_at - interval 1 day"},
    "no activity without lead, contact and opportunity": {
        "lead_id": "null",
        "contact_id": "null",
        "opportunity_id": "null",
    },
    "taken away before given": {"valid_to": "valid_from - interval 1 day"},
    "values of a tag with one value at a time do not overlap: at most 1 % or 5 rows": {
        "subject_id": "'same'",
        "tag": "'same'",
        "valid_to": "null::timestamptz",
    },
    "no pattern shorter than three characters": {"pattern": "'ab'"},
    "periods of one address do not overlap": {"ip_hash": "'same'", "valid_to": "null::date"},
    "one name per first level": {"l1_code": "'same'"},
    "bands do not overlap": {"min_headcount": "0", "max_headcount": "100000"},
    "exposed before assigned": {"exposed_at": "assigned_at - interval 1 day"},
    "no end before the start": {"end": "start - interval 1 day"},
    "nobody refers oneself": {"referee_key": "referrer_person"},
    "refunded more than ordered": {"refund_amount": "amount + 1"},
    "paid before created": {"paid_at": "created_at - interval 1 day"},
    "done before assigned": {"done_at": "assigned_at - interval 1 day"},
    "no touch without a customer": {"customer_uid": "null", "person_key": "null"},
    "removed before added": {"removed_at": "added_at - interval 1 day"},
    "accepted before sent": {"accepted_at": "sent_at - interval 1 day"},
    "ended by staff, customer or system": {"by": "'no such value'"},
    "answered before sent": {"answered_at": "sent_at - interval 1 day"},
    "a score exactly where answered": {"score": "null"},
    "no readable address": {"kind": "'ip'", "value": "'10.0.0.1'"},
    "month is its first day": {"month": "date '2026-01-15'"},
    "no account merged into itself": {"merged_into_id": "account_id"},
    "no tenant merged into itself": {"merged_into_id": "company_id"},
    "no query string in path": {"path": "'/orders?token=1'"},
    "no period that ends before it starts": {"valid_to": "valid_from - 1"},
    "periods of one endpoint do not overlap": {
        "endpoint_id": "'same'",
        "valid_to": "null::date",
    },
    "periods of one staff member do not overlap": {
        "owner_id": "'same'",
        "valid_to": "null::date",
    },
}
READABLE = {
    "no readable phone number in ": "'13800138000'",
    "no readable e-mail address in ": "'a@example.com'",
    "no readable address in ": "'10.0.0.1'",
}
EVENT_COLUMNS = {
    "event_at": "timestamptz '2024-01-01 00:00:00Z'",
    "is_clock_skew": "false",
    "business_date": "date '2024-01-01'",
}
RENAMED = {
    ("subscription_item", "start"): "start_date",
    ("subscription_item", "end"): "end_date",
    ("lead_status_history", "by"): "changed_by",
    ("opp_stage_history", "by"): "changed_by",
    ("tag_assignment", "by"): "given_by",
    ("experiment", "start"): "start_at",
    ("experiment", "end"): "end_at",
    ("scrm_friend", "by"): "removed_by",
}
SUITES = [
    suite
    for layer in ("input", "staging")
    for suite in load_layer(layer)
    if suite.table.removeprefix("stg_") in load_contracts()
]


def good_columns(suite: Suite) -> dict[str, str]:
    """Column → SQL of its value in good row `i`."""
    entity = suite.table.removeprefix("stg_")
    contract = load_contracts()[entity]
    out = {}
    for name, kind in {**contract.columns, **ENVELOPE}.items():
        spec = contract.fields.get(name)
        value = GOOD[kind].format(name=name)
        if spec and spec.values:
            value = f"'{spec.values[0]}'"
        elif spec and spec.type == "currency":
            value = "'CNY'"
        given = GOOD_COLUMN.get((entity, name), value)
        staged = RENAMED.get((entity, name), name) if suite.layer == "staging" else name
        out[staged] = f"cast({given} as {kind})"
    if suite.layer == "staging" and contract.kind == "event":
        out |= EVENT_COLUMNS
    return out


def good(suite: Suite) -> str:
    columns = ", ".join(f'{value} as "{name}"' for name, value in good_columns(suite).items())
    return f"(select i, {columns} from range({ROWS}) as numbers (i))"


def damage(item: Expectation) -> dict[str, str]:
    """Column → SQL of a value that breaks the expectation."""
    if item.type != ROWS_QUERY:
        return violation(item)
    return damage_of_query(item.kwargs["description"])


def damage_of_query(description: str) -> dict[str, str]:
    for start, value in READABLE.items():
        if description.startswith(start):
            return {description.removeprefix(start): value}
    if " days after extraction" in description:
        return {description.split()[0]: "_loaded_at + interval 9 day"}
    return BAD[description]


def broken(suite: Suite, items: list[Expectation]) -> str:
    """Good rows of which each expectation has twelve broken ones; twelve stand there twice."""
    cases: dict[str, list[str]] = {}
    for number, item in enumerate(items):
        first = number * BROKEN
        for column, value in damage(item).items():
            cases.setdefault(column, []).append(
                f"when i between {first} and {first + BROKEN - 1} then {value}"
            )
    assert len(items) * BROKEN < ROWS - BROKEN
    replaced = ", ".join(
        f'case {" ".join(when)} else "{column}" end as "{column}"' for column, when in cases.items()
    )
    rows = f"select * replace ({replaced}) from {good(suite)}"
    return f"(with rows as ({rows}) from rows union all from rows where i >= {ROWS - BROKEN})"


def criticals(suite: Suite) -> Iterator[Expectation]:
    yield from (e for e in suite.expectations if e.severity == "critical" and e.type != ROW_COUNT)


def judge(suite: Suite, relation: str) -> dict[str, CheckResult]:
    """Results of the critical expectations, by label."""
    kept = [e for e in suite.expectations if e.severity == "critical" or e.type == NOT_NULL]
    asked = suite.model_copy(update={"expectations": tuple(kept)})
    wanted = {e.label for e in kept if e.severity == "critical"}
    results = run_suite(None, asked, relation=relation)
    return {r.expectation: r for r in results if r.expectation in wanted}


@pytest.mark.slow
@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.suite)
def test_every_critical_expectation_sees_what_it_guards(
    suite: Suite, record_property: Callable[[str, object], None]
) -> None:
    sound = judge(suite, good(suite))
    assert {name: r.observed for name, r in sound.items() if r.status != "pass"} == {}
    items = list(criticals(suite))
    found = judge(suite, broken(suite, items))
    survivors = [item.label for item in items if found[item.label].status != "fail"]
    record_property("mutants", [len(items) - len(survivors), len(items)])
    assert survivors == []
    count = next(e for e in suite.expectations if e.type == ROW_COUNT)
    if count.kwargs["min_value"] > 0:
        empty = judge(suite, f"(from {good(suite)} limit 0)")
        assert empty[count.label].status == "fail"
